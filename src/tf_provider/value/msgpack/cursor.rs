//! Reads msgpack item by item, never past the end of the input.

use rmp::Marker;

use crate::value::DecodeError;
use crate::value::error::counted;

/// The remaining input.
pub(super) struct Cursor<'a> {
    rest: &'a [u8],
}

/// One item. A container is only its length; its members are the items that follow.
pub(super) enum Item<'a> {
    Nil,
    Bool(bool),
    Unsigned(u64),
    Signed(i64),
    Float(f64),
    Str(&'a str),
    Bin(&'a [u8]),
    /// The number of elements that follow.
    Array(u32),
    /// The number of keys that follow, each with its value.
    Map(u32),
    /// The number and the content of the extension.
    Extension(i8, &'a [u8]),
}

impl Item<'_> {
    /// Returns the kind with its article, for messages.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Nil => "null",
            Self::Bool(_) => "a bool",
            Self::Unsigned(_) | Self::Signed(_) => "an integer",
            Self::Float(_) => "a float",
            Self::Str(_) => "a string",
            Self::Bin(_) => "bytes",
            Self::Array(_) => "an array",
            Self::Map(_) => "a map",
            Self::Extension(..) => "an unknown value",
        }
    }
}

impl<'a> Cursor<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// Returns the number of bytes that have not been read.
    pub(super) fn remaining(&self) -> usize {
        self.rest.len()
    }

    /// Reads the next item; `expected` describes it in the error if there is none.
    pub(super) fn item(&mut self, expected: &str) -> Result<Item<'a>, DecodeError> {
        let Ok([marker]) = self.array() else {
            return Err(DecodeError::new(expected, "the end of the input"));
        };
        Ok(match Marker::from_u8(marker) {
            Marker::Null => Item::Nil,
            Marker::False => Item::Bool(false),
            Marker::True => Item::Bool(true),
            // Numbers in any width: a host does not have to choose the shortest.
            Marker::FixPos(value) => Item::Unsigned(value.into()),
            Marker::U8 => Item::Unsigned(u8::from_be_bytes(self.array()?).into()),
            Marker::U16 => Item::Unsigned(u16::from_be_bytes(self.array()?).into()),
            Marker::U32 => Item::Unsigned(u32::from_be_bytes(self.array()?).into()),
            Marker::U64 => Item::Unsigned(u64::from_be_bytes(self.array()?)),
            Marker::FixNeg(value) => Item::Signed(value.into()),
            Marker::I8 => Item::Signed(i8::from_be_bytes(self.array()?).into()),
            Marker::I16 => Item::Signed(i16::from_be_bytes(self.array()?).into()),
            Marker::I32 => Item::Signed(i32::from_be_bytes(self.array()?).into()),
            Marker::I64 => Item::Signed(i64::from_be_bytes(self.array()?)),
            Marker::F32 => Item::Float(f32::from_be_bytes(self.array()?).into()),
            Marker::F64 => Item::Float(f64::from_be_bytes(self.array()?)),
            // Lengths are checked against the remaining input before anything is allocated.
            Marker::FixStr(length) => self.str(length.into())?,
            Marker::Str8 => self.length8().and_then(|length| self.str(length))?,
            Marker::Str16 => self.length16().and_then(|length| self.str(length))?,
            Marker::Str32 => self.length32().and_then(|length| self.str(length))?,
            Marker::Bin8 => self.length8().and_then(|length| self.bin(length))?,
            Marker::Bin16 => self.length16().and_then(|length| self.bin(length))?,
            Marker::Bin32 => self.length32().and_then(|length| self.bin(length))?,
            Marker::FixArray(length) => self.elements(length.into())?,
            Marker::Array16 => self.length16().and_then(|length| self.elements(length))?,
            Marker::Array32 => self.length32().and_then(|length| self.elements(length))?,
            Marker::FixMap(length) => self.pairs(length.into())?,
            Marker::Map16 => self.length16().and_then(|length| self.pairs(length))?,
            Marker::Map32 => self.length32().and_then(|length| self.pairs(length))?,
            Marker::FixExt1 => self.extension(1)?,
            Marker::FixExt2 => self.extension(2)?,
            Marker::FixExt4 => self.extension(4)?,
            Marker::FixExt8 => self.extension(8)?,
            Marker::FixExt16 => self.extension(16)?,
            Marker::Ext8 => self.length8().and_then(|length| self.extension(length))?,
            Marker::Ext16 => self.length16().and_then(|length| self.extension(length))?,
            Marker::Ext32 => self.length32().and_then(|length| self.extension(length))?,
            Marker::Reserved => {
                return Err(DecodeError::new(
                    expected,
                    "the byte 0xc1, which msgpack never uses",
                ));
            }
        })
    }

    /// Reads a str; `expected` describes it in the error if there is something else.
    pub(super) fn text(&mut self, expected: &str) -> Result<&'a str, DecodeError> {
        match self.item(expected)? {
            Item::Str(text) => Ok(text),
            item => Err(DecodeError::new(expected, item.kind())),
        }
    }

    /// Skips one value with all its members.
    pub(super) fn skip(&mut self) -> Result<(), DecodeError> {
        let mut pending: u64 = 1;
        while let Some(others) = pending.checked_sub(1) {
            pending = others
                + match self.item("a value")? {
                    Item::Array(length) => u64::from(length),
                    Item::Map(length) => 2 * u64::from(length),
                    _ => 0,
                };
        }
        Ok(())
    }

    fn length8(&mut self) -> Result<u32, DecodeError> {
        Ok(u8::from_be_bytes(self.array()?).into())
    }

    fn length16(&mut self) -> Result<u32, DecodeError> {
        Ok(u16::from_be_bytes(self.array()?).into())
    }

    fn length32(&mut self) -> Result<u32, DecodeError> {
        Ok(u32::from_be_bytes(self.array()?))
    }

    fn str(&mut self, length: u32) -> Result<Item<'a>, DecodeError> {
        match str::from_utf8(self.bytes(length)?) {
            Ok(text) => Ok(Item::Str(text)),
            Err(_) => Err(DecodeError::new("UTF-8 text", "other bytes")),
        }
    }

    fn bin(&mut self, length: u32) -> Result<Item<'a>, DecodeError> {
        self.bytes(length).map(Item::Bin)
    }

    fn extension(&mut self, length: u32) -> Result<Item<'a>, DecodeError> {
        let number = i8::from_be_bytes(self.array()?);
        Ok(Item::Extension(number, self.bytes(length)?))
    }

    fn elements(&self, length: u32) -> Result<Item<'a>, DecodeError> {
        self.members(length, 1).map(Item::Array)
    }

    fn pairs(&self, length: u32) -> Result<Item<'a>, DecodeError> {
        self.members(length, 2).map(Item::Map)
    }

    /// Returns a container's length, if the input can hold that many members of `least` bytes each.
    fn members(&self, length: u32, least: u64) -> Result<u32, DecodeError> {
        let remaining = self.rest.len();
        match usize::try_from(u64::from(length) * least) {
            Ok(needed) if needed <= remaining => Ok(length),
            _ => Err(DecodeError::new(
                counted(length, "member"),
                format!("only {}", counted(remaining, "more byte")),
            )),
        }
    }

    fn bytes(&mut self, length: u32) -> Result<&'a [u8], DecodeError> {
        let split = usize::try_from(length)
            .ok()
            .and_then(|length| self.rest.split_at_checked(length));
        let Some((bytes, rest)) = split else {
            return Err(self.too_short(length));
        };
        self.rest = rest;
        Ok(bytes)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let Some((bytes, rest)) = self.rest.split_first_chunk() else {
            return Err(self.too_short(N));
        };
        self.rest = rest;
        Ok(*bytes)
    }

    fn too_short(&self, length: impl std::fmt::Display) -> DecodeError {
        DecodeError::new(
            counted(length, "more byte"),
            format!("only {}", self.rest.len()),
        )
    }
}
