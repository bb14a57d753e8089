//! A tolerant JSON reader, which notes each member that could not be read.
//!
//! The platform writes null for what was never set, and captures show `""`, `[]`, and `{}` in the same places. A member
//! with an undocumented JSON type is noted and treated as absent, so that one unexpected member does not make a whole
//! connector unreadable. `serde` alone would stop at the first.

use std::cell::RefCell;
use std::fmt;

use serde_json::{Map, Value};

/// A member that could not be read, or an unknown value.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct UnknownMember {
    /// The member's path, with the platform's names: `spec.authentication.type`.
    pub path: String,
    /// What was found and, where applicable, what was expected, as the end of a sentence that begins with the path.
    /// Never a member's value, except for discriminators.
    pub what: String,
}

impl fmt::Display for UnknownMember {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is {}", self.path, self.what)
    }
}

/// A JSON object, or the absence of one, and its path.
#[derive(Clone, Debug)]
pub(crate) struct Object<'a> {
    members: Option<&'a Map<String, Value>>,
    path: String,
    /// Where members that cannot be read are noted, or `None` to ignore them.
    notes: Option<&'a Notes>,
}

/// The members that could not be read, in order.
pub(crate) type Notes = RefCell<Vec<UnknownMember>>;

impl<'a> Object<'a> {
    pub(crate) fn root(members: &'a Map<String, Value>) -> Self {
        Self {
            members: Some(members),
            path: String::new(),
            notes: None,
        }
    }

    /// Notes the members that cannot be read.
    pub(crate) fn noting(self, notes: &'a Notes) -> Self {
        let notes = Some(notes);
        Self { notes, ..self }
    }

    /// Returns `value` as an object; anything else becomes an object without members.
    pub(crate) fn of(value: &'a Value) -> Self {
        Self {
            members: value.as_object(),
            path: String::new(),
            notes: None,
        }
    }

    /// Returns how many members have been noted so far.
    pub(crate) fn noted(&self) -> usize {
        self.notes.map_or(0, |notes| notes.borrow().len())
    }

    /// Returns whether there is an object at all.
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

    pub(crate) fn note(&self, name: &str, what: impl Into<String>) {
        if let Some(notes) = self.notes {
            notes.borrow_mut().push(UnknownMember {
                path: self.path_of(name),
                what: what.into(),
            });
        }
    }

    /// Returns the text of a member unchanged, even if empty. Returns `None` for null, absent, and every other type.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        match self.member(name)? {
            Value::String(text) => Some(text.clone()),
            other => self.mismatch(name, other, "a string"),
        }
    }

    /// Returns the text of a member that treats empty as absent.
    pub(crate) fn filled(&self, name: &str) -> Option<String> {
        self.text(name).filter(|text| !text.is_empty())
    }

    pub(crate) fn flag(&self, name: &str) -> Option<bool> {
        match self.member(name)? {
            Value::Bool(flag) => Some(*flag),
            other => self.mismatch(name, other, "true or false"),
        }
    }

    /// Returns a whole number; one beyond 64 bits or with a fraction is noted.
    pub(crate) fn integer(&self, name: &str) -> Option<i64> {
        let value = self.member(name)?;
        let read = value.as_i64();
        if read.is_none() {
            return self.mismatch(name, value, "a whole number");
        }
        read
    }

    pub(crate) fn object(&self, name: &str) -> Object<'a> {
        let members = match self.member(name) {
            None => None,
            Some(Value::Object(members)) => Some(members),
            Some(other) => self.mismatch(name, other, "an object"),
        };
        Object {
            members,
            path: self.path_of(name),
            notes: self.notes,
        }
    }

    pub(crate) fn list(&self, name: &str) -> &'a [Value] {
        match self.member(name) {
            None => &[],
            Some(Value::Array(items)) => items,
            Some(other) => self.mismatch(name, other, "a list").unwrap_or(&[]),
        }
    }

    /// Returns the texts of a list; other items are noted and left out.
    pub(crate) fn texts(&self, name: &str) -> Vec<String> {
        let mut texts = Vec::new();
        for (index, item) in self.list(name).iter().enumerate() {
            match item {
                Value::String(text) => texts.push(text.clone()),
                other => {
                    let place = format!("{name}[{index}]");
                    let _: Option<()> = self.mismatch(&place, other, "a string");
                }
            }
        }
        texts
    }

    /// Returns the texts of a map by name. Null counts as an empty text; other types are noted and left out.
    pub(crate) fn text_map(&self, name: &str) -> std::collections::BTreeMap<String, String> {
        let object = self.object(name);
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
                    let _: Option<()> = object.mismatch(key, other, "a string");
                }
            }
        }
        texts
    }

    /// Returns a member that is present and not null.
    fn member(&self, name: &str) -> Option<&'a Value> {
        self.members?.get(name).filter(|value| !value.is_null())
    }

    fn mismatch<T>(&self, name: &str, found: &Value, expected: &str) -> Option<T> {
        self.note(
            name,
            format!("{} where {expected} is expected", kind(found)),
        );
        None
    }
}

/// Returns the kind of a JSON value, for messages.
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
        let notes = Notes::default();
        let object = Object::of(&value).noting(&notes);
        assert_eq!(object.text("null"), None);
        assert_eq!(object.text("absent"), None);
        assert_eq!(object.text("empty").as_deref(), Some(""));
        assert_eq!(object.filled("empty"), None);
        assert_eq!(object.integer("number"), Some(1));
        assert!(notes.borrow().is_empty());
        assert_eq!(object.text("number"), None);
        assert_eq!(object.flag("text"), None);
        assert!(!object.object("text").is_present());
        assert!(object.list("object").is_empty());
        assert_eq!(object.texts("list"), ["a"]);
        let said: Vec<String> = notes.borrow().iter().map(ToString::to_string).collect();
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
        let mut count = 0;
        for (text, read) in [
            ("1700000000000", Some(1_700_000_000_000)),
            ("-1", Some(-1)),
            ("1.5", None),
            ("99999999999999999999", None),
            ("\"5\"", None),
        ] {
            let value: Value = serde_json::from_str(&format!("{{\"at\":{text}}}")).unwrap();
            let notes = Notes::default();
            let object = Object::of(&value).noting(&notes);
            assert_eq!(object.integer("at"), read, "{text}");
            count += notes.borrow().len();
        }
        assert_eq!(count, 3);
    }

    #[test]
    fn a_note_names_the_whole_path() {
        let value = json!({"a": {"b": {"c": 1, "m": {"x": null, "y": "1", "z": []}}}});
        let notes = Notes::default();
        let b = Object::of(&value).noting(&notes).object("a").object("b");
        assert_eq!(b.text("c"), None);
        let map = b.text_map("m");
        assert_eq!(map.len(), 2);
        assert_eq!(notes.borrow()[0].path, "a.b.c");
        assert_eq!(notes.borrow()[1].path, "a.b.m.z");
    }
}
