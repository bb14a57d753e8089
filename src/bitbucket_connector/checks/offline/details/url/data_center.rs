//! Rules about `url` on Bitbucket Data Center.

use tf_provider::field::Field;

use super::cloud::ends_with_slash;
use super::common::{repository, server};
use super::{form, has_repository, on, push, push_fix, push_incomplete, readable, readable_on};
use crate::bitbucket_connector::checks::examples::ssh;
use crate::bitbucket_connector::checks::examples::with_api;
use crate::bitbucket_connector::checks::offline::input::{Findings, Input, Rule};
use crate::bitbucket_connector::connector::url::{
    BitbucketUrl, Deployment, Form, Protocol, UrlType,
};
use crate::harness::wording::hcl;

const ACCOUNT: &str = server!("https://bb.acme.com/scm/");
const SSH_ACCOUNT: &str = ssh!("ssh://git@bb.acme.com:7999/");

const REPOSITORY: &str = repository!("https://bb.acme.com/scm/WEB/shop.git");

pub(crate) static RULES: &[Rule] = &[
    Rule::warning("X01", "url", has_no_scm)
        .raised_by_strict()
        .after(&["X18"])
        .says("An HTTP URL of a server has no `/scm`.")
        .because("Bitbucket Data Center serves Git under `/scm/`, and Harness finds the address of its API by it. Only \
                  a proxy that rewrites paths could do without.")
        .example(server!("https://bb.acme.com/"), ACCOUNT),
    form("X02", "Browser address")
        .says("`url` is the address of a repository in the browser: `/projects/…/repos/…`.")
        .because("Git is served under another path.")
        .example(repository!("https://bb.acme.com/projects/WEB/repos/shop/browse"), REPOSITORY),
    form("X03", "Browser address")
        .says("`url` is the address of a personal repository in the browser: `/users/…/repos/…`.")
        .because("Git is served under another path, with `~` before the user.")
        .example(
            repository!("https://bb.acme.com/users/jdoe/repos/shop"),
            repository!("https://bb.acme.com/scm/~jdoe/shop.git"),
        ),
    form("X04", "Not a Git URL")
        .says("`url` is a page of the server or its REST API.")
        .because("Git is served under `/scm/`.")
        .example(server!("https://bb.acme.com/projects/WEB"), ACCOUNT),
    Rule::error("X05", "url, url_type", |input, findings| has_repository(Deployment::DataCenter, input, findings))
        .says("`url_type` is `Account`, and `url` names a repository of a server.")
        .because("Harness adds project and repository to the URL of an account, so that it would look for one inside \
                  the other.")
        .example(server!("https://bb.acme.com/scm/WEB/shop.git"), ACCOUNT),
    Rule::warning("X06", "url, url_type", |input, findings| names_project(false, input, findings))
        .says("`url_type` is `Account`, and `url` goes on after `/scm/` with a project.")
        .because("An account is the whole server: its URL stops at `/scm/`, and pipelines name project and repository.")
        .example(
            "url             = \"https://bb.acme.com/scm/WEB/\"\ntest_repository = \"shop.git\"",
            ACCOUNT,
        ),
    Rule::error("X07", "url, url_type", |input, findings| lacks_parts(false, input, findings))
        .says("`url_type` is `Repository`, and an HTTP URL of a server lacks project or repository.")
        .because("Harness uses the URL of a repository as it stands, and a repository lives in a project.")
        .example(repository!("https://bb.acme.com/scm/shop.git"), REPOSITORY),
    Rule::warning("X08", "url", has_segments)
        .says("`url` has segments before the project that do not belong there.")
        .because("Git may find the repository behind a proxy, but API functions of Harness take the first two segments \
                  for project and repository.")
        .example(repository!("https://bb.acme.com/scm/team/WEB/shop.git"), REPOSITORY),
    Rule::warning("X09", "url", has_long_context)
        .says("`url` has two or more segments before `/scm/`.")
        .because("Harness reads one segment of context path there; with more, Git Experience and triggers call the URL \
                  invalid.")
        .example(
            server!("https://acme.com/tools/bitbucket/scm/"),
            server!("https://acme.com/bitbucket/scm/"),
        ),
    form("X10", "Not a project key")
        .says("The project in `url` is not a project key.")
        .because("A key starts with a letter, then come letters, digits, `_` and `-`; that of a personal project \
                  starts with `~`. It stands in the clone URL, and the project's name may differ.")
        .example(repository!("https://bb.acme.com/scm/1WEB/shop.git"), REPOSITORY),
    form("X11", "Not a repository slug")
        .says("The repository in `url` has characters that no slug has, or something follows it.")
        .because("A slug consists of letters, digits, `.`, `_` and `-`; it stands in the clone URL, and the name may \
                  differ.")
        .example(repository!("https://bb.acme.com/scm/WEB/shop+web.git"), REPOSITORY),
    Rule::warning("X12", "url", is_no_git_url)
        .raised_by_strict()
        .says("A short SSH URL has no colon after the host, or nothing after it.")
        .because("Harness's documentation shows `git@host/…`, but the platform has refused `git@` URLs without a colon \
                  since 2022, and Git takes them for a folder.")
        .example(ssh!("git@bb.acme.com/"), SSH_ACCOUNT),
    Rule::warning("X13", "url", has_port_in_short_form)
        .raised_by_strict()
        .says("In a short SSH URL a number follows the colon.")
        .because("Git takes it for a folder and connects to port 22: this form cannot say a port.")
        .example(ssh!("git@bb.acme.com:7999/"), SSH_ACCOUNT),
    Rule::warning("X14", "url", has_scm_over_ssh)
        .says("An SSH URL has `/scm/` in it.")
        .because("Only HTTP has `/scm/`. Harness would moreover call the API on the SSH port.")
        .example(ssh!("ssh://git@bb.acme.com:7999/scm/"), SSH_ACCOUNT),
    Rule::warning("X15", "url, url_type", |input, findings| names_project(true, input, findings))
        .says("`url_type` is `Account`, and an SSH URL names a project.")
        .because("An account is the whole server: its URL stops at the host, and pipelines name project and \
                  repository.")
        .example(
            ssh!("ssh://git@bb.acme.com:7999/WEB/", "\ntest_repository = \"shop.git\""),
            SSH_ACCOUNT,
        ),
    Rule::error("X16", "url, url_type", |input, findings| lacks_parts(true, input, findings))
        .says("`url_type` is `Repository`, and an SSH URL of a server lacks project or repository.")
        .because("Harness uses the URL of a repository as it stands, and a repository lives in a project.")
        .example(
            "url_type        = \"Repository\"\nconnection_type = \"SSH\"\nurl             = \"ssh://git@bb.acme.com:7999/shop.git\"\ntest_repository = null\ncredentials {\n  ssh {\n    ssh_key_ref = \"account.bitbucket_ssh\"\n  }\n}",
            "url_type        = \"Repository\"\nconnection_type = \"SSH\"\nurl             = \"ssh://git@bb.acme.com:7999/WEB/shop.git\"\ntest_repository = null\ncredentials {\n  ssh {\n    ssh_key_ref = \"account.bitbucket_ssh\"\n  }\n}",
        ),
    Rule::warning("X17", "url, api_access", derives_api_from_ssh)
        .says("API access goes with an SSH URL of a server.")
        .because("Harness derives the address of the API from `url`, and an SSH URL does not say the port and the \
                  context path of the web address: it takes `https://<host>/`.")
        .example(
            with_api!(ssh!("ssh://git@bb.acme.com:7999/")),
            with_api!(server!("https://bb.acme.com/scm/")),
        ),
    Rule::warning("X18", "url, api_access", loses_part_of_api)
        // It takes the place of X01.
        .raised_by_strict()
        .says("API access goes with an HTTP URL that has a port or a context path, and no `/scm`.")
        .because("Harness looks for port and context path in front of `/scm` only, and would call the API without \
                  them.")
        .example(
            with_api!(server!("https://bb.acme.com:8443/")),
            with_api!(server!("https://bb.acme.com:8443/scm/")),
        ),
    Rule::warning("X19", "url", has_port_of_other_protocol)
        .says("The port in `url` is one that usually serves the other protocol.")
        .because("80, 443, 7990 and 8443 are ports of HTTP, 22 and 7999 of SSH.")
        .example(server!("https://bb.acme.com:7999/scm/"), server!("https://bb.acme.com:8443/scm/")),
    Rule::warning("X20", "url", |input, findings| ends_with_slash(Deployment::DataCenter, input, findings))
        .says("The URL of a repository of a server ends with a slash.")
        .because("Harness uses it as it stands, and not everything in Harness strips the slash.")
        .example(repository!("https://bb.acme.com/scm/WEB/shop.git/"), REPOSITORY),
];

