//! Bodies that arrive in another encoding than requested: compressed, although the request has `Accept-Encoding:
//! identity`, or as text with a byte order mark. A proxy can cause this; whatever can be read is read.

use std::io::Read;

use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};

use crate::response::text::harmless;

/// The maximum number of compression layers to remove. Even one is unusual.
const MOST_LAYERS: usize = 2;

/// Why a body cannot be read.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Unreadable {
    /// What the body is, as the end of "the response is …".
    Is(String),
    /// The body exceeds the limit.
    TooLarge,
}

/// Returns the body as text from which JSON can be read: decompressed, in UTF-8, without a byte order mark, at most
/// `limit` bytes. `encodings` is the value of `Content-Encoding`.
pub(crate) fn plain(encodings: &str, body: Vec<u8>, limit: usize) -> Result<Vec<u8>, Unreadable> {
    let layers: Vec<String> = encodings
        .split(',')
        .map(|name| name.trim().to_ascii_lowercase())
        .filter(|name| !name.is_empty() && name != "identity")
        .collect();
    let body = if layers.is_empty() || body.is_empty() {
        body
    } else {
        decompressed(&layers, body, limit)?
    };
    let body = without_mark(body);
    if body.len() > limit {
        return Err(Unreadable::TooLarge);
    }
    Ok(body)
}

fn decompressed(layers: &[String], body: Vec<u8>, limit: usize) -> Result<Vec<u8>, Unreadable> {
    let mut inner: Option<Vec<u8>> = None;
    for layer in layers.iter().rev().take(MOST_LAYERS) {
        let from = inner.as_deref().unwrap_or(body.as_slice());
        let taken_off = match layer.as_str() {
            "gzip" | "x-gzip" => read(MultiGzDecoder::new(from), limit),
            // With a header according to the standard, but often without one in practice.
            "deflate" => read(ZlibDecoder::new(from), limit)
                .or_else(|| read(DeflateDecoder::new(from), limit)),
            _ => None,
        };
        match taken_off {
            Some(bytes) if bytes.len() > limit => return Err(Unreadable::TooLarge),
            Some(bytes) => inner = Some(bytes),
            None => {
                inner = None;
                break;
            }
        }
    }
    match inner {
        Some(bytes) if layers.len() <= MOST_LAYERS => Ok(bytes),
        // The field may be a leftover, or name something other than a compression.
        _ if std::str::from_utf8(&body).is_ok() => Ok(body),
        _ => {
            let known = layers
                .iter()
                .all(|layer| matches!(layer.as_str(), "gzip" | "x-gzip" | "deflate"));
            let why = if known {
                ", and cannot be decompressed"
            } else {
                ""
            };
            Err(Unreadable::Is(format!(
                "compressed (Content-Encoding: {}), although the provider did not ask for compression{why}",
                harmless(&layers.join(", "), 100)
            )))
        }
    }
}

/// Returns a decoder's output, at most one byte more than the limit, or `None` if it fails.
fn read(decoder: impl Read, limit: usize) -> Option<Vec<u8>> {
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Vec::new();
    decoder.take(most).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

/// Returns the text after a byte order mark, in UTF-8.
fn without_mark(body: Vec<u8>) -> Vec<u8> {
    let wide = |units: &[u8], unit: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = units.as_chunks().0.iter().copied().map(unit).collect();
        String::from_utf16_lossy(&units).into_bytes()
    };
    match body.as_slice() {
        [0xef, 0xbb, 0xbf, text @ ..] => text.to_vec(),
        [0xff, 0xfe, text @ ..] => wide(text, u16::from_le_bytes),
        [0xfe, 0xff, text @ ..] => wide(text, u16::from_be_bytes),
        _ => body,
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

    use super::*;

    const TEXT: &[u8] = b"{\"data\": 1}";

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    fn zlib(text: &[u8]) -> Vec<u8> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    fn deflate(text: &[u8]) -> Vec<u8> {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn what_can_be_read_is_read_in_any_encoding() {
        let marked = |mark: &[u8]| [mark, TEXT].concat();
        let wide = |mark: [u8; 2], order: fn(u16) -> [u8; 2]| {
            let units = TEXT.iter().flat_map(|byte| order(u16::from(*byte)));
            mark.into_iter().chain(units).collect::<Vec<u8>>()
        };
        for (encodings, body) in [
            ("", TEXT.to_vec()),
            ("identity", TEXT.to_vec()),
            ("gzip", gzip(TEXT)),
            ("X-GZIP", gzip(TEXT)),
            ("gzip", [gzip(b"{\"data\""), gzip(b": 1}")].concat()),
            ("deflate", zlib(TEXT)),
            ("deflate", deflate(TEXT)),
            ("gzip, identity,", gzip(TEXT)),
            ("deflate, gzip", gzip(&zlib(TEXT))),
            // Leftovers and invalid names.
            ("gzip", TEXT.to_vec()),
            ("br", TEXT.to_vec()),
            ("UTF-8", TEXT.to_vec()),
            ("gzip, gzip, gzip", TEXT.to_vec()),
            // Byte order marks.
            ("", marked(&[0xef, 0xbb, 0xbf])),
            ("gzip", gzip(&marked(&[0xef, 0xbb, 0xbf]))),
            ("", wide([0xff, 0xfe], u16::to_le_bytes)),
            ("", wide([0xfe, 0xff], u16::to_be_bytes)),
        ] {
            let read = plain(encodings, body, 100);
            assert_eq!(read.as_deref(), Ok(TEXT), "{encodings}");
        }
        assert_eq!(plain("gzip", Vec::new(), 100), Ok(Vec::new()));
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let broken = || {
            let mut bytes = gzip(TEXT);
            bytes.truncate(bytes.len() - 4);
            bytes
        };
        let thrice = gzip(&gzip(&gzip(TEXT)));
        for (encodings, body, what) in [
            (
                "br",
                vec![0x8b, 0xff, 0x80],
                "compressed (Content-Encoding: br), although the provider did not ask for compression",
            ),
            (
                "gzip",
                broken(),
                "compressed (Content-Encoding: gzip), although the provider did not ask for compression, and cannot be \
                 decompressed",
            ),
            (
                "deflate",
                vec![0xff; 9],
                "compressed (Content-Encoding: deflate), although the provider did not ask for compression, and cannot \
                 be decompressed",
            ),
            (
                "gzip, zstd",
                gzip(TEXT),
                "compressed (Content-Encoding: gzip, zstd), although the provider did not ask for compression",
            ),
            (
                "gzip, gzip, gzip",
                thrice,
                "compressed (Content-Encoding: gzip, gzip, gzip), although the provider did not ask for compression, \
                 and cannot be decompressed",
            ),
        ] {
            let found = plain(encodings, body, 100);
            assert_eq!(found, Err(Unreadable::Is(what.to_owned())), "{encodings}");
        }
    }

    #[test]
    fn a_small_body_that_becomes_a_large_one_is_too_large() {
        let zeros = vec![b'0'; 1_000_000];
        for (encodings, body) in [
            ("gzip", gzip(&zeros)),
            ("deflate", zlib(&zeros)),
            ("deflate", deflate(&zeros)),
            ("gzip, gzip", gzip(&gzip(&zeros))),
        ] {
            assert_eq!(
                plain(encodings, body.clone(), 999_999),
                Err(Unreadable::TooLarge),
                "{encodings}"
            );
            assert_eq!(plain(encodings, body, 1_000_000), Ok(zeros.clone()));
        }
    }
}
