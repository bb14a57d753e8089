//! The requests of this client, built as data, and the types of their responses.

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
