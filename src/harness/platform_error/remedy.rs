//! What to do about an error that concerns no argument, for diagnostics of a run and for the program's own commands.
//! [`route`](super::route) has the counterpart for `doctor`, which knows more about the machine.

use harness_platform::{
    Failure, PlatformError, Refusal, TlsProblem, TransportError, TransportKind,
};

use super::cause::{cause, run_doctor};
use crate::harness::wording::joined;

/// Who reads a remedy: what can be set depends on it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Reader {
    /// Someone who runs Terraform: the provider's arguments.
    Run,
    /// Someone who plans, about a lookup. The summary of such a warning says what happened, and no argument changes the
    /// time limit.
    Lookup,
    /// Someone who runs a command of this program: its options.
    Command,
}

impl Reader {
    /// Returns where the endpoint is set.
    fn endpoint(self) -> &'static str {
        match self {
            Self::Run | Self::Lookup => "the provider's `endpoint` (HARNESS_ENDPOINT)",
            Self::Command => "`--endpoint` (HARNESS_ENDPOINT)",
        }
    }

    /// Returns where the file with certificates is set.
    fn certificates(self) -> &'static str {
        match self {
            Self::Run | Self::Lookup => "`ca_certificate_file`",
            Self::Command => "`--ca-certificate-file`",
        }
    }
}

/// Returns what to do about an error that concerns no argument, or `None` if that depends on the request. Recommends
/// `doctor` if the access may be the cause.
pub(crate) fn remedy(error: &PlatformError) -> Option<String> {
    remedy_beside(limit(error), error, Reader::Run)
}

/// Like [`remedy`], for a command of this program: its time limits cannot be changed, and it has options instead of the
/// provider's arguments.
pub(super) fn remedy_of_command(error: &PlatformError) -> Option<String> {
    let limit = limit(error).map(|_| "Run the command again later if Harness is slow or down.");
    remedy_beside(limit, error, Reader::Command)
}

/// Returns what to do about a failed lookup, for which no setting changes the time limit.
pub(crate) fn remedy_of_lookup(error: &PlatformError) -> Option<String> {
    remedy_beside(None, error, Reader::Lookup)
}

fn remedy_beside(limit: Option<&str>, error: &PlatformError, reader: Reader) -> Option<String> {
    let mut remedy = match (limit, known_remedy(error, reader)) {
        // An endpoint that does not exist will not recover.
        (Some(limit), Some(remedy)) if is_unreachable(error) => format!("{remedy} {limit}"),
        (Some(limit), Some(remedy)) => format!("{limit} {remedy}"),
        (limit, remedy) => remedy.or(limit.map(str::to_owned))?,
    };
    if let Some(proxy) = error.proxy().filter(|_| is_foreign(error)) {
        remedy = format!("{remedy} Requests go through the proxy {proxy}.");
    }
    // `doctor` would also be slowed down by a rate limit, and finds out nothing more about a permission that Harness names.
    let is_known = error.is_rate_limited() || !missing_permissions(error).is_empty();
    if cause(error).is_some() && !is_known {
        return Some(format!("{remedy} {}", run_doctor()));
    }
    Some(remedy)
}

/// Returns whether no attempt reached the endpoint: it may not exist, and a longer time limit hardly helps.
fn is_unreachable(error: &PlatformError) -> bool {
    let was_answered = error.refusal().is_some_and(Refusal::is_from_platform);
    matches!(error.failure(), Failure::Transport(transport) if transport.never_sent() && !was_answered)
}

/// Returns the sentence about the provider's time limit that ended a request or its retries. Returns `None` if no limit
/// did, or if the operation's own limit came first, which has its own diagnostics.
fn limit(error: &PlatformError) -> Option<&'static str> {
    let has_timed_out = matches!(
        error.failure(),
        Failure::Transport(transport)
            if matches!(transport.kind(), TransportKind::TimedOut(_)) && !transport.never_sent()
    );
    // An error of the platform itself is retried only a few times, whatever the time.
    let is_retried = error.attempts() > 1 && error.is_transient() && !error.is_rate_limited();
    let is_counted = matches!(error.failure(), Failure::Refused(refusal) if refusal.status == 500);
    if error.is_of_operation_cut_short() {
        None
    } else if has_timed_out && error.call().contains("/testConnection/") {
        Some(
            "A connection test has a fixed limit of 150 s, because Harness waits two minutes for a delegate. Check \
             that a delegate that can run the test is connected.",
        )
    } else if is_retried && !is_counted {
        Some(
            "The provider's `retry_timeout` ended the attempts. Increase it if Harness takes longer to recover.",
        )
    } else if has_timed_out {
        Some(
            "The provider's `request_timeout` ended the request. Increase it if Harness responds slowly.",
        )
    } else {
        None
    }
}

