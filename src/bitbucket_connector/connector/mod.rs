//! What a Bitbucket connector is: its schema, its settings, its URL.

pub(crate) mod gaps;
pub(super) mod managed_settings;
pub(crate) mod model;
pub(crate) mod schema;
pub(super) mod unmanaged;
pub mod url;

/// The resource type, as written in HCL.
pub const TYPE_NAME: &str = "harness_bitbucket_connector";
