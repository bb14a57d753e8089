//! Values in stored state: JSON, typed by the schema, as Terraform writes its state.
//!
//! Null is `null`; bools, numbers, and strings are themselves; lists, sets, and tuples are arrays; maps and objects are
//! objects; a dynamically typed value is `{"type": …, "value": …}`. State cannot contain unknown values. Numbers keep
//! every digit. As in Terraform, a string that contains a number is accepted as a number.
//!
//! The limits are those of serde_json: 128 levels of nesting; of duplicate names, the last is used; and a map whose
//! only key is serde_json's internal name for arbitrary-precision numbers, which begins with `$serde_json::`, is an
//! error.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::error::counted;
use super::json_fault::fault;
use super::path::Quoted;
use super::{DecodeError, EncodeError, Number, Step, Type, Value};

/// Reads a value of exactly this type.
///
/// # Errors
/// Returns an error if the bytes are not JSON or not a value of this type, for example because an attribute is missing
/// or not in the type. The error has the path of what could not be read.
pub fn decode(bytes: &[u8], ty: &Type) -> Result<Value, DecodeError> {
    read(&parse(bytes)?, ty, Attributes::Exact)
}

/// Reads a value of roughly this type: extra attributes are ignored, and missing ones are null. Use it for state that
/// another version of the schema, or another provider, wrote.
///
/// # Errors
/// Returns the errors of [`decode`], except for those about attributes.
pub fn decode_lenient(bytes: &[u8], ty: &Type) -> Result<Value, DecodeError> {
    read(&parse(bytes)?, ty, Attributes::Lenient)
}

/// Writes a value of this type, without spaces, with names in order.
///
/// # Errors
/// Returns an error if the value does not match the type, or part of it is unknown. That is a bug in the program.
pub fn encode(value: &Value, ty: &Type) -> Result<Vec<u8>, EncodeError> {
    Ok(write(value, ty)?.to_string().into_bytes())
}

#[derive(Clone, Copy, PartialEq)]
enum Attributes {
    Exact,
    Lenient,
}

fn parse(bytes: &[u8]) -> Result<Json, DecodeError> {
    serde_json::from_slice(bytes)
        .map_err(|error| DecodeError::new("a value as JSON", fault(&error)))
}

fn read(json: &Json, ty: &Type, mode: Attributes) -> Result<Value, DecodeError> {
    match (ty, json) {
        (_, Json::Null) => Ok(Value::Null),
        (Type::Bool, Json::Bool(value)) => Ok(Value::Bool(*value)),
        (Type::Number, Json::Number(number)) => parse_number(number.as_str()),
        (Type::Number, Json::String(number)) => parse_number(number),
        (Type::String, Json::String(text)) => Ok(Value::String(text.clone())),
        (Type::List(element), Json::Array(items)) => elements(items, element, mode)
            .collect::<Result<_, _>>()
            .map(Value::List),
        (Type::Set(element), Json::Array(items)) => elements(items, element, mode)
            .collect::<Result<_, _>>()
            .map(Value::Set)
            .map_err(DecodeError::inside_set),
        (Type::Tuple(types), Json::Array(items)) => tuple(items, types, mode),
        (Type::Map(element), Json::Object(members)) => {
            let entries = members.iter().map(|(key, json)| {
                let value = read(json, element, mode)
                    .map_err(|error| error.inside(Step::Key(key.clone())))?;
                Ok((key.clone(), value))
            });
            entries.collect::<Result<_, _>>().map(Value::Map)
        }
        (Type::Object(types), Json::Object(members)) => object(members, types, mode),
        (Type::Dynamic, Json::Object(members)) => dynamic(members, mode),
        _ => Err(DecodeError::new(ty.kind(), kind(json))),
    }
}

fn parse_number(text: &str) -> Result<Value, DecodeError> {
    let number: Number = text.parse()?;
    Ok(Value::Number(number))
}

fn elements<'a>(
    items: &'a [Json],
    element: &'a Type,
    mode: Attributes,
) -> impl Iterator<Item = Result<Value, DecodeError>> + 'a {
    (0..).zip(items).map(move |(index, json)| {
        read(json, element, mode).map_err(|error| error.inside(Step::Index(index)))
    })
}

fn tuple(items: &[Json], types: &[Type], mode: Attributes) -> Result<Value, DecodeError> {
    if items.len() != types.len() {
        return Err(DecodeError::new(
            format!("a tuple of {}", counted(types.len(), "element")),
            format!("an array of {}", items.len()),
        ));
    }
    let elements = (0..)
        .zip(items.iter().zip(types))
        .map(|(index, (json, ty))| {
            read(json, ty, mode).map_err(|error| error.inside(Step::Index(index)))
        });
    elements.collect::<Result<_, _>>().map(Value::Tuple)
}

