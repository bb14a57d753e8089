//! The report: for people, one line per check with what to do below it; for scripts, one JSON object.

use std::io::{self, Write};

use harness_platform::Scope;
use serde_json::{Value, json};

use super::check::{Check, State};
use crate::command::text::wrapped;

/// The maximum width of a line.
const WIDTH: usize = 80;
/// How wide the column of the states is.
const STATE: usize = 9;
/// The column in which the results begin: after the state and the title.
const INDENT: usize = STATE + 16;

/// The form of the report.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Form {
    Text,
    /// Text with terminal colors.
    Colors,
    Json,
}

/// All results.
pub(super) struct Report {
    pub(super) endpoint: Option<String>,
    pub(super) account_id: Option<String>,
    pub(super) scope: Scope,
    pub(super) checks: Vec<Check>,
}

impl Report {
    /// Returns whether a check failed.
    pub(super) fn has_failed(&self) -> bool {
        self.worst() == State::Failed
    }

    fn count(&self, state: State) -> usize {
        self.checks
            .iter()
            .filter(|check| check.state == state)
            .count()
    }

    /// Returns the worst state, ignoring skipped checks.
    fn worst(&self) -> State {
        [State::Failed, State::Warning]
            .into_iter()
            .find(|state| self.count(*state) > 0)
            .unwrap_or(State::Ok)
    }

    /// Writes the report, with a newline at the end.
    ///
    /// # Errors
    /// Returns an error if the output cannot be written.
    pub(super) fn write(&self, output: &mut dyn Write, form: Form) -> io::Result<()> {
        match form {
            Form::Json => writeln!(output, "{:#}", self.json())?,
            Form::Text => self.write_text(output, false)?,
            Form::Colors => self.write_text(output, true)?,
        }
        output.flush()
    }

    fn json(&self) -> Value {
        let checks = self.checks.iter().map(|check| {
            json!({
                "id": check.id.names().0,
                "state": check.state.word(),
                "found": check.found,
                "remedy": check.remedy,
            })
        });
        json!({
            "format_version": "1.0",
            "provider_version": env!("CARGO_PKG_VERSION"),
            "result": self.worst().word(),
            "endpoint": self.endpoint,
            "account_id": self.account_id,
            "org_id": self.scope.org(),
            "project_id": self.scope.project(),
            "checks": checks.collect::<Vec<_>>(),
        })
    }

    fn write_text(&self, output: &mut dyn Write, colors: bool) -> io::Result<()> {
        for checks in self.checks.chunk_by(are_one) {
            let [check, others @ ..] = checks else {
                continue;
            };
            let (before, after) = if colors { color(check.state) } else { ("", "") };
            let word = check.state.word();
            let title = check.id.names().1;
            write!(output, "{before}{word:<7}{after}  ")?;
            let mut lines = wrapped(&check.found, WIDTH - INDENT).into_iter();
            if others.is_empty() {
                let first = lines.next().unwrap_or_default();
                writeln!(output, "{title:<14}  {first}")?;
            } else {
                let titles = checks.iter().map(|check| check.id.names().1);
                let titles = titles.collect::<Vec<_>>().join(", ");
                let titles = wrapped(&titles, WIDTH - STATE).join(&format!("\n{:STATE$}", ""));
                writeln!(output, "{titles}")?;
            }
            for line in lines.chain(
                check
                    .remedy
                    .iter()
                    .flat_map(|remedy| wrapped(remedy, WIDTH - INDENT)),
            ) {
                writeln!(output, "{:INDENT$}{line}", "")?;
            }
        }
        let warnings = match self.count(State::Warning) {
            1 => "1 warning".to_owned(),
            number => format!("{number} warnings"),
        };
        writeln!(
            output,
            "\n{} failed, {warnings}, {} ok, {} skipped",
            self.count(State::Failed),
            self.count(State::Ok),
            self.count(State::Skipped)
        )
    }
}

/// Returns whether two checks are skipped for one reason, to report them together.
fn are_one(check: &Check, next: &Check) -> bool {
    check.state == State::Skipped
        && next.state == State::Skipped
        && check.found == next.found
        && check.remedy.is_none()
        && next.remedy.is_none()
}

