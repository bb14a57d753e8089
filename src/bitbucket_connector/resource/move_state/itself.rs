//! The move of this resource type from itself, for a provider with a changed address, for example from a registry to a
//! mirror. State, private state, and identity pass through.

use tf_provider::diagnostic::{Diagnostic, Diagnostics};
use tf_provider::resource::{MoveSource, NewState};
use tf_provider::schema::Schema;
use tf_provider::value::json;

use super::official::ProviderAddress;
use crate::bitbucket_connector::connector::TYPE_NAME;

/// The name of this provider: the last part of its address on every registry.
const PROVIDER_NAME: &str = "harness";

/// Returns whether a state is of this type, written by this provider under another address. Some versions of OpenTofu
/// send only the last part of the address.
pub(crate) fn is_itself(source: &MoveSource) -> bool {
    let address = source.provider_address.as_str();
    source.type_name == TYPE_NAME
        && (address == PROVIDER_NAME
            || ProviderAddress::parse(address).is_some_and(|it| it.name == PROVIDER_NAME))
}

/// Returns the state unchanged.
///
/// # Errors
/// Returns an error if it has a newer schema, or is not what this type stores.
pub(crate) fn move_state(source: &MoveSource, schema: &Schema) -> Result<NewState, Diagnostics> {
    if source.schema_version > schema.version {
        return Err(refused(&format!(
            "it has schema version {}, but this provider supports versions up to {}",
            source.schema_version, schema.version
        )));
    }
    let state = json::decode_lenient(&source.state, &schema.ty()).map_err(|it| refused(&it))?;
    if state.is_null() {
        return Err(refused(&"it is empty"));
    }
    Ok(NewState::of(state, source.private.clone()))
}

fn refused(reason: &dyn std::fmt::Display) -> Diagnostics {
    Diagnostic::error(
        "State cannot be moved",
        format!(
            "This provider cannot read the stored state of the {TYPE_NAME}: {reason}. Use the version of the provider that \
             wrote the state, or a newer one. Nothing was changed."
        ),
    )
    .into()
}

#[cfg(test)]
mod tests {
    use tf_provider::value::Value;

    use super::*;
    use crate::bitbucket_connector::connector::schema;

    fn source(address: &str) -> MoveSource {
        MoveSource {
            provider_address: address.to_owned(),
            type_name: TYPE_NAME.to_owned(),
            schema_version: 0,
            state: br#"{"name": "N", "identifier": "n"}"#.to_vec(),
            private: b"{\"settings\":\"0\"}".to_vec(),
            target_type_name: TYPE_NAME.to_owned(),
        }
    }

    #[test]
    fn the_same_type_under_another_address_passes_through() {
        for address in [
            "registry.opentofu.org/harness-rs/harness",
            "mirror.acme.com:8443/harness-rs/harness",
            "app.terraform.io/acme/harness",
            "harness-rs/harness",
            "harness",
        ] {
            let source = source(address);
            assert!(is_itself(&source), "{address}");
            let moved = move_state(&source, &schema::schema()).unwrap();
            assert_eq!(moved.private, source.private);
            assert_eq!(moved.state.get("name"), Some(&Value::string("N")));
        }
    }

    #[test]
    fn another_provider_or_type_is_none_of_ours() {
        for address in [
            "harnessed",
            "harness/other",
            "registry.terraform.io/harness-rs/harnessed",
            "a/b/c/harness",
            "",
        ] {
            assert!(!is_itself(&source(address)), "{address}");
        }
        let other = MoveSource {
            type_name: "harness_platform_connector_bitbucket".to_owned(),
            ..source("harness-rs/harness")
        };
        assert!(!is_itself(&other));
    }

    #[test]
    fn a_newer_or_unreadable_state_is_refused() {
        for change in [
            |source: &mut MoveSource| source.schema_version = 1,
            |source: &mut MoveSource| source.state = b"null".to_vec(),
            |source: &mut MoveSource| source.state = b"[]".to_vec(),
        ] {
            let mut source = source("harness");
            change(&mut source);
            let findings = move_state(&source, &schema::schema()).unwrap_err();
            assert!(findings.has_errors());
        }
    }
}
