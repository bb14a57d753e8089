//! Numbers: integers, floats, and, where neither has the digits, text.

use super::cursor::Item;
use super::writer::Writer;
use crate::value::{DecodeError, EncodeError, Number};

/// Reads a number: an integer, a float, or a decimal text.
pub(super) fn read(item: &Item<'_>) -> Result<Number, DecodeError> {
    let number = match item {
        Item::Signed(value) => return Ok(Number::from(*value)),
        Item::Unsigned(value) => return Ok(Number::from(*value)),
        Item::Float(value) => Number::from_f64(*value),
        Item::Str(text) => text.parse(),
        _ => return Err(DecodeError::new("a number", item.kind())),
    };
    number.map_err(DecodeError::from)
}

/// Writes a number in the shortest form that keeps every digit.
pub(super) fn write(writer: &mut Writer, number: &Number) -> Result<(), EncodeError> {
    if let Some(integer) = number.to_i64() {
        writer.integer(integer);
    } else if let Some(float) = number.to_exact_f64() {
        writer.float(float);
    } else {
        writer.text(&number.to_string())?;
    }
    Ok(())
}
