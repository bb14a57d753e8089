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
    /// An app password of Bitbucket Cloud, which takes none any more.
    AppPassword,
    /// A token, of this kind.
    Token(&'static str),
}

impl std::fmt::Display for Pasted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::PrivateKey => "a private key",
            Self::AppPassword => "a Bitbucket app password",
            Self::Token(kind) => kind,
        })
    }
}

impl Pasted {
    /// What is to take its place, since it has to count as leaked: the beginning of a sentence.
    pub(super) fn replacement(self) -> &'static str {
        match self {
            Self::AppPassword => {
                "Bitbucket Cloud takes no app passwords any more: make an API token"
            }
            Self::PrivateKey | Self::Token(_) => "Make a new one",
        }
    }
}

/// The longest reference: `account.` and an identifier.
const LONGEST_REFERENCE: usize = "account.".len() + identifier::MAX_LENGTH;

/// The secret that `text` is, or has in it.
pub(super) fn recognise(text: &str) -> Option<Pasted> {
    if text.contains("-----BEGIN") {
        return Some(Pasted::PrivateKey);
    }
    let words = text.split(|c| !is_of_word(c));
    words.filter_map(find).map(|(_, pasted)| pasted).next()
}

/// `text` without the tokens and keys that are in it: what each of them looks like stands in its place.
pub(super) fn removed_from(text: &str) -> String {
    const KEY: &str = "-----BEGIN";
    if let Some((before, after)) = text.split_once(KEY) {
        // A key ends with a line of its own; one that is cut off is all that follows.
        let rest = after
            .split_once("-----END")
            .and_then(|(_, end)| end.split_once("-----"))
            .map_or("", |(_, rest)| rest);
        return format!(
            "{}{}{}",
            removed_from(before),
            removed(Pasted::PrivateKey),
            removed_from(rest)
        );
    }
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(|c| !is_of_word(c)).unwrap_or(rest.len());
        let (word, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
        match find(word) {
            Some((at, pasted)) => {
                clean.push_str(word.get(..at).unwrap_or_default());
                clean.push_str(&removed(pasted));
            }
            None if is_too_long_for_a_reference(word) => {
                clean.push_str(&removed(Pasted::Token("a token")));
            }
            None => clean.push_str(word),
        }
        let next = after.find(is_of_word).unwrap_or(after.len());
        let (between, after) = after.split_at_checked(next).unwrap_or((after, ""));
        clean.push_str(between);
        rest = after;
    }
    clean
}

fn removed(pasted: Pasted) -> String {
    format!("(removed: {pasted})")
}

/// A text too long for any reference, in which nothing breaks off: a token of a kind that is not known here.
pub(super) fn is_too_long_for_a_reference(text: &str) -> bool {
    text.len() > LONGEST_REFERENCE && !text.contains(char::is_whitespace)
}

/// Whether a token can have this character in it.
fn is_of_word(character: char) -> bool {
    character.is_ascii_alphanumeric() || "._-=+~".contains(character)
}

/// The token that ends this word, and where it begins: `account.ATATT…` hides one behind a scope, `token=ATATT…` behind a
/// name. What cannot be anything else is found in the middle of a word, too.
fn find(word: &str) -> Option<(usize, Pasted)> {
    // The end of a repository's address makes no token of its name.
    let word = word.strip_suffix(".git").unwrap_or(word);
    let mut before = None;
    word.char_indices().find_map(|(at, character)| {
        let begins = !before.replace(character).is_some_and(char::is_alphanumeric);
        let rest = word.get(at..)?;
        let is_certain = rest.starts_with("ATATT") || rest.starts_with("ATCTT");
        let pasted = if begins || is_certain {
            token(rest.get(..LONGEST_LOOK).unwrap_or(rest))
        } else {
            None
        };
        Some((at, pasted?))
    })
}

/// How much of a word is looked at: more than tells a token from a name.
const LONGEST_LOOK: usize = 500;

fn token(word: &str) -> Option<Pasted> {
    // A name may begin like the shorter prefixes; a token is longer than a name, and has digits.
    let random = || word.len() >= 20 && word.contains(|c: char| c.is_ascii_digit());
    let kind = if word.starts_with("ATATT") && word.len() >= 10 {
        "an Atlassian API token"
    } else if word.starts_with("ATCTT") && word.len() >= 10 {
        "a Bitbucket access token"
    } else if word.starts_with("ATBB") && random() {
        return Some(Pasted::AppPassword);
    } else if word.starts_with("BBDC-") && random() {
        "a Bitbucket Data Center token"
    } else if (word.starts_with("pat.") || word.starts_with("sat.")) && dots(word) >= 2 && random()
    {
        "a Harness API key"
    } else if word.starts_with("eyJ") && dots(word) == 2 && random() {
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
            ("token=ATATT3xFfGF0q1w2e3", "an Atlassian API token"),
            ("x-ATBBq1w2e3r4t5z6u7i8o9p0", "a Bitbucket app password"),
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
    fn nobody_is_told_to_make_an_app_password() {
        for (text, makes) in [
            ("ATBBq1w2e3r4t5z6u7i8o9p0", "make an API token"),
            ("ATATT3xFfGF0q1w2e3", "Make a new one"),
            ("-----BEGIN RSA PRIVATE KEY-----", "Make a new one"),
        ] {
            let pasted = recognise(text).unwrap();
            assert!(pasted.replacement().ends_with(makes), "{pasted}");
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
            "compat.acme.example1234567.com",
            "eyJ",
            "https://bitbucket.org/acme/web.git",
            "https://bitbucket.org/acme/ATATTgit.git",
        ] {
            assert_eq!(recognise(text), None, "{text}");
        }
    }

    #[test]
    fn secrets_are_removed_from_a_text_and_the_rest_stays() {
        let long = "x9".repeat(80);
        for (text, clean) in [
            ("", ""),
            (
                "No secret exists with the id bitbucket_token  in organization o",
                "No secret exists with the id bitbucket_token  in organization o",
            ),
            (
                "url https://bitbucket.org/acme/ATATT3xFfGF0q1w2e3.git",
                "url https://bitbucket.org/acme/(removed: an Atlassian API token)",
            ),
            (
                "id ATATT3xFfGF0q1w2e3, token=ATATT3xFfGF0q1w2e3 and account.ATCTT3xFfGN0q1w2e3.",
                "id (removed: an Atlassian API token), token=(removed: an Atlassian API token) and \
                 account.(removed: a Bitbucket access token)",
            ),
            (
                "Invalid repo url  https://ATCTT3xFfGN0q1w2e3@bitbucket.org/acme/, no",
                "Invalid repo url  https://(removed: a Bitbucket access token)@bitbucket.org/acme/, no",
            ),
            (
                "key -----BEGIN RSA PRIVATE KEY----- MIIE -----END RSA PRIVATE KEY----- and pat.acc0unt.id.s3cr3tvalue",
                "key (removed: a private key) and (removed: a Harness API key)",
            ),
            ("-----BEGIN OPENSSH", "(removed: a private key)"),
            (
                &format!("id {long} is unknown"),
                "id (removed: a token) is unknown",
            ),
            ("äöü ☃ → 400", "äöü ☃ → 400"),
        ] {
            assert_eq!(removed_from(text), clean);
        }
    }

    #[test]
    fn a_text_longer_than_any_reference_is_told_by_its_length() {
        assert!(!is_too_long_for_a_reference(&"x".repeat(136)));
        assert!(is_too_long_for_a_reference(&"x".repeat(137)));
        assert!(!is_too_long_for_a_reference(&"word ".repeat(40)));
    }
}
