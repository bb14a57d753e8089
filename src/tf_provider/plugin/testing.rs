//! What several tests of the plugin need.

use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::Plugin;

/// The provider as its users know it.
pub(super) const PLUGIN: Plugin = Plugin {
    name: "harness",
    version: "0.1.0",
    source_address: "registry.terraform.io/harness-rs/harness",
};

/// A certificate as Terraform makes it: self-signed, on P-521, marked as an authority. A new one each time.
pub(super) fn client_identity() -> (CertificateDer<'static>, PrivateKeyDer<'static>) {
    let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P521_SHA512).unwrap();
    let mut params = rcgen::CertificateParams::new(["localhost".to_owned()]).unwrap();
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let certificate = params.self_signed(&key).unwrap();
    (certificate.der().clone(), key.into())
}
