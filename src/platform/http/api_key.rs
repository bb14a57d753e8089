//! The platform's API key: read once, sent in one header (and in the one request that validates it), and never
//! displayed.
//!
//! `<pat|sat>.<account id>.<token id>.<secret>` since 2022, `<pat|sat>.<token id>.<secret>` before; the platform
//! refuses any other number of parts. `pat` is a personal access token, `sat` a service account token.

use std::fmt;

use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret, SecretString};

/// A personal or service account token. `Debug` shows none of it, there is no `Display`, and its memory is wiped when
/// it is dropped.
#[derive(Clone)]
pub struct ApiKey(SecretString);

impl ApiKey {
    /// Parses a key and ignores spaces around it, which copying leaves behind.
    ///
    /// # Errors
    /// Returns an error if the text cannot be a key. The message never contains any of the text.
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

    /// Returns the account to which the key belongs: the second part of a four-part key, `None` for the older form.
    pub fn account_id(&self) -> Option<&str> {
        let mut parts = self.0.expose_secret().split('.');
        let account = parts.nth(1)?;
        (parts.count() == 2).then_some(account)
    }

    /// Returns the value of the `x-api-key` header, marked sensitive so that HTTP libraries neither log nor index it.
    /// It is created for each request, because a header's memory is not wiped.
    ///
    /// # Errors
    /// Never fails for a parsed key, which consists of visible ASCII characters.
    pub(crate) fn header_value(&self) -> Result<HeaderValue, ApiKeyError> {
        let mut value =
            HeaderValue::from_str(self.0.expose_secret()).map_err(|_| ApiKeyError::Characters)?;
        value.set_sensitive(true);
        Ok(value)
    }

    /// Returns the key as the body of the request that validates it.
    pub(crate) fn body(&self) -> String {
        self.0.expose_secret().to_owned()
    }

    /// Returns the kind of the key.
    pub fn kind(&self) -> KeyKind {
        if self.0.expose_secret().starts_with("pat.") {
            KeyKind::Personal
        } else {
            KeyKind::ServiceAccount
        }
    }

    /// Replaces the key wherever a text repeats it, for example in a proxy's error page that echoes the request's
    /// headers: the whole key, or a cut, shortened, escaped, or differently capitalized version of its secret part.
    pub(crate) fn removed_from(&self, text: &str) -> String {
        let key = self.0.expose_secret();
        let secret = key.rsplit('.').next().unwrap_or(key).as_bytes();
        let mut clean = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(begin) = rest.find(is_of_key) {
            let (before, from) = rest.split_at_checked(begin).unwrap_or((rest, ""));
            let end = from.find(|c| !is_of_key(c)).unwrap_or(from.len());
            let (chunk, after) = from.split_at_checked(end).unwrap_or((from, ""));
            clean.push_str(before);
            // A period also ends a sentence.
            let bare = chunk.trim_matches('.');
            let is_key = bare.len() >= key.len() && has(bare.as_bytes(), key.as_bytes());
            if is_key || bare.split('.').any(|part| is_left_of(secret, part)) {
                let leading = chunk.len() - chunk.trim_start_matches('.').len();
                clean.push_str(chunk.get(..leading).unwrap_or_default());
                clean.push_str("(key removed)");
                clean.push_str(chunk.get(leading + bare.len()..).unwrap_or_default());
            } else {
                clean.push_str(chunk);
            }
            rest = after;
        }
        clean.push_str(rest);
        clean
    }
}

/// The length of a run of characters from the secret part that identifies it. A shorter run may be a word.
const TELLING: usize = 8;

/// Returns whether a key, possibly percent-encoded, can contain this character.
fn is_of_key(character: char) -> bool {
    character.is_ascii_alphanumeric() || "._-%".contains(character)
}

/// Returns whether a text contains another, ignoring case.
fn has(text: &[u8], other: &[u8]) -> bool {
    text.windows(other.len().max(1))
        .any(|window| window.eq_ignore_ascii_case(other))
}

/// Returns whether a part of a text is derived from a secret.
fn is_left_of(secret: &[u8], part: &str) -> bool {
    let part = percent_decoded(part);
    let is_run = secret.windows(TELLING).any(|run| has(&part, run));
    // If characters are missing here and there, the others still come in order.
    let most = secret.len() - secret.len() / 4;
    let is_gapped = most > TELLING
        && (most..=2 * secret.len()).contains(&part.len())
        && in_order(secret, &part) >= most;
    is_run || is_gapped
}

fn percent_decoded(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        bytes.extend_from_slice(before.as_bytes());
        let byte = after
            .get(..2)
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(byte.unwrap_or(b'%'));
        rest = match byte {
            Some(_) => after.get(2..).unwrap_or_default(),
            None => after,
        };
    }
    bytes.extend_from_slice(rest.as_bytes());
    bytes
}

/// Counts the characters of a secret that a text has in order, ignoring case and any characters in between.
fn in_order(secret: &[u8], text: &[u8]) -> usize {
    let mut longest = vec![0_usize; secret.len() + 1];
    for byte in text {
        let mut diagonal = 0;
        for (at, wanted) in secret.iter().enumerate() {
            let above = longest.get(at + 1).copied().unwrap_or_default();
            let left = longest.get(at).copied().unwrap_or_default();
            let here = if wanted.eq_ignore_ascii_case(byte) {
                diagonal + 1
            } else {
                above.max(left)
            };
            diagonal = above;
            if let Some(cell) = longest.get_mut(at + 1) {
                *cell = here;
            }
        }
    }
    longest.last().copied().unwrap_or_default()
}

