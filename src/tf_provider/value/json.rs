//! Values in stored state: JSON, typed by the schema, as Terraform writes its state.
//!
//! Null is `null`; bools, numbers and strings are themselves; lists, sets and tuples are arrays; maps and objects are
//! objects; a dynamically typed value is `{"type": …, "value": …}`. Unknown values have no place in state. Numbers keep
//! every digit; a number in a string is accepted, as Terraform accepts it.
//!
//! Limits are those of serde_json: 128 levels, and of equal names the last counts.

use super::path::Quoted;
use super::{DecodeError, EncodeError, Number, Step, Type, Value};
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// Reads a value of exactly this type.
///
/// # Errors
/// If the bytes are not JSON, or not a value of this type: an attribute is missing or not in the type, say. The error has
/// the path of what could not be read.
pub fn decode(bytes: &[u8], ty: &Type) -> Result<Value, DecodeError> {
    read(&parse(bytes)?, ty, Attributes::Exact)
}

/// Reads a value of about this type: attributes that the type does not have are passed over, and those that are missing
/// are null. For state that another version of the schema, or another provider, has written.
///
/// # Errors
/// As [`decode`], except for the attributes.
pub fn decode_lenient(bytes: &[u8], ty: &Type) -> Result<Value, DecodeError> {
    read(&parse(bytes)?, ty, Attributes::Lenient)
}

/// Writes a value of this type, without spaces, names in their order.
///
/// # Errors
/// If the value is not of the type, or part of it is unknown. That is a mistake in the program.
pub fn encode(value: &Value, ty: &Type) -> Result<Vec<u8>, EncodeError> {
    Ok(write(value, ty)?.to_string().into_bytes())
}

/// What is wrong with text that is no JSON. Only errors about the data can quote it, so those are not quoted.
pub(super) fn fault(error: &serde_json::Error) -> String {
    if error.is_data() {
        format!(
            "faulty JSON (at line {} column {})",
            error.line(),
            error.column()
        )
    } else {
        format!("faulty JSON ({error})")
    }
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
            format!("a tuple of {} elements", types.len()),
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
