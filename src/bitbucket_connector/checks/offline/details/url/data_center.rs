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
        .says("A Data Center HTTP URL does not contain `/scm`.")
        .because("Data Center serves Git under `/scm/`, and Harness derives the API address from it. Only a \
                  proxy that rewrites paths can make it unnecessary.")
        .example(server!("https://bb.acme.com/"), ACCOUNT),
    form("X02", "Browser address in url")
        .says("`url` is the browser address of a repository: `/projects/…/repos/…`.")
        .because("Data Center serves Git under another path.")
        .example(repository!("https://bb.acme.com/projects/WEB/repos/shop/browse"), REPOSITORY),
    form("X03", "Browser address in url")
        .says("`url` is the browser address of a personal repository: `/users/…/repos/…`.")
        .because("Data Center serves Git under another path, with `~` before the user.")
        .example(
            repository!("https://bb.acme.com/users/jdoe/repos/shop"),
            repository!("https://bb.acme.com/scm/~jdoe/shop.git"),
        ),
    form("X04", "Not a Git URL")
        .says("`url` is a web page or the REST API of Data Center.")
        .because("Data Center serves Git under `/scm/`.")
        .example(server!("https://bb.acme.com/projects/WEB"), ACCOUNT),
    Rule::error("X05", "url, url_type", |input, findings| has_repository(Deployment::DataCenter, input, findings))
        .says("`url_type` is `Account`, but `url` names a Data Center repository.")
        .because("Harness appends the project and the repository to the URL of an account, so the result would contain \
                  two.")
        .example(server!("https://bb.acme.com/scm/WEB/shop.git"), ACCOUNT),
    Rule::warning("X06", "url, url_type", |input, findings| names_project(false, input, findings))
        .says("`url_type` is `Account`, but `url` names a project after `/scm/`.")
        .because("An account is the whole Data Center instance: its URL ends at `/scm/`, and pipelines name the project and the \
                  repository.")
        .example(
            "url             = \"https://bb.acme.com/scm/WEB/\"\ntest_repository = \"shop.git\"",
            ACCOUNT,
        ),
    Rule::error("X07", "url, url_type", |input, findings| lacks_parts(false, input, findings))
        .says("`url_type` is `Repository`, but the project or the repository is missing from a Data Center HTTP URL.")
        .because("Harness uses the URL of a repository unchanged, and every repository belongs to a project.")
        .example(repository!("https://bb.acme.com/scm/shop.git"), REPOSITORY),
    Rule::warning("X08", "url", has_segments)
        .says("`url` contains extra segments before the project.")
        .because("Git may find the repository behind a proxy, but API functions of Harness treat the first two segments \
                  as the project and the repository.")
        .example(repository!("https://bb.acme.com/scm/team/WEB/shop.git"), REPOSITORY),
    Rule::warning("X09", "url", has_long_context)
        .says("`url` contains two or more segments before `/scm/`.")
        .because("Harness reads only one segment as the context path. With more, Git Experience and triggers report an \
                  invalid URL.")
        .example(
            server!("https://acme.com/tools/bitbucket/scm/"),
            server!("https://acme.com/bitbucket/scm/"),
        ),
    form("X10", "Invalid project key in url")
        .says("The project in `url` is not a project key.")
        .because("A key starts with a letter, followed by letters, digits, `_`, or `-`; the key of a personal project \
                  starts with `~`. The clone URL contains it; the project's name may differ.")
        .example(repository!("https://bb.acme.com/scm/1WEB/shop.git"), REPOSITORY),
    form("X11", "Invalid repository in url")
        .says("The repository in `url` contains invalid characters, or more text follows it.")
        .because("A slug consists of letters, digits, `.`, `_`, and `-`. The clone URL ends with it; the repository's name \
                  may differ.")
        .example(repository!("https://bb.acme.com/scm/WEB/shop+web.git"), REPOSITORY),
    Rule::warning("X12", "url", is_no_git_url)
        .raised_by_strict()
        .says("A short SSH URL has no colon after the host, or no path after the colon.")
        .because("Harness's documentation shows `git@host/…`, but Harness has refused `git@` URLs without a colon since \
                  2022, and Git treats them as a local directory.")
        .example(ssh!("git@bb.acme.com/"), SSH_ACCOUNT),
    Rule::warning("X13", "url", has_port_in_short_form)
        .raised_by_strict()
        .says("A short SSH URL contains a port after the colon.")
        .because("This form cannot contain a port: Git treats the number as a directory and connects to port 22.")
        .example(ssh!("git@bb.acme.com:7999/"), SSH_ACCOUNT),
    Rule::warning("X14", "url", has_scm_over_ssh)
        .says("An SSH URL contains `/scm/`.")
        .because("Only HTTP URLs contain `/scm/`. Harness would also call the API on the SSH port.")
        .example(ssh!("ssh://git@bb.acme.com:7999/scm/"), SSH_ACCOUNT),
    Rule::warning("X15", "url, url_type", |input, findings| names_project(true, input, findings))
        .says("`url_type` is `Account`, but an SSH URL names a project.")
        .because("An account is the whole Data Center instance: its URL ends at the host, and pipelines name the project and the \
                  repository.")
        .example(
            ssh!("ssh://git@bb.acme.com:7999/WEB/", "\ntest_repository = \"shop.git\""),
            SSH_ACCOUNT,
        ),
    Rule::error("X16", "url, url_type", |input, findings| lacks_parts(true, input, findings))
        .says("`url_type` is `Repository`, but the project or the repository is missing from a Data Center SSH URL.")
        .because("Harness uses the URL of a repository unchanged, and every repository belongs to a project.")
        .example(
            "url_type        = \"Repository\"\nconnection_type = \"SSH\"\nurl             = \"ssh://git@bb.acme.com:7999/shop.git\"\ntest_repository = null\ncredentials {\n  ssh {\n    ssh_key_ref = \"account.bitbucket_ssh\"\n  }\n}",
            "url_type        = \"Repository\"\nconnection_type = \"SSH\"\nurl             = \"ssh://git@bb.acme.com:7999/WEB/shop.git\"\ntest_repository = null\ncredentials {\n  ssh {\n    ssh_key_ref = \"account.bitbucket_ssh\"\n  }\n}",
        ),
    Rule::warning("X17", "url, api_access", derives_api_from_ssh)
        .says("A connector with a Data Center SSH URL has API access.")
        .because("Harness derives the API address from `url`. An SSH URL does not contain the port and the context path \
                  of the web address, so Harness uses `https://<host>/`.")
        .example(
            with_api!(ssh!("ssh://git@bb.acme.com:7999/")),
            with_api!(server!("https://bb.acme.com/scm/")),
        ),
    Rule::warning("X18", "url, api_access", loses_part_of_api)
        // It replaces X01.
        .raised_by_strict()
        .says("A connector with API access has an HTTP URL with a port or a context path, but without `/scm`.")
        .because("Harness reads the port and the context path only before `/scm`, and would call the API without them.")
        .example(
            with_api!(server!("https://bb.acme.com:8443/")),
            with_api!(server!("https://bb.acme.com:8443/scm/")),
        ),
    Rule::warning("X19", "url", has_port_of_other_protocol)
        .says("The port in `url` usually serves the other protocol.")
        .because("80, 443, 7990, and 8443 are HTTP ports; 22 and 7999 are SSH ports.")
        .example(server!("https://bb.acme.com:7999/scm/"), server!("https://bb.acme.com:8443/scm/")),
    Rule::warning("X20", "url", |input, findings| ends_with_slash(Deployment::DataCenter, input, findings))
        .says("The URL of a Data Center repository ends with a slash.")
        .because("Harness uses the URL unchanged, and not all of its parts remove the slash.")
        .example(repository!("https://bb.acme.com/scm/WEB/shop.git/"), REPOSITORY),
];

