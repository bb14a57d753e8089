//! The client: sends requests, judges answers, tries again, keeps the pace, stops when it is told to.
//!
//! - The key goes into one header, marked sensitive, and to the endpoint's host only: no redirect is followed. The one
//!   question that is about the key has it as its body too.
//! - The HTTPS client, and with it the system's roots, is made at the first request, since most processes of one Terraform
//!   command never send any.
//! - The account is named in the query of every request; the header `Harness-Account` would only say the same again.
//! - Connecting has a limit of its own. A request that no connection has taken any of was never sent.
//! - A body is read up to a limit and only then looked at. Bodies are logged at trace level only, redacted.

mod attempts;
mod departure;
mod encoding;
mod exchange;
#[cfg(any(test, feature = "testing"))]
#[allow(clippy::unwrap_used, clippy::missing_panics_doc, reason = "tests")]
pub mod testing;
#[cfg(test)]
#[allow(clippy::too_many_lines, reason = "tables are long")]
mod tests;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tracing::Instrument;

use super::api_key::ApiKey;
use super::clock::{Clock, SystemClock};
use super::endpoint::Endpoint;
use super::operation::Operation;
use super::proxy::Proxy;
use super::request::{Effect, Parts, Request};
use super::retry::{Attempt, Decision, Outcome, RetryPolicy, http_date};
use super::throttle::{Slot, Throttle};
use crate::http::error::{Failure, PlatformError, SetupError};
use crate::response::answer::{Answer, AnswerProblem, FromAnswer};
pub use attempts::{Attempted, Attempts};
use departure::Departure;
use exchange::{Http, Received, Success, Wire, interpret};

/// How long a change that is under way may still take when the operation is cancelled: most answers are there by then,
/// and an answer is worth more than an open question.
const GRACE: Duration = Duration::from_millis(500);
/// What a client needs to know.
#[derive(Clone, Debug)]
pub struct ClientConfig {
    /// Where the platform is.
    pub endpoint: Endpoint,
    /// The account for which all requests speak.
    pub account_id: String,
    /// The key.
    pub api_key: ApiKey,
    /// The `User-Agent`: products and versions.
    pub user_agent: String,
    /// The time limit of one request that has none of its own.
    pub request_timeout: Duration,
    /// How long one operation may lose in failed attempts and waits.
    pub retry_timeout: Duration,
    /// A cap for the whole process.
    pub max_requests_per_minute: Option<u32>,
    /// Certificates in PEM, trusted besides the system's roots.
    pub ca_certificate_pem: Option<Vec<u8>>,
    /// Through which proxy requests go; see [`proxy::for_endpoint`](super::proxy::for_endpoint).
    pub proxy: Option<Proxy>,
}

/// A client of the platform, for one account. Clones share the connections and the pace.
#[derive(Clone)]
pub struct Client {
    shared: Arc<Shared>,
}

struct Shared {
    config: Arc<ClientConfig>,
    wire: Box<dyn Wire>,
    policy: RetryPolicy,
    clock: Arc<dyn Clock>,
    throttle: Mutex<Throttle>,
    /// By how many seconds the clock at the other end is ahead of ours, as of the last answer that gave a date.
    clock_ahead: Mutex<Option<i64>>,
}

impl Client {
    /// A client that has not connected yet.
    ///
    /// # Errors
    /// If the account is empty, the certificates cannot be used, the User-Agent cannot be sent or the cap is zero.
    pub fn new(config: ClientConfig) -> Result<Self, SetupError> {
        Self::with(config, RetryPolicy::default(), Arc::new(SystemClock))
    }

