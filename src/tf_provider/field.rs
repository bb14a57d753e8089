//! Typed values of a schema: each attribute and block null, unknown or known. The three are never collapsed before the
//! place that decides.

use std::collections::BTreeMap;

use crate::value::{Number, Value};

/// One attribute or block.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum Field<T> {
    /// Not set.
    #[default]
    Null,
    /// Known only after apply: no opinion.
    Unknown,
    /// Set.
    Known(T),
}

impl<T> Field<T> {
    /// The value, if it is known.
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Null | Self::Unknown => None,
        }
    }

    /// The value, if it is known, to be changed in place.
    pub fn known_mut(&mut self) -> Option<&mut T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Null | Self::Unknown => None,
        }
    }

    /// Whether it is not set.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// Whether it is known only after apply.
    pub fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown)
    }
}

impl Field<String> {
    /// The text, if it is known.
    pub fn text(&self) -> Option<&str> {
        self.known().map(String::as_str)
    }
}

impl<T> From<Option<T>> for Field<T> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Self::Known)
    }
}

/// A value of another type than was declared; holds what was expected, or the name of a missing member. The codec checks
/// types, so this is a bug of the provider.
#[derive(Debug, thiserror::Error)]
#[error("a member of the model is not of the type that its schema declares ({0})")]
pub struct Mismatch(pub &'static str);

/// A type that is read from a value.
pub trait FromValue: Sized {
    /// Reads a value.
    ///
    /// # Errors
    /// The value is of another type.
    fn from_value(value: &Value) -> Result<Self, Mismatch>;
}

/// A type that is written as a value.
pub trait ToValue {
    /// The value; whatever [`FromValue`] has read is written as it was.
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

/// A set; the order of the elements means nothing.
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

/// Declares the struct of an object type, each member a [`Field`], with the way to and from its value. A member whose name
/// in the schema is a keyword of Rust gives that name after `as`.
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
