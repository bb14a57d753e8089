//! What `doctor` says to do about the way to Harness: it knows host and proxy, and may name the command line's options.
//! Findings of a run say it in [`remedy`](mod@super::remedy), for people who only see a configuration.

use std::net::IpAddr;

use harness_platform::{
    Failure, PlatformError, RefusalBody, TlsProblem, TransportError, TransportKind,
};

/// What to do where no authority is known.
const STORE: &str = "See that this machine's store of trusted certificates can be read: of the variables SSL_CERT_FILE and \
    SSL_CERT_DIR, those that are set must lead to certificates.";

/// The way of a request to Harness.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Route<'a> {
    pub(crate) host: &'a str,
    pub(crate) host_and_port: &'a str,
    pub(crate) proxy: Option<&'a str>,
}

impl Route<'_> {
    /// Returns what to do about a connection that was not made; `None` if there was one.
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
                "Write the user and password of {proxy} into its address, as http://user:password@host:port, in the \
                 variable that names it (HTTPS_PROXY, HTTP_PROXY or ALL_PROXY). Percent-encode special characters, such as \
                 %40 for @."
            ),
            TransportKind::Tls => format!(
                "Write http:// instead of https:// before the host of {proxy}, unless it speaks TLS itself. If it does, set \
                 ca_certificate_file to the authority of its certificate."
            ),
            TransportKind::Tunnel => format!(
                "Ask whoever runs {proxy} to let this machine reach {host}; if {host} can be reached without it, name it in \
                 NO_PROXY."
            ),
            _ => format!(
                "See that the proxy {proxy} is right and lets this machine reach {host}; if {host} is to be reached without \
                 it, name it in NO_PROXY."
            ),
        }
    }

    fn connect_directly(&self, error: &TransportError) -> String {
        match error.kind() {
            TransportKind::Dns => format!(
                "Look for a typing error in the endpoint, and see that this machine can resolve {}. If it reaches the \
                 outside only through a proxy, set HTTPS_PROXY.",
                self.host
            ),
            TransportKind::Refused => {
                "Nobody listens there: check the endpoint's host and port.".to_owned()
            }
            _ => format!(
                "Something on the way, such as a firewall, may hold connections to {} back. If this machine reaches the \
                 outside only through a proxy, set HTTPS_PROXY.",
                self.host_and_port
            ),
        }
    }

    /// Returns what to do about a connection without TLS; `None` if that is not the error.
    pub(crate) fn encrypt(&self, error: &PlatformError) -> Option<String> {
        let Failure::Transport(transport) = error.failure() else {
            return None;
        };
        let host = self.host;
        Some(match transport.tls_problem()? {
            TlsProblem::UntrustedServer => {
                "Have the server's certificate, exactly as it sends it, as a PEM file, set the provider's \
                 ca_certificate_file to that, and try it here with --ca-certificate-file FILE. Or issue the server a \
                 certificate that is no authority (basicConstraints CA:FALSE), and give that of the authority that signed it."
                    .to_owned()
            }
            TlsProblem::NoNames => format!(
                "The certificate names no host in its subjectAltName, and a common name does not count. Issue one that \
                 does. {}",
                self.issue()
            ),
            TlsProblem::OldVersion => format!(
                "The certificate is not of X.509 version 3: issue one that is. {}",
                self.issue()
            ),
            TlsProblem::IssuerNotValidNow => {
                "Check this machine's clock. If it is right, replace the authority's certificate in the file that \
                 ca_certificate_file names with the authority's current one, and try it here with --ca-certificate-file \
                 FILE."
                    .to_owned()
            }
            TlsProblem::IssuerUnfit => {
                "The certificate in the file that ca_certificate_file names cannot be an authority: that takes \
                 basicConstraints CA:TRUE, keyCertSign in keyUsage if it has one, and serverAuth in extendedKeyUsage if it \
                 has one. Add the server's own certificate to the file, or have a certificate issued by an authority."
                    .to_owned()
            }
            TlsProblem::NotForServers => format!(
                "The certificate is not for servers: issue one that has serverAuth in its extendedKeyUsage, or no \
                 extendedKeyUsage. {}",
                self.issue()
            ),
            TlsProblem::NoAuthorities => format!(
                "{STORE} Or set ca_certificate_file to the server's certificate or to that of its authority."
            ),
            TlsProblem::UnknownIssuer => {
                "This machine does not trust the authority that signed the certificate. If it is your company's own, or \
                 that of a proxy which looks into TLS: have its certificate as a PEM file, set the provider's \
                 ca_certificate_file to that, and try it here with --ca-certificate-file FILE."
                    .to_owned()
            }
            TlsProblem::OtherName => format!(
                "The certificate is for another name than {host}: write the endpoint with a name that it is for."
            ),
            TlsProblem::NotValidNow => {
                "Check this machine's clock. If it is right, the certificate has to be renewed by whoever runs that server."
                    .to_owned()
            }
            TlsProblem::NoTls => {
                "What answers there does not speak TLS: check the endpoint's port, and whether it is https:// at all."
                    .to_owned()
            }
            _ => format!("See that {host} speaks TLS 1.2 or later, and that no proxy on the way breaks it."),
        })
    }

    /// How to issue a certificate for this host.
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

    /// Returns what to do about an answer that is none of Harness's, or says that Harness does not work; `None` if Harness
    /// answers.
    pub(crate) fn reach(&self, error: &PlatformError) -> Option<String> {
        if error.is_rate_limited() {
            return Some("The key's limit of requests is used up: wait a minute.".to_owned());
        }
        match error.failure() {
            Failure::Refused(refusal) => match refusal.body {
                RefusalBody::Platform | RefusalBody::Empty if refusal.status >= 500 => Some(
                    "Harness, or something in front of it, is in trouble: try again, and look at \
                     https://status.harness.io."
                        .to_owned(),
                ),
                RefusalBody::Platform => None,
                // The edge may refuse a key without a word.
                RefusalBody::Empty if refusal.status == 401 => None,
                _ => Some(self.check_endpoint()),
            },
            Failure::Unexpected { .. } | Failure::MixedUp { .. } | Failure::Redirected { .. } => {
                Some(self.check_endpoint())
            }
            _ => Some(
                "The connection came about, but no whole answer: try again; if it stays so, look for a proxy, a firewall or \
                 a wrong port in the endpoint."
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
            "Check the endpoint: it must be the address of Harness's API, such as https://app.harness.io/gateway. If it is, \
             {other} or a firewall on the way gave this answer."
        )
    }
}
