//! Recognizes secrets that were pasted in place of a name, a reference, or an address, so that they are reported and
//! never displayed.
//!
//! Some kinds have known prefixes: Atlassian's API tokens (`ATATT`), access tokens (`ATCTT`), app passwords (`ATBB`),
//! and Data Center tokens (`BBDC-`); Harness's keys (`pat.`, `sat.`); GitHub's tokens (`ghp_` and similar,
//! `github_pat_`); GitLab's (`glpat-` and similar); AWS's access keys (`AKIA`, `ASIA`); JSON Web Tokens; PEM. Others
//! are long runs of hexadecimal digits or of base64 ([`random`]), and `user:password` ([`password`]).
//!
//! A name may begin like a token: `ghp_for_team_payments`. So what follows the prefix must look random, too. A false
//! alarm keeps someone from working, so UUIDs, names with a hash after them, and long names made of words are not
//! recognized.
//!
//! Secrets are also found behind escapes and in base64 ([`encoded`]).
//!
//! Sources: the documentation of the vendors, and the patterns of public secret scanners.

pub(crate) mod encoded;
mod password;
mod pasted;
mod random;
#[cfg(test)]
pub(crate) mod tests;

use super::identifier;
use password::{has_strong_password, is_address_with_password, is_user_and_password};
pub use pasted::Pasted;
pub(crate) use pasted::removed;
use random::Run;

/// The kind of AWS's secret keys, which have slashes.
const AWS_SECRET_KEY: Pasted = Pasted::Token("an AWS secret key");

/// The length of the longest reference: `account.` and an identifier.
const LONGEST_REFERENCE: usize = "account.".len() + identifier::MAX_LENGTH;

/// Recognizes a secret that `text` is or contains, by its prefix or as a long run without words.
pub(crate) fn recognize(text: &str) -> Option<Pasted> {
    recognize_kind(text).or_else(|| {
        decoded(text, |text| {
            // Base64 contains slashes, and so do paths: the text is checked both as a whole and between slashes.
            let words = text.split(|c| !is_of_word(c));
            let pieces = text.split(|c| !(is_of_word(c) || c == '/'));
            let mut runs = words.chain(pieces).filter_map(find_run);
            runs.next().map(|(_, pasted)| pasted)
        })
    })
}

/// Recognizes a secret of a type with a known prefix that `text` is or contains. For texts that may well contain a long
/// run, such as the name of a repository.
pub(crate) fn recognize_kind(text: &str) -> Option<Pasted> {
    decoded(text, kind_in)
}

fn kind_in(text: &str) -> Option<Pasted> {
    if text.contains("-----BEGIN") {
        return Some(Pasted::PrivateKey);
    }
    let words = text.split(|c| !is_of_word(c));
    words.filter_map(find_kind).map(|(_, pasted)| pasted).next()
}

/// Applies `find` to a text as it is, behind its escapes, and in base64.
fn decoded(text: &str, find: impl Fn(&str) -> Option<Pasted>) -> Option<Pasted> {
    let in_base64 = |text: &str| {
        let mut runs = encoded::base64_runs(text);
        runs.find_map(|(_, run)| in_base64(run))
    };
    find(text).or_else(|| in_base64(text)).or_else(|| {
        let layers = encoded::unescaped(text);
        layers
            .iter()
            .find_map(|text| find(text).or_else(|| in_base64(text)))
    })
}

/// Returns the secret for which a run of base64 stands: a token, or a username with its password, as HTTP sends them.
fn in_base64(run: &str) -> Option<Pasted> {
    let text = encoded::from_base64(run)?;
    kind_in(&text).or_else(|| is_user_and_password(&text).then_some(password::LOGIN))
}

/// Recognizes a secret in place of an identifier or a reference, which never contain a colon. So it also recognizes a
/// username with its password, alone or in an address.
pub(crate) fn recognize_for_identifier(text: &str) -> Option<Pasted> {
    recognize(text).or_else(|| {
        decoded(text, |text| {
            if is_user_and_password(text) {
                Some(password::LOGIN)
            } else if is_address_with_password(text) {
                Some(Pasted::Token("a URL with a password"))
            } else {
                None
            }
        })
    })
}

/// Recognizes a secret in any text that a message would repeat: beside those of [`recognize`], a URL with a password,
/// and `user:password` if the password looks like one, unlike in `team:payments`.
pub(crate) fn recognize_to_hide(text: &str) -> Option<Pasted> {
    recognize(text).or_else(|| recognize_password(text))
}

/// Recognizes a secret in a URL that a message would repeat: names of repositories may be long runs.
pub(crate) fn recognize_to_hide_in_url(text: &str) -> Option<Pasted> {
    recognize_kind(text).or_else(|| recognize_password(text))
}

