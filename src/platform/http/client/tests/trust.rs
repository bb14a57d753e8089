//! Which server certificates are trusted, and what an added certificate allows.

use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair, KeyUsagePurpose, PublicKeyData, SanType, SigningKey,
};
use tokio_rustls::rustls::SupportedProtocolVersion;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::sign::{CertifiedKey, SingleCertAndKey};
use tokio_rustls::rustls::version::{TLS12, TLS13};
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;

use super::*;

type Change = fn(&mut CertificateParams);

/// A certificate, its key, and its parameters.
struct Identity {
    certificate: CertificateDer<'static>,
    key: KeyPair,
    params: CertificateParams,
}

impl Identity {
    /// Creates a self-signed certificate, for `localhost` and valid today unless `change` says otherwise.
    fn own(change: impl FnOnce(&mut CertificateParams)) -> Self {
        let (params, key) = Self::params(change);
        let certificate = params.self_signed(&key).unwrap().der().clone();
        Self {
            certificate,
            key,
            params,
        }
    }

    /// Creates a certificate signed by `issuer`, which does not have to be an authority.
    fn signed_by(issuer: &Self, change: impl FnOnce(&mut CertificateParams)) -> Self {
        let (params, key) = Self::params(change);
        let issuer = Issuer::from_params(&issuer.params, &issuer.key);
        let certificate = params.signed_by(&key, &issuer).unwrap().der().clone();
        Self {
            certificate,
            key,
            params,
        }
    }

    /// Creates a certificate for these years with the same name and key.
    fn renewed(&self, from: i32, to: i32) -> Self {
        let mut params = self.params.clone();
        in_years(&mut params, from, to);
        let certificate = params.self_signed(&self.key).unwrap().der().clone();
        Self {
            certificate,
            key: KeyPair::try_from(self.key.serialize_der()).unwrap(),
            params,
        }
    }

    /// Returns parameters with a unique name, because issuers are looked up by name.
    fn params(change: impl FnOnce(&mut CertificateParams)) -> (CertificateParams, KeyPair) {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let mut params = CertificateParams::new(["localhost".to_owned()]).unwrap();
        let name = format!("certificate {number}");
        params
            .distinguished_name
            .push(rcgen::DnType::CommonName, name);
        change(&mut params);
        (params, KeyPair::generate().unwrap())
    }

    /// Creates an X.509 version 1 certificate with the same name and key, valid until this year of the century. It is
    /// self-signed if there is no issuer.
    fn of_version_1(self, issuer: Option<&Self>, until: u8) -> Self {
        let issuer = issuer.unwrap_or(&self);
        let (_, own) = X509Certificate::from_der(&self.certificate).unwrap();
        let (_, issuers) = X509Certificate::from_der(&issuer.certificate).unwrap();
        let ecdsa_with_sha256 = [0x06, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02];
        let algorithm = der(0x30, &[&ecdsa_with_sha256]);
        let from = der(0x17, &[b"100101000000Z"]);
        let until = der(0x17, &[format!("{until:02}0101000000Z").as_bytes()]);
        let body = [
            &der(0x02, &[&[1]]),
            &algorithm,
            issuers.subject().as_raw(),
            &der(0x30, &[&from, &until]),
            own.subject().as_raw(),
            &self.key.subject_public_key_info(),
        ];
        let body = der(0x30, &body);
        let signature = der(0x03, &[&[0], &issuer.key.sign(&body).unwrap()]);
        let certificate = der(0x30, &[&body, &algorithm, &signature]).into();
        Self {
            certificate,
            ..self
        }
    }

    fn pem(&self) -> String {
        let der = base64::engine::general_purpose::STANDARD.encode(&self.certificate);
        format!("-----BEGIN CERTIFICATE-----\n{der}\n-----END CERTIFICATE-----\n")
    }

    /// Starts a server with this certificate.
    async fn serve(&self) -> Server {
        self.serve_with(&[]).await
    }

