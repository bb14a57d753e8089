//! The provider's responses over its own protocol, to a client that behaves like Terraform.
//!
//! Terraform's CLI shows what users see. These tests show everything else: every RPC, garbage on the wire, strangers at
//! the socket, signals, the end of the process, and plans and applies step by step. The binary is the real one, started
//! with the real handshake in its own environment; the platform is the sandbox.
//!
//! | module | what it covers |
//! |---|---|
//! | [`process`] | the binary as a process: environment, handshake line, output, exit |
//! | [`host`] | Terraform's side of the connection: mutual TLS, its open streams, `Shutdown` |
//! | [`session`] | Terraform's side of the work: the calls of plans and applies |
//! | [`agreement`] | its proposals, and its checks of each response |
//! | [`connector`] | configurations of the resource |
//! | the others | the tests |

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod action;
#[cfg(unix)]
mod admission;
mod agreement;
mod answers;
mod command_line;
mod configuration;
pub(crate) mod connector;
mod data_source;
mod endings;
mod examples;
#[cfg(target_os = "linux")]
mod flood;
mod garbage;
mod generated_config;
mod host;
mod identity;
mod interruption;
mod lifecycle;
mod list;
mod logs;
mod moves;
mod panics;
mod planning;
pub(crate) mod process;
mod rules;
mod schema;
mod session;
#[cfg(unix)]
mod shortage;
mod transcript;
