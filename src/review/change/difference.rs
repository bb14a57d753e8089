//! The differences between two states of a connector, setting by setting, with values that are safe to show.
//!
//! A plan contains sensitive values in plaintext, and a parallel structure that marks them with true. So a value is
//! never shown without that structure, and anything that looks like a secret is not shown either.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::bitbucket_connector::connector::settings::{Owner, Setting};
use crate::bitbucket_connector::connector::url::BitbucketUrl;
use crate::harness::wording;

/// Terraform's text for sensitive values.
pub(crate) const SENSITIVE: &str = "(sensitive value)";
/// The setting that is a map with keys chosen by users.
const TAGS: &str = "tags";
/// The longest list to show.
const LONGEST: usize = 200;

/// A different setting.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Difference {
    /// Its path, such as `credentials.http.password_ref` or `tags.owner`.
    pub(crate) setting: String,
    pub(crate) before: Shown,
    pub(crate) after: Shown,
}

/// A value as it is shown.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Shown {
    NotSet,
    /// A value in HCL.
    Value(String),
    Sensitive,
    /// A value that is known only after the apply.
    Unknown,
}

impl Shown {
    /// Returns the value as text.
    pub(crate) fn words(&self) -> &str {
        match self {
            Self::NotSet => "not set",
            Self::Value(value) => value,
            Self::Sensitive => SENSITIVE,
            Self::Unknown => "(known after apply)",
        }
    }
}

/// One side of a change: a value, and its sensitive and unknown parts.
#[derive(Clone, Copy)]
pub(crate) struct Side<'a> {
    pub(crate) value: &'a Value,
    pub(crate) sensitive: &'a Value,
    pub(crate) unknown: &'a Value,
}

impl<'a> Side<'a> {
    /// Returns a member of an object, with its marks. A mark on the whole applies to each part.
    pub(crate) fn member(&self, name: &str) -> Self {
        let mark = |marks: &'a Value| match marks {
            Value::Bool(_) => marks,
            other => other.get(name).unwrap_or(&Value::Null),
        };
        Self {
            value: self.value.get(name).unwrap_or(&Value::Null),
            sensitive: mark(self.sensitive),
            unknown: mark(self.unknown),
        }
    }

    /// Returns the text, if it is known and not sensitive.
    pub(crate) fn text(&self) -> Option<&'a str> {
        if is_marked(self.sensitive) || is_marked(self.unknown) {
            return None;
        }
        self.value.as_str()
    }

    fn shown(&self) -> Shown {
        if is_marked(self.sensitive) {
            Shown::Sensitive
        } else if is_marked(self.unknown) {
            Shown::Unknown
        } else if is_unset(self.value) {
            Shown::NotSet
        } else {
            Shown::Value(literal(self.value))
        }
    }

    /// Collects the sensitive texts, to find them in other texts.
    pub(crate) fn secrets(&self, found: &mut BTreeSet<String>) {
        match (self.value, self.sensitive) {
            (Value::String(text), Value::Bool(true)) => {
                found.insert(text.clone());
            }
            (Value::Object(members), _) => {
                for name in members.keys() {
                    self.member(name).secrets(found);
                }
            }
            (Value::Array(items), marks) => {
                for (index, value) in items.iter().enumerate() {
                    let sensitive = match marks {
                        Value::Bool(_) => marks,
                        other => other.get(index).unwrap_or(&Value::Null),
                    };
                    Side {
                        value,
                        sensitive,
                        ..*self
                    }
                    .secrets(found);
                }
            }
            _ => {}
        }
    }
}

/// Returns whether a mark, or a part of it, is true.
fn is_marked(marks: &Value) -> bool {
    match marks {
        Value::Bool(marked) => *marked,
        Value::Array(items) => items.iter().any(is_marked),
        Value::Object(members) => members.values().any(is_marked),
        Value::Null | Value::Number(_) | Value::String(_) => false,
    }
}

