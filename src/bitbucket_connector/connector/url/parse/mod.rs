//! Parses text to [`BitbucketUrl`]: spaces, scheme, and form first, then the authority, then the path.
//!
//! A mistake with an obvious fix is corrected and the result parsed in turn, so that the error can say which URL was
//! intended. At most a few corrections are made per text.

#[cfg(test)]
pub(crate) mod tests;

use tf_provider::visible::is_invisible;

use super::authority::{self, Authority, Known};
use super::error::{Excerpt, UrlError, UrlErrorKind};
use super::parsed::{BitbucketUrl, Deployment, Form, Protocol, RepositoryPath};
use super::path::{self, Misplaced};
use crate::harness::leaked_secret;

/// The maximum number of corrections in one text to find the intended URL.
const REPAIRS: u8 = 4;

impl BitbucketUrl {
    /// Parses the value of `url`.
    ///
    /// # Errors
    /// Returns a [`UrlError`] that says which mistake the text contains. It never contains a password.
    pub fn parse(text: &str) -> Result<Self, UrlError> {
        parse(text, REPAIRS)
    }
}

impl Deployment {
    /// Returns the deployment that the text of a URL points to. For an invalid URL, it is Cloud if the text contains
    /// bitbucket.org, because Harness treats all other hosts as servers.
    pub fn of_text(url: &str) -> Self {
        match BitbucketUrl::parse(url) {
            Ok(url) => url.deployment(),
            Err(_) if url.to_lowercase().contains("bitbucket.org") => Self::Cloud,
            Err(_) => Self::DataCenter,
        }
    }
}

fn parse(text: &str, repairs: u8) -> Result<BitbucketUrl, UrlError> {
    if text.trim().is_empty() {
        return Err(just(UrlErrorKind::Empty));
    }
    // First of all, so that no other message can repeat part of a password.
    if let Some(without) = authority::without_password(text) {
        return Err(repaired(UrlErrorKind::Password, &without, repairs));
    }
    if leaked_secret::recognize_kind(text).is_some() {
        return Err(just(UrlErrorKind::Password));
    }
    if let Some(placeholder) = placeholder(text) {
        return Err(just(UrlErrorKind::Placeholder(Excerpt::new(placeholder))));
    }
    let trimmed = text.trim_matches(is_blank);
    if trimmed.len() != text.len() {
        return Err(repaired(UrlErrorKind::SurroundingBlanks, trimmed, repairs));
    }
    if let Some(blank) = text.chars().find(|c| is_blank(*c)) {
        let name = match blank {
            ' ' => "a space",
            '\t' => "a tab",
            '\n' | '\r' => "a line break",
            _ => "an invisible character",
        };
        let without = text.split('/').map(without_blanks).collect::<Vec<_>>();
        return Err(repaired(
            UrlErrorKind::InnerBlank(name),
            &without.join("/"),
            repairs,
        ));
    }
    if text.contains('\\') {
        return Err(repaired(
            UrlErrorKind::Backslash,
            &text.replace('\\', "/"),
            repairs,
        ));
    }
    if let Some(escape) = bad_escape(text) {
        return Err(just(UrlErrorKind::BadEscape(Excerpt::new(&escape))));
    }
    // A browser URL often continues after "?", but the page that it shows is more informative.
    let (text, query) = match text
        .find(['?', '#'])
        .and_then(|at| text.split_at_checked(at))
    {
        Some((before, query)) => (before, query.chars().next()),
        None => (text, None),
    };
    let url = form(text, repairs)?;
    match query {
        None => Ok(url),
        Some(mark) => Err(UrlError {
            kind: UrlErrorKind::Query(mark),
            meant: Some(Box::new(url)),
        }),
    }
}

/// Removes the spaces from a segment. A segment with spaces between words is a display name, which becomes the slug
/// that Bitbucket's URLs contain, in lower case and with hyphens.
fn without_blanks(segment: &str) -> String {
    let visible: String = segment
        .chars()
        .filter(|c| *c == ' ' || !is_blank(*c))
        .collect();
    let words: Vec<_> = visible.split(' ').filter(|word| !word.is_empty()).collect();
    match words.as_slice() {
        [] | [_] => words.concat(),
        _ => words.join("-").to_lowercase(),
    }
}

