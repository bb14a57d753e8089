//! The diagnostics in the output of `terraform plan -json`, `apply -json`, and `validate -json`: one JSON object per
//! line, or a single one. Lines that are not JSON (from an earlier `init`, or an early failure) are counted and
//! skipped.
//!
//! Terraform shows a provider's diagnostics in each of its walks, so one diagnostic may occur several times. It counts
//! once.

use serde::Deserialize;

/// The diagnostics of a log, each once.
#[derive(Debug, Default, Eq, PartialEq)]
pub(crate) struct Log {
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// The number of lines that could not be read.
    pub(crate) unreadable: usize,
}

/// A warning or an error.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Diagnostic {
    pub(crate) severity: Severity,
    pub(crate) summary: String,
    pub(crate) detail: String,
    /// The resource concerned.
    pub(crate) address: Option<String>,
    /// The position in the configuration, relative to Terraform's working directory.
    pub(crate) range: Option<Range>,
    /// The header of the enclosing block, such as `provider "harness"`.
    pub(crate) context: Option<String>,
}

/// The severity of a diagnostic.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Severity {
    Error,
    Warning,
}

impl Severity {
    /// Returns the word for a report.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

/// A range in a file, counted from 1; the end is exclusive.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Range {
    pub(crate) file: String,
    pub(crate) start: Position,
    pub(crate) end: Position,
}

/// A position in a file.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
pub(crate) struct Position {
    #[serde(default)]
    pub(crate) line: u32,
    #[serde(default)]
    pub(crate) column: u32,
}

/// Why a text is not a log. The message contains none of it.
#[derive(Debug, Eq, thiserror::Error, PartialEq)]
pub(crate) enum LogError {
    #[error("it contains no JSON. {HOW}")]
    NoJson,
    #[error(
        "it is a plan. Pass it without `--log`, and pass the output of `terraform plan -json` or `terraform validate \
         -json` with `--log`"
    )]
    Plan,
}

/// A line of the stream, or the output of `validate -json`.
#[derive(Deserialize)]
struct RawMessage {
    diagnostic: Option<RawDiagnostic>,
    diagnostics: Option<Vec<RawDiagnostic>>,
    planned_values: Option<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
struct RawDiagnostic {
    #[serde(default)]
    severity: String,
    #[serde(default)]
    summary: String,
    #[serde(default)]
    detail: String,
    address: Option<String>,
    range: Option<RawRange>,
    snippet: Option<RawSnippet>,
}

#[derive(Deserialize)]
struct RawRange {
    #[serde(default)]
    filename: String,
    #[serde(default)]
    start: Position,
    #[serde(default)]
    end: Position,
}

#[derive(Deserialize)]
struct RawSnippet {
    context: Option<String>,
}

/// How to write a log.
pub(crate) const HOW: &str =
    "Write it with `terraform plan -json >log.json` or `terraform validate -json >log.json`";

impl Log {
    /// Reads a log.
    ///
    /// # Errors
    /// Returns an error if the text is not a log.
    pub(crate) fn read(text: &[u8]) -> Result<Self, LogError> {
        let mut log = Self::default();
        let mut messages = 0_usize;
        let mut rest = text;
        while !rest.is_empty() {
            // The output of `validate` has many lines, so a value is read from its first to its last character.
            let mut values = serde_json::Deserializer::from_slice(rest).into_iter::<RawMessage>();
            let next = if rest.trim_ascii_start().starts_with(b"{") {
                values.next()
            } else {
                None
            };
            if let Some(Ok(message)) = next {
                if message.planned_values.is_some() {
                    return Err(LogError::Plan);
                }
                messages += 1;
                let found = message.diagnostics.into_iter().flatten();
                for found in found.chain(message.diagnostic) {
                    log.add(found);
                }
                rest = rest.get(values.byte_offset()..).unwrap_or_default();
            } else {
                let end = rest.iter().position(|byte| *byte == b'\n');
                let (line, after) = end
                    .and_then(|end| rest.split_at_checked(end + 1))
                    .unwrap_or((rest, &[]));
                log.unreadable += usize::from(!line.trim_ascii().is_empty());
                rest = after;
            }
        }
        if messages == 0 && log.unreadable > 0 {
            return Err(LogError::NoJson);
        }
        Ok(log)
    }

