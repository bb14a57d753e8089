//! Values, as data.

use std::collections::BTreeMap;
use std::fmt;

use super::number::Number;
use super::path::{Path, Step};
use super::refinement::Refinement;
use super::types::Type;

/// The maximum nesting depth of decoded values and types.
pub const DEEPEST: usize = 128;

/// A value of Terraform's type system.
///
/// The predicates and accessors look through [`Value::Dynamic`]: a dynamically typed null is null, and a dynamically
/// typed string has a string. `Debug` shows the shape of a value and its names, but no strings, because any string may
/// be secret.
#[derive(Clone, Eq, Ord, PartialEq, PartialOrd)]
pub enum Value {
    /// No value: not given, or absent.
    Null,
    /// A value that is known only after apply.
    Unknown(Refinement),
    /// `true` or `false`.
    Bool(bool),
    /// A decimal number.
    Number(Number),
    /// Unicode text.
    String(String),
    /// Values of one type, in order.
    List(Vec<Value>),
    /// A fixed number of values.
    Tuple(Vec<Value>),
    /// Values of one type, without order.
    Set(SetValue),
    /// Values of one type, by names that the user chose.
    Map(BTreeMap<String, Value>),
    /// All the attributes of an object type.
    Object(BTreeMap<String, Value>),
    /// A value with its own type, where the schema has [`Type::Dynamic`].
    Dynamic(Box<DynamicallyTyped>),
}

impl Value {
    /// Creates an unknown value without refinements.
    pub fn unknown() -> Self {
        Self::Unknown(Refinement::none())
    }

    /// Creates a string.
    pub fn string(text: impl Into<String>) -> Self {
        Self::String(text.into())
    }

    /// Creates a number.
    pub fn number(number: impl Into<Number>) -> Self {
        Self::Number(number.into())
    }

    /// Creates a list of these elements.
    pub fn list(elements: impl IntoIterator<Item = Self>) -> Self {
        Self::List(elements.into_iter().collect())
    }

    /// Creates a set of these elements, whatever their order and repetitions.
    pub fn set(elements: impl IntoIterator<Item = Self>) -> Self {
        Self::Set(elements.into_iter().collect())
    }

    /// Creates a map of these entries. If a key occurs more than once, the last entry is used.
    pub fn map<K: Into<String>>(entries: impl IntoIterator<Item = (K, Self)>) -> Self {
        let entries = entries.into_iter();
        Self::Map(entries.map(|(key, value)| (key.into(), value)).collect())
    }

    /// Creates an object of these attributes. If a name occurs more than once, the last attribute is used.
    pub fn object<K: Into<String>>(attributes: impl IntoIterator<Item = (K, Self)>) -> Self {
        let attributes = attributes.into_iter();
        Self::Object(
            attributes
                .map(|(name, value)| (name.into(), value))
                .collect(),
        )
    }

    /// Creates a value with its own type.
    pub fn dynamic(ty: Type, value: Self) -> Self {
        Self::Dynamic(Box::new(DynamicallyTyped { ty, value }))
    }

    /// Returns whether the value is null.
    pub fn is_null(&self) -> bool {
        matches!(self.typed(), Self::Null)
    }

    /// Returns whether the value itself is unknown, as opposed to parts of it.
    pub fn is_unknown(&self) -> bool {
        matches!(self.typed(), Self::Unknown(_))
    }

    /// Returns whether the value itself is neither null nor unknown; parts of it may be.
    pub fn is_known(&self) -> bool {
        !self.is_null() && !self.is_unknown()
    }

    /// Returns whether neither the value nor any part of it is unknown; null counts as known here.
    pub fn is_wholly_known(&self) -> bool {
        match self {
            Self::Unknown(_) => false,
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::String(_) => true,
            Self::List(elements) | Self::Tuple(elements) => {
                elements.iter().all(Self::is_wholly_known)
            }
            Self::Set(set) => set.elements().iter().all(Self::is_wholly_known),
            Self::Map(members) | Self::Object(members) => {
                members.values().all(Self::is_wholly_known)
            }
            Self::Dynamic(dynamic) => dynamic.value.is_wholly_known(),
        }
    }

