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

use harness_platform::{ConnectorAnswer, ConnectorRef};
use tf_provider::diagnostic::Diagnostic;
use tf_provider::value::Path;

use crate::harness::wording;

/// The resource type, as written in HCL.
pub const TYPE_NAME: &str = "harness_bitbucket_connector";

/// The official provider's resource type for the same connectors.
pub(crate) const OFFICIAL_TYPE_NAME: &str = "harness_platform_connector_bitbucket";

/// Returns the name of a connector at the beginning of a sentence: `Bitbucket connector "x" in the account`.
pub(crate) fn named(connector: &ConnectorRef) -> String {
    format!("Bitbucket {}", wording::connector::named(connector))
}

/// Returns the error about a connector of another type. `advice` is a sentence.
pub(crate) fn other_type(
    connector: &ConnectorRef,
    found: &ConnectorAnswer,
    advice: &str,
) -> Diagnostic {
    let found = wording::type_name(found.connector.connector_type());
    Diagnostic::error(
        format!("Connector is of type {found}"),
        format!(
            "The {} is a {found} connector, not a Bitbucket connector. {advice}",
            wording::connector::named(connector)
        ),
    )
    .at(Path::root().attribute("identifier"))
}
