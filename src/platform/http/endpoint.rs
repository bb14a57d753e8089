//! The address of the platform: the base URL, parsed once, to which paths and queries are joined.
//!
//! An endpoint is `scheme "://" host [":" port] [path] ["/"]`, for instance `https://app.harness.io/gateway`,
//! `https://app.harness.io`, or `https://company.harness.io/gateway/`. Harness's own clients use both prefixes in
//! production (the Go SDK has `/gateway`, the command-line tools do not), so the path is kept as written.
//!
//! Everything that is joined is percent-encoded here, byte by byte, before a URL parser sees it. The parser alone would
//! not be enough: it drops tabs and line feeds and then resolves `.` and `..`.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use reqwest::Url;

/// The base URL of the platform: `http` or `https`, without user information, query, or fragment.
///
/// `Display` writes it without a trailing slash.
#[derive(Clone, Eq, PartialEq)]
pub struct Endpoint {
    base: Url,
}

impl Endpoint {
    /// The endpoint of Harness's own cloud, which the official clients also use.
    pub const DEFAULT: &'static str = "https://app.harness.io/gateway";

    /// Parses a base URL as a person writes it. Spaces around it and a trailing slash are ignored.
    ///
    /// # Errors
    /// Returns an error that says what is wrong and what to write. A URL with user information is not repeated, because
    /// it may contain a password.
    pub fn parse(text: &str) -> Result<Self, EndpointError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(EndpointError::Empty);
        }
        let Some((scheme, rest)) = text.split_once("://") else {
            // The part before an `@` may be a password, with or without a scheme.
            if text.contains('@') {
                return Err(EndpointError::UserInformation);
            }
            return Err(EndpointError::NoScheme {
                found: text.to_owned(),
            });
        };
        let authority = rest.split(['/', '\\', '?', '#']).next().unwrap_or_default();
        if authority.contains('@') {
            return Err(EndpointError::UserInformation);
        }
        if !scheme.eq_ignore_ascii_case("https") && !scheme.eq_ignore_ascii_case("http") {
            return Err(EndpointError::OtherScheme {
                scheme: scheme.to_owned(),
            });
        }
        if rest.contains(['?', '#']) {
            return Err(EndpointError::QueryOrFragment {
                write: text.split(['?', '#']).next().unwrap_or_default().to_owned(),
            });
        }
        let mut base = Url::parse(text).map_err(|source| EndpointError::Malformed {
            found: text.to_owned(),
            source,
        })?;
        let path = base.path().trim_end_matches('/').to_owned();
        if let Some(prefix) = before_product_path(&path) {
            let mut write = base.clone();
            write.set_path(prefix);
            return Err(EndpointError::ProductPath {
                found: path,
                write: write.as_str().trim_end_matches('/').to_owned(),
            });
        }
        base.set_path(&path);
        Ok(Self { base })
    }

    /// Returns whether the key would travel unencrypted over a network: `http` to another host. The caller warns; it is
    /// not an error, because a proxy on the way may add encryption.
    pub fn is_plain_http_to_other_host(&self) -> bool {
        self.base.scheme() == "http" && !self.is_loopback()
    }

    /// Returns whether the host is this machine: `localhost`, a name below `.localhost`, or a loopback address. Such a
    /// host is never reached through a proxy.
    pub fn is_loopback(&self) -> bool {
        let Some(host) = self.base.host_str() else {
            return false;
        };
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        match bare.parse::<IpAddr>() {
            Ok(address) => address.is_loopback(),
            Err(_) => host == "localhost" || host.ends_with(".localhost"),
        }
    }

    /// Returns whether requests to this endpoint use TLS.
    pub fn is_https(&self) -> bool {
        self.base.scheme() == "https"
    }

    /// Returns the host, for messages, with brackets around an IPv6 address.
    pub fn host(&self) -> &str {
        self.base.host_str().unwrap_or_default()
    }

    /// Returns the port, or the scheme's default.
    pub(crate) fn port(&self) -> Option<u16> {
        self.base.port_or_known_default()
    }

    /// Returns host and port, for messages, including a default port: `app.harness.io:443`.
    pub fn host_and_port(&self) -> String {
        match self.port() {
            Some(port) => format!("{}:{port}", self.host()),
            None => self.host().to_owned(),
        }
    }

    /// Returns the URL for an encoded path (with a leading slash) and an encoded query below this endpoint.
    pub(crate) fn join(&self, path: &str, query: &str) -> Url {
        let mut url = self.base.clone();
        let prefix = url.path().trim_end_matches('/').to_owned();
        url.set_path(&format!("{prefix}{path}"));
        url.set_query((!query.is_empty()).then_some(query));
        url
    }
}

