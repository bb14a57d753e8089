//! Reading JSON that others wrote: tolerant, with a note for each member that could not be read.
//!
//! The platform writes null for what was never set, and captures show `""`, `[]` and `{}` in the same places. A member of
//! another JSON type than documented is noted and treated as absent: one odd member must not make a whole connector
//! unreadable. `serde` alone would stop at the first.

use std::fmt;

use serde_json::{Map, Value};

/// A member that could not be read, or a value that this version does not know.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct UnknownMember {
    /// Where it stands, in the platform's names: `spec.authentication.type`.
    pub path: String,
    /// What was found there and, where there is one, what was expected, as the end of a sentence that begins with the
    /// path. Never a member's value, but for discriminators.
    pub what: String,
}

impl fmt::Display for UnknownMember {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is {}", self.path, self.what)
    }
}

/// A JSON object, or the absence of one, and where it stands.
#[derive(Clone, Debug)]
pub(crate) struct Object<'a> {
    members: Option<&'a Map<String, Value>>,
    path: String,
}

impl<'a> Object<'a> {
    pub(crate) fn root(members: &'a Map<String, Value>) -> Self {
        Self {
            members: Some(members),
            path: String::new(),
        }
    }

    /// The object that `value` is; anything else is like an object without members.
    pub(crate) fn of(value: &'a Value) -> Self {
        Self {
            members: value.as_object(),
            path: String::new(),
        }
    }

    /// Whether there is an object at all.
    pub(crate) fn is_present(&self) -> bool {
        self.members.is_some()
    }

    pub(crate) fn path_of(&self, name: &str) -> String {
        if self.path.is_empty() {
            name.to_owned()
        } else {
            format!("{}.{name}", self.path)
        }
    }

    pub(crate) fn note(&self, name: &str, what: impl Into<String>, notes: &mut Vec<UnknownMember>) {
        notes.push(UnknownMember {
            path: self.path_of(name),
            what: what.into(),
        });
    }

    /// The text of a member as it is, the empty one included; `None` for null, absent and every other type.
    pub(crate) fn text(&self, name: &str, notes: &mut Vec<UnknownMember>) -> Option<String> {
        match self.member(name)? {
            Value::String(text) => Some(text.clone()),
            other => self.mismatch(name, other, "a string", notes),
        }
    }

    /// The text of a member where an empty one means the same as none.
    pub(crate) fn filled(&self, name: &str, notes: &mut Vec<UnknownMember>) -> Option<String> {
        self.text(name, notes).filter(|text| !text.is_empty())
    }

    pub(crate) fn flag(&self, name: &str, notes: &mut Vec<UnknownMember>) -> Option<bool> {
        match self.member(name)? {
            Value::Bool(flag) => Some(*flag),
            other => self.mismatch(name, other, "true or false", notes),
        }
    }

    /// A whole number; one beyond 64 bits or with a fraction is noted.
    pub(crate) fn integer(&self, name: &str, notes: &mut Vec<UnknownMember>) -> Option<i64> {
        let value = self.member(name)?;
        let read = value.as_i64();
        if read.is_none() {
            return self.mismatch(name, value, "a whole number", notes);
        }
        read
    }

