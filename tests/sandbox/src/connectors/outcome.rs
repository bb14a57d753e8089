//! The possible results of a connection test, and the two channels in which the platform reports them.
//!
//! Git and API failures come as HTTP 400: an ErrorDTO of code `HINT` with hint, explanation, and cause as its messages.
//! Failures on the way to a delegate come as HTTP 200 with `data.status` FAILURE. In both cases, the connector stores
//! the result as its status.

use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Connectivity;
use crate::reply::Reply;

/// A result of the connection test, in snake case in settings and in JSON.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Everything that was tested works.
    Success,
    /// Status `PARTIAL`, HTTP 200.
    Partial,
    /// Status `UNKNOWN`, HTTP 200.
    Unknown,
    /// The URL has no repository.
    BadUrl,
    /// The URL's host has no address.
    UnknownHost,
    /// Git refuses the credentials.
    NotAuthorized,
    /// Bitbucket Cloud responds to Git with 410, as it does to an app password.
    AppPassword,
    /// Git refuses a token, and the platform says that it may have expired.
    TokenExpired,
    /// Bitbucket Cloud responds with 410 to a call across workspaces.
    AcrossWorkspaces,
    /// This authentication method is not supported.
    UnsupportedAuthentication,
    /// The SCM API refuses its credentials.
    ApiNotAuthorized,
    /// The SSH key is not in PEM format.
    SshKeyMalformed,
    /// The SSH key is not accepted, or its user is not `git`.
    SshRefused,
    /// The Git host does not respond.
    Timeout,
    /// A secret that the connector refers to no longer exists.
    MissingSecret,
    /// No delegate has the capability; code 460.
    NoCapableDelegate,
    /// The delegate does not respond; code 461.
    DelegateTimeout,
    /// No delegate is connected; code 462.
    NoDelegate,
    /// No delegate has all selectors; code 463.
    NoEligibleDelegate,
    /// The stored connector cannot be read; code 400.
    InvalidYaml,
    /// An internal failure, for example because of a secret of the wrong type; code 450.
    Unexpected,
}

/// A result with its details.
#[derive(Clone, Debug)]
pub(super) struct Finding {
    pub(super) outcome: Outcome,
    /// The URL or secret concerned.
    pub(super) subject: String,
    /// The delegate that ran the test.
    pub(super) delegate_id: Option<String>,
}

