//! The go-plugin process: everything between Terraform starting the program and the first call of the provider.
//!
//! [`run`] is the whole life of a provider's process. Started by Terraform, it listens on a private socket, prints the
//! handshake line, and serves the provider to the one client whose certificate it was given, until that says
//! `Shutdown` or is gone. Started by a person, it explains itself, or waits for Terraform under `--debug`.
//!
//! | module | what it knows |
//! |---|---|
//! | [`environment`], [`handshake`] | what the host says, and the line that answers; pure |
//! | [`listener`] | Unix sockets and ports |
//! | [`tls`] | certificates, and whom to let in |
//! | `incoming` | connections on their way through the TLS handshake |
//! | `server` | the gRPC server and its end |
//! | `broker`, `stdio`, `controller` | go-plugin's services |
//! | `host` | signals, and a host that is gone |
//! | `debug`, `command_line` | what people see |
//! | `log` | hclog lines |
//!
//! Not supported, because no Terraform asks a provider for it: go-plugin's net/rpc protocol, connections through the
//! broker, multiplexing, provisioners.

mod broker;
mod command_line;
mod controller;
mod debug;
pub mod environment;
pub mod handshake;
mod host;
mod incoming;
pub mod listener;
mod log;
mod server;
#[cfg(all(test, unix))]
#[allow(clippy::unwrap_used, clippy::panic, reason = "tests")]
mod server_tests;
mod stdio;
#[cfg(all(test, unix))]
#[allow(clippy::unwrap_used, clippy::panic, reason = "tests")]
mod testing;
pub mod tls;

use std::error::Error;
use std::io::{self, IsTerminal as _, Write as _};
use std::process::ExitCode;

pub use command_line::{Console, Subcommand};

use crate::about::{self, About};
use crate::proto::tfplugin5::provider_server::Provider;
use command_line::Command;
use environment::{Environment, EnvironmentError};
use listener::{ListenerError, Transport};
use server::{Lifetime, Server};
use tls::TlsError;

/// Threads for what cannot wait without blocking: look-ups of host names, files. Each has a stack and an arena.
const MAX_BLOCKING_THREADS: usize = 4;

/// Who the plugin is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Plugin {
    /// The provider's name: the part of the program's name that follows `terraform-provider-`.
    pub name: &'static str,
    /// The version, without `v`.
    pub version: &'static str,
    /// Host, namespace and name of the provider, as in `registry.terraform.io/example/cloud`.
    pub source_address: &'static str,
    /// The address of its repository, whose issues take reports of bugs.
    pub repository: &'static str,
    /// The crates, or modules in them, whose events are logged beside those of this one, each with the name under which it
    /// and the modules below it appear in the log; none for the provider's own. The first that a module is below counts.
    pub logged: &'static [(&'static str, Option<&'static str>)],
}

