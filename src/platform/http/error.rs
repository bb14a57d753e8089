//! Why a request failed, as a type with predicates.
//!
//! A [`PlatformError`] describes one layer: the request and the platform's response. If the network failed, its
//! `source()` says how. It never contains the key or the body of a request.

use std::error::Error;
use std::fmt;

use super::api_key::ApiKeyError;
use super::operation::{CutShort, Operation};
use super::request::{Effect, UnsendableSegment};
use super::transport::TransportError;
use crate::response::governance::Governance;
use crate::response::refusal::{Missing, Refusal};
use crate::scope::ConnectorRef;

/// A request that failed, after all its attempts.
pub struct PlatformError(Box<Inner>);

struct Inner {
    call: String,
    effect: Effect,
    attempts: u32,
    failure: Failure,
    earlier: Option<Box<Refusal>>,
    earlier_unknown: bool,
    proxy: Option<String>,
    cut_short: CutShort,
}

/// How a request failed.
#[derive(Debug)]
#[non_exhaustive]
pub enum Failure {
    /// An error response, from the platform or from something on the way.
    Refused(Box<Refusal>),
    /// The account's policies denied the change; nothing was saved.
    Denied(Governance),
    /// A successful response that is not the platform's.
    Unexpected {
        /// The HTTP status.
        status: u16,
        /// What was found, as the end of "the response is …".
        what: String,
        /// The platform's correlation id, if it sent one.
        correlation_id: Option<String>,
    },
    /// A successful response about another object than requested: a cache or a proxy mixed up responses.
    MixedUp {
        /// What the response is about, as the end of "the response is about …".
        what: String,
        /// The platform's correlation id, if it sent one.
        correlation_id: Option<String>,
    },
    /// A redirect. Redirects are not followed, because the key must not travel to another host.
    Redirected {
        /// The HTTP status.
        status: u16,
        /// The host to which it leads, or `None` if it is missing or cannot be read.
        host: Option<String>,
    },
    /// No response, or an incomplete one.
    Transport(TransportError),
    /// Terraform asked to stop.
    Cancelled {
        /// Whether the request was in progress. If so, a change may have happened.
        in_flight: bool,
    },
    /// The operation timed out before the request was sent.
    OutOfTime,
    /// An identifier that no URL can contain; nothing was sent.
    Unsendable(UnsendableSegment),
    /// The HTTP client could not be created; nothing was sent.
    Setup(SetupError),
}

impl PlatformError {
    pub(crate) fn new(call: String, effect: Effect, attempts: u32, failure: Failure) -> Self {
        Self(Box::new(Inner {
            call,
            effect,
            attempts,
            failure,
            earlier: None,
            earlier_unknown: false,
            proxy: None,
            cut_short: CutShort::default(),
        }))
    }

    /// Creates the error for an error response, for tests.
    #[cfg(any(test, feature = "testing"))]
    pub fn of_answer(call: &str, status: u16, body: &str) -> Self {
        let refusal = Refusal::read(status, "application/json", body);
        let failure = Failure::Refused(Box::new(refusal));
        Self::new(call.to_owned(), Effect::Idempotent, 1, failure)
    }

    /// Creates the error for a failure, for tests.
    #[cfg(any(test, feature = "testing"))]
    pub fn of_failure(call: &str, failure: Failure) -> Self {
        Self::new(call.to_owned(), Effect::Idempotent, 1, failure)
    }

    /// Adds what is known about earlier attempts: the last error response, which is shown if the last attempt got none,
    /// and whether one of them may have changed something.
    #[must_use]
    pub(crate) fn after(mut self, answer: Option<Box<Refusal>>, unknown: bool) -> Self {
        if !matches!(self.0.failure, Failure::Refused(_)) {
            self.0.earlier = answer;
        }
        self.0.earlier_unknown = unknown;
        self
    }

    /// Adds the proxy that the client uses.
    #[must_use]
    pub(crate) fn through(mut self, proxy: Option<String>) -> Self {
        self.0.proxy = proxy;
        self
    }

    /// Adds the operation to which the request belongs.
    #[must_use]
    pub(crate) fn within(mut self, operation: &Operation) -> Self {
        self.0.cut_short = operation.when_cut_short();
        self
    }

    /// Returns whether the operation's time limit was reached, with this request or a later one.
    pub fn is_of_operation_cut_short(&self) -> bool {
        self.0.cut_short.is_true()
    }

    /// Returns the proxy for the request, as `scheme://host:port`. The response may have come from it.
    pub fn proxy(&self) -> Option<&str> {
        self.0.proxy.as_deref()
    }

    /// Returns how the request failed.
    pub fn failure(&self) -> &Failure {
        &self.0.failure
    }

    /// Returns the request, as `GET /ng/api/connectors/x`.
    pub fn call(&self) -> &str {
        &self.0.call
    }

    /// Returns the number of attempts.
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// Returns the last error response: of the last attempt, or of an earlier one if the last got no response.
    pub fn refusal(&self) -> Option<&Refusal> {
        match &self.0.failure {
            Failure::Refused(refusal) => Some(refusal),
            _ => self.0.earlier.as_deref(),
        }
    }

