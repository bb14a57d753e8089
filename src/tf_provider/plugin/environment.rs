//! The settings that the host passes to a plugin in environment variables.
//!
//! Everything here is pure and accepts any input. As in go-plugin, an empty variable counts as not set.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;

use crate::visible::is_invisible;

/// The major version of the Terraform plugin protocol that is served.
pub const PROTOCOL_VERSION: u32 = 5;

/// A value that Terraform and all its providers share. It tells a start by Terraform from a start by hand. Not a
/// secret.
const COOKIE_NAME: &str = "TF_PLUGIN_MAGIC_COOKIE";
const COOKIE: &str = "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2";

/// What the host requests, read from the environment. The default is a host that requests nothing.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Environment {
    /// The ports from which a TCP listener may choose.
    pub ports: PortRange,
    /// The only client certificate to admit. `None` if the host does not use TLS (Terraform's `TF_DISABLE_PLUGIN_TLS`).
    pub client_certificate: Option<CertificateDer<'static>>,
    /// The directory for the Unix socket; `None` for the default directory for temporary files.
    pub socket_dir: Option<PathBuf>,
    /// The name or number of a group that may access the Unix socket; `None` for the user only.
    pub socket_group: Option<String>,
    /// Whether the host knows about multiplexing and expects a seventh field in the handshake line.
    pub multiplexing_field: bool,
}

/// An inclusive range of TCP ports. The default is go-plugin's.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct PortRange {
    /// The lowest port; not greater than `last`.
    pub first: u16,
    /// The highest port.
    pub last: u16,
}

/// Why the environment does not allow the plugin to be served.
#[derive(Clone, Debug, Eq, thiserror::Error, PartialEq)]
pub enum EnvironmentError {
    /// The cookie is missing: the process was started by hand.
    #[error("this program was not started by Terraform")]
    NotStartedByTerraform,
    /// The host supports only other protocol versions.
    #[error(
        "Terraform supports the plugin protocol versions {offered}, but this provider needs version \
         {PROTOCOL_VERSION}; use Terraform 1.0 or later"
    )]
    ProtocolVersion {
        /// The versions that the host offers, shortened.
        offered: String,
    },
    /// A port is not a number from 1 to 65535.
    #[error("{variable} is `{found}`; expected a TCP port between 1 and 65535")]
    Port {
        /// The variable.
        variable: &'static str,
        /// Its value, shortened.
        found: String,
    },
    /// The range of ports is empty.
    #[error(
        "PLUGIN_MIN_PORT is {first} and PLUGIN_MAX_PORT is {last}; expected PLUGIN_MIN_PORT to be at most \
         PLUGIN_MAX_PORT"
    )]
    PortRange {
        /// The given lower bound.
        first: u16,
        /// The given upper bound.
        last: u16,
    },
    /// The client certificate is not exactly one PEM certificate.
    #[error("PLUGIN_CLIENT_CERT has {found}; expected exactly one certificate in PEM")]
    ClientCertificate {
        /// What was found instead.
        found: &'static str,
    },
    /// A variable is not valid Unicode.
    #[error("{variable} is not valid UTF-8")]
    NotUnicode {
        /// The variable.
        variable: &'static str,
    },
}

impl Default for PortRange {
    fn default() -> Self {
        Self {
            first: 10_000,
            last: 25_000,
        }
    }
}

impl Environment {
    /// Reads the handshake variables and ignores all others. If a name occurs more than once, the last value is used.
    ///
    /// # Errors
    /// Returns [`EnvironmentError::NotStartedByTerraform`] if the cookie is missing; it is checked first. Otherwise
    /// returns the first problem, in the order of the variants.
    pub fn from_vars<I, K, V>(vars: I) -> Result<Self, EnvironmentError>
    where
        I: IntoIterator<Item = (K, V)>,
        K: Into<OsString>,
        V: Into<OsString>,
    {
        let vars = vars.into_iter();
        let vars = Variables(
            vars.map(|(name, value)| (name.into(), value.into()))
                .collect(),
        );
        if vars.get(COOKIE_NAME) != Some(COOKIE.as_ref()) {
            return Err(EnvironmentError::NotStartedByTerraform);
        }
        check_versions(vars.text("PLUGIN_PROTOCOL_VERSIONS")?)?;
        let PortRange { first, last } = PortRange::default();
        let first = vars.port("PLUGIN_MIN_PORT", first)?;
        let last = vars.port("PLUGIN_MAX_PORT", last)?;
        if first > last {
            return Err(EnvironmentError::PortRange { first, last });
        }
        let socket_group = vars.text("PLUGIN_UNIX_SOCKET_GROUP");
        Ok(Self {
            ports: PortRange { first, last },
            client_certificate: client_certificate(vars.text("PLUGIN_CLIENT_CERT")?)?,
            socket_dir: vars.get("PLUGIN_UNIX_SOCKET_DIR").map(PathBuf::from),
            socket_group: Some(socket_group?.to_owned()).filter(|group| !group.is_empty()),
            multiplexing_field: vars.get("PLUGIN_MULTIPLEX_GRPC").is_some(),
        })
    }
}

