//! Reads files that Terraform wrote: UTF-8 with or without a byte order mark, or the UTF-16 that PowerShell writes.

use std::ffi::OsStr;
use std::fs;
use std::io::{self, Read};
use std::path::Path;

use crate::harness::wording::file::{path, unreadable};

/// The argument for standard input.
pub(crate) const STANDARD_INPUT: &str = "-";

/// Why a file could not be read, and how to write it.
#[derive(Debug, thiserror::Error)]
#[error("{}. {how}", unreadable(file, error))]
pub(crate) struct InputError {
    file: String,
    error: io::Error,
    how: &'static str,
}

/// Reads a file, or standard input for `-`. `how` is a sentence without a period that says how to write the file.
pub(crate) fn read(file: &OsStr, how: &'static str) -> Result<Vec<u8>, InputError> {
    let text = if file == STANDARD_INPUT {
        let mut text = Vec::new();
        io::stdin().lock().read_to_end(&mut text).map(|_| text)
    } else {
        fs::read(Path::new(file))
    };
    let text = text.map_err(|error| InputError {
        file: name(file),
        error,
        how,
    })?;
    Ok(in_utf8(text))
}

/// Returns the name of a file for people.
pub(crate) fn name(file: &OsStr) -> String {
    if file == STANDARD_INPUT {
        "standard input".to_owned()
    } else {
        path(file)
    }
}

fn in_utf8(text: Vec<u8>) -> Vec<u8> {
    let wide = |from_bytes: fn([u8; 2]) -> u16, rest: &[u8]| {
        let (pairs, _) = rest.as_chunks::<2>();
        let units = pairs.iter().map(|pair| from_bytes(*pair));
        let text: String = char::decode_utf16(units)
            .map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER))
            .collect();
        text.into_bytes()
    };
    match text.as_slice() {
        [0xEF, 0xBB, 0xBF, rest @ ..] => rest.to_vec(),
        [0xFF, 0xFE, rest @ ..] => wide(u16::from_le_bytes, rest),
        [0xFE, 0xFF, rest @ ..] => wide(u16::from_be_bytes, rest),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_in_other_encodings_are_read() {
        let wide = |mark: u16, bytes: fn(u16) -> [u8; 2]| -> Vec<u8> {
            let units = std::iter::once(mark).chain("{ü}".encode_utf16());
            units.flat_map(bytes).collect()
        };
        for text in [
            "{ü}".as_bytes().to_vec(),
            "\u{FEFF}{ü}".as_bytes().to_vec(),
            wide(0xFEFF, u16::to_le_bytes),
            wide(0xFEFF, u16::to_be_bytes),
        ] {
            assert_eq!(in_utf8(text), "{ü}".as_bytes());
        }
    }
}
