//! Helpers for the plugin's tests: a provider, and a host with its certificate.

use std::io;
use std::sync::Arc;
use std::task::{Context, Poll};

use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};
use tokio::sync::Notify;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};
use tokio_stream::Pending;
use tonic::codegen::http::Uri;
use tonic::codegen::{BoxFuture, Service};
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Response, Status};

use super::Plugin;
use super::listener::{Address, Socket};
use crate::proto::tfplugin5::provider_server::Provider;
use crate::proto::tfplugin5::{self, prepare_provider_config, stop};

/// The description of the test provider.
pub(super) const PLUGIN: Plugin = Plugin {
    name: "cloud",
    version: "0.1.0",
    source_address: "registry.terraform.io/example/cloud",
    repository: "https://example.com/cloud",
    logged: &[],
};

/// A certificate and its key.
pub(super) type Identity = (CertificateDer<'static>, PrivateKeyDer<'static>);

/// Creates an identity as Terraform does: self-signed, on P-521, marked as an authority. Each call creates a new one.
pub(super) fn client_identity() -> Identity {
    let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P521_SHA512).unwrap();
    let mut params = rcgen::CertificateParams::new(["localhost".to_owned()]).unwrap();
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let certificate = params.self_signed(&key).unwrap();
    (certificate.der().clone(), key.into())
}

/// Returns a host's side of TLS. It trusts the server's certificate, and presents its own if it has one.
pub(super) fn client_tls(
    server: &CertificateDer<'static>,
    identity: Option<&Identity>,
    version: &'static SupportedProtocolVersion,
) -> TlsConnector {
    let mut roots = RootCertStore::empty();
    roots.add(server.clone()).unwrap();
    let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_protocol_versions(&[version])
        .unwrap()
        .with_root_certificates(roots);
    let mut config = match identity {
        None => builder.with_no_client_auth(),
        Some((certificate, key)) => builder
            .with_client_auth_cert(vec![certificate.clone()], key.clone_key())
            .unwrap(),
    };
    config.alpn_protocols = vec![b"h2".to_vec()];
    TlsConnector::from(Arc::new(config))
}

/// Returns a channel to the plugin, which connects when it is first used.
pub(super) fn channel(address: &Address, tls: Option<TlsConnector>) -> Channel {
    let address = address.clone();
    Endpoint::from_static("http://localhost")
        .connect_with_connector_lazy(Connector { address, tls })
}

/// Opens a plain connection to the plugin.
pub(super) async fn connect(address: &Address) -> io::Result<Socket> {
    match address {
        Address::Unix(path) => UnixStream::connect(path).await.map(Socket::Left),
        Address::Tcp(address) => TcpStream::connect(address).await.map(Socket::Right),
    }
}

/// Opens the connection of a channel.
struct Connector {
    address: Address,
    tls: Option<TlsConnector>,
}

/// A connection with or without TLS.
trait Connection: AsyncRead + AsyncWrite + Send + Unpin {}

impl<C: AsyncRead + AsyncWrite + Send + Unpin> Connection for C {}

impl Service<Uri> for Connector {
    type Response = TokioIo<Box<dyn Connection>>;
    type Error = io::Error;
    type Future = BoxFuture<Self::Response, Self::Error>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        let (address, tls) = (self.address.clone(), self.tls.clone());
        Box::pin(async move {
            let socket = connect(&address).await?;
            let connection: Box<dyn Connection> = match tls {
                None => Box::new(socket),
                Some(tls) => {
                    let name = ServerName::try_from("localhost").unwrap();
                    Box::new(tls.connect(name, socket).await?)
                }
            };
            Ok(TokioIo::new(connection))
        })
    }
}

/// A provider that returns the configuration it gets in `prepare`, never answers `Stop`, and implements nothing else.
#[derive(Debug, Default)]
pub(super) struct Echo {
    /// Notified when `Stop` is called.
    pub(super) stop_called: Arc<Notify>,
}

/// RPCs that the tests do not call.
macro_rules! unanswered {
    ($($rpc:ident: $module:ident,)*) => {
        #[tonic::async_trait]
        impl Provider for Echo {
            async fn prepare_provider_config(
                &self,
                request: Request<prepare_provider_config::Request>,
            ) -> Result<Response<prepare_provider_config::Response>, Status> {
                Ok(Response::new(prepare_provider_config::Response {
                    prepared_config: request.into_inner().config,
                    diagnostics: Vec::new(),
                }))
            }

            async fn stop(
                &self,
                _: Request<stop::Request>,
            ) -> Result<Response<stop::Response>, Status> {
                self.stop_called.notify_one();
                std::future::pending().await
            }

            type ListResourceStream = Pending<Result<tfplugin5::list_resource::Event, Status>>;

            async fn list_resource(
                &self,
                _: Request<tfplugin5::list_resource::Request>,
            ) -> Result<Response<Self::ListResourceStream>, Status> {
                Err(Status::unimplemented("list_resource"))
            }

            type InvokeActionStream = Pending<Result<tfplugin5::invoke_action::Event, Status>>;

            async fn invoke_action(
                &self,
                _: Request<tfplugin5::invoke_action::Request>,
            ) -> Result<Response<Self::InvokeActionStream>, Status> {
                Err(Status::unimplemented("invoke_action"))
            }

            $(async fn $rpc(
                &self,
                _: Request<tfplugin5::$module::Request>,
            ) -> Result<Response<tfplugin5::$module::Response>, Status> {
                Err(Status::unimplemented(stringify!($rpc)))
            })*
        }
    };
}

unanswered! {
    get_metadata: get_metadata,
    get_schema: get_provider_schema,
    get_resource_identity_schemas: get_resource_identity_schemas,
    validate_resource_type_config: validate_resource_type_config,
    validate_data_source_config: validate_data_source_config,
    upgrade_resource_state: upgrade_resource_state,
    upgrade_resource_identity: upgrade_resource_identity,
    configure: configure,
    read_resource: read_resource,
    plan_resource_change: plan_resource_change,
    apply_resource_change: apply_resource_change,
    import_resource_state: import_resource_state,
    move_resource_state: move_resource_state,
    read_data_source: read_data_source,
    generate_resource_config: generate_resource_config,
    validate_ephemeral_resource_config: validate_ephemeral_resource_config,
    open_ephemeral_resource: open_ephemeral_resource,
    renew_ephemeral_resource: renew_ephemeral_resource,
    close_ephemeral_resource: close_ephemeral_resource,
    validate_list_resource_config: validate_list_resource_config,
    get_functions: get_functions,
    call_function: call_function,
    validate_action_config: validate_action_config,
    plan_action: plan_action,
}
