//! Trust in servers: the system's authorities, and the certificates that a user adds.
//!
//! An added certificate is trusted for two purposes, and only while it is valid:
//!
//! - If it belongs to an authority, it signs server certificates. The verifier does not check the authorities that it
//!   is given, so [`Certificate::unfit`] decides which ones it gets.
//! - If a server sends exactly this certificate, the server is trusted. Many test servers and appliances have
//!   self-signed certificates. The verifier would accept no authority as a server, so [`Certificate::accept`] checks
//!   what the verifier checks for every other server: time, purpose, and name.

use std::error::Error;
use std::iter;
use std::sync::Arc;
use std::time::Duration;

use rustls_platform_verifier::Verifier;
use tokio_rustls::rustls::client::danger::{
    HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier,
};
use tokio_rustls::rustls::client::verify_server_name;
use tokio_rustls::rustls::crypto::{
    WebPkiSupportedAlgorithms, aws_lc_rs, verify_tls12_signature, verify_tls13_signature,
};
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::server::ParsedCertificate;
use tokio_rustls::rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error as TlsError, ExtendedKeyPurpose,
    OtherError, RootCertStore, SignatureScheme,
};
use x509_parser::certificate::X509Certificate;
use x509_parser::error::X509Error;
use x509_parser::prelude::FromDer;
use x509_parser::time::ASN1Time;
use x509_parser::x509::X509Version;

use super::error::SetupError;
use super::tls_problem::{UnfitIssuer, UnknownAuthority};

/// HTTP/2 if the server supports it.
const PROTOCOLS: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// Reads and checks the certificates of a PEM file, so that a wrong file is reported when the provider is configured.
pub(crate) fn certificates(pem: &[u8]) -> Result<Vec<Certificate>, SetupError> {
    let mut certificates = Vec::new();
    for (index, certificate) in CertificateDer::pem_slice_iter(pem).enumerate() {
        let fault = |reason: String| SetupError::Certificate {
            number: index + 1,
            reason,
        };
        let der = certificate.map_err(|error| fault(error.to_string()))?;
        certificates.push(Certificate::read(&der).map_err(fault)?);
    }
    if certificates.is_empty() {
        return Err(SetupError::NoCertificate);
    }
    Ok(certificates)
}

/// Returns the HTTP client's configuration for TLS 1.2 and later, with the system's authorities and these certificates.
/// Reads the system's certificate store.
pub(crate) fn client_config(added: &[Certificate]) -> Result<ClientConfig, TlsError> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let now = UnixTime::now();
    let authorities = added.iter().filter(|one| one.unfit(now).is_none());
    let authorities: Vec<_> = authorities.map(|one| one.der.clone()).collect();
    let verifier = if authorities.is_empty() {
        Verifier::new(Arc::clone(&provider))
    } else {
        Verifier::new_with_extra_roots(authorities, Arc::clone(&provider))
    };
    let verifier = match verifier {
        // A machine without any authority can still reach a server with an added certificate.
        Err(error) if added.is_empty() => return Err(error),
        verifier => verifier,
    };
    let trust = Trust {
        verifier,
        added: added.to_vec(),
        algorithms: provider.signature_verification_algorithms,
    };
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(trust))
        .with_no_client_auth();
    config.alpn_protocols = PROTOCOLS.map(<[u8]>::to_vec).to_vec();
    Ok(config)
}

