//! Places without a platform: endpoints at which every request fails in one way.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

use super::fault::Place;

/// A way to reach the place.
pub(super) struct Way {
    pub(super) endpoint: String,
    /// A certificate to trust.
    pub(super) authority: Option<Vec<u8>>,
}

impl Place {
    /// Opens it; its resources end with the test's runtime.
    pub(super) async fn open(self) -> Way {
        let without_tls = |endpoint| Way {
            endpoint,
            authority: None,
        };
        match self {
            // Resolvers reject a label of more than 63 characters, so this fails without a network, and at once.
            Self::Unresolvable => without_tls(format!("http://{}.example", "a".repeat(64))),
            Self::Refused => {
                let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
                without_tls(format!("http://{}", free.local_addr().unwrap()))
            }
            Self::ClosedAtOnce => {
                let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
                let endpoint = format!("http://{}", listener.local_addr().unwrap());
                tokio::spawn(async move { while listener.accept().await.is_ok() {} });
                without_tls(endpoint)
            }
            Self::SilentTls => {
                let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
                let endpoint = format!("https://{}", listener.local_addr().unwrap());
                tokio::spawn(async move {
                    let mut open = Vec::new();
                    while let Ok((stream, _)) = listener.accept().await {
                        open.push(stream);
                    }
                });
                without_tls(endpoint)
            }
            Self::WithoutTls => {
                let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
                let endpoint = format!("https://{}", listener.local_addr().unwrap());
                tokio::spawn(async move {
                    while let Ok((mut stream, _)) = listener.accept().await {
                        let mut hello = [0; 1024];
                        let _ = stream.read(&mut hello).await;
                        let _ = tokio::io::AsyncWriteExt::write_all(
                            &mut stream,
                            b"HTTP/1.1 400 Bad Request\r\n\r\n",
                        )
                        .await;
                    }
                });
                without_tls(endpoint)
            }
            Self::UnknownAuthority | Self::OtherName | Self::Expired => self.with_tls().await,
        }
    }

    async fn with_tls(self) -> Way {
        let name = match self {
            Self::OtherName => "other.example",
            _ => "localhost",
        };
        let key = rcgen::KeyPair::generate().unwrap();
        let mut parameters = rcgen::CertificateParams::new([name.to_owned()]).unwrap();
        if self == Self::Expired {
            parameters.not_before = rcgen::date_time_ymd(2020, 1, 1);
            parameters.not_after = rcgen::date_time_ymd(2021, 1, 1);
        }
        let certificate = parameters.self_signed(&key).unwrap().der().clone();
        let pem = format!(
            "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n",
            STANDARD.encode(&certificate)
        );
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![certificate],
                PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
            )
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // The client aborts the handshake; if it does not, nothing responds.
                let accepted = acceptor.accept(stream).await;
                assert!(accepted.is_err(), "the certificate was trusted");
            }
        });
        Way {
            endpoint: format!("https://localhost:{port}"),
            authority: (self != Self::UnknownAuthority).then(|| pem.into_bytes()),
        }
    }
}
