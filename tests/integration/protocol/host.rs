//! Terraform's side of the connection.

use std::io;
use std::net::Shutdown;
#[cfg(not(unix))]
use std::net::TcpStream as StandardStream;
#[cfg(unix)]
use std::os::unix::net::UnixStream as StandardStream;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use hyper_util::rt::TokioIo;
use tf_provider::proto::go_plugin::grpc_broker_client::GrpcBrokerClient;
use tf_provider::proto::go_plugin::grpc_controller_client::GrpcControllerClient;
use tf_provider::proto::go_plugin::grpc_stdio_client::GrpcStdioClient;
use tf_provider::proto::go_plugin::{ConnInfo, Empty, StdioData};
use tf_provider::proto::tfplugin5::provider_client::ProviderClient;
#[cfg(not(unix))]
use tokio::net::TcpStream as Stream;
#[cfg(unix)]
use tokio::net::UnixStream as Stream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use tonic::Streaming;
use tonic::transport::{Channel, Endpoint};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use super::process::{Identity, Launch, Process, in_time};

/// go-plugin's limit for a message.
const LARGEST_MESSAGE: usize = 256 << 20;

/// A provider that was started and connected to, with the streams that Terraform opens in every run and keeps open.
#[derive(Debug)]
pub(super) struct Host {
    pub(super) process: Process,
    pub(super) channel: Channel,
    pub(super) provider: ProviderClient<Channel>,
    streams: Streams,
    sockets: Sockets,
}

/// Duplicate handles of the sockets behind a channel, for a client that disappears.
#[derive(Clone, Debug, Default)]
struct Sockets(Arc<Mutex<Vec<StandardStream>>>);

impl Sockets {
    /// Connects, and keeps a handle.
    async fn open(&self, path: &Path) -> io::Result<Stream> {
        let socket = connected(path).await?.into_std()?;
        self.0.lock().unwrap().push(socket.try_clone()?);
        Stream::from_std(socket)
    }

    /// Closes all of them, as the system does for a killed process: without closing TLS or HTTP/2.
    fn close(&self) {
        for socket in self.0.lock().unwrap().drain(..) {
            socket.shutdown(Shutdown::Both).ok();
        }
    }
}

/// Connects to the address of a handshake line: the path of a socket, or, on Windows, host and port.
async fn connected(address: &Path) -> io::Result<Stream> {
    #[cfg(not(unix))]
    let address = address.to_str().expect("host and port are text");
    Stream::connect(address).await
}

#[derive(Debug)]
struct Streams {
    broker: Streaming<ConnInfo>,
    stdio: Streaming<StdioData>,
}

impl Host {
    /// Starts a provider as Terraform does.
    pub(super) async fn start() -> Self {
        Self::launch(Launch::by_terraform()).await
    }

    /// Starts a provider.
    pub(super) async fn launch(launch: Launch) -> Self {
        Self::connect(launch.start().await).await
    }

    /// Connects to a provider that was started.
    pub(super) async fn connect(process: Process) -> Self {
        let sockets = Sockets::default();
        let channel = channel_with(&process, Some(&process.identity), &sockets);
        let streams = in_time("the streams of go-plugin", Streams::open(&channel)).await;
        Self {
            provider: client(&channel),
            process,
            channel,
            streams,
            sockets,
        }
    }

    /// Calls `Shutdown`, waits for the streams and the process to end, and checks that it ends well. Returns the log.
    pub(super) async fn shut_down(mut self) -> String {
        let mut controller = GrpcControllerClient::new(self.channel.clone());
        in_time("an answer to Shutdown", controller.shutdown(Empty {}))
            .await
            .unwrap();
        let ends = async {
            assert!(matches!(self.streams.broker.message().await, Ok(None)));
            assert!(matches!(self.streams.stdio.message().await, Ok(None)));
        };
        in_time("the end of the streams", ends).await;
        self.process.ended_well().await
    }

    /// Disconnects without notice, as if killed.
    pub(super) fn die(self) -> Process {
        self.sockets.close();
        self.process
    }

