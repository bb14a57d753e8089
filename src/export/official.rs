//! The connectors that the official provider manages, from `terraform show -json` of a state.

use harness_platform::{ConnectorRef, Scope};
use serde_json::{Map, Value};
use tf_provider::visible::visible;

use super::hcl::Key;
use crate::harness::leaked_secret;
use crate::harness::wording::literal;

pub(super) use crate::bitbucket_connector::connector::OFFICIAL_TYPE_NAME as OFFICIAL_TYPE;

/// A connector in such a state.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Managed {
    pub(super) connector: ConnectorRef,
    /// The module of its resource, or `None` for the root module.
    pub(super) module: Option<String>,
    /// The name of its resource.
    pub(super) name: String,
    /// The instance key of the resource.
    pub(super) key: Option<Key>,
    /// Whether a replacement left it behind: Terraform destroys it with the next apply.
    pub(super) is_deposed: bool,
}

impl Managed {
    /// Returns the address of its resource.
    pub(super) fn address(&self) -> String {
        let module = self.module.as_deref();
        let module = module.map_or_else(String::new, |module| format!("{}.", visible(module)));
        let key = match &self.key {
            None => String::new(),
            Some(Key::Number(number)) => format!("[{number}]"),
            Some(Key::Text(text)) => format!("[{}]", literal(text)),
        };
        format!("{module}{OFFICIAL_TYPE}.{}{key}", self.name)
    }

    /// Returns the address for a report, which shows no secrets.
    pub(super) fn shown(&self) -> String {
        leaked_secret::removed_from(&self.address())
    }

    /// Recognizes a token in the name of its resource or in its instance key, which the files would repeat.
    pub(super) fn secret(&self) -> Option<leaked_secret::Pasted> {
        leaked_secret::recognize_kind(&self.address())
    }
}

/// How to write a state.
pub(super) const HOW: &str =
    "Run `terraform show -json > FILE` in the directory of the configuration";

/// Why a file is not a state, as the end of a sentence about the file.
#[derive(Clone, Debug, Eq, thiserror::Error, PartialEq)]
pub(super) enum StateError {
    #[error("is not a state: it is not JSON; write it with `terraform show -json > FILE`")]
    NoJson,
    #[error("is not a state: it is a plan; run `terraform show -json` without the name of a plan")]
    Plan,
    #[error(
        "is Terraform's stored state, which `export` does not read; run `terraform show -json > FILE` in the directory of the \
         configuration, and pass that file"
    )]
    Stored,
    #[error("is not a state: it does not have the format that `terraform show -json` writes")]
    OtherForm,
}

/// Reads the connectors of a state, in its order. Counts resources of the type that cannot be read.
///
/// # Errors
/// Returns an error if the text is not a state.
pub(super) fn read(text: &[u8]) -> Result<(Vec<Managed>, usize), StateError> {
    let state: Value = serde_json::from_slice(text).map_err(|_| StateError::NoJson)?;
    let state = state.as_object().ok_or(StateError::OtherForm)?;
    if state.contains_key("resource_changes") || state.contains_key("planned_values") {
        return Err(StateError::Plan);
    }
    if state.contains_key("lineage") || state.contains_key("serial") {
        return Err(StateError::Stored);
    }
    if !state.contains_key("format_version") {
        return Err(StateError::OtherForm);
    }
    let (mut found, mut unreadable) = (Vec::new(), 0);
    // An empty state has no values.
    let root = state
        .get("values")
        .and_then(|values| values.get("root_module"));
    let mut modules: Vec<&Value> = root.into_iter().collect();
    while let Some(module) = modules.pop() {
        let address = module.get("address").and_then(Value::as_str);
        for resource in list(module, "resources") {
            let text = |member: &str| resource.get(member).and_then(Value::as_str);
            if text("type") != Some(OFFICIAL_TYPE) || text("mode") != Some("managed") {
                continue;
            }
            match managed(resource, address) {
                Some(managed) => found.push(managed),
                None => unreadable += 1,
            }
        }
        modules.extend(list(module, "child_modules").iter().rev());
    }
    Ok((found, unreadable))
}

