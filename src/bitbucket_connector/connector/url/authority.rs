//! User, host, and port: the text between the scheme and the path.

use std::net::Ipv6Addr;

use super::error::{Excerpt, UrlErrorKind};
use super::parsed::BitbucketUrl;
use crate::harness::leaked_secret;

/// The parts of an authority, not yet checked against each other.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Authority<'a> {
    pub(crate) user: Option<&'a str>,
    pub(crate) host: &'a str,
    /// What follows the colon after the host, if there is one.
    pub(crate) port: Option<&'a str>,
}

/// Splits `user@host:port`. It never fails: the parts may be anything.
pub(crate) fn split(text: &str) -> Authority<'_> {
    let (user, host_and_port) = match text.rsplit_once('@') {
        Some((user, rest)) => (Some(user), rest),
        None => (None, text),
    };
    let (host, port) = split_host(host_and_port);
    let port = port.map(|port| port.strip_prefix(':').unwrap_or(port));
    Authority { user, host, port }
}

/// Splits a text into its host, which may be an IPv6 address in brackets, and the rest from the colon or slash on.
pub(super) fn split_host(text: &str) -> (&str, Option<&str>) {
    let bracketed = text
        .starts_with('[')
        .then(|| text.find(']'))
        .flatten()
        .and_then(|end| text.split_at_checked(end + 1));
    let (brackets, rest) = bracketed.unwrap_or(("", text));
    match rest
        .find([':', '/'])
        .and_then(|end| rest.split_at_checked(end))
    {
        Some((host, after)) if brackets.is_empty() => (host, Some(after)),
        Some(("", after)) => (brackets, Some(after)),
        None if rest.is_empty() => (text, None),
        // There is text between the bracket and the colon, so this is not a host.
        _ => (text, None),
    }
}

/// Returns whether a username is a token: by the prefixes of Atlassian's tokens, or any other known property of tokens.
fn looks_like_token(text: &str) -> bool {
    ["ATATT", "ATCTT", "ATBB", "BBDC-"]
        .iter()
        .any(|prefix| text.starts_with(prefix))
        || leaked_secret::recognize(text).is_some()
}

/// Removes the user information if it seems to contain a password or token. Returns an empty text if its end cannot be
/// determined, and `None` if there is no password.
pub(super) fn without_password(text: &str) -> Option<String> {
    let (scheme, separator, rest) = split_scheme(text);
    let end = rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at_checked(end)?;
    // In git@host:path, a further "@" belongs to the path.
    let user = match scheme {
        "" => authority.split_once('@'),
        _ => authority.rsplit_once('@'),
    };
    let (is_secret, host) = if let Some((user, _)) = user {
        let is_secret = leaked_secret::has_colon(user) || looks_like_token(user);
        let host = (!path.contains('@')).then(|| authority.rsplit_once('@'));
        (
            is_secret,
            host.flatten().map(|(_, host)| format!("{host}{path}")),
        )
    } else {
        // A password may contain a slash: user:pass/word@host.
        let port = split(authority).port.unwrap_or_default();
        let is_secret = port.contains(|c: char| !c.is_ascii_digit());
        (is_secret, Some(path.rsplit_once('@')?.1.to_owned()))
    };
    is_secret.then(|| match host {
        Some(host) => format!("{scheme}{separator}{host}"),
        None => String::new(),
    })
}

/// Splits off the scheme with its separator, even if misspelled (`ssh:git@host`); both are empty without one.
fn split_scheme(text: &str) -> (&str, &str, &str) {
    if let Some((scheme, rest)) = text.split_once("://") {
        return (scheme, "://", rest);
    }
    match text.split_once(':') {
        Some((scheme @ ("https" | "http" | "ssh"), rest)) => {
            (scheme, "://", rest.trim_start_matches('/'))
        }
        _ => ("", "", text),
    }
}

/// Checks a host: labels of letters, digits, `-`, and `_`, or an IPv6 address in brackets. Four or more numbers must be
/// an IPv4 address; fewer are left to the resolver, which knows shorter forms.
pub(super) fn check_host(host: &str) -> Result<(), UrlErrorKind> {
    if host.is_empty() {
        return Err(UrlErrorKind::NoHost);
    }
    let address = host
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    let well_formed = match address {
        Some(address) => address.parse::<Ipv6Addr>().is_ok(),
        None => host.len() <= 253 && host.split('.').all(is_label) && !is_bad_ipv4(host),
    };
    if well_formed {
        Ok(())
    } else {
        Err(UrlErrorKind::BadHost(Excerpt::new(host)))
    }
}

/// Returns whether the host consists of numbers but is not a valid IPv4 address.
fn is_bad_ipv4(host: &str) -> bool {
    let labels: Vec<&str> = host.split('.').collect();
    let is_number = |label: &&str| label.chars().all(|c| c.is_ascii_digit());
    labels.len() >= 4
        && labels.iter().all(is_number)
        && (labels.len() > 4 || labels.iter().any(|label| label.parse::<u8>().is_err()))
}

fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && label
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
        && !label.starts_with('-')
        && !label.ends_with('-')
}

/// Parses a port: 1 to 65535 in at most five digits.
pub(crate) fn port(text: &str) -> Option<u16> {
    let digits = (1..=5).contains(&text.len()) && text.chars().all(|c| c.is_ascii_digit());
    digits
        .then(|| text.parse().ok())
        .flatten()
        .filter(|port| *port != 0)
}

