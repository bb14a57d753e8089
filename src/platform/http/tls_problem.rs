//! What is wrong with a TLS connection, by error type: the verifiers' types, and those that [`tls`](super::tls) adds.

use std::error::Error;
use std::fmt;

use tokio_rustls::rustls::{CertificateError, Error as TlsError, OtherError};

/// What is wrong with a TLS connection, with a variant for each remedy.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum TlsProblem {
    /// The server's certificate is self-signed or an authority's, and not among the trusted ones.
    UntrustedServer,
    /// No trusted authority signed the certificate.
    UnknownIssuer,
    /// This machine's certificate store is empty or cannot be read.
    NoAuthorities,
    /// The added certificate of the issuer has expired, or is not valid yet.
    IssuerNotValidNow,
    /// The added certificate of the issuer must not sign server certificates.
    IssuerUnfit,
    /// The certificate has expired, or is not valid yet.
    NotValidNow,
    /// The certificate is for another name.
    OtherName,
    /// The certificate is for no name at all.
    NoNames,
    /// The certificate is not for servers.
    NotForServers,
    /// The certificate's X.509 version is older than 3.
    OldVersion,
    /// The server does not use TLS.
    NoTls,
    /// Something else.
    Other,
}

impl TlsProblem {
    /// Classifies an error of the handshake.
    pub(crate) fn of(error: &TlsError) -> Self {
        match error {
            TlsError::InvalidCertificate(fault) => Self::of_certificate(fault),
            TlsError::InvalidMessage(_) => Self::NoTls,
            // The system's verifier has no type for this.
            TlsError::General(text) if text.starts_with("No CA certificates") => {
                Self::NoAuthorities
            }
            _ => Self::Other,
        }
    }

    fn of_certificate(fault: &CertificateError) -> Self {
        match fault {
            CertificateError::UnknownIssuer => Self::UnknownIssuer,
            CertificateError::NotValidForNameContext { presented, .. } if presented.is_empty() => {
                Self::NoNames
            }
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                Self::OtherName
            }
            CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. } => Self::NotValidNow,
            CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
                Self::NotForServers
            }
            CertificateError::Other(OtherError(fault)) => Self::of_other(fault.as_ref()),
            _ => Self::Other,
        }
    }

    fn of_other(fault: &(dyn Error + Send + Sync + 'static)) -> Self {
        if fault.is::<UnknownAuthority>() {
            return Self::UntrustedServer;
        }
        match fault.downcast_ref() {
            Some(UnfitIssuer::NotValidYet | UnfitIssuer::Expired) => Self::IssuerNotValidNow,
            Some(UnfitIssuer::NoAuthority | UnfitIssuer::NotForServers) => Self::IssuerUnfit,
            // The verifiers' own errors have no public types.
            None => match fault.to_string().as_str() {
                "UnsupportedCertVersion" => Self::OldVersion,
                "certificate had invalid extensions" => Self::NotForServers,
                _ => Self::Other,
            },
        }
    }
}

/// The server's certificate is self-signed or an authority's, and is not trusted.
#[derive(Debug)]
pub(crate) struct UnknownAuthority;

impl fmt::Display for UnknownAuthority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the server's certificate is self-signed or an authority's, and is not trusted")
    }
}

impl Error for UnknownAuthority {}

/// Why an added certificate with the issuer's name is not trusted as the issuer.
#[derive(Clone, Copy, Debug)]
pub(crate) enum UnfitIssuer {
    NoAuthority,
    NotForServers,
    NotValidYet,
    Expired,
}

impl fmt::Display for UnfitIssuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let why = match self {
            Self::NoAuthority => "is not allowed to sign certificates",
            Self::NotForServers => "is not allowed to sign server certificates",
            Self::NotValidYet => "is not valid yet",
            Self::Expired => "has expired",
        };
        write!(f, "the added issuer certificate {why}")
    }
}

impl Error for UnfitIssuer {}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio_rustls::rustls::InvalidMessage;
    use tokio_rustls::rustls::pki_types::ServerName;

    use super::*;

    #[test]
    fn an_error_is_classified_by_its_type() {
        let other = |fault| CertificateError::Other(OtherError(fault));
        let for_names = |presented: &[&str]| CertificateError::NotValidForNameContext {
            expected: ServerName::try_from("h.example").unwrap(),
            presented: presented.iter().map(|name| (*name).to_owned()).collect(),
        };
        for (fault, problem) in [
            (CertificateError::UnknownIssuer, TlsProblem::UnknownIssuer),
            (CertificateError::Expired, TlsProblem::NotValidNow),
            (CertificateError::NotValidYet, TlsProblem::NotValidNow),
            (for_names(&[]), TlsProblem::NoNames),
            (for_names(&["DNS:other"]), TlsProblem::OtherName),
            (CertificateError::InvalidPurpose, TlsProblem::NotForServers),
            (
                other(Arc::new(UnknownAuthority)),
                TlsProblem::UntrustedServer,
            ),
            (
                other(Arc::new(UnfitIssuer::Expired)),
                TlsProblem::IssuerNotValidNow,
            ),
            (
                other(Arc::new(UnfitIssuer::NotForServers)),
                TlsProblem::IssuerUnfit,
            ),
            (CertificateError::Revoked, TlsProblem::Other),
        ] {
            let shown = format!("{fault:?}");
            assert_eq!(TlsProblem::of(&fault.into()), problem, "{shown}");
        }
        let garbage = TlsError::InvalidMessage(InvalidMessage::InvalidContentType);
        assert_eq!(TlsProblem::of(&garbage), TlsProblem::NoTls);
    }
}