fn object(
    members: &serde_json::Map<String, Json>,
    types: &BTreeMap<String, Type>,
    mode: Attributes,
) -> Result<Value, DecodeError> {
    if mode == Attributes::Exact {
        if let Some(unknown) = members.keys().find(|name| !types.contains_key(*name)) {
            let found = format!("the attribute {}", Quoted(unknown));
            return Err(DecodeError::new("only attributes of the schema", found));
        }
        if let Some(missing) = types.keys().find(|name| !members.contains_key(*name)) {
            let expected = format!("the attribute {}", Quoted(missing));
            return Err(DecodeError::new(expected, "an object without it"));
        }
    }
    let attributes = types.iter().map(|(name, ty)| {
        let value = match members.get(name) {
            None => Value::Null,
            Some(json) => {
                read(json, ty, mode).map_err(|error| error.inside(Step::Attribute(name.clone())))?
            }
        };
        Ok((name.clone(), value))
    });
    attributes.collect::<Result<_, _>>().map(Value::Object)
}

fn dynamic(
    members: &serde_json::Map<String, Json>,
    mode: Attributes,
) -> Result<Value, DecodeError> {
    let (Some(ty), Some(value), 2) = (members.get("type"), members.get("value"), members.len())
    else {
        return Err(DecodeError::new(
            r#"an object of "type" and "value""#,
            "an object of other members",
        ));
    };
    let ty = Type::from_json_value(ty)?;
    let value = read(value, &ty, mode)?;
    Ok(Value::dynamic(ty, value))
}

fn kind(json: &Json) -> &'static str {
    match json {
        Json::Null => "null",
        Json::Bool(_) => "a bool",
        Json::Number(_) => "a number",
        Json::String(_) => "a string",
        Json::Array(_) => "an array",
        Json::Object(_) => "an object",
    }
}

