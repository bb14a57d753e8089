//! Why a plugin could not be served.

use std::io;

use super::environment::EnvironmentError;
use super::listener::ListenerError;
use super::tls::TlsError;

/// Why the plugin could not be served.
#[derive(Debug, thiserror::Error)]
pub enum PluginError {
    /// The host requests something impossible, or the process has no host.
    #[error("cannot run as a plugin of the program that started it")]
    Environment(#[from] EnvironmentError),
    /// No listener could be started.
    #[error("cannot listen for Terraform")]
    Listener(#[from] ListenerError),
    /// TLS could not be set up.
    #[error("cannot encrypt the connection with Terraform")]
    Tls(#[from] TlsError),
    /// The host uses no TLS, and the listener would be open to every user of the machine.
    #[error(
        "refused to listen on a port without TLS, because every user of this machine could connect; expected a \
         certificate in PLUGIN_CLIENT_CERT, which Terraform sets unless TF_DISABLE_PLUGIN_TLS is set"
    )]
    OpenPort,
    /// Standard output cannot be written to.
    #[error("cannot write to standard output")]
    Output(#[source] io::Error),
    /// The runtime could not be started, or signals cannot be handled.
    #[error("cannot start")]
    System(#[source] io::Error),
    /// The server failed.
    #[error("cannot serve Terraform")]
    Serve(#[source] tonic::transport::Error),
}
