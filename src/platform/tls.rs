//! Trust in servers: the system's authorities, and the certificates that a user adds.
//!
//! A certificate that a user adds is an authority, and the certificate of a server as well if it is its own authority, as
//! the self-signed ones of many test servers and appliances are. The verifier accepts no authority as a server, so
//! [`Trust`] accepts one that is, byte for byte, an added one. Its time and name are verified as for every other.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use rustls_platform_verifier::Verifier;
use tokio_rustls::rustls::client::danger::{
    HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier,
};
use tokio_rustls::rustls::client::verify_server_name;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::server::ParsedCertificate;
use tokio_rustls::rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error as TlsError, OtherError,
    RootCertStore, SignatureScheme,
};

use super::error::SetupError;

/// A certificate that a user adds.
pub(super) type Certificate = CertificateDer<'static>;

/// HTTP/2 where the server has it.
const PROTOCOLS: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// The certificates of a PEM file, each checked, so that a wrong file is found when the provider is configured.
pub(super) fn certificates(pem: &[u8]) -> Result<Vec<Certificate>, SetupError> {
    let mut certificates = Vec::new();
    for (index, certificate) in CertificateDer::pem_slice_iter(pem).enumerate() {
        let fault = |reason: String| SetupError::Certificate {
            number: index + 1,
            reason,
        };
        let der = certificate.map_err(|error| fault(error.to_string()))?;
        RootCertStore::empty()
            .add(der.clone())
            .map_err(|error| fault(error.to_string()))?;
        certificates.push(der);
    }
    if certificates.is_empty() {
        return Err(SetupError::NoCertificate);
    }
    Ok(certificates)
}

/// What the HTTP client needs for TLS 1.2 and later, with the system's authorities and these certificates. Reads the
/// system's.
pub(super) fn client_config(added: &[Certificate]) -> Result<ClientConfig, TlsError> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let system = if added.is_empty() {
        Verifier::new(Arc::clone(&provider))?
    } else {
        Verifier::new_with_extra_roots(added.iter().cloned(), Arc::clone(&provider))?
    };
    let trust = Trust {
        system,
        added: added.to_vec(),
    };
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(trust))
        .with_no_client_auth();
    config.alpn_protocols = PROTOCOLS.map(<[u8]>::to_vec).to_vec();
    Ok(config)
}

/// The innermost message of a chain of errors, which says what the layers around it only repeat.
pub(super) fn root_cause(error: &(dyn Error + 'static)) -> String {
    let mut cause = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}

/// The system's verifier, and servers that are their own authority.
#[derive(Debug)]
struct Trust {
    system: Verifier,
    added: Vec<Certificate>,
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
        let verified =
            self.system
                .verify_server_cert(server, intermediates, name, ocsp_response, now);
        match verified {
            // The time has been verified by then: that comes first.
            Err(error) if is_authority(&error) => {
                if !self.added.contains(server) {
                    return Err(
                        CertificateError::Other(OtherError(Arc::new(UnknownAuthority))).into(),
                    );
                }
                verify_server_name(&ParsedCertificate::try_from(server)?, name)?;
                Ok(ServerCertVerified::assertion())
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
        self.system
            .verify_tls12_signature(message, server, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        server: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        self.system
            .verify_tls13_signature(message, server, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.system.supported_verify_schemes()
    }
}

/// Whether all that is wrong so far is that the server's certificate is an authority's. The error has no public type;
/// its name is pinned by tests.
fn is_authority(error: &TlsError) -> bool {
    match error {
        TlsError::InvalidCertificate(CertificateError::Other(OtherError(error))) => {
            error.to_string() == "CaUsedAsEndEntity"
        }
        _ => false,
    }
}

/// The server's certificate is an authority's, and none of those that are trusted.
#[derive(Debug)]
struct UnknownAuthority;

impl fmt::Display for UnknownAuthority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the server's certificate is self-signed or an authority's, and not among the trusted ones")
    }
}

impl Error for UnknownAuthority {}
