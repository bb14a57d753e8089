//! Rules about the `timeouts` block. E03 is this provider's own.

use std::time::Duration;

use tf_provider::duration;

use crate::bitbucket_connector::checks::offline::input::{Findings, Input, Rule};
use crate::harness::rule::at;
use crate::harness::wording::{is_shown, shown};

pub(crate) static RULES: &[Rule] = &[Rule::error("E03", "timeouts", check)
    .says("A timeout is not a duration, or is zero.")
    .because(
        "Timeouts are Go durations: numbers, each with its unit (`h`, `m`, `s`, `ms`, `us`, or `ns`).",
    )
    .example(
        "timeouts {\n  create = \"5 minutes\"\n}",
        "timeouts {\n  create = \"5m\"\n}",
    )];

fn check(input: &Input<'_>, findings: &mut Findings<'_>) {
    let Some(timeouts) = input.model.timeouts.known() else {
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
            Ok(Duration::ZERO) => "a timeout must be longer than zero".to_owned(),
            Ok(_) => continue,
            // The reason repeats part of the text.
            Err(_) if !is_shown(text) => "it is not a duration".to_owned(),
            Err(error) => error.to_string(),
        };
        let likely = likely(text);
        let write = likely.as_deref().map_or(
            "a number and its unit, such as \"90s\" or \"5m\"".to_owned(),
            shown,
        );
        let units = if reason.contains(duration::UNITS) {
            String::new()
        } else {
            format!(" The units are {}.", duration::UNITS)
        };
        let path = at("timeouts").attribute(name);
        let pushed = findings.push(
            path.clone(),
            "Invalid duration",
            format!(
                "`{path}` is {}: {reason}. Write {write}.{units}",
                shown(text)
            ),
        );
        if let Some(likely) = likely {
            pushed.suggest(path, likely);
        }
    }
}

/// Returns the intended duration for "5 minutes", "30 sec", or "90".
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bitbucket_connector::checks::offline::testing::{expect, found};

    #[test]
    fn timeouts_are_durations_longer_than_zero() {
        expect(&[
            ("timeouts = null", &[]),
            ("timeouts = var.timeouts", &[]),
            ("timeouts {}", &[]),
            (
                "timeouts {\n create = var.limit\n read = null\n update = \"90s\"\n delete = \"1h5m\"\n}",
                &[],
            ),
            (
                "timeouts {\n create = \"5 minutes\"\n delete = \"10\"\n}",
                &["E03 timeouts.create", "E03 timeouts.delete"],
            ),
            (
                "timeouts {\n read = \"0\"\n update = \"-5s\"\n}",
                &["E03 timeouts.read", "E03 timeouts.update"],
            ),
            ("timeouts {\n read = \"\"\n}", &["E03 timeouts.read"]),
        ]);
    }

    #[test]
    fn every_finding_names_the_units() {
        for text in [
            "5 minutes",
            "2d",
            "",
            "0",
            "soon",
            "-5s",
            "9999999h",
            &"9".repeat(80),
        ] {
            let found = found(&format!("timeouts {{\n create = \"{text}\"\n}}"));
            let detail = found
                .into_iter()
                .next()
                .unwrap()
                .into_diagnostic(false)
                .unwrap()
                .detail;
            assert_eq!(detail.matches(duration::UNITS).count(), 1, "{detail}");
        }
    }

    #[test]
    fn what_was_probably_meant_is_written_as_a_duration() {
        for (text, duration) in [
            ("5 minutes", Some("5m")),
            ("90", Some("90s")),
            ("2 Hours", Some("2h")),
            ("0", None),
            ("soon", None),
            ("5 days", None),
            ("minutes", None),
        ] {
            assert_eq!(likely(text).as_deref(), duration, "{text}");
        }
    }
}