fn just(kind: UrlErrorKind) -> UrlError {
    UrlError { kind, meant: None }
}

/// Creates the error for a text that should be `instead`. A password that only then becomes visible is more important.
fn repaired(kind: UrlErrorKind, instead: &str, repairs: u8) -> UrlError {
    let meant = match repairs.checked_sub(1).map(|left| parse(instead, left)) {
        Some(Ok(url)) => Some(Box::new(url)),
        Some(Err(error)) if error.kind == UrlErrorKind::Password => return error,
        Some(Err(error)) => error.meant,
        None => None,
    };
    UrlError { kind, meant }
}

/// Recognizes spaces, control characters, and invisible characters.
fn is_blank(c: char) -> bool {
    c == ' ' || is_invisible(c)
}

/// Returns the text from the first `<` or `>` to the `>` after it.
fn placeholder(text: &str) -> Option<&str> {
    let (_, from) = text.split_at_checked(text.find(['<', '>'])?)?;
    match from
        .find('>')
        .and_then(|end| from.split_at_checked(end + 1))
    {
        Some((placeholder, _)) => Some(placeholder),
        None => Some(from),
    }
}

/// Returns the first `%` that is not followed by two hexadecimal digits, with the two characters after it.
fn bad_escape(text: &str) -> Option<String> {
    text.split('%')
        .skip(1)
        .find(|rest| rest.chars().take(2).filter(char::is_ascii_hexdigit).count() < 2)
        .map(|rest| std::iter::once('%').chain(rest.chars().take(2)).collect())
}

const SCHEMES: [(&str, Protocol); 3] = [
    ("https", Protocol::Http { tls: true }),
    ("http", Protocol::Http { tls: false }),
    ("ssh", Protocol::Ssh),
];

/// Determines the form from the beginning of the text.
fn form(text: &str, repairs: u8) -> Result<BitbucketUrl, UrlError> {
    let misspelled = |instead: &str| repaired(UrlErrorKind::MisspelledScheme, instead, repairs);
    // A slash or an `@` before the `://` means that it belongs to a path, not to the scheme.
    if let Some((word, rest)) = text.split_once("://")
        && !word.contains(['/', '@'])
    {
        let lower = word.to_ascii_lowercase();
        let Some((_, protocol)) = SCHEMES.iter().find(|(scheme, _)| *scheme == lower) else {
            return Err(other_scheme(&lower, rest, repairs));
        };
        return if lower != word {
            Err(repaired(
                UrlErrorKind::UpperCaseScheme,
                &format!("{lower}://{rest}"),
                repairs,
            ))
        } else if rest.trim_matches('/').is_empty() {
            Err(just(UrlErrorKind::NoHost))
        } else if rest.starts_with('/') {
            Err(misspelled(&format!(
                "{word}://{}",
                rest.trim_start_matches('/')
            )))
        } else if SCHEMES
            .iter()
            .any(|(scheme, _)| starts_with_scheme(rest, scheme).is_some())
        {
            Err(misspelled(rest))
        } else {
            with_scheme(*protocol, rest, repairs)
        };
    }
    for (scheme, _) in SCHEMES {
        if let Some(rest) = starts_with_scheme(text, scheme) {
            return Err(misspelled(&format!("{scheme}://{rest}")));
        }
    }
    let head = text.split([':', '/']).next().unwrap_or_default();
    match head.rsplit_once('@') {
        Some((user, _)) => scp(user, text, repairs),
        None => Err(no_scheme(text, repairs)),
    }
}

/// Returns what follows a scheme with an incomplete `://`: `https:/x`, `https//x`, `ssh:x`.
fn starts_with_scheme<'a>(text: &'a str, scheme: &str) -> Option<&'a str> {
    let (word, rest) = text.split_at_checked(scheme.len())?;
    let rest = word.eq_ignore_ascii_case(scheme).then_some(rest)?;
    rest.starts_with([':', '/', ';'])
        .then(|| rest.trim_start_matches([':', '/', ';']))
        .filter(|rest| !rest.is_empty())
}

