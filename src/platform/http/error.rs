//! Why a request did not bring what was asked for, as a type with predicates.
//!
//! A [`PlatformError`] says one layer: the request and what the platform answered. Where the network failed, its
//! `source()` says how. It never holds the key, nor the body of a request.

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
    /// An answer with an error status, from the platform or from something on the way.
    Refused(Box<Refusal>),
    /// The account's policies denied the change; nothing was saved.
    Denied(Governance),
    /// A successful answer that is not the platform's: what it is, as the end of "the answer is …".
    Unexpected {
        /// The HTTP status.
        status: u16,
        /// What was found.
        what: String,
        /// The platform's name for the exchange, if it gave one.
        correlation_id: Option<String>,
    },
    /// A successful answer about something else than what was asked for: a cache or a proxy mixed answers up.
    MixedUp {
        /// What it is about, as the end of "the answer is about …".
        what: String,
        /// The platform's name for the exchange, if it gave one.
        correlation_id: Option<String>,
    },
    /// A redirect. None is followed: the key must not travel to another host.
    Redirected {
        /// The HTTP status.
        status: u16,
        /// The host to which it leads; `None` if there is none or it cannot be read.
        host: Option<String>,
    },
    /// No answer, or not all of it.
    Transport(TransportError),
    /// Terraform asked to stop.
    Cancelled {
        /// Whether the request was under way. If so, a change may have happened.
        in_flight: bool,
    },
    /// The operation's time limit had passed before the request was sent.
    OutOfTime,
    /// An identifier that no URL can carry; nothing was sent.
    Unsendable(UnsendableSegment),
    /// The HTTP client could not be made; nothing was sent.
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

    /// The error of a request that met this answer, for tests of what becomes of it.
    #[cfg(any(test, feature = "testing"))]
    pub fn of_answer(call: &str, status: u16, body: &str) -> Self {
        let refusal = Refusal::read(status, "application/json", body);
        let failure = Failure::Refused(Box::new(refusal));
        Self::new(call.to_owned(), Effect::Idempotent, 1, failure)
    }

    /// The error of a request that failed in this way, for tests of what becomes of it.
    #[cfg(any(test, feature = "testing"))]
    pub fn of_failure(call: &str, failure: Failure) -> Self {
        Self::new(call.to_owned(), Effect::Idempotent, 1, failure)
    }

    /// With what is known of the attempts before the last: the last answer with an error status, shown where the last
    /// attempt brought none, and whether one of them may have changed something.
    #[must_use]
    pub(crate) fn after(mut self, answer: Option<Box<Refusal>>, unknown: bool) -> Self {
        if !matches!(self.0.failure, Failure::Refused(_)) {
            self.0.earlier = answer;
        }
        self.0.earlier_unknown = unknown;
        self
    }

    /// The same of a client whose requests go through this proxy.
    #[must_use]
    pub(crate) fn through(mut self, proxy: Option<String>) -> Self {
        self.0.proxy = proxy;
        self
    }

    /// The same in this operation.
    #[must_use]
    pub(crate) fn within(mut self, operation: &Operation) -> Self {
        self.0.cut_short = operation.when_cut_short();
        self
    }

    /// Whether the time limit of its operation ended that, with this request or a later one.
    pub fn is_of_operation_cut_short(&self) -> bool {
        self.0.cut_short.is_true()
    }

    /// The proxy through which it was to go, as `scheme://host:port`: it may be what answered.
    pub fn proxy(&self) -> Option<&str> {
        self.0.proxy.as_deref()
    }

    /// How it failed.
    pub fn failure(&self) -> &Failure {
        &self.0.failure
    }

    /// The request, as `GET /ng/api/connectors/x`.
    pub fn call(&self) -> &str {
        &self.0.call
    }

    /// How often it was tried.
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// The last answer with an error status: of the last attempt, or of an earlier one if the last brought no answer.
    pub fn refusal(&self) -> Option<&Refusal> {
        match &self.0.failure {
            Failure::Refused(refusal) => Some(refusal),
            _ => self.0.earlier.as_deref(),
        }
    }

    /// The platform's name for the exchange, for its support.
    pub fn correlation_id(&self) -> Option<&str> {
        match &self.0.failure {
            Failure::Unexpected { correlation_id, .. }
            | Failure::MixedUp { correlation_id, .. } => correlation_id.as_deref(),
            _ => self.refusal()?.correlation_id.as_deref(),
        }
    }

    /// What the policies said, if they denied the change.
    pub fn denial(&self) -> Option<&Governance> {
        match &self.0.failure {
            Failure::Denied(governance) => Some(governance),
            _ => None,
        }
    }

    /// The platform says that this connector does not exist. Never true for a page in HTML, a proxy's 404 or a missing
    /// organization or project.
    pub fn is_not_found_connector(&self, connector: &ConnectorRef) -> bool {
        self.last(|refusal| refusal.is_connector_not_found(connector))
    }

    /// The platform says that this connector, or the organization or project around it, does not exist.
    pub fn is_gone(&self, connector: &ConnectorRef) -> bool {
        self.is_not_found_connector(connector) || self.is_gone_with_scope(connector)
    }

    /// The platform says that the organization or project around this connector does not exist.
    pub fn is_gone_with_scope(&self, connector: &ConnectorRef) -> bool {
        self.last(|refusal| refusal.is_scope_not_found(&connector.scope))
    }

    /// The platform says, to a delete, that there is no such connector. Its message names none, so the caller makes sure
    /// by reading.
    pub fn is_nothing_to_delete(&self) -> bool {
        self.last(|refusal| {
            refusal.is_from_platform()
                && matches!(refusal.status, 400 | 404)
                && (says(refusal, "No such connector found")
                    || refusal.missing() == Some(Missing::Connector))
        })
    }

    /// The platform says that the organization or project of the request does not exist; see [`missing`](Self::missing)
    /// for which.
    pub fn is_scope_not_found(&self) -> bool {
        matches!(
            self.missing(),
            Some(Missing::Organization | Missing::Project)
        )
    }

    /// What does not exist, if the platform says that something does not.
    pub fn missing(&self) -> Option<Missing> {
        match &self.0.failure {
            Failure::Refused(refusal) => refusal.missing(),
            _ => None,
        }
    }

    /// HTTP 401: the key is not valid, expired, or of another account.
    pub fn is_unauthorized(&self) -> bool {
        self.last(|refusal| refusal.status == 401)
    }

    /// HTTP 403: a permission is missing, or something on the way does not let the request pass.
    pub fn is_forbidden(&self) -> bool {
        self.last(|refusal| refusal.status == 403)
    }

    /// HTTP 429, or the platform's code for it.
    pub fn is_rate_limited(&self) -> bool {
        self.last(|refusal| refusal.status == 429 || refusal.has_code("TOO_MANY_REQUESTS"))
    }

    /// The identifier of a create is taken.
    pub fn is_already_exists(&self) -> bool {
        self.last(|refusal| {
            refusal.has_code("DUPLICATE_FIELD")
                || (refusal.has_code("INVALID_REQUEST")
                    && refusal.is_from_platform()
                    && says(refusal, "already exists"))
        })
    }

    /// Other entities refer to what was to be deleted.
    pub fn is_still_referenced(&self) -> bool {
        self.last(|refusal| refusal.has_code("ENTITY_REFERENCE_EXCEPTION"))
    }

    /// A forced delete is switched off in the account's settings.
    pub fn is_force_delete_disabled(&self) -> bool {
        self.last(|refusal| {
            refusal.has_code("INVALID_REQUEST") && says(refusal, "Force Delete is not enabled")
        })
    }

    /// Somebody else changed the same thing at the same moment; nothing was written.
    pub fn is_optimistic_lock(&self) -> bool {
        self.last(|refusal| refusal.has_code("OPTIMISTIC_LOCKING_EXCEPTION"))
    }

    /// The platform could not make (or end) the task by which it tests a connector again and again; nothing was changed.
    pub fn is_heartbeat_trouble(&self) -> bool {
        self.last(Refusal::is_heartbeat_trouble)
    }

    /// The same request may succeed later: HTTP 429, 500, 502, 503, 504, or no answer for another reason than TLS or size.
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

    /// Terraform asked to stop.
    pub fn is_cancelled(&self) -> bool {
        matches!(self.0.failure, Failure::Cancelled { .. })
    }

    /// Whether the change may have happened all the same: a request had gone out and no answer of the platform says what
    /// became of it (timeout, lost connection, cancellation, HTTP 5xx, an answer that is not the platform's own). Never for
    /// a request that changes nothing. The caller looks.
    pub fn outcome_unknown(&self) -> bool {
        self.0.effect != Effect::Safe
            && (self.0.earlier_unknown || self.0.failure.leaves_outcome_unknown())
    }

    /// Whether the last attempt was refused in this way.
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
    /// Whether a change, had it been one, may have happened.
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

