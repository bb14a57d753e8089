//! Rules about the `timeouts` block. E03 is this provider's own.

use super::at;
use super::rule::{Example, Findings, Rule, Strict};
use super::subject::Subject;
use super::words::shown;
use crate::tf_provider::diagnostic::Severity;
use crate::tf_provider::duration;
use std::time::Duration;

pub(super) static RULES: &[Rule] = &[Rule {
    id: "E03",
    setting: "timeouts",
    severity: Severity::Error,
    strict: Strict::Same,
    says: "A timeout is not a duration, or is zero.",
    why: "Timeouts are Go durations: numbers with their units, `ms`, `s`, `m` or `h`.",
    example: Example {
        wrong: "timeouts {\n  create = \"5 minutes\"\n}",
        mended: "timeouts {\n  create = \"5m\"\n}",
    },
    after: &[],
    check,
}];

fn check(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    let Some(timeouts) = subject.model.timeouts.known() else {
        return;
    };
    for (name, setting) in [
        ("create", &timeouts.create),
        ("read", &timeouts.read),
        ("update", &timeouts.update),
        ("delete", &timeouts.delete),
    ] {
        let Some(text) = setting.text() else { continue };
        let reason = match duration::parse(text) {
            Ok(Duration::ZERO) => "it leaves no time at all".to_owned(),
            Ok(_) => continue,
            Err(error) => error.to_string(),
        };
        let likely = likely(text);
        let write = likely.as_deref().map_or(
            "a number with its unit, such as \"90s\" or \"5m\"".to_owned(),
            shown,
        );
        let path = at("timeouts").attribute(name);
        let pushed = findings.push(
            path.clone(),
            "Invalid duration",
            format!("`{path}` is {}: {reason}. Write {write}.", shown(text)),
        );
        if let Some(likely) = likely {
            pushed.suggest(path, likely);
        }
    }
}

/// What somebody meant who wrote "5 minutes", "30 sec" or "90".
fn likely(text: &str) -> Option<String> {
    let text = text.trim();
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let unit = match unit.trim().to_lowercase().as_str() {
        "" | "s" | "sec" | "secs" | "second" | "seconds" => "s",
        "m" | "min" | "mins" | "minute" | "minutes" => "m",
        "h" | "hour" | "hours" => "h",
        _ => return None,
    };
    let duration = format!("{number}{unit}");
    let is_usable = duration::parse(&duration).is_ok_and(|duration| duration > Duration::ZERO);
    is_usable.then_some(duration)
}
