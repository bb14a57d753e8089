//! What a user name, or an e-mail address, cannot be.

use tf_provider::visible::is_invisible;

use crate::bitbucket_connector::checks::offline::input::Findings;
use crate::harness::leaked_secret::{self, Pasted};
use crate::harness::wording::{character, shown};

/// The Git user name that goes with an access token on Bitbucket Cloud.
pub(super) const ACCESS_TOKEN_USER: &str = "x-token-auth";
/// The Git user name that goes with an API token on Bitbucket Cloud.
pub(super) const API_TOKEN_USER: &str = "x-bitbucket-api-token-auth";

/// Why a text is no user name.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Mistake {
    /// Nothing, or blanks.
    Empty,
    /// A secret.
    Pasted(Pasted),
    /// HTTP Basic authentication ends the name at a colon, and user names have no blanks or control characters.
    Character(char),
}

impl Mistake {
    /// The first fault of `text`, the worst first.
    pub(crate) fn of(text: &str) -> Option<Self> {
        if text.trim().is_empty() {
            return Some(Self::Empty);
        }
        if let Some(pasted) = leaked_secret::recognise(text) {
            return Some(Self::Pasted(pasted));
        }
        text.chars()
            .find(|c| *c == ':' || *c == ' ' || is_invisible(*c))
            .map(Self::Character)
    }

    /// Pushes the finding about the argument at `path`, which holds `text`.
    pub(crate) fn push(self, path: &str, text: &str, findings: &mut Findings<'_>) {
        let (summary, detail, meant) = self.description(path, text);
        let pushed = findings.push(path, summary, detail);
        if let Some(meant) = meant {
            pushed.suggest(path, meant);
        }
    }

    /// Summary, detail, and what to write, if that is certain.
    fn description(self, path: &str, text: &str) -> (&'static str, String, Option<String>) {
        match self {
            Self::Empty => (
                "Empty user name",
                format!(
                    "`{path}` is given and has no text in it. Give the user name, or leave the argument out and refer to \
                     a secret in `username_ref`."
                ),
                None,
            ),
            Self::Pasted(pasted) => (
                "Secret instead of a user name",
                format!(
                    "`{path}` holds what looks like {pasted} (its value is not shown here; consider it leaked). Write \
                     the user name, and put a new token into a Harness secret."
                ),
                None,
            ),
            Self::Character(found) => {
                let trimmed = Some(text.trim()).filter(|trimmed| Self::of(trimmed).is_none());
                let write = match (found, trimmed) {
                    (_, Some(trimmed)) => format!("Write {}.", shown(trimmed)),
                    (':', None) => "If what follows the colon is a password, consider it leaked; passwords and tokens \
                                    belong in a Harness secret. Write the user name alone."
                        .to_owned(),
                    _ => "Write the user name, not the name that people see.".to_owned(),
                };
                (
                    "Character not allowed in a user name",
                    format!(
                        "`{path}` has {} in it, which a user name cannot have in HTTP authentication. {write}",
                        character(found)
                    ),
                    trimmed.map(str::to_owned),
                )
            }
        }
    }
}

/// Whether `text` has the form of an e-mail address: something, `@`, and a domain with a dot.
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
    fn user_names_are_told_from_what_is_none() {
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
    fn e_mail_addresses_are_told_from_what_is_none() {
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