/// Returns the innermost message of a chain of errors; the layers around it only repeat it.
pub(crate) fn root_cause(error: &(dyn Error + 'static)) -> String {
    let mut cause = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}

/// A certificate that a user added, and what it may be used for.
#[derive(Clone, Debug)]
pub(crate) struct Certificate {
    der: CertificateDer<'static>,
    /// The encoded subject, which certificates that it signed have as their issuer.
    subject: Vec<u8>,
    not_before: UnixTime,
    not_after: UnixTime,
    may_sign: bool,
    /// Whether its extended key usage, if it has one, includes servers.
    for_servers: Result<(), CertificateError>,
}

impl Certificate {
    fn read(der: &CertificateDer<'static>) -> Result<Self, String> {
        // The verifier must be able to read it, too.
        RootCertStore::empty()
            .add(der.clone())
            .map_err(|error| error.to_string())?;
        let (_, read) = X509Certificate::from_der(der).map_err(|error| error.to_string())?;
        let validity = read.validity();
        Ok(Self {
            subject: read.subject().as_raw().to_vec(),
            not_before: unix_time(validity.not_before),
            not_after: unix_time(validity.not_after),
            may_sign: may_sign(&read).map_err(|error| error.to_string())?,
            for_servers: purpose(&read).map_err(|error| error.to_string())?,
            der: der.clone(),
        })
    }

    /// Returns why it cannot be an authority for servers now, or `None` if it can.
    fn unfit(&self, now: UnixTime) -> Option<UnfitIssuer> {
        if !self.may_sign {
            Some(UnfitIssuer::NoAuthority)
        } else if self.for_servers.is_err() {
            Some(UnfitIssuer::NotForServers)
        } else if now < self.not_before {
            Some(UnfitIssuer::NotValidYet)
        } else if now > self.not_after {
            Some(UnfitIssuer::Expired)
        } else {
            None
        }
    }

    /// Accepts it as the certificate of the server with this name. The signature of the handshake proves that the
    /// server has the key.
    fn accept(&self, name: &ServerName<'_>, now: UnixTime) -> Result<ServerCertVerified, TlsError> {
        // Not every authority can be a server: it may be version 1, or have an unknown critical extension.
        let parsed = ParsedCertificate::try_from(&self.der)?;
        if now < self.not_before {
            return Err(CertificateError::NotValidYetContext {
                time: now,
                not_before: self.not_before,
            }
            .into());
        }
        if now > self.not_after {
            return Err(CertificateError::ExpiredContext {
                time: now,
                not_after: self.not_after,
            }
            .into());
        }
        self.for_servers.clone()?;
        verify_server_name(&parsed, name)?;
        Ok(ServerCertVerified::assertion())
    }
}

/// Converts a time. Times before 1970 become 1970.
fn unix_time(time: ASN1Time) -> UnixTime {
    let seconds = u64::try_from(time.timestamp()).unwrap_or(0);
    UnixTime::since_unix_epoch(Duration::from_secs(seconds))
}

/// Returns whether it is an authority's. Version 1 has no extension for that; as in OpenSSL, a self-signed one counts.
fn may_sign(read: &X509Certificate<'_>) -> Result<bool, X509Error> {
    if read.version() == X509Version::V1 {
        return Ok(is_self_issued(read));
    }
    let constraints = read.basic_constraints()?;
    let usage = read.key_usage()?;
    Ok(constraints.is_some_and(|constraints| constraints.value.ca)
        && usage.is_none_or(|usage| usage.value.key_cert_sign()))
}

fn purpose(read: &X509Certificate<'_>) -> Result<Result<(), CertificateError>, X509Error> {
    let Some(usage) = read.extended_key_usage()? else {
        return Ok(Ok(()));
    };
    let usage = usage.value;
    Ok(if usage.server_auth || usage.any {
        Ok(())
    } else if usage.client_auth {
        Err(CertificateError::InvalidPurposeContext {
            required: ExtendedKeyPurpose::ServerAuth,
            presented: vec![ExtendedKeyPurpose::ClientAuth],
        })
    } else {
        Err(CertificateError::InvalidPurpose)
    })
}

fn is_self_issued(read: &X509Certificate<'_>) -> bool {
    read.subject().as_raw() == read.issuer().as_raw()
}

/// The system's verifier with the added authorities, and servers with added certificates.
#[derive(Debug)]
struct Trust {
    /// The verifier, or why there is none, which fails connections to all servers without an added certificate.
    verifier: Result<Verifier, TlsError>,
    added: Vec<Certificate>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl Trust {
    /// Returns a more specific error than "unknown issuer", if there is one.
    fn explain(
        &self,
        server: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Option<TlsError> {
        let chain = iter::once(server).chain(intermediates);
        for certificate in chain {
            let Ok((_, read)) = X509Certificate::from_der(certificate) else {
                continue;
            };
            let issuer = read.issuer().as_raw();
            let mut issuers = self.added.iter().filter(|one| one.subject == issuer);
            if is_self_issued(&read) {
                // An added certificate with its name is an earlier or later one, not its issuer.
                if certificate == server && issuers.next().is_some() {
                    return Some(other(UnknownAuthority));
                }
            } else if let Some(unfit) = issuers.find_map(|one| one.unfit(now)) {
                return Some(other(unfit));
            }
        }
        None
    }
}

impl ServerCertVerifier for Trust {
    fn verify_server_cert(
        &self,
        server: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, TlsError> {
        if let Some(own) = self.added.iter().find(|one| one.der == *server) {
            return own.accept(name, now);
        }
        let verified = match &self.verifier {
            Ok(verifier) => {
                verifier.verify_server_cert(server, intermediates, name, ocsp_response, now)
            }
            Err(error) => Err(error.clone()),
        };
        match verified {
            Err(error) if is_authority(&error) => Err(other(UnknownAuthority)),
            Err(error) if is_unknown(&error) || self.verifier.is_err() => {
                Err(self.explain(server, intermediates, now).unwrap_or(error))
            }
            verified => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        server: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        verify_tls12_signature(message, server, signature, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        server: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        verify_tls13_signature(message, server, signature, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

/// Returns whether the only problem so far is that the server's certificate is an authority's. The error has no public
/// type; tests pin its name.
fn is_authority(error: &TlsError) -> bool {
    match error {
        TlsError::InvalidCertificate(CertificateError::Other(OtherError(error))) => {
            error.to_string() == "CaUsedAsEndEntity"
        }
        _ => false,
    }
}

/// Returns whether no trusted authority signed the server's certificate.
fn is_unknown(error: &TlsError) -> bool {
    matches!(
        error,
        TlsError::InvalidCertificate(CertificateError::UnknownIssuer)
    )
}

fn other(error: impl Error + Send + Sync + 'static) -> TlsError {
    CertificateError::Other(OtherError(Arc::new(error))).into()
}
