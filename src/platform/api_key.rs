//! The platform's API key: read once, sent in one header (and in the one question that is about the key), shown nowhere.
//!
//! `<pat|sat>.<account id>.<token id>.<secret>` since 2022, `<pat|sat>.<token id>.<secret>` before; the platform refuses
//! every other number of parts. `pat` is a person's token, `sat` a service account's.

use std::fmt;

use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret, SecretString};

/// A personal or service account token. `Debug` shows nothing of it, there is no `Display`, and the memory is wiped when
/// it is dropped.
#[derive(Clone)]
pub struct ApiKey(SecretString);

impl ApiKey {
    /// Parses a key; blanks around it, which copying leaves behind, do not matter.
    ///
    /// # Errors
    /// If the text cannot be a key of either form. The message never shows any of it.
    pub fn parse(text: &str) -> Result<Self, ApiKeyError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(ApiKeyError::Empty);
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(ApiKeyError::Characters);
        }
        let parts: Vec<&str> = text.split('.').collect();
        if !(3..=4).contains(&parts.len()) {
            return Err(ApiKeyError::Parts { found: parts.len() });
        }
        if !matches!(parts.first(), Some(&("pat" | "sat"))) {
            return Err(ApiKeyError::Prefix);
        }
        if parts.iter().any(|part| part.is_empty()) {
            return Err(ApiKeyError::EmptyPart);
        }
        Ok(Self(SecretString::from(text)))
    }

    /// The account to which the key belongs: the second part of a four-part key, `None` for the older form.
    pub fn account_id(&self) -> Option<&str> {
        let mut parts = self.0.expose_secret().split('.');
        let account = parts.nth(1)?;
        (parts.count() == 2).then_some(account)
    }

    /// The value of the `x-api-key` header, marked sensitive so that HTTP libraries neither log nor index it. It is made
    /// for each request: a header's memory is not wiped.
    ///
    /// # Errors
    /// Never for a parsed key, whose characters are all visible ASCII.
    pub(super) fn header_value(&self) -> Result<HeaderValue, ApiKeyError> {
        let mut value =
            HeaderValue::from_str(self.0.expose_secret()).map_err(|_| ApiKeyError::Characters)?;
        value.set_sensitive(true);
        Ok(value)
    }

    /// The key as the body of a request that asks about the key itself.
    pub(super) fn body(&self) -> String {
        self.0.expose_secret().to_owned()
    }

    /// Whose key it is.
    pub fn kind(&self) -> KeyKind {
        if self.0.expose_secret().starts_with("pat.") {
            KeyKind::Personal
        } else {
            KeyKind::ServiceAccount
        }
    }

    /// Replaces the key and its secret part wherever a text repeats them: a proxy's error page may echo the request's
    /// headers.
    pub(super) fn removed_from(&self, text: &str) -> String {
        let key = self.0.expose_secret();
        let secret = key.rsplit('.').next().unwrap_or(key);
        let text = text.replace(key, "(key removed)");
        // A secret part of a few characters would mangle ordinary words; the platform's have twenty.
        if secret.len() >= 8 {
            text.replace(secret, "(key removed)")
        } else {
            text
        }
    }
}

/// Whose a key is, by its first part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// `pat`: a person's.
    Personal,
    /// `sat`: a service account's.
    ServiceAccount,
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(hidden)")
    }
}

/// Why a text is not an API key. No variant holds any of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ApiKeyError {
    /// Nothing was given.
    #[error(
        "the API key is empty; write a token of the form `pat.<account>.<id>.<secret>` or `sat.…`"
    )]
    Empty,
    /// A blank or a character outside ASCII in the middle.
    #[error("the API key holds a blank or another character that no key has; copy it again")]
    Characters,
    /// Neither three nor four parts.
    #[error(
        "the API key has {found} part{} between dots, a key has four: `pat.<account>.<id>.<secret>`; copy it again",
        if *.found == 1 { "" } else { "s" }
    )]
    Parts {
        /// How many parts there are.
        found: usize,
    },
    /// Does not begin with `pat.` or `sat.`.
    #[error(
        "the API key begins with neither `pat.` nor `sat.`; use a personal or service account token"
    )]
    Prefix,
    /// Two dots in a row, or one at an end.
    #[error("a part of the API key is empty; copy it again")]
    EmptyPart,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_account_is_the_second_part_of_a_four_part_key() {
        for (key, account) in [
            (
                "pat.px7xd_BFRCi-pfWPYXVjvw.0123.s3cr3ts3cr3t",
                Some("px7xd_BFRCi-pfWPYXVjvw"),
            ),
            ("sat.acctid.tokenid.secret123", Some("acctid")),
            ("  sat.acctid.tokenid.secret123\n", Some("acctid")),
            ("pat.tokenid.secret123", None),
        ] {
            assert_eq!(ApiKey::parse(key).unwrap().account_id(), account, "{key}");
        }
    }

    #[test]
    fn a_malformed_key_is_refused_without_showing_any_of_it() {
        for (key, message) in [
            (
                "",
                "the API key is empty; write a token of the form `pat.<account>.<id>.<secret>` or `sat.…`",
            ),
            (
                "hunter2",
                "the API key has 1 part between dots, a key has four: `pat.<account>.<id>.<secret>`; copy it again",
            ),
            (
                "pat.a.b.hunter2.c",
                "the API key has 5 parts between dots, a key has four: `pat.<account>.<id>.<secret>`; copy it again",
            ),
            (
                "xat.a.b.hunter2",
                "the API key begins with neither `pat.` nor `sat.`; use a personal or service account token",
            ),
            (
                "pat.a..hunter2",
                "a part of the API key is empty; copy it again",
            ),
            (
                "pat.a.b.hun ter2",
                "the API key holds a blank or another character that no key has; copy it again",
            ),
            (
                "pat.a.b.hunter2ä",
                "the API key holds a blank or another character that no key has; copy it again",
            ),
        ] {
            let error = ApiKey::parse(key).unwrap_err();
            assert_eq!(error.to_string(), message);
            assert!(
                !format!("{error}{error:?}").contains("hunter2"),
                "{message}"
            );
        }
    }

    #[test]
    fn neither_debug_nor_the_header_shows_the_key() {
        let key = ApiKey::parse("pat.acct.id.hunter2hunter2").unwrap();
        assert_eq!(format!("{key:?}"), "ApiKey(hidden)");
        assert_eq!(format!("{:?}", key.header_value().unwrap()), "Sensitive");
    }

    #[test]
    fn an_echoed_key_is_removed_from_a_text() {
        let key = ApiKey::parse("pat.acct.id.hunter2hunter2").unwrap();
        assert_eq!(
            key.removed_from("x-api-key: pat.acct.id.hunter2hunter2; secret hunter2hunter2"),
            "x-api-key: (key removed); secret (key removed)"
        );
    }
}