/// Returns whether a setting with this value counts as left out. An empty text is shown, because a tag can have no
/// value.
fn is_unset(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// Returns whether a setting with this value is equivalent to null for Harness.
fn is_empty(value: &Value) -> bool {
    is_unset(value) || value.as_str() == Some("")
}

/// Returns the different settings, in the order of the schema, without those that follow from others.
pub(crate) fn differences(before: Side<'_>, after: Side<'_>) -> Vec<Difference> {
    let mut found = all_differences(before, after);
    found.retain(|difference| !follows(&difference.setting));
    found
}

/// Returns whether anything differs, including what is never shown, such as results.
pub(crate) fn differ(before: Side<'_>, after: Side<'_>) -> bool {
    let is_news = |difference: &Difference| {
        // A result that an earlier version of the provider did not have does not count.
        !follows(&difference.setting)
            || (difference.before != Shown::NotSet && difference.after != Shown::NotSet)
    };
    before.value.is_null() != after.value.is_null()
        || all_differences(before, after).iter().any(is_news)
}

fn all_differences(before: Side<'_>, after: Side<'_>) -> Vec<Difference> {
    let names = |side: &Side<'_>| -> Vec<String> {
        let of = |value: &Value| {
            value
                .as_object()
                .map(|members| members.keys().cloned().collect::<Vec<_>>())
        };
        let known = of(side.value).unwrap_or_default();
        known
            .into_iter()
            .chain(of(side.unknown).unwrap_or_default())
            .collect()
    };
    let names: BTreeSet<String> = names(&before).into_iter().chain(names(&after)).collect();
    let mut found = Vec::new();
    for name in names {
        compare(&name, before.member(&name), after.member(&name), &mut found);
    }
    found.sort_by_key(|difference: &Difference| position(&difference.setting));
    found
}

/// Returns whether a result only repeats settings.
fn follows(name: &str) -> bool {
    matches!(name, "id" | "ref")
        && Setting::named(name).is_some_and(|setting| setting.owner == Owner::Result)
}

/// Returns whether a path leads to a key of a map, which exists regardless of its value. Settings of a block are not
/// keys.
fn is_key(path: &str) -> bool {
    path.split(['.', '[']).next() == Some(TAGS) && path.len() > TAGS.len()
}

fn position(path: &str) -> usize {
    let name = path.split(['.', '[']).next().unwrap_or(path);
    let mut settings = crate::bitbucket_connector::connector::settings::SETTINGS.iter();
    settings
        .position(|setting| setting.name == name)
        .unwrap_or(usize::MAX)
}

fn compare(path: &str, before: Side<'_>, after: Side<'_>, found: &mut Vec<Difference>) {
    let is_object = |side: &Side<'_>| side.value.is_object() || side.unknown.is_object();
    let is_absent = |side: &Side<'_>| side.value.is_null() && !is_marked(side.unknown);
    let is_hidden = |side: &Side<'_>| *side.sensitive == Value::Bool(true);
    let is_whole = is_hidden(&before) || is_hidden(&after);
    if !is_whole
        && (is_object(&before) || is_object(&after))
        && (is_object(&before) || is_absent(&before))
        && (is_object(&after) || is_absent(&after))
    {
        let keys = |value: &Value| {
            value
                .as_object()
                .map(|members| members.keys().cloned().collect::<Vec<_>>())
        };
        let all = [before.value, after.value, after.unknown]
            .into_iter()
            .filter_map(keys)
            .flatten();
        for key in all.collect::<BTreeSet<String>>() {
            let is_name = key
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "_-".contains(c))
                && wording::is_shown(&key);
            let inside = if is_name {
                format!("{path}.{key}")
            } else {
                format!("{path}[{}]", wording::shown(&key))
            };
            compare(&inside, before.member(&key), after.member(&key), found);
        }
        return;
    }
    // A leaf, or a value that is shown as a whole because it is sensitive, a list, or of another kind than before.
    let same = before.value == after.value
        || if is_key(path) {
            false
        } else {
            is_empty(before.value) && is_empty(after.value)
        };
    if same && !is_marked(after.unknown) {
        return;
    }
    found.push(Difference {
        setting: path.to_owned(),
        before: before.shown(),
        after: after.shown(),
    });
}

