//! Whether and when a failed request is sent again: a pure value.
//!
//! | what happened | safe, idempotent | create |
//! |---|---|---|
//! | never sent: refused, host not resolved, no connection in time | again | again |
//! | a proxy that is not there, not known, or refuses its user | no | no |
//! | 429 | again | again: the platform has not looked at it |
//! | 502, 503, 504, connection lost, no answer in time | again | no: it may have been made |
//! | 500 | again, at most twice | no |
//! | turned away before anything happened, for a reason that passes | again, at most twice | again, at most twice |
//! | everything else | no | no |
//!
//! A request whose caller does without an answer is sent again after a 429 only.
//!
//! A create whose outcome is unknown is settled by its caller, who looks whether the thing exists. Waiting times grow
//! exponentially with full jitter. An ordered wait (by `Retry-After`, or by the pause that a 429 means for the whole process)
//! is obeyed, with a little jitter on top so that a hundred waiting requests do not return at once.

use std::time::{Duration, SystemTime};

use super::request::Effect;

/// How a failed request is tried again. The default is what the documentation promises.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct RetryPolicy {
    /// The upper limit of the first wait; it doubles with each further one. Default 500 ms.
    pub first_wait: Duration,
    /// The upper limit of every wait that is not ordered. Default 30 s.
    pub longest_wait: Duration,
    /// How often HTTP 500 is tried again, and what was turned away. Default 2.
    pub internal_error_retries: u32,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            first_wait: Duration::from_millis(500),
            longest_wait: Duration::from_secs(30),
            internal_error_retries: 2,
        }
    }
}

/// One failed attempt, and what is known around it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Attempt {
    /// What sending it a second time would do.
    pub effect: Effect,
    /// Whether its caller does without an answer.
    pub is_optional: bool,
    /// How it ended.
    pub outcome: Outcome,
    /// Which attempt it was, counted from 1.
    pub number: u32,
    /// How many attempts of this request, this one included, ended with HTTP 500.
    pub internal_errors: u32,
    /// The time that the operation has lost so far in failed attempts and waits; after a 429, if that is longer, the time
    /// for which the platform has answered nobody in this process otherwise.
    pub elapsed: Duration,
    /// The time that it may lose.
    pub budget: Duration,
    /// The wait that is ordered, by the answer or by the pace of the process.
    pub ordered: Option<Duration>,
    /// A number in `[0, 1)`.
    pub random: f64,
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Outcome {
    /// An answer with this error status.
    Status(u16),
    /// The platform slows this client down, whatever the status.
    Limited,
    /// The request surely never reached the platform.
    NeverSent,
    /// The platform refused before it did anything, and may not refuse the next time.
    TurnedAway,
    /// The request went out and no whole answer came back.
    Lost,
    /// The next attempt would end in the same way.
    Permanent,
}

/// What to do next.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Decision {
    /// Send it again after this time.
    Retry {
        /// How long to wait.
        after: Duration,
    },
    /// Report it.
    GiveUp,
}

impl RetryPolicy {
    /// What to do after a failed attempt.
    pub fn decide(&self, attempt: &Attempt) -> Decision {
        if !self.may_retry(attempt) {
            return Decision::GiveUp;
        }
        let after = self.wait(attempt);
        if attempt.elapsed.saturating_add(after) > attempt.budget {
            return Decision::GiveUp;
        }
        Decision::Retry { after }
    }

    fn may_retry(&self, attempt: &Attempt) -> bool {
        let repeatable = attempt.effect != Effect::Create;
        match attempt.outcome {
            Outcome::Limited | Outcome::Status(429) => true,
            _ if attempt.is_optional => false,
            Outcome::NeverSent => true,
            Outcome::TurnedAway => attempt.number <= self.internal_error_retries,
            Outcome::Lost | Outcome::Status(502..=504) => repeatable,
            Outcome::Status(500) => {
                repeatable && attempt.internal_errors <= self.internal_error_retries
            }
            Outcome::Status(_) | Outcome::Permanent => false,
        }
    }

