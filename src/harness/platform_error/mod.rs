//! Diagnostics for the platform's errors that concern no argument: the platform's own message, its hints, its
//! correlation id, and what to do.

mod cause;
pub(crate) mod program;
mod remedy;
pub(crate) mod route;

pub(crate) use cause::{cause, run_doctor, title};
pub(crate) use remedy::{remedy, remedy_of_lookup};

use std::error::Error;

use harness_platform::{ConnectorRef, Failure, PlatformError, Scope, connectors};
use tf_provider::diagnostic::{Again, Diagnostic, Shared};

use super::leaked_secret;
use super::wording::capitalized;
use super::wording::connector::referred_to;

/// Returns the diagnostic for a failed request. `summary` says what failed, such as "Connector could not be read". A
/// problem that affects all connectors is explained only with the first of them.
pub(crate) fn failed(
    summary: impl Into<String>,
    error: &PlatformError,
    connector: &ConnectorRef,
) -> Diagnostic {
    failed_for(summary, error, shared(error, connector))
}

/// Like [`failed`], for the connectors of a scope.
pub(crate) fn failed_in(
    summary: impl Into<String>,
    error: &PlatformError,
    scope: &Scope,
) -> Diagnostic {
    let connectors = format!("connectors in the {scope}");
    failed_for(summary, error, shared_about(error, scope, connectors))
}

fn failed_for(
    summary: impl Into<String>,
    error: &PlatformError,
    shared: Option<Shared>,
) -> Diagnostic {
    if let Some(finding) = shadowed(error) {
        return Diagnostic::error(summary, finding);
    }
    let finding = Diagnostic::error(summary, explained(error));
    match shared {
        Some(shared) => finding.sharing(shared),
        None => finding,
    }
}

/// Explains why a connector cannot be read or deleted if its identifier is a path of the API. Returns `None` if that is
/// not the cause.
fn shadowed(error: &PlatformError) -> Option<String> {
    let (parent, identifier) = error.call().rsplit_once('/')?;
    let is_path = parent.ends_with("/connectors") && connectors::PATHS.contains(&identifier);
    let is_answer = match error.failure() {
        Failure::Refused(refusal) => {
            refusal.is_from_platform() && refusal.status < 500 && cause(error).is_none()
        }
        Failure::Unexpected { .. } | Failure::MixedUp { .. } => true,
        _ => false,
    };
    (is_path && is_answer).then(|| {
        format!(
            "{}.\n\n\"{identifier}\" is also a path of Harness's API, and Harness answered for that path instead of \
             the connector. Delete the connector in the Harness UI, remove it from the state (`terraform state rm`), \
             and create it again with another `identifier`.",
            said(error)
        )
    })
}

/// Returns what a diagnostic shares with those about other connectors, or `None` if the error concerns only this one.
pub(crate) fn shared(error: &PlatformError, connector: &ConnectorRef) -> Option<Shared> {
    shared_about(error, &connector.scope, referred_to(connector))
}

fn shared_about(error: &PlatformError, scope: &Scope, object: String) -> Option<Shared> {
    let cause = cause(error)?;
    let again = again(Some(&object), &cause);
    let cause = if error.is_forbidden() {
        // Roles are assigned per scope.
        format!("{cause} in the {scope}")
    } else {
        cause
    };
    Some(Shared {
        causes: vec![cause],
        object,
        again: Some(again),
    })
}

/// Returns the one-line text for what has been explained already. It names its own object, because Terraform does not
/// when it destroys.
pub(crate) fn again(object: Option<&str>, cause: &str) -> Again {
    let before = match object {
        Some(object) => format!("{}: {cause}", capitalized(object)),
        None => cause.to_owned(),
    };
    Again {
        before: format!("{before}, as explained for "),
        after: format!(". {}", run_doctor()),
    }
}

/// Returns the error with everything that helps to fix it, as paragraphs.
pub(crate) fn explained(error: &PlatformError) -> String {
    explained_with(error, remedy(error))
}

/// Like [`explained`], for a command of this program.
pub(crate) fn explained_for_command(error: &PlatformError) -> String {
    explained_with(error, remedy::remedy_of_command(error))
}

fn explained_with(error: &PlatformError, remedy: Option<String>) -> String {
    let mut paragraphs = vec![format!("{}.", said(error))];
    paragraphs.extend(hints(error));
    paragraphs.extend(remedy);
    paragraphs.join("\n\n")
}

/// Returns the error and its causes in one line, without secrets: each error displays only its own layer.
pub(crate) fn said(error: &PlatformError) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    leaked_secret::removed_from(&text)
}

/// Returns what the platform says besides its message: hints, explanations, and validation errors.
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
        .map(|line| format!("- {}", leaked_secret::removed_from(&line)))
        .collect();
    (!lines.is_empty()).then(|| format!("Harness adds:\n{}", lines.join("\n")))
}
