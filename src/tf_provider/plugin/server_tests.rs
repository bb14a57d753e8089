//! The server as a host uses it: over real sockets and real TLS, within this process.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;
use tokio_rustls::rustls::SupportedProtocolVersion;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_stream::StreamExt as _;
use tonic::transport::Channel;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use super::PluginError;
use super::environment::Environment;
use super::incoming::{OpenConnections, accept};
use super::listener::{Address, Bound, Transport};
use super::server::{Lifetime, Server};
use super::testing::{Echo, Identity, channel, client_identity, client_tls, connect};
use super::tls::ServerTls;
use crate::proto::go_plugin::conn_info::Knock;
use crate::proto::go_plugin::grpc_broker_client::GrpcBrokerClient;
use crate::proto::go_plugin::grpc_controller_client::GrpcControllerClient;
use crate::proto::go_plugin::grpc_stdio_client::GrpcStdioClient;
use crate::proto::go_plugin::{ConnInfo, Empty};
use crate::proto::tfplugin5::provider_client::ProviderClient;
use crate::proto::tfplugin5::{DynamicValue, prepare_provider_config, stop};

/// The time within which the plugin must end.
const PROMPTLY: Duration = Duration::from_secs(1);

/// A plugin that is being served, and the one host that started it.
struct Plugin {
    address: Address,
    certificate: Option<CertificateDer<'static>>,
    host: Identity,
    end: oneshot::Sender<()>,
    stop_called: Arc<Notify>,
    serving: JoinHandle<Result<(), PluginError>>,
}

impl Plugin {
    fn start(transport: Transport) -> Self {
        let host = client_identity();
        let environment = Environment {
            client_certificate: Some(host.0.clone()),
            ..Environment::default()
        };
        let server = Server::bind(transport, &environment).unwrap();
        Self::serve(server, Lifetime::Host, host)
    }

    fn serve(server: Server, lifetime: Lifetime, host: Identity) -> Self {
        let (end, ended) = oneshot::channel();
        let provider = Echo::default();
        Self {
            stop_called: Arc::clone(&provider.stop_called),
            address: server.address().clone(),
            certificate: server.certificate().cloned(),
            host,
            end,
            serving: tokio::spawn(server.serve(provider, lifetime, async {
                ended.await.ok();
            })),
        }
    }

    /// Returns a client's channel with this identity, or with none.
    fn channel_as(
        &self,
        identity: Option<&Identity>,
        version: &'static SupportedProtocolVersion,
    ) -> Channel {
        let tls = self
            .certificate
            .as_ref()
            .map(|certificate| client_tls(certificate, identity, version));
        channel(&self.address, tls)
    }

    fn channel(&self) -> Channel {
        self.channel_as(Some(&self.host), &TLS13)
    }

    fn directory(&self) -> PathBuf {
        match &self.address {
            Address::Unix(path) => path.parent().unwrap().to_owned(),
            Address::Tcp(address) => panic!("{address}"),
        }
    }

    /// Waits for the plugin to end, promptly and without leaving files behind.
    async fn ended(self) {
        let directory = self.directory();
        let start = Instant::now();
        self.serving.await.unwrap().unwrap();
        assert!(start.elapsed() < PROMPTLY, "{:?}", start.elapsed());
        assert!(!directory.exists());
    }
}

async fn is_healthy(channel: &Channel) -> bool {
    let request = HealthCheckRequest {
        service: "plugin".to_owned(),
    };
    match HealthClient::new(channel.clone()).check(request).await {
        Ok(response) => response.into_inner().status() == ServingStatus::Serving,
        Err(_) => false,
    }
}

async fn shut_down(channel: &Channel) {
    let mut controller = GrpcControllerClient::new(channel.clone());
    controller.shutdown(Empty {}).await.unwrap();
}

#[tokio::test]
async fn shutdown_ends_the_plugin_while_the_host_still_holds_its_streams() {
    let plugin = Plugin::start(Transport::Unix);
    let channel = plugin.channel();
    assert!(is_healthy(&channel).await);
    let mut stdio = GrpcStdioClient::new(channel.clone());
    let mut stdio = stdio.stream_stdio(()).await.unwrap().into_inner();
    let mut broker = GrpcBrokerClient::new(channel.clone());
    let silent_host = tokio_stream::pending::<ConnInfo>();
    let mut broker = broker.start_stream(silent_host).await.unwrap().into_inner();

    shut_down(&channel).await;
    assert_eq!(stdio.message().await.unwrap(), None);
    assert_eq!(broker.message().await.unwrap(), None);
    plugin.ended().await;
}

#[tokio::test]
async fn a_knock_is_refused_over_the_brokers_stream() {
    let plugin = Plugin::start(Transport::Unix);
    let knock = ConnInfo {
        service_id: 3,
        knock: Some(Knock {
            knock: true,
            ..Knock::default()
        }),
        ..ConnInfo::default()
    };
    let announced = tokio_stream::iter([ConnInfo::default(), knock]);
    let mut broker = GrpcBrokerClient::new(plugin.channel());
    let mut broker = broker.start_stream(announced).await.unwrap().into_inner();
    let answer = broker.message().await.unwrap().unwrap();
    assert_eq!(answer.service_id, 3);
    assert!(!answer.knock.unwrap().error.is_empty());
    assert_eq!(broker.message().await.unwrap(), None);
}

