//! Markdown for a comment on a pull request or merge request: the verdict, a table of connectors, drift, and findings,
//! with details folded.
//!
//! Names and values come from people who write the configuration or work in Harness. They are formatted as code, in
//! which nothing is a link, a mention, or HTML; sentences that contain such names are escaped.

use super::place::Place;
use super::{one_line, users};
use crate::review::difference::{Difference, Shown};
use crate::review::finding::{Finding, link};
use crate::review::log::Severity;
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
    fn said(&self, text: &str) -> String {
        let end = text.char_indices().nth(self.longest).map(|(at, _)| at);
        match end.and_then(|end| text.get(..end)) {
            Some(begin) => format!("{}…", sentence(begin)),
            None => sentence(text),
        }
    }

    fn verdict(&mut self, report: &Report) {
        let (level, verdict) = report.verdict();
        self.line(MARKER);
        let sign = match level {
            Level::Breaks => "🛑 ",
            Level::Look => "⚠️ ",
            Level::Harmless | Level::Nothing => "✅ ",
        };
        // The verdict comes first, and alone if there is nothing else.
        let counts = report.counts();
        if level == Level::Nothing {
            let others = counts
                .first()
                .map(|others| format!(" ({others})"))
                .unwrap_or_default();
            self.line(&format!("{sign}{verdict}{others}"));
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
        let deferred = report
            .deferred
            .iter()
            .map(|address| format!("{} needs another plan.", code(address)));
        let deferred: Vec<String> = deferred.take(self.rows).collect();
        let incomplete = (!report.is_complete && report.deferred.is_empty())
            .then(|| "This plan is not complete; another one must follow.".to_owned());
        let notes = report
            .notes
            .iter()
            .map(|note| plain(&note.replace('`', "")));
        for note in deferred.into_iter().chain(incomplete).chain(notes) {
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
                .map(|message| self.said(message))
                .collect();
            self.row([&code(check), &messages.join("<br>")]);
        }
        self.left_out(report.failed_checks.len());
    }

    fn findings(&mut self, report: &Report, place: &Place) {
        let findings: Vec<&Finding> = report
            .findings
            .iter()
            .filter(|finding| !report.is_reported_as_drift(finding))
            .collect();
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
                &location(finding, place),
                &self.said(&finding.summary),
            ]);
        }
        self.left_out(findings.len());
        // A finding's message is folded and formatted as code: line breaks stay, and nothing in it is markup.
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
            let head = [
                rule(finding),
                location(finding, place),
                self.said(&finding.summary),
            ];
            let head: Vec<&str> = head
                .iter()
                .map(String::as_str)
                .filter(|part| !part.is_empty())
                .collect();
            self.line(&head.join(" "));
            self.line("");
            self.line(&block(&finding.detail));
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

fn location(finding: &Finding, place: &Place) -> String {
    match (&finding.range, &finding.address) {
        (Some(range), _) => code(&format!(
            "{}:{}",
            place.in_repository(&range.file),
            range.start.line
        )),
        (None, Some(address)) => code(address),
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

/// Returns a text as code in a table cell: between more backticks than it contains, and with escaped bars, which are
/// parsed before anything else in a table.
pub(super) fn code(text: &str) -> String {
    let text = one_line(text);
    if text.is_empty() {
        return String::new();
    }
    let fence = "`".repeat(longest_run(&text, '`') + 1);
    let blank = if text.starts_with('`') || text.ends_with('`') {
        " "
    } else {
        ""
    };
    // A backslash before a bar would be parsed with it.
    let text = text.replace("\\|", "\\ |").replace('|', "\\|");
    format!("{fence}{blank}{text}{blank}{fence}")
}

/// Returns a sentence in a table cell. Nothing in it is markup, a mention, a reference, or a link: the characters that
/// begin them are followed by a zero-width character.
pub(super) fn plain(text: &str) -> String {
    escaped(&one_line(text))
}

/// Like [`plain`], but text between single backticks is code. If the backticks do not come in pairs, all are escaped.
fn sentence(text: &str) -> String {
    let text = one_line(text);
    let parts: Vec<&str> = text.split('`').collect();
    let last = parts.len() - 1;
    let is_code = |at: usize| at % 2 == 1;
    let is_in_pairs = !is_code(last);
    // Two backticks in a row would begin or end another kind of code.
    let is_filled = |(at, part): (usize, &&str)| {
        at == 0 || at == last || !part.trim().is_empty() || (!is_code(at) && !part.is_empty())
    };
    if !is_in_pairs || !parts.iter().enumerate().all(is_filled) {
        return escaped(&text);
    }
    let parts = parts.iter().enumerate();
    let shown = parts.map(|(at, part)| {
        if is_code(at) {
            code(part)
        } else {
            escaped(part)
        }
    });
    shown.collect()
}

fn escaped(text: &str) -> String {
    const NO_WIDTH: &str = "&#8203;";
    let mut shown = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    let mut before = ' ';
    while let Some(character) = rest.next() {
        match character {
            '<' => shown.push_str("&lt;"),
            '>' => shown.push_str("&gt;"),
            '&' => shown.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '(' | ')' | '{' | '}' | '|' | '^' | '=' | '+'
            | '-' => {
                shown.extend(['\\', character]);
            }
            '@' | '#' | '!' | '~' | '%' | '$' => {
                shown.extend(['\\', character]);
                shown.push_str(NO_WIDTH);
            }
            ':' if rest.peek() == Some(&'/') => {
                shown.push_str(NO_WIDTH);
                shown.push(':');
            }
            '.' if before == 'w' || before == 'W' => {
                shown.push_str(NO_WIDTH);
                shown.push('.');
            }
            plain => shown.push(plain),
        }
        before = character;
    }
    shown
}

/// Returns a text of several lines as a code block.
pub(super) fn block(text: &str) -> String {
    let fence = "`".repeat(longest_run(text, '`').max(2) + 1);
    let lines: Vec<String> = text
        .lines()
        .map(|line| tf_provider::visible::visible(line).into_owned())
        .collect();
    format!("{fence}text\n{}\n{fence}", lines.join("\n"))
}

fn longest_run(text: &str, of: char) -> usize {
    let (mut longest, mut run) = (0, 0);
    for character in text.chars() {
        run = if character == of { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    longest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_between_backticks_is_code_and_all_else_is_escaped() {
        for (text, shown) in [
            (
                "Replaces `api_access: OAuth`",
                "Replaces `api_access: OAuth`",
            ),
            ("`a` or `b|c`", r"`a` or `b\|c`"),
            ("`a` `b`", "`a` `b`"),
            ("`a``b`", r"\`a\`\`b\`"),
            ("a ` b_c", r"a \` b\_c"),
            ("``", r"\`\`"),
            ("` `", r"\` \`"),
            ("`@all` <b>", "`@all` &lt;b&gt;"),
            ("a_b", r"a\_b"),
            ("", ""),
        ] {
            assert_eq!(sentence(text), shown, "{text}");
        }
    }
}
