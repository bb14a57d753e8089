//! What the platform answered, as a finding about no argument in particular: its own words, its hints, its correlation id,
//! and what to do about it.

pub(crate) mod program;

use std::error::Error;

use harness_platform::{
    ConnectorRef, Failure, PlatformError, Scope, TransportError, TransportKind, connectors,
};
use tf_provider::diagnostic::{Again, Diagnostic, Shared};

use super::leaked_secret;

/// The finding about a request that failed. `summary` says what did not happen, such as "Connector could not be read".
/// What concerns all connectors alike is explained with the first of them.
pub(crate) fn failed(
    summary: impl Into<String>,
    error: &PlatformError,
    connector: &ConnectorRef,
) -> Diagnostic {
    if let Some(finding) = shadowed(error) {
        return Diagnostic::error(summary, finding);
    }
    let finding = Diagnostic::error(summary, explained(error));
    match shared(error, connector) {
        Some(shared) => finding.sharing(shared),
        None => finding,
    }
}

/// The same about the connectors of a scope.
pub(crate) fn failed_in(
    summary: impl Into<String>,
    error: &PlatformError,
    scope: &Scope,
) -> Diagnostic {
    if let Some(finding) = shadowed(error) {
        return Diagnostic::error(summary, finding);
    }
    let finding = Diagnostic::error(summary, explained(error));
    match shared_about(error, scope, format!("connectors in the {scope}")) {
        Some(shared) => finding.sharing(shared),
        None => finding,
    }
}

/// What it means that a connector cannot be read or deleted whose identifier is a path of the API's own; `None` if that is
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
            "{}.\n\n\"{identifier}\" is also a path of Harness's API, and Harness has answered for that path, not for a \
             connector of this identifier. Delete the connector in the Harness UI, remove it from the state (`terraform \
             state rm`), and create it with another `identifier`.",
            said(error)
        )
    })
}

/// What a finding about a connector shares with those about others; `None` if the error concerns this connector alone.
pub(crate) fn shared(error: &PlatformError, connector: &ConnectorRef) -> Option<Shared> {
    shared_about(error, &connector.scope, object(connector))
}

/// How findings about other connectors name this one.
pub(crate) fn object(connector: &ConnectorRef) -> String {
    let ConnectorRef { scope, identifier } = connector;
    match scope {
        Scope::Account => format!("connector \"{identifier}\""),
        Scope::Organization { .. } | Scope::Project { .. } => {
            format!("connector \"{identifier}\" in the {scope}")
        }
    }
}

