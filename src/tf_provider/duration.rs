//! Durations as Terraform users write them, in Go's format: `30s`, `1h5m`, `1.5h`, `250ms`.
//!
//! ```text
//! duration := { number unit }        at least one pair; no sign, no spaces
//! number   := digits [ "." digits ]
//! unit     := "ns" | "us" | "µs" | "ms" | "s" | "m" | "h"
//! ```
//!
//! Negative durations are errors, because no setting has a use for them.
//!
//! jiff's duration parser is not used: it accepts other forms, such as `5 minutes`, `2d`, and `1h ago`, and its errors
//! do not describe Go's format.

use std::time::Duration;

/// Why a text is not a duration.
#[derive(Clone, Debug, Eq, thiserror::Error, PartialEq)]
pub enum DurationError {
    /// The text is empty.
    #[error("it is empty")]
    Empty,
    /// The text has something else where a number is expected.
    #[error("a number is missing before \"{rest}\"")]
    NumberExpected {
        /// The rest of the text from there.
        rest: String,
    },
    /// The text after a number is not a unit.
    #[error("{}; the units are {UNITS}", lacking(number, found))]
    UnitExpected {
        /// The number without a unit.
        number: String,
        /// What follows the number instead of a unit.
        found: String,
    },
    /// More than 292 years, the most that Go can express.
    #[error("it is longer than 292 years")]
    TooLong,
}

/// The units that a duration can have.
pub const UNITS: &str = "h, m, s, ms, us, and ns";

fn lacking(number: &str, found: &str) -> String {
    if found.is_empty() {
        format!("{number} has no unit")
    } else {
        format!("\"{found}\" is not a unit")
    }
}

/// Parses a duration in Go's format.
///
/// # Errors
/// Returns a [`DurationError`] that says what is wrong with the text.
pub fn parse(text: &str) -> Result<Duration, DurationError> {
    if text.is_empty() {
        return Err(DurationError::Empty);
    }
    // Go allows zero without a unit.
    if text == "0" {
        return Ok(Duration::ZERO);
    }
    // The sum saturates, so that an error in the rest of the text is reported before the duration being too long.
    let mut total = 0_u128;
    let mut rest = text;
    while !rest.is_empty() {
        let (number, after_number) = split(rest, |c| c.is_ascii_digit() || c == '.');
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if number.trim_matches('.').is_empty() || fraction.contains('.') {
            let rest = rest.to_owned();
            return Err(DurationError::NumberExpected { rest });
        }
        let (unit, after_unit) = split(after_number, char::is_alphabetic);
        let unit = nanoseconds_of(unit).ok_or_else(|| DurationError::UnitExpected {
            number: number.to_owned(),
            found: unit.to_owned(),
        })?;
        let whole = digits(whole).fold(0_u128, |n, digit| {
            n.saturating_mul(10).saturating_add(digit)
        });
        total = total.saturating_add(whole.saturating_mul(unit));
        let mut place = unit;
        for digit in digits(fraction) {
            place /= 10;
            total = total.saturating_add(digit * place);
        }
        rest = after_unit;
    }
    match u64::try_from(total) {
        Ok(nanoseconds) if nanoseconds <= MOST_NANOSECONDS => Ok(Duration::from_nanos(nanoseconds)),
        _ => Err(DurationError::TooLong),
    }
}

/// The number of nanoseconds at which Go's durations end, in whole seconds.
const MOST_NANOSECONDS: u64 = 9_223_372_036 * 1_000_000_000;

fn split(text: &str, belongs: impl Fn(char) -> bool) -> (&str, &str) {
    let end = text.find(|c| !belongs(c)).unwrap_or(text.len());
    text.split_at(end)
}

fn digits(text: &str) -> impl Iterator<Item = u128> {
    text.chars().filter_map(|c| c.to_digit(10)).map(u128::from)
}

fn nanoseconds_of(unit: &str) -> Option<u128> {
    let second = 1_000_000_000;
    match unit {
        "ns" => Some(1),
        "us" | "µs" | "μs" => Some(1_000),
        "ms" => Some(1_000_000),
        "s" => Some(second),
        "m" => Some(60 * second),
        "h" => Some(3600 * second),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_in_the_form_of_go_are_read() {
        for (text, milliseconds) in [
            ("0", 0),
            ("30s", 30_000),
            ("2m", 120_000),
            ("1h5m", 3_900_000),
            ("1.5h", 5_400_000),
            ("250ms", 250),
            ("1m30.5s", 90_500),
            (".5m", 30_000),
            ("1.s", 1_000),
            ("0.1h0.001s", 360_001),
        ] {
            assert_eq!(
                parse(text),
                Ok(Duration::from_millis(milliseconds)),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_no_duration_is_refused_with_the_reason() {
        for (text, reason) in [
            ("", "it is empty"),
            (
                "30",
                "30 has no unit; the units are h, m, s, ms, us, and ns",
            ),
            (
                "30 s",
                "30 has no unit; the units are h, m, s, ms, us, and ns",
            ),
            (
                "5 minutes",
                "5 has no unit; the units are h, m, s, ms, us, and ns",
            ),
            (
                "2d",
                "\"d\" is not a unit; the units are h, m, s, ms, us, and ns",
            ),
            ("s", "a number is missing before \"s\""),
            ("-5s", "a number is missing before \"-5s\""),
            ("1.2.3s", "a number is missing before \"1.2.3s\""),
            ("9999999h", "it is longer than 292 years"),
            ("9223372037s", "it is longer than 292 years"),
            (
                "999999999999999999999999999999999999999999h",
                "it is longer than 292 years",
            ),
        ] {
            assert_eq!(parse(text).unwrap_err().to_string(), reason, "{text}");
        }
    }
}
