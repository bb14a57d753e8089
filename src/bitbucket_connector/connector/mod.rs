//! What a Bitbucket connector is: its schema, its settings, and its URL.

pub(super) mod managed_settings;
pub(crate) mod model;
pub(crate) mod schema;
pub(crate) mod settings;
#[cfg(test)]
pub(crate) mod testing;
pub(crate) mod unmanaged;
pub mod url;
pub(crate) mod words;

use harness_platform::ConnectorRef;

/// The resource type, as written in HCL.
pub const TYPE_NAME: &str = "harness_bitbucket_connector";

/// The official provider's resource type for the same connectors.
pub(crate) const OFFICIAL_TYPE_NAME: &str = "harness_platform_connector_bitbucket";

/// Returns the description of a connector in diagnostics: `Bitbucket connector "x" of project "p" of organization "o"`.
pub(crate) fn named(connector: &ConnectorRef) -> String {
    format!(
        "Bitbucket connector \"{}\" in the {}",
        connector.identifier, connector.scope
    )
}
