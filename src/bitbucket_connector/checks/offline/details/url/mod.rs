//! Rules about `url`: those of its form, which the parser finds and of which a text breaks one at most, and those about a
//! URL that could be read.
//!
//! Every suggestion is the same text, whichever rule makes it: the place that is meant, as `url_type` and
//! `connection_type` ask for it. So the first correction is also the last.

pub(crate) mod cloud;
pub(crate) mod common;
pub(crate) mod data_center;
#[cfg(test)]
pub(crate) mod tests;

use tf_provider::field::Field;

use crate::bitbucket_connector::checks::offline::input::{Findings, Input, Offline};
use crate::bitbucket_connector::connector::url::{
    BitbucketUrl, Deployment, Mended, UrlErrorKind, UrlType,
};
use crate::harness::rule::{Pushed, at};
use crate::harness::wording::hcl;

/// A rule about the form of `url`: the parser finds what is wrong.
macro_rules! form {
    ($id:literal, $summary:literal, $says:literal, $why:literal, $wrong:expr, $mended:expr) => {
        $crate::harness::rule::Rule {
            id: $id,
            setting: "url",
            severity: tf_provider::diagnostic::Severity::Error,
            strict: $crate::harness::rule::Strict::Same,
            says: $says,
            why: $why,
            example: $crate::harness::rule::Example {
                wrong: $wrong,
                mended: $mended,
            },
            after: &[],
            check: |input, findings| {
                $crate::bitbucket_connector::checks::offline::details::url::malformed(
                    $id, $summary, input, findings,
                );
            },
        }
    };
}
use form;

/// A finding of the parser that breaks the rule `id`.
fn malformed(id: &str, summary: &str, input: &Input<'_>, findings: &mut Findings<'_>) {
    let Some(Err(error)) = input.url.known() else {
        return;
    };
    if error.kind().rule() != id {
        return;
    }
    let found = error.to_string();
    match error.meant() {
        // Told, but not recommended: C16 warns of that host.
        Some(meant) if *error.kind() == UrlErrorKind::AltSsh => {
            let advice = Mend::of(input, meant).advice();
            findings.push(at("url"), summary, format!("{found} {advice}."));
        }
        Some(meant) => push(input, findings, summary, &found, meant),
        None => drop(findings.push(at("url"), summary, found)),
    }
}

/// A finding about `url`, with the text to write instead of it.
fn push(
    input: &Input<'_>,
    findings: &mut Findings<'_>,
    summary: &str,
    found: &str,
    meant: &BitbucketUrl,
) {
    let mend = Mend::of(input, meant);
    let pushed = findings.push(at("url"), summary, format!("{found} {}.", mend.advice()));
    mend.suggest(pushed);
}

/// What to write instead of a URL, and of the test repository that goes with it.
struct Mend {
    url: Mended,
    test_repository: Option<String>,
}

impl Mend {
    fn of(input: &Input<'_>, meant: &BitbucketUrl) -> Self {
        Self {
            url: meant.mended(input.url_type(), input.connection_type()),
            test_repository: test_repository(input, meant),
        }
    }

    /// "Write …", without a full stop.
    fn advice(&self) -> String {
        let url = hcl(self.url.text());
        match &self.test_repository {
            _ if self.url.complete().is_none() => {
                format!("Write {url} with your own names in place of those in angle brackets")
            }
            None => format!("Write {url}"),
            Some(repository) => {
                format!(
                    "Write `url = {url}` and `test_repository = {}`",
                    hcl(repository)
                )
            }
        }
    }

    fn suggest(&self, pushed: Pushed<'_, Offline>) {
        if let Some(url) = self.url.complete() {
            let pushed = pushed.suggest(at("url"), url);
            if let Some(repository) = &self.test_repository {
                pushed.suggest(at("test_repository"), repository.as_str());
            }
        }
    }
}

/// The test repository beside the URL of the account, where what was cut from the URL belongs into it.
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

/// A URL that could be read, over the protocol that `connection_type` asks for (or that is not known).
fn readable<'a>(input: &'a Input<'_>) -> Option<&'a BitbucketUrl> {
    input.url().filter(|url| !is_of_other_type(input, url))
}

/// Whether the protocol is not that of `connection_type`.
pub(super) fn is_of_other_type(input: &Input<'_>, url: &BitbucketUrl) -> bool {
    input
        .connection_type()
        .is_some_and(|asked| asked != url.protocol().connection_type())
}

/// A URL of this deployment that could be read.
fn on<'a>(deployment: Deployment, input: &'a Input<'_>) -> Option<&'a BitbucketUrl> {
    input.url().filter(|url| url.deployment() == deployment)
}

/// The advice of the rules that miss a repository in `url`: to add it, or to name an account.
fn push_incomplete(
    input: &Input<'_>,
    findings: &mut Findings<'_>,
    found: &str,
    url: &BitbucketUrl,
) {
    let repository = url.mended(Some(UrlType::Repository), input.connection_type());
    let pushed = findings.push(
        at("url"),
        "Repository missing in url",
        format!(
            "`url_type` is \"Repository\", but {found}. Write the clone URL, {}, or set `url_type = \"Account\"` and name \
             one of its repositories in `test_repository`.",
            hcl(repository.text())
        ),
    );
    let account = url.mended(Some(UrlType::Account), input.connection_type());
    let is_account = input
        .model
        .test_repository
        .text()
        .is_some_and(|repository| {
            super::test_repository::fits(url, repository)
                && account.complete() == Some(url.to_string().as_str())
        });
    if is_account {
        pushed.suggest(at("url_type"), "Account");
    }
}

/// The advice of the rules that find a repository in the URL of an account.
fn push_repository(input: &Input<'_>, findings: &mut Findings<'_>, url: &BitbucketUrl) {
    let mend = Mend::of(input, url);
    let pushed = findings.push(
        at("url"),
        "Repository in the URL of an account",
        format!(
            "`url` names the repository \"{}\", but `url_type` is \"Account\", whose repositories Harness adds to `url` \
             itself. {}, or set `url_type = \"Repository\"`.",
            url.repository().unwrap_or_default(),
            mend.advice()
        ),
    );
    mend.suggest(pushed);
}
