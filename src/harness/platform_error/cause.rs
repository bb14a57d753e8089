//! What happened to a request, in a few words, and whether it happens to every request.

use harness_platform::{Failure, PlatformError, TransportError, TransportKind};

use super::program;
use crate::harness::wording::joined;

/// Returns the sentence that recommends `doctor`.
pub(crate) fn run_doctor() -> String {
    format!("For a step-by-step check, run `{}`.", program::doctor())
}

/// Returns what makes every request fail, as the beginning of a sentence, or `None` if the error depends on the
/// request. Causes with different remedies have different texts.
pub(crate) fn cause(error: &PlatformError) -> Option<String> {
    let is_shared = match error.failure() {
        Failure::Refused(refusal) => {
            error.is_unauthorized()
                || error.is_forbidden()
                || error.is_rate_limited()
                || !refusal.is_from_platform()
        }
        Failure::Transport(transport) => !matches!(
            transport.kind(),
            TransportKind::TooLarge(_) | TransportKind::TooManyFields
        ),
        Failure::Unexpected { .. } | Failure::Redirected { .. } => true,
        _ => false,
    };
    is_shared.then(|| title(error))
}

/// Returns what happened to a request, in a few words.
pub(crate) fn title(error: &PlatformError) -> String {
    match error.failure() {
        Failure::Refused(_) if error.is_unauthorized() => "Harness refused the API key".to_owned(),
        Failure::Refused(_) if error.is_rate_limited() => {
            "Harness is rate-limiting this API key".to_owned()
        }
        Failure::Refused(refusal) if refusal.is_from_platform() => {
            let missing = joined(&refusal.missing_permissions, "and");
            match refusal.status {
                403 if missing.is_empty() => "The API key is not allowed to do this".to_owned(),
                403 => format!("The API key lacks {missing}"),
                status if status >= 500 => format!("Harness failed with HTTP {status}"),
                status => format!("Harness returned HTTP {status}"),
            }
        }
        Failure::Refused(refusal) => {
            format!("HTTP {} from something in front of Harness", refusal.status)
        }
        Failure::Unexpected { .. } => "Harness did not return the expected response".to_owned(),
        Failure::MixedUp { .. } => "Harness responded about something else".to_owned(),
        Failure::Redirected { .. } => "The endpoint redirects to another address".to_owned(),
        Failure::Transport(transport) => unreached(transport).to_owned(),
        // It did respond, but only to earlier attempts.
        Failure::OutOfTime if error.refusal().is_some_and(|it| it.status == 429) => {
            "Harness is rate-limiting this API key".to_owned()
        }
        Failure::OutOfTime => "Harness did not respond in time".to_owned(),
        _ => "A request could not be sent".to_owned(),
    }
}

fn unreached(error: &TransportError) -> &'static str {
    match error.kind() {
        TransportKind::Dns if error.is_at_proxy() => {
            "The proxy cannot be reached: unknown host name"
        }
        TransportKind::Refused if error.is_at_proxy() => {
            "The proxy cannot be reached: connection refused"
        }
        TransportKind::Tls if error.is_at_proxy() => {
            "The proxy cannot be reached: no secure connection"
        }
        TransportKind::ProxyAuthentication => "The proxy rejected the username or password",
        TransportKind::Tunnel => "The proxy did not connect to Harness",
        TransportKind::Dns => "Harness cannot be reached: unknown host name",
        TransportKind::Refused => "Harness cannot be reached: connection refused",
        TransportKind::Tls => "Harness cannot be reached: no secure connection",
        TransportKind::TimedOut(_) if error.never_sent() => {
            "Harness cannot be reached: connection timed out"
        }
        TransportKind::TimedOut(_) => "Harness did not respond in time",
        TransportKind::Lost | TransportKind::Cut => "The connection to Harness was lost",
        TransportKind::TooLarge(_) | TransportKind::TooManyFields => {
            "A response is too large for Harness's API"
        }
        _ => "Harness cannot be reached",
    }
}
