//! How the network failed: reqwest's errors, each converted to one sentence, with the root cause as its source.

use std::error::Error;
use std::time::Duration;
use std::{fmt, io};

use tokio_rustls::rustls::{self, CertificateError, OtherError};

use super::tls_problem::TlsProblem;

/// A network failure: no response, or an incomplete one.
pub struct TransportError {
    kind: TransportKind,
    /// Host and port.
    host: String,
    /// The proxy for the request.
    proxy: Option<String>,
    /// Whether the connection to the proxy itself failed.
    at_proxy: bool,
    never_sent: bool,
    source: Option<RootCause>,
}

/// The kind of network failure.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum TransportKind {
    /// The host name could not be resolved.
    Dns,
    /// The connection was refused.
    Refused,
    /// TLS failed: an untrusted certificate, a protocol that is too old, or no TLS at all.
    Tls,
    /// The proxy requires a user and password, or refused the given ones (HTTP 407).
    ProxyAuthentication,
    /// The proxy did not open a connection to the host.
    Tunnel,
    /// Connecting or waiting for a response took longer than this.
    TimedOut(Duration),
    /// The connection ended before the response began.
    Lost,
    /// The connection ended in the middle of the response.
    Cut,
    /// The response is larger than this many bytes.
    TooLarge(usize),
    /// The response has more header fields than are read.
    TooManyFields,
    /// Another failure; see the source.
    Other,
}

/// The context of a failed request.
pub(crate) struct Circumstances<'a> {
    /// Host and port of the endpoint.
    pub(crate) host: &'a str,
    /// Whether the endpoint needs TLS.
    pub(crate) is_https: bool,
    /// The proxy for the request.
    pub(crate) proxy: Option<String>,
    /// The time limit for connecting.
    pub(crate) connect_limit: Duration,
    /// The time limit of the whole request.
    pub(crate) limit: Duration,
    /// Whether a connection may have taken any part of the request.
    pub(crate) has_left: bool,
    /// Whether the head of the response had arrived.
    pub(crate) answering: bool,
}

impl TransportError {
    /// Creates an error; `host` is host and port.
    pub(crate) fn new(kind: TransportKind, host: &str) -> Self {
        Self {
            kind,
            host: host.to_owned(),
            proxy: None,
            at_proxy: false,
            never_sent: false,
            source: None,
        }
    }

    /// Adds the proxy for the request.
    #[must_use]
    pub(crate) fn through(mut self, proxy: Option<String>) -> Self {
        self.proxy = proxy;
        self
    }

    /// Creates the error for HTTP 407 from the proxy to a request that it should have forwarded.
    pub(crate) fn unauthorized_at(proxy: String, host: &str) -> Self {
        Self {
            proxy: Some(proxy),
            never_sent: true,
            ..Self::new(TransportKind::ProxyAuthentication, host)
        }
    }

    /// Classifies an error of reqwest.
    pub(crate) fn classify(error: reqwest::Error, around: Circumstances<'_>) -> Self {
        let connecting = error.is_connect();
        // A connection that breaks may already have sent what it was given a moment before.
        let never_sent =
            connecting || error.is_builder() || (error.is_timeout() && !around.has_left);
        // These errors have no public types; tests pin their texts.
        let says = |text: &str| chain(&error).any(|cause| cause.to_string().contains(text));
        let kind = if error.is_timeout() {
            TransportKind::TimedOut(if connecting {
                around.connect_limit
            } else {
                around.limit
            })
        } else if says("proxy authorization required") {
            TransportKind::ProxyAuthentication
        } else if chain(&error).any(is_tls) {
            TransportKind::Tls
        } else if never_sent && chain(&error).any(is_refused) {
            TransportKind::Refused
        } else if never_sent && error.is_dns() {
            TransportKind::Dns
        } else if connecting && says("tunnel error: ") {
            TransportKind::Tunnel
        } else if says("message head is too large") {
            TransportKind::TooManyFields
        } else if around.answering {
            TransportKind::Cut
        } else if error.is_request() && !never_sent {
            TransportKind::Lost
        } else {
            TransportKind::Other
        };
        Self {
            kind,
            host: around.host.to_owned(),
            at_proxy: around.proxy.is_some()
                && connecting
                && (!around.is_https || says("failed to create underlying connection")),
            proxy: around.proxy,
            never_sent,
            source: Some(RootCause(error.without_url())),
        }
    }