/// What is known about a host.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Known {
    /// bitbucket.org.
    Cloud,
    /// Bitbucket Cloud's SSH on port 443.
    AltSsh,
    /// The REST API of Bitbucket Cloud.
    Api,
    /// bitbucket.com, which is often confused with bitbucket.org.
    Lookalike,
    /// Another Git provider, and its connector in Harness.
    Other(&'static str),
    /// Bitbucket Data Center.
    Server,
}

impl Known {
    /// Looks up a host in lower case.
    pub(crate) fn of(host: &str) -> Self {
        match host {
            "bitbucket.org" | "www.bitbucket.org" => Self::Cloud,
            "altssh.bitbucket.org" => Self::AltSsh,
            "api.bitbucket.org" => Self::Api,
            "bitbucket.com" | "www.bitbucket.com" => Self::Lookalike,
            "github.com" | "www.github.com" | "ssh.github.com" => Self::Other("GitHub"),
            "gitlab.com" | "www.gitlab.com" | "altssh.gitlab.com" => Self::Other("GitLab"),
            "dev.azure.com" | "ssh.dev.azure.com" => Self::Other("Azure Repos"),
            _ if host.ends_with(".visualstudio.com") => Self::Other("Azure Repos"),
            _ => Self::Server,
        }
    }

    /// Returns whether the path on such a host consists of a workspace and a repository.
    pub(crate) fn is_cloud(self) -> bool {
        matches!(
            self,
            Self::Cloud | Self::AltSsh | Self::Api | Self::Lookalike
        )
    }
}

impl BitbucketUrl {
    /// Returns whether the host is bitbucket.com.
    pub(crate) fn is_lookalike(&self) -> bool {
        Known::of(&self.host.to_ascii_lowercase()) == Known::Lookalike
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_authority_falls_into_user_host_and_port() {
        for (text, user, host, port) in [
            ("bb.acme.com", None, "bb.acme.com", None),
            ("git@bb:7999", Some("git"), "bb", Some("7999")),
            ("a@b@bb:", Some("a@b"), "bb", Some("")),
            ("[::1]:22", None, "[::1]", Some("22")),
            ("[::1]", None, "[::1]", None),
            ("[::1]x:22", None, "[::1]x:22", None),
            ("[::1", None, "[", Some(":1")),
            ("", None, "", None),
        ] {
            assert_eq!(split(text), Authority { user, host, port }, "{text}");
        }
    }

    #[test]
    fn passwords_and_tokens_are_seen_wherever_they_hide() {
        for (text, without) in [
            (
                "https://u:s3cret@bb.acme.com/scm/",
                "https://bb.acme.com/scm/",
            ),
            (
                "https://u:s3/cret@bb.acme.com/scm/",
                "https://bb.acme.com/scm/",
            ),
            (
                "https://u:s3@cret@bb.acme.com/scm/",
                "https://bb.acme.com/scm/",
            ),
            ("https://u:s3@/cret@bb.acme.com/scm/", ""),
            ("https://u%3As3cret@bb.acme.com/", "https://bb.acme.com/"),
            (
                "https://ATCTT3xFf@bitbucket.org/acme",
                "https://bitbucket.org/acme",
            ),
            (
                "https://da39a3ee5e6b4b0d3255bfef95601890afd80709@bitbucket.org/acme",
                "https://bitbucket.org/acme",
            ),
            (
                "https://ghp_16C7e42F292c6912E7710c838347Ae178B4a@bb/scm/",
                "https://bb/scm/",
            ),
            ("u:s3cret@bitbucket.org/acme", "bitbucket.org/acme"),
            ("ssh://git:s3cret@bb:7999/", "ssh://bb:7999/"),
        ] {
            assert_eq!(without_password(text).as_deref(), Some(without), "{text}");
        }
        for text in [
            "https://jdoe@bitbucket.org/acme",
            "git@bitbucket.org:acme/we@b",
            "https://bb:8443/scm/P/we@b",
            "ssh://git@bitbucket.org:acme/",
            "",
        ] {
            assert_eq!(without_password(text), None, "{text}");
        }
    }

    #[test]
    fn hosts_have_labels_of_letters_digits_hyphens_and_underscores() {
        for good in [
            "bb",
            "bitbucket.YOUR_ORG_HOSTNAME",
            "10.0.0.5",
            "010.0.0.255",
            "10.1",
            "1.2.3.4.nip.io",
            "a-b.c",
            "[2001:db8::1]",
        ] {
            assert_eq!(check_host(good), Ok(()), "{good}");
        }
        for bad in [
            "bb.",
            ".bb",
            "a..b",
            "-a",
            "a-",
            "a!b",
            "größe",
            "10.0.0.256",
            "1.2.3.4.5",
            "[::1",
            "[x]",
            &"a".repeat(64),
        ] {
            assert!(
                matches!(check_host(bad), Err(UrlErrorKind::BadHost(_))),
                "{bad}"
            );
        }
        assert_eq!(check_host(""), Err(UrlErrorKind::NoHost));
    }

    #[test]
    fn ports_go_from_1_to_65535() {
        for (text, expected) in [("1", Some(1)), ("65535", Some(65535)), ("0443", Some(443))] {
            assert_eq!(port(text), expected);
        }
        for text in ["", "0", "65536", "+1", "000443", "７"] {
            assert_eq!(port(text), None, "{text}");
        }
    }
}
