//! Why bytes are not a value, or a value does not match its type.
//!
//! Messages say where, what was expected, and what was found. They name only the kind of what was found ("a string",
//! "an integer"), because the content may be secret, and these messages are shown to people and written to logs.

use std::collections::BTreeMap;
use std::fmt;

use super::path::{Path, Quoted, Step};
use super::{NumberError, Type, TypeError, Value};

/// Bytes that do not contain a value of the expected type: an error of the sender, or another version of the schema.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DecodeError(Mismatch);

impl DecodeError {
    pub(super) fn new(expected: impl Into<String>, found: impl Into<String>) -> Self {
        Self(Mismatch::new(expected, found))
    }

    /// Returns the path of the value that could not be read; for an element of a set, that of the set.
    pub fn path(&self) -> &Path {
        &self.0.path
    }

    /// Returns what was expected, as in "expected …".
    pub fn expected(&self) -> &str {
        &self.0.expected
    }

    /// Returns what was found, as in "found …": a kind or a name, never content.
    pub fn found(&self) -> &str {
        &self.0.found
    }

    /// Returns the error as seen from the enclosing value.
    pub(super) fn inside(self, step: Step) -> Self {
        Self(self.0.inside(step))
    }

    /// Returns the error as seen from the enclosing set.
    pub(super) fn inside_set(self) -> Self {
        Self(self.0.inside_set())
    }
}

impl From<NumberError> for DecodeError {
    fn from(error: NumberError) -> Self {
        let found = match error {
            NumberError::NotANumber => "a string that is no decimal number",
            NumberError::OutOfRange => "a number with too many digits",
            NumberError::NotFinite => "an infinite number or NaN",
        };
        Self::new("a number", found)
    }
}

impl From<TypeError> for DecodeError {
    fn from(error: TypeError) -> Self {
        Self::new(error.expected, error.found)
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for DecodeError {}

/// A value that does not match the type under which it is written: a bug in this program.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct EncodeError(Mismatch);

impl EncodeError {
    pub(super) fn new(expected: impl Into<String>, found: impl Into<String>) -> Self {
        Self(Mismatch::new(expected, found))
    }

    /// Creates the error for a value of a kind that does not match the type.
    pub(super) fn mismatch(ty: &Type, value: &Value) -> Self {
        match (ty, value) {
            (Type::Tuple(types), Value::Tuple(elements)) => Self::new(
                format!("a tuple of {}", counted(types.len(), "element")),
                format!("a tuple of {}", elements.len()),
            ),
            _ => Self::new(ty.kind(), value.kind()),
        }
    }

    /// Refuses an object that does not have exactly the attributes of its type.
    pub(super) fn check_attributes(
        types: &BTreeMap<String, Type>,
        attributes: &BTreeMap<String, Value>,
    ) -> Result<(), Self> {
        if let Some(missing) = types.keys().find(|name| !attributes.contains_key(*name)) {
            let expected = format!("the attribute {}", Quoted(missing));
            return Err(Self::new(expected, "an object without it"));
        }
        match attributes.keys().find(|name| !types.contains_key(*name)) {
            None => Ok(()),
            Some(unknown) => {
                let found = format!("the attribute {}", Quoted(unknown));
                Err(Self::new("only attributes of the type", found))
            }
        }
    }

    /// Returns the path of the value that could not be written; for an element of a set, that of the set.
    pub fn path(&self) -> &Path {
        &self.0.path
    }

    pub(super) fn inside(self, step: Step) -> Self {
        Self(self.0.inside(step))
    }

    pub(super) fn inside_set(self) -> Self {
        Self(self.0.inside_set())
    }
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for EncodeError {}

/// The details. The path is built from the inside out, as the error passes through each enclosing value, so that values
/// without errors cost nothing.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Mismatch {
    path: Path,
    expected: String,
    found: String,
}

impl Mismatch {
    fn new(expected: impl Into<String>, found: impl Into<String>) -> Self {
        Self {
            path: Path::root(),
            expected: expected.into(),
            found: found.into(),
        }
    }

    fn inside(mut self, step: Step) -> Self {
        self.path = std::iter::once(step)
            .chain(self.path.steps().iter().cloned())
            .collect();
        self
    }

    fn inside_set(mut self) -> Self {
        self.path = Path::root();
        self
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_root() {
            write!(f, "at {}: ", self.path)?;
        }
        write!(f, "expected {}, found {}", self.expected, self.found)
    }
}

/// Returns a number with its noun: "1 byte", "2 bytes".
pub(super) fn counted(number: impl fmt::Display, thing: &str) -> String {
    let number = number.to_string();
    let plural = if number == "1" { "" } else { "s" };
    format!("{number} {thing}{plural}")
}