    pub(crate) fn with(
        config: ClientConfig,
        policy: RetryPolicy,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, SetupError> {
        if config.account_id.trim().is_empty() {
            return Err(SetupError::NoAccount);
        }
        if config.max_requests_per_minute == Some(0) {
            return Err(SetupError::NoRequestsAllowed);
        }
        let config = Arc::new(config);
        let wire = Box::new(Http::new(Arc::clone(&config))?);
        Ok(Self::over(wire, config, policy, clock))
    }

    /// A client whose requests travel over this wire.
    fn over(
        wire: Box<dyn Wire>,
        config: Arc<ClientConfig>,
        policy: RetryPolicy,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let throttle = Throttle::new(config.max_requests_per_minute, config.retry_timeout);
        Self {
            shared: Arc::new(Shared {
                config,
                wire,
                policy,
                clock,
                throttle: Mutex::new(throttle),
                clock_ahead: Mutex::new(None),
            }),
        }
    }

    /// The account for which it speaks.
    pub fn account_id(&self) -> &str {
        &self.shared.config.account_id
    }

    /// Where it sends its requests.
    pub fn endpoint(&self) -> &Endpoint {
        &self.shared.config.endpoint
    }

    /// By how many seconds the clock of whoever answered last is ahead of this machine's (behind, if negative), to within
    /// a second or two; `None` before an answer with a date.
    pub fn clock_ahead(&self) -> Option<i64> {
        *locked(&self.shared.clock_ahead)
    }

    /// Waits before a caller's own next attempt: of a create, for instance, that failed with `error` and turned out not to
    /// have happened. `attempt` is the number of the failed one, counted from 1. Whether and how long is decided by the
    /// retry policy, as for a request that may be repeated, and counts against the same budget. What something else than
    /// the platform answered, and a missing permission, is worth another attempt too, as an internal error is.
    ///
    /// False if there shall be no next attempt: it would end in the same way, the time is up, or the operation was
    /// cancelled.
    pub async fn pause(&self, operation: &Operation, attempt: u32, error: &PlatformError) -> bool {
        let shared = &self.shared;
        let decision = shared.policy.decide(&Attempt {
            // The caller has made sure that the failed attempt changed nothing.
            effect: Effect::Idempotent,
            is_optional: false,
            outcome: outcome_if_nothing_was_done(error.failure()),
            number: attempt,
            internal_errors: attempt,
            elapsed: operation.lost(),
            budget: shared.config.retry_timeout,
            ordered: None,
            random: shared.clock.random(),
        });
        let Decision::Retry { after } = decision else {
            return false;
        };
        let in_time = operation
            .remaining(shared.clock.now())
            .is_none_or(|remaining| remaining > after);
        if !in_time {
            operation.cut_short();
        }
        operation.lose(after);
        in_time && shared.sleep(after, operation).await.is_ok()
    }

    /// Waits, by the clock of this client, unless the operation is cancelled first.
    pub async fn wait(&self, duration: Duration, operation: &Operation) {
        // Whoever goes on is told of the cancellation by the next request.
        let _ = self.shared.sleep(duration, operation).await;
    }

    /// Sends a request until it is answered or not worth another attempt, within the operation's time.
    ///
    /// Cancelling the operation ends a wait at once, and a request that changes nothing as well; one that changes something
    /// has half a second more for its answer.
    ///
    /// # Errors
    /// Says what the platform or the network did with the last attempt; see [`PlatformError`].
    pub async fn send<A: FromAnswer>(
        &self,
        request: Request<A>,
        operation: &Operation,
    ) -> Result<Answer<A>, PlatformError> {
        let parts = request.parts();
        let config = &self.shared.config;
        let answer = match self.shared.run(parts, operation).await {
            Ok((success, attempts)) => finish(config, parts, attempts, success),
            Err(error) => result(error),
        };
        answer.map_err(|error| {
            let proxy = config.proxy.as_ref().map(Proxy::to_string);
            error.through(proxy).within(operation)
        })
    }

    /// Sends a request once, for a caller who looks before each further attempt. Where another attempt may help, the wait
    /// for it is over when this returns [`Attempted::Again`]; `attempts` counts, for one change with all its requests.
    ///
    /// # Errors
    /// As [`Client::send`], or that another attempt may help.
    pub async fn attempt<A: FromAnswer>(
        &self,
        request: Request<A>,
        operation: &Operation,
        attempts: &mut Attempts,
    ) -> Result<Answer<A>, Attempted> {
        let parts = request.parts();
        let config = &self.shared.config;
        let answer = match self.shared.attempt(parts, operation, attempts).await {
            Ok(success) => finish(config, parts, attempts.number, success),
            Err(Attempted::Again) => return Err(Attempted::Again),
            Err(Attempted::Failed(error)) => result(error),
        };
        answer.map_err(|error| {
            let proxy = config.proxy.as_ref().map(Proxy::to_string);
            Attempted::Failed(error.through(proxy).within(operation))
        })
    }

    /// What [`Client::send`] makes of an answer to a request, with nothing sent and nothing tried again: so that any bytes can
    /// be thrown at whatever reads answers.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub fn read<A: FromAnswer>(
        &self,
        request: &Request<A>,
        status: u16,
        content_type: &str,
        body: &[u8],
    ) -> Result<Answer<A>, PlatformError> {
        let parts = request.parts();
        let received = Received {
            status,
            content_type: content_type.to_owned(),
            body: body.to_vec(),
            ..Received::default()
        };
        let (config, now) = (&self.shared.config, self.shared.clock.time_of_day());
        match interpret(config, received, &request_id(), now) {
            Ok(success) => finish(config, parts, 1, success),
            Err(failure) => result(error(parts, 1, failure)),
        }
    }
}