impl FromStr for Endpoint {
    type Err = EndpointError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.base.as_str().trim_end_matches('/'))
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Endpoint({self})")
    }
}

/// Why a text is not an endpoint.
#[derive(Clone, Debug, Eq, thiserror::Error, PartialEq)]
#[non_exhaustive]
pub enum EndpointError {
    /// The text is empty.
    #[error(
        "the endpoint is empty; write Harness's base URL, such as `{}`",
        Endpoint::DEFAULT
    )]
    Empty,
    /// The text has no `://`.
    #[error("the endpoint `{found}` has no scheme; write `https://{found}`")]
    NoScheme {
        /// The text as given.
        found: String,
    },
    /// A scheme other than `http` and `https`.
    #[error("the endpoint's scheme is `{scheme}`; write `https` (or `http`)")]
    OtherScheme {
        /// The scheme as given.
        scheme: String,
    },
    /// `user:password@` before the host. The text is not repeated.
    #[error(
        "the endpoint contains a username or password before an `@`; write only scheme, host, and path, and set the \
         key in `platform_api_key` or HARNESS_PLATFORM_API_KEY"
    )]
    UserInformation,
    /// The text contains a `?` or `#`.
    #[error("the endpoint has a query or a fragment; write `{write}`")]
    QueryOrFragment {
        /// The text up to the query.
        write: String,
    },
    /// The text includes the path of an API or of a page of the product.
    #[error("the endpoint has the path `{found}` after the base URL; write `{write}`")]
    ProductPath {
        /// The path as given.
        found: String,
        /// The base URL before it.
        write: String,
    },
    /// Any other problem: a missing host, a port out of range, a space inside.
    #[error(
        "the endpoint `{found}` is not a URL; write one like `{}`",
        Endpoint::DEFAULT
    )]
    Malformed {
        /// The text as given.
        found: String,
        /// The URL parser's error.
        #[source]
        source: ParseError,
    },
}

/// `url::ParseError`: reqwest re-exports only `Url`, so its error is named through `FromStr`.
type ParseError = <Url as FromStr>::Err;

/// Percent-encodes a text so that it stays one path segment or one query value. Keeps only the unreserved bytes of RFC
/// 3986 and `$`, which Harness allows in identifiers.
pub(crate) fn encode(text: &str) -> String {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let digit = |nibble: u8| char::from(*HEX.get(usize::from(nibble)).unwrap_or(&b'0'));
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~' | b'$') {
            encoded.push(char::from(byte));
        } else {
            encoded.push('%');
            encoded.push(digit(byte >> 4));
            encoded.push(digit(byte & 15));
        }
    }
    encoded
}

/// Returns whether a text can be one segment of a path. An empty segment would name the collection, and `.` and `..`
/// are resolved by every URL parser, escaped or not.
pub(crate) fn is_segment(text: &str) -> bool {
    !matches!(text, "" | "." | "..")
}

