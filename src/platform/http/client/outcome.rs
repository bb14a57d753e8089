//! How a failed attempt counts for the retry policy.

use crate::http::error::Failure;
use crate::http::retry::Outcome;

/// Classifies a failure for the retry policy.
pub(super) fn outcome(failure: &Failure) -> Outcome {
    match failure {
        Failure::Refused(refusal) if refusal.is_rate_limited() => Outcome::Limited,
        Failure::Refused(refusal) if refusal.is_heartbeat_trouble() => Outcome::TurnedAway,
        Failure::Refused(refusal) => Outcome::Status(refusal.status),
        Failure::Transport(error) if !error.is_transient() => Outcome::Permanent,
        Failure::Transport(error) if error.never_sent() => Outcome::NeverSent,
        Failure::Transport(_) => Outcome::Lost,
        _ => Outcome::Permanent,
    }
}

/// Classifies a failure for the retry policy if the caller knows that nothing was changed.
pub(super) fn outcome_if_nothing_was_done(failure: &Failure) -> Outcome {
    let may_change = match failure {
        // New connectors, organizations, and projects get their permissions with a delay.
        Failure::Refused(refusal) => {
            let has_failed = refusal.is_from_platform() && refusal.status >= 500;
            refusal.status == 403 || !(refusal.is_own_word() || has_failed)
        }
        Failure::Unexpected { .. } | Failure::MixedUp { .. } | Failure::Redirected { .. } => true,
        _ => false,
    };
    match outcome(failure) {
        Outcome::Status(500 | 502..=504) => outcome(failure),
        _ if may_change => Outcome::TurnedAway,
        other => other,
    }
}