fn has_no_scm(input: &Input<'_>, findings: &mut Findings<'_>) {
    if let Some(url) = without_scm(input) {
        let found = "`url` has no /scm/, under which Bitbucket Data Center serves Git.";
        push_fix(input, findings, "No /scm/ in url", url, |fix| {
            format!(
                "{found} {}, unless a proxy rewrites the paths of your server.",
                fix.advice()
            )
        });
    }
}

fn has_segments(input: &Input<'_>, findings: &mut Findings<'_>) {
    if let Some(url) = readable(input)
        && input.url_type() != Some(UrlType::Account)
        && !url.extra().is_empty()
    {
        let found = format!(
            "`url` has {} before the project, with which API functions of Harness fail.",
            hcl(&url.extra().join("/"))
        );
        push(input, findings, "Segment before the project", &found, url);
    }
}

fn has_long_context(input: &Input<'_>, findings: &mut Findings<'_>) {
    if let Some(url) = readable(input)
        && url.protocol() != Protocol::Ssh
        && url.has_scm()
        && let Some(context) = url
            .context_path()
            .filter(|path| path.matches('/').count() > 1)
    {
        findings.push(
            "url",
            "Context path too long",
            format!(
                "`url` has the path {} before /scm/, of which Harness can read one segment only: Git Experience \
                 and triggers will not work. Give an address of the server with a shorter path.",
                hcl(&context)
            ),
        );
    }
}

