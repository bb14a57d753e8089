//! Writes msgpack to memory. Only a length that msgpack cannot express is an error.

use rmp::encode::{self, ByteBuf, RmpWrite};

use crate::value::EncodeError;

/// What has been written so far.
#[derive(Default)]
pub(super) struct Writer(ByteBuf);

impl Writer {
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.0.into_vec()
    }

    pub(super) fn nil(&mut self) {
        let Ok(()) = encode::write_nil(&mut self.0);
    }

    pub(super) fn bool(&mut self, value: bool) {
        let Ok(()) = encode::write_bool(&mut self.0, value);
    }

    /// Writes the shortest form that holds the integer.
    pub(super) fn integer(&mut self, value: i64) {
        let Ok(_) = encode::write_sint(&mut self.0, value);
    }

    pub(super) fn float(&mut self, value: f64) {
        let Ok(()) = encode::write_f64(&mut self.0, value);
    }

    pub(super) fn text(&mut self, text: &str) -> Result<(), EncodeError> {
        let Ok(_) = encode::write_str_len(&mut self.0, length(text.len())?);
        self.raw(text.as_bytes());
        Ok(())
    }

    pub(super) fn bin(&mut self, bytes: &[u8]) -> Result<(), EncodeError> {
        let Ok(_) = encode::write_bin_len(&mut self.0, length(bytes.len())?);
        self.raw(bytes);
        Ok(())
    }

    /// Writes the head of an array; that many values must follow.
    pub(super) fn array(&mut self, members: usize) -> Result<(), EncodeError> {
        let Ok(_) = encode::write_array_len(&mut self.0, length(members)?);
        Ok(())
    }

    /// Writes the head of a map; that many keys and values must follow.
    pub(super) fn map(&mut self, members: usize) -> Result<(), EncodeError> {
        let Ok(_) = encode::write_map_len(&mut self.0, length(members)?);
        Ok(())
    }

    pub(super) fn extension(&mut self, number: i8, content: &[u8]) -> Result<(), EncodeError> {
        let Ok(_) = encode::write_ext_meta(&mut self.0, length(content.len())?, number);
        self.raw(content);
        Ok(())
    }

    fn raw(&mut self, bytes: &[u8]) {
        let Ok(()) = self.0.write_bytes(bytes);
    }
}

fn length(length: usize) -> Result<u32, EncodeError> {
    u32::try_from(length)
        .map_err(|_| EncodeError::new(format!("at most {} bytes or members", u32::MAX), "more"))
}