fn shared_about(error: &PlatformError, scope: &Scope, object: String) -> Option<Shared> {
    let cause = cause(error)?;
    let again = again(Some(&object), &cause);
    let cause = if error.is_forbidden() {
        // A role is given in one scope.
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

/// The one line about what has been explained already. It names its own object, because Terraform does not where it
/// destroys.
pub(crate) fn again(object: Option<&str>, cause: &str) -> Again {
    let before = match object {
        Some(object) => format!("{}: {cause}", capitalised(object)),
        None => cause.to_owned(),
    };
    Again {
        before: format!("{before}, as explained for "),
        after: format!(". {}", run_doctor()),
    }
}

fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next();
    let first = first.into_iter().flat_map(char::to_uppercase);
    first.chain(characters).collect()
}

/// The sentence that leads to `doctor`.
pub(crate) fn run_doctor() -> String {
    format!(
        "To check the access to Harness step by step, run `{}`.",
        program::doctor()
    )
}

/// What keeps every request from succeeding, as the beginning of a sentence; `None` where the error is about what was asked
/// for. No two causes that need another remedy have the same words.
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

/// What happened to a request, in a few words.
pub(crate) fn title(error: &PlatformError) -> String {
    match error.failure() {
        Failure::Refused(_) if error.is_unauthorized() => "Harness refused the API key".to_owned(),
        Failure::Refused(_) if error.is_rate_limited() => {
            "Harness limits the requests of this API key".to_owned()
        }
        Failure::Refused(refusal) if refusal.is_from_platform() => {
            let missing = refusal.missing_permissions.join(", ");
            match refusal.status {
                403 if missing.is_empty() => "The API key may not do this".to_owned(),
                403 => format!("The API key lacks {missing}"),
                status if status >= 500 => format!("Harness failed with HTTP {status}"),
                status => format!("Harness answered with HTTP {status}"),
            }
        }
        Failure::Refused(refusal) => {
            format!("HTTP {} from something in front of Harness", refusal.status)
        }
        Failure::Unexpected { .. } => "An unexpected answer came instead of Harness's".to_owned(),
        Failure::MixedUp { .. } => "An answer came to another question".to_owned(),
        Failure::Redirected { .. } => "The endpoint redirects to another address".to_owned(),
        Failure::Transport(transport) => unreached(transport).to_owned(),
        Failure::OutOfTime => "Harness did not answer in time".to_owned(),
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
        TransportKind::ProxyAuthentication => "The proxy refuses its user or password",
        TransportKind::Tunnel => "The proxy opens no connection to Harness",
        TransportKind::Dns => "Harness cannot be reached: unknown host name",
        TransportKind::Refused => "Harness cannot be reached: connection refused",
        TransportKind::Tls => "Harness cannot be reached: no secure connection",
        TransportKind::TimedOut(_) if error.never_sent() => {
            "Harness cannot be reached: connection timed out"
        }
        TransportKind::TimedOut(_) => "Harness did not answer in time",
        TransportKind::Lost | TransportKind::Cut => "The connection to Harness was lost",
        TransportKind::TooLarge(_) | TransportKind::TooManyFields => {
            "An answer is too large to be Harness's"
        }
        _ => "Harness cannot be reached",
    }
}

/// The error with everything that helps to mend it, as paragraphs of a finding.
pub(crate) fn explained(error: &PlatformError) -> String {
    let mut paragraphs = vec![format!("{}.", said(error))];
    paragraphs.extend(hints(error));
    paragraphs.extend(remedy(error));
    paragraphs.join("\n\n")
}

/// The error and its causes in one line, without anything secret: each error displays its own layer only.
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
        .map(|line| format!("- {}", leaked_secret::removed_from(&line)))
        .collect();
    (!lines.is_empty()).then(|| format!("Harness adds:\n{}", lines.join("\n")))
}

/// Returns what to do about an error that concerns no argument; `None` if that depends on the request. Points to `doctor`
/// if the access may be the cause.
pub(crate) fn remedy(error: &PlatformError) -> Option<String> {
    remedy_beside(limit(error), error)
}

/// Returns the same about a look-up: what limits its time, nobody can set.
pub(crate) fn remedy_of_lookup(error: &PlatformError) -> Option<String> {
    remedy_beside(None, error)
}

fn remedy_beside(limit: Option<&str>, error: &PlatformError) -> Option<String> {
    let mut remedy = match (limit, known_remedy(error)) {
        (Some(limit), Some(remedy)) => format!("{limit} {remedy}"),
        (limit, remedy) => remedy.or(limit.map(str::to_owned))?,
    };
    if let Some(proxy) = error.proxy().filter(|_| is_foreign(error)) {
        remedy = format!("{remedy} The requests go through the proxy {proxy}.");
    }
    // `doctor` can only be slowed down by a limit, too.
    if cause(error).is_some() && !error.is_rate_limited() {
        return Some(format!("{remedy} {}", run_doctor()));
    }
    Some(remedy)
}

