//! The findings as SARIF 2.1.0, for GitHub code scanning.
//!
//! GitHub shows only findings with a place, identifies them by `primaryLocationLineHash`, and ignores `helpUri`: so the
//! help text of a rule also contains the link.

use serde_json::{Value, json};

use super::phrase::one_line;
use super::place::{Place, fingerprints};
use crate::review::finding::log::Range;
use crate::review::finding::{Finding, Rules, link};
use crate::review::report::Report;

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";
const REPOSITORY: &str = env!("CARGO_PKG_REPOSITORY");
/// The rule of findings without one, such as a refused request.
const OTHER: &str = "other";
const OTHER_SAYS: &str = "A problem that no rule of the provider describes.";

/// Returns the report.
pub(super) fn of(report: &Report, place: &Place, rules: &Rules) -> Value {
    let mut ids: Vec<&str> = report.findings.iter().map(id).collect();
    ids.sort_unstable();
    ids.dedup();
    let prints = fingerprints(&report.findings, place);
    let results = report.findings.iter().zip(prints).map(|(finding, print)| {
        let index = ids.iter().position(|other| *other == id(finding));
        json!({
            "ruleId": id(finding),
            "ruleIndex": index,
            "level": finding.severity.word(),
            "message": {"text": message(finding)},
            "locations": [{"physicalLocation": location(finding, place)}],
            "partialFingerprints": {"primaryLocationLineHash": print},
        })
    });
    json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "terraform-provider-harness",
                "informationUri": REPOSITORY,
                "version": env!("CARGO_PKG_VERSION"),
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": ids.iter().map(|id| rule(id, rules)).collect::<Vec<_>>(),
            }},
            "automationDetails": {"id": "terraform-provider-harness/"},
            "columnKind": "unicodeCodePoints",
            "results": results.collect::<Vec<_>>(),
        }],
    })
}

fn id(finding: &Finding) -> &'static str {
    finding.rule.unwrap_or(OTHER)
}

fn rule(id: &str, rules: &Rules) -> Value {
    let (says, link) = match rules.says(id) {
        Some(says) => (says, link(id)),
        None => (
            OTHER_SAYS,
            format!("{REPOSITORY}/blob/main/docs/guides/troubleshooting.md"),
        ),
    };
    let short = says.replace('`', "");
    json!({
        "id": id,
        "shortDescription": {"text": short},
        "fullDescription": {"text": short},
        "helpUri": link,
        "help": {
            "text": format!("{short} See {link}"),
            "markdown": format!("{says}\n\n[Why, and how to fix it]({link})"),
        },
        "properties": {"tags": ["harness", "bitbucket"]},
    })
}

/// Returns the summary, and the detail below it. Markdown links are escaped, because others could choose their targets.
fn message(finding: &Finding) -> String {
    let detail = tf_provider::visible::visible(&finding.detail);
    let text = format!("{}\n\n{}", one_line(&finding.summary), detail.trim());
    text.trim().replace("](", "] (")
}

fn location(finding: &Finding, place: &Place) -> Value {
    let (file, line) = place.file_and_line(finding);
    let region = match &finding.range {
        Some(range) if is_region(range) => json!({
            "startLine": line,
            "startColumn": range.start.column,
            "endLine": range.end.line,
            "endColumn": range.end.column,
        }),
        _ => json!({"startLine": line}),
    };
    json!({"artifactLocation": {"uri": uri(&file)}, "region": region})
}

fn is_region(range: &Range) -> bool {
    let end = (range.end.line, range.end.column);
    range.start.line > 0
        && range.start.column > 0
        && end.1 > 0
        && (range.start.line, range.start.column) <= end
}

/// Returns a path as a relative URI reference.
fn uri(path: &str) -> String {
    let characters = path.bytes().map(|byte| match byte {
        b'/' | b'-' | b'.' | b'_' | b'~' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => {
            char::from(byte).to_string()
        }
        other => format!("%{other:02X}"),
    });
    characters.collect::<Vec<_>>().concat()
}
