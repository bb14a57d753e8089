//! Bodies for the log: the shape stays, what may be secret does not.
//!
//! Decided by the names of members, for a value does not tell. References to secrets (`passwordRef`) are names, not
//! secrets, and stay. User names and e-mail addresses go too: they are personal, and logs end up in public reports.

use serde_json::{Map, Value};

use super::text::without_url_passwords;

/// What takes the place of a value.
const REDACTED: &str = "(redacted)";

/// Parts of member names, in lower case, whose values are not logged.
const SECRET_PARTS: [&str; 8] = [
    "token",
    "password",
    "secret",
    "key",
    "credential",
    "authorization",
    "username",
    "email",
];

/// A copy of a JSON value that may be logged.
pub(super) fn redacted(value: &Value) -> Value {
    match value {
        Value::Object(members) => Value::Object(
            members
                .iter()
                .map(|(name, value)| {
                    let value = if is_secret(name) {
                        hidden(value)
                    } else {
                        redacted(value)
                    };
                    (name.clone(), value)
                })
                .collect(),
        ),
        Value::Array(items) => Value::Array(items.iter().map(redacted).collect()),
        Value::String(text) => Value::String(without_url_passwords(text)),
        other => other.clone(),
    }
}

/// A text that may be logged: JSON by its members, everything else only by its length.
pub(super) fn redacted_text(text: &str) -> String {
    match serde_json::from_str::<Value>(text) {
        Ok(value @ (Value::Object(_) | Value::Array(_))) => redacted(&value).to_string(),
        _ => format!("({} bytes that are not JSON)", text.len()),
    }
}

fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    // `value` is where a secret keeps its text.
    name == "value"
        || (!name.ends_with("ref") && SECRET_PARTS.iter().any(|part| name.contains(part)))
}

/// Under a secret name every text goes; an object there is looked at by its own names (`secret: {name, type}`).
fn hidden(value: &Value) -> Value {
    match value {
        Value::Null | Value::Bool(_) => value.clone(),
        Value::Object(members) => redacted(&Value::Object(Map::clone(members))),
        Value::Array(items) => Value::Array(items.iter().map(hidden).collect()),
        Value::Number(_) | Value::String(_) => Value::String(REDACTED.to_owned()),
    }
}