fn list<'a>(object: &'a Value, member: &str) -> &'a [Value] {
    let list = object.get(member).and_then(Value::as_array);
    list.map_or(&[], Vec::as_slice)
}

fn managed(resource: &Value, module: Option<&str>) -> Option<Managed> {
    let values: &Map<String, Value> = resource.get("values")?.as_object()?;
    let text = |member: &str| values.get(member).and_then(Value::as_str);
    let identifier = text("identifier").filter(|id| !id.is_empty())?;
    let scope = Scope::from_ids(text("org_id"), text("project_id")).ok()?;
    let key = match resource.get("index") {
        None | Some(Value::Null) => None,
        Some(Value::String(key)) => Some(Key::Text(key.clone())),
        Some(number) => Some(Key::Number(number.as_u64()?)),
    };
    Some(Managed {
        connector: ConnectorRef::new(scope, identifier),
        module: module.map(str::to_owned),
        name: resource.get("name")?.as_str()?.to_owned(),
        key,
        is_deposed: resource
            .get("deposed_key")
            .is_some_and(|key| !key.is_null()),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn resource(name: &str, index: &Value, values: &Value) -> Value {
        json!({"mode": "managed", "type": OFFICIAL_TYPE, "name": name, "index": index, "values": values})
    }

    fn parse(state: &Value) -> Result<(Vec<Managed>, usize), StateError> {
        read(state.to_string().as_bytes())
    }

    #[test]
    fn connectors_are_found_in_every_module_with_their_keys() {
        let state = json!({"format_version": "1.0", "values": {"root_module": {
            "resources": [
                resource("main", &json!(null), &json!({"identifier": "bb", "org_id": "", "project_id": ""})),
                resource("many", &json!(1), &json!({"identifier": "b1", "org_id": "o"})),
                resource("each", &json!("a\"b"), &json!({"identifier": "b2", "org_id": "o", "project_id": "p"})),
                resource("odd", &json!(null), &json!({"identifier": "b3", "project_id": "p"})),
                {"mode": "data", "type": OFFICIAL_TYPE, "name": "read", "values": {"identifier": "x"}},
                {"mode": "managed", "type": "harness_platform_project", "name": "p", "values": {"identifier": "x"}},
            ],
            "child_modules": [{"address": "module.a", "resources": [], "child_modules": [
                {"address": "module.a.module.b", "resources": [resource("deep", &json!(null), &json!({"identifier": "d"}))]},
            ]}],
        }}});
        let (found, unreadable) = parse(&state).unwrap();
        assert_eq!(unreadable, 1);
        let shown: Vec<_> = found
            .iter()
            .map(|it| (it.connector.to_string(), it.module.as_deref(), it.address()))
            .collect();
        let address = |rest: &str| format!("{OFFICIAL_TYPE}.{rest}");
        let expected = [
            ("connector \"bb\" of account", None, address("main")),
            (
                "connector \"b1\" of organization \"o\"",
                None,
                address("many[1]"),
            ),
            (
                "connector \"b2\" of project \"p\" of organization \"o\"",
                None,
                address(r#"each["a\"b"]"#),
            ),
            (
                "connector \"d\" of account",
                Some("module.a.module.b"),
                format!("module.a.module.b.{}", address("deep")),
            ),
        ];
        assert_eq!(shown, expected.map(|(a, b, c)| (a.to_owned(), b, c)));
    }

    #[test]
    fn what_is_no_state_is_called_by_its_name() {
        assert_eq!(
            parse(&json!({"format_version": "1.0"})),
            Ok((Vec::new(), 0))
        );
        for (text, expected) in [
            ("pat.x", StateError::NoJson),
            ("[]", StateError::OtherForm),
            ("{}", StateError::OtherForm),
            (
                r#"{"format_version": "1.2", "resource_changes": []}"#,
                StateError::Plan,
            ),
            (
                r#"{"version": 4, "serial": 7, "lineage": "x"}"#,
                StateError::Stored,
            ),
        ] {
            assert_eq!(read(text.as_bytes()), Err(expected), "{text}");
        }
    }
}