fn has_no_scm(input: &Input<'_>, findings: &mut Findings<'_>) {
    if let Some(url) = without_scm(input) {
        push_fix(input, findings, "/scm/ missing from url", url, |fix| {
            format!(
                "`url` does not contain /scm/, under which Bitbucket Data Center serves Git. {}, unless a proxy rewrites \
                 your server's paths.",
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
            "`url` contains {} before the project.",
            hcl(&url.extra().join("/"))
        );
        push(
            input,
            findings,
            "Extra path before the project",
            &found,
            url,
        )
        .note("API functions of Harness fail with it.");
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
            "Path before /scm/ too long",
            format!(
                "`url` has the path {} before /scm/. Use an address with at most one segment there. Harness reads \
                 only one, so Git Experience and triggers fail.",
                hcl(&context)
            ),
        );
    }
}

fn has_port_in_short_form(input: &Input<'_>, findings: &mut Findings<'_>) {
    if let Some(url) = readable(input)
        && let Some(port) = url.scp_port()
    {
        let found =
            format!("`url` has the port {port} in the short form git@…, which cannot contain one.");
        push(input, findings, "Port in a short SSH URL", &found, url)
            .note("Git treats the number as a directory and connects to port 22.");
    }
}

fn has_scm_over_ssh(input: &Input<'_>, findings: &mut Findings<'_>) {
    if let Some(url) = readable(input)
        && url.protocol() == Protocol::Ssh
        && url.has_scm()
    {
        let found = "`url` is an SSH URL with /scm/, which belongs to HTTP URLs.";
        push(input, findings, "/scm/ in an SSH URL", found, url).note(format!(
            "Over SSH, the project follows the host. Harness would also call the API at {}.",
            url.api_base()
        ));
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
                "Harness derives the API address https://{host}/ from this SSH URL. If Bitbucket's web address has another \
                 port or a path, write it as an HTTP URL, such as \"https://{host}:<port>/scm/\", with `connection_type = \
                 \"HTTP\"`.",
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
        let found = "`url` does not contain /scm/, under which Bitbucket Data Center serves Git.";
        push(input, findings, "/scm/ missing from url", found, url).note(format!(
            "Without it, Harness would call the API at {} and lose \"{lost}\".",
            url.api_base()
        ));
    }
}

/// Returns a Data Center HTTP URL that only lacks `/scm`.
fn without_scm<'a>(input: &'a Input<'_>) -> Option<&'a BitbucketUrl> {
    readable_on(Deployment::DataCenter, input).filter(|url| {
        url.protocol() != Protocol::Ssh && !url.has_scm() && !input.lacks_repository()
    })
}

/// X06 and X15: a project in the URL of an account, unless the test repository repeats it, which is the more serious
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
    let ends = if is_ssh {
        "ends at the host"
    } else {
        "ends at /scm/"
    };
    let summary = "Project in the URL of an account";
    push_fix(input, findings, summary, url, |fix| {
        let repository = if fix.test_repository.is_some() {
            String::new()
        } else {
            format!(
                ", and include the project in `test_repository`: \"{project}/<repository>.git\""
            )
        };
        format!(
            "`url_type` is \"Account\", but `url` names the project \"{project}\". {}{repository}. The URL of an account {ends}.",
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
                "`url` has only {} where it needs a project key and a repository",
                hcl(project)
            ),
            (None, Some(_)) => "`url` has no project key before the repository".to_owned(),
            (None, None) => "`url` has no project or repository".to_owned(),
        };
        push_incomplete(input, findings, &found, url);
    }
}

