//! Values on the wire: msgpack, typed by the schema, as Terraform writes it.
//!
//! | type | encoding |
//! |---|---|
//! | any | nil for null; an extension for unknown: 12 with refinements, any other number without |
//! | bool, string | bool, str |
//! | number | the shortest integer, else a float if that is exact, else a decimal string |
//! | list, set, tuple | array |
//! | map, object | map with str keys; an object's names in order |
//! | dynamic | array of two: the type as JSON in a bin, the value; nil and extension as for any |
//!
//! Decoding accepts every width of length and integer, and a str where a dynamic value's type should be bin. It refuses
//! bytes after the value, names that the type does not have, missing or duplicate names, text that is not UTF-8, and
//! nesting deeper than [`DEEPEST`]. Refinements are hints, so one that cannot be read is dropped.
//! Decoded values that were not changed are encoded to the bytes that Terraform sent, except for the order within sets,
//! which has no meaning.

mod cursor;
mod number;
mod refinement;
#[cfg(test)]
mod tests;
mod writer;

use std::collections::BTreeMap;

use self::cursor::{Cursor, Item};
use self::writer::Writer;
use super::error::counted;
use super::path::Quoted;
use super::{DEEPEST, DecodeError, EncodeError, Step, Type, Value};

/// Reads a value of this type.
///
/// # Errors
/// Returns an error if the bytes are not msgpack or not a value of this type. The error has the path of what could not
/// be read.
pub fn decode(bytes: &[u8], ty: &Type) -> Result<Value, DecodeError> {
    let mut cursor = Cursor::new(bytes);
    let value = read(&mut cursor, ty, DEEPEST)?;
    match cursor.remaining() {
        0 => Ok(value),
        more => Err(DecodeError::new(
            "the end of the value",
            counted(more, "more byte"),
        )),
    }
}

/// Writes a value of this type.
///
/// # Errors
/// Returns an error if the value does not match the type, for example because an attribute is missing. That is a bug in
/// the program.
pub fn encode(value: &Value, ty: &Type) -> Result<Vec<u8>, EncodeError> {
    let mut writer = Writer::default();
    write(&mut writer, value, ty)?;
    Ok(writer.into_bytes())
}

/// Reads a value; `levels` is the remaining nesting depth.
fn read(cursor: &mut Cursor<'_>, ty: &Type, levels: usize) -> Result<Value, DecodeError> {
    let Some(inner) = levels.checked_sub(1) else {
        return Err(DecodeError::new(
            format!("at most {DEEPEST} levels of nesting"),
            "more",
        ));
    };
    match (ty, cursor.item(ty.kind())?) {
        (_, Item::Nil) => Ok(Value::Null),
        (_, Item::Extension(kind, payload)) => Ok(Value::Unknown(refinement::read(kind, payload))),
        (Type::Bool, Item::Bool(value)) => Ok(Value::Bool(value)),
        (Type::Number, item) => number::read(&item).map(Value::Number),
        (Type::String, Item::Str(text)) => Ok(Value::String(text.to_owned())),
        (Type::List(element), Item::Array(length)) => elements(cursor, element, length, inner)
            .collect::<Result<_, _>>()
            .map(Value::List),
        (Type::Set(element), Item::Array(length)) => elements(cursor, element, length, inner)
            .collect::<Result<_, _>>()
            .map(Value::Set)
            .map_err(DecodeError::inside_set),
        (Type::Tuple(types), Item::Array(length)) => tuple(cursor, types, length, inner),
        (Type::Map(element), Item::Map(length)) => map(cursor, element, length, inner),
        (Type::Object(attributes), Item::Map(length)) => object(cursor, attributes, length, inner),
        (Type::Dynamic, Item::Array(2)) => dynamic(cursor, inner),
        (Type::Dynamic, Item::Array(_)) => Err(DecodeError::new(
            "an array of two, a type and a value",
            "an array of another length",
        )),
        (_, item) => Err(DecodeError::new(ty.kind(), item.kind())),
    }
}

fn elements<'c>(
    cursor: &'c mut Cursor<'_>,
    element: &'c Type,
    length: u32,
    levels: usize,
) -> impl Iterator<Item = Result<Value, DecodeError>> + 'c {
    (0..length).map(move |index| {
        read(cursor, element, levels).map_err(|error| error.inside(Step::Index(index.into())))
    })
}

fn tuple(
    cursor: &mut Cursor<'_>,
    types: &[Type],
    length: u32,
    levels: usize,
) -> Result<Value, DecodeError> {
    if usize::try_from(length) != Ok(types.len()) {
        return Err(DecodeError::new(
            format!("a tuple of {}", counted(types.len(), "element")),
            format!("an array of {length}"),
        ));
    }
    let elements = (0..length).zip(types).map(|(index, ty)| {
        read(cursor, ty, levels).map_err(|error| error.inside(Step::Index(index.into())))
    });
    elements.collect::<Result<_, _>>().map(Value::Tuple)
}

