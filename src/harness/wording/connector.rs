//! How messages name a connector.

use harness_platform::{ConnectorRef, Scope};

use super::hcl;

/// Returns the name of a connector: `connector "x" in the project "p" of organization "o"`.
pub(crate) fn named(connector: &ConnectorRef) -> String {
    let ConnectorRef { scope, identifier } = connector;
    format!("connector \"{identifier}\" in the {scope}")
}

/// Returns the name by which messages about other connectors refer to this one. It is short, because they are one line
/// each: in the account, the identifier is enough.
pub(crate) fn referred_to(connector: &ConnectorRef) -> String {
    match connector.scope {
        Scope::Account => format!("connector \"{}\"", connector.identifier),
        Scope::Organization { .. } | Scope::Project { .. } => named(connector),
    }
}

/// Returns the name of a connector in messages about its users.
pub(crate) fn with_users(connector: &ConnectorRef) -> String {
    format!(
        "connector {} of the {}",
        hcl(&connector.identifier),
        connector.scope
    )
}

/// Returns whether a message is about the users of this connector.
pub(crate) fn is_about_users(message: &str, connector: &ConnectorRef) -> bool {
    message.contains(&format!("{} ", with_users(connector)))
}