fn has_port_in_short_form(input: &Input<'_>, findings: &mut Findings<'_>) {
    if let Some(url) = readable(input)
        && let Some(port) = url.scp_port()
    {
        let found = format!(
            "In the short form git@…:{port} Git takes \"{port}\" for a folder and connects to port 22. The form \
             with a port starts with ssh://."
        );
        push(input, findings, "Port in a short SSH URL", &found, url);
    }
}

fn has_scm_over_ssh(input: &Input<'_>, findings: &mut Findings<'_>) {
    if let Some(url) = readable(input)
        && url.protocol() == Protocol::Ssh
        && url.has_scm()
    {
        let found = format!(
            "/scm/ is for HTTP; over SSH the project follows the host. Harness would also call the API at {}.",
            url.api_base()
        );
        push(input, findings, "/scm/ in an SSH URL", &found, url);
    }
}

fn derives_api_from_ssh(input: &Input<'_>, findings: &mut Findings<'_>) {
    if let Some(url) = readable_on(Deployment::DataCenter, input)
        && url.protocol() == Protocol::Ssh
        && input.api_access().is_some()
    {
        findings.push(
            "url",
            "API address derived from an SSH URL",
            format!(
                "For API calls Harness will use https://{host}/, which it derives from `url`. If Bitbucket's web \
                 address has another port or a path, use an HTTP URL that says them, such as \
                 https://{host}:<port>/scm/, with `connection_type = \"HTTP\"`.",
                host = url.host()
            ),
        );
    }
}

fn loses_part_of_api(input: &Input<'_>, findings: &mut Findings<'_>) {
    if let Some(url) = without_scm(input)
        && input.api_access().is_some()
        && (url.port().is_some() || url.context_path().is_some())
    {
        let port = url.port().map(|port| format!(":{port}"));
        let lost = format!(
            "{}{}",
            port.unwrap_or_default(),
            url.context_path().unwrap_or_default()
        );
        let found = format!(
            "`url` has no /scm/, under which Bitbucket Data Center serves Git. Without it Harness would call the \
             API at {} and lose \"{lost}\".",
            url.api_base()
        );
        push(input, findings, "No /scm/ in url", &found, url);
    }
}