/// From a successful answer to what was asked for.
fn finish<A: FromAnswer>(
    config: &ClientConfig,
    parts: &Parts,
    attempts: u32,
    mut success: Success,
) -> Result<Answer<A>, PlatformError> {
    let correlation_id = success.correlation_id;
    let failure = match A::from_body(&mut success.body) {
        Ok(value) => {
            let topic = parts.topic.as_ref();
            match topic.and_then(|topic| value.mismatch_with(topic)) {
                None => {
                    return Ok(Answer {
                        value,
                        correlation_id,
                    });
                }
                Some(what) => Failure::MixedUp {
                    // It names a connector, whose settings still have what they had.
                    what: config.api_key.removed_from(&what),
                    correlation_id,
                },
            }
        }
        Err(AnswerProblem::Denied(governance)) => Failure::Denied(governance),
        Err(AnswerProblem::Unexpected(what)) => Failure::Unexpected {
            status: success.status,
            what,
            correlation_id,
        },
    };
    Err(error(parts, attempts, failure))
}

/// Of an answer with an error status: what was asked for, where that is a result all the same.
fn result<A: FromAnswer>(error: PlatformError) -> Result<Answer<A>, PlatformError> {
    let value = match error.failure() {
        Failure::Refused(refusal) => A::from_refusal(refusal),
        _ => None,
    };
    match value {
        Some(value) => Ok(Answer {
            value,
            correlation_id: error.correlation_id().map(str::to_owned),
        }),
        None => Err(error),
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("endpoint", &self.shared.config.endpoint)
            .field("account_id", &self.shared.config.account_id)
            .finish_non_exhaustive()
    }
}

impl Shared {
    /// The loop of attempts: the answer, and how many there were. It does not depend on the type of the answer.
    async fn run(
        &self,
        parts: &Parts,
        operation: &Operation,
    ) -> Result<(Success, u32), PlatformError> {
        let mut attempts = Attempts::default();
        loop {
            match self.attempt(parts, operation, &mut attempts).await {
                Ok(success) => return Ok((success, attempts.number)),
                Err(Attempted::Again) => {}
                Err(Attempted::Failed(error)) => return Err(error),
            }
        }
    }