/// Returns the sentence about the provider's time limit that ended a request or the attempts at it; `None` if it was none,
/// or if the operation's own limit came first, about which its findings speak.
fn limit(error: &PlatformError) -> Option<&'static str> {
    let has_timed_out = matches!(
        error.failure(),
        Failure::Transport(transport)
            if matches!(transport.kind(), TransportKind::TimedOut(_)) && !transport.never_sent()
    );
    // An error of the platform itself is met a few times only, whatever the time.
    let is_retried = error.attempts() > 1 && error.is_transient() && !error.is_rate_limited();
    let is_counted = matches!(error.failure(), Failure::Refused(refusal) if refusal.status == 500);
    if error.is_of_operation_cut_short() {
        None
    } else if has_timed_out && error.call().contains("/testConnection/") {
        Some(
            "The connection test has 150 s, which is fixed: Harness waits two minutes for a delegate. Check that a delegate \
             that can run the test is connected.",
        )
    } else if is_retried && !is_counted {
        Some(
            "The provider's `retry_timeout` ended the attempts: give it more if Harness recovers later.",
        )
    } else if has_timed_out {
        Some(
            "The provider's `request_timeout` limits one request: give it more if Harness is slow to answer.",
        )
    } else {
        None
    }
}

fn known_remedy(error: &PlatformError) -> Option<String> {
    let text = if error.is_unauthorized() {
        "The API key is not valid, has expired, or belongs to another account. Check HARNESS_PLATFORM_API_KEY (or the \
         provider's `platform_api_key`) and `account_id`."
            .to_owned()
    } else if error.is_forbidden() && !is_foreign(error) {
        forbidden(error)
    } else if error.is_rate_limited() {
        "Harness limits the requests of this API key. Run with fewer operations side by side (`-parallelism=2`), set \
         the provider's `max_requests_per_minute`, or give it more time with `retry_timeout`."
            .to_owned()
    } else if error.is_already_exists() || error.is_scope_not_found() {
        return None;
    } else {
        match error.failure() {
            Failure::Refused(refusal) if !refusal.is_from_platform() => {
                "This answer is not Harness's own: a proxy, a firewall or a wrong `endpoint` gave it. Check the \
                 provider's `endpoint` (HARNESS_ENDPOINT), the proxy settings (HTTPS_PROXY, NO_PROXY), and IP allow-lists \
                 on the way."
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
            Failure::Transport(transport) => network(transport).to_owned(),
            Failure::Cancelled { .. } => {
                "The run was interrupted. Run `terraform plan` again to see what is left to do.".to_owned()
            }
            _ => return None,
        }
    };
    Some(text)
}

/// Whether the answer is none of Harness's own.
fn is_foreign(error: &PlatformError) -> bool {
    match error.failure() {
        Failure::Refused(refusal) => !refusal.is_from_platform(),
        Failure::Unexpected { .. } | Failure::MixedUp { .. } | Failure::Redirected { .. } => true,
        _ => false,
    }
}

/// What to do about a connection that did not come about, or broke.
fn network(error: &TransportError) -> &'static str {
    match error.kind() {
        TransportKind::ProxyAuthentication => {
            "Write the user and password into the address of the proxy: `http://user:password@host:port` in HTTPS_PROXY \
             (HTTP_PROXY for an endpoint with http://, or ALL_PROXY). Percent-encode special characters, such as `%40` \
             for `@`."
        }
        TransportKind::Tls if error.is_at_proxy() => {
            "Write `http://` before the proxy in HTTPS_PROXY (HTTP_PROXY for an endpoint with http://, or ALL_PROXY), \
             unless the proxy itself speaks TLS; most do not. For a private certificate authority set \
             `ca_certificate_file`."
        }
        _ if error.is_at_proxy() => {
            "Check the address of the proxy in HTTPS_PROXY (HTTP_PROXY for an endpoint with http://, or ALL_PROXY). If \
             Harness can be reached without a proxy, add its host to NO_PROXY."
        }
        TransportKind::Tunnel => {
            "The proxy may not be allowed to reach Harness, or cannot at the moment. Ask whoever runs it. If Harness can \
             be reached without a proxy, add its host to NO_PROXY."
        }
        TransportKind::TooManyFields => {
            "Look for a proxy or gateway between Terraform and Harness that adds header fields, and check the \
             provider's `endpoint` (HARNESS_ENDPOINT)."
        }
        _ => {
            "Check the provider's `endpoint` (HARNESS_ENDPOINT), the network, and the proxy settings (HTTPS_PROXY, \
             NO_PROXY); for a private certificate authority set `ca_certificate_file`."
        }
    }
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
