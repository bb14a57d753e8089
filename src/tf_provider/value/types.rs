//! The types of Terraform's type system, and their JSON form: `"string"`, `["list","string"]`,
//! `["object",{"a":"bool"}]`, `["tuple",["number"]]`, `"dynamic"`.
//!
//! The JSON form is that of go-cty, which Terraform uses in schemas and in dynamically typed values. A list of optional
//! attributes after an object's attributes is accepted and dropped, because it affects conversions, not values.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value as Json;

use super::json_fault::fault;
use super::path::{Quoted, is_identifier};

/// The type of a value.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Type {
    /// `true` or `false`.
    Bool,
    /// Any decimal number.
    Number,
    /// Unicode text.
    String,
    /// Any value; each value states its type.
    Dynamic,
    /// Values of one type, in order.
    List(Box<Type>),
    /// Values of one type, without order, each at most once.
    Set(Box<Type>),
    /// Values of one type, by names that the user chooses.
    Map(Box<Type>),
    /// Attributes, each with its own type; all of them are always present, but may be null.
    Object(BTreeMap<String, Type>),
    /// A fixed number of values, each with its own type.
    Tuple(Vec<Type>),
}

impl Type {
    /// Creates `list(element)`.
    pub fn list(element: Self) -> Self {
        Self::List(Box::new(element))
    }

    /// Creates `set(element)`.
    pub fn set(element: Self) -> Self {
        Self::Set(Box::new(element))
    }

    /// Creates `map(element)`.
    pub fn map(element: Self) -> Self {
        Self::Map(Box::new(element))
    }

    /// Creates `object({ name = type, … })`.
    pub fn object<K: Into<String>>(attributes: impl IntoIterator<Item = (K, Self)>) -> Self {
        let attributes = attributes.into_iter();
        Self::Object(attributes.map(|(name, ty)| (name.into(), ty)).collect())
    }

    /// Reads the JSON form.
    ///
    /// # Errors
    /// Returns an error if the bytes are not JSON, or not the JSON of a type. The message has the position, never the
    /// bytes.
    pub fn from_json(bytes: &[u8]) -> Result<Self, TypeError> {
        let json = serde_json::from_slice(bytes).map_err(|error| TypeError::json(&error))?;
        Self::from_json_value(&json)
    }

    /// Writes the JSON form, without spaces and with attributes ordered by name, as Terraform does.
    pub fn to_json(&self) -> Vec<u8> {
        self.to_json_value().to_string().into_bytes()
    }

    pub(super) fn from_json_value(json: &Json) -> Result<Self, TypeError> {
        match json {
            Json::String(name) => match name.as_str() {
                "bool" => Ok(Self::Bool),
                "number" => Ok(Self::Number),
                "string" => Ok(Self::String),
                "dynamic" => Ok(Self::Dynamic),
                other => Err(TypeError::unknown(other)),
            },
            Json::Array(parts) => match parts.as_slice() {
                [Json::String(kind), rest @ ..] => Self::compound(kind, rest),
                _ => Err(TypeError::malformed("an array that starts with a kind")),
            },
            _ => Err(TypeError::malformed("a name or an array")),
        }
    }

    fn compound(kind: &str, rest: &[Json]) -> Result<Self, TypeError> {
        match (kind, rest) {
            ("list", [element]) => Self::from_json_value(element).map(Self::list),
            ("set", [element]) => Self::from_json_value(element).map(Self::set),
            ("map", [element]) => Self::from_json_value(element).map(Self::map),
            ("tuple", [Json::Array(elements)]) => {
                let elements = elements.iter().map(Self::from_json_value);
                Ok(Self::Tuple(elements.collect::<Result<_, _>>()?))
            }
            ("object", [Json::Object(attributes)] | [Json::Object(attributes), Json::Array(_)]) => {
                let attributes = attributes
                    .iter()
                    .map(|(name, ty)| Ok((name.clone(), Self::from_json_value(ty)?)));
                Ok(Self::Object(attributes.collect::<Result<_, _>>()?))
            }
            ("list" | "set" | "map", _) => Err(TypeError::malformed("one element type")),
            ("tuple", _) => Err(TypeError::malformed("an array of element types")),
            ("object", _) => Err(TypeError::malformed("an object of attribute types")),
            (other, _) => Err(TypeError::unknown(other)),
        }
    }

    pub(super) fn to_json_value(&self) -> Json {
        fn compound(kind: &str, content: Json) -> Json {
            Json::Array(vec![Json::from(kind), content])
        }
        match self {
            Self::Bool => Json::from("bool"),
            Self::Number => Json::from("number"),
            Self::String => Json::from("string"),
            Self::Dynamic => Json::from("dynamic"),
            Self::List(element) => compound("list", element.to_json_value()),
            Self::Set(element) => compound("set", element.to_json_value()),
            Self::Map(element) => compound("map", element.to_json_value()),
            Self::Object(attributes) => {
                let attributes = attributes
                    .iter()
                    .map(|(name, ty)| (name.clone(), ty.to_json_value()));
                compound("object", Json::Object(attributes.collect()))
            }
            Self::Tuple(elements) => {
                let elements = elements.iter().map(Self::to_json_value);
                compound("tuple", Json::Array(elements.collect()))
            }
        }
    }

    /// Returns the kind with its article, for messages: "a string", "an object".
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Bool => "a bool",
            Self::Number => "a number",
            Self::String => "a string",
            Self::Dynamic => "a dynamically typed value",
            Self::List(_) => "a list",
            Self::Set(_) => "a set",
            Self::Map(_) => "a map",
            Self::Object(_) => "an object",
            Self::Tuple(_) => "a tuple",
        }
    }
}

