//! Markdown for a comment on a pull request or merge request: the verdict, a table of connectors, drift, and findings,
//! with details folded.
//!
//! Names and values come from people who write the configuration or work in Harness. They are formatted as code, in
//! which nothing is a link, a mention, or HTML; sentences that contain such names are escaped (`escape`).

mod escape;

use self::escape::{Within, code, code_within, message, plain, sentence};
use super::phrase::users;
use super::place::Place;
use crate::review::change::difference::{Difference, Shown};
use crate::review::finding::log::Severity;
use crate::review::finding::{Finding, link};
use crate::review::report::{Connector, Kind, Level, Report, Users, WITHOUT_DETAILS};

/// The first line, by which a job finds its earlier comment.
pub(super) const MARKER: &str = "<!-- terraform-provider-harness review -->";
/// GitHub's limit for comments is 65,536 characters; a job may need some of them.
const LONGEST: usize = 60_000;
/// Limits to try until the text is short enough: the rows of a table, the number of details, and the length of messages
/// from others.
const LIMITS: [(usize, usize, usize); 4] = [
    (usize::MAX, usize::MAX, usize::MAX),
    (100, 20, 500),
    (40, 5, 200),
    (15, 0, 100),
];

/// Returns the report.
pub(super) fn of(report: &Report, place: &Place) -> String {
    let page = |rows, details, longest| Page {
        text: String::new(),
        rows,
        details,
        longest,
    };
    let pages = LIMITS
        .into_iter()
        .map(|(rows, details, longest)| page(rows, details, longest).write(report, place));
    let mut short = pages.filter(|text| text.chars().count() <= LONGEST);
    // In any case, the verdict reaches its readers.
    short
        .next()
        .unwrap_or_else(|| page(0, 0, 0).write_verdict_alone(report))
}

struct Page {
    text: String,
    rows: usize,
    details: usize,
    /// The maximum length of a displayed message.
    longest: usize,
}

impl Page {
    fn write_verdict_alone(mut self, report: &Report) -> String {
        self.verdict(report);
        self.line("");
        self.line("<sub>The report is too long for a comment. <code>review --format text</code> shows all of it.</sub>");
        self.text
    }

    /// Returns a message from elsewhere, which may have any length.
    fn said(&self, text: &str, within: Within) -> String {
        let end = text.char_indices().nth(self.longest).map(|(at, _)| at);
        match end.and_then(|end| text.get(..end)) {
            Some(begin) => format!("{}…", sentence(begin, within)),
            None => sentence(text, within),
        }
    }

    fn verdict(&mut self, report: &Report) {
        let (level, verdict, counts) = report.headline();
        self.line(MARKER);
        let sign = match level {
            Level::Breaks => "🛑 ",
            Level::Look => "⚠️ ",
            Level::Harmless | Level::Nothing => "✅ ",
        };
        // The verdict comes first, and alone if there is nothing else.
        if level == Level::Nothing {
            self.line(&format!("{sign}{verdict}"));
        } else {
            self.line(&format!("{sign}**{verdict}**"));
            self.line("");
            self.line(&counts.join(" · "));
        }
    }

    fn write(mut self, report: &Report, place: &Place) -> String {
        self.verdict(report);
        self.connectors(report);
        self.drift(report);
        self.checks(report);
        self.findings(report, place);
        let gaps = report.gaps(|address| format!("{} needs another plan.", code(address)));
        let notes = report.notes.iter();
        let notes = notes.map(|note| plain(&note.replace('`', "")));
        for note in gaps.into_iter().take(self.rows).chain(notes) {
            self.line("");
            self.line(&format!("<sub>{note}</sub>"));
        }
        self.text
    }

    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    fn row<const N: usize>(&mut self, cells: [&str; N]) {
        self.line(&format!("| {} |", cells.join(" | ")));
    }

    fn header<const N: usize>(&mut self, cells: [&str; N]) {
        self.line("");
        self.row(cells);
        self.row([":--"; N]);
    }

    /// Writes how many rows of a table are left out.
    fn left_out(&mut self, all: usize) {
        if all > self.rows {
            self.line("");
            self.line(&format!(
                "<sub>and {} more, which <code>review --format text</code> shows</sub>",
                all - self.rows
            ));
        }
    }

    fn connectors(&mut self, report: &Report) {
        if report.connectors.is_empty() {
            return;
        }
        self.header([
            "Connector",
            "`ref`",
            "Change",
            "For pipelines that use it",
            "Used by",
        ]);
        for connector in report.connectors.iter().take(self.rows) {
            let address = match &connector.previous_address {
                Some(before) => format!("{}<br>from {}", code(&connector.address), code(before)),
                None => code(&connector.address),
            };
            let reference = match (&connector.old_ref, &connector.new_ref) {
                (Some(old), Some(new)) if old != new => format!("{}<br>→ {}", code(old), code(new)),
                (Some(one), _) | (None, Some(one)) => code(one),
                (None, None) => "known after apply".to_owned(),
            };
            let reference = match &connector.place {
                Some(place) => format!("{reference}<br>in {}", code(place)),
                None => reference,
            };
            let fate = connector.fate();
            let fate = match connector.kind {
                Kind::Gone | Kind::Replaced => format!("**{fate}**"),
                _ => fate,
            };
            let means = connector.means.join("<br>");
            self.row([
                &address,
                &reference,
                &fate,
                &means,
                &used_by(&connector.users),
            ]);
        }
        self.left_out(report.connectors.len());
        // Values are folded, because a reviewer needs them only for some connectors.
        let changed: Vec<&Connector> = report
            .connectors
            .iter()
            .filter(|connector| !connector.differences.is_empty())
            .collect();
        if changed.is_empty() || self.details == 0 {
            return;
        }
        self.line("");
        self.line("<details><summary>Settings that change</summary>");
        self.header(["Connector", "Setting", "Before", "After"]);
        for connector in changed.into_iter().take(self.details) {
            let mut address = code(&connector.address);
            for difference in &connector.differences {
                self.difference(&address, difference);
                address.clear();
            }
        }
        self.line("");
        self.line("</details>");
    }