fn color(state: State) -> (&'static str, &'static str) {
    let color = match state {
        State::Ok => "\u{1b}[32m",
        State::Warning => "\u{1b}[33m",
        State::Failed => "\u{1b}[1;31m",
        State::Skipped => "\u{1b}[2m",
    };
    (color, "\u{1b}[0m")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::check::CheckId;

    fn report(checks: Vec<Check>) -> Report {
        Report {
            endpoint: Some("https://h.example".to_owned()),
            account_id: None,
            scope: Scope::from_ids(Some("o"), None).unwrap(),
            checks,
        }
    }

    fn written(report: &Report, form: Form) -> String {
        let mut output = Vec::new();
        report.write(&mut output, form).unwrap();
        String::from_utf8(output).unwrap()
    }

    fn two() -> Report {
        report(vec![
            Check::ok(CheckId::Proxy, "none"),
            Check::failed(CheckId::Authentication, "word ".repeat(20)).remedy("Make a new one."),
        ])
    }

    #[test]
    fn text_has_a_line_for_each_check_and_what_to_do_beneath_it() {
        let words = ["word"; 11].join(" ");
        let expected = format!(
            "ok       Proxy           none\n\
             failed   Authentication  {words}\n\
             {pad}word word word word word word word word word\n\
             {pad}Make a new one.\n\
             \n\
             1 failed, 0 warnings, 1 ok, 0 skipped\n",
            pad = " ".repeat(INDENT)
        );
        assert_eq!(written(&two(), Form::Text), expected);
    }

    #[test]
    fn what_is_left_out_for_one_reason_is_said_in_one_place() {
        let checks = [
            CheckId::Connection,
            CheckId::Tls,
            CheckId::Harness,
            CheckId::Clock,
            CheckId::Authentication,
            CheckId::Connectors,
            CheckId::Secrets,
            CheckId::Delegates,
        ];
        let mut checks: Vec<_> = checks
            .into_iter()
            .map(|id| Check::skipped(id, "not checked"))
            .collect();
        checks.push(Check::skipped(CheckId::Expiry, "another reason"));
        let expected = format!(
            "skipped  Connection, TLS, Harness, Clock, Authentication, Connectors, Secrets,\n\
            \u{20}        Delegates\n\
             {pad}not checked\n\
             skipped  Expiry          another reason\n\
             \n\
             0 failed, 0 warnings, 0 ok, 9 skipped\n",
            pad = " ".repeat(INDENT)
        );
        assert_eq!(written(&report(checks), Form::Text), expected);
    }

    #[test]
    fn colors_are_around_the_states_and_nowhere_else() {
        let colored = written(&two(), Form::Colors);
        assert!(
            colored.starts_with("\u{1b}[32mok     \u{1b}[0m  Proxy"),
            "{colored:?}"
        );
        let plain: String = colored
            .replace("\u{1b}[32m", "")
            .replace("\u{1b}[1;31m", "")
            .replace("\u{1b}[0m", "");
        assert_eq!(plain, written(&two(), Form::Text));
    }

    #[test]
    fn json_is_one_object_with_every_member_in_every_case() {
        let value: Value = serde_json::from_str(&written(&two(), Form::Json)).unwrap();
        let found = "word ".repeat(20);
        assert_eq!(
            value,
            json!({
                "format_version": "1.0", "provider_version": env!("CARGO_PKG_VERSION"), "result": "failed",
                "endpoint": "https://h.example", "account_id": null, "org_id": "o", "project_id": null,
                "checks": [
                    {"id": "proxy", "state": "ok", "found": "none", "remedy": null},
                    {"id": "authentication", "state": "failed", "found": found, "remedy": "Make a new one."},
                ],
            })
        );
    }

    #[test]
    fn the_result_is_that_of_the_worst_check() {
        let skipped = || Check::skipped(CheckId::Expiry, "");
        let ok = || Check::ok(CheckId::Proxy, "");
        let warning = || Check::warning(CheckId::Secrets, "");
        let failed = || Check::failed(CheckId::Tls, "");
        for (checks, result) in [
            (vec![skipped(), ok()], "ok"),
            (vec![ok(), warning(), skipped()], "warning"),
            (vec![failed(), warning()], "failed"),
        ] {
            let report = report(checks);
            assert_eq!(report.json()["result"], result);
            assert_eq!(report.has_failed(), result == "failed");
        }
    }
}
