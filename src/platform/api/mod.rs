//! The requests that this client makes, built as data, and what their answers say.

pub mod audits;
pub(crate) mod connector;
pub mod connectors;
pub mod delegates;
mod page;
pub mod scopes;
pub mod secrets;
pub mod taken;
pub mod token;
pub(crate) mod usage;
