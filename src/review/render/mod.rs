//! The report in each format. A renderer decides on words and layout, never on facts.

mod gitlab;
mod json;
mod markdown;
mod phrase;
mod place;
mod sarif;
mod text;

pub(super) use place::Place;

use std::io::{self, Write};

use serde_json::Value;
use tf_provider::visible::is_invisible;

use super::arguments::Format;
use super::finding::Rules;
use super::report::Report;

/// The form of a report.
pub(super) struct Form<'a> {
    pub(super) format: Format,
    /// Whether text has terminal colors.
    pub(super) has_colors: bool,
    pub(super) place: &'a Place,
    pub(super) rules: &'a Rules,
}

/// Writes a report, with a newline at the end.
///
/// # Errors
/// Returns an error if the output cannot be written.
pub(super) fn write(report: &Report, form: &Form<'_>, output: &mut dyn Write) -> io::Result<()> {
    match form.format {
        Format::Text => output.write_all(text::of(report, form.has_colors).as_bytes())?,
        Format::Markdown => output.write_all(markdown::of(report, form.place).as_bytes())?,
        Format::Sarif => writeln!(
            output,
            "{}",
            escaped(&sarif::of(report, form.place, form.rules))
        )?,
        Format::GitLab => writeln!(output, "{}", escaped(&gitlab::of(report, form.place)))?,
        Format::Json => writeln!(output, "{}", escaped(&json::of(report)))?,
    }
    output.flush()
}

/// Returns a value as JSON, with invisible characters and those that change the writing direction escaped, because
/// reports are also read in terminals and editors.
fn escaped(value: &Value) -> String {
    let written = format!("{value:#}");
    let is_hidden = |character: char| !character.is_ascii() && is_invisible(character);
    if !written.contains(is_hidden) {
        return written;
    }
    let characters = written.chars().map(|character| {
        if !is_hidden(character) {
            return character.to_string();
        }
        let mut units = [0; 2];
        let units = character.encode_utf16(&mut units).iter();
        let escapes = units.map(|unit| format!("\\u{unit:04x}"));
        escapes.collect::<Vec<_>>().concat()
    });
    characters.collect()
}