/// What happened, without the request: `→ 503: the message`, `→ no answer`, `was cancelled`.
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

/// `GET /ng/api/connectors/x → 503: the message (correlation id …), after 4 attempts`: one layer, `source()` has the rest.
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

/// The HTTP client could not be made.
#[derive(Clone, Debug, Eq, thiserror::Error, PartialEq)]
#[non_exhaustive]
pub enum SetupError {
    /// The account's identifier is empty.
    #[error("the account id is empty")]
    NoAccount,
    /// A product name and version that no header can carry.
    #[error("the User-Agent contains characters that a header cannot have")]
    UserAgent,
    /// The file of certificates holds none.
    #[error(
        "the CA file contains no certificate; it needs PEM blocks that start with `-----BEGIN CERTIFICATE-----`"
    )]
    NoCertificate,
    /// A certificate of the file cannot be read.
    #[error("certificate {number} of the CA file cannot be used: {reason}")]
    Certificate {
        /// Which, counted from 1.
        number: usize,
        /// Why.
        reason: String,
    },
    /// The key cannot be sent.
    #[error(transparent)]
    ApiKey(#[from] ApiKeyError),
    /// A request cap of zero.
    #[error("`max_requests_per_minute` is 0; it must be at least 1")]
    NoRequestsAllowed,
    /// TLS or the system's roots could not be set up.
    #[error("the HTTPS client cannot be set up: {reason}")]
    Tls {
        /// Why.
        reason: String,
    },
}