    /// One attempt with the waits before and after it.
    async fn attempt(
        &self,
        parts: &Parts,
        operation: &Operation,
        attempts: &mut Attempts,
    ) -> Result<Success, Attempted> {
        let slot = match self.wait_for_turn(operation).await {
            Ok(slot) => slot,
            Err(failure) => return Err(attempts.end(error(parts, attempts.number, failure))),
        };
        attempts.number += 1;
        let sent = self.clock.now();
        let span = tracing::debug_span!(
            "platform_request",
            method = parts.method.as_str(),
            path = parts.path(),
            attempt = attempts.number,
        );
        let failure = match self.exchange(parts, operation, sent).instrument(span).await {
            Ok(success) => {
                self.throttle().answered(slot, self.clock.now());
                return Ok(success);
            }
            Err(failure) => failure,
        };
        // The budget for retries counts time that brought nothing: waits for a turn are not part of it.
        let now = self.clock.now();
        let duration = now.saturating_duration_since(sent);
        let mut elapsed = operation.lost().saturating_add(duration);
        let outcome = outcome(&failure);
        let mut ordered = match &failure {
            Failure::Refused(refusal) => refusal.retry_after,
            _ => None,
        };
        // What the failure says about the pace: a limit slows every request down; any other answer of the platform ends that.
        match outcome {
            Outcome::Limited => {
                let mut throttle = self.throttle();
                let pause = throttle.limited(slot, now, ordered);
                ordered = Some(ordered.map_or(pause, |ordered| ordered.max(pause)));
                elapsed = elapsed.max(throttle.limited_for(now));
            }
            Outcome::Status(500) => attempts.internal_errors += 1,
            Outcome::TurnedAway | Outcome::Status(400..=499) => {
                self.throttle().answered(slot, now);
            }
            _ => {}
        }
        // Whether and when to try again is a pure function of all this; the operation's own time limit comes on top.
        let decision = self.policy.decide(&Attempt {
            effect: parts.effect,
            is_optional: parts.patience.is_some(),
            outcome,
            number: attempts.number,
            internal_errors: attempts.internal_errors,
            elapsed,
            budget: self.config.retry_timeout,
            ordered,
            random: self.clock.random(),
        });
        let remaining = operation.remaining(now).unwrap_or(Duration::MAX);
        let after = match decision {
            Decision::Retry { after } if after < remaining => after,
            Decision::Retry { .. } | Decision::GiveUp => {
                if decision != Decision::GiveUp || remaining.is_zero() {
                    operation.cut_short();
                }
                // The caller may look what became of it and try again, within the same budget.
                if failure.leaves_outcome_unknown() {
                    operation.lose(duration);
                }
                return Err(attempts.end(error(parts, attempts.number, failure)));
            }
        };
        // The next attempt, or its error, knows what this one may have done.
        tracing::debug!(
            attempt = attempts.number,
            wait_ms = millis(after),
            "the request will be sent again"
        );
        operation.lose(duration.saturating_add(after));
        attempts.unknown |= failure.leaves_outcome_unknown();
        if let Failure::Refused(refusal) = failure {
            attempts.last_answer = Some(refusal);
        }
        match self.sleep(after, operation).await {
            Ok(()) => Err(Attempted::Again),
            Err(failure) => Err(attempts.end(error(parts, attempts.number, failure))),
        }
    }

    /// One exchange: sent, awaited, judged, logged.
    async fn exchange(
        &self,
        parts: &Parts,
        operation: &Operation,
        sent: Instant,
    ) -> Result<Success, Failure> {
        let request_id = request_id();
        // Whichever limit comes first: the request's own, or what is left of the operation.
        let limit = parts.timeout.unwrap_or(self.config.request_timeout);
        let limit = parts.patience.map_or(limit, |patience| patience.min(limit));
        let limit = operation
            .remaining(sent)
            .map_or(limit, |remaining| remaining.min(limit));
        let departure = Departure::default();
        let exchange = self.wire.exchange(parts, &request_id, limit, &departure);
        tokio::pin!(exchange);
        // A cancelled change is on its way: its answer says what became of it, so it is awaited a little longer.
        let received = tokio::select! {
            biased;
            received = &mut exchange => received,
            () = operation.cancelled() => {
                let grace = if parts.effect == Effect::Safe { Duration::ZERO } else { GRACE };
                tokio::select! {
                    biased;
                    received = &mut exchange => received,
                    () = self.clock.sleep(grace) => Err(Failure::Cancelled {
                        in_flight: departure.has_left(),
                    }),
                }
            }
        };
        let duration_ms = millis(self.clock.now().saturating_duration_since(sent));
        let received = received.inspect_err(|failure| {
            tracing::debug!(duration_ms, request_id, reason = %failure, "no answer");
        })?;
        // `doctor` reports a clock that is wrong, because certificates then look expired.
        let time_of_day = self.clock.time_of_day();
        if let Some(date) = received.date.as_deref().and_then(http_date)
            && let Ok(now) = jiff::Timestamp::try_from(time_of_day)
        {
            *locked(&self.clock_ahead) = Some(date.as_second().saturating_sub(now.as_second()));
        }
        let status = received.status;
        let interpreted = interpret(&self.config, received, &request_id, time_of_day);
        let correlation_id = match &interpreted {
            Ok(success) => success.correlation_id.as_deref(),
            Err(Failure::Refused(refusal)) => refusal.correlation_id.as_deref(),
            Err(_) => None,
        };
        let correlation_id = correlation_id.unwrap_or(&request_id);
        tracing::debug!(status, duration_ms, correlation_id, "answered");
        interpreted
    }

