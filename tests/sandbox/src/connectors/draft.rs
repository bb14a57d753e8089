//! A connector as a client sends it: read, converted to the stored form, and checked member by member.
//!
//! The platform does this in two steps that a client can distinguish. *Reading* fails on the first member with a wrong
//! type, an unknown enum value, or a bad secret prefix, with the web framework's body ([`Malformed`]). *Bean
//! validation* then reports all violated constraints at once ([`Draft::violations`]). Unknown members are silently
//! dropped.

use serde_json::{Map, Value, json};

use super::bitbucket;
use super::catalogue::TYPES;
use super::secret_ref::SecretRef;
use crate::reply::Violation;
use crate::scope::Scope;
use crate::settings::Settings;

/// Identifiers that are reserved for the platform's expression language.
const RESERVED: [&str; 24] = [
    "or",
    "and",
    "eq",
    "ne",
    "lt",
    "gt",
    "le",
    "ge",
    "div",
    "mod",
    "not",
    "null",
    "true",
    "false",
    "new",
    "var",
    "return",
    "step",
    "parallel",
    "stepGroup",
    "org",
    "account",
    "class",
    "shellScriptProvisioner",
];

/// Why a body could not be read; the text becomes `details` in the response.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Malformed(pub(crate) String);

/// A connector that was read.
#[derive(Debug, Default)]
pub(super) struct Draft {
    /// The stored form.
    pub(super) info: Map<String, Value>,
    /// Violated constraints, in the order of the members.
    pub(super) violations: Vec<Violation>,
    /// Secret references, with the name of the member that contains them.
    pub(super) secret_refs: Vec<(&'static str, SecretRef)>,
}

impl Draft {
    /// Reads the body of a creation or an update.
    pub(super) fn read(body: &Value, settings: &Settings) -> Result<Self, Malformed> {
        let mut root = Members::of(body, "body")?;
        root.forgiving = settings.store_unknown_members;
        let mut draft = Self::default();
        let Some(connector) = root.object("connector")? else {
            draft.violate("connector", "must not be null");
            return Ok(draft);
        };
        let name = connector.text("name")?;
        let identifier = connector.text("identifier")?;
        let kind = connector.text("type")?;
        draft.violations.extend(identifier_violation(
            "connector.identifier",
            identifier.as_deref(),
        ));
        draft
            .violations
            .extend(name_violation("connector.name", name.as_deref()));
        draft.keep("name", json!(name));
        draft.keep("identifier", json!(identifier));
        draft.keep("description", json!(connector.text("description")?));
        for member in ["orgIdentifier", "projectIdentifier"] {
            let given = connector.text(member)?.filter(|id| !id.is_empty());
            draft.keep(member, json!(given));
        }
        draft.keep("tags", connector.tags()?);
        draft.keep("type", json!(kind));
        let spec = match kind.as_deref() {
            None => {
                draft.violate("connector.type", "must not be null");
                Value::Null
            }
            Some("Bitbucket") => match connector.object("spec")? {
                Some(spec) => Value::Object(bitbucket::read(&spec, settings, &mut draft)?),
                None => Value::Null,
            },
            Some(kind) if TYPES.iter().any(|(_, types)| types.contains(&kind)) => connector
                .object("spec")?
                .map_or(Value::Null, |spec| Value::Object(spec.map.clone())),
            Some(kind) => {
                return Err(Malformed::enumeration(
                    "ConnectorType",
                    kind,
                    "connector.type",
                ));
            }
        };
        if spec.is_null() {
            draft.violate("connector.spec", "must not be null");
        }
        draft.keep("spec", spec);
        if settings.store_unknown_members {
            let known = std::mem::replace(&mut draft.info, connector.map.clone());
            overlay(&mut draft.info, known);
        }
        Ok(draft)
    }

