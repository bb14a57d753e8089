//! What a username, or an email address, cannot be.

use tf_provider::visible::is_invisible;

use crate::bitbucket_connector::checks::offline::input::Findings;
use crate::harness::leaked_secret::{self, Pasted};
use crate::harness::wording::{character, written};

/// The Git username that goes with an access token on Bitbucket Cloud.
pub(super) const ACCESS_TOKEN_USER: &str = "x-token-auth";
/// The Git username that goes with an API token on Bitbucket Cloud.
pub(super) const API_TOKEN_USER: &str = "x-bitbucket-api-token-auth";

/// Why a text is not a username.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Mistake {
    /// Nothing, or whitespace.
    Empty,
    /// A secret.
    Pasted(Pasted),
    /// HTTP Basic authentication ends the name at a colon, and usernames contain no spaces or control characters.
    Character(char),
}

impl Mistake {
    /// Returns the most serious mistake in `text`.
    pub(crate) fn of(text: &str) -> Option<Self> {
        if text.trim().is_empty() {
            return Some(Self::Empty);
        }
        if let Some(pasted) = leaked_secret::recognize(text) {
            return Some(Self::Pasted(pasted));
        }
        text.chars()
            .find(|c| *c == ':' || *c == ' ' || is_invisible(*c))
            .map(Self::Character)
    }

    /// Reports the mistake in `text`, the value of the argument at `path`.
    pub(crate) fn push(self, path: &str, text: &str, findings: &mut Findings<'_>) {
        let (summary, detail, meant) = self.description(path, text);
        let pushed = findings.push(path, summary, detail);
        if let Some(meant) = meant {
            pushed.suggest(path, meant);
        }
    }

    /// Returns summary, detail, and what to write, if that is certain.
    fn description(self, path: &str, text: &str) -> (&'static str, String, Option<String>) {
        match self {
            Self::Empty => (
                "Empty username",
                format!(
                    "`{path}` is empty. Write the username, or remove the argument and reference a secret in \
                     `username_ref`."
                ),
                None,
            ),
            Self::Pasted(pasted) => (
                "Secret instead of a username",
                format!(
                    "`{path}` contains what looks like {pasted} (not shown here). Write the username instead. Consider \
                     the value leaked: revoke it, and store a new token in a Harness secret."
                ),
                None,
            ),
            Self::Character(found) => {
                let trimmed = Some(text.trim()).filter(|trimmed| Self::of(trimmed).is_none());
                let write = match (found, trimmed) {
                    (_, Some(trimmed)) => match written(trimmed) {
                        Some(trimmed) => format!("Write {trimmed}."),
                        None => "Remove the whitespace around it.".to_owned(),
                    },
                    (':', None) => "Write only the username. If a password follows the colon, consider it leaked, and \
                                    store a new one in a Harness secret. HTTP authentication ends a username at the colon."
                        .to_owned(),
                    _ => "Write the username, not the display name. A username contains no spaces or control characters."
                        .to_owned(),
                };
                (
                    "Invalid character in username",
                    format!("`{path}` contains {}. {write}", character(found)),
                    trimmed.map(str::to_owned),
                )
            }
        }
    }
}

/// Returns whether `text` has the form of an email address: something, `@`, and a domain with a dot.
pub(crate) fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else {
        return false;
    };
    let is_label = |label: &str| {
        !label.is_empty()
            && label.chars().all(|c| c.is_alphanumeric() || c == '-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    !local.is_empty()
        && !text.contains(|c: char| c == ' ' || is_invisible(c) || "<>(),;:\"[]\\".contains(c))
        && domain.contains('.')
        && domain.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usernames_are_distinguished_from_other_texts() {
        for (text, mistake) in [
            ("jdoe", None),
            ("jane@acme.com", None),
            ("", Some(Mistake::Empty)),
            ("\t", Some(Mistake::Empty)),
            ("jdoe:secret", Some(Mistake::Character(':'))),
            ("Jane Doe", Some(Mistake::Character(' '))),
            ("jdoe\n", Some(Mistake::Character('\n'))),
            (
                "ATATT3xFfGF0abc",
                Some(Mistake::Pasted(Pasted::Token("an Atlassian API token"))),
            ),
            (
                "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
                Some(Mistake::Pasted(Pasted::Token("a GitHub token"))),
            ),
            (
                "da39a3ee5e6b4b0d3255bfef95601890afd80709",
                Some(Mistake::Pasted(Pasted::Token("a hexadecimal token"))),
            ),
            ("svc-bitbucket-readonly-payments-production-2024", None),
        ] {
            assert_eq!(Mistake::of(text), mistake, "{text}");
        }
    }

    #[test]
    fn email_addresses_are_distinguished_from_other_texts() {
        for text in [
            "j@acme.com",
            "jane.doe+ci@mail.acme.co.uk",
            "o'neil@acme.com",
        ] {
            assert!(is_email(text), "{text}");
        }
        for text in [
            "",
            "jane",
            "jane@",
            "@acme.com",
            "jane@acme",
            "jane@acme.",
            "a@b@c.com",
            "Jane <j@acme.com>",
            "j@-acme.com",
            "mailto:j@acme.com",
        ] {
            assert!(!is_email(text), "{text}");
        }
    }
}