/// Why the plugin could not be served.
#[derive(Debug, thiserror::Error)]
pub enum PluginError {
    /// The host asks for something impossible, or is none.
    #[error("cannot run as a plugin of the program that started it")]
    Environment(#[from] EnvironmentError),
    /// Nothing to listen on.
    #[error("cannot listen for Terraform")]
    Listener(#[from] ListenerError),
    /// No encryption.
    #[error("cannot encrypt the connection with Terraform")]
    Tls(#[from] TlsError),
    /// The host wants no TLS, and the listener would be open to every user of the machine.
    #[error(
        "refused to listen on a port without TLS, because every user of this machine could connect; expected a \
         certificate in PLUGIN_CLIENT_CERT, which Terraform sets unless TF_DISABLE_PLUGIN_TLS is set"
    )]
    OpenPort,
    /// Nobody reads standard output.
    #[error("cannot write to standard output")]
    Output(#[source] io::Error),
    /// The runtime could not be started, or signals cannot be handled.
    #[error("cannot start")]
    System(#[source] io::Error),
    /// The server broke down.
    #[error("cannot serve Terraform")]
    Serve(#[source] tonic::transport::Error),
}

/// The whole program: reads arguments and environment, serves the provider if that is what is wanted, and returns the
/// exit code.
///
/// `provider` is called at most once, in the runtime in which the provider then lives. A subcommand gets the whole process.
pub fn run<P, F>(plugin: Plugin, subcommands: &[Subcommand], provider: F) -> ExitCode
where
    P: Provider,
    F: FnOnce() -> P,
{
    about::set(About {
        version: plugin.version,
        repository: plugin.repository,
    });
    // A subcommand takes the process over before anything of a plugin is set up.
    let mut arguments = std::env::args_os().skip(1).peekable();
    let subcommand = arguments
        .peek()
        .and_then(|first| subcommands.iter().find(|command| first == command.name));
    if let Some(subcommand) = subcommand {
        let output = io::stdout();
        return (subcommand.run)(Console {
            arguments: arguments.skip(1).collect(),
            is_terminal: output.is_terminal(),
            output: &mut output.lock(),
            errors: &mut io::stderr().lock(),
        });
    }
    let command = match Command::from_args(arguments, subcommands) {
        Ok(command) => command,
        Err(error) => return complain(&plugin, &error),
    };
    let result = match command {
        Command::Version => print(&command_line::version(&plugin)),
        Command::Help => print(&command_line::help(&plugin, subcommands)),
        Command::Serve => match Environment::from_vars(std::env::vars_os()) {
            Ok(environment) => in_runtime(&plugin, async {
                serve(&plugin, provider, &environment).await
            }),
            // Whoever starts the program by hand learns what it is.
            Err(EnvironmentError::NotStartedByTerraform) => {
                write_to_stderr(&command_line::about(&plugin));
                return ExitCode::FAILURE;
            }
            Err(error) => Err(error.into()),
        },
        Command::Debug => in_runtime(&plugin, async { serve_debug(&plugin, provider()).await }),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => complain(&plugin, &error),
    }
}

/// Serves the provider to the host that started the process.
///
/// Prints the handshake line to standard output, makes the provider, and returns when the host said `Shutdown`, or is gone, or the process
/// was asked to terminate; the socket is then removed. From then on, too, Ctrl-C does not end the process.
///
/// A host that sends no certificate (Terraform with `TF_DISABLE_PLUGIN_TLS`) is served without TLS over a Unix socket,
/// which only the same user can reach, and refused where there are none.
///
/// # Errors
/// The plugin cannot listen, has no certificate, or cannot print the line.
pub async fn serve<P: Provider>(
    plugin: &Plugin,
    provider: impl FnOnce() -> P,
    environment: &Environment,
) -> Result<(), PluginError> {
    host::ignore_interrupts().map_err(PluginError::System)?;
    let terminated = host::terminated().map_err(PluginError::System)?;
    let server = Server::bind(Transport::NATIVE, environment)?;

    let mut output = io::stdout().lock();
    output
        .write_all(server.handshake_line(environment).as_bytes())
        .and_then(|()| output.flush())
        .map_err(PluginError::Output)?;
    drop(output);
    tracing::debug!(version = plugin.version, address = %server.address(), "serving");
    // The host waits for the line, and then needs a moment to connect.
    server.serve(provider(), Lifetime::Host, terminated).await
}

/// Serves the provider without TLS until Ctrl-C, and prints to standard output how Terraform finds it.
///
/// # Errors
/// The plugin cannot listen, or standard output cannot be written to.
pub async fn serve_debug<P: Provider>(plugin: &Plugin, provider: P) -> Result<(), PluginError> {
    let terminated = host::terminated().map_err(PluginError::System)?;
    let interrupted = host::interrupted().map_err(PluginError::System)?;
    let server = Server::bind_for_debugging(Transport::NATIVE)?;
    debug::explain(
        &mut io::stdout().lock(),
        plugin,
        server.address(),
        std::process::id(),
    )
    .map_err(PluginError::Output)?;
    let ended = async {
        tokio::select! {
            () = terminated => {}
            () = interrupted => {}
        }
    };
    server.serve(provider, Lifetime::User, ended).await
}

/// Runs a server to its end. One thread is enough: the work is waiting for the platform.
fn in_runtime(
    plugin: &Plugin,
    server: impl Future<Output = Result<(), PluginError>>,
) -> Result<(), PluginError> {
    log::install_panic_hook(plugin.name);
    log::install(plugin);
    #[cfg(unix)]
    reserve_descriptors().map_err(PluginError::System)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(MAX_BLOCKING_THREADS)
        .build()
        .map_err(PluginError::System)?;
    let result = runtime.block_on(server);
    // A look-up of a host name may still be waiting in a thread of its own.
    runtime.shutdown_background();
    result
}

/// How many files and sockets the runtime, the listener and the host's connection need together, and some to spare.
#[cfg(unix)]
const DESCRIPTORS: usize = 12;

/// Makes sure that the system has as many as are needed. The runtime panics over the first that it cannot get.
#[cfg(unix)]
fn reserve_descriptors() -> io::Result<()> {
    use std::os::fd::{AsFd as _, OwnedFd};
    let input = io::stdin();
    let copies = (0..DESCRIPTORS).map(|_| input.as_fd().try_clone_to_owned());
    copies.collect::<io::Result<Vec<OwnedFd>>>().map(drop)
}

fn print(text: &str) -> Result<(), PluginError> {
    writeln!(io::stdout().lock(), "{text}").map_err(PluginError::Output)
}

/// Tells a person what is wrong, with all causes.
fn complain(plugin: &Plugin, error: &dyn Error) -> ExitCode {
    let mut text = format!("terraform-provider-{}: {error}", plugin.name);
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    write_to_stderr(&text);
    ExitCode::FAILURE
}

fn write_to_stderr(text: &str) {
    // If nobody reads, there is nobody to tell.
    writeln!(io::stderr().lock(), "{text}").ok();
}