    pub(super) fn text(&self, member: &str) -> &str {
        self.info
            .get(member)
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    pub(super) fn scope(&self) -> Scope {
        Scope::of(
            Some(self.text("orgIdentifier")),
            Some(self.text("projectIdentifier")),
        )
    }

    /// Records a violated constraint.
    pub(super) fn violate(&mut self, field: &str, message: &str) {
        self.violations.push(Violation::new(field, message));
    }

    /// Reads a secret reference and returns its stored form; null stays null.
    pub(super) fn secret_ref(
        &mut self,
        members: &Members<'_>,
        field: &'static str,
    ) -> Result<Value, Malformed> {
        let Some(text) = members.text(field)? else {
            return Ok(Value::Null);
        };
        let reference = SecretRef::parse(&text).map_err(|reason| {
            Malformed(format!(
                "{reason} (through reference chain: {}.{field})",
                members.path
            ))
        })?;
        let canonical = reference.canonical();
        self.secret_refs.push((field, reference));
        Ok(canonical.into())
    }

    fn keep(&mut self, member: &str, value: Value) {
        self.info.insert(member.to_owned(), value);
    }
}

impl Malformed {
    pub(crate) fn enumeration(of: &str, found: &str, path: &str) -> Self {
        Self(format!(
            "Cannot deserialize value of type `{of}` from String \"{found}\" (through reference chain: {path})"
        ))
    }
}

/// The members of an object in the body, and its path.
pub(crate) struct Members<'a> {
    pub(super) map: &'a Map<String, Value>,
    pub(super) path: String,
    /// Whether members with unexpected types count as absent, because they have a meaning for a newer platform.
    forgiving: bool,
}

impl<'a> Members<'a> {
    pub(crate) fn of(value: &'a Value, path: &str) -> Result<Self, Malformed> {
        let map = value
            .as_object()
            .ok_or_else(|| Malformed::kind("Object", path))?;
        Ok(Self {
            map,
            path: path.to_owned(),
            forgiving: false,
        })
    }

    /// Returns all members, as sent.
    pub(crate) fn members(&self) -> &'a Map<String, Value> {
        self.map
    }

    /// Returns the full name of a member.
    pub(crate) fn at(&self, member: &str) -> String {
        if self.path == "body" {
            member.to_owned()
        } else {
            format!("{}.{member}", self.path)
        }
    }

    /// Returns a text; like the platform's parser, converts numbers and booleans to text.
    pub(crate) fn text(&self, member: &str) -> Result<Option<String>, Malformed> {
        match self.map.get(member) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(scalar @ (Value::Number(_) | Value::Bool(_))) => Ok(Some(scalar.to_string())),
            Some(_) => self.other_type("String", member),
        }
    }

    fn other_type<T>(&self, expected: &str, member: &str) -> Result<Option<T>, Malformed> {
        if self.forgiving {
            return Ok(None);
        }
        Err(Malformed::kind(expected, &self.at(member)))
    }

    pub(super) fn flag(&self, member: &str) -> Result<Option<bool>, Malformed> {
        match self.map.get(member) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(Value::String(text)) if text == "true" || text == "false" => {
                Ok(Some(text == "true"))
            }
            Some(_) => self.other_type("Boolean", member),
        }
    }

    pub(crate) fn object(&self, member: &str) -> Result<Option<Members<'a>>, Malformed> {
        match self.map.get(member) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Object(map)) => Ok(Some(Members {
                map,
                path: self.at(member),
                forgiving: self.forgiving,
            })),
            Some(_) => self.other_type("Object", member),
        }
    }

    /// Returns a set of texts in the order sent, without repetitions.
    pub(crate) fn text_set(&self, member: &str) -> Result<Vec<String>, Malformed> {
        let items = match self.map.get(member) {
            None | Some(Value::Null) => return Ok(Vec::new()),
            Some(Value::Array(items)) => items,
            Some(_) => {
                return self
                    .other_type("Set<String>", member)
                    .map(Option::unwrap_or_default);
            }
        };
        let mut set: Vec<String> = Vec::with_capacity(items.len());
        for item in items {
            let Some(text) = item.as_str() else {
                self.other_type::<String>("String", member)?;
                continue;
            };
            if !set.iter().any(|known| known == text) {
                set.push(text.to_owned());
            }
        }
        Ok(set)
    }

    /// Returns texts by name.
    pub(crate) fn tags(&self) -> Result<Value, Malformed> {
        let Some(tags) = self.object("tags")? else {
            return Ok(json!({}));
        };
        let mut read = Map::new();
        for key in tags.map.keys() {
            read.insert(key.clone(), json!(tags.text(key)?.unwrap_or_default()));
        }
        Ok(Value::Object(read))
    }
}