/// Writes the type as in HCL: `map(string)`, `object({a = string})`, `any`.
impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool => f.write_str("bool"),
            Self::Number => f.write_str("number"),
            Self::String => f.write_str("string"),
            Self::Dynamic => f.write_str("any"),
            Self::List(element) => write!(f, "list({element})"),
            Self::Set(element) => write!(f, "set({element})"),
            Self::Map(element) => write!(f, "map({element})"),
            Self::Object(attributes) => {
                f.write_str("object({")?;
                for (position, (name, ty)) in attributes.iter().enumerate() {
                    f.write_str(if position == 0 { "" } else { ", " })?;
                    if is_identifier(name) {
                        write!(f, "{name} = {ty}")?;
                    } else {
                        write!(f, "{} = {ty}", Quoted(name))?;
                    }
                }
                f.write_str("})")
            }
            Self::Tuple(elements) => {
                f.write_str("tuple([")?;
                for (position, ty) in elements.iter().enumerate() {
                    f.write_str(if position == 0 { "" } else { ", " })?;
                    write!(f, "{ty}")?;
                }
                f.write_str("])")
            }
        }
    }
}

/// Bytes that are not the JSON form of a type.
#[derive(Clone, Debug, Eq, thiserror::Error, PartialEq)]
#[error("expected {expected}, found {found}")]
pub struct TypeError {
    pub(super) expected: String,
    pub(super) found: String,
}

impl TypeError {
    fn json(error: &serde_json::Error) -> Self {
        Self {
            expected: "a type as JSON".to_owned(),
            found: fault(error),
        }
    }

    fn malformed(expected: &str) -> Self {
        Self {
            expected: format!("a type as JSON: {expected}"),
            found: "something else".to_owned(),
        }
    }

    fn unknown(name: &str) -> Self {
        Self {
            expected: "bool, number, string, dynamic, list, set, map, object, or tuple".to_owned(),
            found: format!("the type {}", Quoted(name)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_type_has_its_json_form_and_its_hcl_form() {
        let person = Type::object([("name", Type::String), ("a b", Type::Bool)]);
        let rows = [
            (Type::Bool, r#""bool""#, "bool"),
            (Type::Number, r#""number""#, "number"),
            (Type::String, r#""string""#, "string"),
            (Type::Dynamic, r#""dynamic""#, "any"),
            (
                Type::list(Type::String),
                r#"["list","string"]"#,
                "list(string)",
            ),
            (
                Type::set(Type::Number),
                r#"["set","number"]"#,
                "set(number)",
            ),
            (
                Type::map(Type::map(Type::Bool)),
                r#"["map",["map","bool"]]"#,
                "map(map(bool))",
            ),
            (
                person,
                r#"["object",{"a b":"bool","name":"string"}]"#,
                r#"object({"a b" = bool, name = string})"#,
            ),
            (
                Type::Object(BTreeMap::new()),
                r#"["object",{}]"#,
                "object({})",
            ),
            (
                Type::Tuple(vec![Type::Number, Type::Bool]),
                r#"["tuple",["number","bool"]]"#,
                "tuple([number, bool])",
            ),
            (Type::Tuple(vec![]), r#"["tuple",[]]"#, "tuple([])"),
        ];
        for (ty, json, hcl) in rows {
            assert_eq!(String::from_utf8(ty.to_json()).unwrap(), json);
            assert_eq!(Type::from_json(json.as_bytes()), Ok(ty.clone()), "{json}");
            assert_eq!(ty.to_string(), hcl);
        }
    }

    #[test]
    fn optional_attributes_of_an_object_type_are_dropped() {
        let json = br#"["object",{"a":"string"},["a"]]"#;
        assert_eq!(
            Type::from_json(json),
            Ok(Type::object([("a", Type::String)]))
        );
    }

    #[test]
    fn what_is_no_type_is_refused_with_the_reason() {
        let names = "bool, number, string, dynamic, list, set, map, object, or tuple";
        let rows: [(&str, String); 9] = [
            ("", "expected a type as JSON, found faulty JSON (EOF while parsing a value at line 1 column 0)".into()),
            (r#""str"#, "expected a type as JSON, found faulty JSON (EOF while parsing a string at line 1 column 4)".into()),
            ("nope", "expected a type as JSON, found faulty JSON (expected ident at line 1 column 2)".into()),
            (r#""str""#, format!("expected {names}, found the type \"str\"")),
            (r#"["capsule","x"]"#, format!("expected {names}, found the type \"capsule\"")),
            (r#"["list"]"#, "expected a type as JSON: one element type, found something else".into()),
            (r#"["tuple","x"]"#, "expected a type as JSON: an array of element types, found something else".into()),
            (r#"["object",[]]"#, "expected a type as JSON: an object of attribute types, found something else".into()),
            ("[3]", "expected a type as JSON: an array that starts with a kind, found something else".into()),
        ];
        for (json, message) in rows {
            let error = Type::from_json(json.as_bytes()).unwrap_err();
            assert_eq!(error.to_string(), message, "{json}");
        }
        let nested = format!(
            "{}\"string\"{}",
            r#"["list","#.repeat(10_000),
            "]".repeat(10_000)
        );
        assert!(Type::from_json(nested.as_bytes()).is_err());
    }
}
