//! The users of a secret: connectors, and credentials for SSH and WinRM.
//!
//! The platform keeps records of this, which arrive some seconds late; the sandbox searches what is stored.

use serde_json::{Map, Value};

use crate::connectors::SecretRef;
use crate::credentials;
use crate::scope::Scope;
use crate::world::{Key, World};

/// The members of a credential that refer to secrets.
const OF_CREDENTIALS: [&str; 3] = ["key", "encryptedPassphrase", "password"];

/// Returns whether a connector or a credential refers to the secret.
pub(super) fn is_used(world: &World, (scope, identifier): &Key) -> bool {
    let leads_here = |reference: &SecretRef, from: &Scope| {
        reference.identifier() == identifier && reference.scope_from(from).as_ref() == Ok(scope)
    };
    let by_connector = world.connectors.iter().any(|((from, _), connector)| {
        let spec = connector.info.get("spec");
        let found = spec.map(|spec| collected(spec, &is_reference));
        found
            .into_iter()
            .flatten()
            .any(|reference| leads_here(&reference, from))
    });
    by_connector
        || world.secrets.iter().any(|((from, _), secret)| {
            references(&secret.entry.r#type, &secret.entry.spec)
                .iter()
                .any(|reference| leads_here(reference, from))
        })
}

/// Returns the secrets that a credential refers to; texts and files refer to none.
pub(super) fn references(kind: &str, spec: &Map<String, Value>) -> Vec<SecretRef> {
    if !credentials::KINDS.contains(&kind) {
        return Vec::new();
    }
    let spec = Value::Object(spec.clone());
    collected(&spec, &|member| OF_CREDENTIALS.contains(&member))
}

/// Returns whether a member is a reference. Connectors of every type use names such as `passwordRef` and `tokenRef`;
/// `connectorRef` refers to a connector.
fn is_reference(member: &str) -> bool {
    member.ends_with("Ref") && member != "connectorRef"
}

fn collected(value: &Value, is_meant: &dyn Fn(&str) -> bool) -> Vec<SecretRef> {
    match value {
        Value::Object(members) => members
            .iter()
            .flat_map(|(member, value)| match value.as_str() {
                Some(text) if is_meant(member) => SecretRef::parse(text).into_iter().collect(),
                _ => collected(value, is_meant),
            })
            .collect(),
        Value::Array(items) => items
            .iter()
            .flat_map(|item| collected(item, is_meant))
            .collect(),
        _ => Vec::new(),
    }
}