fn recognize_password(text: &str) -> Option<Pasted> {
    decoded(text, |text| {
        let is_separator = |c: char| c.is_whitespace() || ",;".contains(c);
        if is_address_with_password(text) {
            Some(Pasted::Token("a URL with a password"))
        } else if text.split(is_separator).any(has_strong_password)
            || password::before_host(text).is_some()
        {
            Some(password::LOGIN)
        } else {
            None
        }
    })
}

/// Returns whether a text contains a colon, also behind its escapes.
pub(crate) fn has_colon(text: &str) -> bool {
    text.contains(':')
        || encoded::unescaped(text)
            .iter()
            .any(|text| text.contains(':'))
}

/// Returns `text` with each token, key, and `user:password@` in it replaced by what it looks like.
pub fn removed_from(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    for part in text.split_inclusive(char::is_whitespace) {
        // If a secret is behind escapes, the rest is shown without escapes.
        let layers = encoded::unescaped(part);
        let has_secret = |layer: &&String| plainly_removed_from(layer) != **layer;
        let shown = layers
            .iter()
            .rev()
            .find(has_secret)
            .map_or(part, String::as_str);
        clean.push_str(&without_base64(shown));
    }
    plainly_removed_from(&clean)
}

/// Returns `text` with each token of a kind with a known prefix, and each `user:password@`, replaced by what it looks
/// like. For whole messages, which may contain names that are long runs.
pub fn kinds_removed_from(text: &str) -> String {
    password::removed_from(&words_replaced(text, find_kind))
}

/// Returns `text`, a URL or the path of a repository, with each segment of the path that is a long run replaced by what it
/// looks like. Such a name is possible, but so is a token.
pub(crate) fn runs_removed_from_path(text: &str) -> String {
    let begin = match text.split_once("://") {
        Some((scheme, rest)) => rest
            .find('/')
            .map_or(text.len(), |at| scheme.len() + 3 + at),
        None if text.starts_with("git@") => text.find(':').unwrap_or(0),
        None => 0,
    };
    let (before, path) = text.split_at_checked(begin).unwrap_or(("", text));
    // Base64 contains slashes.
    let clean = if Run::of(path) == Some(Run::AwsSecretKey) {
        removed(AWS_SECRET_KEY)
    } else {
        words_replaced(path, find_run)
    };
    format!("{before}{clean}")
}

/// Returns `text` with what `secret` finds in each word, from its place to the end of the word, replaced by what it looks
/// like. Periods at the end of a word end a sentence, and are kept.
fn words_replaced(text: &str, secret: impl Fn(&str) -> Option<(usize, Pasted)>) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(begin) = rest.find(is_of_word) {
        let (between, after) = rest.split_at_checked(begin).unwrap_or((rest, ""));
        let end = after.find(|c| !is_of_word(c)).unwrap_or(after.len());
        let (word, after) = after.split_at_checked(end).unwrap_or((after, ""));
        clean.push_str(between);
        match secret(word) {
            Some((at, pasted)) => {
                clean.push_str(word.get(..at).unwrap_or_default());
                clean.push_str(&removed(pasted));
                let periods = word.trim_end_matches('.').len();
                clean.push_str(word.get(periods..).unwrap_or_default());
            }
            None => clean.push_str(word),
        }
        rest = after;
    }
    clean.push_str(rest);
    clean
}

/// Returns the text without the runs of base64 that encode secrets.
fn without_base64(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut done = 0;
    for (at, run) in encoded::base64_runs(text) {
        if let Some(pasted) = in_base64(run) {
            clean.push_str(text.get(done..at).unwrap_or_default());
            clean.push_str(&removed(pasted));
            done = at + run.len();
        }
    }
    clean.push_str(text.get(done..).unwrap_or_default());
    clean
}

fn plainly_removed_from(text: &str) -> String {
    const KEY: &str = "-----BEGIN";
    if let Some((before, after)) = text.split_once(KEY) {
        // A key ends with a line of its own; a truncated one extends to the end.
        let rest = after
            .split_once("-----END")
            .and_then(|(_, end)| end.split_once("-----"))
            .map_or("", |(_, rest)| rest);
        return format!(
            "{}{}{}",
            plainly_removed_from(before),
            removed(Pasted::PrivateKey),
            plainly_removed_from(rest)
        );
    }
    let clean = words_replaced(text, |word| {
        let unknown = || is_too_long_for_a_reference(word).then_some((0, Pasted::Token("a token")));
        find(word).or_else(unknown)
    });
    password::removed_from(&clean)
}

/// Returns whether a text is too long for any reference and has no separators: a token of an unknown kind.
pub(super) fn is_too_long_for_a_reference(text: &str) -> bool {
    text.len() > LONGEST_REFERENCE && !text.contains(char::is_whitespace)
}

/// Returns whether a token can contain this character.
fn is_of_word(character: char) -> bool {
    character.is_ascii_alphanumeric() || "._-=+~".contains(character)
}