    /// Returns the text of a known string.
    pub fn as_str(&self) -> Option<&str> {
        match self.typed() {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// Returns a known bool.
    pub fn as_bool(&self) -> Option<bool> {
        match self.typed() {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// Returns a known number.
    pub fn as_number(&self) -> Option<&Number> {
        match self.typed() {
            Self::Number(number) => Some(number),
            _ => None,
        }
    }

    /// Returns the attributes of a known object.
    pub fn as_object(&self) -> Option<&BTreeMap<String, Self>> {
        match self.typed() {
            Self::Object(attributes) => Some(attributes),
            _ => None,
        }
    }

    /// Returns the entries of a known map.
    pub fn as_map(&self) -> Option<&BTreeMap<String, Self>> {
        match self.typed() {
            Self::Map(entries) => Some(entries),
            _ => None,
        }
    }

    /// Returns the elements of a known list, tuple, or set; those of a set in the order of [`Ord`].
    pub fn as_elements(&self) -> Option<&[Self]> {
        match self.typed() {
            Self::List(elements) | Self::Tuple(elements) => Some(elements),
            Self::Set(set) => Some(set.elements()),
            _ => None,
        }
    }

    /// Returns an attribute of a known object, or the value for a key of a known map.
    pub fn get(&self, name: &str) -> Option<&Self> {
        match self.typed() {
            Self::Object(members) | Self::Map(members) => members.get(name),
            _ => None,
        }
    }

    /// Returns the value at the end of a path. Returns none if a step does not exist, does not match the value's kind,
    /// or leads into something null, unknown, or a set.
    pub fn get_path(&self, path: &Path) -> Option<&Self> {
        path.steps()
            .iter()
            .try_fold(self, |value, step| match step {
                Step::Attribute(name) => value.as_object()?.get(name),
                Step::Key(key) => value.as_map()?.get(key),
                Step::Index(index) => match value.typed() {
                    Self::List(elements) | Self::Tuple(elements) => {
                        elements.get(usize::try_from(*index).ok()?)
                    }
                    _ => None,
                },
            })
    }

    /// Replaces or adds one attribute of this object. Returns anything that is not an object unchanged.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: Self) -> Self {
        if let Self::Object(attributes) = &mut self {
            attributes.insert(name.into(), value);
        }
        self
    }

    /// Returns the value inside any dynamic wrappers.
    fn typed(&self) -> &Self {
        let mut value = self;
        while let Self::Dynamic(dynamic) = value {
            value = &dynamic.value;
        }
        value
    }

    /// Returns the kind with its article, for messages: "a string", "an object".
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Unknown(_) => "an unknown value",
            Self::Bool(_) => "a bool",
            Self::Number(_) => "a number",
            Self::String(_) => "a string",
            Self::List(_) => "a list",
            Self::Tuple(_) => "a tuple",
            Self::Set(_) => "a set",
            Self::Map(_) => "a map",
            Self::Object(_) => "an object",
            Self::Dynamic(_) => "a dynamically typed value",
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::String(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::String(text)
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<Number> for Value {
    fn from(number: Number) -> Self {
        Self::Number(number)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Number(value.into())
    }
}

/// Converts `None` to null.
impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("Null"),
            Self::Unknown(refinement) if refinement.is_none() => f.write_str("Unknown"),
            Self::Unknown(refinement) => f.debug_tuple("Unknown").field(refinement).finish(),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Number(number) => write!(f, "{number}"),
            Self::String(_) => f.write_str("String(_)"),
            Self::List(elements) => f.debug_list().entries(elements).finish(),
            Self::Tuple(elements) => f.debug_tuple("Tuple").field(elements).finish(),
            Self::Set(set) => f.debug_set().entries(set.elements()).finish(),
            Self::Map(entries) => f.debug_map().entries(entries).finish(),
            Self::Object(attributes) => {
                f.write_str("Object ")?;
                f.debug_map().entries(attributes).finish()
            }
            Self::Dynamic(dynamic) => {
                write!(f, "Dynamic({}, {:?})", dynamic.ty, dynamic.value)
            }
        }
    }
}

/// A value with its own type.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct DynamicallyTyped {
    /// The type.
    pub ty: Type,
    /// A value of this type; it may be null or unknown.
    pub value: Value,
}

/// The elements of a set, each at most once. Two sets are equal regardless of the order in which they were built.
///
/// Elements that are not wholly known are all kept, even if they look alike, because they may turn out to differ.
#[derive(Clone, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub struct SetValue(Vec<Value>);

impl SetValue {
    /// Returns the elements, in the order of [`Ord`].
    pub fn elements(&self) -> &[Value] {
        &self.0
    }
}

impl FromIterator<Value> for SetValue {
    fn from_iter<I: IntoIterator<Item = Value>>(elements: I) -> Self {
        let mut elements: Vec<_> = elements.into_iter().collect();
        elements.sort_unstable();
        elements.dedup_by(|one, other| one == other && one.is_wholly_known());
        Self(elements)
    }
}

impl IntoIterator for SetValue {
    type Item = Value;
    type IntoIter = std::vec::IntoIter<Value>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn null_unknown_and_known_are_distinct() {
        let partly = Value::list([Value::unknown(), Value::Null]);
        // value, is null, is unknown, is known, is wholly known
        let rows = [
            (Value::Null, true, false, false, true),
            (Value::unknown(), false, true, false, false),
            (
                Value::Unknown(Refinement::not_null()),
                false,
                true,
                false,
                false,
            ),
            (Value::from(false), false, false, true, true),
            (Value::from(""), false, false, true, true),
            (Value::from(0), false, false, true, true),
            (Value::list([]), false, false, true, true),
            (partly.clone(), false, false, true, false),
            (Value::set([Value::unknown()]), false, false, true, false),
            (
                Value::map([("k", partly.clone())]),
                false,
                false,
                true,
                false,
            ),
            (
                Value::object([("a", Value::Null)]),
                false,
                false,
                true,
                true,
            ),
            (Value::Tuple(vec![partly]), false, false, true, false),
            (
                Value::dynamic(Type::String, Value::Null),
                true,
                false,
                false,
                true,
            ),
            (
                Value::dynamic(Type::String, Value::unknown()),
                false,
                true,
                false,
                false,
            ),
            (
                Value::dynamic(Type::String, "x".into()),
                false,
                false,
                true,
                true,
            ),
        ];
        for (value, null, unknown, known, wholly) in rows {
            assert_eq!(value.is_null(), null, "{value:?}");
            assert_eq!(value.is_unknown(), unknown, "{value:?}");
            assert_eq!(value.is_known(), known, "{value:?}");
            assert_eq!(value.is_wholly_known(), wholly, "{value:?}");
        }
    }