/// An HTTP URL of a server that has no `/scm`, and lacks nothing else.
fn without_scm<'a>(input: &'a Input<'_>) -> Option<&'a BitbucketUrl> {
    readable_on(Deployment::DataCenter, input).filter(|url| {
        url.protocol() != Protocol::Ssh && !url.has_scm() && !input.lacks_repository()
    })
}

/// X06 and X15: a project in the URL of an account, unless the test repository names it again, which is the greater
/// mistake.
fn names_project(is_ssh: bool, input: &Input<'_>, findings: &mut Findings<'_>) {
    let Some(url) = readable(input) else { return };
    let Some(project) = url.project() else { return };
    let is_repeated = match &input.model.test_repository {
        Field::Known(text) => text.trim_matches('/').contains('/'),
        Field::Null | Field::Unknown => false,
    };
    if (url.protocol() == Protocol::Ssh) != is_ssh
        || input.url_type() != Some(UrlType::Account)
        || url.repository().is_some()
        || is_repeated
    {
        return;
    }
    let stops = if is_ssh {
        "stops at the host"
    } else {
        "stops at /scm/"
    };
    let summary = "Project in the URL of an account";
    push_fix(input, findings, summary, url, |fix| {
        let repository = if fix.test_repository.is_some() {
            String::new()
        } else {
            format!(", and name the project in `test_repository`: \"{project}/<repository>.git\"")
        };
        format!(
            "`url` names the project \"{project}\", and the URL of an account {stops}. {}{repository}.",
            fix.advice()
        )
    });
}

/// X07 and X16.
fn lacks_parts(is_ssh: bool, input: &Input<'_>, findings: &mut Findings<'_>) {
    if let Some(url) = on(Deployment::DataCenter, input)
        && (url.protocol() == Protocol::Ssh) == is_ssh
        && input.lacks_repository()
    {
        let found = match (url.project(), url.repository()) {
            (Some(project), _) => format!(
                "`url` has {} alone where a project key and a repository belong",
                hcl(project)
            ),
            (None, Some(_)) => {
                "the project key before the repository is missing in `url`".to_owned()
            }
            (None, None) => "`url` has neither project nor repository".to_owned(),
        };
        push_incomplete(input, findings, &found, url);
    }
}

fn is_no_git_url(input: &Input<'_>, findings: &mut Findings<'_>) {
    let Some(url) = readable_on(Deployment::DataCenter, input) else {
        return;
    };
    let is_empty = url.project().is_none() && url.repository().is_none() && !url.has_scm();
    let (found, port) = match url.form() {
        Form::ColonMissing => (
            "Harness's documentation shows this form of `url`, but the platform has refused git@ URLs without a colon since \
             2022, and Git takes them for a folder on the disk.",
            " (7999 is the usual SSH port; check yours)",
        ),
        Form::Scp if is_empty && url.scp_port().is_none() => (
            "`url` stops after the colon, where the short form needs a path.",
            "",
        ),
        Form::Scp | Form::Url => return,
    };
    push_fix(input, findings, "Not an SSH URL of Git", url, |fix| {
        format!("{found} {}{port}.", fix.advice())
    });
}

fn has_port_of_other_protocol(input: &Input<'_>, findings: &mut Findings<'_>) {
    let Some(url) = readable_on(Deployment::DataCenter, input) else {
        return;
    };
    let Some(port) = url.port() else { return };
    let (usual, own) = match (url.protocol(), port) {
        (Protocol::Ssh, 80 | 443 | 7990 | 8443) => ("HTTP", "SSH (mostly 7999)"),
        (Protocol::Http { .. }, 22 | 7999) => ("SSH", "HTTPS (mostly 443 or 8443)"),
        _ => return,
    };
    findings.push(
        "url",
        "Port of the other protocol",
        format!("Port {port} usually serves {usual}. Check at which port your server answers {own}, and write that."),
    );
}