    /// Returns the kind of failure.
    pub fn kind(&self) -> TransportKind {
        self.kind
    }

    /// Returns what is wrong with the TLS connection, or `None` for another kind of failure.
    pub fn tls_problem(&self) -> Option<TlsProblem> {
        if self.kind != TransportKind::Tls {
            return None;
        }
        let source = self.source.as_ref();
        let error =
            source.and_then(|RootCause(error)| chain(error).find_map(<dyn Error>::downcast_ref));
        Some(error.map_or(TlsProblem::Other, TlsProblem::of))
    }

    /// Returns the proxy for the request, as `scheme://host:port`.
    pub fn proxy(&self) -> Option<&str> {
        self.proxy.as_deref()
    }

    /// Returns whether the connection to the proxy itself failed, rather than the one through it.
    pub fn is_at_proxy(&self) -> bool {
        self.at_proxy
    }

    /// Returns whether the request certainly never reached the platform: there was no connection yet.
    pub fn never_sent(&self) -> bool {
        self.never_sent
    }

    /// Returns whether the next attempt may succeed. A proxy that is unreachable or does not accept its user is a wrong
    /// setting on this machine.
    pub fn is_transient(&self) -> bool {
        match self.kind {
            TransportKind::Tls
            | TransportKind::TooLarge(_)
            | TransportKind::TooManyFields
            | TransportKind::ProxyAuthentication => false,
            TransportKind::Dns | TransportKind::Refused => !self.at_proxy,
            TransportKind::TimedOut(_)
            | TransportKind::Tunnel
            | TransportKind::Lost
            | TransportKind::Cut
            | TransportKind::Other => true,
        }
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = &self.host;
        let (proxy, through) = match &self.proxy {
            Some(proxy) => (
                format!("the proxy {proxy} on the way to {host}"),
                format!("{host} through the proxy {proxy}"),
            ),
            None => (host.clone(), host.clone()),
        };
        let first = if self.at_proxy { &proxy } else { host };
        match self.kind {
            TransportKind::Dns if self.at_proxy => {
                write!(f, "the host name of {proxy} cannot be resolved")
            }
            TransportKind::Dns => write!(f, "the host name in {host} cannot be resolved"),
            TransportKind::Refused => write!(f, "the connection to {first} was refused"),
            TransportKind::Tls if self.at_proxy => write!(f, "no secure connection to {proxy}"),
            TransportKind::Tls => write!(f, "no secure connection to {through}"),
            TransportKind::ProxyAuthentication => write!(
                f,
                "{proxy} requires a username and password, or rejected those in its URL"
            ),
            TransportKind::Tunnel => write!(f, "{proxy} did not open a connection"),
            // A host that was never reached cannot be said to be slow.
            TransportKind::TimedOut(limit) if self.never_sent => write!(
                f,
                "timed out connecting to {through} after {} s",
                seconds(limit)
            ),
            TransportKind::TimedOut(limit) => {
                write!(f, "{through} did not respond within {} s", seconds(limit))
            }
            TransportKind::Lost => write!(
                f,
                "the connection to {through} was lost before a response arrived"
            ),
            TransportKind::Cut => write!(
                f,
                "the connection to {through} was lost in the middle of the response"
            ),
            TransportKind::TooLarge(limit) => {
                write!(
                    f,
                    "the response from {through} is larger than {} MiB, which no Harness response is",
                    limit >> 20
                )
            }
            TransportKind::TooManyFields => write!(
                f,
                "the response from {through} has more than 100 header fields or more than 400 KiB of them, which no \
                 Harness response has"
            ),
            TransportKind::Other => write!(f, "the request to {through} failed"),
        }
    }
}

/// Returns seconds, rounded to hundredths, because an operation's remaining time has nanoseconds.
fn seconds(limit: Duration) -> f64 {
    (limit.as_secs_f64() * 100.0).round() / 100.0
}

impl fmt::Debug for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TransportError({:?}, {})", self.kind, self.host)
    }
}

impl Error for TransportError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_ref().map(|source| {
            let source: &(dyn Error + 'static) = source;
            source
        })
    }
}

/// The innermost cause of an error of reqwest; the layers around it repeat what [`TransportError`] says.
struct RootCause(reqwest::Error);

