//! Which proxy, if any, requests to an endpoint use. The result is passed to the HTTP client, which reads no settings
//! itself.
//!
//! - `HTTPS_PROXY` is for endpoints with `https`, `HTTP_PROXY` for those with `http`, and `ALL_PROXY` for both if the
//!   first is not set. Lower-case names work too; upper case takes precedence. An empty variable counts as not set.
//! - `NO_PROXY` lists the endpoints that need no proxy, as in curl and Go's HTTP client: names (including everything
//!   below them, with or without a leading dot), addresses, networks such as `10.0.0.0/8`, and `*` for everything.
//!   Names and addresses may have a port. Entries are separated by commas or spaces.
//! - If no variable is set, the settings of macOS and Windows apply.
//! - This machine itself is never reached through a proxy.
//!
//! A variable that cannot be read is an error: requests must never bypass a proxy that someone intended to use.

use std::ffi::OsString;
use std::fmt;
use std::net::IpAddr;

use hyper_util::client::proxy::matcher::Matcher;
use ipnet::IpNet;
use reqwest::Url;

use super::endpoint::Endpoint;
use crate::response::text::harmless;

/// Looks up an environment variable. Returns `None` if it is not set or empty.
pub type Environment<'a> = &'a dyn Fn(&str) -> Option<OsString>;

const NO_PROXY: [&str; 2] = ["NO_PROXY", "no_proxy"];
const HTTPS_PROXIES: [&str; 4] = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
const HTTP_PROXIES: [&str; 4] = ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"];

/// An HTTP proxy, with the user and password for it, if any.
///
/// `Display` and `Debug` write `scheme://host:port`.
#[derive(Clone, Eq, PartialEq)]
pub struct Proxy {
    url: Url,
}

/// Why the proxy cannot be determined.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ProxyError {
    /// The environment variable, or `None` for the system's settings.
    pub variable: Option<&'static str>,
    /// What is wrong, without any of the text, which may contain a password.
    pub problem: ProxyProblem,
}

/// What is wrong with a proxy variable.
#[derive(Clone, Copy, Debug, Eq, thiserror::Error, PartialEq)]
#[non_exhaustive]
pub enum ProxyProblem {
    /// The value is not valid text.
    #[error("it is not valid UTF-8")]
    NotText,
    /// The value names a SOCKS proxy.
    #[error(
        "it is a SOCKS proxy, and the provider supports only HTTP proxies; write one such as \
         `http://proxy.example.com:3128`"
    )]
    Socks,
    /// The scheme is neither HTTP nor SOCKS.
    #[error(
        "its scheme is not `http` or `https`; write a proxy such as `http://proxy.example.com:3128`"
    )]
    Scheme,
    /// The host is missing, the port is invalid, or there is a space in the middle.
    #[error(
        "it is not the URL of a proxy; write one such as `http://proxy.example.com:3128`, and percent-encode special \
         characters in the username or password"
    )]
    Malformed,
}

impl fmt::Display for ProxyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.variable {
            Some(variable) => write!(f, "{variable}: {}", self.problem),
            None => write!(f, "the system's proxy settings: {}", self.problem),
        }
    }
}

impl std::error::Error for ProxyError {}

impl Proxy {
    /// Parses the address of a proxy as people write it. The default scheme is `http`.
    ///
    /// # Errors
    /// Returns an error if the text is not the address of an HTTP proxy.
    pub fn parse(text: &str) -> Result<Self, ProxyProblem> {
        let text = text.trim();
        let scheme = match text.split_once("://") {
            // Text before a `://` inside a password is not a scheme.
            Some((scheme, _)) if !scheme.contains(['@', ':', '/']) => scheme,
            _ => "",
        };
        let url = match scheme.to_ascii_lowercase().as_str() {
            "" => Url::parse(&format!("http://{text}")),
            "http" | "https" => Url::parse(text),
            scheme if scheme.starts_with("socks") => return Err(ProxyProblem::Socks),
            _ => return Err(ProxyProblem::Scheme),
        };
        let mut url = url.map_err(|_| ProxyProblem::Malformed)?;
        // A URL parser silently corrects a space or an `@` in a password.
        if url.host_str().is_none_or(str::is_empty) || text.contains(char::is_whitespace) {
            return Err(ProxyProblem::Malformed);
        }
        url.set_path("");
        url.set_query(None);
        url.set_fragment(None);
        Ok(Self { url })
    }

