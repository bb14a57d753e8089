//! Refinements of unknown values: extension 12, a map from small integers to promises.
//!
//! | key | promise | value |
//! |---|---|---|
//! | 1 | whether it is null | bool; only `false` is a promise that an unknown value can keep |
//! | 2 | string prefix | str |
//! | 3, 4 | lower, upper bound of a number | array of two: number, whether the bound is included |
//! | 5, 6 | lower, upper bound of a length | integer |
//!
//! The format is go-cty's. Like its reader, this one skips unknown keys.

use super::cursor::{Cursor, Item};
use super::number;
use super::writer::Writer;
use crate::value::refinement::{Bound, Promises};
use crate::value::{DecodeError, EncodeError, Refinement, Type};

const UNREFINED: i8 = 0;
const REFINED: i8 = 12;

const NULLNESS: u64 = 1;
const STRING_PREFIX: u64 = 2;
const NUMBER_MIN: u64 = 3;
const NUMBER_MAX: u64 = 4;
const LENGTH_MIN: u64 = 5;
const LENGTH_MAX: u64 = 6;

/// Reads the content of an extension. Content that is not a refinement promises nothing.
pub(super) fn read(number: i8, content: &[u8]) -> Refinement {
    if number == REFINED {
        promises(content).map(Refinement::from).unwrap_or_default()
    } else {
        Refinement::none()
    }
}

/// Writes an unknown value with the promises that make sense for its type; Terraform refuses others.
pub(super) fn write(
    writer: &mut Writer,
    refinement: &Refinement,
    ty: &Type,
) -> Result<(), EncodeError> {
    let mut content = Writer::default();
    let mut members = 0;
    if let Some(promises) = refinement.promises() {
        members = write_promises(&mut content, promises, ty)?;
    }
    if members == 0 {
        return writer.extension(UNREFINED, &[0]);
    }
    let mut map = Writer::default();
    map.map(members)?;
    let bytes = [map.into_bytes(), content.into_bytes()].concat();
    writer.extension(REFINED, &bytes)
}

fn promises(content: &[u8]) -> Result<Promises, DecodeError> {
    let mut cursor = Cursor::new(content);
    let mut promises = Promises::default();
    let Item::Map(length) = cursor.item("a map")? else {
        return Ok(promises);
    };
    for _ in 0..length {
        match cursor.item("a key")? {
            Item::Unsigned(NULLNESS) => promises.not_null = not_null(&mut cursor)?,
            Item::Unsigned(STRING_PREFIX) => {
                promises.string_prefix = Some(cursor.text("a prefix")?.to_owned());
            }
            Item::Unsigned(NUMBER_MIN) => promises.number_min = Some(bound(&mut cursor)?),
            Item::Unsigned(NUMBER_MAX) => promises.number_max = Some(bound(&mut cursor)?),
            Item::Unsigned(LENGTH_MIN) => promises.length_min = Some(length_bound(&mut cursor)?),
            Item::Unsigned(LENGTH_MAX) => promises.length_max = Some(length_bound(&mut cursor)?),
            Item::Unsigned(_) => cursor.skip()?,
            item => return Err(DecodeError::new("an integer", item.kind())),
        }
    }
    Ok(promises)
}

fn not_null(cursor: &mut Cursor<'_>) -> Result<bool, DecodeError> {
    match cursor.item("a bool")? {
        Item::Bool(is_null) => Ok(!is_null),
        item => Err(DecodeError::new("a bool", item.kind())),
    }
}

fn bound(cursor: &mut Cursor<'_>) -> Result<Bound, DecodeError> {
    let Item::Array(2) = cursor.item("a bound")? else {
        return Err(DecodeError::new("a number and a bool", "something else"));
    };
    let number = number::read(&cursor.item("a number")?)?;
    match cursor.item("a bool")? {
        Item::Bool(inclusive) => Ok(Bound { number, inclusive }),
        item => Err(DecodeError::new("a bool", item.kind())),
    }
}

fn length_bound(cursor: &mut Cursor<'_>) -> Result<i64, DecodeError> {
    match cursor.item("a length")? {
        Item::Unsigned(length) => i64::try_from(length)
            .map_err(|_| DecodeError::new("a length", "an integer that is too large")),
        item => Err(DecodeError::new("a length", item.kind())),
    }
}

/// Writes keys and values without the head of the map, and returns how many.
fn write_promises(
    writer: &mut Writer,
    promises: &Promises,
    ty: &Type,
) -> Result<usize, EncodeError> {
    // The number of members comes first, but is known only afterwards.
    let mut members = 0;
    let mut key = |writer: &mut Writer, key: u64| {
        members += 1;
        writer.integer(i64::try_from(key).unwrap_or_default());
    };
    if promises.not_null && *ty != Type::Dynamic {
        key(writer, NULLNESS);
        writer.bool(false);
    }
    // Only the promises that a value of the type can keep.
    match ty {
        Type::String => {
            if let Some(prefix) = &promises.string_prefix {
                key(writer, STRING_PREFIX);
                writer.text(prefix)?;
            }
        }
        Type::Number => {
            let bounds = [
                (NUMBER_MIN, &promises.number_min),
                (NUMBER_MAX, &promises.number_max),
            ];
            for (number, bound) in bounds {
                if let Some(bound) = bound {
                    key(writer, number);
                    writer.array(2)?;
                    number::write(writer, &bound.number)?;
                    writer.bool(bound.inclusive);
                }
            }
        }
        Type::List(_) | Type::Set(_) | Type::Map(_) => {
            let bounds = [
                (LENGTH_MIN, promises.length_min),
                (LENGTH_MAX, promises.length_max),
            ];
            for (number, bound) in bounds {
                if let Some(length) = bound {
                    key(writer, number);
                    writer.integer(length);
                }
            }
        }
        Type::Bool | Type::Dynamic | Type::Object(_) | Type::Tuple(_) => {}
    }
    Ok(members)
}
