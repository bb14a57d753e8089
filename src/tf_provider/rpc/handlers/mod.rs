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
pub(super) mod provider_config;
pub(super) mod resource;
pub(super) mod state;

use super::super::about;
use super::super::diagnostic::{Diagnostic, Diagnostics};
use super::super::provider::{Named, Provider};
use super::super::resource::Resource;
use super::Answer;
use crate::visible::visible;

fn resource<'a>(provider: &'a dyn Provider, type_name: &str) -> Answer<&'a dyn Resource> {
    find("resource", &provider.offers().resources, type_name)
}

/// Returns the item with this name among those of a kind ("data source", "action", …).
fn find<'a, T: ?Sized>(kind: &str, things: &'a Named<T>, name: &str) -> Answer<&'a T> {
    let found = things.get(name).map(|thing| &**thing);
    found.ok_or_else(|| none(kind, name, things.keys().copied()))
}

/// Returns the error for an item that the provider does not have.
fn none<'a>(kind: &str, name: &str, known: impl Iterator<Item = &'a str>) -> Diagnostics {
    let known: Vec<_> = known.collect();
    let advice = if known.is_empty() {
        "Use a version that has it".to_owned()
    } else {
        format!("It has: {}", known.join(", "))
    };
    Diagnostic::error(
        format!("No {kind} \"{}\"", visible(name).escape_debug()),
        format!(
            "Version {} of this provider has no {kind} of that name. {advice}.",
            about::version()
        ),
    )
    .into()
}