    /// Returns whether the proxy has a user.
    pub(crate) fn has_user(&self) -> bool {
        !self.url.username().is_empty() || self.url.password().is_some()
    }

    /// Returns the address, with user and password, for the HTTP client.
    pub(crate) fn url(&self) -> &str {
        self.url.as_str()
    }
}

impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = self.url.host_str().unwrap_or_default();
        let port = self.url.port_or_known_default().unwrap_or_default();
        let text = format!("{}://{host}:{port}", self.url.scheme());
        f.write_str(&harmless(&text, 300))
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Proxy({self})")
    }
}

/// Returns the proxy for this endpoint, or `None` if requests go there directly.
///
/// # Errors
/// Returns an error if the relevant variable cannot be read.
pub fn for_endpoint(
    endpoint: &Endpoint,
    environment: Environment<'_>,
) -> Result<Option<Proxy>, ProxyError> {
    if endpoint.is_loopback() {
        return Ok(None);
    }
    let proxy = if endpoint.is_https() {
        set(&HTTPS_PROXIES, environment)?
    } else {
        set(&HTTP_PROXIES, environment)?
    };
    if set(&NO_PROXY, environment)?.is_some_and(|(_, list)| is_listed(&list, endpoint)) {
        return Ok(None);
    }
    let (variable, text) = match proxy {
        Some((variable, text)) => (Some(variable), text),
        None => match of_the_system(endpoint) {
            Some(text) => (None, text),
            None => return Ok(None),
        },
    };
    match Proxy::parse(&text) {
        Ok(proxy) => Ok(Some(proxy)),
        Err(problem) => Err(ProxyError { variable, problem }),
    }
}

