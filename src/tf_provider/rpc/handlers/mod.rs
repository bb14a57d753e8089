//! The work behind each RPC: decode, call, encode. There is one module for each kind of item that a provider offers.

#![allow(
    clippy::needless_pass_by_value,
    clippy::unnecessary_wraps,
    reason = "all have the form in which the server calls them: the request by value, the answer or findings back"
)]

pub(super) mod action;
pub(super) mod data_source;
pub(super) mod discovery;
pub(super) mod ephemeral;
pub(super) mod function;
pub(super) mod list_resource;
mod offered;
pub(super) mod provider_config;
pub(super) mod resource;
pub(super) mod state;