/// The environment variables of the process.
struct Variables(BTreeMap<OsString, OsString>);

impl Variables {
    /// Returns the value of a variable, if it is not empty.
    fn get(&self, name: &str) -> Option<&OsStr> {
        let value = self.0.get(OsStr::new(name))?;
        Some(value.as_os_str()).filter(|value| !value.is_empty())
    }

    /// Returns the text of a variable, or an empty text if it is not set.
    fn text(&self, variable: &'static str) -> Result<&str, EnvironmentError> {
        self.get(variable)
            .map_or(Some(""), OsStr::to_str)
            .ok_or(EnvironmentError::NotUnicode { variable })
    }

    fn port(&self, variable: &'static str, default: u16) -> Result<u16, EnvironmentError> {
        let text = self.text(variable)?;
        if text.is_empty() {
            return Ok(default);
        }
        let port = text.parse().ok().filter(|port| *port > 0);
        port.ok_or_else(|| EnvironmentError::Port {
            variable,
            found: excerpt(text),
        })
    }
}

/// Checks the protocol versions. A host that offers none predates negotiation and uses the plugin's version. An entry
/// that is not a number is ignored, since version 5 may still be among the others.
fn check_versions(offered: &str) -> Result<(), EnvironmentError> {
    let mut versions = offered.split(',').map(|version| version.trim().parse());
    if offered.is_empty() || versions.any(|version| version == Ok(PROTOCOL_VERSION)) {
        return Ok(());
    }
    Err(EnvironmentError::ProtocolVersion {
        offered: excerpt(offered),
    })
}

fn client_certificate(pem: &str) -> Result<Option<CertificateDer<'static>>, EnvironmentError> {
    let error = |found| Err(EnvironmentError::ClientCertificate { found });
    if pem.is_empty() {
        return Ok(None);
    }
    let mut certificates = CertificateDer::pem_slice_iter(pem.as_bytes());
    match (certificates.next(), certificates.next()) {
        (Some(Ok(certificate)), None) => Ok(Some(certificate)),
        (None, _) => error("no certificate"),
        (Some(Ok(_)), Some(Ok(_))) => error("more than one certificate"),
        (Some(Err(_)), _) | (_, Some(Err(_))) => error("damaged PEM"),
    }
}

/// Returns the beginning of an untrusted text, safe for a message: one line, no control characters.
fn excerpt(text: &str) -> String {
    const LENGTH: usize = 40;
    let mut excerpt: String = text
        .chars()
        .take(LENGTH)
        .map(|c| if is_invisible(c) { '\u{fffd}' } else { c })
        .collect();
    if text.chars().nth(LENGTH).is_some() {
        excerpt.push('…');
    }
    excerpt
}

#[cfg(test)]
mod tests {
    use super::*;

    const PEM: &str = "-----BEGIN CERTIFICATE-----\nAQIDBA==\n-----END CERTIFICATE-----\n";

    /// Reads the environment of Terraform 1.11, with some variables replaced.
    fn terraform(changes: &[(&str, &str)]) -> Result<Environment, EnvironmentError> {
        let usual = [
            (COOKIE_NAME, COOKIE),
            ("PLUGIN_PROTOCOL_VERSIONS", "5,6"),
            ("PLUGIN_MIN_PORT", "10000"),
            ("PLUGIN_MAX_PORT", "25000"),
            ("PLUGIN_CLIENT_CERT", PEM),
            ("PATH", "/usr/bin"),
        ];
        Environment::from_vars(usual.into_iter().chain(changes.iter().copied()))
    }

    #[test]
    fn terraforms_environment_is_understood() {
        let expected = Environment {
            client_certificate: Some(CertificateDer::from(vec![1, 2, 3, 4])),
            ..Environment::default()
        };
        assert_eq!(terraform(&[]), Ok(expected.clone()));
        assert_eq!(
            terraform(&[
                ("PLUGIN_UNIX_SOCKET_DIR", "/run/plugins"),
                ("PLUGIN_UNIX_SOCKET_GROUP", "terraform"),
                ("PLUGIN_MULTIPLEX_GRPC", "true"),
                ("PLUGIN_MIN_PORT", "1"),
                ("PLUGIN_MAX_PORT", "65535"),
            ]),
            Ok(Environment {
                ports: PortRange {
                    first: 1,
                    last: 65535
                },
                socket_dir: Some(PathBuf::from("/run/plugins")),
                socket_group: Some("terraform".to_owned()),
                multiplexing_field: true,
                ..expected
            })
        );
    }