/// Writes what was understood over what was sent, so that unknown members, and members of an unknown form, are kept.
fn overlay(sent: &mut Map<String, Value>, understood: Map<String, Value>) {
    for (member, value) in understood {
        match (sent.get_mut(&member), value) {
            (Some(Value::Object(below)), Value::Object(above)) => overlay(below, above),
            (Some(Value::Array(below)), _) if below.iter().any(|item| !item.is_string()) => {}
            (Some(below), above)
                if !below.is_null()
                    && std::mem::discriminant(below) != std::mem::discriminant(&above) => {}
            (_, value) => {
                sent.insert(member, value);
            }
        }
    }
}

impl Malformed {
    fn kind(expected: &str, path: &str) -> Self {
        Self(format!(
            "Cannot deserialize value of type `{expected}` (through reference chain: {path})"
        ))
    }
}

/// Returns what is wrong with the identifier of an entity.
pub(crate) fn identifier_violation(field: &str, identifier: Option<&str>) -> Option<Violation> {
    let Some(identifier) = identifier.filter(|identifier| !identifier.is_empty()) else {
        return Some(Violation::new(field, "cannot be empty"));
    };
    let mut characters = identifier.chars();
    let starts_well = characters
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic() || first == '_');
    let goes_on_well =
        characters.all(|next| next.is_ascii_alphanumeric() || next == '_' || next == '$');
    if !starts_well || !goes_on_well || identifier.len() > 128 {
        let message = "can be 128 characters long and can only contain alphanumeric, underscore and $ characters, and \
                       not start with a number or $";
        return Some(Violation::new(field, message));
    }
    RESERVED.contains(&identifier).then(|| {
        Violation::new(
            field,
            format!("{identifier} is a keyword, so cannot be used"),
        )
    })
}

/// Returns what is wrong with the name of an entity.
pub(crate) fn name_violation(field: &str, name: Option<&str>) -> Option<Violation> {
    let Some(name) = name.filter(|name| !name.trim().is_empty()) else {
        return Some(Violation::new(field, "cannot be empty."));
    };
    if name.chars().count() > 128 {
        return Some(Violation::new(
            field,
            "cannot be more than 128 characters long.",
        ));
    }
    let allowed =
        |character: char| character.is_ascii_alphanumeric() || "-_. /".contains(character);
    let message =
        "can only contain alphanumeric, dot, hyphen, forward slash and underscore characters.";
    (!name.chars().all(allowed)).then(|| Violation::new(field, message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identifier_follows_the_platforms_pattern_and_is_no_keyword() {
        let long = "a".repeat(129);
        for (identifier, message) in [
            (Some("a_b$1"), None),
            (Some("_x"), None),
            (Some(""), Some("cannot be empty")),
            (None, Some("cannot be empty")),
            (Some("1a"), Some("can be 128 characters long")),
            (Some("$a"), Some("can be 128 characters long")),
            (Some("a-b"), Some("can be 128 characters long")),
            (Some(long.as_str()), Some("can be 128 characters long")),
            (
                Some("stepGroup"),
                Some("stepGroup is a keyword, so cannot be used"),
            ),
        ] {
            let found = identifier_violation("id", identifier);
            assert_eq!(found.is_some(), message.is_some(), "{identifier:?}");
            assert!(
                found.is_none_or(|found| found.message.starts_with(message.unwrap())),
                "{identifier:?}"
            );
        }
    }

    #[test]
    fn a_name_is_not_blank_not_long_and_of_allowed_characters() {
        let long = "n".repeat(129);
        for (name, good) in [
            ("My repo/1.0-x_y", true),
            (" ", false),
            ("Ümlaut", false),
            ("a:b", false),
            (long.as_str(), false),
        ] {
            assert_eq!(name_violation("name", Some(name)).is_none(), good, "{name}");
        }
    }

    #[test]
    fn reading_stops_at_a_wrong_type_and_forgives_scalars_for_text() {
        let settings = Settings::default();
        let read = |connector: Value| Draft::read(&json!({"connector": connector}), &settings);
        let draft =
            read(json!({"identifier": "a", "name": 7, "type": "Github", "spec": {}})).unwrap();
        assert_eq!(draft.text("name"), "7");
        assert!(read(json!({"identifier": {}, "name": "n"})).is_err());
        assert!(
            read(json!({"identifier": "a", "name": "n", "type": "Bitbukcet", "spec": {}})).is_err()
        );
        assert!(
            read(json!({"identifier": "a", "name": "n", "type": "Github", "spec": [], "tags": []}))
                .is_err()
        );
    }
}
