//! Identities in requests and responses.
//!
//! In Terraform, a stored identity never changes, so a stored identity is returned as it is. The identity that a
//! resource derives from a state is used where none is stored yet, and as a check: if a state now yields another
//! identity, the provider, as configured, must not touch it.

use super::super::diagnostic::{Diagnostic, Diagnostics};
use super::super::proto::tfplugin5 as proto;
use super::super::resource::Resource;
use super::super::value::{Path, Value};
use super::answer::Answer;
use super::convert;
use crate::visible::visible;

/// Decodes the identity called `what`. Returns `None` if there is none, or if it is empty.
pub(super) fn decode(
    resource: &dyn Resource,
    what: &str,
    data: Option<&proto::ResourceIdentityData>,
) -> Answer<Option<Value>> {
    let (Some(schema), Some(data)) = (resource.identity_schema(), data) else {
        return Ok(None);
    };
    let identity = convert::decode(what, data.identity_data.as_ref(), &schema.ty())?;
    let says_something = identity
        .as_object()
        .is_some_and(|attributes| attributes.values().any(|value| !value.is_null()));
    Ok(says_something.then_some(identity))
}

/// Returns the identity to import, with every attribute that an import requires.
pub(super) fn wanted(
    resource: &dyn Resource,
    data: Option<&proto::ResourceIdentityData>,
) -> Answer<Option<Value>> {
    let (Some(schema), Some(data)) = (resource.identity_schema(), data) else {
        return Ok(None);
    };
    let identity = convert::decode_object("identity", data.identity_data.as_ref(), &schema.ty())?;
    let identity = convert::wholly_known("identity", identity)?;
    let missing = schema.attributes.iter().filter(|attribute| {
        attribute.required_for_import && identity.get(attribute.name).is_none_or(Value::is_null)
    });
    let missing: Diagnostics = missing.map(|it| incomplete(it.name)).collect();
    if missing.has_errors() {
        return Err(missing);
    }
    Ok(Some(identity))
}

fn incomplete(name: &str) -> Diagnostic {
    Diagnostic::error(
        "Incomplete identity",
        format!("An import by identity needs `{name}`. Set it in `identity`."),
    )
    .at(Path::root().attribute(name))
}

/// Encodes an identity for a response.
pub(super) fn encode(
    resource: &dyn Resource,
    identity: Option<&Value>,
) -> Answer<Option<proto::ResourceIdentityData>> {
    let (Some(schema), Some(identity)) = (resource.identity_schema(), identity) else {
        return Ok(None);
    };
    Ok(Some(proto::ResourceIdentityData {
        identity_data: Some(convert::encode(identity, &schema.ty())?),
    }))
}

/// Returns the identity of a state, if it is wholly known.
pub(super) fn known(resource: &dyn Resource, state: &Value) -> Option<Value> {
    if state.is_null() {
        return None;
    }
    resource.identity(state).filter(Value::is_wholly_known)
}

/// Refuses a state whose identity differs from the stored one. Parts that are unknown or missing on one side agree with
/// everything.
pub(super) fn check(resource: &dyn Resource, stored: Option<&Value>, state: &Value) -> Answer<()> {
    let (Some(stored), false) = (stored, state.is_null()) else {
        return Ok(());
    };
    match resource.identity(state) {
        Some(now) => agree(stored, &now).map_err(Diagnostics::from),
        None => Ok(()),
    }
}

fn agree(stored: &Value, now: &Value) -> Result<(), Diagnostic> {
    let attributes = stored.as_object().into_iter().flatten();
    let differing: Vec<String> = attributes
        .filter_map(|(name, stored)| {
            let now = now.get(name)?;
            let agrees = stored.is_unknown() || now.is_unknown() || stored == now;
            (!agrees).then(|| {
                format!(
                    "`{name}` is {} in the state and {} now",
                    shown(stored),
                    shown(now)
                )
            })
        })
        .collect();
    if differing.is_empty() {
        return Ok(());
    }
    Err(Diagnostic::error(
        "Identity does not match the state",
        format!(
            "The provider is configured for another object than the one in the state: {}. Nothing was read or changed. \
             Configure the provider for the object in the state. To manage the other object instead, remove this one \
             from the state (`terraform state rm`) and import the other.",
            differing.join("; ")
        ),
    ))
}

fn shown(value: &Value) -> String {
    match value.as_str() {
        Some(text) => format!("\"{}\"", visible(text).escape_debug()),
        None if value.is_null() => "not set".to_owned(),
        None => "another".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(account: impl Into<Value>, org: impl Into<Value>) -> Value {
        Value::object([("account", account.into()), ("org", org.into())])
    }

    #[test]
    fn what_is_unknown_agrees_with_everything_and_null_only_with_null() {
        let stored = identity("a", Value::Null);
        for now in [
            identity("a", Value::Null),
            identity(Value::unknown(), Value::Null),
            identity("a", Value::unknown()),
        ] {
            assert_eq!(agree(&stored, &now), Ok(()), "{now:?}");
            assert_eq!(agree(&now, &stored), Ok(()), "{now:?}");
        }
        for (now, said) in [
            (
                identity("b", Value::Null),
                "`account` is \"a\" in the state and \"b\" now.",
            ),
            (
                identity("a", "o"),
                "`org` is not set in the state and \"o\" now.",
            ),
            (
                identity("b", "o"),
                "`account` is \"a\" in the state and \"b\" now; `org` is not set in the state and \"o\" now.",
            ),
        ] {
            let detail = agree(&stored, &now).unwrap_err().detail;
            assert!(detail.contains(said), "{detail}");
        }
    }
}
