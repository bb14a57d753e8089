//! Redacts bodies for the log: their structure stays, what may be secret does not.
//!
//! Names of members decide what is redacted, because values do not reveal whether they are secret. References to
//! secrets (`passwordRef`) are names, not secrets, and stay. Usernames and email addresses are redacted too: they are
//! personal, and logs end up in public reports.

use serde_json::{Map, Value};

/// The replacement for a value.
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

/// Returns a copy of a JSON value that is safe to log; `clean` removes from texts what their names do not reveal.
pub(crate) fn redacted(value: &Value, clean: fn(&str) -> String) -> Value {
    match value {
        Value::Object(members) => Value::Object(
            members
                .iter()
                .map(|(name, value)| {
                    let value = if is_secret(name) {
                        hidden(value, clean)
                    } else {
                        redacted(value, clean)
                    };
                    (name.clone(), value)
                })
                .collect(),
        ),
        Value::Array(items) => {
            let items = items.iter().map(|item| redacted(item, clean));
            Value::Array(items.collect())
        }
        Value::String(text) => Value::String(clean(&without_url_users(text))),
        other => other.clone(),
    }
}

/// Returns a text that is safe to log: JSON redacted by its members, anything else only as its length.
pub(crate) fn redacted_text(text: &str, clean: fn(&str) -> String) -> String {
    match serde_json::from_str::<Value>(text) {
        Ok(value @ (Value::Object(_) | Value::Array(_))) => redacted(&value, clean).to_string(),
        _ => format!("({} bytes that are not JSON)", text.len()),
    }
}

/// Removes secrets from a text that may be partial JSON or a dump of headers: the values of members with secret names,
/// and the words after `Bearer` and `Basic`.
pub(crate) fn without_secrets(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    // The last string that was read, if a colon follows it.
    let mut name: Option<&str> = None;
    while let Some((before, after)) = rest.split_once('"') {
        let (inner, next) = string_end(after);
        let is_value = name.take().is_some_and(is_secret) && before.trim() == ":";
        clean.push_str(&without_credentials(before));
        clean.push('"');
        if is_value {
            clean.push_str(REDACTED);
        } else {
            clean.push_str(&without_credentials(inner));
        }
        if next.len() + inner.len() < after.len() {
            clean.push('"');
        }
        name = next.trim_start().starts_with(':').then_some(inner);
        rest = next;
    }
    clean.push_str(&without_credentials(rest));
    clean
}

/// Splits the text after an opening quote at the closing one; without one, all of it is inside.
fn string_end(text: &str) -> (&str, &str) {
    let mut is_escaped = false;
    for (at, character) in text.char_indices() {
        match character {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '"' => {
                return (
                    text.get(..at).unwrap_or_default(),
                    text.get(at + 1..).unwrap_or_default(),
                );
            }
            _ => {}
        }
    }
    (text, "")
}

/// Replaces the word after `Bearer` and `Basic`.
fn without_credentials(text: &str) -> String {
    let mut follows = false;
    text.split_inclusive(char::is_whitespace)
        .map(|word| {
            let bare = word.trim_end();
            let blank = word.get(bare.len()..).unwrap_or_default();
            let hidden = follows && !bare.is_empty();
            if !bare.is_empty() {
                follows = ["bearer", "basic"]
                    .iter()
                    .any(|scheme| bare.eq_ignore_ascii_case(scheme));
            }
            if hidden {
                format!("{REDACTED}{blank}")
            } else {
                word.to_owned()
            }
        })
        .collect()
}

/// Replaces user and password of `scheme://user:password@host`, anywhere in the text, including with percent-encoded
/// punctuation. A username alone may be a token, except for `git`.
pub(crate) fn without_url_users(text: &str) -> String {
    // Only ASCII changes case here, so positions stay the same.
    let lower = text.to_ascii_lowercase();
    let from = |at: usize| lower.get(at..).unwrap_or_default();
    let mut clean = String::with_capacity(text.len());
    let mut done = 0;
    let mut at = 0;
    while let Some(begin) = begin_of_authority(from(at)).map(|begin| at + begin) {
        let authority = from(begin);
        let end = end_of_authority(authority);
        let authority = authority.get(..end).unwrap_or(authority);
        let user = ["@", "%40"]
            .iter()
            .filter_map(|mark| authority.rfind(mark))
            .max();
        if let Some(user) = user.filter(|user| authority.get(..*user) != Some("git")) {
            clean.push_str(text.get(done..begin).unwrap_or_default());
            clean.push_str("(removed)");
            done = begin + user;
        }
        at = begin + end;
    }
    clean.push_str(text.get(done..).unwrap_or_default());
    clean
}

