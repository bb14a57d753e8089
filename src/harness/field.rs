//! A setting as Terraform knows it: null, unknown or known. The three are never collapsed before the place that decides.

use std::collections::BTreeMap;
use tf_provider::value::Value;

/// One setting.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Setting<T> {
    /// Not given, or not there.
    #[default]
    Null,
    /// Decided later: no opinion.
    Unknown,
    /// Given.
    Known(T),
}

impl<T> Setting<T> {
    pub(crate) fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Null | Self::Unknown => None,
        }
    }

    pub(crate) fn known_mut(&mut self) -> Option<&mut T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Null | Self::Unknown => None,
        }
    }

    pub(crate) fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    pub(crate) fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown)
    }
}

impl Setting<String> {
    /// The text, if known.
    pub(crate) fn text(&self) -> Option<&str> {
        self.known().map(String::as_str)
    }
}

impl<T> From<Option<T>> for Setting<T> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Self::Known)
    }
}

/// What stands where another kind of value was declared. The codec checks types, so this is a bug of ours.
#[derive(Debug, thiserror::Error)]
#[error("a member of the model is not of the type that its schema declares ({0})")]
pub(crate) struct Mismatch(pub(crate) &'static str);

/// A type that a known setting can have, read from and written to Terraform's values.
pub(crate) trait Member: Sized {
    fn read(value: &Value) -> Result<Self, Mismatch>;
    fn write(&self) -> Value;
}

impl<T: Member> Setting<T> {
    pub(crate) fn read(value: &Value) -> Result<Self, Mismatch> {
        match value {
            Value::Null => Ok(Self::Null),
            Value::Unknown(_) => Ok(Self::Unknown),
            known => T::read(known).map(Self::Known),
        }
    }

    pub(crate) fn write(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Unknown => Value::unknown(),
            Self::Known(value) => value.write(),
        }
    }
}

impl Member for String {
    fn read(value: &Value) -> Result<Self, Mismatch> {
        value.as_str().map(str::to_owned).ok_or(Mismatch("string"))
    }

    fn write(&self) -> Value {
        Value::string(self.as_str())
    }
}

impl Member for bool {
    fn read(value: &Value) -> Result<Self, Mismatch> {
        value.as_bool().ok_or(Mismatch("bool"))
    }

    fn write(&self) -> Value {
        Value::Bool(*self)
    }
}

impl<T: Member> Member for BTreeMap<String, Setting<T>> {
    fn read(value: &Value) -> Result<Self, Mismatch> {
        let members = value.as_map().ok_or(Mismatch("map"))?;
        members
            .iter()
            .map(|(key, member)| Ok((key.clone(), Setting::read(member)?)))
            .collect()
    }

    fn write(&self) -> Value {
        Value::Map(
            self.iter()
                .map(|(key, member)| (key.clone(), member.write()))
                .collect(),
        )
    }
}

/// A set; the order of the elements means nothing.
impl<T: Member> Member for Vec<Setting<T>> {
    fn read(value: &Value) -> Result<Self, Mismatch> {
        let elements = value.as_elements().ok_or(Mismatch("set"))?;
        elements.iter().map(Setting::read).collect()
    }

    fn write(&self) -> Value {
        Value::set(self.iter().map(Setting::write))
    }
}