    fn difference(&mut self, address: &str, difference: &Difference) {
        let value = |shown: &Shown| match shown {
            Shown::Value(value) => code(value),
            Shown::NotSet | Shown::Sensitive | Shown::Unknown => shown.words().to_owned(),
        };
        let (before, after) = (value(&difference.before), value(&difference.after));
        self.row([address, &code(&difference.setting), &before, &after]);
    }

    fn drift(&mut self, report: &Report) {
        if report.drift.is_empty() {
            return;
        }
        self.line("");
        self.line("**Changed outside Terraform**");
        self.header(["Connector", "Setting", "In the state", "In Harness"]);
        for drift in report.drift.iter().take(self.rows) {
            let mut address = code(&drift.address);
            if let Some(who) = &drift.who {
                address = format!("{address}<br>{}", plain(who));
            }
            if let Some(fate) = drift.fate {
                address = format!("{address}<br>{fate}");
            }
            if drift.is_deleted {
                let reference = drift
                    .reference
                    .as_deref()
                    .map_or_else(|| "exists".to_owned(), code);
                self.row([&address, "", &reference, "**deleted**"]);
            }
            if drift.is_without_details() {
                self.row([&address, "", "", WITHOUT_DETAILS]);
            }
            for difference in &drift.differences {
                self.difference(&address, difference);
                address.clear();
            }
        }
        self.left_out(report.drift.len());
    }

    fn checks(&mut self, report: &Report) {
        if report.failed_checks.is_empty() {
            return;
        }
        self.line("");
        self.line("**Failed checks**");
        self.header(["Check", "Message"]);
        for (check, messages) in report.failed_checks.iter().take(self.rows) {
            let messages: Vec<String> = messages
                .iter()
                .take(self.rows)
                .map(|message| self.said(message, Within::Cell))
                .collect();
            self.row([&code(check), &messages.join("<br>")]);
        }
        self.left_out(report.failed_checks.len());
    }

    fn findings(&mut self, report: &Report, place: &Place) {
        let findings = report.listed_findings();
        if findings.is_empty() {
            return;
        }
        self.line("");
        self.line("**Findings**");
        self.header(["", "Rule", "Where", "Finding"]);
        for finding in findings.iter().take(self.rows) {
            let word = match finding.severity {
                Severity::Error => "**error**",
                Severity::Warning => "warning",
            };
            self.row([
                word,
                &rule(finding),
                &location(finding, place, Within::Cell),
                &self.said(&finding.summary, Within::Cell),
            ]);
        }
        self.left_out(findings.len());
        // A finding's message is folded, because the table already says what is wrong.
        let detailed: Vec<&&Finding> = findings
            .iter()
            .filter(|finding| !finding.detail.trim().is_empty())
            .collect();
        if detailed.is_empty() || self.details == 0 {
            return;
        }
        self.line("");
        self.line("<details><summary>Details of the findings</summary>");
        for finding in detailed.into_iter().take(self.details) {
            self.line("");
            let mut head = vec![
                rule(finding),
                location(finding, place, Within::Text),
                self.said(&finding.summary, Within::Text),
            ];
            head.retain(|part| !part.is_empty());
            if let Some(summary) = head.last_mut() {
                *summary = format!("**{summary}**");
            }
            self.line(&head.join(" "));
            self.line("");
            self.line(&message(&finding.detail));
        }
        self.line("");
        self.line("</details>");
    }
}

fn rule(finding: &Finding) -> String {
    finding
        .rule
        .map(|id| format!("[{id}]({})", link(id)))
        .unwrap_or_default()
}

fn location(finding: &Finding, place: &Place, within: Within) -> String {
    match (&finding.range, &finding.address) {
        (Some(range), _) => {
            let line = format!("{}:{}", place.in_repository(&range.file), range.start.line);
            code_within(&line, within)
        }
        (None, Some(address)) => code_within(address, within),
        (None, None) => String::new(),
    }
}

fn used_by(found: &Users) -> String {
    match found {
        Users::NotYet => "–".to_owned(),
        Users::NotLookedUp => "not looked up".to_owned(),
        Users::Found { total: 0, .. } => "no usage found".to_owned(),
        Users::Found { named, total } => {
            let shown = users(named, *total);
            let more = shown.len() > named.len();
            let last = shown.len().saturating_sub(usize::from(more));
            let cells = shown
                .iter()
                .enumerate()
                .map(|(at, user)| if at < last { code(user) } else { user.clone() });
            cells.collect::<Vec<_>>().join("<br>")
        }
    }
}