fn known_remedy(error: &PlatformError, reader: Reader) -> Option<String> {
    let endpoint = reader.endpoint();
    let text = if error.is_unauthorized() {
        let settings = match reader {
            Reader::Run | Reader::Lookup => {
                "HARNESS_PLATFORM_API_KEY (or the provider's `platform_api_key`) and `account_id`"
            }
            Reader::Command => "HARNESS_PLATFORM_API_KEY and `--account-id` (HARNESS_ACCOUNT_ID)",
        };
        format!(
            "The API key is not valid, has expired, or belongs to another account. Check {settings}."
        )
    } else if error.is_forbidden() && !is_foreign(error) {
        // A 403 from a proxy or firewall says nothing about the key's permissions; it is handled with foreign
        // responses below.
        forbidden(error)
    } else if error.is_rate_limited() {
        match reader {
            Reader::Run => {
                "Harness is rate-limiting this API key. Run fewer operations in parallel (`-parallelism=2`), set the \
                 provider's `max_requests_per_minute`, or increase its `retry_timeout`."
            }
            Reader::Lookup => {
                "Run fewer operations in parallel (`-parallelism=2`), or set the provider's `max_requests_per_minute`."
            }
            Reader::Command => {
                "Harness is rate-limiting this API key. Wait a few minutes, and run the command again."
            }
        }
        .to_owned()
    } else if error.is_already_exists() || error.is_scope_not_found() {
        // Only the caller knows which argument of the request this is about.
        return None;
    } else {
        match error.failure() {
            Failure::Refused(refusal) if !refusal.is_from_platform() => {
                let found = match reader {
                    Reader::Run | Reader::Command => "This response did not come from Harness. ",
                    Reader::Lookup => "",
                };
                format!(
                    "{found}Check {endpoint}, the proxy settings (HTTPS_PROXY, NO_PROXY), firewalls, and IP allowlists."
                )
            }
            Failure::Redirected { .. } => {
                format!(
                    "Set {endpoint} to the base URL of Harness's API, such as https://app.harness.io/gateway. It must not \
                     redirect, for example from http:// to https:// or to a sign-in page."
                )
            }
            Failure::Unexpected { .. } => {
                format!(
                    "Check {endpoint}: it must be the base URL of Harness's API, such as https://app.harness.io/gateway."
                )
            }
            Failure::MixedUp { .. } => {
                "A proxy or cache in front of Harness may have mixed up responses. Run the command again; if \
                 that does not help, check for one."
                    .to_owned()
            }
            Failure::Transport(transport) => network(transport, reader),
            Failure::Cancelled { .. } => {
                "The run was interrupted. Run `terraform plan` again to see what is left to do.".to_owned()
            }
            _ => return None,
        }
    };
    Some(text)
}

/// Returns whether the response is not Harness's own.
fn is_foreign(error: &PlatformError) -> bool {
    match error.failure() {
        Failure::Refused(refusal) => !refusal.is_from_platform(),
        Failure::Unexpected { .. } | Failure::MixedUp { .. } | Failure::Redirected { .. } => true,
        _ => false,
    }
}

