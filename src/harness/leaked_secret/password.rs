//! Recognizes a username with its password, alone or in an address.

use super::pasted::{Pasted, removed};

/// The kind of `user:password`.
pub(super) const LOGIN: Pasted = Pasted::Token("a username with its password");

/// What messages write where a login belongs: `http://user:password@host:port`.
const PLACEHOLDER: &str = "user:password";

/// Recognizes `user:password` with a password of capitals and small letters, and with digits between them.
pub(super) fn has_strong_password(word: &str) -> bool {
    let Some((_, password)) = word.split_once(':').filter(|_| is_user_and_password(word)) else {
        return false;
    };
    let has = |of: fn(&char) -> bool| password.chars().any(|c| of(&c));
    let inside = password.trim_matches(|c: char| !c.is_ascii_alphabetic());
    password.len() >= 8
        && !password.contains('/')
        && has(char::is_ascii_uppercase)
        && has(char::is_ascii_lowercase)
        && inside.contains(|c: char| c.is_ascii_digit())
}

pub(super) fn is_address_with_password(text: &str) -> bool {
    text.split_once("://")
        .and_then(|(_, rest)| rest.rsplit_once('@'))
        .is_some_and(|(user, _)| user.contains(':'))
}

/// Recognizes `user:password` that is neither an address nor the short form of one.
pub(super) fn is_user_and_password(text: &str) -> bool {
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

/// Returns the first `user:password` before the `@` of a host, and its position: `jdoe:hunter2@bitbucket.org`, with or
/// without a scheme. The password may be weak, because nothing else has this form.
pub(super) fn before_host(text: &str) -> Option<(usize, &str)> {
    let mut from = 0;
    text.split_inclusive(char::is_whitespace).find_map(|word| {
        let begin = from;
        from += word.len();
        let (before, login) = login_in(word)?;
        Some((begin + before, login))
    })
}

/// Returns the login in a word, and its position. The password may contain `@`, so the last one is that of the host.
fn login_in(word: &str) -> Option<(usize, &str)> {
    let (scheme, rest) = match word.split_once("://") {
        Some((scheme, rest)) => (scheme.len() + 3, rest.split('/').next()?),
        None => (0, word),
    };
    let login = rest.trim_start_matches(|c: char| !c.is_alphanumeric());
    let at = scheme + rest.len() - login.len();
    let is_of_host = |(at, _): &(usize, &str)| {
        let host = login.get(at + 1..).unwrap_or_default();
        host.starts_with(|c: char| c.is_alphanumeric() || c == '[')
    };
    let (end, _) = login.rmatch_indices('@').find(is_of_host)?;
    let login = login.get(..end)?;
    let (user, password) = login.split_once(':')?;
    let is_login = login != PLACEHOLDER
        && !user.contains(['/', '<', '{'])
        && !user.starts_with("git@")
        && user != "mailto"
        && !password.is_empty()
        && !password.contains(['<', '{'])
        // A shortened email address after a colon.
        && !password.ends_with('…');
    is_login.then_some((at, login))
}

/// Returns `text` with each `user:password@` replaced by what it looks like.
pub(super) fn removed_from(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((at, login)) = before_host(rest) {
        clean.push_str(rest.get(..at).unwrap_or_default());
        clean.push_str(&removed(LOGIN));
        rest = rest.get(at + login.len()..).unwrap_or_default();
    }
    clean.push_str(rest);
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_weak_password_before_a_host_is_removed_and_the_rest_stays() {
        let login = removed(LOGIN);
        for (text, clean) in [
            (
                "jdoe:hunter2@bitbucket.org",
                format!("{login}@bitbucket.org"),
            ),
            (
                "see https://jdoe:hunter2@bb.acme.com/scm and a:b@[::1].",
                format!("see https://{login}@bb.acme.com/scm and {login}@[::1]."),
            ),
            ("\"jdoe:a/b,c;d\"@h\"", format!("\"{login}@h\"")),
            ("x@y jdoe:p@ss@host", format!("x@y {login}@host")),
            ("jane@acme.com:s3cret@h", format!("{login}@h")),
        ] {
            assert_eq!(removed_from(text), clean);
        }
    }

    #[test]
    fn what_only_resembles_a_login_stays() {
        for text in [
            "jane@acme.com",
            "owner: jane@acme.com",
            "owner:j…@acme.com",
            "mailto:jane@acme.com",
            "git@bitbucket.org:acme/web.git",
            "ssh://git@bb.acme.com:7999/x/y.git",
            "https://bb.acme.com:8443/scm/~jane@home/",
            "https://<user>:<password>@bb.acme.com",
            "http://user:password@host:port",
            "team:payments",
            "a:b@",
            "a:@b",
            ":b@c",
            "a:b @c",
        ] {
            assert_eq!(removed_from(text), text);
        }
    }
}