    /// Starts a server with this certificate, which sends the `after` certificates after it.
    async fn serve_with(&self, after: &[&Self]) -> Server {
        let mut chain = vec![self.certificate.clone()];
        chain.extend(after.iter().map(|one| one.certificate.clone()));
        let tls = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                chain,
                PrivateKeyDer::try_from(self.key.serialize_der()).unwrap(),
            )
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(tls));
        Server::serve([reply(200, &found()), reply(200, &found())], Some(acceptor)).await
    }

    /// Starts a server with this certificate and key, without checking that they match.
    async fn serve_unchecked(&self, versions: &[&'static SupportedProtocolVersion]) -> Server {
        let key = PrivateKeyDer::try_from(self.key.serialize_der()).unwrap();
        let key = aws_lc_rs::sign::any_supported_type(&key).unwrap();
        let both = CertifiedKey::new(vec![self.certificate.clone()], key);
        let tls = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_protocol_versions(versions)
            .unwrap()
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(SingleCertAndKey::from(both)));
        let acceptor = TlsAcceptor::from(Arc::new(tls));
        Server::serve([reply(200, &found()), reply(200, &found())], Some(acceptor)).await
    }
}

fn authority(params: &mut CertificateParams) {
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
}

fn no_authority(params: &mut CertificateParams) {
    params.is_ca = IsCa::ExplicitNoCa;
}

fn of_another_host(params: &mut CertificateParams) {
    let name = "other.example".try_into().map(SanType::DnsName);
    params.subject_alt_names = vec![name.unwrap()];
}

fn in_years(params: &mut CertificateParams, from: i32, to: i32) {
    params.not_before = rcgen::date_time_ymd(from, 1, 1);
    params.not_after = rcgen::date_time_ymd(to, 1, 1);
}

async fn get_with(server: &Server, added: &[&Identity]) -> Result<(), String> {
    let pem: String = added.iter().map(|one| one.pem()).collect();
    let config = ClientConfig {
        ca_certificate_pem: (!pem.is_empty()).then(|| pem.into_bytes()),
        ..config(&format!("https://localhost:{}", server.port()))
    };
    let error = get(&client_with(config).0).await.err();
    error.map_or(Ok(()), |error| Err(layers_at(server.port(), &error)))
}

/// Checks that the server is refused for this reason before it receives a request.
async fn refused_with(server: &Server, added: &[&Identity], reason: &str) {
    let error = get_with(server, added).await.unwrap_err();
    assert!(error.contains(reason), "{error}");
    assert!(error.contains("no secure connection"), "{error}");
    assert_eq!(server.requests().len(), 0);
}

/// Returns one DER element.
fn der(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let length = u16::try_from(content.len()).unwrap();
    let [high, low] = length.to_be_bytes();
    let length = match length {
        0..0x80 => vec![low],
        0x80..0x100 => vec![0x81, low],
        0x100.. => vec![0x82, high, low],
    };
    [&[tag][..], &length, &content].concat()
}

const UNKNOWN: &str = "and is not trusted";

#[tokio::test]
async fn a_self_signed_server_is_trusted_if_exactly_its_certificate_is_added() {
    let kinds: [(Change, &str); 3] = [
        (authority, UNKNOWN),
        (no_authority, "UnknownIssuer"),
        (|_| (), "UnknownIssuer"),
    ];
    for (kind, reason) in kinds {
        let (own, another) = (Identity::own(kind), Identity::own(kind));
        let server = own.serve().await;
        refused_with(&server, &[], reason).await;
        refused_with(&server, &[&another], reason).await;
        assert_eq!(get_with(&server, &[&another, &own]).await, Ok(()));
    }
    // A later certificate with the same key and name is a different one.
    let own = Identity::own(no_authority);
    let later = own.renewed(2022, 2090);
    refused_with(&later.serve().await, &[&own], UNKNOWN).await;
}