fn map(
    cursor: &mut Cursor<'_>,
    element: &Type,
    length: u32,
    levels: usize,
) -> Result<Value, DecodeError> {
    let mut entries = BTreeMap::new();
    for _ in 0..length {
        let key = cursor.text("a key")?;
        let value = read(cursor, element, levels)
            .map_err(|error| error.inside(Step::Key(key.to_owned())))?;
        if entries.insert(key.to_owned(), value).is_some() {
            return Err(DecodeError::new(
                "each key once",
                format!("{} twice", Quoted(key)),
            ));
        }
    }
    Ok(Value::Map(entries))
}

fn object(
    cursor: &mut Cursor<'_>,
    types: &BTreeMap<String, Type>,
    length: u32,
    levels: usize,
) -> Result<Value, DecodeError> {
    let mut attributes = BTreeMap::new();
    for _ in 0..length {
        let name = cursor.text("an attribute name")?;
        let Some((name, ty)) = types.get_key_value(name) else {
            let found = format!("the attribute {}", Quoted(name));
            return Err(DecodeError::new("only attributes of the schema", found));
        };
        let value = read(cursor, ty, levels)
            .map_err(|error| error.inside(Step::Attribute(name.clone())))?;
        if attributes.insert(name.clone(), value).is_some() {
            let found = format!("{} twice", Quoted(name));
            return Err(DecodeError::new("each attribute once", found));
        }
    }
    match types.keys().find(|name| !attributes.contains_key(*name)) {
        None => Ok(Value::Object(attributes)),
        Some(missing) => Err(DecodeError::new(
            format!("the attribute {}", Quoted(missing)),
            "an object without it",
        )),
    }
}

fn dynamic(cursor: &mut Cursor<'_>, levels: usize) -> Result<Value, DecodeError> {
    let json = match cursor.item("a type as JSON")? {
        Item::Bin(json) => json,
        Item::Str(json) => json.as_bytes(),
        item => return Err(DecodeError::new("a type as JSON", item.kind())),
    };
    let ty = Type::from_json(json).map_err(DecodeError::from)?;
    let value = read(cursor, &ty, levels)?;
    Ok(Value::dynamic(ty, value))
}

fn write(writer: &mut Writer, value: &Value, ty: &Type) -> Result<(), EncodeError> {
    match (ty, value) {
        // Null and unknown come before the types, because every type encodes them alike, even a dynamic one.
        (_, Value::Null) => writer.nil(),
        (_, Value::Unknown(refinement)) => refinement::write(writer, refinement, ty)?,
        (Type::Bool, Value::Bool(value)) => writer.bool(*value),
        (Type::Number, Value::Number(number)) => number::write(writer, number)?,
        (Type::String, Value::String(text)) => writer.text(text)?,
        (Type::List(element), Value::List(elements)) => {
            writer.array(elements.len())?;
            for (index, value) in (0..).zip(elements) {
                write(writer, value, element).map_err(|error| error.inside(Step::Index(index)))?;
            }
        }
        (Type::Set(element), Value::Set(set)) => {
            writer.array(set.elements().len())?;
            for value in set.elements() {
                write(writer, value, element).map_err(EncodeError::inside_set)?;
            }
        }
        (Type::Tuple(types), Value::Tuple(elements)) if types.len() == elements.len() => {
            writer.array(elements.len())?;
            for ((index, value), ty) in (0..).zip(elements).zip(types) {
                write(writer, value, ty).map_err(|error| error.inside(Step::Index(index)))?;
            }
        }
        (Type::Map(element), Value::Map(entries)) => {
            writer.map(entries.len())?;
            for (key, value) in entries {
                writer.text(key)?;
                write(writer, value, element)
                    .map_err(|error| error.inside(Step::Key(key.clone())))?;
            }
        }
        (Type::Object(types), Value::Object(attributes)) => {
            EncodeError::check_attributes(types, attributes)?;
            writer.map(attributes.len())?;
            // Both maps have the same names, which were just checked, in the same order.
            for ((name, value), ty) in attributes.iter().zip(types.values()) {
                writer.text(name)?;
                write(writer, value, ty)
                    .map_err(|error| error.inside(Step::Attribute(name.clone())))?;
            }
        }
        (Type::Dynamic, Value::Dynamic(dynamic)) => {
            writer.array(2)?;
            writer.bin(&dynamic.ty.to_json())?;
            write(writer, &dynamic.value, &dynamic.ty)?;
        }
        _ => return Err(EncodeError::mismatch(ty, value)),
    }
    Ok(())
}