/// Returns the first of these variables that is set, with its text.
fn set(
    variables: &[&'static str],
    environment: Environment<'_>,
) -> Result<Option<(&'static str, String)>, ProxyError> {
    let found = variables
        .iter()
        .find_map(|variable| Some((*variable, environment(variable)?)));
    let Some((variable, value)) = found else {
        return Ok(None);
    };
    match value.into_string() {
        Ok(text) => Ok(Some((variable, text))),
        Err(_) => Err(ProxyError {
            variable: Some(variable),
            problem: ProxyProblem::NotText,
        }),
    }
}

/// Returns the proxy in the settings of macOS or Windows. Other systems have only the variables, which are not set
/// here.
fn of_the_system(endpoint: &Endpoint) -> Option<String> {
    if !cfg!(any(target_os = "macos", windows)) {
        return None;
    }
    let proxy = Matcher::from_system().intercept(&endpoint.to_string().parse().ok()?)?;
    let uri = proxy.uri();
    Some(format!("{}://{}", uri.scheme_str()?, uri.authority()?))
}

/// Returns whether a list such as that in `NO_PROXY` contains this endpoint.
fn is_listed(list: &str, endpoint: &Endpoint) -> bool {
    let host = endpoint.host().to_ascii_lowercase();
    let host = host.trim_end_matches('.');
    let port = endpoint.port();
    let address = bare(host).parse::<IpAddr>().ok();
    let mut entries = list
        .split(|c: char| c == ',' || c.is_whitespace())
        .filter(|entry| !entry.is_empty());
    entries.any(|entry| {
        if entry == "*" {
            return true;
        }
        if let Ok(network) = entry.parse::<IpNet>() {
            return address.is_some_and(|address| network.contains(&address));
        }
        let (name, wanted) = without_port(entry);
        if wanted.is_some() && wanted != port {
            return false;
        }
        match (bare(name).parse::<IpAddr>(), address) {
            (Ok(listed), address) => address == Some(listed),
            (Err(_), Some(_)) => false,
            (Err(_), None) => {
                let name = name.trim_start_matches('*').trim_matches('.');
                let name = name.to_ascii_lowercase();
                let before = host.strip_suffix(&name);
                !name.is_empty()
                    && before.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
            }
        }
    })
}

/// Splits an entry into host and port. An IPv6 address contains colons itself.
fn without_port(entry: &str) -> (&str, Option<u16>) {
    if entry.parse::<IpAddr>().is_ok() {
        return (entry, None);
    }
    match entry.rsplit_once(':') {
        Some((name, port)) => match port.parse() {
            Ok(port) => (name, Some(port)),
            Err(_) => (entry, None),
        },
        None => (entry, None),
    }
}

fn bare(host: &str) -> &str {
    let inner = host
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    inner.unwrap_or(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(variables: &[(&str, &str)]) -> impl Fn(&str) -> Option<OsString> {
        let variables: Vec<_> = variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        move |wanted| {
            let found = variables.iter().find(|(name, _)| name == wanted);
            found.map(|(_, value)| value.into())
        }
    }

    fn chosen(endpoint: &str, variables: &[(&str, &str)]) -> Result<Option<String>, ProxyError> {
        let endpoint = Endpoint::parse(endpoint).unwrap();
        let proxy = for_endpoint(&endpoint, &environment(variables))?;
        Ok(proxy.map(|proxy| proxy.to_string()))
    }

    #[test]
    fn the_variable_of_the_scheme_takes_precedence_over_that_for_all() {
        let secure = "https://app.harness.io/gateway";
        let plain = "http://harness.example";
        for (endpoint, variables, proxy) in [
            (secure, &[][..], None),
            (secure, &[("HTTPS_PROXY", "http://p:1")], Some("http://p:1")),
            (secure, &[("https_proxy", "http://p:1")], Some("http://p:1")),
            (
                secure,
                &[("https_proxy", "http://p:1"), ("HTTPS_PROXY", "http://q:1")],
                Some("http://q:1"),
            ),
            (
                secure,
                &[("ALL_PROXY", "http://a:1"), ("https_proxy", "http://p:1")],
                Some("http://p:1"),
            ),
            (secure, &[("all_proxy", "http://a:1")], Some("http://a:1")),
            (secure, &[("HTTP_PROXY", "http://p:1")], None),
            (plain, &[("HTTP_PROXY", "http://p:1")], Some("http://p:1")),
            (plain, &[("ALL_PROXY", "http://a:1")], Some("http://a:1")),
            (plain, &[("HTTPS_PROXY", "http://p:1")], None),
            (
                "https://localhost:8443",
                &[("HTTPS_PROXY", "http://p:1")],
                None,
            ),
            ("http://127.0.0.1:1", &[("ALL_PROXY", "socks5://p:1")], None),
        ] {
            assert_eq!(
                chosen(endpoint, variables).unwrap().as_deref(),
                proxy,
                "{endpoint} {variables:?}"
            );
        }
    }

    #[test]
    fn an_address_is_shown_with_its_port_and_without_its_password() {
        for (text, shown) in [
            ("http://proxy.example:3128", "http://proxy.example:3128"),
            ("proxy.example:3128", "http://proxy.example:3128"),
            ("proxy.example", "http://proxy.example:80"),
            (" HTTPS://Proxy.Example/ ", "https://proxy.example:443"),
            ("http://me:hunter2@p:3128/x?y#z", "http://p:3128"),
            ("me:hunter2@p:3128", "http://p:3128"),
            ("http://me:hunter2@x@p:3128", "http://p:3128"),
            ("[::1]:3128", "http://[::1]:3128"),
        ] {
            let proxy = Proxy::parse(text).unwrap();
            assert_eq!(proxy.to_string(), shown, "{text}");
            assert!(!format!("{proxy:?}").contains("hunter2"));
        }
    }

    #[test]
    fn what_cannot_be_read_names_its_variable_and_shows_none_of_it() {
        for (text, problem) in [
            ("socks5://me:hunter2@p:1080", ProxyProblem::Socks),
            ("SOCKS5H://p", ProxyProblem::Socks),
            ("ftp://hunter2", ProxyProblem::Scheme),
            ("://hunter2", ProxyProblem::Malformed),
            ("http://", ProxyProblem::Malformed),
            ("http://me:hunter2@", ProxyProblem::Malformed),
            ("http://p:hunter2", ProxyProblem::Malformed),
            ("http://p:99999", ProxyProblem::Malformed),
            ("me:hunter2@p:port", ProxyProblem::Malformed),
            ("http://me:hunter 2@p:1", ProxyProblem::Malformed),
            ("no proxy please", ProxyProblem::Malformed),
            (" ", ProxyProblem::Malformed),
        ] {
            let error = chosen("https://h.example", &[("https_proxy", text)]).unwrap_err();
            let expected = ProxyError {
                variable: Some("https_proxy"),
                problem,
            };
            assert_eq!(error, expected, "{text}");
            let said = format!("{error} {error:?}");
            assert!(
                said.contains("https_proxy") && !said.contains("hunter"),
                "{said}"
            );
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_variable_that_is_no_text_is_an_error_and_not_a_way_around_the_proxy() {
        use std::os::unix::ffi::OsStringExt as _;
        let bytes = || OsString::from_vec(b"http://p:1\xff".to_vec());
        let endpoint = Endpoint::parse("https://h.example").unwrap();
        for variable in ["HTTPS_PROXY", "all_proxy", "NO_PROXY", "no_proxy"] {
            let broken = |name: &str| (name == variable).then(bytes);
            let error = for_endpoint(&endpoint, &broken).unwrap_err();
            assert_eq!(error.variable, Some(variable));
            assert_eq!(error.problem, ProxyProblem::NotText);
        }
    }

    #[test]
    fn no_proxy_lists_names_addresses_networks_ports_and_everything() {
        for (list, endpoint, listed) in [
            ("*", "https://h.example", true),
            ("x, *", "https://h.example", true),
            ("h.example", "https://h.example", true),
            ("H.Example.", "https://h.example", true),
            ("example", "https://h.example", true),
            (".example", "https://h.example", true),
            ("*.example", "https://h.example", true),
            (".h.example", "https://h.example", true),
            ("ample", "https://h.example", false),
            ("g.h.example", "https://h.example", false),
            ("a.example b.example,h.example", "https://h.example", true),
            ("a.example;h.example", "https://h.example", false),
            ("h.example:443", "https://h.example", true),
            ("h.example:8443", "https://h.example", false),
            ("h.example:8443", "https://h.example:8443", true),
            (".example:8443", "https://h.example:8443", true),
            ("h.example:", "https://h.example", false),
            ("h.example:80", "http://h.example", true),
            ("10.1.2.3", "https://10.1.2.3", true),
            ("10.1.2.3:443", "https://10.1.2.3", true),
            ("10.1.2.3:80", "https://10.1.2.3", false),
            ("10.0.0.0/8", "https://10.1.2.3", true),
            ("10.9.9.9/8", "https://10.1.2.3", true),
            ("10.0.0.0/16", "https://10.1.2.3", false),
            ("10.0.0.0/99", "https://10.1.2.3", false),
            ("3", "https://10.1.2.3", false),
            ("10.0.0.0/8", "https://h.example", false),
            ("2001:db8::1", "https://[2001:db8::1]", true),
            ("[2001:db8::1]", "https://[2001:db8::1]", true),
            ("[2001:db8::1]:443", "https://[2001:db8::1]", true),
            ("[2001:db8::1]:80", "https://[2001:db8::1]", false),
            ("2001:db8::/32", "https://[2001:db8::1]", true),
            ("2001:db8:1::/48", "https://[2001:db8::1]", false),
            (",, .", "https://h.example", false),
            ("*.", "https://h.example", false),
        ] {
            let variables = [("ALL_PROXY", "http://p:1"), ("NO_PROXY", list)];
            let proxy = chosen(endpoint, &variables).unwrap();
            assert_eq!(proxy.is_none(), listed, "{list:?} {endpoint}");
        }
    }

    #[test]
    fn what_is_listed_needs_no_proxy_that_can_be_read() {
        let variables = [("HTTPS_PROXY", "socks5://p"), ("no_proxy", "h.example")];
        assert_eq!(chosen("https://h.example", &variables), Ok(None));
        assert!(chosen("https://other.example", &variables).is_err());
    }
}
