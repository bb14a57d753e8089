//! The go-plugin process: everything between the start of the program and the first call to the provider.
//!
//! [`run`] runs a provider's process from start to end. Started by Terraform, it listens on a private socket, prints
//! the handshake line, and serves the provider to the one client with the expected certificate, until the client calls
//! `Shutdown` or goes away. Started by a person, it prints what it is, or waits for Terraform with `--debug`.
//!
//! | module | what it covers |
//! |---|---|
//! | [`environment`], [`handshake`] | the host's settings, and the line that responds to them; pure |
//! | [`listener`] | Unix sockets and ports |
//! | [`tls`] | certificates, and which client to admit |
//! | `incoming` | connections and their TLS handshakes |
//! | `server` | the gRPC server and its shutdown |
//! | `broker`, `stdio`, `controller` | go-plugin's services |
//! | `host` | signals, and a host that has gone away |
//! | `debug`, `command_line` | texts for people |
//! | `log` | hclog lines |
//!
//! Not supported, because Terraform never uses them with a provider: go-plugin's net/rpc protocol, connections through
//! the broker, multiplexing, and provisioners.

mod broker;
mod command_line;
mod controller;
mod debug;
mod description;
pub mod environment;
mod error;
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
pub use description::Plugin;
pub use error::PluginError;

use crate::about::{self, About};
use crate::proto::tfplugin5::provider_server::Provider;
use command_line::Command;
use environment::{Environment, EnvironmentError};
use listener::Transport;
use server::{Lifetime, Server};

/// The number of threads for blocking work: DNS lookups and files. Each has a stack and an arena.
const MAX_BLOCKING_THREADS: usize = 4;

/// Runs the whole program: reads arguments and environment, serves the provider if requested, and returns the exit
/// code.
///
/// `provider` is called at most once, inside the runtime in which the provider then lives. A subcommand takes over the
/// whole process.
pub fn run<P, F>(plugin: Plugin, subcommands: &[Subcommand], provider: F) -> ExitCode
where
    P: Provider,
    F: FnOnce() -> P,
{
    about::set(About {
        version: plugin.version,
        repository: plugin.repository,
    });
    // A subcommand runs before any part of a plugin is set up.
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
            // Explain to a person who starts the program by hand what it is.
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
/// Prints the handshake line to standard output, creates the provider, and returns when the host has called `Shutdown`,
/// the host has gone away, or the process was asked to terminate. The socket is then removed. Ctrl-C still does not end
/// the process afterwards.
///
/// A host that sends no certificate (Terraform with `TF_DISABLE_PLUGIN_TLS`) is served without TLS over a Unix socket,
/// which only the user can reach, and refused where there are no Unix sockets.
///
/// # Errors
/// Returns an error if the plugin cannot listen, has no certificate, or cannot print the line.
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
    // The host is still waiting for the line, and connects shortly after.
    server.serve(provider(), Lifetime::Host, terminated).await
}

/// Serves the provider without TLS until Ctrl-C, and prints to standard output how to point Terraform to it.
///
/// # Errors
/// Returns an error if the plugin cannot listen, or standard output cannot be written to.
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

/// Runs a server to its end. One thread is enough, because the work consists of waiting for the platform.
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
    // A DNS lookup may still be blocking its thread.
    runtime.shutdown_background();
    result
}

/// How many files and sockets the runtime, the listener, and the host's connection need together, with a margin.
#[cfg(unix)]
const DESCRIPTORS: usize = 12;

/// Checks that enough file descriptors are available. The runtime would panic without them.
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

/// Prints an error with all its causes.
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
    // A failure to write cannot be reported anywhere.
    writeln!(io::stderr().lock(), "{text}").ok();
}