/// The channel that reports an outcome.
enum Channel {
    /// 200 with a status and no errors.
    Status(&'static str),
    /// 200 with status FAILURE, a summary, and an error code.
    Failure(&'static str, u16),
    /// 400 with hint and explanation.
    Hint(&'static str, &'static str, &'static str),
    /// 400 with one message.
    Refusal(&'static str),
}

impl Finding {
    pub(super) fn new(outcome: Outcome, subject: &str) -> Self {
        Self {
            outcome,
            subject: subject.to_owned(),
            delegate_id: None,
        }
    }

    /// Returns what the connector stores.
    pub(super) fn connectivity(&self, now: i64, former: &Connectivity) -> Connectivity {
        let failed = |summary: &str, reason: &str, code: u16| Connectivity {
            status: "FAILURE",
            error_summary: Some(summary.to_owned()),
            errors: json!([{"reason": reason, "message": summary, "code": code}]),
            tested_at: now,
            last_connected_at: former.last_connected_at,
        };
        match self.outcome.channel() {
            Channel::Status(status) => Connectivity {
                status,
                error_summary: None,
                errors: Value::Null,
                tested_at: now,
                last_connected_at: if status == "SUCCESS" {
                    now
                } else {
                    former.last_connected_at
                },
            },
            Channel::Failure(summary, code) => failed(summary, "Unexpected Error", code),
            Channel::Hint(hint, explanation, _) => failed(explanation, hint, 450),
            Channel::Refusal(message) => failed(message, "Invalid request", 450),
        }
    }

    /// Returns the response of `testConnection`.
    pub(super) fn reply(
        &self,
        connectivity: &Connectivity,
        task_id: &str,
        no_delegate_status: u16,
    ) -> Reply {
        match self.outcome.channel() {
            Channel::Failure(summary, 460..=463) if no_delegate_status == 400 => {
                Reply::invalid_request(summary)
            }
            Channel::Status(_) | Channel::Failure(..) => Reply::data(json!({
                "status": connectivity.status, "errors": connectivity.errors,
                "errorSummary": connectivity.error_summary, "testedAt": connectivity.tested_at,
                "delegateId": self.delegate_id, "taskId": task_id,
            })),
            Channel::Hint(hint, explanation, cause) => {
                let cause = format!("Invalid request: {cause}: {}", self.subject);
                let chain = [
                    ("HINT", "INFO", hint),
                    ("EXPLANATION", "INFO", explanation),
                    ("INVALID_REQUEST", "ERROR", cause.as_str()),
                ];
                let metadata =
                    json!({"type": "ConnectorValidationErrorMetaData", "taskId": task_id});
                Reply::chain("HINT", hint, &chain, metadata).with_status(StatusCode::BAD_REQUEST)
            }
            Channel::Refusal(message) => {
                Reply::invalid_request(&format!("{message}: {}", self.subject))
            }
        }
    }
}

impl Outcome {
    fn channel(self) -> Channel {
        use Channel::{Failure, Hint, Refusal, Status};
        const BAD_URL: &str = "Provided repo url is invalid.";
        const CONNECT: &str = "Couldn't connect to given repo";
        match self {
            Self::Success => Status("SUCCESS"),
            Self::Partial => Status("PARTIAL"),
            Self::Unknown => Status("UNKNOWN"),
            Self::BadUrl => Hint("Please provide valid git repository url", BAD_URL, CONNECT),
            Self::UnknownHost => Hint(
                "Please provide valid git repository url and ensure delegate to git provider connectivity",
                BAD_URL,
                CONNECT,
            ),
            Self::NotAuthorized => Hint(
                "Please ensure that the credentials are correct.",
                "Provided credentials are not authorized.",
                "not authorized",
            ),
            Self::AppPassword => Hint(
                "Please use an API token instead of an app password.",
                "App passwords are deprecated and must be replaced with API tokens (CHANGE-3222).",
                "The requested URL returned error: 410",
            ),
            Self::TokenExpired => Hint(
                "Please check your credentials (potential token expiration issue)",
                "Provided credentials are not authorized.",
                "not authorized",
            ),
            Self::AcrossWorkspaces => Hint(
                "Please ensure that the api access credentials are correct.",
                "The API across workspaces was removed (CHANGE-2770).",
                "Unable to list the repositories: HTTP 410",
            ),
            Self::UnsupportedAuthentication => Hint(
                "Please ensure that the authentication is supported by git provider.",
                "Authentication is not supported.",
                CONNECT,
            ),
            Self::ApiNotAuthorized => Hint(
                "Please ensure that the api access credentials are correct.",
                "Provided api access credentials are not authorized.",
                "Unable to list the repositories",
            ),
            Self::SshKeyMalformed => Hint(
                "Please provide valid git ssh private key in PEM format.",
                "Provided ssh key uses incorrect format.",
                "Private key is either malformed or not correct",
            ),
            Self::SshRefused => Hint(
                "Please provide correct git ssh private key with 'git' username.",
                "Provided ssh credentials are not authorized.",
                "Authorization not successful.",
            ),
            Self::Timeout => Hint(
                "Please ensure that git scm has connectivity from delegate or harness platform",
                "Git connection timed out",
                CONNECT,
            ),
            Self::MissingSecret => Refusal("No secret configured with identifier"),
            Self::NoCapableDelegate => {
                Failure("No eligible delegate(s) in account to execute task.", 460)
            }
            Self::DelegateTimeout => {
                Failure("Delegate task was never executed and timed out.", 461)
            }
            Self::NoDelegate => Failure(" No Delegate Found ", 462),
            Self::NoEligibleDelegate => Failure(
                " No Delegate Found ( No Delegate Eligible to perform the request)",
                463,
            ),
            Self::InvalidYaml => Failure("Invalid Yaml", 400),
            Self::Unexpected => Failure("Unexpected Error", 450),
        }
    }
}