/// Returns the token in this word, and its position.
fn find(word: &str) -> Option<(usize, Pasted)> {
    find_kind(word).or_else(|| find_run(word))
}

/// Returns the long run in this word, between characters that base64 does not have.
fn find_run(word: &str) -> Option<(usize, Pasted)> {
    let mut begin = 0;
    word.split_inclusive(['.', '~']).find_map(|part| {
        let at = begin;
        begin += part.len();
        let part = part.trim_end_matches(['.', '~']);
        // A name and its value; the name may be a token, too.
        let mut name = 0;
        let mut values = part.trim_end_matches('=').split_inclusive('=');
        let (name, run) = values.find_map(|value| {
            let at = name;
            name += value.len();
            Some((at, Run::of(value)?))
        })?;
        let kind = match run {
            Run::Hexadecimal => Pasted::Token("a hexadecimal token"),
            Run::AwsSecretKey => AWS_SECRET_KEY,
            Run::Random => Pasted::Token("a token"),
        };
        Some((at + name, kind))
    })
}

/// Returns the token at the end of this word, and its position: `account.ATATT…` hides one behind a scope,
/// `token=ATATT…` behind a name. What can only be a token is also found in the middle of a word.
fn find_kind(word: &str) -> Option<(usize, Pasted)> {
    // The end of a repository's URL does not make its name a token.
    let word = word.strip_suffix(".git").unwrap_or(word);
    let mut before = None;
    word.char_indices().find_map(|(at, character)| {
        let begins = !before.replace(character).is_some_and(char::is_alphanumeric);
        let rest = word.get(at..)?;
        let is_certain = rest.starts_with("ATATT3") || rest.starts_with("ATCTT3");
        let pasted = if begins || is_certain {
            token(rest.get(..LONGEST_LOOK).unwrap_or(rest))
        } else {
            None
        };
        Some((at, pasted?))
    })
}

/// How much of a word is checked: more than enough to tell a token from a name.
const LONGEST_LOOK: usize = 500;

/// The prefixes of GitLab's tokens: for people, groups, and projects, deployments, triggers, runners, jobs, feeds, mail,
/// agents, applications, and feature flags.
const GITLAB: [&str; 13] = [
    "glpat-", "gldt-", "glptt-", "glrt-", "glrtr-", "glcbt-", "glft-", "glimt-", "glagent-",
    "gloas-", "glsoat-", "glffct-", "glwt-",
];

/// The prefixes of GitHub's tokens: for people, applications, installations, users of applications, and for refreshing.
const GITHUB: [&str; 6] = ["ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"];

fn token(word: &str) -> Option<Pasted> {
    let begins = |beginnings: &[&str]| {
        let tail = beginnings.iter().find_map(|it| word.strip_prefix(it));
        tail.is_some_and(random::is_tail)
    };
    let is_long = || word.len() >= 20 && word.contains(|c: char| c.is_ascii_digit());
    // Words in capitals may begin in the same way, but have neither digits nor small letters.
    let is_atlassian = |prefix: &str| {
        let rest = word.strip_prefix(prefix).filter(|rest| rest.len() >= 5);
        rest.is_some_and(|rest| {
            let has = |of: fn(&char) -> bool| rest.chars().any(|c| of(&c));
            rest.starts_with('3') || (has(char::is_ascii_digit) && has(char::is_ascii_lowercase))
        })
    };
    let kind = if is_atlassian("ATATT") {
        "an Atlassian API token"
    } else if is_atlassian("ATCTT") {
        "a Bitbucket access token"
    } else if begins(&["ATBB"]) {
        return Some(Pasted::AppPassword);
    } else if begins(&["BBDC-"]) {
        "a Bitbucket Data Center token"
    } else if begins(&GITHUB) {
        "a GitHub token"
    } else if begins(&GITLAB) {
        "a GitLab token"
    } else if is_aws_access_key(word) {
        "an AWS access key"
    } else if (word.starts_with("pat.") || word.starts_with("sat.")) && dots(word) >= 2 && is_long()
    {
        "a Harness API key"
    } else if word.starts_with("eyJ") && dots(word) == 2 && is_long() {
        "a JSON Web Token"
    } else {
        return None;
    };
    Some(Pasted::Token(kind))
}

/// Recognizes `AKIA` or `ASIA` and sixteen capitals or digits. ASIA is also a word, so there must be a digit.
fn is_aws_access_key(word: &str) -> bool {
    let end = word
        .find(|c: char| !(c.is_ascii_uppercase() || c.is_ascii_digit()))
        .unwrap_or(word.len());
    let (key, after) = word.split_at_checked(end).unwrap_or((word, ""));
    let ends = !after.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    let has_digit = key.contains(|c: char| c.is_ascii_digit());
    key.len() == 20 && ends && (key.starts_with("AKIA") || (key.starts_with("ASIA") && has_digit))
}

fn dots(word: &str) -> usize {
    word.bytes().filter(|byte| *byte == b'.').count()
}