    /// Returns the platform's correlation id, for its support.
    pub fn correlation_id(&self) -> Option<&str> {
        match &self.0.failure {
            Failure::Unexpected { correlation_id, .. }
            | Failure::MixedUp { correlation_id, .. } => correlation_id.as_deref(),
            _ => self.refusal()?.correlation_id.as_deref(),
        }
    }

    /// Returns what the policies reported, if they denied the change.
    pub fn denial(&self) -> Option<&Governance> {
        match &self.0.failure {
            Failure::Denied(governance) => Some(governance),
            _ => None,
        }
    }

    /// Returns whether the platform reports that this connector does not exist. Never true for an HTML page, a proxy's
    /// 404, or a missing organization or project.
    pub fn is_not_found_connector(&self, connector: &ConnectorRef) -> bool {
        self.last(|refusal| refusal.is_connector_not_found(connector))
    }

    /// Returns whether the platform reports that this connector, or its organization or project, does not exist.
    pub fn is_gone(&self, connector: &ConnectorRef) -> bool {
        self.is_not_found_connector(connector) || self.is_gone_with_scope(connector)
    }

    /// Returns whether the platform reports that the organization or project of this connector does not exist.
    pub fn is_gone_with_scope(&self, connector: &ConnectorRef) -> bool {
        self.last(|refusal| refusal.is_scope_not_found(&connector.scope))
    }

    /// Returns whether the platform reports, for a delete, that there is no such connector. The message does not name
    /// it, so the caller must verify this by reading.
    pub fn is_nothing_to_delete(&self) -> bool {
        self.last(|refusal| {
            refusal.is_from_platform()
                && matches!(refusal.status, 400 | 404)
                && (says(refusal, "No such connector found")
                    || refusal.missing() == Some(Missing::Connector))
        })
    }

    /// Returns whether the platform reports that the organization or project of the request does not exist;
    /// [`missing`](Self::missing) says which.
    pub fn is_scope_not_found(&self) -> bool {
        matches!(
            self.missing(),
            Some(Missing::Organization | Missing::Project)
        )
    }

    /// Returns what does not exist, if the platform reports that something does not.
    pub fn missing(&self) -> Option<Missing> {
        match &self.0.failure {
            Failure::Refused(refusal) => refusal.missing(),
            _ => None,
        }
    }

    /// Returns whether this is HTTP 401: the key is invalid, expired, or belongs to another account.
    pub fn is_unauthorized(&self) -> bool {
        self.last(|refusal| refusal.status == 401)
    }

    /// Returns whether this is HTTP 403: a permission is missing, or something on the way blocked the request.
    pub fn is_forbidden(&self) -> bool {
        self.last(|refusal| refusal.status == 403)
    }

    /// Returns whether this is HTTP 429, or the platform's code for it.
    pub fn is_rate_limited(&self) -> bool {
        self.last(Refusal::is_rate_limited)
    }

    /// Returns whether the identifier of a create is taken.
    pub fn is_already_exists(&self) -> bool {
        self.last(|refusal| {
            refusal.has_code("DUPLICATE_FIELD")
                || (refusal.has_code("INVALID_REQUEST")
                    && refusal.is_from_platform()
                    && says(refusal, "already exists"))
        })
    }

    /// Returns whether other entities still use the object to delete.
    pub fn is_still_referenced(&self) -> bool {
        self.last(|refusal| refusal.has_code("ENTITY_REFERENCE_EXCEPTION"))
    }

    /// Returns whether forced deletes are turned off in the account's settings.
    pub fn is_force_delete_disabled(&self) -> bool {
        self.last(|refusal| {
            refusal.has_code("INVALID_REQUEST") && says(refusal, "Force Delete is not enabled")
        })
    }

    /// Returns whether someone else changed the object at the same time; nothing was written.
    pub fn is_optimistic_lock(&self) -> bool {
        self.last(|refusal| refusal.has_code("OPTIMISTIC_LOCKING_EXCEPTION"))
    }

    /// Returns whether the platform could not create (or end) a connector's recurring test task; nothing was changed.
    pub fn is_heartbeat_trouble(&self) -> bool {
        self.last(Refusal::is_heartbeat_trouble)
    }

    /// Returns whether the request may succeed later: HTTP 429, 500, 502, 503, 504, or no response for a reason other
    /// than TLS or size.
    pub fn is_transient(&self) -> bool {
        match &self.0.failure {
            Failure::Refused(_) => {
                self.is_rate_limited()
                    || self.last(|refusal| matches!(refusal.status, 500 | 502..=504))
            }
            Failure::Transport(error) => error.is_transient(),
            _ => false,
        }
    }

    /// Returns whether Terraform asked to stop.
    pub fn is_cancelled(&self) -> bool {
        matches!(self.0.failure, Failure::Cancelled { .. })
    }

    /// Returns whether the change may have happened anyway: a request was sent, and no response of the platform says
    /// what it did (timeout, lost connection, cancellation, HTTP 5xx, or a response that is not the platform's). Never
    /// true for a request that changes nothing. The caller must check.
    pub fn outcome_unknown(&self) -> bool {
        self.0.effect != Effect::Safe
            && (self.0.earlier_unknown || self.0.failure.leaves_outcome_unknown())
    }