/// Returns a value in HCL. A text that looks like a secret is only described, and the user in a URL is left out.
fn literal(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(flag) => flag.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => without_user(text),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(literal).collect();
            let list = format!("[{}]", items.join(", "));
            if list.chars().count() > LONGEST {
                format!("a list of {}", items.len())
            } else {
                list
            }
        }
        Value::Object(members) => format!("an object of {}", members.len()),
    }
}

fn without_user(text: &str) -> String {
    // The text between `://` and the next part of a URL, or the next word.
    let authorities = text.split("://").skip(1).map(|rest| {
        let end = |c: char| c.is_whitespace() || "/?#\"'<>".contains(c);
        rest.split(end).next().unwrap_or_default()
    });
    if !authorities.into_iter().any(|it| it.contains('@')) {
        return wording::shown(text);
    }
    match BitbucketUrl::parse(text) {
        Ok(url) => wording::shown(&url.without_user()),
        Err(_) => "a URL with a user".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Returns the differences as `setting: before -> after`.
    fn found(before: (&Value, &Value), after: (&Value, &Value, &Value)) -> Vec<String> {
        let before = Side {
            value: before.0,
            sensitive: before.1,
            unknown: &Value::Null,
        };
        let after = Side {
            value: after.0,
            sensitive: after.1,
            unknown: after.2,
        };
        differences(before, after)
            .iter()
            .map(|it| {
                format!(
                    "{}: {} -> {}",
                    it.setting,
                    it.before.words(),
                    it.after.words()
                )
            })
            .collect()
    }

    #[test]
    fn settings_that_differ_come_in_the_order_of_the_schema() {
        let before = json!({
            "id": "a", "name": "A", "description": null, "tags": {"owner": "x", "gone": ""},
            "delegate_selectors": ["b", "a"], "api_access": null, "unmanaged": null, "force_delete": null,
            "credentials": {"http": {"username": "u", "password_ref": "account.p"}, "ssh": null}, "later": 1,
        });
        let after = json!({
            "id": "b", "name": "A", "description": "", "tags": {"owner": "y", "a b": "z"},
            "delegate_selectors": ["b"], "api_access": {"access_token": {"token_ref": "org.t"}}, "unmanaged": [],
            "force_delete": true, "credentials": {"http": null, "ssh": {"ssh_key_ref": "account.k"}}, "later": 2,
        });
        let none = Value::Null;
        assert_eq!(
            found((&before, &none), (&after, &none, &none)),
            [
                "tags[\"a b\"]: not set -> \"z\"",
                "tags.gone: \"\" -> not set",
                "tags.owner: \"x\" -> \"y\"",
                "delegate_selectors: [\"b\", \"a\"] -> [\"b\"]",
                "force_delete: not set -> true",
                "credentials.http.password_ref: \"account.p\" -> not set",
                "credentials.http.username: \"u\" -> not set",
                "credentials.ssh.ssh_key_ref: not set -> \"account.k\"",
                "api_access.access_token.token_ref: not set -> \"org.t\"",
                "later: 1 -> 2",
            ]
        );
    }

    #[test]
    fn a_tag_without_a_value_is_one() {
        let none = Value::Null;
        for (before, after, expected) in [
            (
                json!({"tags": {}}),
                json!({"tags": {"critical": ""}}),
                &["tags.critical: not set -> \"\""][..],
            ),
            (
                json!({"tags": null}),
                json!({"tags": {"a b": ""}}),
                &["tags[\"a b\"]: not set -> \"\""],
            ),
            (
                json!({"tags": {"critical": "x"}}),
                json!({"tags": {"critical": ""}}),
                &["tags.critical: \"x\" -> \"\""],
            ),
            (
                json!({"tags": {"critical": ""}}),
                json!({"tags": null}),
                &["tags.critical: \"\" -> not set"],
            ),
            (json!({"tags": {}}), json!({"tags": null}), &[]),
            (
                json!({"description": ""}),
                json!({"description": null}),
                &[],
            ),
        ] {
            assert_eq!(found((&before, &none), (&after, &none, &none)), expected);
        }
    }

    #[test]
    fn sensitive_values_are_never_shown() {
        let before = json!({
            "name": "hunter2", "url": "https://hunter2@bitbucket.org/acme/", "description": "plain",
            "tags": {"a": "hunter2", "b": "c"}, "delegate_selectors": ["hunter2"],
            "credentials": {"http": {"username": "hunter2"}},
        });
        let after = json!({
            "name": "hunter3", "url": "https://hunter3@bitbucket.org/other/", "description": "hunter2",
            "tags": {"a": "hunter3", "b": "d"}, "delegate_selectors": ["hunter3", "x"],
            "credentials": {"http": {"username": "hunter3"}},
        });
        let before_marks = json!({"name": true, "delegate_selectors": [true], "tags": {"a": true}, "credentials": true});
        let after_marks = json!({"name": true, "description": true, "delegate_selectors": [true, false],
            "tags": {"a": true}, "credentials": true});
        let shown = found(
            (&before, &before_marks),
            (&after, &after_marks, &Value::Null),
        );
        assert!(!shown.join("\n").contains("hunter"), "{shown:#?}");
        assert_eq!(shown.len(), 7, "{shown:#?}");
        assert!(shown.contains(&"tags.b: \"c\" -> \"d\"".to_owned()));
        assert!(shown.contains(
            &"url: \"https://bitbucket.org/acme/\" -> \"https://bitbucket.org/other/\"".to_owned()
        ));

        let mut secrets = BTreeSet::new();
        Side {
            value: &after,
            sensitive: &after_marks,
            unknown: &Value::Null,
        }
        .secrets(&mut secrets);
        assert_eq!(
            secrets.into_iter().collect::<Vec<_>>(),
            ["hunter2", "hunter3"]
        );
    }

    #[test]
    fn what_is_unknown_differs_and_says_so() {
        let before =
            json!({"url": "https://bitbucket.org/acme/", "tags": {"a": "b"}, "api_access": null});
        let after = json!({"tags": {}, "api_access": {"access_token": {}}});
        let unknown = json!({"url": true, "tags": {"a": true}, "api_access": {"access_token": {"token_ref": true}}});
        assert_eq!(
            found((&before, &Value::Null), (&after, &Value::Null, &unknown)),
            [
                "tags.a: \"b\" -> (known after apply)",
                "url: \"https://bitbucket.org/acme/\" -> (known after apply)",
                "api_access.access_token.token_ref: not set -> (known after apply)",
            ]
        );
    }

    #[test]
    fn a_pasted_token_is_named_and_not_shown() {
        let before = json!({"description": null, "url": null});
        let after = json!({"description": "ATATT3xFfGF0hunter2", "url": "https://x:hunter2@h/"});
        let none = Value::Null;
        let shown = found((&before, &none), (&after, &none, &none));
        assert_eq!(
            shown,
            [
                "description: not set -> what looks like an Atlassian API token",
                "url: not set -> a URL with a user",
            ]
        );
        let after = json!({"description": "See https://wiki.example/page, ask @team", "url": "x https://u@h/"});
        assert_eq!(
            found((&before, &none), (&after, &none, &none)),
            [
                "description: not set -> \"See https://wiki.example/page, ask @team\"",
                "url: not set -> a URL with a user",
            ]
        );
    }
}