    pub(crate) fn object(&self, name: &str, notes: &mut Vec<UnknownMember>) -> Object<'a> {
        let members = match self.member(name) {
            None => None,
            Some(Value::Object(members)) => Some(members),
            Some(other) => self.mismatch(name, other, "an object", notes),
        };
        Object {
            members,
            path: self.path_of(name),
        }
    }

    pub(crate) fn list(&self, name: &str, notes: &mut Vec<UnknownMember>) -> &'a [Value] {
        match self.member(name) {
            None => &[],
            Some(Value::Array(items)) => items,
            Some(other) => self.mismatch(name, other, "a list", notes).unwrap_or(&[]),
        }
    }

    /// The texts of a list; other items are noted and left out.
    pub(crate) fn texts(&self, name: &str, notes: &mut Vec<UnknownMember>) -> Vec<String> {
        let mut texts = Vec::new();
        for (index, item) in self.list(name, notes).iter().enumerate() {
            match item {
                Value::String(text) => texts.push(text.clone()),
                other => {
                    let place = format!("{name}[{index}]");
                    let _: Option<()> = self.mismatch(&place, other, "a string", notes);
                }
            }
        }
        texts
    }

    /// The texts of a map by name; null counts as the empty text, other types are noted and left out.
    pub(crate) fn text_map(
        &self,
        name: &str,
        notes: &mut Vec<UnknownMember>,
    ) -> std::collections::BTreeMap<String, String> {
        let object = self.object(name, notes);
        let mut texts = std::collections::BTreeMap::new();
        for (key, value) in object.members.into_iter().flatten() {
            match value {
                Value::String(text) => {
                    texts.insert(key.clone(), text.clone());
                }
                Value::Null => {
                    texts.insert(key.clone(), String::new());
                }
                other => {
                    let _: Option<()> = object.mismatch(key, other, "a string", notes);
                }
            }
        }
        texts
    }

    /// A member that is there and not null.
    fn member(&self, name: &str) -> Option<&'a Value> {
        self.members?.get(name).filter(|value| !value.is_null())
    }

    fn mismatch<T>(
        &self,
        name: &str,
        found: &Value,
        expected: &str,
        notes: &mut Vec<UnknownMember>,
    ) -> Option<T> {
        self.note(
            name,
            format!("{} where {expected} is expected", kind(found)),
            notes,
        );
        None
    }
}

/// What a JSON value is, for messages.
pub(crate) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn null_absent_and_another_type_read_as_none_and_only_the_last_is_noted() {
        let value = json!({"null": null, "number": 1, "text": "t", "empty": "", "list": ["a", 1, null], "object": {}});
        let object = Object::of(&value);
        let mut notes = Vec::new();
        assert_eq!(object.text("null", &mut notes), None);
        assert_eq!(object.text("absent", &mut notes), None);
        assert_eq!(object.text("empty", &mut notes).as_deref(), Some(""));
        assert_eq!(object.filled("empty", &mut notes), None);
        assert_eq!(object.integer("number", &mut notes), Some(1));
        assert!(notes.is_empty());
        assert_eq!(object.text("number", &mut notes), None);
        assert_eq!(object.flag("text", &mut notes), None);
        assert!(!object.object("text", &mut notes).is_present());
        assert!(object.list("object", &mut notes).is_empty());
        assert_eq!(object.texts("list", &mut notes), ["a"]);
        let said: Vec<String> = notes.iter().map(ToString::to_string).collect();
        assert_eq!(
            said,
            [
                "`number` is a number where a string is expected",
                "`text` is a string where true or false is expected",
                "`text` is a string where an object is expected",
                "`object` is an object where a list is expected",
                "`list[1]` is a number where a string is expected",
                "`list[2]` is null where a string is expected",
            ]
        );
    }

    #[test]
    fn a_number_is_whole_only_if_it_fits_without_loss() {
        let mut notes = Vec::new();
        for (text, read) in [
            ("1700000000000", Some(1_700_000_000_000)),
            ("-1", Some(-1)),
            ("1.5", None),
            ("99999999999999999999", None),
            ("\"5\"", None),
        ] {
            let value: Value = serde_json::from_str(&format!("{{\"at\":{text}}}")).unwrap();
            assert_eq!(Object::of(&value).integer("at", &mut notes), read, "{text}");
        }
        assert_eq!(notes.len(), 3);
    }

    #[test]
    fn a_note_names_the_whole_path() {
        let value = json!({"a": {"b": {"c": 1, "m": {"x": null, "y": "1", "z": []}}}});
        let mut notes = Vec::new();
        let b = Object::of(&value)
            .object("a", &mut notes)
            .object("b", &mut notes);
        assert_eq!(b.text("c", &mut notes), None);
        let map = b.text_map("m", &mut notes);
        assert_eq!(map.len(), 2);
        assert_eq!(notes[0].path, "a.b.c");
        assert_eq!(notes[1].path, "a.b.m.z");
    }
}