#[tokio::test]
async fn the_certificate_of_a_server_is_enough_without_that_of_its_authority() {
    let root = Identity::own(authority);
    let leaf = Identity::signed_by(&root, no_authority);
    let server = leaf.serve().await;
    refused_with(&server, &[], "UnknownIssuer").await;
    assert_eq!(get_with(&server, &[&leaf]).await, Ok(()));
    // It vouches only for itself.
    let sibling = Identity::signed_by(&root, no_authority);
    refused_with(&sibling.serve().await, &[&leaf], "UnknownIssuer").await;
}

#[tokio::test]
async fn an_added_certificate_signs_for_others_only_if_it_is_an_authoritys() {
    let own = Identity::own(authority);
    let leaf = Identity::signed_by(&own, no_authority);
    assert_eq!(get_with(&leaf.serve().await, &[&own]).await, Ok(()));

    let limited = |usage: KeyUsagePurpose| {
        move |params: &mut CertificateParams| {
            authority(params);
            params.key_usages = vec![usage];
        }
    };
    let signing = Identity::own(limited(KeyUsagePurpose::KeyCertSign));
    let leaf = Identity::signed_by(&signing, no_authority);
    assert_eq!(get_with(&leaf.serve().await, &[&signing]).await, Ok(()));

    let may_not = "the added issuer certificate is not allowed to sign certificates";
    for issuer in [
        Identity::own(no_authority),
        Identity::own(|_| ()),
        Identity::own(|params| {
            no_authority(params);
            params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        }),
        Identity::own(limited(KeyUsagePurpose::DigitalSignature)),
    ] {
        let leaf = Identity::signed_by(&issuer, no_authority);
        refused_with(&leaf.serve().await, &[&issuer], may_not).await;
        let leaf = Identity::signed_by(&issuer, authority);
        refused_with(&leaf.serve().await, &[&issuer], UNKNOWN).await;
        // Not even if the server sends it, nor from further up.
        let leaf = Identity::signed_by(&issuer, no_authority);
        let server = leaf.serve_with(&[&issuer]).await;
        assert!(get_with(&server, &[&issuer]).await.is_err());
        let between = Identity::signed_by(&issuer, authority);
        let leaf = Identity::signed_by(&between, no_authority);
        let server = leaf.serve_with(&[&between]).await;
        refused_with(&server, &[&issuer], may_not).await;
    }
}

#[tokio::test]
async fn an_added_authority_is_trusted_only_if_valid_and_for_servers() {
    let with = |change: Change| {
        Identity::own(|params| {
            authority(params);
            change(params);
        })
    };
    let for_clients = with(|params| {
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    });
    let expired = with(|params| in_years(params, 2020, 2021));
    let early = with(|params| in_years(params, 2100, 2101));
    for (issuer, reason) in [
        (&for_clients, "is not allowed to sign server certificates"),
        (&expired, "the added issuer certificate has expired"),
        (&early, "the added issuer certificate is not valid yet"),
    ] {
        let leaf = Identity::signed_by(issuer, no_authority);
        let server = leaf.serve().await;
        refused_with(&server, &[issuer], reason).await;
        let server = leaf.serve_with(&[issuer]).await;
        assert!(get_with(&server, &[issuer]).await.is_err());
        assert_eq!(server.requests().len(), 0);
    }

    // An expired certificate does not affect the rest of the file, in any order.
    let valid = Identity::own(authority);
    let server = Identity::signed_by(&valid, no_authority).serve().await;
    for added in [[&expired, &valid], [&valid, &expired]] {
        assert_eq!(get_with(&server, &added).await, Ok(()));
    }
    // A renewed authority keeps the name and key.
    let renewed = expired.renewed(2022, 2090);
    let server = Identity::signed_by(&expired, no_authority).serve().await;
    for added in [[&expired, &renewed], [&renewed, &expired]] {
        assert_eq!(get_with(&server, &added).await, Ok(()));
    }
}

