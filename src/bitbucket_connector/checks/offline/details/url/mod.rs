//! Rules about `url`: those about its form, of which the parser reports at most one per text, and those about a valid
//! URL.
//!
//! All rules suggest an identical text: the intended address with the `url_type` and `connection_type` of the
//! configuration. So the first correction is also the last.

pub(crate) mod cloud;
pub(crate) mod common;
pub(crate) mod data_center;
#[cfg(test)]
pub(crate) mod tests;

use tf_provider::field::Field;

use crate::bitbucket_connector::checks::offline::input::{Findings, Input, Offline, Rule};
use crate::bitbucket_connector::connector::url::{
    BitbucketUrl, Deployment, Fixed, UrlErrorKind, UrlType,
};
use crate::harness::rule::Pushed;
use crate::harness::wording::{hcl, hcl_of_repository};

/// Creates a rule about the form of `url`, which the parser checks.
const fn form(id: &'static str, summary: &'static str) -> Rule {
    Rule::error(id, "url", is_malformed).summary(summary)
}

/// Reports a violation of the rule that the parser found in `url`.
fn is_malformed(input: &Input<'_>, findings: &mut Findings<'_>) {
    let Some(Err(error)) = input.url.known() else {
        return;
    };
    if error.kind().rule() != findings.rule().id {
        return;
    }
    let summary = findings.rule().summary;
    let found = error.to_string();
    let pushed = match error.meant() {
        // Explained, but not recommended, because C16 warns about that host.
        Some(meant) if *error.kind() == UrlErrorKind::AltSsh => {
            let advice = Fix::of(input, meant).advice();
            findings.push("url", summary, format!("{found} {advice}."))
        }
        Some(meant) => push(input, findings, summary, &found, meant),
        None => findings.push("url", summary, found),
    };
    if let Some(why) = error.kind().why() {
        pushed.note(why);
    }
}

/// Reports a mistake in `url`, with the text to write instead.
fn push<'f>(
    input: &Input<'_>,
    findings: &'f mut Findings<'_>,
    summary: &str,
    found: &str,
    meant: &BitbucketUrl,
) -> Pushed<'f, Offline> {
    push_fix(input, findings, summary, meant, |fix| {
        format!("{found} {}.", fix.advice())
    })
}

/// Reports a mistake in `url` with a `detail` that already says what to write instead.
fn push_fix<'f>(
    input: &Input<'_>,
    findings: &'f mut Findings<'_>,
    summary: &str,
    meant: &BitbucketUrl,
    detail: impl FnOnce(&Fix) -> String,
) -> Pushed<'f, Offline> {
    let fix = Fix::of(input, meant);
    let mut pushed = findings.push("url", summary, detail(&fix));
    if let Some(url) = fix.url.complete() {
        pushed = pushed.suggest("url", url);
        if let Some(repository) = fix.test_repository.as_deref() {
            pushed = pushed.suggest("test_repository", repository);
        }
    }
    pushed
}

/// What to write instead of a URL, and of its test repository.
struct Fix {
    url: Fixed,
    test_repository: Option<String>,
}

impl Fix {
    fn of(input: &Input<'_>, meant: &BitbucketUrl) -> Self {
        Self {
            url: meant.fixed(input.url_type(), input.connection_type()),
            test_repository: test_repository(input, meant),
        }
    }

    /// Returns "Write …", without a period.
    fn advice(&self) -> String {
        format!("Write {}", self.text())
    }

    /// Returns what to write, as it follows that word.
    fn text(&self) -> String {
        let url = hcl(self.url.text());
        match &self.test_repository {
            _ if self.url.complete().is_none() => {
                format!("{url}, replacing each name in angle brackets")
            }
            None => url,
            Some(repository) => {
                format!(
                    "`url = {url}` and `test_repository = {}`",
                    hcl_of_repository(repository)
                )
            }
        }
    }
}

/// Returns the test repository for the account's URL, if it must contain what was removed from the URL.
fn test_repository(input: &Input<'_>, meant: &BitbucketUrl) -> Option<String> {
    if input.url_type() != Some(UrlType::Account) {
        return None;
    }
    let given = match &input.model.test_repository {
        Field::Unknown => return None,
        other => other.text(),
    };
    let repository = if meant.repository().is_some() {
        meant.test_repository().complete()?.to_owned()
    } else {
        let repository = given.filter(|given| !given.contains('/'))?;
        format!("{}/{repository}", meant.project()?)
    };
    (given != Some(&repository)).then_some(repository)
}

/// Returns a valid URL with the protocol of `connection_type` (or any, if that is unknown).
fn readable<'a>(input: &'a Input<'_>) -> Option<&'a BitbucketUrl> {
    input.url().filter(|url| !is_of_other_type(input, url))
}

/// Like `readable`, for this deployment.
fn readable_on<'a>(deployment: Deployment, input: &'a Input<'_>) -> Option<&'a BitbucketUrl> {
    readable(input).filter(|url| url.deployment() == deployment)
}

/// Returns whether the protocol differs from that of `connection_type`.
pub(super) fn is_of_other_type(input: &Input<'_>, url: &BitbucketUrl) -> bool {
    input
        .connection_type()
        .is_some_and(|asked| asked != url.protocol().connection_type())
}

/// Returns a valid URL of this deployment.
fn on<'a>(deployment: Deployment, input: &'a Input<'_>) -> Option<&'a BitbucketUrl> {
    input.url().filter(|url| url.deployment() == deployment)
}

/// Reports a repository missing in `url`, with the advice to add it, or to name an account.
fn push_incomplete(
    input: &Input<'_>,
    findings: &mut Findings<'_>,
    found: &str,
    url: &BitbucketUrl,
) {
    let repository = url.fixed(Some(UrlType::Repository), input.connection_type());
    let pushed = findings.push(
        "url",
        "Repository missing from url",
        format!(
            "`url_type` is \"Repository\", but {found}. Write the clone URL, {}, or set `url_type = \"Account\"` and \
             `test_repository` to one of its repositories.",
            hcl_of_repository(repository.text())
        ),
    );
    let account = url.fixed(Some(UrlType::Account), input.connection_type());
    let is_account = input
        .model
        .test_repository
        .text()
        .is_some_and(|repository| {
            super::test_repository::fits(url, repository)
                && account.complete() == Some(url.to_string().as_str())
        });
    if is_account {
        pushed.suggest("url_type", "Account");
    }
}

/// C01 and X05: a repository in the URL of an account.
fn has_repository(deployment: Deployment, input: &Input<'_>, findings: &mut Findings<'_>) {
    let Some(url) = on(deployment, input).filter(|url| url.repository().is_some()) else {
        return;
    };
    if input.url_type() != Some(UrlType::Account) {
        return;
    }
    push_fix(
        input,
        findings,
        "Repository in the URL of an account",
        url,
        |fix| {
            format!(
                "`url_type` is \"Account\", but `url` names the repository \"{}\". {}, or set `url_type = \"Repository\"`. \
                 Harness appends the repository to the URL of an account.",
                url.repository().unwrap_or_default(),
                fix.advice()
            )
        },
    );
}
