//! Decodes the encodings in which a secret may be hidden: percent escapes (even double ones), JSON and HTML escapes,
//! and base64, in which HTTP sends user and password.

use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64::{Engine as _, alphabet};

/// The maximum number of nested encodings to remove.
const MOST_LAYERS: usize = 3;

/// The characters with which an escape begins.
const ESCAPES: [char; 3] = ['%', '\\', '&'];

/// The shortest base64 text to decode: `user:pass` and longer.
const SHORTEST_BASE64: usize = 12;

/// Returns each text that results from removing a layer of escapes, outermost first.
pub(super) fn unescaped(text: &str) -> Vec<String> {
    let mut layers: Vec<String> = Vec::new();
    while layers.len() < MOST_LAYERS {
        let current = layers.last().map_or(text, String::as_str);
        // Most texts have no escape at all.
        if !current.contains(ESCAPES) {
            break;
        }
        let next = without_a_layer(current);
        if next == current {
            break;
        }
        layers.push(next);
    }
    layers
}

/// Returns the text with every `%3A`, `\u003a`, `&#58;`, and `&#x3a;` decoded; invalid escapes stay.
fn without_a_layer(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(ESCAPES) {
        let (before, from) = rest.split_at_checked(at).unwrap_or((rest, ""));
        bytes.extend_from_slice(before.as_bytes());
        let (undone, length) = escape(from);
        bytes.extend_from_slice(&undone);
        rest = from.get(length..).unwrap_or_default();
    }
    bytes.extend_from_slice(rest.as_bytes());
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Returns what the escape at the beginning of a text stands for, and its length.
fn escape(text: &str) -> (Vec<u8>, usize) {
    let number = |digits: &str, radix| u32::from_str_radix(digits, radix).ok();
    let found = if let Some(digits) = text.strip_prefix('%').and_then(|rest| rest.get(..2)) {
        let byte = u8::from_str_radix(digits, 16).ok();
        byte.map(|byte| (vec![byte], 3))
    } else if let Some(digits) = text.strip_prefix("\\u").and_then(|rest| rest.get(..4)) {
        number(digits, 16).and_then(|code| Some((utf8(code)?, 6)))
    } else if let Some((digits, _)) = text.strip_prefix("&#").and_then(|r| r.split_once(';')) {
        let code = match digits.strip_prefix(['x', 'X']) {
            Some(digits) => number(digits, 16),
            None => number(digits, 10),
        };
        code.and_then(|code| Some((utf8(code)?, digits.len() + 3)))
    } else {
        None
    };
    found.unwrap_or_else(|| (text.bytes().take(1).collect(), 1))
}

fn utf8(code: u32) -> Option<Vec<u8>> {
    Some(char::from_u32(code)?.to_string().into_bytes())
}

/// Returns the runs of a text that may be base64, each with its position.
pub(super) fn base64_runs(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let is_of_run = |c: char| c.is_ascii_alphanumeric() || "+/=_-".contains(c);
    let mut at = 0;
    text.split_inclusive(move |c| !is_of_run(c))
        .filter_map(move |part| {
            let begin = at;
            at += part.len();
            let run = part.trim_end_matches(|c| !is_of_run(c));
            // A name and its value are separated by `=`, with which base64 ends.
            let name = run.trim_end_matches('=').rfind('=').map_or(0, |at| at + 1);
            let (begin, run) = (begin + name, run.get(name..).unwrap_or_default());
            (run.len() >= SHORTEST_BASE64).then_some((begin, run))
        })
}

/// Returns the readable text that a run of base64 encodes, or `None` if there is none.
pub(super) fn from_base64(run: &str) -> Option<String> {
    let config = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    // The URL-safe alphabet has two different characters.
    let run = run.replace('-', "+").replace('_', "/");
    let bytes = GeneralPurpose::new(&alphabet::STANDARD, config).decode(run);
    let text = String::from_utf8(bytes.ok()?).ok()?;
    text.chars().all(|c| c.is_ascii_graphic()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_undone_layer_by_layer() {
        for (text, layers) in [
            ("a:b", &[][..]),
            ("a%3Ab%40c%2fd", &["a:b@c/d"]),
            ("a%253Ab", &["a%3Ab", "a:b"]),
            ("a\\u003ab", &["a:b"]),
            ("a&#58;b&#x3a;c", &["a:b:c"]),
            ("100% &amp; \\x %zz %", &[]),
            ("%C3%A4%ff", &["ä\u{fffd}"]),
            ("%25%25253a", &["%%253a", "%%3a", "%:"]),
        ] {
            assert_eq!(unescaped(text), layers, "{text}");
        }
    }

    #[test]
    fn base64_is_read_where_it_stands_for_a_readable_text() {
        let runs: Vec<_> = base64_runs("x Basic amRvZTpodW50ZXIy, y").collect();
        assert_eq!(runs, [(8, "amRvZTpodW50ZXIy")]);
        for (run, text) in [
            ("amRvZTpodW50ZXIy", Some("jdoe:hunter2")),
            ("YTpodW50ZXIyPz8_", Some("a:hunter2???")),
            ("amRvZTpodW50ZXI", Some("jdoe:hunter")),
            ("bitbucket_token", None),
            ("abcde", None),
        ] {
            assert_eq!(from_base64(run).as_deref(), text, "{run}");
        }
    }
}
