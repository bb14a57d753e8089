//! Recognises secrets that somebody pasted where a name, a reference or an address belongs, so that they are reported and
//! never shown.
//!
//! Sources: Atlassian's prefixes of API tokens (`ATATT`), access tokens (`ATCTT`), app passwords (`ATBB`) and Data Center
//! tokens (`BBDC-`); Harness's keys (`pat.`, `sat.`); JSON Web Tokens; PEM.

use super::identifier;

/// What a text that should not be there looks like. `Display` completes "it looks like …".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pasted {
    /// A private key.
    PrivateKey,
    /// A token, of this kind.
    Token(&'static str),
}

impl std::fmt::Display for Pasted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::PrivateKey => "a private key",
            Self::Token(kind) => kind,
        })
    }
}

/// The longest reference: `account.` and an identifier.
const LONGEST_REFERENCE: usize = "account.".len() + identifier::MAX_LENGTH;

/// The secret that `text` is, or has in it.
pub(super) fn recognise(text: &str) -> Option<Pasted> {
    if text.contains("-----BEGIN") {
        return Some(Pasted::PrivateKey);
    }
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || "._-=+~".contains(c)));
    words.flat_map(word_and_last_part).find_map(token)
}

/// A text too long for any reference, in which nothing breaks off: a token of a kind that is not known here.
pub(super) fn is_too_long_for_a_reference(text: &str) -> bool {
    text.len() > LONGEST_REFERENCE && !text.contains(char::is_whitespace)
}

/// `account.ATATT…` hides a token behind a scope.
fn word_and_last_part(word: &str) -> [&str; 2] {
    let last = word.rsplit_once('.').map_or(word, |(_, last)| last);
    [word, last]
}

fn token(word: &str) -> Option<Pasted> {
    // A name may begin like the shorter prefixes; a token is longer than a name, and has digits.
    let random = word.len() >= 20 && word.contains(|c: char| c.is_ascii_digit());
    let kind = if word.starts_with("ATATT") && word.len() >= 10 {
        "an Atlassian API token"
    } else if word.starts_with("ATCTT") && word.len() >= 10 {
        "a Bitbucket access token"
    } else if word.starts_with("ATBB") && random {
        "a Bitbucket app password"
    } else if word.starts_with("BBDC-") && random {
        "a Bitbucket Data Center token"
    } else if (word.starts_with("pat.") || word.starts_with("sat.")) && dots(word) >= 2 && random {
        "a Harness API key"
    } else if word.starts_with("eyJ") && dots(word) == 2 && random {
        "a JSON Web Token"
    } else {
        return None;
    };
    Some(Pasted::Token(kind))
}

fn dots(word: &str) -> usize {
    word.bytes().filter(|byte| *byte == b'.').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_and_keys_are_recognised_wherever_they_stand_in_a_text() {
        for (text, said) in [
            ("ATATT3xFfGF0q1w2e3", "an Atlassian API token"),
            ("account.ATATT3xFfGF0q1w2e3", "an Atlassian API token"),
            ("Bearer ATCTT3xFfGN0q1w2e3", "a Bitbucket access token"),
            (
                "https://x-token-auth:ATCTT3xFfGN0q1w2e3@bitbucket.org/acme/",
                "a Bitbucket access token",
            ),
            ("ATBBq1w2e3r4t5z6u7i8o9p0", "a Bitbucket app password"),
            ("BBDC-NDc1Mjg5MTIzNDU2OvR2", "a Bitbucket Data Center token"),
            ("pat.acc0unt.id.s3cr3tvalue", "a Harness API key"),
            (
                "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln",
                "a JSON Web Token",
            ),
            (
                "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END",
                "a private key",
            ),
        ] {
            assert_eq!(
                recognise(text).map(|pasted| pasted.to_string()).as_deref(),
                Some(said),
                "{text}"
            );
        }
    }

    #[test]
    fn ordinary_names_and_references_are_no_tokens() {
        for text in [
            "",
            "jdoe",
            "account.bitbucket_token",
            "ATBB_bitbucket_app_password",
            "BBDC-token",
            "pat.smith",
            "eyJ",
            "https://bitbucket.org/acme/web.git",
        ] {
            assert_eq!(recognise(text), None, "{text}");
        }
    }

    #[test]
    fn a_text_longer_than_any_reference_is_told_by_its_length() {
        assert!(!is_too_long_for_a_reference(&"x".repeat(136)));
        assert!(is_too_long_for_a_reference(&"x".repeat(137)));
        assert!(!is_too_long_for_a_reference(&"word ".repeat(40)));
    }
}