    fn add(&mut self, raw: RawDiagnostic) {
        let severity = match raw.severity.as_str() {
            "error" => Severity::Error,
            // An unknown severity still deserves a message.
            _ => Severity::Warning,
        };
        let diagnostic = Diagnostic {
            severity,
            summary: raw.summary,
            detail: raw.detail,
            address: raw.address.filter(|address| !address.is_empty()),
            range: raw
                .range
                // `<empty>` and similar names are not files.
                .filter(|range| !range.filename.is_empty() && !range.filename.starts_with('<'))
                .map(|range| Range {
                    file: range.filename,
                    start: range.start,
                    end: range.end,
                }),
            context: raw.snippet.and_then(|snippet| snippet.context),
        };
        if !self.diagnostics.contains(&diagnostic) {
            self.diagnostics.push(diagnostic);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn message(summary: &str) -> Value {
        json!({"@level": "warn", "type": "diagnostic", "diagnostic": {
            "severity": "warning", "summary": summary, "detail": "D", "address": "a.b", "invented": 1,
            "range": {"filename": "main.tf", "start": {"line": 3, "column": 5, "byte": 9}, "end": {"line": 3, "column": 7}},
            "snippet": {"context": "provider \"harness\"", "code": "x"},
        }})
    }

    #[test]
    fn the_same_diagnostic_counts_once_and_other_messages_are_passed_over() {
        let lines = [
            json!({"@level": "info", "type": "version", "terraform": "1.11.4"}).to_string(),
            message("one").to_string(),
            "Initializing the backend...".to_owned(),
            String::new(),
            message("two").to_string(),
            message("one").to_string(),
            "{\"@level\": \"info\", \"cut".to_owned(),
        ];
        let log = Log::read(lines.join("\n").as_bytes()).unwrap();
        let summaries: Vec<_> = log
            .diagnostics
            .iter()
            .map(|found| found.summary.as_str())
            .collect();
        assert_eq!(summaries, ["one", "two"]);
        assert_eq!(log.unreadable, 2);
        let first = &log.diagnostics[0];
        assert_eq!(first.address.as_deref(), Some("a.b"));
        assert_eq!(first.context.as_deref(), Some("provider \"harness\""));
        let range = first.range.as_ref().unwrap();
        assert_eq!(
            (range.file.as_str(), range.start, range.end.column),
            ("main.tf", Position { line: 3, column: 5 }, 7)
        );
    }

    #[test]
    fn what_is_no_file_is_no_place() {
        for file in ["", "<empty>", "<value for var.x>"] {
            let mut line = message("one");
            line["diagnostic"]["range"]["filename"] = json!(file);
            let log = Log::read(line.to_string().as_bytes()).unwrap();
            assert_eq!(log.diagnostics[0].range, None);
        }
    }

    #[test]
    fn what_validate_writes_has_many_lines() {
        let one = message("one")["diagnostic"].clone();
        let validated = json!({"format_version": "1.0", "valid": false, "diagnostics": [one]});
        let text = format!("{validated:#}\n{}\n", message("one"));
        let log = Log::read(text.as_bytes()).unwrap();
        assert_eq!((log.diagnostics.len(), log.unreadable), (1, 0));
    }

    #[test]
    fn a_text_that_is_no_log_is_refused_and_an_empty_one_has_no_diagnostics() {
        assert_eq!(Log::read(b""), Ok(Log::default()));
        assert_eq!(Log::read(b"Error: hunter2\n"), Err(LogError::NoJson));
        let plan = json!({"format_version": "1.2", "planned_values": {}});
        assert_eq!(Log::read(plan.to_string().as_bytes()), Err(LogError::Plan));
    }
}
