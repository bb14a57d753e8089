//! Recognises secrets that somebody pasted where a name, a reference or an address belongs, so that they are reported and
//! never shown.
//!
//! Some kinds are known by how they begin: Atlassian's API tokens (`ATATT`), access tokens (`ATCTT`), app passwords (`ATBB`)
//! and Data Center tokens (`BBDC-`); Harness's keys (`pat.`, `sat.`); GitHub's tokens (`ghp_` and its kin, `github_pat_`);
//! GitLab's (`glpat-` and its kin); AWS's access keys (`AKIA`, `ASIA`); JSON Web Tokens; PEM. The others are long runs of
//! hexadecimal digits or of base64 ([`random`]), and `user:password`.
//!
//! A name may begin like a token: `ghp_for_team_payments`. So what follows the beginning must look drawn, too. A name that
//! is refused wrongly keeps somebody from work, so that UUIDs, names with a hash after them and long names made of words are
//! none of these.
//!
//! A secret is found behind escapes and in base64, too ([`encoded`]).
//!
//! Sources: the documentation of the providers, and the patterns of public scanners for secrets.

mod encoded;
mod random;

use super::identifier;
use random::Run;

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

/// The secret that `text` is, or has in it, known by how it begins or by being a long run without words.
pub(crate) fn recognise(text: &str) -> Option<Pasted> {
    recognise_kind(text).or_else(|| {
        decoded(text, |text| {
            // Base64 has slashes, and so do paths: a text is looked at with them and between them.
            let words = text.split(|c| !is_of_word(c));
            let pieces = text.split(|c| !(is_of_word(c) || c == '/'));
            let mut runs = words.chain(pieces).filter_map(find_run);
            runs.next().map(|(_, pasted)| pasted)
        })
    })
}

/// The secret that `text` is, or has in it, of a kind that is known by how it begins: for texts that may well have a long
/// run in them, such as the name of a repository.
pub(crate) fn recognise_kind(text: &str) -> Option<Pasted> {
    decoded(text, kind_in)
}

fn kind_in(text: &str) -> Option<Pasted> {
    if text.contains("-----BEGIN") {
        return Some(Pasted::PrivateKey);
    }
    let words = text.split(|c| !is_of_word(c));
    words.filter_map(find_kind).map(|(_, pasted)| pasted).next()
}

/// What is found in a text as it stands, behind its escapes, or in base64.
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

/// The secret for which a run of base64 stands: a token, or a user name with its password, as HTTP sends them.
fn in_base64(run: &str) -> Option<Pasted> {
    let text = encoded::from_base64(run)?;
    kind_in(&text).or_else(|| {
        is_user_and_password(&text).then_some(Pasted::Token("a user name with its password"))
    })
}

/// The secret that stands where an identifier or a reference belongs, in which nothing has a colon: also a user name with
/// its password, alone or in an address.
pub(crate) fn recognise_for_identifier(text: &str) -> Option<Pasted> {
    recognise(text).or_else(|| {
        decoded(text, |text| {
            if is_user_and_password(text) {
                Some(Pasted::Token("a user name with its password"))
            } else if is_address_with_password(text) {
                Some(Pasted::Token("an address with a password"))
            } else {
                None
            }
        })
    })
}

/// Whether a text has a colon in it, also behind its escapes.
pub(super) fn has_colon(text: &str) -> bool {
    text.contains(':')
        || encoded::unescaped(text)
            .iter()
            .any(|text| text.contains(':'))
}

fn is_address_with_password(text: &str) -> bool {
    text.split_once("://")
        .and_then(|(_, rest)| rest.rsplit_once('@'))
        .is_some_and(|(user, _)| user.contains(':'))
}

/// `user:password`, and neither an address nor the short form of one.
fn is_user_and_password(text: &str) -> bool {
    let text = text.trim();
    text.split_once(':').is_some_and(|(user, password)| {
        !user.is_empty()
            && !password.is_empty()
            && !password.starts_with("//")
            && !user.starts_with("git@")
            && !text.contains(char::is_whitespace)
            && !text.contains(['<', '{'])
    })
}