fn other_scheme(word: &str, rest: &str, repairs: u8) -> UrlError {
    if word == "git" {
        return repaired(
            UrlErrorKind::GitProtocol,
            &format!("https://{rest}"),
            repairs,
        );
    }
    let nearest = SCHEMES
        .iter()
        .map(|(scheme, _)| (distance(word, scheme), *scheme))
        .min_by_key(|(distance, _)| *distance);
    let (kind, scheme) = match nearest {
        Some((1, scheme)) => (UrlErrorKind::MisspelledScheme, scheme),
        _ if word.contains("ssh") => (UrlErrorKind::NoScheme, "ssh"),
        _ => (UrlErrorKind::NoScheme, "https"),
    };
    repaired(kind, &format!("{scheme}://{rest}"), repairs)
}

/// Returns how many characters to add, drop, change, or swap to turn one word into the other; 2 stands for more than
/// one.
fn distance(word: &str, other: &str) -> u8 {
    let (a, b): (Vec<char>, Vec<char>) = (word.chars().collect(), other.chars().collect());
    let start = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
    let rest = |text: &[char]| text.iter().skip(start).copied().collect::<String>();
    let (x, y) = (rest(&a), rest(&b));
    let without_first = |text: &str, n: usize| text.chars().skip(n).collect::<String>();
    let swapped: String = x
        .chars()
        .take(2)
        .collect::<Vec<_>>()
        .into_iter()
        .rev()
        .collect();
    if x == y {
        0
    } else if without_first(&x, 1) == y
        || without_first(&y, 1) == x
        || without_first(&x, 1) == without_first(&y, 1)
        || format!("{swapped}{}", without_first(&x, 2)) == y
    {
        1
    } else {
        2
    }
}

fn no_scheme(text: &str, repairs: u8) -> UrlError {
    let text = text.trim_start_matches('/');
    let (host, after) = authority::split_host(text);
    if !host.contains('.') && host != "localhost" {
        return just(UrlErrorKind::NoScheme);
    }
    let after_colon = after.and_then(|after| after.strip_prefix(':'));
    let is_scp = after_colon.is_some_and(|path| !path.starts_with(|c: char| c.is_ascii_digit()));
    let prefix = if is_scp { "git@" } else { "https://" };
    repaired(UrlErrorKind::NoScheme, &format!("{prefix}{text}"), repairs)
}

/// Parses `user@host:path`, `user@host/path`, or `user@host`.
fn scp(user: &str, text: &str, repairs: u8) -> Result<BitbucketUrl, UrlError> {
    let after_user = text.get(user.len() + 1..).unwrap_or_default();
    let (host, after) = authority::split_host(after_user);
    let colon = after.and_then(|after| after.strip_prefix(':'));
    if user != "git" {
        // A colon is the sign of the short SSH form. Without it, a user is more likely to be that of an HTTPS clone
        // URL.
        return Err(if colon.is_some() || user.eq_ignore_ascii_case("git") {
            repaired(
                UrlErrorKind::ForeignUser,
                &format!("git@{after_user}"),
                repairs,
            )
        } else {
            repaired(
                UrlErrorKind::NoScheme,
                &format!("https://{after_user}"),
                repairs,
            )
        });
    }
    let path = colon.or(after).unwrap_or_default();
    let mut segments = Segments::of(path, colon.is_none());
    let draft = Draft {
        protocol: Protocol::Ssh,
        form: if colon.is_some() {
            Form::Scp
        } else {
            Form::ColonMissing
        },
        user: Some("git".to_owned()),
        host,
        port: None,
        scp_port: None,
    };
    let known = draft.known()?;
    let number = segments
        .names
        .first()
        .and_then(|first| authority::port(first));
    // The short form has no port, so Git reads the number as a directory. It is meant as a port unless it can be the
    // name of a workspace, with only the repository after it.
    if colon.is_some() && number.is_some() && (known == Known::Server || segments.names.len() > 2) {
        segments.names.remove(0);
        return Draft {
            scp_port: number,
            ..draft
        }
        .complete(&segments, known);
    }
    draft.complete(&segments, known)
}