    fn wait(&self, attempt: &Attempt) -> Duration {
        let random = attempt.random.clamp(0.0, 1.0);
        if let Some(ordered) = attempt.ordered {
            return ordered.saturating_add(self.first_wait.mul_f64(random));
        }
        let doublings = attempt.number.saturating_sub(1).min(16);
        let ceiling = self.first_wait.saturating_mul(1 << doublings);
        ceiling.min(self.longest_wait).mul_f64(random)
    }
}

/// The wait that a `Retry-After` header orders: whole seconds, or a date of HTTP, against the time of day. A date in the
/// past is no wait; what is neither is ignored.
pub(crate) fn retry_after(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        // More digits than 64 bits hold is a wait without end; the budget will say no.
        return Some(value.parse().map_or(Duration::MAX, Duration::from_secs));
    }
    let date = http_date(value)?;
    let now = jiff::Timestamp::try_from(now).ok()?;
    let seconds = date.as_second().saturating_sub(now.as_second());
    Some(Duration::from_secs(u64::try_from(seconds).unwrap_or(0)))
}

/// A date of HTTP, such as `Sun, 06 Nov 1994 08:49:37 GMT`.
pub(crate) fn http_date(value: &str) -> Option<jiff::Timestamp> {
    jiff::fmt::rfc2822::DateTimeParser::new()
        .parse_timestamp(value.trim())
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_mins(1);

    fn first(effect: Effect, outcome: Outcome) -> Attempt {
        Attempt {
            effect,
            is_optional: false,
            outcome,
            number: 1,
            internal_errors: u32::from(outcome == Outcome::Status(500)),
            elapsed: Duration::ZERO,
            budget: MINUTE,
            ordered: None,
            random: 0.5,
        }
    }

    fn decide(attempt: &Attempt) -> Decision {
        RetryPolicy::default().decide(attempt)
    }

    fn after(ms: u64) -> Decision {
        Decision::Retry {
            after: Duration::from_millis(ms),
        }
    }

    #[test]
    fn what_is_tried_again_depends_on_effect_and_outcome_alone() {
        for (outcome, repeatable, create) in [
            (Outcome::NeverSent, true, true),
            (Outcome::TurnedAway, true, true),
            (Outcome::Limited, true, true),
            (Outcome::Status(429), true, true),
            (Outcome::Lost, true, false),
            (Outcome::Status(500), true, false),
            (Outcome::Status(502), true, false),
            (Outcome::Status(503), true, false),
            (Outcome::Status(504), true, false),
            (Outcome::Status(400), false, false),
            (Outcome::Status(401), false, false),
            (Outcome::Status(403), false, false),
            (Outcome::Status(404), false, false),
            (Outcome::Status(408), false, false),
            (Outcome::Status(409), false, false),
            (Outcome::Status(422), false, false),
            (Outcome::Status(501), false, false),
            (Outcome::Status(505), false, false),
            (Outcome::Permanent, false, false),
        ] {
            for (effect, expected) in [
                (Effect::Safe, repeatable),
                (Effect::Idempotent, repeatable),
                (Effect::Create, create),
            ] {
                let retried = decide(&first(effect, outcome)) != Decision::GiveUp;
                assert_eq!(retried, expected, "{effect:?} {outcome:?}");
            }
        }
    }

    #[test]
    fn an_optional_request_is_sent_again_after_a_limit_only() {
        for (outcome, retried) in [
            (Outcome::Limited, true),
            (Outcome::Status(429), true),
            (Outcome::NeverSent, false),
            (Outcome::TurnedAway, false),
            (Outcome::Lost, false),
            (Outcome::Status(500), false),
            (Outcome::Status(503), false),
        ] {
            let attempt = Attempt {
                is_optional: true,
                ..first(Effect::Safe, outcome)
            };
            assert_eq!(decide(&attempt) != Decision::GiveUp, retried, "{outcome:?}");
        }
    }

    #[test]
    fn waits_double_with_full_jitter_up_to_a_limit() {
        for (number, random, decision) in [
            (1, 0.0, after(0)),
            (1, 0.5, after(250)),
            (2, 0.5, after(500)),
            (3, 0.5, after(1_000)),
            (7, 0.5, after(15_000)),
            (60, 0.5, after(15_000)),
            (u32::MAX, 0.0, after(0)),
        ] {
            let attempt = Attempt {
                number,
                random,
                ..first(Effect::Safe, Outcome::Lost)
            };
            assert_eq!(decide(&attempt), decision, "{number} {random}");
        }
    }

    #[test]
    fn an_ordered_wait_is_obeyed_with_a_little_jitter_on_top() {
        let attempt = Attempt {
            ordered: Some(Duration::from_secs(7)),
            ..first(Effect::Safe, Outcome::Status(503))
        };
        assert_eq!(decide(&attempt), after(7_250));
        let now = Attempt {
            ordered: Some(Duration::ZERO),
            random: 0.0,
            ..attempt
        };
        assert_eq!(decide(&now), after(0));
        let never = Attempt {
            ordered: Some(Duration::MAX),
            ..attempt
        };
        assert_eq!(decide(&never), Decision::GiveUp);
        let limited = Attempt {
            effect: Effect::Create,
            outcome: Outcome::Limited,
            number: 9,
            ..attempt
        };
        assert_eq!(
            decide(&limited),
            after(7_250),
            "it does not grow: the pause does"
        );
        let permanent = Attempt {
            outcome: Outcome::Status(403),
            ..attempt
        };
        assert_eq!(decide(&permanent), Decision::GiveUp);
    }

    #[test]
    fn nothing_is_tried_beyond_the_budget() {
        let attempt = Attempt {
            elapsed: Duration::from_millis(59_750),
            ..first(Effect::Safe, Outcome::Lost)
        };
        assert_eq!(decide(&attempt), after(250));
        let over = Attempt {
            elapsed: Duration::from_millis(59_751),
            ..attempt
        };
        assert_eq!(decide(&over), Decision::GiveUp);
        let none = Attempt {
            budget: Duration::ZERO,
            ..attempt
        };
        assert_eq!(decide(&none), Decision::GiveUp);
    }

    #[test]
    fn an_internal_error_is_tried_again_twice() {
        for (internal_errors, retried) in [(1, true), (2, true), (3, false)] {
            let attempt = Attempt {
                number: 9,
                internal_errors,
                random: 0.0,
                ..first(Effect::Safe, Outcome::Status(500))
            };
            assert_eq!(
                decide(&attempt) != Decision::GiveUp,
                retried,
                "{internal_errors}"
            );
        }
    }

    #[test]
    fn what_was_turned_away_is_tried_again_twice() {
        for (number, retried) in [(1, true), (2, true), (3, false)] {
            let attempt = Attempt {
                number,
                random: 0.0,
                ..first(Effect::Create, Outcome::TurnedAway)
            };
            assert_eq!(decide(&attempt) != Decision::GiveUp, retried, "{number}");
        }
    }

    #[test]
    fn retry_after_is_read_in_both_forms_and_nonsense_is_ignored() {
        // Sun, 06 Nov 1994 08:49:37 GMT
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
        for (value, wait) in [
            ("0", Some(0)),
            (" 120 ", Some(120)),
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(0)),
            ("Sun, 06 Nov 1994 08:50:07 GMT", Some(30)),
            ("Sun, 06 Nov 1994 08:00:00 GMT", Some(0)),
            ("", None),
            ("-5", None),
            ("1.5", None),
            ("soon", None),
        ] {
            assert_eq!(
                retry_after(value, now),
                wait.map(Duration::from_secs),
                "{value}"
            );
        }
        assert_eq!(
            retry_after("99999999999999999999999", now),
            Some(Duration::MAX)
        );
    }
}