/// Returns the path before `/ng…`, where the paths of the API and the product's pages begin.
fn before_product_path(path: &str) -> Option<&str> {
    if path == "/ng" {
        return Some("");
    }
    let at = path
        .find("/ng/")
        .or_else(|| path.strip_suffix("/ng").map(str::len))?;
    path.get(..at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_kept_as_written_but_for_blanks_and_the_trailing_slash() {
        for (text, base) in [
            (
                "https://app.harness.io/gateway",
                "https://app.harness.io/gateway",
            ),
            (
                "https://app.harness.io/gateway/",
                "https://app.harness.io/gateway",
            ),
            ("  https://app.harness.io \n", "https://app.harness.io"),
            ("https://app.harness.io/", "https://app.harness.io"),
            ("https://app3.harness.io", "https://app3.harness.io"),
            (
                "https://Company.Harness.io/gateway//",
                "https://company.harness.io/gateway",
            ),
            (
                "HTTPS://app.harness.io:443/gateway",
                "https://app.harness.io/gateway",
            ),
            (
                "https://harness.example:8443/a/b",
                "https://harness.example:8443/a/b",
            ),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("http://[::1]:8080/gateway/", "http://[::1]:8080/gateway"),
            ("https://nginx.example/nginx", "https://nginx.example/nginx"),
        ] {
            assert_eq!(Endpoint::parse(text).unwrap().to_string(), base, "{text}");
        }
        assert_eq!(
            Endpoint::parse(Endpoint::DEFAULT).unwrap().to_string(),
            Endpoint::DEFAULT
        );
    }

    #[test]
    fn what_is_not_an_endpoint_is_refused_with_the_text_to_write() {
        for (text, message) in [
            (
                "",
                "the endpoint is empty; write Harness's base URL, such as `https://app.harness.io/gateway`",
            ),
            (
                "   ",
                "the endpoint is empty; write Harness's base URL, such as `https://app.harness.io/gateway`",
            ),
            (
                "app.harness.io/gateway",
                "the endpoint `app.harness.io/gateway` has no scheme; write `https://app.harness.io/gateway`",
            ),
            (
                "localhost:8080",
                "the endpoint `localhost:8080` has no scheme; write `https://localhost:8080`",
            ),
            (
                "ftp://app.harness.io",
                "the endpoint's scheme is `ftp`; write `https` (or `http`)",
            ),
            (
                "https://app.harness.io/gateway?x=1",
                "the endpoint has a query or a fragment; write `https://app.harness.io/gateway`",
            ),
            (
                "https://app.harness.io/#/login",
                "the endpoint has a query or a fragment; write `https://app.harness.io/`",
            ),
            (
                "https://app.harness.io/gateway/ng/api",
                "the endpoint has the path `/gateway/ng/api` after the base URL; write `https://app.harness.io/gateway`",
            ),
            (
                "https://app.harness.io/ng/account/abc/home",
                "the endpoint has the path `/ng/account/abc/home` after the base URL; write `https://app.harness.io`",
            ),
            (
                "https://app.harness.io/ng",
                "the endpoint has the path `/ng` after the base URL; write `https://app.harness.io`",
            ),
            (
                "https://",
                "the endpoint `https://` is not a URL; write one like `https://app.harness.io/gateway`",
            ),
            (
                "https://app.harness.io:99999",
                "the endpoint `https://app.harness.io:99999` is not a URL; write one like `https://app.harness.io/gateway`",
            ),
            (
                "https://app harness.io",
                "the endpoint `https://app harness.io` is not a URL; write one like `https://app.harness.io/gateway`",
            ),
        ] {
            assert_eq!(
                Endpoint::parse(text).unwrap_err().to_string(),
                message,
                "{text}"
            );
        }
    }

    #[test]
    fn user_information_is_refused_and_never_repeated() {
        for text in [
            "https://user:hunter2@app.harness.io",
            "https://hunter2@app.harness.io/gateway",
            "user:hunter2@app.harness.io",
            "ftp://user:hunter2@app.harness.io",
            "https://user:hunter2@",
            "https:\\\\user:hunter2@app.harness.io",
        ] {
            let error = Endpoint::parse(text).unwrap_err();
            assert_eq!(error, EndpointError::UserInformation, "{text}");
            assert!(!format!("{error} {error:?}").contains("hunter2"), "{text}");
        }
    }

    #[test]
    fn only_plain_http_over_a_network_is_worth_a_warning() {
        for (text, plain, loopback) in [
            ("http://harness.example", true, false),
            ("http://10.0.0.1", true, false),
            ("http://localhost.example", true, false),
            ("https://harness.example", false, false),
            ("http://localhost:8080", false, true),
            ("http://sandbox.localhost", false, true),
            ("http://127.0.0.1", false, true),
            ("http://127.1.2.3", false, true),
            ("http://[::1]:1", false, true),
            ("https://localhost", false, true),
        ] {
            let endpoint = Endpoint::parse(text).unwrap();
            assert_eq!(endpoint.is_plain_http_to_other_host(), plain, "{text}");
            assert_eq!(endpoint.is_loopback(), loopback, "{text}");
        }
    }

    #[test]
    fn an_encoded_text_comes_back_through_a_url_parser_as_one_segment() {
        let endpoint = Endpoint::parse(Endpoint::DEFAULT).unwrap();
        for text in [
            "plain", "a/b", "../x", "..\t", ".\n.", "%2e%2e", "a?b#c", "a\\b", "ä ö", "a;b=c",
            "$x_1", "%", "\u{0}",
        ] {
            let url = endpoint.join(&format!("/ng/api/connectors/{}", encode(text)), "");
            let segments: Vec<_> = url.path_segments().unwrap().collect();
            assert_eq!(segments.len(), 5, "{text:?} gave {url}");
            assert_eq!(
                &segments[..4],
                ["gateway", "ng", "api", "connectors"],
                "{text:?}"
            );
            assert!(
                url.query().is_none() && url.fragment().is_none(),
                "{text:?}"
            );
        }
        assert_eq!(encode("a/b ä"), "a%2Fb%20%C3%A4");
        assert!(!is_segment("") && !is_segment(".") && !is_segment("..") && is_segment("..."));
    }
}