/// `text` without the tokens and keys that are in it: what each of them looks like stands in its place.
pub(crate) fn removed_from(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    for part in text.split_inclusive(char::is_whitespace) {
        // Where a secret is behind escapes, what is left is shown without them.
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

/// The text without the runs of base64 that stand for secrets.
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
        // A key ends with a line of its own; one that is cut off is all that follows.
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

/// The token in this word, and where it begins.
fn find(word: &str) -> Option<(usize, Pasted)> {
    find_kind(word).or_else(|| find_run(word))
}

/// The long run in this word, which stands between the marks that base64 does not have.
fn find_run(word: &str) -> Option<(usize, Pasted)> {
    let mut begin = 0;
    word.split_inclusive(['.', '~']).find_map(|part| {
        let at = begin;
        begin += part.len();
        let part = part.trim_end_matches(['.', '~']);
        let (name, value) = match part.trim_end_matches('=').rsplit_once('=') {
            Some((name, value)) => (name.len() + 1, value),
            None => (0, part),
        };
        let kind = match Run::of(value)? {
            Run::Hexadecimal => "a hexadecimal token",
            Run::AwsSecretKey => "an AWS secret key",
            Run::Random => "a token",
        };
        Some((at + name, Pasted::Token(kind)))
    })
}

/// The token that ends this word, and where it begins: `account.ATATT…` hides one behind a scope, `token=ATATT…` behind a
/// name. What cannot be anything else is found in the middle of a word, too.
fn find_kind(word: &str) -> Option<(usize, Pasted)> {
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

/// How GitLab's tokens begin: of people, groups and projects, of deployments, triggers, runners, jobs, feeds, mail, agents,
/// applications and feature flags.
const GITLAB: [&str; 13] = [
    "glpat-", "gldt-", "glptt-", "glrt-", "glrtr-", "glcbt-", "glft-", "glimt-", "glagent-",
    "gloas-", "glsoat-", "glffct-", "glwt-",
];

/// How GitHub's tokens begin: of people, applications, installations, users of applications, and for their renewal.
const GITHUB: [&str; 6] = ["ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"];

fn token(word: &str) -> Option<Pasted> {
    let begins = |beginnings: &[&str]| {
        let tail = beginnings.iter().find_map(|it| word.strip_prefix(it));
        tail.is_some_and(random::is_tail)
    };
    let is_long = || word.len() >= 20 && word.contains(|c: char| c.is_ascii_digit());
    let kind = if word.starts_with("ATATT") && word.len() >= 10 {
        "an Atlassian API token"
    } else if word.starts_with("ATCTT") && word.len() >= 10 {
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

/// `AKIA` or `ASIA` and sixteen capitals or digits. ASIA is a word too, so that a digit must be among those.
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
            (
                "BBDC-NDcOMjgSMTIzNDUvOvRsXqYzWvUtSrQpOnMlKj",
                "a Bitbucket Data Center token",
            ),
            ("BBDC-qXvRtZpLmKjHgFdSwQyB", "a Bitbucket Data Center token"),
            ("ATBBqXvRtZpLmKjHgFdSwQyBnMxC", "a Bitbucket app password"),
            ("ghp_16C7e42F292c6912E7710c838347Ae178B4a", "a GitHub token"),
            (
                "org.gho_abcdefghijklmnopqrstuvwxyzABCDEFGHIJ",
                "a GitHub token",
            ),
            ("ghu_16C7e42F292c6912E771", "a GitHub token"),
            ("ghs_16C7e42F292c6912E7710c838347Ae178B4a", "a GitHub token"),
            ("ghr_16C7e42F292c6912E7710c838347Ae178B4a", "a GitHub token"),
            (
                "github_pat_11ABCDEFG0q3zT9sXyWvU7_SrQpOnMlKj2HgFd5sAzX1cV4bN6mQ8wE",
                "a GitHub token",
            ),
            ("glpat-q3zT9sXyWvU7SrQpOnMl", "a GitLab token"),
            ("account.glpat-q3zT-sXyWvU_SrQpOnMl", "a GitLab token"),
            ("gldt-q3zT9sXyWvU7SrQpOnMl", "a GitLab token"),
            (
                "glptt-da39a3ee5e6b4b0d3255bfef95601890afd80709",
                "a GitLab token",
            ),
            ("glrt-q3zT9sXyWvU7SrQpOnMl", "a GitLab token"),
            ("AKIAIOSFODNN7EXAMPLE", "an AWS access key"),
            ("account.AKIAQWERTYUIOPASDFGH", "an AWS access key"),
            ("ASIAQ3ZT7SXYWVU2SRQP", "an AWS access key"),
            (
                "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
                "an AWS secret key",
            ),
            (
                "account.da39a3ee5e6b4b0d3255bfef95601890afd80709",
                "a hexadecimal token",
            ),
            ("d41d8cd98f00b204e9800998ecf8427e", "a hexadecimal token"),
            (
                "token=E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855",
                "a hexadecimal token",
            ),
            ("NDc1Mjg5MTIzNDU2OvR2q3zT9sXyWvUtSrQpOnMlKj==", "a token"),
            ("NDc1Mjg5MTIz/DU2OvR2q3zT+sXyWvUtSrQpOnMlKj4a", "a token"),
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
    fn secrets_are_found_behind_escapes_and_in_base64() {
        let token = "ghp_16C7e42F292c6912E7710c838347Ae178B4a";
        for (text, said, clean) in [
            (
                &format!("x-token-auth%3A{token}%40bitbucket.org"),
                "a GitHub token",
                "x-token-auth:(removed: a GitHub token)@bitbucket.org",
            ),
            (
                &format!("https%253A%252F%252Fme%253A{token}%2540h"),
                "a GitHub token",
                "https://me:(removed: a GitHub token)@h",
            ),
            (
                &format!("url\\u003a{token} &#58;"),
                "a GitHub token",
                "url:(removed: a GitHub token) &#58;",
            ),
            (
                &"Basic amRvZTpodW50ZXIy".to_owned(),
                "a user name with its password",
                "Basic (removed: a user name with its password)",
            ),
            (
                &"auth=Z2hwXzE2QzdlNDJGMjkyYzY5MTJFNzcxMGM4MzgzNDdBZTE3OEI0YQ==, x".to_owned(),
                "a GitHub token",
                "",
            ),
            (
                &"ghp%5F16C7e42F292c6912E7710c838347Ae178B4a".to_owned(),
                "a GitHub token",
                "(removed: a GitHub token)",
            ),
        ] {
            let found = recognise(text).map(|pasted| pasted.to_string());
            assert_eq!(found.as_deref(), Some(said), "{text}");
            let shown = removed_from(text);
            if clean.is_empty() {
                assert!(!shown.contains("Z2hw"), "{shown}");
            } else {
                assert_eq!(shown, clean);
            }
        }
        let found = recognise_for_identifier("jdoe%3Ahunter2");
        assert_eq!(found, Some(Pasted::Token("a user name with its password")));
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

    /// Names and references that look like secrets and are none.
    const LOOK_ALIKES: &[&str] = &[
        "",
        "jdoe",
        "jane.doe@acme.com",
        "account.bitbucket_token",
        "org.my_very_long_secret_name_for_team_payments_production",
        "account.my-very-long-secret-name-for-team-payments-production-2024",
        "MyVeryLongSecretNameForTeamPaymentsProduction2024",
        "ORG_WIDE_BITBUCKET_TOKEN_FOR_TEAM_PAYMENTS_PRODUCTION_2",
        "bitbucketcloudreadonlytokenforteampaymentsproduction",
        "k8s_eu_west_1_prod_app_team_abc_key_v2_qa_runner_3",
        "K8sEuWest1ProdAppTeamAbcKeyV2QaRunner3",
        "x$y$z",
        // UUIDs in each of their forms, and ids of Harness.
        "a50e8400e29b41d4a716446655440000",
        "_550e8400_e29b_41d4_a716_446655440000",
        "account.a50e8400-e29b-41d4-a716-446655440000",
        "A50E8400E29B41D4A716446655440000",
        "kmpySmUISimoRrJL6NL73w",
        // Names that generators make: a hash after a word.
        "bitbucket_da39a3ee5e6b4b0d3255bfef95601890afd80709",
        "org.bb_d41d8cd98f00b204e9800998ecf8427e",
        "_d41d8cd98f00b204e9800998ecf8427e",
        // Names that begin as tokens do.
        "ATBB_bitbucket_app_password",
        "ATBB_bitbucket_app_password_2",
        "BBDC-token",
        "BBDC-token-for-team-payments-2",
        "ghp_for_team_payments",
        "account.ghp_token_2024",
        "github_pat_for_team_payments_2",
        "gho_oauth_application_of_the_web_shop",
        "glpat-for-team-payments-production",
        "gldt-deploy-token",
        "AKIA_access_key_of_team_payments",
        "ASIA_PACIFIC_TOKEN_2",
        "ASIAPACIFICTOKENPROD",
        "AKIAAWSKEY",
        "pat.smith",
        "compat.acme.example1234567.com",
        "eyJ",
        "deadbeef",
        "facade",
        "https://bitbucket.org/acme/web.git",
        "https://bitbucket.org/acme/ATATTgit.git",
        "<+secrets.getValue(\"account.x\")>",
        "git@bitbucket.org:acme/web.git",
        "hashicorpvault://vault/path",
    ];

    #[test]
    fn ordinary_names_and_references_are_no_tokens() {
        for text in LOOK_ALIKES {
            assert_eq!(recognise_for_identifier(text), None, "{text}");
        }
    }

    #[test]
    fn a_user_name_with_its_password_is_found_where_nothing_has_a_colon() {
        for text in [
            "jdoe:hunter2",
            "jane@acme.com:s3cret",
            "x-token-auth:abc",
            "a:b:c",
        ] {
            let found = recognise_for_identifier(text).map(|pasted| pasted.to_string());
            assert_eq!(
                found.as_deref(),
                Some("a user name with its password"),
                "{text}"
            );
            assert_eq!(recognise(text), None, "{text}");
        }
        let address = recognise_for_identifier("https://jdoe:hunter2@bb.acme.com/scm/");
        assert_eq!(address, Some(Pasted::Token("an address with a password")));
        for text in ["a:", ":b", "cost center: it", "${a:b}"] {
            assert_eq!(recognise_for_identifier(text), None, "{text}");
        }
    }

    #[test]
    fn the_name_of_a_repository_may_be_a_long_run() {
        let url = "https://bitbucket.org/acme/da39a3ee5e6b4b0d3255bfef95601890afd80709.git";
        assert_eq!(recognise_kind(url), None);
        assert!(recognise(url).is_some());
        assert!(
            recognise_kind("https://bitbucket.org/acme/ghp_16C7e42F292c6912E7710c838347Ae178B4a")
                .is_some()
        );
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
                "id account.d41d8cd98f00b204e9800998ecf8427e, token=NDc1Mjg5MTIzNDU2OvR2q3zT9sXyWvUtSrQpOnMlKj==",
                "id account.(removed: a hexadecimal token), token=(removed: a token)",
            ),
            (
                "correlation a50e8400-e29b-41d4-a716-446655440000 of ghp_for_team_payments",
                "correlation a50e8400-e29b-41d4-a716-446655440000 of ghp_for_team_payments",
            ),
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
