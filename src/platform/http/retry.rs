//! Whether and when a failed request is sent again, as a pure value.
//!
//! | what happened | safe, idempotent | create |
//! |---|---|---|
//! | never sent: refused, host not resolved, connecting timed out | retry | retry |
//! | a proxy that is unreachable or unknown, or refuses its user | no | no |
//! | 429 | retry | retry: the platform has not processed it |
//! | 502, 503, 504, connection lost, response timed out | retry | no: it may have been created |
//! | 500 | retry, at most twice | no |
//! | turned away before anything happened, for a temporary reason | retry, at most twice | retry, at most twice |
//! | everything else | no | no |
//!
//! A request with an optional response is sent again only after a 429.
//!
//! If the outcome of a create is unknown, its caller checks whether the object exists. Waits grow exponentially with
//! full jitter. An ordered wait (from `Retry-After`, or from the process-wide pause after a 429) is obeyed, with a
//! little jitter on top, so that a hundred waiting requests do not return at once.

use std::time::{Duration, SystemTime};

use super::request::Effect;

/// How a failed request is retried. The defaults are those that the documentation promises.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct RetryPolicy {
    /// The upper limit of the first wait, which doubles with each further one. Default 500 ms.
    pub first_wait: Duration,
    /// The upper limit of every wait that is not ordered. Default 30 s.
    pub longest_wait: Duration,
    /// How often to retry after HTTP 500, or after being turned away. Default 2.
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

/// One failed attempt and its context.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Attempt {
    /// What sending the request a second time would do.
    pub effect: Effect,
    /// Whether the response is optional.
    pub is_optional: bool,
    /// How the attempt ended.
    pub outcome: Outcome,
    /// The attempt's number, counted from 1.
    pub number: u32,
    /// How many attempts of this request, including this one, ended with HTTP 500.
    pub internal_errors: u32,
    /// The time that the operation has spent so far on failed attempts and waits. After a 429, if longer, the time for
    /// which the platform has responded to this process only with 429.
    pub elapsed: Duration,
    /// The time that the operation may spend.
    pub budget: Duration,
    /// The wait that the response or the process-wide pause orders.
    pub ordered: Option<Duration>,
    /// A number in `[0, 1)`.
    pub random: f64,
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Outcome {
    /// A response with this error status.
    Status(u16),
    /// The platform limits the request rate, whatever the status.
    Limited,
    /// The request certainly never reached the platform.
    NeverSent,
    /// The platform refused before it did anything, and may not refuse next time.
    TurnedAway,
    /// The request was sent, and no complete response came back.
    Lost,
    /// The next attempt would fail in the same way.
    Permanent,
}

/// What to do next.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Decision {
    /// Send the request again after a wait.
    Retry {
        /// How long to wait.
        after: Duration,
    },
    /// Report the failure.
    GiveUp,
}

impl RetryPolicy {
    /// Decides what to do after a failed attempt.
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

/// Returns the wait that a `Retry-After` header orders: whole seconds, or an HTTP date relative to the time of day. A
/// date in the past means no wait; anything else is ignored.
pub(crate) fn retry_after(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        // More digits than 64 bits hold mean an endless wait, which exceeds the budget.
        return Some(value.parse().map_or(Duration::MAX, Duration::from_secs));
    }
    let date = http_date(value)?;
    let now = jiff::Timestamp::try_from(now).ok()?;
    let seconds = date.as_second().saturating_sub(now.as_second());
    Some(Duration::from_secs(u64::try_from(seconds).unwrap_or(0)))
}

/// Parses an HTTP date, such as `Sun, 06 Nov 1994 08:49:37 GMT`.
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