/// Returns where the first authority in a lower-case text begins: after `://`.
fn begin_of_authority(lower: &str) -> Option<usize> {
    let colons = lower.match_indices([':', '%']);
    let marks = colons.filter_map(|(at, _)| {
        let rest = lower.get(at..)?;
        let mark = ["://", "%3a%2f%2f", "%3a//"]
            .into_iter()
            .find(|mark| rest.starts_with(mark))?;
        Some(at + mark.len())
    });
    marks.into_iter().next()
}

/// Returns where an authority at the beginning of a lower-case text ends.
fn end_of_authority(lower: &str) -> usize {
    let ends = lower.char_indices().find(|(at, c)| {
        c.is_whitespace()
            || matches!(c, '/' | '?' | '#' | '"' | '\'' | '<' | '>')
            || lower.get(*at..).is_some_and(|rest| rest.starts_with("%2f"))
    });
    ends.map_or(lower.len(), |(at, _)| at)
}

fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    // A secret stores its text in `value`.
    name == "value"
        || (!name.ends_with("ref") && SECRET_PARTS.iter().any(|part| name.contains(part)))
}

/// Redacts all text under a secret name. An object there is redacted by its own names (`secret: {name, type}`).
fn hidden(value: &Value, clean: fn(&str) -> String) -> Value {
    match value {
        Value::Null | Value::Bool(_) => value.clone(),
        Value::Object(members) => redacted(&Value::Object(Map::clone(members)), clean),
        Value::Array(items) => {
            let items = items.iter().map(|item| hidden(item, clean));
            Value::Array(items.collect())
        }
        Value::Number(_) | Value::String(_) => Value::String(REDACTED.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_may_be_secret_goes_and_references_stay() {
        let value = json!({
            "connector": {"identifier": "bb", "spec": {"url": "https://me:hunter2@h/x", "authentication": {"spec": {
                "username": "hunter2", "usernameRef": "account.u", "passwordRef": "account.pw"}},
                "apiAccess": {"spec": {"email": "hunter2", "tokenRef": "t"}}}},
            "encodedPassword": "hunter2", "name": "of hunter1", "Token": "hunter2", "tokens": ["hunter2", {"name": "n"}], "apiKey": 7,
            "secret": {"name": "s", "spec": {"value": "hunter2"}}, "secretNull": null, "list": ["https://a:hunter2@b"]
        });
        let text = redacted(&value, |text| text.replace("hunter1", "(removed)")).to_string();
        assert!(!text.contains("hunter2"), "{text}");
        for kept in [
            "account.u",
            "account.pw",
            "\"t\"",
            "\"bb\"",
            "https://(removed)@h/x",
            "of (removed)",
            "\"name\":\"s\"",
            "\"secretNull\":null",
        ] {
            assert!(text.contains(kept), "{kept} is not in {text}");
        }
    }

    #[test]
    fn a_body_that_is_not_json_is_logged_by_its_length() {
        assert_eq!(
            redacted_text("<html>hunter2", str::to_owned),
            "(13 bytes that are not JSON)"
        );
        assert_eq!(
            redacted_text("\"hunter2\"", str::to_owned),
            "(9 bytes that are not JSON)"
        );
        assert_eq!(
            redacted_text("{\"password\":\"hunter2\"}", str::to_owned),
            "{\"password\":\"(redacted)\"}"
        );
    }

    #[test]
    fn the_user_of_a_url_is_removed_and_the_rest_kept() {
        for (text, clean) in [
            (
                "Invalid repo url  https://me:hunter2@host/x, no",
                "Invalid repo url  https://(removed)@host/x, no",
            ),
            (
                "https://ghp_token@bitbucket.org/x.git",
                "https://(removed)@bitbucket.org/x.git",
            ),
            ("https://:hunter2@host", "https://(removed)@host"),
            (
                "https://me:hun@ter2@host/a@b:c",
                "https://(removed)@host/a@b:c",
            ),
            (
                "a://x:1/b https://u:p@h?q=https://u:p@i",
                "a://x:1/b https://(removed)@h?q=https://(removed)@i",
            ),
            ("git@host:a/b", "git@host:a/b"),
            ("ssh://git@host/a", "ssh://git@host/a"),
            (
                "u=https%3A%2F%2Fme%3Ahunter2%40host%2Fa%40b&v=https%3a//x%40y@h",
                "u=https%3A%2F%2F(removed)%40host%2Fa%40b&v=https%3a//(removed)@h",
            ),
        ] {
            assert_eq!(without_url_users(text), clean);
        }
    }
}