fn is_no_git_url(input: &Input<'_>, findings: &mut Findings<'_>) {
    let Some(url) = readable_on(Deployment::DataCenter, input) else {
        return;
    };
    let is_empty = url.project().is_none() && url.repository().is_none() && !url.has_scm();
    let (found, why) = match url.form() {
        Form::ColonMissing => (
            "`url` has no colon after the host.",
            "Check the port: 7999 is the default. Harness's documentation shows this form, but Harness has refused it since \
             2022, and Git treats it as a local directory.",
        ),
        Form::Scp if is_empty && url.scp_port().is_none() => (
            "`url` ends after the colon.",
            "The short form git@… needs a path there.",
        ),
        Form::Scp | Form::Url => return,
    };
    push(input, findings, "Invalid short SSH URL", found, url).note(why);
}

fn has_port_of_other_protocol(input: &Input<'_>, findings: &mut Findings<'_>) {
    let Some(url) = readable_on(Deployment::DataCenter, input) else {
        return;
    };
    let Some(port) = url.port() else { return };
    let (summary, usual, own) = match (url.protocol(), port) {
        (Protocol::Ssh, 80 | 443 | 7990 | 8443) => {
            ("HTTP port in an SSH URL", "HTTP", "SSH (default: 7999)")
        }
        (Protocol::Http { .. }, 22 | 7999) => (
            "SSH port in an HTTP URL",
            "SSH",
            "HTTPS (usually 443 or 8443)",
        ),
        _ => return,
    };
    findings.push(
        "url",
        summary,
        format!("Port {port} in `url` usually serves {usual}. Write the port on which your server serves {own}."),
    );
}
