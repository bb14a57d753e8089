//! A connector as data sources describe it: every setting of the resource with the same name and type, and Harness's
//! metadata.
//!
//! Attributes and values are those of the resource ([`schema`], [`convert`]), so that an argument added there is also
//! described here. A block becomes an attribute with an object type, because protocol 5 has no computed blocks. The
//! arguments [of Terraform](settings) are left out: they configure how Terraform manages a connector, and Harness does
//! not know them.
//!
//! What a connector does not have is null, except that collections are empty, so that `for` expressions need no
//! condition, and so are texts about a test ([`text`]). What this provider does not know is null too, and listed in
//! `unmanaged`; what could not be read is a warning ([`UnreadableParts`]).

use std::collections::BTreeMap;

use harness_platform::{ConnectivityDetails, ConnectorAnswer, Scope};
use jiff::Timestamp;
use tf_provider::field::{Field, ToValue};
use tf_provider::schema::{Attribute, Computed, Mode, NestedBlock};
use tf_provider::value::{Type, Value};

use crate::bitbucket_connector::connector::model::Model;
use crate::bitbucket_connector::connector::unmanaged::UnreadableParts;
use crate::bitbucket_connector::connector::{schema, settings};
use crate::bitbucket_connector::resource::convert;

/// Returns every part of a description, as results of a data source.
pub(crate) fn attributes() -> Vec<Attribute> {
    let block = schema::schema().block;
    let settings = block.attributes.into_iter().map(|attribute| Attribute {
        mode: RESULT,
        requires_replace: false,
        ..attribute
    });
    let blocks = block.blocks.into_iter().map(object);
    settings
        .chain(blocks)
        .filter(|attribute| !settings::is_of_terraform(attribute.name))
        .chain(beside())
        .collect()
}

/// Converts a block to an attribute.
fn object(nested: NestedBlock) -> Attribute {
    let block = nested.block;
    let attributes = block.attributes.into_iter().map(|attribute| Attribute {
        mode: RESULT,
        ..attribute
    });
    let members = attributes.chain(block.blocks.into_iter().map(object));
    Attribute::object(nested.name, members.collect(), RESULT, block.description)
}

/// The mode of a value that the data source returns.
pub(super) const RESULT: Mode = Mode::Computed(Computed::AtEveryChange);

/// Returns the attributes for Harness's metadata.
fn beside() -> Vec<Attribute> {
    let text = |name, description| Attribute::new(name, Type::String, RESULT, description);
    vec![
        text(
            "created_at",
            "Time when the connector was created (RFC 3339).",
        ),
        text(
            "last_modified_at",
            "Time when its settings were last changed (RFC 3339). Connection tests do not change it.",
        ),
        Attribute::object(
            "status",
            vec![
                text(
                    "state",
                    "Result of the test: `SUCCESS`, `FAILURE`, `PARTIAL`, `UNKNOWN`, or `PENDING` before the first test.",
                ),
                text("error_summary", "What went wrong. Empty after a success."),
                text(
                    "tested_at",
                    "Time when the test ended (RFC 3339). Null before the first test.",
                ),
                text(
                    "last_connected_at",
                    "Time of the last test that passed (RFC 3339). Null if no test has passed.",
                ),
            ],
            RESULT,
            "Result of the last connection test. Harness tests each connector about every 30 minutes, so this changes between \
             plans.",
        ),
    ]
}

/// Describes a connector in `scope`. What could not be read is added to `unreadable_parts`.
pub(super) fn describe(
    answer: &ConnectorAnswer,
    scope: &Scope,
    unreadable_parts: &mut UnreadableParts,
) -> Value {
    let reading = answer.connector.bitbucket();
    unreadable_parts.add(&reading);
    // Collections without elements are empty rather than null.
    let form = Model {
        tags: Field::Known(BTreeMap::new()),
        delegate_selectors: Field::Known(Vec::new()),
        ..Model::default()
    };
    let observed = convert::observed(&reading, scope, &form).to_value();
    let settings = observed
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(name, _)| !settings::is_of_terraform(name))
        // A missing member is read as an empty text.
        .map(|(name, value)| match value.as_str() {
            Some("") => (name.clone(), Value::Null),
            _ => (name.clone(), value.clone()),
        });
    Value::object(settings)
        .with("created_at", rfc3339(answer.created_at))
        .with("last_modified_at", rfc3339(answer.last_modified_at))
        .with("status", status(&answer.status))
}

fn status(status: &ConnectivityDetails) -> Value {
    Value::object([
        ("state", Value::string(status.state.as_str())),
        ("error_summary", text(status.error_summary.as_deref())),
        ("tested_at", rfc3339(status.tested_at)),
        ("last_connected_at", rfc3339(status.last_connected_at)),
    ])
}

/// Returns a text for templates: empty rather than null, because Terraform evaluates the `error_message` even of a
/// check that passes, and refuses null in it.
pub(crate) fn text(text: Option<&str>) -> Value {
    Value::string(text.unwrap_or_default())
}

/// Converts a timestamp of the platform, in milliseconds since 1970, to RFC 3339. The platform writes 0 or null for
/// "never".
pub(super) fn rfc3339(milliseconds: Option<i64>) -> Value {
    milliseconds
        .filter(|milliseconds| *milliseconds > 0)
        .and_then(|milliseconds| Timestamp::from_millisecond(milliseconds).ok())
        .map(|moment| moment.to_string())
        .into()
}