    #[test]
    fn an_empty_variable_counts_as_not_set() {
        let environment = terraform(&[
            ("PLUGIN_PROTOCOL_VERSIONS", ""),
            ("PLUGIN_MIN_PORT", ""),
            ("PLUGIN_MAX_PORT", ""),
            ("PLUGIN_CLIENT_CERT", ""),
            ("PLUGIN_UNIX_SOCKET_DIR", ""),
            ("PLUGIN_UNIX_SOCKET_GROUP", ""),
            ("PLUGIN_MULTIPLEX_GRPC", ""),
        ]);
        let bare = Environment::from_vars([(COOKIE_NAME, COOKIE)]);
        assert_eq!(environment, bare);
        assert_eq!(bare, Ok(Environment::default()));
    }

    #[test]
    fn without_the_right_cookie_nothing_else_matters() {
        for cookie in ["", "d602", "D602BF8F"] {
            assert_eq!(
                terraform(&[(COOKIE_NAME, cookie), ("PLUGIN_MIN_PORT", "x")]),
                Err(EnvironmentError::NotStartedByTerraform),
                "{cookie}"
            );
        }
        assert_eq!(
            Environment::from_vars([("HOME", "/root")]),
            Err(EnvironmentError::NotStartedByTerraform)
        );
    }

    #[test]
    fn protocol_5_is_found_wherever_it_is_offered() {
        for offered in ["5", "5,6", "6,5", " 5 , 6", "4,5,6", "next,5", "05"] {
            assert!(
                terraform(&[("PLUGIN_PROTOCOL_VERSIONS", offered)]).is_ok(),
                "{offered}"
            );
        }
    }

    #[test]
    fn an_unsupported_environment_is_an_error_with_the_expectation() {
        let rows = [
            (
                ("PLUGIN_PROTOCOL_VERSIONS", "6,7"),
                "Terraform supports the plugin protocol versions 6,7, but this provider needs version 5; use Terraform \
                 1.0 or later",
            ),
            (
                ("PLUGIN_PROTOCOL_VERSIONS", "55\n"),
                "Terraform supports the plugin protocol versions 55\u{fffd}, but this provider needs version 5; use \
                 Terraform 1.0 or later",
            ),
            (
                ("PLUGIN_MIN_PORT", "0"),
                "PLUGIN_MIN_PORT is `0`; expected a TCP port between 1 and 65535",
            ),
            (
                ("PLUGIN_MAX_PORT", "65536"),
                "PLUGIN_MAX_PORT is `65536`; expected a TCP port between 1 and 65535",
            ),
            (
                ("PLUGIN_MAX_PORT", "9999"),
                "PLUGIN_MIN_PORT is 10000 and PLUGIN_MAX_PORT is 9999; expected PLUGIN_MIN_PORT to be at most \
                 PLUGIN_MAX_PORT",
            ),
            (
                ("PLUGIN_CLIENT_CERT", "AQIDBA=="),
                "PLUGIN_CLIENT_CERT has no certificate; expected exactly one certificate in PEM",
            ),
            (
                (
                    "PLUGIN_CLIENT_CERT",
                    "-----BEGIN CERTIFICATE-----\n?\n-----END CERTIFICATE-----\n",
                ),
                "PLUGIN_CLIENT_CERT has damaged PEM; expected exactly one certificate in PEM",
            ),
            (
                ("PLUGIN_CLIENT_CERT", &format!("{PEM}{PEM}")),
                "PLUGIN_CLIENT_CERT has more than one certificate; expected exactly one certificate in PEM",
            ),
        ];
        for (change, message) in rows {
            assert_eq!(terraform(&[change]).unwrap_err().to_string(), message);
        }
        let long = terraform(&[("PLUGIN_PROTOCOL_VERSIONS", &"6,".repeat(5000))]).unwrap_err();
        assert!(long.to_string().len() < 250, "{long}");
    }

    #[cfg(unix)]
    #[test]
    fn invalid_unicode_is_refused_in_texts_and_kept_in_paths() {
        use std::os::unix::ffi::OsStringExt as _;

        let raw = || OsString::from_vec(vec![b'/', 0xff]);
        let vars = |name: &str| [(COOKIE_NAME.into(), COOKIE.into()), (name.into(), raw())];
        for variable in [
            "PLUGIN_PROTOCOL_VERSIONS",
            "PLUGIN_MIN_PORT",
            "PLUGIN_MAX_PORT",
            "PLUGIN_CLIENT_CERT",
            "PLUGIN_UNIX_SOCKET_GROUP",
        ] {
            assert_eq!(
                Environment::from_vars::<_, OsString, OsString>(vars(variable)),
                Err(EnvironmentError::NotUnicode { variable })
            );
        }
        let environment =
            Environment::from_vars::<_, OsString, OsString>(vars("PLUGIN_UNIX_SOCKET_DIR"));
        assert_eq!(environment.unwrap().socket_dir, Some(PathBuf::from(raw())));
        let named_by_bytes = [(raw(), OsString::from("x"))];
        assert_eq!(
            Environment::from_vars(named_by_bytes),
            Err(EnvironmentError::NotStartedByTerraform)
        );
    }
}