/// The kind of a key, from its first part.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
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
#[derive(Clone, Copy, Debug, Eq, thiserror::Error, PartialEq)]
#[non_exhaustive]
pub enum ApiKeyError {
    /// The text is empty.
    #[error("the API key is empty; write a token like `pat.<account>.<id>.<secret>` or `sat.…`")]
    Empty,
    /// A space or a non-ASCII character within the key.
    #[error("the API key contains a space or another invalid character; copy it again")]
    Characters,
    /// A number of parts other than three and four.
    #[error(
        "the API key has {found} part{} instead of four (`pat.<account>.<id>.<secret>`); copy it again",
        if *.found == 1 { "" } else { "s" }
    )]
    Parts {
        /// The number of parts.
        found: usize,
    },
    /// The key does not begin with `pat.` or `sat.`.
    #[error(
        "the API key does not start with `pat.` or `sat.`; use a personal or service account token"
    )]
    Prefix,
    /// Two consecutive dots, or one at an end.
    #[error("a part of the API key is empty; copy it again")]
    EmptyPart,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

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
                "the API key is empty; write a token like `pat.<account>.<id>.<secret>` or `sat.…`",
            ),
            (
                "hunter2",
                "the API key has 1 part instead of four (`pat.<account>.<id>.<secret>`); copy it again",
            ),
            (
                "pat.a.b.hunter2.c",
                "the API key has 5 parts instead of four (`pat.<account>.<id>.<secret>`); copy it again",
            ),
            (
                "xat.a.b.hunter2",
                "the API key does not start with `pat.` or `sat.`; use a personal or service account token",
            ),
            (
                "pat.a..hunter2",
                "a part of the API key is empty; copy it again",
            ),
            (
                "pat.a.b.hun ter2",
                "the API key contains a space or another invalid character; copy it again",
            ),
            (
                "pat.a.b.hunter2ä",
                "the API key contains a space or another invalid character; copy it again",
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
        for (text, clean) in [
            (
                "x-api-key: pat.acct.id.hunter2hunter2; secret hunter2hunter2.",
                "x-api-key: (key removed); secret (key removed).",
            ),
            ("PAT.ACCT.ID.HUNTER2HUNTER2", "(key removed)"),
            (
                "key=pat%2Eacct%2eid%2Ehunter2%68unter2&x",
                "key=(key removed)&x",
            ),
            ("pat.acct.id.hunter2hu…", "(key removed)…"),
            ("…ter2hunter2\"", "…(key removed)\""),
            (
                "hunter2hnter2 xhunter2Hunter2x",
                "(key removed) (key removed)",
            ),
            (
                "account acct, token id, hunter2, 100%",
                "account acct, token id, hunter2, 100%",
            ),
            ("no key... at all.", "no key... at all."),
        ] {
            assert_eq!(key.removed_from(text), clean);
        }
        // A secret part of only a few characters would match ordinary words; the platform's have twenty.
        let short = ApiKey::parse("pat.acct.id.key").unwrap();
        assert_eq!(
            short.removed_from("the key Pat.acct.id.key"),
            "the key (key removed)"
        );
    }

    /// Returns a mangled copy of a key: characters left out, both ends cut, case changed, some escaped.
    fn echo(secret: &str, gaps: &[usize], cut: (usize, usize), style: u8) -> String {
        let kept: Vec<char> = secret
            .chars()
            .enumerate()
            .filter(|(at, _)| !gaps.contains(at) && *at >= cut.0 && *at < secret.len() - cut.1)
            .map(|(_, character)| character)
            .collect();
        let text: String = kept.iter().collect();
        match style {
            0 => text,
            1 => text.to_uppercase(),
            2 => text.to_lowercase(),
            _ => text.bytes().fold(String::new(), |escaped, byte| {
                format!("{escaped}%{byte:02X}")
            }),
        }
    }

    proptest! {
        #[test]
        fn what_is_left_of_a_key_in_an_echo_is_removed(
            secret in "[A-Za-z0-9]{20}",
            gaps in proptest::collection::vec(0_usize..20, 0..3),
            cut in (0_usize..3, 0_usize..1),
            long_cut in (0_usize..12, 0_usize..1),
            style in 0_u8..4,
            around in "[ a-z:;\"<>]{0,20}",
        ) {
            let key = ApiKey::parse(&format!("pat.acct.id.{secret}")).unwrap();
            for echo in [echo(&secret, &gaps, cut, style), echo(&secret, &[], long_cut, style)] {
                let text = format!("{around} {echo} {around}");
                let expected = format!("{around} (key removed) {around}");
                prop_assert_eq!(key.removed_from(&text), expected);
            }
        }

        #[test]
        fn an_ordinary_text_stays_as_it_is(text in "([a-zäöü]{1,12}[ .,:%/]{1,2}){0,40}") {
            let key = ApiKey::parse("pat.acct.id.Zq8XwK3vT7yB5nM2cR9d").unwrap();
            prop_assert_eq!(key.removed_from(&text), text);
        }
    }
}
