//! What the platform answered, as a finding about no argument in particular: its own words, its hints, its correlation id,
//! and what to do about it. What it answers to changes is in [`refusals`](super::refusals).

use super::pasted;
use crate::platform::{Failure, PlatformError, RefusalBody};
use crate::tf_provider::diagnostic::Diagnostic;
use std::error::Error;

/// The finding about a request that failed. `summary` says what did not happen, such as "Connector could not be read".
pub(super) fn failed(summary: impl Into<String>, error: &PlatformError) -> Diagnostic {
    Diagnostic::error(summary, explained(error))
}

/// The error with everything that helps to mend it, as paragraphs of a finding.
pub(super) fn explained(error: &PlatformError) -> String {
    let mut paragraphs = vec![format!("{}.", said(error))];
    paragraphs.extend(hints(error));
    paragraphs.extend(remedy(error));
    paragraphs.join("\n\n")
}

/// The error and its causes in one line, without anything secret: each error displays its own layer only.
pub(super) fn said(error: &PlatformError) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    pasted::removed_from(&text)
}

/// What the platform says beside its message: hints, explanations, and what its validation found.
fn hints(error: &PlatformError) -> Option<String> {
    let refusal = error.refusal()?;
    let messages = refusal
        .response_messages
        .iter()
        .filter(|message| matches!(message.code.as_str(), "HINT" | "EXPLANATION"))
        .map(|message| message.message.clone());
    let fields = refusal
        .field_errors
        .iter()
        .map(|field| format!("{}: {}", field.field_id, field.error));
    let lines: Vec<String> = messages
        .chain(fields)
        .map(|line| format!("- {}", pasted::removed_from(&line)))
        .collect();
    (!lines.is_empty()).then(|| format!("Harness adds:\n{}", lines.join("\n")))
}

/// What to do about an error that is no argument's; `None` where that depends on what was asked for.
pub(super) fn remedy(error: &PlatformError) -> Option<String> {
    let text = if error.is_unauthorized() {
        "The API key is not valid, has expired, or belongs to another account. Check HARNESS_PLATFORM_API_KEY (or the \
         provider's `platform_api_key`) and `account_id`."
            .to_owned()
    } else if error.is_forbidden() {
        forbidden(error)
    } else if error.is_rate_limited() {
        "Harness limits the requests of this API key. Run with fewer operations side by side (`-parallelism=2`), set \
         the provider's `max_requests_per_minute`, or give it more time with `retry_timeout`."
            .to_owned()
    } else if error.is_already_exists() || error.is_scope_not_found() {
        return None;
    } else {
        match error.failure() {
            Failure::Refused(refusal) if refusal.body != RefusalBody::Platform => {
                "This answer is not Harness's own: a proxy, a firewall or a wrong `endpoint` gave it. Check the \
                 provider's `endpoint` (HARNESS_ENDPOINT) and the proxy settings (HTTPS_PROXY, NO_PROXY)."
                    .to_owned()
            }
            Failure::Unexpected { .. } | Failure::Redirected { .. } => {
                "Check the provider's `endpoint` (HARNESS_ENDPOINT): it must be the address of Harness's API, such as \
                 https://app.harness.io/gateway."
                    .to_owned()
            }
            Failure::MixedUp { .. } => {
                "Look for a proxy or cache between Terraform and Harness that mixes answers up, and run the command \
                 again."
                    .to_owned()
            }
            Failure::Transport(_) => {
                "Check the provider's `endpoint` (HARNESS_ENDPOINT), the network, and the proxy settings (HTTPS_PROXY, \
                 NO_PROXY); for a private certificate authority set `ca_certificate_file`."
                    .to_owned()
            }
            Failure::Cancelled { .. } => {
                "The run was interrupted. Run `terraform plan` again to see what is left to do.".to_owned()
            }
            Failure::OutOfTime => {
                "Give the operation more time, with `timeouts` in the resource or `retry_timeout` in the provider."
                    .to_owned()
            }
            _ => return None,
        }
    };
    Some(text)
}

fn forbidden(error: &PlatformError) -> String {
    let missing = error
        .refusal()
        .map(|refusal| refusal.missing_permissions.join(", "))
        .unwrap_or_default();
    if missing.is_empty() {
        return "The API key may not do this. Check its role in this scope (View, Create/Edit, Delete and Access on \
                connectors), the account id, and IP allow-lists or proxies on the way."
            .to_owned();
    }
    format!(
        "The API key may not do this: it lacks {missing}. Give its owner a role with that permission in this scope."
    )
}
