//! The sandbox over real HTTP, row by row of what is known about the platform.
//!
//! Each test starts its own sandbox; nothing is shared, so the order does not matter.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what it expects by panicking, and its helpers do, too"
)]

mod access;
mod audits;
mod client;
mod compare;
mod controls;
mod create;
mod delete;
mod faults;
mod listing;
mod making;
mod neighbours;
mod pipelines;
mod program;
mod read;
mod refuse;
mod test_connection;
mod update;