/// Returns what to do about a failed or broken connection.
fn network(error: &TransportError, reader: Reader) -> String {
    let (endpoint, certificates) = (reader.endpoint(), reader.certificates());
    match error.kind() {
        TransportKind::ProxyAuthentication => {
            "Put the username and password into the proxy's URL, as in `http://user:password@host:port`, in \
             HTTPS_PROXY (or HTTP_PROXY for an http:// endpoint, or ALL_PROXY). Percent-encode special characters, \
             such as `%40` for `@`."
                .to_owned()
        }
        TransportKind::Tls if error.is_at_proxy() => {
            format!(
                "Start the proxy's URL in HTTPS_PROXY (or HTTP_PROXY for an http:// endpoint, or ALL_PROXY) with `http://`, \
                 unless the proxy itself uses TLS; most do not. For a private certificate authority, set {certificates}."
            )
        }
        // Before everything about the endpoint, which the request did not reach.
        _ if error.is_at_proxy() => {
            "Check the proxy's URL in HTTPS_PROXY (or HTTP_PROXY for an http:// endpoint, or ALL_PROXY). If Harness \
             can be reached without a proxy, add its host to NO_PROXY."
                .to_owned()
        }
        TransportKind::Tunnel => {
            "The proxy may block Harness, or be unable to reach it now. Ask the proxy's administrators. If Harness can \
             be reached without a proxy, add its host to NO_PROXY."
                .to_owned()
        }
        TransportKind::TooManyFields => {
            format!(
                "Check for a proxy or gateway in front of Harness that adds header fields, and check {endpoint}."
            )
        }
        // Certificates are only an issue on ports that use TLS.
        TransportKind::Tls if error.tls_problem() == Some(TlsProblem::NoTls) => {
            format!(
                "That port does not use TLS. Check the port of {endpoint}, and whether it should start with `http://`."
            )
        }
        TransportKind::Tls => {
            format!(
                "Check {endpoint}, the network, and the proxy settings (HTTPS_PROXY, NO_PROXY). For a private certificate \
                 authority, set {certificates}."
            )
        }
        _ => {
            format!(
                "Check {endpoint}, the network, and the proxy settings (HTTPS_PROXY, NO_PROXY)."
            )
        }
    }
}

/// Returns the permissions that Harness names as missing, for people; empty if it names none.
fn missing_permissions(error: &PlatformError) -> String {
    let refusal = error.refusal().filter(|_| error.is_forbidden());
    refusal.map_or_else(String::new, |refusal| {
        joined(&refusal.missing_permissions, "and")
    })
}

fn forbidden(error: &PlatformError) -> String {
    let missing = missing_permissions(error);
    if missing.is_empty() {
        return "The API key is not allowed to do this. Check its role in this scope (View, Create/Edit, Delete, and \
                Access on connectors), the account id, and any IP allowlist or proxy."
            .to_owned();
    }
    format!(
        "The API key is not allowed to do this: it lacks {missing}. Give its owner a role with that permission in this \
         scope."
    )
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use harness_platform::testing::Trial;
    use harness_platform::{Operation, connectors};
    use harness_sandbox::{Action, Answer, Fault, Options, Sandbox};
    use tokio_util::sync::CancellationToken;

    use super::*;

    use crate::harness::testing::config;

    /// Returns the error of a list that Harness answers with this status, whatever the attempt.
    async fn failed(status: u16) -> PlatformError {
        let platform = Sandbox::start(Options::default()).unwrap();
        let config = config(&platform, Duration::from_secs(20));
        let client = Trial::new(config, Duration::from_secs(30)).unwrap().client;
        let answer = Answer {
            status,
            ..Answer::default()
        };
        let fault = Fault::on("POST", "/ng/api/connectors/listV2", Action::Answer(answer));
        platform.script([fault.times(0)]).unwrap();
        let operation = Operation::new(CancellationToken::new());
        let request = connectors::list(&harness_platform::Scope::Account, None, 0);
        client
            .send(request, &operation)
            .await
            .map(drop)
            .unwrap_err()
    }

    #[tokio::test]
    async fn advice_for_a_command_names_no_argument_of_the_provider() {
        for (status, of_run) in [
            (503, "`retry_timeout`"),
            (429, "`retry_timeout`"),
            (401, "`platform_api_key`"),
        ] {
            let error = failed(status).await;
            let run = remedy(&error).unwrap();
            assert!(run.contains(of_run), "{run}");
            let command = remedy_of_command(&error).unwrap();
            assert!(!command.contains("provider's"), "{command}");
            assert!(!command.contains(of_run), "{command}");
        }
    }
}
