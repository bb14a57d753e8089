//! How the network failed: reqwest's errors made into one sentence each, with the root cause as their source.

use std::error::Error;
use std::fmt;
use std::io;
use std::time::Duration;

use tokio_rustls::rustls;

/// No answer, or not all of it.
pub struct TransportError {
    kind: TransportKind,
    /// Host and port.
    host: String,
    /// The proxy through which the request was to go.
    proxy: Option<String>,
    never_sent: bool,
    source: Option<RootCause>,
}

/// In which way the network failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TransportKind {
    /// The host's name was not resolved.
    Dns,
    /// Nobody listens there.
    Refused,
    /// No TLS connection: a certificate that is not trusted, a protocol that is too old, or no TLS at all.
    Tls,
    /// No answer, or no connection, within this time.
    TimedOut(Duration),
    /// The connection ended before the answer began.
    Lost,
    /// The connection ended in the middle of the answer.
    Cut,
    /// The answer is larger than this many bytes.
    TooLarge(usize),
    /// Something else, see the source.
    Other,
}

impl TransportError {
    /// `host` is host and port.
    pub(super) fn new(kind: TransportKind, host: &str) -> Self {
        Self {
            kind,
            host: host.to_owned(),
            proxy: None,
            never_sent: false,
            source: None,
        }
    }

    /// Classifies an error of reqwest. `host` is host and port; `limit` is the request's time limit; `answering` says that the head of the answer
    /// had come.
    pub(super) fn classify(
        error: reqwest::Error,
        host: &str,
        limit: Duration,
        answering: bool,
    ) -> Self {
        let never_sent = error.is_connect() || error.is_builder();
        let kind = if error.is_timeout() {
            TransportKind::TimedOut(limit)
        } else if chain(&error).any(is_tls) {
            TransportKind::Tls
        } else if never_sent && chain(&error).any(is_refused) {
            TransportKind::Refused
        } else if never_sent && chain(&error).any(|cause| cause.to_string().contains("dns error")) {
            TransportKind::Dns
        } else if answering {
            TransportKind::Cut
        } else if error.is_request() && !never_sent {
            TransportKind::Lost
        } else {
            TransportKind::Other
        };
        Self {
            kind,
            host: host.to_owned(),
            proxy: None,
            never_sent,
            source: Some(RootCause(error.without_url())),
        }
    }

    /// The same of a request that was to go through this proxy.
    #[must_use]
    pub(super) fn through(mut self, proxy: Option<String>) -> Self {
        self.proxy = proxy;
        self
    }

    /// In which way it failed.
    pub fn kind(&self) -> TransportKind {
        self.kind
    }

    /// Whether the request surely never reached the platform: there was no connection yet.
    pub fn never_sent(&self) -> bool {
        self.never_sent
    }

    /// Whether the next attempt may fare better.
    pub fn is_transient(&self) -> bool {
        match self.kind {
            TransportKind::Tls | TransportKind::TooLarge(_) => false,
            TransportKind::Dns
            | TransportKind::Refused
            | TransportKind::TimedOut(_)
            | TransportKind::Lost
            | TransportKind::Cut
            | TransportKind::Other => true,
        }
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = &self.host;
        // Where there is no connection yet, it is the proxy that is looked for first.
        let (first, through) = match &self.proxy {
            Some(proxy) if self.never_sent => (
                format!("the proxy {proxy} on the way to {host}"),
                format!(" through the proxy {proxy}"),
            ),
            _ => (host.clone(), String::new()),
        };
        match self.kind {
            TransportKind::Dns => write!(f, "the host name of {first} cannot be resolved"),
            TransportKind::Refused => write!(f, "the connection to {first} is refused"),
            TransportKind::Tls => write!(f, "no secure connection to {host}{through}"),
            TransportKind::TimedOut(_) if self.never_sent => {
                write!(f, "no connection to {host}{through} came about in time")
            }
            TransportKind::TimedOut(limit) => {
                write!(f, "{host} did not answer within {} s", limit.as_secs_f64())
            }
            TransportKind::Lost => {
                write!(f, "the connection to {host} was lost before an answer came")
            }
            TransportKind::Cut => write!(
                f,
                "the connection to {host} was lost in the middle of the answer"
            ),
            TransportKind::TooLarge(limit) => {
                write!(
                    f,
                    "the answer of {host} is larger than {} MiB, which no answer of the platform is",
                    limit >> 20
                )
            }
            TransportKind::Other => write!(f, "the exchange with {host} failed"),
        }
    }
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
        match chain(&self.0).last() {
            Some(cause) => write!(f, "{cause}"),
            None => write!(f, "{}", self.0),
        }
    }
}

impl fmt::Debug for RootCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl Error for RootCause {}

/// The causes of an error, itself first. An `io::Error` may wrap another without naming it as its source.
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
    fn each_way_to_fail_names_host_and_port_and_the_proxy_where_that_may_be_to_blame() {
        let limit = Duration::from_secs(30);
        for (kind, never_sent, direct, proxied) in [
            (
                TransportKind::Dns,
                true,
                "the host name of bb:443 cannot be resolved",
                "the host name of the proxy http://p:3128 on the way to bb:443 cannot be resolved",
            ),
            (
                TransportKind::Refused,
                true,
                "the connection to bb:443 is refused",
                "the connection to the proxy http://p:3128 on the way to bb:443 is refused",
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
                "no connection to bb:443 came about in time",
                "no connection to bb:443 through the proxy http://p:3128 came about in time",
            ),
            (
                TransportKind::TimedOut(limit),
                false,
                "bb:443 did not answer within 30 s",
                "bb:443 did not answer within 30 s",
            ),
            (
                TransportKind::Lost,
                false,
                "the connection to bb:443 was lost before an answer came",
                "the connection to bb:443 was lost before an answer came",
            ),
            (
                TransportKind::Cut,
                false,
                "the connection to bb:443 was lost in the middle of the answer",
                "the connection to bb:443 was lost in the middle of the answer",
            ),
            (
                TransportKind::TooLarge(8 << 20),
                false,
                "the answer of bb:443 is larger than 8 MiB, which no answer of the platform is",
                "the answer of bb:443 is larger than 8 MiB, which no answer of the platform is",
            ),
            (
                TransportKind::Other,
                false,
                "the exchange with bb:443 failed",
                "the exchange with bb:443 failed",
            ),
        ] {
            let error = |proxy: Option<&str>| TransportError {
                never_sent,
                ..TransportError::new(kind, "bb:443").through(proxy.map(str::to_owned))
            };
            assert_eq!(error(None).to_string(), direct);
            assert_eq!(error(Some("http://p:3128")).to_string(), proxied);
        }
    }
}
