//! Rules about `url` on Bitbucket Cloud.

use super::common::repository;
use super::{form, has_repository, is_malformed, on, push, push_incomplete, readable, readable_on};
use crate::bitbucket_connector::checks::examples::ssh;
use crate::bitbucket_connector::checks::offline::input::{Findings, Input, Rule};
use crate::bitbucket_connector::connector::url::{
    BitbucketUrl, Deployment, Form, Protocol, UrlType,
};
use crate::harness::wording::hcl;

/// The maximum length of a slug on Bitbucket Cloud.
const LONGEST_SLUG: usize = 62;

const ACCOUNT: &str = r#"url = "https://bitbucket.org/acme/""#;
const REPOSITORY: &str = repository!("https://bitbucket.org/acme/web.git");

pub(crate) static RULES: &[Rule] = &[
    Rule::error("C01", "url, url_type", |input, findings| has_repository(Deployment::Cloud, input, findings))
        .says("`url_type` is `Account`, but `url` names a repository.")
        .because("Harness appends the repository to the URL of an account, so the result would contain two.")
        .example(r#"url = "https://bitbucket.org/acme/web.git""#, ACCOUNT),
    Rule::error("C02", "url, url_type", lacks_repository)
        .says("`url_type` is `Repository`, but `url` ends at the workspace.")
        .because("Harness uses the URL of a repository unchanged.")
        .example(r#"url_type = "Repository""#, REPOSITORY),
    Rule::error("C03", "url, url_type", lacks_repository)
        .says("`url_type` is `Repository`, but `url` has no workspace or repository.")
        .because("Harness uses the URL of a repository unchanged.")
        .example(repository!("https://bitbucket.org"), REPOSITORY),
    form("C04", "Browser address in url")
        .says("`url` is the browser address of a repository.")
        .because("Harness would save it, and treat everything after the workspace as the name of the repository.")
        .example(repository!("https://bitbucket.org/acme/web/src/main"), REPOSITORY),
    form("C05", "Bitbucket web page in url")
        .says("`url` is a web page of a workspace or of bitbucket.org.")
        .because("Git finds no repository there. On Bitbucket Cloud, projects are not part of Git URLs either.")
        .example(r#"url = "https://bitbucket.org/acme/workspace/repositories/""#, ACCOUNT),
    form("C06", "Path of url too long")
        .says("`url` continues after the workspace and the repository.")
        .because("The path of a Bitbucket Cloud URL has only these two parts.")
        .example(repository!("https://bitbucket.org/acme/web/shop.git"), REPOSITORY),
    form("C07", "Invalid or missing workspace in url")
        .says("The workspace in `url` is missing or contains invalid characters.")
        .because("A workspace ID consists of letters, digits, `-`, and `_`. The browser shows it in the address of the \
                  workspace; the workspace's name may differ.")
        .example(r#"url = "https://bitbucket.org/acme.inc/""#, ACCOUNT),
    Rule::warning("C08", "url", has_capitals)
        .only_when_strict()
        .says("The workspace in `url` contains uppercase letters.")
        .because("Workspace IDs are in lowercase, except for some old ones.")
        .example(r#"url = "https://bitbucket.org/Acme/""#, ACCOUNT),
    form("C09", "Invalid repository slug in url")
        .says("The repository in `url` contains invalid characters.")
        .because("A slug consists of letters, digits, `-`, `_`, and `.`. The clone URL contains it; the repository's name \
                  may differ.")
        .example(repository!("https://bitbucket.org/acme/web+shop.git"), REPOSITORY),
    Rule::warning("C10", "url", has_long_slug)
        .says("The repository in `url` has more than 62 characters.")
        .because("Bitbucket Cloud limits slugs to 62 characters, so no repository has this one.")
        .example(
            repository!(
                "https://bitbucket.org/acme/a-repository-whose-name-is-by-far-longer-than-a-slug-can-ever-be.git"
            ),
            repository!(
                "https://bitbucket.org/acme/a-repository-whose-name-is-by-far-longer-than-a-slug-can-ever.git"
            ),
        ),
    Rule::warning("C11", "url", has_no_workspace)
        .says("`url_type` is `Account`, but `url` has no workspace.")
        .because("Harness documents this form, but cannot list the repositories: Atlassian removed the API across \
                  workspaces on February 27, 2026.")
        .example(
            "url             = \"https://bitbucket.org\"\ntest_repository = \"acme/web.git\"",
            ACCOUNT,
        ),
    form("C12", "Colon missing from url")
        .says("A short SSH URL has no colon after the host.")
        .because("Git treats it as a local directory, and Harness refuses it.")
        .example(ssh!("git@bitbucket.org/acme/", ""), ssh!("git@bitbucket.org:acme/", "")),
    form("C13", "Colon in an ssh:// URL")
        .says("`url` starts with `ssh://`, but a colon precedes the workspace.")
        .because("In this form, a slash follows the host; a colon would start a port.")
        .example(
            ssh!("ssh://git@bitbucket.org:acme/", ""),
            ssh!("ssh://git@bitbucket.org/acme/", ""),
        ),
    Rule::error("C14", "url", lacks_workspace)
        .summary("Workspace missing from url")
        .says("An SSH URL of Bitbucket Cloud ends at the host.")
        .because("SSH URLs of Bitbucket Cloud must contain the workspace.")
        .example(ssh!("git@bitbucket.org", ""), ssh!("git@bitbucket.org:acme/", "")),
    form("C15", "Wrong form for altssh.bitbucket.org")
        .says("`url` uses `altssh.bitbucket.org`, but not in the form `ssh://git@altssh.bitbucket.org:443/…`.")
        .because("That host serves SSH only on port 443, and the short form cannot contain a port.")
        .example(
            ssh!("git@altssh.bitbucket.org:acme/", ""),
            ssh!("git@bitbucket.org:acme/", ""),
        ),
    Rule::warning("C16", "url", is_altssh)
        .says("The host of `url` is `altssh.bitbucket.org`.")
        .because("Git works, but Harness treats that host as Data Center and calls the API there.")
        .example(
            ssh!("ssh://git@altssh.bitbucket.org:443/acme/", ""),
            ssh!("git@bitbucket.org:acme/", ""),
        ),
    form("C17", "Data Center path on Bitbucket Cloud")
        .says("`url` contains `/scm/` after bitbucket.org.")
        .because("Data Center serves Git under `/scm/`. On Bitbucket Cloud, the workspace follows the host.")
        .example(repository!("https://bitbucket.org/scm/acme/web.git"), REPOSITORY),
    form("C18", "Wrong port for Bitbucket Cloud")
        .says("The port in `url` is not 443 (HTTPS) or 22 (SSH).")
        .because("bitbucket.org serves no other ports.")
        .example(r#"url = "https://bitbucket.org:8443/acme/""#, ACCOUNT),
    Rule::warning("C19", "url", |input, findings| ends_with_slash(Deployment::Cloud, input, findings))
        .says("The URL of a repository ends with a slash.")
        .because("Harness uses the URL unchanged, and not all of its parts remove the slash.")
        .example(repository!("https://bitbucket.org/acme/web.git/"), REPOSITORY),
];

/// C02 and C03.
fn lacks_repository(input: &Input<'_>, findings: &mut Findings<'_>) {
    let Some(url) = on(Deployment::Cloud, input).filter(|_| input.lacks_repository()) else {
        return;
    };
    let (id, stops) = match url.workspace() {
        Some(workspace) => ("C02", format!("ends at the workspace {}", hcl(workspace))),
        None => ("C03", "has no workspace or repository".to_owned()),
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
            "The workspace {} in `url` contains uppercase letters.",
            hcl(workspace)
        );
        let meant = url.in_lower_case();
        push(
            input,
            findings,
            "Uppercase workspace in url",
            &found,
            &meant,
        )
        .note("Workspace IDs are in lowercase, except for some old ones.");
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
                "The repository in `url` has {} characters. Copy the clone URL from the repository's page: Bitbucket Cloud \
                 limits slugs to {LONGEST_SLUG} characters.",
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
                "Git works with altssh.bitbucket.org, but API access does not. If port 22 is open, write \
                 \"git@bitbucket.org:…\"; otherwise, write an HTTP URL if the connector needs API access. Harness treats \
                 this host as Data Center and calls the API at {}.",
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
        let found = "`url` ends with a slash after the repository.";
        push(input, findings, "Slash after the repository", found, url)
            .note("Clone URLs have none, and not all parts of Harness remove it.");
    }
}

fn has_no_workspace(input: &Input<'_>, findings: &mut Findings<'_>) {
    if let Some(url) = readable_on(Deployment::Cloud, input)
        && input.url_type() == Some(UrlType::Account)
        && url.protocol() != Protocol::Ssh
        && url.workspace().is_none()
        // If it is also missing in the test repository, the mistake is reported there.
        && input.model.test_repository.text().is_none_or(|text| text.trim_matches('/').contains('/'))
    {
        findings.push(
            "url",
            "No workspace in url",
            "`url` has no workspace. Write \"https://bitbucket.org/<workspace>/\" with your workspace ID. Without it, \
             `test_repository` must be \"<workspace>/<repository>.git\", and Harness cannot list repositories: Atlassian \
             removed that API on February 27, 2026.",
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
        let summary = findings.rule().summary;
        push(input, findings, summary, "`url` ends at the host.", url)
            .note("SSH URLs of Bitbucket Cloud must contain the workspace.");
    }
}