#[tokio::test]
async fn only_the_host_itself_is_let_in() {
    for transport in [Transport::Unix, Transport::Loopback] {
        let plugin = Plugin::start(transport);
        let stranger = client_identity();
        for version in [&TLS12, &TLS13] {
            for refused in [None, Some(&stranger)] {
                let channel = plugin.channel_as(refused, version);
                assert!(!is_healthy(&channel).await, "{version:?}");
            }
            let channel = plugin.channel_as(Some(&plugin.host), version);
            assert!(is_healthy(&channel).await, "{version:?}");
        }
        assert!(!is_healthy(&channel(&plugin.address, None)).await);
        assert!(is_healthy(&plugin.channel()).await);
    }
}

#[tokio::test]
async fn plain_text_is_answered_with_a_closed_connection() {
    let plugin = Plugin::start(Transport::Unix);
    let mut socket = connect(&plugin.address).await.unwrap();
    socket
        .write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
        .await
        .unwrap();
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer).await.unwrap();
    // At most a TLS alert: two bytes in a record of type 21.
    assert!(answer.is_empty() || answer.first() == Some(&21));
    assert!(is_healthy(&plugin.channel()).await);
}

#[tokio::test]
async fn clients_that_stall_in_the_handshake_delay_no_other() {
    let plugin = Plugin::start(Transport::Unix);
    let mut stalled = Vec::new();
    for _ in 0..20 {
        stalled.push(connect(&plugin.address).await.unwrap());
    }
    let start = Instant::now();
    assert!(is_healthy(&plugin.channel()).await);
    assert!(start.elapsed() < PROMPTLY);
}

#[tokio::test]
async fn messages_far_beyond_grpcs_usual_limit_pass_in_both_directions() {
    let plugin = Plugin::start(Transport::Unix);
    let mut provider = ProviderClient::new(plugin.channel()).max_decoding_message_size(64 << 20);
    let config = DynamicValue {
        msgpack: vec![0xc0; 32 << 20],
        json: Vec::new(),
    };
    let request = prepare_provider_config::Request {
        config: Some(config.clone()),
    };
    let response = provider.prepare_provider_config(request).await.unwrap();
    assert!(response.into_inner().prepared_config == Some(config));
}

#[tokio::test]
async fn a_call_in_progress_does_not_keep_the_plugin_alive() {
    let plugin = Plugin::start(Transport::Unix);
    let channel = plugin.channel();
    let mut provider = ProviderClient::new(channel.clone());
    let endless = tokio::spawn(async move { provider.stop(stop::Request {}).await });
    plugin.stop_called.notified().await;
    assert!(!endless.is_finished());
    shut_down(&channel).await;
    plugin.ended().await;
}

#[tokio::test]
async fn a_host_that_is_gone_ends_the_plugin() {
    let plugin = Plugin::start(Transport::Unix);
    let channel = plugin.channel();
    assert!(is_healthy(&channel).await);
    drop(channel);
    plugin.ended().await;
}

#[tokio::test]
async fn only_the_connections_of_the_host_are_counted() {
    let host = client_identity();
    let tls = ServerTls::new(host.0.clone()).unwrap();
    let bound = Bound::new(Transport::Unix, &Environment::default()).unwrap();
    let open = OpenConnections::none();
    let mut count = open.subscribe();
    let mut incoming = accept(bound.listener, Some(tls.config), open);

    let stranger = client_tls(&tls.certificate, Some(&client_identity()), &TLS12);
    let socket = connect(&bound.address).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    stranger.connect(name.clone(), socket).await.unwrap_err();
    assert!(!count.has_changed().unwrap());

    let tls = client_tls(&tls.certificate, Some(&host), &TLS12);
    let socket = connect(&bound.address).await.unwrap();
    let connected = tls.connect(name, socket).await.unwrap();
    let served = incoming.next().await.unwrap().unwrap();
    assert_eq!(*count.borrow_and_update(), 1);
    drop((connected, served));
    assert_eq!(*count.borrow_and_update(), 0);
}

#[tokio::test]
async fn a_plugin_that_is_asked_to_terminate_ends_with_its_socket() {
    let mut plugin = Plugin::start(Transport::Unix);
    let channel = plugin.channel();
    assert!(is_healthy(&channel).await);
    std::mem::replace(&mut plugin.end, oneshot::channel().0)
        .send(())
        .unwrap();
    plugin.ended().await;
}

#[tokio::test]
async fn under_debug_the_user_decides_and_not_the_host() {
    let server = Server::bind_for_debugging(Transport::Unix).unwrap();
    let plugin = Plugin::serve(server, Lifetime::User, client_identity());
    for _run_of_terraform in 0..2 {
        let channel = plugin.channel();
        assert!(is_healthy(&channel).await);
        shut_down(&channel).await;
    }
    assert!(is_healthy(&plugin.channel()).await);
    let directory = plugin.directory();
    plugin.end.send(()).unwrap();
    plugin.serving.await.unwrap().unwrap();
    assert!(!directory.exists());
}

#[tokio::test]
async fn a_host_without_a_certificate_is_served_where_only_its_user_can_connect() {
    let environment = Environment::default();
    let refused = Server::bind(Transport::Loopback, &environment).unwrap_err();
    assert!(matches!(refused, PluginError::OpenPort), "{refused}");

    let server = Server::bind(Transport::Unix, &environment).unwrap();
    assert!(server.handshake_line(&environment).ends_with("|grpc|\n"));
    let plugin = Plugin::serve(server, Lifetime::Host, client_identity());
    assert!(is_healthy(&plugin.channel()).await);
}
