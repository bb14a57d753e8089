//! Certificates that a user trusts besides the system's roots.

use std::error::Error;

use tokio_rustls::rustls::RootCertStore;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;

use super::error::SetupError;

/// The certificates of a PEM file, each checked, so that a wrong file is found when the provider is configured.
pub(super) fn certificates(pem: &[u8]) -> Result<Vec<reqwest::Certificate>, SetupError> {
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
        let certificate =
            reqwest::Certificate::from_der(&der).map_err(|error| fault(root_cause(&error)))?;
        certificates.push(certificate);
    }
    if certificates.is_empty() {
        return Err(SetupError::NoCertificate);
    }
    Ok(certificates)
}

/// The innermost message of a chain of errors, which says what the layers around it only repeat.
pub(super) fn root_cause(error: &(dyn Error + 'static)) -> String {
    let mut cause = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}