fn write(value: &Value, ty: &Type) -> Result<Json, EncodeError> {
    // Each step adds itself to the path of an error inside it; elements of a set have no position.
    match (ty, value) {
        (_, Value::Null) => Ok(Json::Null),
        (Type::Bool, Value::Bool(value)) => Ok(Json::Bool(*value)),
        (Type::Number, Value::Number(number)) => number
            .to_string()
            .parse()
            .map(Json::Number)
            .map_err(|_| EncodeError::new("a number that JSON can express", "another number")),
        (Type::String, Value::String(text)) => Ok(Json::String(text.clone())),
        (Type::List(element), Value::List(elements)) => {
            let items = (0..).zip(elements).map(|(index, value)| {
                write(value, element).map_err(|error| error.inside(Step::Index(index)))
            });
            items.collect::<Result<_, _>>().map(Json::Array)
        }
        (Type::Set(element), Value::Set(set)) => {
            let items = set.elements().iter().map(|value| write(value, element));
            let items = items.collect::<Result<_, _>>().map(Json::Array);
            items.map_err(EncodeError::inside_set)
        }
        (Type::Tuple(types), Value::Tuple(elements)) if types.len() == elements.len() => {
            let items = (0..)
                .zip(elements.iter().zip(types))
                .map(|(index, (value, ty))| {
                    write(value, ty).map_err(|error| error.inside(Step::Index(index)))
                });
            items.collect::<Result<_, _>>().map(Json::Array)
        }
        (Type::Map(element), Value::Map(entries)) => {
            let members = entries.iter().map(|(key, value)| {
                let json =
                    write(value, element).map_err(|error| error.inside(Step::Key(key.clone())))?;
                Ok((key.clone(), json))
            });
            members.collect::<Result<_, _>>().map(Json::Object)
        }
        (Type::Object(types), Value::Object(attributes)) => {
            EncodeError::check_attributes(types, attributes)?;
            let members = attributes
                .iter()
                .zip(types.values())
                .map(|((name, value), ty)| {
                    let json = write(value, ty)
                        .map_err(|error| error.inside(Step::Attribute(name.clone())))?;
                    Ok((name.clone(), json))
                });
            members.collect::<Result<_, _>>().map(Json::Object)
        }
        (Type::Dynamic, Value::Dynamic(dynamic)) => {
            let members = [
                ("type".to_owned(), dynamic.ty.to_json_value()),
                ("value".to_owned(), write(&dynamic.value, &dynamic.ty)?),
            ];
            Ok(Json::Object(members.into_iter().collect()))
        }
        _ => Err(EncodeError::mismatch(ty, value)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Path;

    fn number(text: &str) -> Value {
        Value::Number(text.parse().unwrap())
    }

    #[test]
    fn each_value_has_the_json_that_terraform_gives_it() {
        let pair = Type::object([("a", Type::Bool), ("b", Type::String)]);
        let rows = [
            (Type::String, Value::Null, "null"),
            (pair.clone(), Value::Null, "null"),
            (Type::Dynamic, Value::Null, "null"),
            (Type::Bool, true.into(), "true"),
            (Type::Number, 300.into(), "300"),
            (Type::Number, number("-0.1"), "-0.1"),
            (
                Type::Number,
                number("18446744073709551615"),
                "18446744073709551615",
            ),
            (
                Type::Number,
                number("1e30"),
                "1000000000000000000000000000000",
            ),
            (
                Type::Number,
                number("0.1000000000000000055511151231257827021181583404541015625"),
                "0.1000000000000000055511151231257827021181583404541015625",
            ),
            (Type::String, "ä\"\n".into(), r#""ä\"\n""#),
            (
                Type::list(Type::Bool),
                Value::list([true.into(), Value::Null]),
                "[true,null]",
            ),
            (
                Type::set(Type::Number),
                Value::set([2.into(), 1.into()]),
                "[1,2]",
            ),
            (
                Type::Tuple(vec![Type::Bool, Type::Number]),
                Value::Tuple(vec![true.into(), 1.into()]),
                "[true,1]",
            ),
            (
                Type::map(Type::Number),
                Value::map([("b", 2.into()), ("a", 1.into())]),
                r#"{"a":1,"b":2}"#,
            ),
            (
                pair,
                Value::object([("a", Value::Null), ("b", "x".into())]),
                r#"{"a":null,"b":"x"}"#,
            ),
            (
                Type::Dynamic,
                Value::dynamic(Type::list(Type::Bool), Value::list([true.into()])),
                r#"{"type":["list","bool"],"value":[true]}"#,
            ),
            (
                Type::Dynamic,
                Value::dynamic(Type::String, Value::Null),
                r#"{"type":"string","value":null}"#,
            ),
        ];
        for (ty, value, json) in rows {
            assert_eq!(decode(json.as_bytes(), &ty).as_ref(), Ok(&value), "{json}");
            assert_eq!(
                decode_lenient(json.as_bytes(), &ty).as_ref(),
                Ok(&value),
                "{json}"
            );
            let bytes = encode(&value, &ty).unwrap();
            assert_eq!(String::from_utf8(bytes).unwrap(), json);
        }
    }

    #[test]
    fn a_number_is_read_in_every_spelling() {
        for json in [
            "300", "300.0", "3e2", "3E+2", " 300 ", r#""300""#, r#""3e2""#,
        ] {
            assert_eq!(
                decode(json.as_bytes(), &Type::Number),
                Ok(300.into()),
                "{json}"
            );
        }
    }

    #[test]
    fn attributes_of_another_schema_are_an_error_or_passed_over() {
        let inner = Type::object([("x", Type::Bool), ("y", Type::Bool)]);
        let ty = Type::object([
            ("inner", inner.clone()),
            ("name", Type::String),
            ("new", Type::String),
        ]);
        let json = br#"{"inner":{"x":true,"old":[1]},"name":"n","gone":{"a":1}}"#;
        let lenient = Value::object([
            (
                "inner",
                Value::object([("x", true.into()), ("y", Value::Null)]),
            ),
            ("name", "n".into()),
            ("new", Value::Null),
        ]);
        assert_eq!(decode_lenient(json, &ty), Ok(lenient));
        assert_eq!(
            decode(json, &ty).unwrap_err().to_string(),
            "expected only attributes of the schema, found the attribute \"gone\""
        );
        let json = br#"{"inner":{"x":true},"name":"n","new":null}"#;
        assert_eq!(
            decode(json, &ty).unwrap_err().to_string(),
            "at inner: expected the attribute \"y\", found an object without it"
        );
    }

    #[test]
    fn a_value_of_the_wrong_type_is_refused_with_its_place() {
        let tags = Type::object([("tags", Type::map(Type::String))]);
        let list = Type::list(Type::Number);
        let pair = Type::Tuple(vec![Type::Bool, Type::Bool]);
        let sets = Type::set(Type::object([("x", Type::Bool)]));
        let rows = [
            (
                &tags,
                "",
                "expected a value as JSON, found faulty JSON (EOF while parsing a value at line 1 column 0)",
            ),
            (
                &tags,
                "{}{}",
                "expected a value as JSON, found faulty JSON (trailing characters at line 1 column 3)",
            ),
            (
                &tags,
                "\"\u{1}\"",
                "expected a value as JSON, found faulty JSON (control character (\\u0000-\\u001F) found while parsing a string at line 1 column 2)",
            ),
            (&tags, "[]", "expected an object, found an array"),
            (
                &tags,
                r#"{"tags":"x"}"#,
                "at tags: expected a map, found a string",
            ),
            (
                &tags,
                r#"{"tags":{"a":1}}"#,
                "at tags[\"a\"]: expected a string, found a number",
            ),
            (
                &tags,
                r#"{"tags":{"a":true}}"#,
                "at tags[\"a\"]: expected a string, found a bool",
            ),
            (
                &list,
                "[1,{}]",
                "at [1]: expected a number, found an object",
            ),
            (
                &list,
                r#"["one"]"#,
                "at [0]: expected a number, found a string that is no decimal number",
            ),
            (
                &list,
                "[1e9999]",
                "at [0]: expected a number, found a number with too many digits",
            ),
            (
                &pair,
                "[true]",
                "expected a tuple of 2 elements, found an array of 1",
            ),
            (&pair, "[true,1]", "at [1]: expected a bool, found a number"),
            (
                &sets,
                r#"[{"x":true},{"x":1}]"#,
                "expected a bool, found a number",
            ),
            (
                &Type::Dynamic,
                "1",
                "expected a dynamically typed value, found a number",
            ),
            (
                &Type::Dynamic,
                r#"{"value":1}"#,
                r#"expected an object of "type" and "value", found an object of other members"#,
            ),
            (
                &Type::Dynamic,
                r#"{"type":"bool","value":1}"#,
                "expected a bool, found a number",
            ),
            (
                &Type::Dynamic,
                r#"{"type":7,"value":1}"#,
                "expected a type as JSON: a name or an array, found something else",
            ),
            (
                &tags,
                r#"{"tags":{"$serde_json::private::Number":"7"}}"#,
                "at tags: expected a map, found a number",
            ),
        ];
        for (ty, json, message) in rows {
            let error = decode(json.as_bytes(), ty).unwrap_err();
            assert_eq!(error.to_string(), message, "{json}");
        }
    }

    #[test]
    fn an_error_never_quotes_content() {
        let documents = [
            r#""hunter2""#,
            r#"{"a":"hunter2"#,
            r#"{"$serde_json::private::Number":"hunter2"}"#,
            r#"{"$serde_json::private::Number":{"a":"hunter2"}}"#,
        ];
        for json in documents {
            let error = decode(json.as_bytes(), &Type::Bool).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn nesting_beyond_the_limit_is_refused() {
        let nested = |levels: usize| {
            let ty = (1..levels).fold(Type::list(Type::Bool), |inner, _| Type::list(inner));
            let json = format!("{}{}", "[".repeat(levels), "]".repeat(levels));
            decode(json.as_bytes(), &ty)
        };
        assert!(nested(127).is_ok());
        assert!(nested(128).is_err());
        assert!(decode("[".repeat(1_000_000).as_bytes(), &Type::Dynamic).is_err());
    }

    #[test]
    fn what_has_no_place_in_state_is_not_written() {
        let object = Type::object([("a", Type::list(Type::Bool))]);
        let rows = [
            (
                Type::String,
                Value::unknown(),
                "expected a string, found an unknown value",
            ),
            (Type::Bool, "x".into(), "expected a bool, found a string"),
            (
                Type::Dynamic,
                true.into(),
                "expected a dynamically typed value, found a bool",
            ),
            (
                object.clone(),
                Value::object([("b", Value::Null)]),
                "expected the attribute \"a\", found an object without it",
            ),
            (
                object,
                Value::object([("a", Value::list([Value::unknown()]))]),
                "at a[0]: expected a bool, found an unknown value",
            ),
            (
                Type::map(Type::Bool),
                Value::map([("k", 1.into())]),
                "at [\"k\"]: expected a bool, found a number",
            ),
            (
                Type::set(Type::Bool),
                Value::set([1.into()]),
                "expected a bool, found a number",
            ),
            (
                Type::Tuple(vec![Type::Bool]),
                Value::Tuple(vec![1.into()]),
                "at [0]: expected a bool, found a number",
            ),
        ];
        for (ty, value, message) in rows {
            assert_eq!(encode(&value, &ty).unwrap_err().to_string(), message);
        }
        let tuple = Type::Tuple(vec![Type::Bool]);
        let error = encode(&Value::Tuple(vec![1.into()]), &tuple).unwrap_err();
        assert_eq!(error.path(), &Path::root().index(0));
    }
}
