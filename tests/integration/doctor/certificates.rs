//! What `doctor` reports about certificates: untrusted ones of servers, and added ones.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::Arc;
use std::thread;

use rcgen::ExtendedKeyUsagePurpose::{ClientAuth, CodeSigning};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::{MARK, Patient};

/// What a certificate has other than a plain one.
type Change<'a> = &'a dyn Fn(&mut rcgen::CertificateParams);

#[test]
fn an_unknown_authority_points_to_the_certificate_file() {
    let server = TlsServer::start();
    let patient = Patient::default()
        .with("HARNESS_ENDPOINT", format!("https://{}", server.address))
        .with("HARNESS_PLATFORM_API_KEY", format!("sat.acct.id.{MARK}"));
    let (report, code) = patient.report();
    assert_eq!(code, 1);
    assert_eq!(report.in_state("failed"), ["tls"]);
    assert_eq!(report.state("connection"), "ok");
    report.says("tls", &["ca_certificate_file", "--ca-certificate-file"]);

    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("authority.pem");
    std::fs::write(&file, &server.authority).unwrap();
    let (report, code) = patient
        .argument("--ca-certificate-file")
        .argument(file.to_str().unwrap())
        .report();
    assert_eq!(code, 1);
    assert_eq!(report.state("certificates"), "ok");
    assert_eq!(report.state("tls"), "ok", "{}", report.0);
    // The server is not Harness.
    assert_eq!(report.in_state("failed"), ["harness"]);
}

#[test]
fn a_self_signed_server_is_trusted_or_gets_advice_on_a_certificate() {
    let named = |names: &[&str]| {
        let names: Vec<String> = names.iter().copied().map(str::to_owned).collect();
        let mut params = rcgen::CertificateParams::new(names).unwrap();
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
        let certificate = params.self_signed(&key).unwrap();
        let pem = pem(certificate.der());
        TlsServer::serve(certificate.der().clone(), PrivateKeyDer::from(key), pem)
    };
    let directory = tempfile::tempdir().unwrap();
    let patient = |server: &TlsServer, given: Option<&str>| {
        let patient = Patient::default()
            .with("HARNESS_ENDPOINT", format!("https://{}", server.address))
            .with("HARNESS_PLATFORM_API_KEY", format!("sat.acct.id.{MARK}"));
        let Some(given) = given else {
            return patient;
        };
        let file = directory.path().join("server.pem");
        std::fs::write(&file, given).unwrap();
        patient
            .argument("--ca-certificate-file")
            .argument(file.to_str().unwrap())
    };
    let (server, other) = (named(&["127.0.0.1"]), named(&["127.0.0.1"]));
    for given in [None, Some(other.authority.as_str())] {
        let (report, code) = patient(&server, given).report();
        assert_eq!((code, report.in_state("failed")), (1, vec!["tls"]));
        report.says(
            "tls",
            &[
                "and is not trusted",
                "exactly as the server sends it",
                "CA:FALSE",
            ],
        );
    }
    let (report, _) = patient(&server, Some(&server.authority)).report();
    assert_eq!(report.state("tls"), "ok", "{}", report.0);

    let nameless = named(&[]);
    let (report, _) = patient(&nameless, Some(&nameless.authority)).report();
    assert_eq!(report.in_state("failed"), ["tls"]);
    report.says(
        "tls",
        &[
            "not valid for any names",
            "openssl req -x509",
            "subjectAltName=IP:127.0.0.1",
        ],
    );
}

