//! Typed values of a schema. Each attribute and block is null, unknown, or known, and the three stay distinct until
//! code has to decide between them.

use std::collections::BTreeMap;

use crate::value::{Number, Value};

/// One attribute or block.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum Field<T> {
    /// Not set.
    #[default]
    Null,
    /// Known only after apply. Such a value is not checked.
    Unknown,
    /// Set.
    Known(T),
}

impl<T> Field<T> {
    /// Returns the value, if it is known.
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Null | Self::Unknown => None,
        }
    }

    /// Returns the value, if it is known, for changes in place.
    pub fn known_mut(&mut self) -> Option<&mut T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Null | Self::Unknown => None,
        }
    }

    /// Returns whether the field is not set.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// Returns whether the field is known only after apply.
    pub fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown)
    }
}

impl Field<String> {
    /// Returns the text, if it is known.
    pub fn text(&self) -> Option<&str> {
        self.known().map(String::as_str)
    }
}

impl<T> From<Option<T>> for Field<T> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Self::Known)
    }
}

/// A value of another type than declared. It holds the expected type or the name of a missing member. The codec checks
/// types, so a mismatch is a bug in the provider.
#[derive(Debug, thiserror::Error)]
#[error("a member of the model is not of the type that its schema declares ({0})")]
pub struct Mismatch(pub &'static str);

/// A type that can be read from a value.
pub trait FromValue: Sized {
    /// Reads a value.
    ///
    /// # Errors
    /// Returns an error if the value has another type.
    fn from_value(value: &Value) -> Result<Self, Mismatch>;
}

/// A type that can be written as a value.
pub trait ToValue {
    /// Returns the value. What [`FromValue`] read is written back unchanged.
    fn to_value(&self) -> Value;
}

impl<T: FromValue> FromValue for Field<T> {
    fn from_value(value: &Value) -> Result<Self, Mismatch> {
        match value {
            Value::Null => Ok(Self::Null),
            Value::Unknown(_) => Ok(Self::Unknown),
            known => T::from_value(known).map(Self::Known),
        }
    }
}

impl<T: ToValue> ToValue for Field<T> {
    fn to_value(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Unknown => Value::unknown(),
            Self::Known(value) => value.to_value(),
        }
    }
}

impl FromValue for String {
    fn from_value(value: &Value) -> Result<Self, Mismatch> {
        value.as_str().map(str::to_owned).ok_or(Mismatch("string"))
    }
}

impl ToValue for String {
    fn to_value(&self) -> Value {
        Value::string(self.as_str())
    }
}

impl FromValue for bool {
    fn from_value(value: &Value) -> Result<Self, Mismatch> {
        value.as_bool().ok_or(Mismatch("bool"))
    }
}

impl ToValue for bool {
    fn to_value(&self) -> Value {
        Value::Bool(*self)
    }
}

impl FromValue for Number {
    fn from_value(value: &Value) -> Result<Self, Mismatch> {
        value.as_number().cloned().ok_or(Mismatch("number"))
    }
}

impl ToValue for Number {
    fn to_value(&self) -> Value {
        Value::number(self.clone())
    }
}

impl<T: FromValue> FromValue for BTreeMap<String, Field<T>> {
    fn from_value(value: &Value) -> Result<Self, Mismatch> {
        let members = value.as_map().ok_or(Mismatch("map"))?;
        members
            .iter()
            .map(|(key, member)| Ok((key.clone(), Field::from_value(member)?)))
            .collect()
    }
}

impl<T: ToValue> ToValue for BTreeMap<String, Field<T>> {
    fn to_value(&self) -> Value {
        Value::Map(
            self.iter()
                .map(|(key, member)| (key.clone(), member.to_value()))
                .collect(),
        )
    }
}

/// Reads a set; the order of the elements is irrelevant.
impl<T: FromValue> FromValue for Vec<Field<T>> {
    fn from_value(value: &Value) -> Result<Self, Mismatch> {
        let elements = value.as_elements().ok_or(Mismatch("set"))?;
        elements.iter().map(Field::from_value).collect()
    }
}

impl<T: ToValue> ToValue for Vec<Field<T>> {
    fn to_value(&self) -> Value {
        Value::set(self.iter().map(Field::to_value))
    }
}

/// Declares a struct for an object type, with a [`Field`] for each member, and implements its conversion from and to a
/// value. If a member's name in the schema is a Rust keyword, give that name after `as`.
///
/// ```
/// use tf_provider::field::{Field, FromValue, ToValue};
/// use tf_provider::model;
/// use tf_provider::value::Value;
///
/// model! {
///     /// A server.
///     pub struct Server {
///         host: String;
///         reference: String, as "ref";
///     }
/// }
///
/// let value = Value::object([("host", Value::string("a")), ("ref", Value::Null)]);
/// let server = Server::from_value(&value)?;
/// assert_eq!(server.host, Field::Known("a".to_owned()));
/// assert_eq!(server.reference, Field::Null);
/// assert_eq!(server.to_value(), value);
/// # Ok::<(), tf_provider::field::Mismatch>(())
/// ```
#[macro_export]
macro_rules! model {
    ($(#[$attribute:meta])* $vis:vis struct $name:ident { $($field:ident: $ty:ty $(, as $in_schema:literal)?;)+ }) => {
        $(#[$attribute])*
        #[derive(Clone, Debug, Default, Eq, PartialEq)]
        $vis struct $name {
            $($vis $field: $crate::field::Field<$ty>,)+
        }

        impl $crate::field::FromValue for $name {
            fn from_value(value: &$crate::value::Value) -> Result<Self, $crate::field::Mismatch> {
                let member = |name: &'static str| value.get(name).ok_or($crate::field::Mismatch(name));
                Ok(Self {
                    $($field: $crate::field::FromValue::from_value(
                        member($crate::model!(@name $field $($in_schema)?))?,
                    )?,)+
                })
            }
        }

        impl $crate::field::ToValue for $name {
            fn to_value(&self) -> $crate::value::Value {
                $crate::value::Value::object([$((
                    $crate::model!(@name $field $($in_schema)?),
                    $crate::field::ToValue::to_value(&self.$field),
                ),)+])
            }
        }
    };
    (@name $field:ident $in_schema:literal) => { $in_schema };
    (@name $field:ident) => { stringify!($field) };
}