    /// Waits until this request may be sent.
    async fn wait_for_turn(&self, operation: &Operation) -> Result<Slot, Failure> {
        loop {
            let now = self.clock.now();
            if operation.is_cancelled() {
                return Err(Failure::Cancelled { in_flight: false });
            }
            let left = operation.remaining(now);
            let Some(slot) = self.throttle().reserve_within(now, left) else {
                operation.cut_short();
                return Err(Failure::OutOfTime);
            };
            let wait = slot.wait(now);
            if !wait.is_zero() {
                self.sleep(wait, operation).await?;
            }
            // A 429 to somebody else, meanwhile, sends everybody to the end of the new pause.
            if self.throttle().holds(slot) {
                return Ok(slot);
            }
        }
    }

    async fn sleep(&self, duration: Duration, operation: &Operation) -> Result<(), Failure> {
        tokio::select! {
            biased;
            () = operation.cancelled() => Err(Failure::Cancelled { in_flight: false }),
            () = self.clock.sleep(duration) => Ok(()),
        }
    }

    fn throttle(&self) -> MutexGuard<'_, Throttle> {
        locked(&self.throttle)
    }
}

/// What a panic elsewhere has left behind is still whole: each of these is changed in one step.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An error of a request after so many attempts.
fn error(parts: &Parts, attempts: u32, failure: Failure) -> PlatformError {
    PlatformError::new(call(parts), parts.effect, attempts, failure)
}

/// The request in a few words.
fn call(parts: &Parts) -> String {
    format!("{} {}", parts.method, parts.path())
}

/// How the retry policy sees a failure.
fn outcome(failure: &Failure) -> Outcome {
    match failure {
        Failure::Refused(refusal)
            if refusal.status == 429 || refusal.has_code("TOO_MANY_REQUESTS") =>
        {
            Outcome::Limited
        }
        Failure::Refused(refusal) if refusal.is_heartbeat_trouble() => Outcome::TurnedAway,
        Failure::Refused(refusal) => Outcome::Status(refusal.status),
        Failure::Transport(error) if !error.is_transient() => Outcome::Permanent,
        Failure::Transport(error) if error.never_sent() => Outcome::NeverSent,
        Failure::Transport(_) => Outcome::Lost,
        _ => Outcome::Permanent,
    }
}

/// How the retry policy sees a failure of which the caller knows that nothing came.
fn outcome_if_nothing_was_done(failure: &Failure) -> Outcome {
    let may_change = match failure {
        // New connectors, organizations and projects get their permissions with a delay.
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

/// A fresh id, in the form of a random UUID.
fn request_id() -> String {
    let id = fastrand::u128(..);
    let id = (id & !(0xf << 76) & !(0x3 << 62)) | (0x4 << 76) | (0x2 << 62);
    let hex = format!("{id:032x}");
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    format!(
        "{}-{}-{}-{}-{}",
        part(0, 8),
        part(8, 12),
        part(12, 16),
        part(16, 20),
        part(20, 32)
    )
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
