//! The findings in GitLab's Code Quality format: a list, each with a place and a fingerprint.

use serde_json::{Value, json};

use super::phrase::one_line;
use super::place::{Place, fingerprints};
use crate::review::finding::link;
use crate::review::finding::log::Severity;
use crate::review::report::Report;

/// Returns the report.
pub(super) fn of(report: &Report, place: &Place) -> Value {
    let prints = fingerprints(&report.findings, place);
    let items = report.findings.iter().zip(prints).map(|(finding, print)| {
        let (path, line) = place.file_and_line(finding);
        let summary = one_line(&finding.summary);
        let description = match finding.rule {
            Some(id) => format!("{summary} ({id}: {})", link(id)),
            None => summary,
        };
        json!({
            "description": description,
            "check_name": finding.rule.unwrap_or("other"),
            "fingerprint": print,
            "severity": match finding.severity {
                Severity::Error => "critical",
                Severity::Warning => "minor",
            },
            "location": {"path": path, "lines": {"begin": line}},
        })
    });
    Value::Array(items.collect())
}