    /// Opens one more connection of this host, with TLS and without HTTP.
    pub(super) async fn another_connection(&self) -> tokio_rustls::client::TlsStream<Stream> {
        let handshake = self.process.handshake();
        let stream = connected(&handshake.socket).await.unwrap();
        let tls = tls(&handshake.certificate, Some(&self.process.identity));
        let name = ServerName::try_from("localhost").unwrap();
        tls.connect(name, stream).await.unwrap()
    }

    /// Returns whether the provider responds to this host.
    pub(super) async fn is_served(&self) -> bool {
        is_served(&self.channel).await
    }
}

impl Streams {
    async fn open(channel: &Channel) -> Self {
        let silence = tokio_stream::pending::<ConnInfo>();
        let broker = GrpcBrokerClient::new(channel.clone())
            .start_stream(silence)
            .await;
        let stdio = GrpcStdioClient::new(channel.clone()).stream_stdio(()).await;
        Self {
            broker: broker.unwrap().into_inner(),
            stdio: stdio.unwrap().into_inner(),
        }
    }
}

/// Returns a client of the provider's service, with go-plugin's limits.
pub(super) fn client(channel: &Channel) -> ProviderClient<Channel> {
    ProviderClient::new(channel.clone())
        .max_decoding_message_size(LARGEST_MESSAGE)
        .max_encoding_message_size(LARGEST_MESSAGE)
}

/// Returns a channel with TLS to a provider, for a client with this identity, or with none. It connects when first
/// used.
pub(super) fn channel_of(process: &Process, identity: Option<&Identity>) -> Channel {
    channel_with(process, identity, &Sockets::default())
}

fn channel_with(process: &Process, identity: Option<&Identity>, sockets: &Sockets) -> Channel {
    let handshake = process.handshake();
    let tls = tls(&handshake.certificate, identity);
    channel(handshake.socket, Some(tls), sockets)
}

/// Returns a channel without TLS.
pub(super) fn plain_channel(socket: PathBuf) -> Channel {
    channel(socket, None, &Sockets::default())
}

/// Returns whether a client with this channel is served, by go-plugin's health check.
pub(super) async fn is_served(channel: &Channel) -> bool {
    let request = HealthCheckRequest {
        service: "plugin".to_owned(),
    };
    let mut health = HealthClient::new(channel.clone());
    match in_time("an answer about health", health.check(request)).await {
        Ok(response) => response.into_inner().status() == ServingStatus::Serving,
        Err(_) => false,
    }
}

/// Configures TLS as Terraform does: only the certificate of the handshake line is trusted, and the name is
/// `localhost`.
fn tls(server: &CertificateDer<'static>, identity: Option<&Identity>) -> TlsConnector {
    let mut roots = RootCertStore::empty();
    roots.add(server.clone()).unwrap();
    let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots);
    let mut config = match identity {
        None => builder.with_no_client_auth(),
        Some(identity) => builder
            .with_client_auth_cert(vec![identity.certificate.clone()], identity.key.clone_key())
            .unwrap(),
    };
    config.alpn_protocols = vec![b"h2".to_vec()];
    TlsConnector::from(Arc::new(config))
}

fn channel(path: PathBuf, tls: Option<TlsConnector>, sockets: &Sockets) -> Channel {
    let sockets = sockets.clone();
    let connector = tower::service_fn(move |_| {
        let (path, tls, sockets) = (path.clone(), tls.clone(), sockets.clone());
        async move {
            let stream = sockets.open(&path).await?;
            let connection: Box<dyn Connection> = match tls {
                None => Box::new(stream),
                Some(tls) => {
                    let name = ServerName::try_from("localhost").map_err(io::Error::other)?;
                    Box::new(tls.connect(name, stream).await?)
                }
            };
            Ok::<_, io::Error>(TokioIo::new(connection))
        }
    });
    Endpoint::from_static("http://localhost").connect_with_connector_lazy(connector)
}

trait Connection: tokio::io::AsyncRead + tokio::io::AsyncWrite + Send + Unpin {}

impl<C: tokio::io::AsyncRead + tokio::io::AsyncWrite + Send + Unpin> Connection for C {}
