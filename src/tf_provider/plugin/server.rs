//! The gRPC server: the provider, go-plugin's services next to it, and how all of them stop.

use std::time::Duration;

use tokio::pin;
use tokio::time::timeout;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_util::sync::CancellationToken;
use tonic::transport::Server as GrpcServer;
use tonic_health::ServingStatus;

use super::broker::Broker;
use super::controller::Controller;
use super::environment::Environment;
use super::error::PluginError;
use super::handshake::handshake_line;
use super::host;
use super::incoming::{OpenConnections, accept};
use super::listener::{Address, Bound, Transport};
use super::stdio::Stdio;
use super::tls::ServerTls;
use crate::proto::go_plugin::grpc_broker_server::GrpcBrokerServer;
use crate::proto::go_plugin::grpc_controller_server::GrpcControllerServer;
use crate::proto::go_plugin::grpc_stdio_server::GrpcStdioServer;
use crate::proto::tfplugin5::provider_server::{Provider, ProviderServer};

/// The service name under which go-plugin checks the health of a plugin.
const HEALTH_SERVICE: &str = "plugin";

/// go-plugin's limit for one message, in both directions.
const MAX_MESSAGE_BYTES: usize = 256 << 20;

/// How long calls in progress may continue during a shutdown. The host kills a plugin two seconds after `Shutdown`, and
/// the socket must be removed before that.
const DRAIN_TIMEOUT: Duration = Duration::from_millis(500);

/// What ends the plugin.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Lifetime {
    /// The host that started it: by calling `Shutdown`, or by going away.
    Host,
    /// The user, who started it to serve many runs of Terraform.
    User,
}

/// A server that listens but does not serve yet.
#[derive(Debug)]
pub(super) struct Server {
    bound: Bound,
    tls: Option<ServerTls>,
}

impl Server {
    /// Starts to listen, and prepares TLS for the one client if its certificate is given.
    ///
    /// Without a client certificate there is no TLS. The directory of a Unix socket still keeps other users out. A port
    /// would be open to all users of the machine, and is refused.
    pub(super) fn bind(
        transport: Transport,
        environment: &Environment,
    ) -> Result<Self, PluginError> {
        let tls = match &environment.client_certificate {
            Some(client) => Some(ServerTls::new(client.clone())?),
            None if transport == Transport::Loopback => return Err(PluginError::OpenPort),
            None => None,
        };
        Ok(Self {
            bound: Bound::new(transport, environment)?,
            tls,
        })
    }

    /// Starts to listen without TLS, on any kind of listener, for a user who wants to debug.
    pub(super) fn bind_for_debugging(transport: Transport) -> Result<Self, PluginError> {
        Ok(Self {
            bound: Bound::new(transport, &Environment::default())?,
            tls: None,
        })
    }

    pub(super) const fn address(&self) -> &Address {
        &self.bound.address
    }

    /// Returns the server's own certificate, if there is TLS.
    pub(super) fn certificate(&self) -> Option<&CertificateDer<'static>> {
        self.tls.as_ref().map(|tls| &tls.certificate)
    }

    /// Returns the handshake line for the host.
    pub(super) fn handshake_line(&self, environment: &Environment) -> String {
        handshake_line(
            self.address(),
            self.certificate(),
            environment.multiplexing_field,
        )
    }

    /// Serves until `ended` resolves or, with [`Lifetime::Host`], until the host stops the plugin or goes away. Calls
    /// in progress get [`DRAIN_TIMEOUT`]; then the socket is removed.
    pub(super) async fn serve<P: Provider>(
        self,
        provider: P,
        lifetime: Lifetime,
        ended: impl Future<Output = ()>,
    ) -> Result<(), PluginError> {
        let Bound {
            listener,
            directory,
            ..
        } = self.bound;
        let open = OpenConnections::none();
        let host_gone = host::gone(open.subscribe());
        let shutdown = CancellationToken::new();
        let (health_reporter, health) = tonic_health::server::health_reporter();
        health_reporter
            .set_service_status(HEALTH_SERVICE, ServingStatus::Serving)
            .await;

        // Broker and stdio end their streams when the token is canceled. `Shutdown` cancels it if a host started the
        // process.
        let serving = GrpcServer::builder()
            .add_service(
                ProviderServer::new(provider)
                    .max_decoding_message_size(MAX_MESSAGE_BYTES)
                    .max_encoding_message_size(MAX_MESSAGE_BYTES),
            )
            .add_service(health)
            .add_service(GrpcBrokerServer::new(Broker {
                shutdown: shutdown.clone(),
            }))
            .add_service(GrpcStdioServer::new(Stdio {
                shutdown: shutdown.clone(),
            }))
            .add_service(GrpcControllerServer::new(Controller {
                shutdown: (lifetime == Lifetime::Host).then(|| shutdown.clone()),
            }))
            .serve_with_incoming_shutdown(
                accept(listener, self.tls.map(|tls| tls.config), open),
                shutdown.clone().cancelled_owned(),
            );
        pin!(serving);

        tokio::select! {
            result = &mut serving => return result.map_err(PluginError::Serve),
            () = shutdown.cancelled() => {}
            () = ended => {}
            () = host_gone, if lifetime == Lifetime::Host => {}
        }
        // No new connections from here on; calls in progress get some time to finish. The socket is removed in any
        // case.
        shutdown.cancel();
        let drained = timeout(DRAIN_TIMEOUT, serving).await;
        drop(directory);
        if let Ok(result) = drained {
            return result.map_err(PluginError::Serve);
        }
        tracing::warn!("ended with calls in progress");
        Ok(())
    }
}