#[test]
fn what_an_added_certificate_is_not_good_for_is_said_with_the_way_out() {
    let made = |issuer: Option<&rcgen::Issuer<'_, rcgen::KeyPair>>, change: Change<'_>| {
        let mut params = rcgen::CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
        params.is_ca = rcgen::IsCa::ExplicitNoCa;
        let name = if issuer.is_some() { "server" } else { "issuer" };
        params.distinguished_name = rcgen::DistinguishedName::new();
        params
            .distinguished_name
            .push(rcgen::DnType::CommonName, name);
        change(&mut params);
        let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
        let certificate = match issuer {
            Some(issuer) => params.signed_by(&key, issuer),
            None => params.self_signed(&key),
        };
        (certificate.unwrap().der().clone(), key, params)
    };
    let below = |issuer: Change<'_>, server: Change<'_>| {
        let (certificate, key, params) = made(None, issuer);
        let issuer = rcgen::Issuer::new(params, key);
        let (leaf, key, _) = made(Some(&issuer), server);
        TlsServer::serve(leaf, PrivateKeyDer::from(key), pem(&certificate))
    };
    let own = |change: Change<'_>| {
        let (certificate, key, _) = made(None, change);
        let pem = pem(&certificate);
        TlsServer::serve(certificate, PrivateKeyDer::from(key), pem)
    };
    let is_authority = |params: &mut rcgen::CertificateParams| {
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    };
    let is_for = |purpose: rcgen::ExtendedKeyUsagePurpose| {
        move |params: &mut rcgen::CertificateParams| {
            params.extended_key_usages = vec![purpose.clone()];
        }
    };
    let expired = below(
        &|params| {
            is_authority(params);
            params.not_after = rcgen::date_time_ymd(2021, 1, 1);
        },
        &|_| (),
    );
    let no_authority = below(&|_| (), &|_| ());
    let below_for_clients = below(&is_authority, &is_for(ClientAuth));
    let for_clients = own(&is_for(ClientAuth));
    let for_code = own(&is_for(CodeSigning));
    let server = own(&|_| ());
    let directory = tempfile::tempdir().unwrap();
    let (file, nothing) = (
        directory.path().join("added.pem"),
        directory.path().join("nothing.pem"),
    );
    std::fs::write(&nothing, "").unwrap();
    // On a machine with its own authorities, and on one without any, which only Linux can simulate.
    let stores = if cfg!(target_os = "linux") { 2 } else { 1 };
    for store in 0..stores {
        for (server, said) in [
            (
                &expired,
                &["issuer certificate has expired", "with the current one"][..],
            ),
            (
                &no_authority,
                &[
                    "issuer certificate is not allowed to sign certificates",
                    "CA:TRUE",
                ],
            ),
            (
                &for_clients,
                &[
                    "allows client authentication",
                    "serverAuth",
                    "subjectAltName=IP:127.0.0.1",
                ],
            ),
            (&for_code, &["InvalidPurpose", "serverAuth"]),
            (&below_for_clients, &["invalid extensions", "serverAuth"]),
            (&server, &[]),
        ] {
            std::fs::write(&file, &server.authority).unwrap();
            let mut patient = Patient::default()
                .with("HARNESS_ENDPOINT", format!("https://{}", server.address))
                .with("HARNESS_PLATFORM_API_KEY", format!("sat.acct.id.{MARK}"))
                .argument("--ca-certificate-file")
                .argument(file.to_str().unwrap());
            if store == 1 {
                patient = patient.with("SSL_CERT_FILE", nothing.to_str().unwrap());
            }
            let (report, _) = patient.report();
            if said.is_empty() {
                assert_eq!(report.state("tls"), "ok", "{}", report.0);
            } else {
                assert_eq!(report.in_state("failed"), ["tls"], "{}", report.0);
                report.says("tls", said);
            }
        }
    }
}

/// Returns a server's response for the path of a request.
type Answer = Box<dyn Fn(&str) -> Vec<u8> + Send>;

/// A TLS server. It ends with the test's process.
pub(crate) struct TlsServer {
    pub(crate) address: String,
    /// The certificate, as PEM, of the authority that signed the server's.
    pub(crate) authority: String,
}

impl TlsServer {
    /// Starts a server that responds to everything with a page.
    fn start() -> Self {
        Self::answering(Box::new(|_| page()))
    }

    /// Starts a server with a certificate of a new authority, and these responses.
    pub(crate) fn answering(answer: Answer) -> Self {
        let authority_key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
        let mut params = rcgen::CertificateParams::new(Vec::<String>::new()).unwrap();
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let authority = params.self_signed(&authority_key).unwrap();
        let issuer = rcgen::Issuer::new(params, authority_key);
        let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
        let certificate = rcgen::CertificateParams::new(["127.0.0.1".to_owned()])
            .unwrap()
            .signed_by(&key, &issuer)
            .unwrap();
        let key = PrivateKeyDer::from(key);
        let authority = pem(authority.der());
        Self::serve_with(answer, certificate.der().clone(), key, authority)
    }

    fn serve(
        certificate: CertificateDer<'static>,
        key: PrivateKeyDer<'static>,
        authority: String,
    ) -> Self {
        Self::serve_with(Box::new(|_| page()), certificate, key, authority)
    }

    fn serve_with(
        answer: Answer,
        certificate: CertificateDer<'static>,
        key: PrivateKeyDer<'static>,
        authority: String,
    ) -> Self {
        let config = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .unwrap();
        let config = Arc::new(config);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
                let mut stream = StreamOwned::new(connection, stream.unwrap());
                let mut request = [0; 4096];
                // A client that does not trust the certificate disconnects here.
                if let Ok(length) = stream.read(&mut request) {
                    let request = String::from_utf8_lossy(&request[..length]);
                    let path = request.split(' ').nth(1).unwrap_or_default();
                    stream.write_all(&answer(path)).ok();
                    stream.conn.send_close_notify();
                    stream.flush().ok();
                }
            }
        });
        Self { address, authority }
    }
}

/// Returns a response that is not Harness's.
fn page() -> Vec<u8> {
    let page = "<html><title>Hello</title></html>";
    let length = page.len();
    format!(
        "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{page}"
    )
    .into_bytes()
}

fn pem(certificate: &CertificateDer<'_>) -> String {
    let base64 = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, certificate);
    format!("-----BEGIN CERTIFICATE-----\n{base64}\n-----END CERTIFICATE-----\n")
}