    /// Returns whether the last attempt was refused and `says` applies.
    fn last(&self, says: impl FnOnce(&Refusal) -> bool) -> bool {
        match &self.0.failure {
            Failure::Refused(refusal) => says(refusal),
            _ => false,
        }
    }
}

fn says(refusal: &Refusal, text: &str) -> bool {
    refusal
        .message
        .as_deref()
        .is_some_and(|message| message.contains(text))
}

impl Failure {
    /// Returns whether the request, if it was a change, may have happened.
    pub(crate) fn leaves_outcome_unknown(&self) -> bool {
        match self {
            Self::Refused(refusal) => refusal.leaves_outcome_unknown(),
            Self::Transport(error) => !error.never_sent(),
            Self::Cancelled { in_flight } => *in_flight,
            Self::Unexpected { .. } | Self::MixedUp { .. } | Self::Redirected { .. } => true,
            Self::Denied(_) | Self::OutOfTime | Self::Unsendable(_) | Self::Setup(_) => false,
        }
    }
}

/// Writes what happened, without the request: `→ 503: the message`, `→ no response`, `was canceled`.
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(refusal) => write!(f, "→ {refusal}"),
            Self::Denied(governance) => {
                f.write_str("→ denied by the account's policies")?;
                match &governance.message {
                    Some(message) => write!(f, ": {message}"),
                    None => Ok(()),
                }
            }
            Self::Unexpected {
                status,
                what,
                correlation_id,
            } => {
                write!(f, "→ {status}, but the response is {what}")?;
                write_correlation_id(f, correlation_id.as_deref())
            }
            Self::MixedUp {
                what,
                correlation_id,
            } => {
                write!(f, "→ a response about {what}")?;
                write_correlation_id(f, correlation_id.as_deref())
            }
            Self::Redirected {
                status,
                host: Some(host),
            } => write!(f, "→ {status}, a redirect to {host} that is not followed"),
            Self::Redirected { status, host: None } => {
                write!(f, "→ {status}, a redirect without a valid Location")
            }
            Self::Transport(_) => f.write_str("→ no response"),
            Self::Cancelled { in_flight: true } => f.write_str("was canceled in progress"),
            Self::Cancelled { in_flight: false } => f.write_str("was canceled"),
            Self::OutOfTime => f.write_str("was not sent, because the operation timed out"),
            Self::Unsendable(_) | Self::Setup(_) => f.write_str("was not sent"),
        }
    }
}

fn write_correlation_id(f: &mut fmt::Formatter<'_>, id: Option<&str>) -> fmt::Result {
    match id {
        Some(id) => write!(f, " (correlation id {id})"),
        None => Ok(()),
    }
}

/// Writes `GET /ng/api/connectors/x → 503: the message (correlation id …), after 4 attempts`. This is one layer;
/// `source()` has the rest.
impl fmt::Display for PlatformError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.0.call, self.0.failure)?;
        if self.0.attempts > 1 {
            write!(f, ", after {} attempts", self.0.attempts)?;
        }
        match &self.0.earlier {
            Some(earlier) => write!(f, "; the last response was {earlier}"),
            None => Ok(()),
        }
    }
}

impl Error for PlatformError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.0.failure {
            Failure::Transport(error) => Some(error),
            Failure::Unsendable(error) => Some(error),
            Failure::Setup(error) => Some(error),
            _ => None,
        }
    }
}

impl fmt::Debug for PlatformError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PlatformError")
            .field("call", &self.0.call)
            .field("attempts", &self.0.attempts)
            .field("failure", &self.0.failure)
            .field("earlier", &self.0.earlier)
            .finish_non_exhaustive()
    }
}

/// Why the HTTP client could not be created.
#[derive(Clone, Debug, Eq, thiserror::Error, PartialEq)]
#[non_exhaustive]
pub enum SetupError {
    /// The account id is empty.
    #[error("the account id is empty")]
    NoAccount,
    /// The product names and versions cannot be sent in a header.
    #[error("the User-Agent contains characters that a header cannot have")]
    UserAgent,
    /// The certificate file contains no certificate.
    #[error(
        "the CA file contains no certificate; it needs PEM blocks that start with `-----BEGIN CERTIFICATE-----`"
    )]
    NoCertificate,
    /// A certificate in the file cannot be read.
    #[error("certificate {number} of the CA file cannot be used: {reason}")]
    Certificate {
        /// The certificate's number, counted from 1.
        number: usize,
        /// The reason.
        reason: String,
    },
    /// The key cannot be sent.
    #[error(transparent)]
    ApiKey(#[from] ApiKeyError),
    /// The cap on requests is zero.
    #[error("`max_requests_per_minute` is 0; it must be at least 1")]
    NoRequestsAllowed,
    /// TLS or the system's roots could not be set up.
    #[error("the HTTPS client cannot be set up: {reason}")]
    Tls {
        /// The reason.
        reason: String,
    },
}