    #[test]
    fn an_accessor_answers_for_its_own_kind_only() {
        let text = Value::string("x");
        let number = Value::number(3);
        let object = Value::object([("a", text.clone())]);
        let map = Value::map([("a", text.clone())]);
        let list = Value::list([text.clone()]);
        assert_eq!(text.as_str(), Some("x"));
        assert_eq!(
            Value::dynamic(Type::String, text.clone()).as_str(),
            Some("x")
        );
        assert_eq!(Value::from(true).as_bool(), Some(true));
        assert_eq!(number.as_number(), Some(&Number::from(3)));
        assert!(object.as_object().is_some() && object.as_map().is_none());
        assert!(map.as_map().is_some() && map.as_object().is_none());
        for elements in [
            &list,
            &Value::set([text.clone()]),
            &Value::Tuple(vec![text.clone()]),
        ] {
            assert_eq!(elements.as_elements(), Some(&[text.clone()][..]));
        }
        for other in [Value::Null, Value::unknown()] {
            assert!(other.as_str().is_none() && other.as_bool().is_none());
            assert!(other.as_number().is_none() && other.as_object().is_none());
            assert!(other.as_map().is_none() && other.as_elements().is_none());
            assert!(other.get("a").is_none());
        }
        assert!(
            number.as_str().is_none() && text.as_number().is_none() && text.as_bool().is_none()
        );
        assert_eq!((object.get("a"), object.get("b")), (Some(&text), None));
        assert_eq!((map.get("a"), map.get("b")), (Some(&text), None));
        assert_eq!(list.get("a"), None);
    }