/// Parses what follows `https://`, `http://`, or `ssh://`.
fn with_scheme(protocol: Protocol, rest: &str, repairs: u8) -> Result<BitbucketUrl, UrlError> {
    let (authority, path) = match rest.find('/').and_then(|at| rest.split_at_checked(at)) {
        Some((authority, path)) => (authority, path),
        None => (rest, ""),
    };
    let Authority { user, host, port } = authority::split(authority);
    let draft = Draft {
        protocol,
        form: Form::Url,
        user: user.map(str::to_owned),
        host,
        port: port.and_then(authority::port),
        scp_port: None,
    };
    let known = draft.known()?;
    if let (Some(text), None) = (port, draft.port) {
        // ssh://git@host:path mixes two forms; in other cases, the text after the colon was also meant as a path.
        let name = if user.is_some() {
            format!("{}@", user.unwrap_or_default())
        } else {
            String::new()
        };
        let scheme = SCHEMES
            .iter()
            .find(|(_, other)| *other == protocol)
            .map_or("https", |(scheme, _)| *scheme);
        let is_path = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '~');
        let kind = if is_path && known.is_cloud() && protocol == Protocol::Ssh {
            UrlErrorKind::ColonInSshUrl
        } else {
            UrlErrorKind::BadPort(Excerpt::new(text))
        };
        let at_host = |path: &str| format!("{scheme}://{name}{host}{path}");
        let (port, behind) = match text.split_once(':') {
            Some((port, behind)) if authority::port(port).is_some() => (Some(port), behind),
            _ => (None, text),
        };
        let behind_scm = path.strip_prefix("/scm/");
        // A wrong number is dropped on Cloud, which needs no port. Which port a Data Center uses cannot be known.
        let meant = if text.is_empty() || (is_number(text) && known.is_cloud()) {
            vec![at_host(path)]
        } else if is_number(text) {
            Vec::new()
        } else if let Some(port) = port {
            vec![at_host(&format!(":{port}/{behind}{path}"))]
        } else if text.starts_with(is_of_name) {
            let behind_scm = behind_scm.map(|rest| at_host(&format!("/scm/{text}/{rest}")));
            let in_path = at_host(&format!("/{text}{path}"));
            [in_path]
                .into_iter()
                .chain(behind_scm)
                .chain([at_host(path)])
                .collect()
        } else {
            Vec::new()
        };
        return Err(with_repository(kind, &meant, repairs));
    }
    draft.complete(&Segments::of(path, true), known)
}

fn is_number(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_digit())
}

fn is_of_name(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '~' | '_')
}

/// Creates the error for a text that should be the first of these that names a repository with its owner, or else the
/// first.
fn with_repository(kind: UrlErrorKind, instead: &[String], repairs: u8) -> UrlError {
    let is_whole = |text: &&String| {
        let left = repairs.checked_sub(1);
        let url = left.and_then(|left| parse(text, left).ok());
        url.is_some_and(|url| url.repository().is_some() && url.owner().is_some())
    };
    match instead.iter().find(is_whole).or(instead.first()) {
        Some(text) => repaired(kind, text, repairs),
        None => just(kind),
    }
}

/// A path, split into segments.
struct Segments<'a> {
    names: Vec<&'a str>,
    trailing_slash: bool,
    doubled_slash: bool,
}

impl<'a> Segments<'a> {
    /// Splits a path; `after_host` says whether its first slash follows the host.
    fn of(path: &'a str, after_host: bool) -> Self {
        let inner = if after_host {
            path.strip_prefix('/').unwrap_or(path)
        } else {
            path
        };
        let body = inner.strip_suffix('/').unwrap_or(inner);
        let doubled_slash = !inner.is_empty() && body.split('/').any(str::is_empty);
        let names: Vec<_> = inner
            .split('/')
            .filter(|segment| !segment.is_empty())
            .collect();
        Self {
            trailing_slash: path.ends_with('/') && (after_host || !names.is_empty()),
            names,
            doubled_slash,
        }
    }
}

/// A URL before its path is parsed.
#[derive(Clone)]
struct Draft<'a> {
    protocol: Protocol,
    form: Form,
    user: Option<String>,
    host: &'a str,
    port: Option<u16>,
    scp_port: Option<u16>,
}

