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
    const WAY_OUT: &str = "Delete the connector in the Harness UI, remove it from the state (`terraform state rm`), and create \
                           it again with another `identifier`.";
    failed_with(WAY_OUT, summary, error, shared(error, connector))
}

/// Like [`failed`], for a connector that is imported: it is not in the state.
pub(crate) fn failed_import(
    summary: impl Into<String>,
    error: &PlatformError,
    connector: &ConnectorRef,
) -> Diagnostic {
    const WAY_OUT: &str = "It cannot be imported. Create the connector in Harness again with another Id, and import that.";
    failed_with(WAY_OUT, summary, error, shared(error, connector))
}

/// Like [`failed`], for the connectors of a scope that a data source, a list, or an action needs.
pub(crate) fn failed_in(
    summary: impl Into<String>,
    error: &PlatformError,
    scope: &Scope,
) -> Diagnostic {
    const WAY_OUT: &str = "Create the connector in Harness again with another Id, and write that.";
    let connectors = format!("connectors in the {scope}");
    failed_with(
        WAY_OUT,
        summary,
        error,
        shared_about(error, scope, connectors),
    )
}

fn failed_with(
    way_out: &str,
    summary: impl Into<String>,
    error: &PlatformError,
    shared: Option<Shared>,
) -> Diagnostic {
    if let Some(finding) = shadowed(error, way_out) {
        return Diagnostic::error(summary, finding);
    }
    let finding = Diagnostic::error(summary, explained(error));
    match shared {
        Some(shared) => finding.sharing(shared),
        None => finding,
    }
}

/// Explains why a connector cannot be read or deleted if its identifier is a path of the API; `way_out` says what to do.
/// Returns `None` if that is not the cause.
fn shadowed(error: &PlatformError, way_out: &str) -> Option<String> {
    let (parent, identifier) = error.call().rsplit_once('/')?;
    // With POST, it is that path: `POST /ng/api/connectors/listV2`.
    let is_path = !parent.starts_with("POST ")
        && parent.ends_with("/connectors")
        && connectors::PATHS.contains(&identifier);
    let is_answer = match error.failure() {
        Failure::Refused(refusal) => {
            refusal.is_from_platform() && refusal.status < 500 && cause(error).is_none()
        }
        Failure::Unexpected { .. } | Failure::MixedUp { .. } => true,
        _ => false,
    };
    (is_path && is_answer).then(|| {
        format!(
            "\"{identifier}\" is also a path of Harness's API, which answered for that path instead of the connector. \
             {way_out}\n\n{}.",
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identifier_that_is_a_path_gets_the_advice_that_fits_its_place() {
        let body =
            r#"{"status": "FAILURE", "code": "INVALID_REQUEST", "message": "No such thing"}"#;
        let error = |call| PlatformError::of_answer(call, 400, body);
        let connector = ConnectorRef::new(Scope::Account, "stats");
        let shadowed = error("GET /ng/api/connectors/stats");
        let of_import = failed_import("Not read", &shadowed, &connector);
        let of_query = failed_in("Not read", &shadowed, &Scope::Account);
        for (finding, advice, is_in_state) in [
            (
                failed("Not read", &shadowed, &connector),
                "another `identifier`",
                true,
            ),
            (of_import, "and import that", false),
            (of_query, "and write that", false),
        ] {
            for part in [
                "\"stats\" is also a path of Harness's API",
                advice,
                "No such thing",
            ] {
                assert!(finding.detail.contains(part), "{part}: {}", finding.detail);
            }
            assert_eq!(finding.detail.contains("terraform state rm"), is_in_state);
        }
        // Here, the path is what was requested.
        let list = error("POST /ng/api/connectors/listV2");
        let finding = failed_in("Not read", &list, &Scope::Account);
        assert!(
            !finding.detail.contains("also a path"),
            "{}",
            finding.detail
        );
    }
}