#[tokio::test]
async fn a_given_certificate_of_a_server_must_be_for_its_name_and_for_today() {
    for kind in [authority, no_authority] {
        let with = |change: &dyn Fn(&mut CertificateParams)| {
            Identity::own(|params| {
                kind(params);
                change(params);
            })
        };
        let nameless = with(&|params| params.subject_alt_names.clear());
        let expired = with(&|params| in_years(params, 2020, 2021));
        let early = with(&|params| in_years(params, 2100, 2101));
        // The time is checked before the name.
        let expired_elsewhere = with(&|params| {
            in_years(params, 2020, 2021);
            of_another_host(params);
        });
        for (own, reason) in [
            (
                with(&of_another_host),
                "certificate not valid for name \"localhost\"",
            ),
            (nameless, "not valid for any names"),
            (expired, "certificate expired: "),
            (early, "certificate not valid yet: "),
            (expired_elsewhere, "certificate expired: "),
        ] {
            refused_with(&own.serve().await, &[&own], reason).await;
        }
    }
}

#[tokio::test]
async fn a_given_certificate_of_a_server_must_be_for_servers() {
    use ExtendedKeyUsagePurpose::{Any, ClientAuth, CodeSigning, ServerAuth};
    for kind in [authority, no_authority] {
        let of = |purposes: &[ExtendedKeyUsagePurpose]| {
            Identity::own(|params| {
                kind(params);
                params.extended_key_usages = purposes.to_vec();
            })
        };
        for purposes in [&[ServerAuth][..], &[ClientAuth, ServerAuth], &[Any]] {
            let own = of(purposes);
            assert_eq!(get_with(&own.serve().await, &[&own]).await, Ok(()));
        }
        for (purposes, reason) in [
            (
                &[ClientAuth][..],
                "certificate does not allow extended key usage for server authentication, allows client authentication",
            ),
            (&[CodeSigning], "InvalidPurpose"),
        ] {
            let own = of(purposes);
            refused_with(&own.serve().await, &[&own], reason).await;
        }
    }
}

#[tokio::test]
async fn a_given_certificate_with_an_unknown_critical_extension_is_no_servers() {
    let own = Identity::own(|params| {
        let mut extension = CustomExtension::from_oid_content(&[1, 2, 3, 4], vec![5, 0]);
        extension.set_criticality(true);
        params.custom_extensions = vec![extension];
    });
    let server = own.serve_unchecked(&[&TLS12, &TLS13]).await;
    refused_with(&server, &[&own], "UnsupportedCriticalExtension").await;
}

#[tokio::test]
async fn the_server_must_have_the_key_of_the_given_certificate() {
    let own = Identity::own(no_authority);
    let thief = Identity {
        certificate: own.certificate.clone(),
        key: KeyPair::generate().unwrap(),
        params: own.params.clone(),
    };
    for version in [&TLS12, &TLS13] {
        let server = thief.serve_unchecked(&[version]).await;
        refused_with(&server, &[&own], "BadSignature").await;
    }
}

#[tokio::test]
async fn a_root_of_version_1_is_an_authority_if_it_signed_itself_and_no_server() {
    let root = Identity::own(|_| ()).of_version_1(None, 49);
    let expired = Identity::own(|_| ()).of_version_1(None, 20);
    let signed_by_another = Identity::own(|_| ()).of_version_1(Some(&root), 49);
    for (issuer, reason) in [
        (&root, None),
        (
            &signed_by_another,
            Some("is not allowed to sign certificates"),
        ),
        (&expired, Some("has expired")),
    ] {
        let server = Identity::signed_by(issuer, no_authority).serve().await;
        match reason {
            None => assert_eq!(get_with(&server, &[issuer]).await, Ok(())),
            Some(reason) => refused_with(&server, &[issuer], reason).await,
        }
    }
    refused_with(
        &root.serve_unchecked(&[&TLS12, &TLS13]).await,
        &[&root],
        "UnsupportedCertVersion",
    )
    .await;
}