#[cfg(test)]
mod tests {
    use harness_platform::{ConnectivityState, RawConnector};
    use serde_json::{Value as Json, json};
    use tf_provider::value::msgpack;

    use super::*;

    fn answer(connector: Json) -> ConnectorAnswer {
        let Json::Object(members) = connector else {
            unreachable!()
        };
        ConnectorAnswer {
            connector: RawConnector::from_members(members),
            created_at: Some(1_700_000_000_000),
            last_modified_at: Some(0),
            status: ConnectivityDetails {
                state: ConnectivityState::Failure,
                error_summary: Some("not authorized".to_owned()),
                tested_at: Some(1_700_000_000_123),
                ..ConnectivityDetails::default()
            },
            governance: None,
        }
    }

    fn described(connector: Json) -> (Value, Vec<String>) {
        let mut unreadable_parts = UnreadableParts::default();
        let value = describe(&answer(connector), &Scope::Account, &mut unreadable_parts);
        let members = attributes().into_iter();
        let ty = Type::object(members.map(|attribute| (attribute.name, attribute.ty)));
        let encoded = msgpack::encode(&value, &ty).unwrap();
        assert_eq!(msgpack::decode(&encoded, &ty).unwrap(), value);
        let warnings = unreadable_parts.into_warnings();
        let warnings = warnings.iter().map(|warning| warning.detail.clone());
        (value, warnings.collect())
    }

    #[test]
    fn a_connector_is_described_with_the_resources_values_and_metadata() {
        let (value, warnings) = described(json!({
            "identifier": "bb", "name": "Bitbucket", "type": "Bitbucket", "tags": {"team": "web"},
            "spec": {
                "url": "https://bitbucket.org/acme/", "type": "Account", "validationRepo": "web.git",
                "authentication": {"type": "Http", "spec": {"type": "UsernamePassword",
                    "spec": {"username": "jdoe", "passwordRef": "account.token"}}},
                "apiAccess": {"type": "AccessToken", "spec": {"tokenRef": "account.token"}},
                "executeOnDelegate": false, "delegateSelectors": [],
            },
        }));
        assert_eq!(warnings, [""; 0]);
        for (path, expected) in [
            ("id", Value::string("bb")),
            ("ref", Value::string("account.bb")),
            ("description", Value::Null),
            ("org_id", Value::Null),
            ("url_type", Value::string("Account")),
            ("connectivity_mode", Value::string("Platform")),
            ("tags", Value::map([("team", Value::string("web"))])),
            ("delegate_selectors", Value::set([])),
            ("credentials.http.username", Value::string("jdoe")),
            ("credentials.ssh", Value::Null),
            (
                "api_access.access_token.token_ref",
                Value::string("account.token"),
            ),
            ("created_at", Value::string("2023-11-14T22:13:20Z")),
            ("last_modified_at", Value::Null),
            ("status.state", Value::string("FAILURE")),
            ("status.error_summary", Value::string("not authorized")),
            (
                "status.tested_at",
                Value::string("2023-11-14T22:13:20.123Z"),
            ),
            ("status.last_connected_at", Value::Null),
        ] {
            let found = path
                .split('.')
                .try_fold(&value, |value, name| value.get(name));
            assert_eq!(found, Some(&expected), "{path}");
        }
    }

    #[test]
    fn unknown_kinds_are_null_and_unreadable_members_are_warnings() {
        let (value, warnings) = described(json!({
            "identifier": "bb", "type": "Bitbucket",
            "spec": {
                "url": "https://bitbucket.org/acme/", "type": "Account",
                "authentication": {"type": "Carrier pigeon", "spec": {}},
                "apiAccess": {"type": "OAuth", "spec": {"tokenRef": "account.token"}},
            },
        }));
        for name in ["name", "credentials", "api_access"] {
            assert_eq!(value.get(name), Some(&Value::Null), "{name}");
        }
        assert_eq!(value.get("tags"), Some(&Value::map::<String>([])));
        let unmanaged = ["api_access: OAuth", "credentials: Carrier pigeon"];
        let unmanaged = Value::set(unmanaged.map(Value::string));
        assert_eq!(value.get("unmanaged"), Some(&unmanaged));
        assert_eq!(warnings.len(), 1, "{warnings:#?}");
        assert!(warnings[0].contains("`name` is missing"));

        let (value, warnings) =
            described(json!({"identifier": "bb", "type": "Bitbucket", "spec": null}));
        assert_eq!(value.get("url"), Some(&Value::Null));
        assert_eq!(value.get("connection_type"), Some(&Value::Null));
        assert!(!warnings.is_empty());
    }

    #[test]
    fn moments_are_rfc_3339_and_never_is_null() {
        for (milliseconds, expected) in [
            (None, Value::Null),
            (Some(0), Value::Null),
            (Some(-1), Value::Null),
            (Some(i64::MAX), Value::Null),
            (Some(1), Value::string("1970-01-01T00:00:00.001Z")),
        ] {
            assert_eq!(rfc3339(milliseconds), expected, "{milliseconds:?}");
        }
    }
}
