//! Mutual TLS as in go-plugin: each side knows the other's certificate and trusts nothing else.
//!
//! The server's certificate is created at startup and sent in the handshake line. The client's certificate comes from
//! the environment. [`PinnedClient`] admits a client that presents exactly that certificate and proves that it has the
//! key. Chains, names, and dates are not checked: Terraform's certificate is self-signed and marked as an authority,
//! which a chain verifier refuses as an end entity. Its key is on curve P-521, which requires aws-lc-rs; a client that
//! is not offered the curve sends no certificate at all.

use std::sync::Arc;

use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose};
use tokio_rustls::rustls::client::danger::HandshakeSignatureValid;
use tokio_rustls::rustls::crypto::{self, CryptoProvider, WebPkiSupportedAlgorithms, aws_lc_rs};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use tokio_rustls::rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use tokio_rustls::rustls::server::{NoServerSessionStorage, ParsedCertificate};
use tokio_rustls::rustls::{
    self, CertificateError, DigitallySignedStruct, DistinguishedName, ServerConfig, SignatureScheme,
};

/// The name that go-plugin's clients request, whatever they connect to.
const SERVER_NAME: &str = "localhost";

/// gRPC runs over HTTP/2, and grpc-go refuses a server that does not negotiate it.
const ALPN_HTTP2: &[u8] = b"h2";

/// The server's side of TLS for one process.
#[derive(Clone, Debug)]
pub struct ServerTls {
    /// The certificate for the handshake line.
    pub certificate: CertificateDer<'static>,
    /// The configuration with which connections are accepted.
    pub config: Arc<ServerConfig>,
}

/// Why TLS could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The plugin's own key or certificate could not be created.
    #[error("cannot create a certificate for the connection with Terraform")]
    OwnCertificate(#[source] rcgen::Error),
    /// The PEM in `PLUGIN_CLIENT_CERT` does not contain an X.509 certificate.
    #[error("PLUGIN_CLIENT_CERT contains no X.509 certificate")]
    ClientCertificate(#[source] rustls::Error),
    /// The key and the certificates do not make a valid configuration.
    #[error("cannot set up TLS for the connection with Terraform")]
    Configuration(#[source] rustls::Error),
}

impl ServerTls {
    /// Creates a key and a certificate, and a configuration that admits only the given client.
    ///
    /// # Errors
    /// Returns an error if the client's certificate is invalid, or the cryptography fails.
    pub fn new(client: CertificateDer<'static>) -> Result<Self, TlsError> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let verifier = PinnedClient::new(client, &provider)?;
        let (certificate, key) = self_signed().map_err(TlsError::OwnCertificate)?;

        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .and_then(|builder| {
                builder
                    .with_client_cert_verifier(Arc::new(verifier))
                    .with_single_cert(vec![certificate.clone()], key)
            })
            .map_err(TlsError::Configuration)?;
        config.alpn_protocols = vec![ALPN_HTTP2.to_vec()];
        // A resumed session would present no certificate, and a plugin is connected to once.
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        Ok(Self {
            certificate,
            config: Arc::new(config),
        })
    }
}

/// Admits the client that presents one certain certificate, byte for byte, and signs with its key.
#[derive(Debug)]
pub struct PinnedClient {
    expected: CertificateDer<'static>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl PinnedClient {
    /// Creates a verifier for the client with this certificate.
    ///
    /// # Errors
    /// Returns an error if the bytes are not an X.509 certificate, so that no client could be admitted.
    pub fn new(
        expected: CertificateDer<'static>,
        provider: &CryptoProvider,
    ) -> Result<Self, TlsError> {
        ParsedCertificate::try_from(&expected).map_err(TlsError::ClientCertificate)?;
        Ok(Self {
            expected,
            algorithms: provider.signature_verification_algorithms,
        })
    }
}

impl ClientCertVerifier for PinnedClient {
    /// Returns no hints, so that a client presents whatever certificate it has.
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        if *end_entity == self.expected {
            Ok(ClientCertVerified::assertion())
        } else {
            Err(CertificateError::ApplicationVerificationFailure.into())
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        crypto::verify_tls12_signature(message, cert, dss, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        crypto::verify_tls13_signature(message, cert, dss, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

/// Creates a key on P-256 and its certificate. The dates are rcgen's defaults, centuries apart: the certificate ends
/// with the process, and no clock may stop a provider.
fn self_signed() -> Result<(CertificateDer<'static>, PrivateKeyDer<'static>), rcgen::Error> {
    let key = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256)?;
    let mut params = CertificateParams::new([SERVER_NAME.to_owned()])?;
    params
        .distinguished_name
        .push(DnType::CommonName, SERVER_NAME);
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let certificate = params.self_signed(&key)?;
    Ok((certificate.der().clone(), key.into()))
}

#[cfg(all(test, unix))]
mod tests {
    use std::slice::from_ref;

    use super::*;
    use crate::plugin::testing::client_identity;

    #[test]
    fn only_the_pinned_certificate_is_admitted_whatever_else_is_presented() {
        let provider = aws_lc_rs::default_provider();
        let (pinned, _) = client_identity();
        let (other, _) = client_identity();
        let mut longer = pinned.to_vec();
        longer.push(0);
        let mut changed = pinned.to_vec();
        *changed.last_mut().unwrap() ^= 1;
        let verifier = PinnedClient::new(pinned.clone(), &provider).unwrap();

        let verify = |presented: &CertificateDer<'_>, chain: &[CertificateDer<'_>]| {
            verifier
                .verify_client_cert(presented, chain, UnixTime::now())
                .is_ok()
        };
        assert!(verify(&pinned, &[]));
        assert!(verify(&pinned, from_ref(&other)));
        assert!(!verify(&other, &[]));
        assert!(!verify(&other, from_ref(&pinned)));
        assert!(!verify(&CertificateDer::from(longer), &[]));
        assert!(!verify(&CertificateDer::from(changed), &[]));
        assert!(!verify(&CertificateDer::from(Vec::new()), &[]));
        assert!(verifier.offer_client_auth() && verifier.client_auth_mandatory());
    }

    #[test]
    fn p_521_is_offered_because_terraforms_key_is_on_it() {
        let (pinned, _) = client_identity();
        let verifier = PinnedClient::new(pinned, &aws_lc_rs::default_provider()).unwrap();
        assert!(
            verifier
                .supported_verify_schemes()
                .contains(&SignatureScheme::ECDSA_NISTP521_SHA512)
        );
    }

    #[test]
    fn bytes_that_are_no_certificate_are_refused_before_any_connection() {
        let error = ServerTls::new(CertificateDer::from(vec![1, 2, 3, 4])).unwrap_err();
        assert_eq!(
            error.to_string(),
            "PLUGIN_CLIENT_CERT contains no X.509 certificate"
        );
    }

    #[test]
    fn every_process_has_a_certificate_of_its_own() {
        let (pinned, _) = client_identity();
        let first = ServerTls::new(pinned.clone()).unwrap();
        let second = ServerTls::new(pinned).unwrap();
        assert_ne!(first.certificate, second.certificate);
    }
}
