//! What `doctor` says to do about the connection to Harness. It knows host and proxy, and may name command-line
//! options. [`remedy`](mod@super::remedy) has the counterpart for diagnostics of a run, for people who only see a
//! configuration.

use std::net::IpAddr;

use harness_platform::{
    Failure, PlatformError, RefusalBody, TlsProblem, TransportError, TransportKind,
};

/// What to do if no authority is known.
const STORE: &str = "Check that this machine's trusted certificates can be read. If SSL_CERT_FILE or SSL_CERT_DIR is \
                     set, it must point to certificates.";

/// The connection of a request to Harness.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Route<'a> {
    pub(crate) host: &'a str,
    pub(crate) host_and_port: &'a str,
    pub(crate) proxy: Option<&'a str>,
}

impl Route<'_> {
    /// Returns what to do about a failed connection, or `None` if there was one.
    pub(crate) fn connect(&self, error: &PlatformError) -> Option<String> {
        match error.failure() {
            Failure::Setup(_) => Some(STORE.to_owned()),
            Failure::Transport(transport)
                if transport.kind() == TransportKind::Tls && !transport.is_at_proxy() =>
            {
                None
            }
            Failure::Transport(transport) if transport.never_sent() => Some(match self.proxy {
                Some(proxy) => self.connect_through(proxy, transport),
                None => self.connect_directly(transport),
            }),
            _ => None,
        }
    }

    fn connect_through(&self, proxy: &str, error: &TransportError) -> String {
        let host = self.host;
        match error.kind() {
            TransportKind::ProxyAuthentication => format!(
                "Put the username and password into the URL of {proxy}, as in http://user:password@host:port, in \
                 HTTPS_PROXY, HTTP_PROXY, or ALL_PROXY, whichever sets it. Percent-encode special characters, such as \
                 %40 for @."
            ),
            TransportKind::Tls => format!(
                "Write http:// instead of https:// in the URL of {proxy}, unless the proxy itself uses TLS. If it \
                 does, set ca_certificate_file to the certificate of its authority."
            ),
            TransportKind::Tunnel => format!(
                "Ask the administrators of {proxy} to let this machine reach {host}. If {host} can be reached without \
                 the proxy, add it to NO_PROXY."
            ),
            _ => format!(
                "Check that the proxy {proxy} is the right one and lets this machine reach {host}. If {host} can be \
                 reached without a proxy, add it to NO_PROXY."
            ),
        }
    }

    fn connect_directly(&self, error: &TransportError) -> String {
        match error.kind() {
            TransportKind::Dns => format!(
                "Check the endpoint for typos, and check that this machine can resolve {}. If it needs a proxy to \
                 reach the Internet, set HTTPS_PROXY.",
                self.host
            ),
            TransportKind::Refused => {
                "Nothing is listening there. Check the endpoint's host and port.".to_owned()
            }
            _ => format!(
                "A firewall may be blocking connections to {}. If this machine needs a proxy to reach the Internet, \
                 set HTTPS_PROXY.",
                self.host_and_port
            ),
        }
    }

    /// Returns what to do about failed TLS, or `None` if that is not the error.
    pub(crate) fn encrypt(&self, error: &PlatformError) -> Option<String> {
        let Failure::Transport(transport) = error.failure() else {
            return None;
        };
        let host = self.host;
        Some(match transport.tls_problem()? {
            TlsProblem::UntrustedServer => {
                "Save the server's certificate, exactly as the server sends it, as a PEM file. Set the provider's \
                 ca_certificate_file to that file, and test it here with --ca-certificate-file FILE. Or issue the \
                 server a certificate that is not an authority's (basicConstraints CA:FALSE), and use the certificate \
                 of the authority that signed it."
                    .to_owned()
            }
            TlsProblem::NoNames => format!(
                "The certificate has no host in its subjectAltName; its common name is not used. Issue one with a \
                 subjectAltName. {}",
                self.issue()
            ),
            TlsProblem::OldVersion => format!(
                "The certificate is not an X.509 version 3 certificate. Issue one that is. {}",
                self.issue()
            ),
            TlsProblem::IssuerNotValidNow => {
                "Check this machine's clock. If it is right, replace the authority's certificate in the \
                 ca_certificate_file with the current one, and test it here with --ca-certificate-file FILE."
                    .to_owned()
            }
            TlsProblem::IssuerUnfit => {
                "The certificate in the ca_certificate_file cannot act as an authority. An authority needs \
                 basicConstraints CA:TRUE, keyCertSign in keyUsage (if present), and serverAuth in extendedKeyUsage \
                 (if present). Add the server's own certificate to the file instead, or have an authority issue one."
                    .to_owned()
            }
            TlsProblem::NotForServers => format!(
                "The certificate is not for servers. Issue one with serverAuth in its extendedKeyUsage, or without \
                 extendedKeyUsage. {}",
                self.issue()
            ),
            TlsProblem::NoAuthorities => format!(
                "{STORE} Or set ca_certificate_file to the certificate of the server or of its authority."
            ),
            TlsProblem::UnknownIssuer => {
                "This machine does not trust the authority that signed the certificate. If the authority is your \
                 company's, or that of a proxy that inspects TLS, save its certificate as a PEM file, set the \
                 provider's ca_certificate_file to that file, and test it here with --ca-certificate-file FILE."
                    .to_owned()
            }
            TlsProblem::OtherName => format!(
                "The certificate is not for {host}. Write the endpoint with a name that the certificate is for."
            ),
            TlsProblem::NotValidNow => {
                "Check this machine's clock. If it is right, ask the server's administrators to renew the certificate."
                    .to_owned()
            }
            TlsProblem::NoTls => {
                "That port does not use TLS. Check the endpoint's port, and whether the endpoint should start with \
                 http://."
                    .to_owned()
            }
            _ => format!("Check that {host} supports TLS 1.2 or later, and that no proxy interferes with it."),
        })
    }

    /// Returns how to issue a certificate for this host.
    fn issue(&self) -> String {
        let name = match self.host.trim_matches(['[', ']']).parse::<IpAddr>() {
            Ok(address) => format!("IP:{address}"),
            Err(_) => format!("DNS:{}", self.host),
        };
        format!(
            "For a server of your own: openssl req -x509 -newkey rsa:2048 -nodes -days 365 -keyout key.pem -out cert.pem \
             -subj /CN=harness -addext subjectAltName={name}"
        )
    }

    /// Returns what to do about a response that is not Harness's, or about one that says that Harness does not work.
    /// Returns `None` if Harness responds.
    pub(crate) fn reach(&self, error: &PlatformError) -> Option<String> {
        if error.is_rate_limited() {
            return Some(
                "Harness is rate-limiting the key. Wait a minute and try again.".to_owned(),
            );
        }
        match error.failure() {
            Failure::Refused(refusal) => match refusal.body {
                RefusalBody::Platform | RefusalBody::Empty if refusal.status >= 500 => Some(
                    "Harness, or something in front of it, has a problem. Check https://status.harness.io, and try \
                     again."
                        .to_owned(),
                ),
                RefusalBody::Platform => None,
                // The edge may refuse a key without a message.
                RefusalBody::Empty if refusal.status == 401 => None,
                _ => Some(self.check_endpoint()),
            },
            Failure::Unexpected { .. } | Failure::MixedUp { .. } | Failure::Redirected { .. } => {
                Some(self.check_endpoint())
            }
            _ => Some(
                "The connection worked, but no complete response arrived. Try again. If that does not help, check the \
                 endpoint's port, and check for a proxy or a firewall."
                    .to_owned(),
            ),
        }
    }

    fn check_endpoint(&self) -> String {
        let other = match self.proxy {
            Some(proxy) => format!("the proxy {proxy}"),
            None => "a proxy".to_owned(),
        };
        format!(
            "Check the endpoint: it must be the base URL of Harness's API, such as https://app.harness.io/gateway. If \
             it is, this response came from {other} or a firewall."
        )
    }
}