impl fmt::Display for RootCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(cause) = chain(&self.0).last() else {
            return write!(f, "{}", self.0);
        };
        match cause.downcast_ref() {
            // The library prints the error's structure, not its text.
            Some(rustls::Error::InvalidCertificate(CertificateError::Other(OtherError(fault)))) => {
                write!(f, "invalid peer certificate: {fault}")
            }
            // The library names the fault in the first bytes, which belong to another protocol.
            Some(rustls::Error::InvalidMessage(_)) => write!(f, "the response is not TLS"),
            _ => write!(f, "{cause}"),
        }
    }
}

impl fmt::Debug for RootCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl Error for RootCause {}

/// Returns the causes of an error, itself first. An `io::Error` may wrap another without naming it as its source.
fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error| {
        let error: &'a (dyn Error + 'static) = *error;
        let wrapped = error
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref);
        match wrapped {
            Some(inner) => {
                let inner: &(dyn Error + 'static) = inner;
                Some(inner)
            }
            None => error.source(),
        }
    })
}

fn is_tls(cause: &(dyn Error + 'static)) -> bool {
    cause.is::<rustls::Error>()
}

fn is_refused(cause: &(dyn Error + 'static)) -> bool {
    cause
        .downcast_ref::<io::Error>()
        .is_some_and(|error| error.kind() == io::ErrorKind::ConnectionRefused)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_way_to_fail_names_host_and_port_and_the_proxy_where_there_is_one() {
        let limit = Duration::from_secs(30);
        let proxy = "http://p:3128";
        let said = |kind, never_sent, at_proxy, proxy: Option<&str>| {
            let error = TransportError {
                never_sent,
                at_proxy,
                proxy: proxy.map(str::to_owned),
                ..TransportError::new(kind, "bb:443")
            };
            error.to_string()
        };
        for (kind, never_sent, direct, proxied) in [
            (
                TransportKind::Dns,
                true,
                "the host name in bb:443 cannot be resolved",
                "the host name in bb:443 cannot be resolved",
            ),
            (
                TransportKind::Tls,
                true,
                "no secure connection to bb:443",
                "no secure connection to bb:443 through the proxy http://p:3128",
            ),
            (
                TransportKind::TimedOut(limit),
                true,
                "timed out connecting to bb:443 after 30 s",
                "timed out connecting to bb:443 through the proxy http://p:3128 after 30 s",
            ),
            (
                TransportKind::TimedOut(limit),
                false,
                "bb:443 did not respond within 30 s",
                "bb:443 through the proxy http://p:3128 did not respond within 30 s",
            ),
            (
                TransportKind::Lost,
                false,
                "the connection to bb:443 was lost before a response arrived",
                "the connection to bb:443 through the proxy http://p:3128 was lost before a response arrived",
            ),
            (
                TransportKind::Cut,
                false,
                "the connection to bb:443 was lost in the middle of the response",
                "the connection to bb:443 through the proxy http://p:3128 was lost in the middle of the response",
            ),
            (
                TransportKind::TooLarge(8 << 20),
                false,
                "the response from bb:443 is larger than 8 MiB, which no Harness response is",
                "the response from bb:443 through the proxy http://p:3128 is larger than 8 MiB, which no Harness \
                 response is",
            ),
            (
                TransportKind::Other,
                false,
                "the request to bb:443 failed",
                "the request to bb:443 through the proxy http://p:3128 failed",
            ),
        ] {
            assert_eq!(said(kind, never_sent, false, None), direct);
            assert_eq!(said(kind, never_sent, false, Some(proxy)), proxied);
        }
        for (kind, at_proxy, text) in [
            (
                TransportKind::Dns,
                true,
                "the host name of the proxy http://p:3128 on the way to bb:443 cannot be resolved",
            ),
            (
                TransportKind::Refused,
                true,
                "the connection to the proxy http://p:3128 on the way to bb:443 was refused",
            ),
            (
                TransportKind::Tls,
                true,
                "no secure connection to the proxy http://p:3128 on the way to bb:443",
            ),
            (
                TransportKind::ProxyAuthentication,
                false,
                "the proxy http://p:3128 on the way to bb:443 requires a username and password, or rejected those in \
                 its URL",
            ),
            (
                TransportKind::Tunnel,
                false,
                "the proxy http://p:3128 on the way to bb:443 did not open a connection",
            ),
        ] {
            assert_eq!(said(kind, true, at_proxy, Some(proxy)), text);
        }
    }
}
