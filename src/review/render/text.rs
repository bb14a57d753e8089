//! Text for a terminal: the verdict, then what happens to each connector, drift, and findings. It fits 80 columns.

use super::phrase::{one_line, users};
use crate::command::text::wrapped;
use crate::review::finding::Finding;
use crate::review::finding::log::Severity;
use crate::review::report::{Connector, Drift, Kind, Level, Report, Users, WITHOUT_DETAILS};

const WIDTH: usize = 80;
/// The column in which texts begin: after what happens to a connector.
const INDENT: usize = 11;

const RED: &str = "\u{1b}[1;31m";
const YELLOW: &str = "\u{1b}[33m";
const GREEN: &str = "\u{1b}[32m";
const BOLD: &str = "\u{1b}[1m";
const DIM: &str = "\u{1b}[2m";
const PLAIN: &str = "\u{1b}[0m";

/// Returns the report.
pub(super) fn of(report: &Report, has_colors: bool) -> String {
    let mut page = Page {
        text: String::new(),
        has_colors,
    };
    let (level, verdict, counts) = report.headline();
    match level {
        Level::Nothing => page.line(0, &verdict),
        Level::Breaks => page.paragraph(0, &verdict, RED),
        Level::Look => page.paragraph(0, &verdict, YELLOW),
        Level::Harmless => page.paragraph(0, &verdict, GREEN),
    }
    if level != Level::Nothing {
        page.paragraph(0, &counts.join(", "), "");
    }
    // The table: what happens to each connector, most serious first.
    for connector in &report.connectors {
        page.blank();
        page.connector(connector);
    }
    if !report.drift.is_empty() {
        page.title("Changed outside Terraform");
        for drift in &report.drift {
            page.drift(drift);
        }
    }
    if !report.failed_checks.is_empty() {
        page.title("Failed checks");
        for (check, messages) in &report.failed_checks {
            page.line(2, check);
            for message in messages {
                page.paragraph(4, message, "");
            }
        }
    }
    let findings = report.listed_findings();
    if !findings.is_empty() {
        page.title("Findings");
        for finding in findings {
            page.finding(finding);
        }
    }
    // What the report lacks, last and dimmed, because it is not about connectors.
    let mut notes = report.gaps(|address| format!("Needs another plan: {address}"));
    notes.extend(report.notes.iter().cloned());
    if !notes.is_empty() {
        page.blank();
        for note in notes {
            page.paragraph(0, &note.replace('`', ""), DIM);
        }
    }
    without_commands(&page.text)
}

/// Escapes lines that begin with two colons, which GitHub's runner treats as commands.
fn without_commands(text: &str) -> String {
    let lines = text.split('\n').map(|line| {
        let rest = line.trim_start();
        match rest.strip_prefix("::") {
            Some(rest) => format!("{}: :{rest}", " ".repeat(line.len() - rest.len() - 2)),
            None => line.to_owned(),
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}

struct Page {
    text: String,
    has_colors: bool,
}

impl Page {
    fn blank(&mut self) {
        self.text.push('\n');
    }

    fn title(&mut self, title: &str) {
        self.blank();
        self.paragraph(0, title, BOLD);
    }

    /// Writes one line of any length, because it may be copied.
    fn line(&mut self, indent: usize, text: &str) {
        self.text.push_str(&" ".repeat(indent));
        self.text.push_str(&one_line(text));
        self.blank();
    }

    fn paragraph(&mut self, indent: usize, text: &str, color: &str) {
        for line in wrapped(&one_line(text), WIDTH - indent) {
            let line = self.colored(&line, color);
            self.text.push_str(&" ".repeat(indent));
            self.text.push_str(&line);
            self.text.push('\n');
        }
    }

    fn colored(&self, text: &str, color: &str) -> String {
        if self.has_colors && !color.is_empty() {
            format!("{color}{text}{PLAIN}")
        } else {
            text.to_owned()
        }
    }

    fn connector(&mut self, connector: &Connector) {
        let fate = connector.fate();
        let color = match connector.kind {
            Kind::Gone | Kind::Replaced => RED,
            Kind::InPlace if connector.moves_ground => YELLOW,
            Kind::New => GREEN,
            Kind::InPlace | Kind::ReplacedKept | Kind::Forgotten | Kind::Same => BOLD,
        };
        let word = self.colored(&fate, color);
        self.text.push_str(&word);
        let length = fate.chars().count();
        if length < INDENT {
            self.line(INDENT - length, &connector.address);
        } else {
            self.blank();
            self.line(INDENT, &connector.address);
        }
        if let Some(before) = &connector.previous_address {
            self.line(INDENT, &format!("from {before}"));
        }
        let place = connector
            .place
            .as_deref()
            .map(|place| format!(" in {place}"))
            .unwrap_or_default();
        match (&connector.old_ref, &connector.new_ref) {
            (Some(old), Some(new)) if old != new => {
                self.line(INDENT, &format!("{old} -> {new}{place}"));
            }
            (Some(one), _) | (None, Some(one)) => self.line(INDENT, &format!("{one}{place}")),
            (None, None) => {}
        }
        // Then what that means, and for which users.
        for means in &connector.means {
            self.paragraph(INDENT, &means.replace('`', ""), "");
        }
        match &connector.users {
            Users::Found { total: 0, .. } if connector.would_hit_users() => {
                self.paragraph(INDENT, "No usage was found.", DIM);
            }
            Users::NotYet | Users::NotLookedUp | Users::Found { total: 0, .. } => {}
            Users::Found { named, total } => {
                let users = format!("Used by {}", users(named, *total).join(", "));
                self.paragraph(
                    INDENT,
                    &users,
                    if connector.hits_users() { RED } else { "" },
                );
            }
        }
        for difference in &connector.differences {
            let (before, after) = (difference.before.words(), difference.after.words());
            self.paragraph(
                INDENT + 2,
                &format!("{}: {before} -> {after}", difference.setting),
                "",
            );
        }
    }

    fn drift(&mut self, drift: &Drift) {
        self.line(2, &drift.address);
        if let Some(who) = &drift.who {
            self.paragraph(4, who, "");
        }
        if drift.is_deleted {
            let name = drift.reference.as_deref().unwrap_or("It");
            self.paragraph(4, &format!("{name} was deleted"), RED);
        }
        for difference in &drift.differences {
            let (before, after) = (difference.before.words(), difference.after.words());
            self.paragraph(
                4,
                &format!("{}: {before} -> {after}", difference.setting),
                "",
            );
        }
        if drift.is_without_details() {
            self.paragraph(4, WITHOUT_DETAILS, "");
        }
        if let Some(fate) = drift.fate {
            self.paragraph(4, fate, "");
        }
    }

    fn finding(&mut self, finding: &Finding) {
        let (word, color) = match finding.severity {
            Severity::Error => ("error", RED),
            Severity::Warning => ("warning", YELLOW),
        };
        let word = self.colored(&format!("{word:<9}"), color);
        self.text.push_str("  ");
        self.text.push_str(&word);
        let place = finding
            .range
            .as_ref()
            .map(|range| format!("{}:{}", range.file, range.start.line));
        let head = [
            finding.rule.map(str::to_owned),
            place,
            finding.address.clone(),
        ];
        let head: Vec<String> = head
            .into_iter()
            .flatten()
            .map(|part| one_line(&part))
            .collect();
        let head = if head.is_empty() {
            "the provider".to_owned()
        } else {
            head.join("  ")
        };
        self.text.push_str(&head);
        self.blank();
        self.paragraph(INDENT, &finding.summary, "");
    }
}
