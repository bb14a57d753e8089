//! Why bytes are not a value, or a value is not what its type says.
//!
//! Messages say where, what was expected and what was found. What was found is named by its kind only ("a string", "an
//! integer"): content may be secret, and these messages are shown to people and written to logs.

use std::collections::BTreeMap;
use std::fmt;

use super::path::{Path, Quoted, Step};
use super::{NumberError, Type, TypeError, Value};

/// Bytes that do not hold a value of the wanted type: the sender's mistake, or a schema other than the sender's.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DecodeError(Mismatch);

impl DecodeError {
    pub(super) fn new(expected: impl Into<String>, found: impl Into<String>) -> Self {
        Self(Mismatch::new(expected, found))
    }

    /// The value that could not be read; for an element of a set, the set.
    pub fn path(&self) -> &Path {
        &self.0.path
    }

    /// What should have been there, as in "expected …".
    pub fn expected(&self) -> &str {
        &self.0.expected
    }

    /// What was there, as in "found …": a kind or a name, never content.
    pub fn found(&self) -> &str {
        &self.0.found
    }

    /// The same error seen from the value around.
    pub(super) fn inside(self, step: Step) -> Self {
        Self(self.0.inside(step))
    }

    /// The same error seen from the set around.
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

/// A value that is not of the type under which it was to be written: a mistake in this program.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct EncodeError(Mismatch);

impl EncodeError {
    pub(super) fn new(expected: impl Into<String>, found: impl Into<String>) -> Self {
        Self(Mismatch::new(expected, found))
    }

    /// A value of a kind that the type does not have.
    pub(super) fn mismatch(ty: &Type, value: &Value) -> Self {
        match (ty, value) {
            (Type::Tuple(types), Value::Tuple(elements)) => Self::new(
                format!("a tuple of {}", counted(types.len(), "element")),
                format!("a tuple of {}", elements.len()),
            ),
            _ => Self::new(ty.kind(), value.kind()),
        }
    }

    /// Refuses an object that has not exactly the attributes of its type.
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

    /// The value that could not be written; for an element of a set, the set.
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

/// The path is put together from the inside out, when the error passes through each value on its way up, so that values
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

/// A number of things: "1 byte", "2 bytes".
pub(super) fn counted(number: impl fmt::Display, thing: &str) -> String {
    let number = number.to_string();
    let plural = if number == "1" { "" } else { "s" };
    format!("{number} {thing}{plural}")
}