impl Draft<'_> {
    /// Returns what is known about the host.
    fn known(&self) -> Result<Known, UrlError> {
        authority::check_host(self.host).map_err(just)?;
        if SCHEMES
            .iter()
            .any(|(scheme, _)| scheme.eq_ignore_ascii_case(self.host))
        {
            return Err(just(UrlErrorKind::NoHost));
        }
        Ok(Known::of(&self.host.to_ascii_lowercase()))
    }

    fn complete(self, segments: &Segments<'_>, known: Known) -> Result<BitbucketUrl, UrlError> {
        if let Known::Other(connector) = known {
            return Err(just(UrlErrorKind::OtherProvider {
                host: Excerpt::new(self.host),
                connector,
            }));
        }
        let path = match known {
            Known::Server => path::server(
                &segments.names,
                segments.trailing_slash,
                self.protocol == Protocol::Ssh,
            ),
            Known::Api => Ok(api_path(&segments.names)),
            _ if self.scp_port.is_some() => Err(Misplaced {
                kind: UrlErrorKind::CloudSegments,
                meant: path::cloud(&segments.names, segments.trailing_slash)
                    .map_or_else(|error| error.meant, |place| Some(Box::new(place))),
            }),
            _ => path::cloud(&segments.names, segments.trailing_slash),
        };
        let kind = self.mistake(known, segments);
        let (place, kind) = match (path, kind) {
            (Ok(place), None) => return Ok(self.url(place, known, segments)),
            (Ok(place), Some(kind)) => (Some(place), kind),
            (Err(misplaced), kind) => (
                misplaced.meant.map(|place| *place),
                kind.unwrap_or(misplaced.kind),
            ),
        };
        Err(UrlError {
            kind,
            meant: place.map(|place| Box::new(self.url(place, known, segments))),
        })
    }

    /// Returns what is wrong with host and port, regardless of the path.
    fn mistake(&self, known: Known, segments: &Segments<'_>) -> Option<UrlErrorKind> {
        let host_is_lower = !self.host.contains(|c: char| c.is_ascii_uppercase());
        match known {
            Known::Server | Known::Other(_) => None,
            Known::Api => Some(UrlErrorKind::ApiHost),
            Known::Cloud | Known::AltSsh if !host_is_lower => {
                Some(UrlErrorKind::UpperCaseHost(Excerpt::new(self.host)))
            }
            Known::AltSsh => {
                let right = self.protocol == Protocol::Ssh
                    && self.form == Form::Url
                    && self.port == Some(443)
                    && self.user.as_deref() == Some("git");
                (!right).then_some(UrlErrorKind::AltSsh)
            }
            Known::Cloud | Known::Lookalike => match (self.protocol, self.form, self.port) {
                (_, Form::ColonMissing, _) if !segments.names.is_empty() => {
                    Some(UrlErrorKind::ColonMissing)
                }
                (_, Form::ColonMissing | Form::Scp, _) if segments.names.is_empty() => {
                    Some(UrlErrorKind::WorkspaceMissing)
                }
                (Protocol::Http { tls: true }, _, Some(443))
                | (Protocol::Http { tls: false }, _, Some(80))
                | (Protocol::Ssh, _, Some(22))
                | (_, _, None) => None,
                (_, _, Some(port)) => Some(UrlErrorKind::CloudPort(port)),
            },
        }
    }

    fn url(self, place: RepositoryPath, known: Known, segments: &Segments<'_>) -> BitbucketUrl {
        BitbucketUrl {
            deployment: if known.is_cloud() {
                Deployment::Cloud
            } else {
                Deployment::DataCenter
            },
            protocol: self.protocol,
            form: self.form,
            user: self.user,
            host: self.host.to_owned(),
            port: self.port,
            scp_port: self.scp_port,
            place,
            doubled_slash: segments.doubled_slash,
        }
    }
}

/// Returns what a URL of Bitbucket Cloud's REST API names.
fn api_path(segments: &[&str]) -> RepositoryPath {
    let named = match segments {
        [_, "repositories" | "workspaces", named @ ..] => named,
        [version, named @ ..] if version.starts_with(|c: char| c.is_ascii_digit()) => named,
        other => other,
    };
    let named = named.get(..2).unwrap_or(named);
    path::cloud(named, false)
        .or_else(|error| error.meant.map(|place| *place).ok_or(()))
        .unwrap_or_default()
}
