//! THE PRODUCT: the resource `harness_bitbucket_connector`.
//!
//! The way of the data, of which each arrow is one module: a `Value` of the schema ([`schema`]) becomes a typed
//! [`Model`](model::Model) in which every setting is null, unknown or known; the model is judged ([`rules`]),
//! planned ([`plan`]), judged by what the platform says of it ([`plan_checks`]), and becomes the platform's connector
//! ([`conversion`]), which [`lifecycle`] creates, reads, updates and deletes; what the platform answers becomes a model
//! again, and a value.
//!
//! This room knows both Terraform (`tf_provider`) and the platform (`platform`); they do not know each other.

mod access;
mod address;
mod connection_test;
mod conversion;
mod data_sources;
mod description;
#[cfg(test)]
mod fault_matrix;
mod finding;
mod functions;
mod gaps;
pub mod identifier;
mod identity;
mod import_id;
mod lifecycle;
mod list_resource;
mod listing;
mod lookup;
mod managed_settings;
mod model;
mod move_from_itself;
mod move_from_official;
mod nearest;
pub(crate) mod pasted;
mod plan;
mod plan_checks;
mod private;
mod program;
mod refusals;
mod resource;
mod rules;
mod schema;
mod search;
pub mod secret_ref;
mod setting;
mod test_action;
mod test_report;
mod unmanaged;
pub mod url;
mod usage;
#[cfg(test)]
pub(crate) mod written;

pub use access::{Access, Configured, ConnectionTestMode, NoAccess};
pub use data_sources::data_sources;
pub(crate) use finding::run_doctor;
pub use functions::functions;
pub use list_resource::list_resources;
pub use plan_checks::PlanChecks;
pub use resource::BitbucketConnectorResource;
#[cfg(test)]
pub(crate) use rules::{judges, url_forms};
pub use test_action::actions;

/// The resource type, as written in HCL.
pub const TYPE_NAME: &str = "harness_bitbucket_connector";