    #[test]
    fn a_path_leads_to_the_value_or_nowhere() {
        let value = Value::object([
            ("tags", Value::map([("team", Value::string("core"))])),
            (
                "list",
                Value::list([Value::object([("x", Value::from(1))])]),
            ),
            ("set", Value::set([Value::from(1)])),
            ("nothing", Value::Null),
            ("later", Value::unknown()),
            (
                "any",
                Value::dynamic(Type::list(Type::Bool), Value::list([true.into()])),
            ),
        ]);
        let root = Path::root();
        assert_eq!(value.get_path(&root), Some(&value));
        let found = [
            (root.attribute("tags").key("team"), Value::string("core")),
            (
                root.attribute("list").index(0).attribute("x"),
                Value::from(1),
            ),
            (root.attribute("nothing"), Value::Null),
            (root.attribute("any").index(0), Value::from(true)),
        ];
        for (path, target) in found {
            assert_eq!(value.get_path(&path), Some(&target), "{path}");
        }
        let nowhere = [
            root.attribute("absent"),
            root.key("tags"),
            root.attribute("tags").attribute("team"),
            root.attribute("list").index(1),
            root.attribute("list").index(u64::MAX),
            root.attribute("set").index(0),
            root.attribute("nothing").attribute("x"),
            root.attribute("later").attribute("x"),
        ];
        for path in nowhere {
            assert_eq!(value.get_path(&path), None, "{path}");
        }
    }

    #[test]
    fn with_replaces_one_attribute_of_an_object_and_touches_nothing_else() {
        let object = Value::object([("a", Value::Null), ("b", Value::from(true))]);
        let changed = object.clone().with("a", "x".into());
        assert_eq!(
            changed,
            Value::object([("a", Value::from("x")), ("b", Value::from(true))])
        );
        assert_eq!(Value::Null.with("a", "x".into()), Value::Null);
        let map = Value::map([("a", Value::Null)]);
        assert_eq!(map.clone().with("a", "x".into()), map);
    }

    #[test]
    fn sets_are_equal_whatever_the_order_and_the_repetitions() {
        let one = Value::set(["b", "a", "b"].map(Value::from));
        let other = Value::set(["a", "b"].map(Value::from));
        assert_eq!(one, other);
        assert_ne!(one, Value::set([Value::from("a")]));
        assert_ne!(one, Value::list(["a", "b"].map(Value::from)));
        let Value::Set(set) = one else {
            panic!("a set")
        };
        assert_eq!(set.elements(), ["a", "b"].map(Value::from));
        assert_eq!(set.into_iter().count(), 2);
    }

    #[test]
    fn unknown_elements_of_a_set_are_not_merged() {
        let half_known = Value::object([("a", Value::unknown())]);
        for element in [Value::unknown(), half_known] {
            let set = Value::set([element.clone(), element.clone(), Value::Null, Value::Null]);
            assert_eq!(set.as_elements().map(<[_]>::len), Some(3), "{element:?}");
        }
    }

    #[test]
    fn an_absent_option_is_null() {
        assert_eq!(Value::from(None::<bool>), Value::Null);
        assert_eq!(Value::from(Some("x")), Value::string("x"));
        assert_eq!(Value::from(Some(String::from("x"))), Value::string("x"));
        assert_eq!(Value::from(Number::from(1)), Value::from(1));
    }

    #[test]
    fn the_debug_form_shows_the_shape_and_no_string() {
        let secret = Value::string("hunter2");
        let value = Value::object([
            ("any", Value::dynamic(Type::String, secret.clone())),
            ("list", Value::list([secret.clone(), Value::Null])),
            ("map", Value::map([("k", secret.clone())])),
            ("set", Value::set([secret.clone(), Value::from(1)])),
            (
                "tuple",
                Value::Tuple(vec![secret, Value::from(true), Value::unknown()]),
            ),
            ("unknown", Value::Unknown(Refinement::not_null())),
        ]);
        assert_eq!(
            format!("{value:?}"),
            "Object {\"any\": Dynamic(string, String(_)), \"list\": [String(_), Null], \
             \"map\": {\"k\": String(_)}, \"set\": {1, String(_)}, \
             \"tuple\": Tuple([String(_), true, Unknown]), \"unknown\": Unknown({\"not_null\"})}"
        );
    }

    #[test]
    fn a_value_is_small_enough_to_be_moved_around() {
        assert!(size_of::<Value>() <= 40, "{} bytes", size_of::<Value>());
    }
}
