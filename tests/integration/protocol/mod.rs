//! What the provider answers over its own protocol, to a client that does as Terraform does.
//!
//! Terraform's CLI shows what people meet; this shows what lies beneath and beside it: every RPC, garbage on the wire,
//! strangers at the socket, signals, the end of the process, and plans and applies step by step. The binary is the real
//! one, started over the real handshake in an environment of its own; the platform is the sandbox.
//!
//! | module | what it is |
//! |---|---|
//! | [`process`] | the binary as a process: environment, handshake line, output, exit |
//! | [`host`] | Terraform's side of the connection: mutual TLS, the streams that it holds, `Shutdown` |
//! | [`session`] | Terraform's side of the work: the calls of plans and applies |
//! | [`agreement`] | its proposals, and its checks on each answer |
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
