//! Rules about `url` on Bitbucket Cloud.

use super::common::repository;
use super::{form, has_repository, is_malformed, on, push, push_incomplete, readable, readable_on};
use crate::bitbucket_connector::checks::examples::ssh;
use crate::bitbucket_connector::checks::offline::input::{Findings, Input, Rule};
use crate::bitbucket_connector::connector::url::{
    BitbucketUrl, Deployment, Form, Protocol, UrlType,
};
use crate::harness::wording::hcl;

/// The longest slug that Bitbucket Cloud keeps.
const LONGEST_SLUG: usize = 62;

const ACCOUNT: &str = r#"url = "https://bitbucket.org/acme/""#;
const REPOSITORY: &str = repository!("https://bitbucket.org/acme/web.git");

pub(crate) static RULES: &[Rule] = &[
    Rule::error("C01", "url, url_type", |input, findings| has_repository(Deployment::Cloud, input, findings))
        .says("`url_type` is `Account`, and `url` names a repository.")
        .because("Harness adds the repository to the URL of an account, so that it would look for one inside the \
                  other.")
        .example(r#"url = "https://bitbucket.org/acme/web.git""#, ACCOUNT),
    Rule::error("C02", "url, url_type", lacks_repository)
        .says("`url_type` is `Repository`, and `url` stops at the workspace.")
        .because("Harness uses the URL of a repository as it stands.")
        .example(r#"url_type = "Repository""#, REPOSITORY),
    Rule::error("C03", "url, url_type", lacks_repository)
        .says("`url_type` is `Repository`, and `url` has neither workspace nor repository.")
        .because("Harness uses the URL of a repository as it stands.")
        .example(repository!("https://bitbucket.org"), REPOSITORY),
    form("C04", "Browser address")
        .says("`url` is the address of a repository's page in the browser.")
        .because("Harness would save it, and take everything after the workspace for the repository's name.")
        .example(repository!("https://bitbucket.org/acme/web/src/main"), REPOSITORY),
    form("C05", "Page of the Bitbucket web site")
        .says("`url` is the address of a page of a workspace, or of bitbucket.org itself.")
        .because("Git finds nothing there. Projects of Bitbucket Cloud are not part of Git URLs either.")
        .example(r#"url = "https://bitbucket.org/acme/workspace/repositories/""#, ACCOUNT),
    form("C06", "Path too long")
        .says("`url` goes on after workspace and repository.")
        .because("URLs of Bitbucket Cloud have these two parts and nothing more.")
        .example(repository!("https://bitbucket.org/acme/web/shop.git"), REPOSITORY),
    form("C07", "Not a workspace ID")
        .says("The workspace in `url` has characters that no workspace ID has, or is missing.")
        .because("A workspace ID consists of letters, digits, `-` and `_`. It stands in the browser's address of the \
                  workspace; its name may differ.")
        .example(r#"url = "https://bitbucket.org/acme.inc/""#, ACCOUNT),
    Rule::warning("C08", "url", has_capitals)
        .only_when_strict()
        .says("The workspace in `url` has capitals.")
        .because("Workspace IDs are in lower case today; only old ones may have capitals.")
        .example(r#"url = "https://bitbucket.org/Acme/""#, ACCOUNT),
    form("C09", "Not a repository slug")
        .says("The repository in `url` has characters that no slug has.")
        .because("A slug consists of letters, digits, `-`, `_` and `.`; it stands in the clone URL, and the name may \
                  differ.")
        .example(repository!("https://bitbucket.org/acme/web+shop.git"), REPOSITORY),
    Rule::warning("C10", "url", has_long_slug)
        .says("The repository in `url` has more than 62 characters.")
        .because("Bitbucket Cloud cuts longer slugs, so that none has this name.")
        .example(
            repository!(
                "https://bitbucket.org/acme/a-repository-whose-name-is-by-far-longer-than-a-slug-can-ever-be.git"
            ),
            repository!(
                "https://bitbucket.org/acme/a-repository-whose-name-is-by-far-longer-than-a-slug-can-ever.git"
            ),
        ),
    Rule::warning("C11", "url", has_no_workspace)
        .says("`url` is that of an account and has no workspace.")
        .because("It is documented, but the repositories cannot be listed: Atlassian removed the API across workspaces \
                  on February 27, 2026.")
        .example(
            "url             = \"https://bitbucket.org\"\ntest_repository = \"acme/web.git\"",
            ACCOUNT,
        ),
    form("C12", "Colon missing in url")
        .says("A short SSH URL lacks the colon after the host.")
        .because("Git takes it for a folder on the disk, and Harness refuses it.")
        .example(ssh!("git@bitbucket.org/acme/", ""), ssh!("git@bitbucket.org:acme/", "")),
    form("C13", "Colon in an ssh:// URL")
        .says("`url` starts with `ssh://` and has a colon before the workspace.")
        .because("In that form a slash stands after the host, and a colon starts a port.")
        .example(
            ssh!("ssh://git@bitbucket.org:acme/", ""),
            ssh!("ssh://git@bitbucket.org/acme/", ""),
        ),
    Rule::error("C14", "url", lacks_workspace)
        .summary("Workspace missing in url")
        .says("An SSH URL of Bitbucket Cloud stops at the host.")
        .because("Over SSH the workspace is always part of the URL.")
        .example(ssh!("git@bitbucket.org", ""), ssh!("git@bitbucket.org:acme/", "")),
    form("C15", "Host for SSH on port 443")
        .says("`altssh.bitbucket.org` stands in another form than `ssh://git@altssh.bitbucket.org:443/…`.")
        .because("That host serves SSH on port 443 only, and the short form cannot say a port.")
        .example(
            ssh!("git@altssh.bitbucket.org:acme/", ""),
            ssh!("git@bitbucket.org:acme/", ""),
        ),
    Rule::warning("C16", "url", is_altssh)
        .says("The host of `url` is `altssh.bitbucket.org`.")
        .because("Git works. Harness however takes that host for a Data Center server, and sends API calls there.")
        .example(
            ssh!("ssh://git@altssh.bitbucket.org:443/acme/", ""),
            ssh!("git@bitbucket.org:acme/", ""),
        ),
    form("C17", "Path of Data Center on Bitbucket Cloud")
        .says("`url` has `/scm/` after bitbucket.org.")
        .because("Data Center serves Git under `/scm/`; Bitbucket Cloud has workspaces there.")
        .example(repository!("https://bitbucket.org/scm/acme/web.git"), REPOSITORY),
    form("C18", "Port of Bitbucket Cloud")
        .says("`url` has another port than 443 (HTTPS) or 22 (SSH).")
        .because("bitbucket.org serves no other.")
        .example(r#"url = "https://bitbucket.org:8443/acme/""#, ACCOUNT),
    Rule::warning("C19", "url", |input, findings| ends_with_slash(Deployment::Cloud, input, findings))
        .says("The URL of a repository ends with a slash.")
        .because("Harness uses it as it stands, and not everything in Harness strips the slash.")
        .example(repository!("https://bitbucket.org/acme/web.git/"), REPOSITORY),
];

/// C02 and C03.
fn lacks_repository(input: &Input<'_>, findings: &mut Findings<'_>) {
    let Some(url) = on(Deployment::Cloud, input).filter(|_| input.lacks_repository()) else {
        return;
    };
    let (id, stops) = match url.workspace() {
        Some(workspace) => ("C02", format!("stops at the workspace {}", hcl(workspace))),
        None => ("C03", "has neither workspace nor repository".to_owned()),
    };
    if findings.rule().id == id {
        push_incomplete(input, findings, &format!("`url` {stops}"), url);
    }
}

fn has_capitals(input: &Input<'_>, findings: &mut Findings<'_>) {
    if let Some(url) = on(Deployment::Cloud, input)
        && let Some(workspace) = url
            .workspace()
            .filter(|id| id.contains(|c: char| c.is_ascii_uppercase()))
    {
        let found = format!(
            "The workspace {} has capitals; workspace IDs are in lower case unless they are old ones.",
            hcl(workspace)
        );
        push(
            input,
            findings,
            "Workspace in capitals",
            &found,
            &url.in_lower_case(),
        );
    }
}

fn has_long_slug(input: &Input<'_>, findings: &mut Findings<'_>) {
    if let Some(slug) = on(Deployment::Cloud, input).and_then(BitbucketUrl::repository)
        && input.url_type() != Some(UrlType::Account)
        && slug.len() > LONGEST_SLUG
    {
        findings.push(
            "url",
            "Repository slug too long",
            format!(
                "The repository in `url` has {} characters, and Bitbucket Cloud cuts slugs at {LONGEST_SLUG}. Copy \
                 the clone URL from the repository's page.",
                slug.len()
            ),
        );
    }
}

fn is_altssh(input: &Input<'_>, findings: &mut Findings<'_>) {
    if let Some(url) = readable(input)
        && url.is_altssh()
    {
        findings.push(
            "url",
            "No API access with altssh.bitbucket.org",
            format!(
                "Harness takes altssh.bitbucket.org for a Data Center server and would call the API at {}, where \
                 there is none. Git itself works. Where port 22 is open, write \"git@bitbucket.org:…\"; else use \
                 HTTP if the connector is to have API access.",
                url.api_base()
            ),
        );
    }
}

/// C19 and X20.
pub(super) fn ends_with_slash(
    deployment: Deployment,
    input: &Input<'_>,
    findings: &mut Findings<'_>,
) {
    if let Some(url) = readable_on(deployment, input)
        && input.url_type() != Some(UrlType::Account)
        && url.owner().is_some()
        && url.repository().is_some()
        && url.has_trailing_slash()
    {
        let found =
            "`url` is that of a repository and ends with a slash, where a clone URL has none.";
        push(input, findings, "Slash after the repository", found, url);
    }
}

fn has_no_workspace(input: &Input<'_>, findings: &mut Findings<'_>) {
    if let Some(url) = readable_on(Deployment::Cloud, input)
        && input.url_type() == Some(UrlType::Account)
        && url.protocol() != Protocol::Ssh
        && url.workspace().is_none()
        // Without it in the test repository either, that is where the mistake is found.
        && input.model.test_repository.text().is_none_or(|text| text.trim_matches('/').contains('/'))
    {
        findings.push(
            "url",
            "No workspace in url",
            "`url` has no workspace. `test_repository` must then be \"<workspace>/<repository>.git\", and Harness may not be \
             able to list repositories, since Atlassian removed the API for that on February 27, 2026. Write \
             \"https://bitbucket.org/<workspace>/\" with your own workspace ID.",
        );
    }
}

fn lacks_workspace(input: &Input<'_>, findings: &mut Findings<'_>) {
    is_malformed(input, findings);
    if let Some(url) = readable_on(Deployment::Cloud, input)
        && input.url_type() != Some(UrlType::Repository)
        && url.protocol() == Protocol::Ssh
        && url.form() == Form::Url
        && url.workspace().is_none()
    {
        let found = "`url` stops at the host, and the workspace is missing.";
        push(input, findings, "Workspace missing in url", found, url);
    }
}
