//! The client: sends requests, classifies responses, retries, limits its rate, and stops when asked to.
//!
//! - The key is sent in one header, marked sensitive, and only to the endpoint's host: redirects are not followed. The
//!   one request that validates the key also has it as its body.
//! - The HTTPS client, and with it the system's roots, is created for the first request, because most processes of a
//!   Terraform command never send any.
//! - Every request names the account in its query; the header `Harness-Account` would be redundant.
//! - Connecting has its own time limit. A request was never sent if no connection has taken any of it.
//! - A body is read up to a limit, and only then examined. Bodies are logged only at trace level, redacted.

mod attempts;
mod config;
mod departure;
mod encoding;
mod exchange;
mod outcome;
#[cfg(any(test, feature = "testing"))]
#[allow(clippy::unwrap_used, clippy::missing_panics_doc, reason = "tests")]
pub mod testing;
#[cfg(test)]
#[allow(clippy::too_many_lines, reason = "tables are long")]
mod tests;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;
use tracing::Instrument;

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
pub use config::ClientConfig;
use departure::Departure;
use exchange::{Http, Received, Success, Wire, interpret, remove_key};
use outcome::{outcome, outcome_if_nothing_was_done};

/// How long a change in progress may continue after a cancellation. Most responses arrive within this time, and settle
/// whether the change happened.
const GRACE: Duration = Duration::from_millis(500);

/// A client of the platform, for one account. Clones share connections and rate limits.
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
    /// How many seconds the clock at the other end is ahead of this machine's, from the last response with a date.
    clock_ahead: Mutex<Option<i64>>,
}

impl Client {
    /// Creates a client, without connecting.
    ///
    /// # Errors
    /// Returns an error if the account is empty, a certificate cannot be used, the User-Agent cannot be sent, or the
    /// cap is zero.
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

    /// Creates a client that sends its requests through `wire`.
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

    /// Returns the account.
    pub fn account_id(&self) -> &str {
        &self.shared.config.account_id
    }

    /// Returns the endpoint.
    pub fn endpoint(&self) -> &Endpoint {
        &self.shared.config.endpoint
    }

    /// Returns how many seconds the clock of the last responder is ahead of this machine's (behind, if negative), to
    /// within a second or two. Returns `None` before a response with a date.
    pub fn clock_ahead(&self) -> Option<i64> {
        *locked(&self.shared.clock_ahead)
    }

    /// Waits before a caller makes its own next attempt, for example of a create that failed with `error` and turned
    /// out not to have happened. `attempt` is the number of the failed one, counted from 1. The retry policy decides
    /// whether and how long to wait, as for a repeatable request, and the wait counts against the same budget. As with
    /// internal errors, a missing permission or a response from something other than the platform is also worth another
    /// attempt.
    ///
    /// Returns false if there must be no next attempt: it would fail again, the time is up, or the operation was
    /// canceled.
    pub async fn pause(&self, operation: &Operation, attempt: u32, error: &PlatformError) -> bool {
        let shared = &self.shared;
        let decision = shared.policy.decide(&Attempt {
            // The caller has verified that the failed attempt changed nothing.
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

    /// Waits, by this client's clock, unless the operation is canceled first.
    pub async fn wait(&self, duration: Duration, operation: &Operation) {
        // The next request reports the cancellation.
        let _ = self.shared.sleep(duration, operation).await;
    }

    /// Sends a request until there is a response or another attempt is pointless, within the operation's time limit.
    ///
    /// Cancelling the operation immediately ends a wait or a request that changes nothing; a request that changes
    /// something has half a second more for its response.
    ///
    /// # Errors
    /// Returns what the platform or the network did with the last attempt; see [`PlatformError`].
    pub async fn send<A: FromAnswer>(
        &self,
        request: Request<A>,
        operation: &Operation,
    ) -> Result<Answer<A>, PlatformError> {
        let sent = self.shared.run(request.parts(), operation).await;
        self.concluded(request.parts(), operation, sent)
    }

    /// Sends a request once, for a caller that checks the outcome before each further attempt. If another attempt may
    /// succeed, returns [`Attempted::Again`] after the required wait. `attempts` counts all requests for one change.
    ///
    /// # Errors
    /// Returns the errors of [`Client::send`], or that another attempt may succeed.
    pub async fn attempt<A: FromAnswer>(
        &self,
        request: Request<A>,
        operation: &Operation,
        attempts: &mut Attempts,
    ) -> Result<Answer<A>, Attempted> {
        let parts = request.parts();
        let sent = match self.shared.attempt(parts, operation, attempts).await {
            Ok(success) => Ok((success, attempts.number)),
            Err(Attempted::Again) => return Err(Attempted::Again),
            Err(Attempted::Failed(error)) => Err(error),
        };
        self.concluded(parts, operation, sent)
            .map_err(Attempted::Failed)
    }

    /// Converts the end of the attempts to the requested type. Errors also say how the request was sent.
    fn concluded<A: FromAnswer>(
        &self,
        parts: &Parts,
        operation: &Operation,
        sent: Result<(Success, u32), PlatformError>,
    ) -> Result<Answer<A>, PlatformError> {
        let config = &self.shared.config;
        let answer = match sent {
            Ok((success, attempts)) => finish(config, parts, attempts, success),
            Err(error) => result(error),
        };
        answer.map_err(|error| {
            let proxy = config.proxy.as_ref().map(Proxy::to_string);
            error.through(proxy).within(operation)
        })
    }

    /// Reads a response as [`Client::send`] does, without sending or retrying anything, so that response parsing can be
    /// tested with arbitrary bytes.
    ///
    /// # Errors
    /// Returns the errors of [`Client::send`].
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
        match interpret(config, parts, received, &request_id(), now) {
            Ok(success) => finish(config, parts, 1, success),
            Err(failure) => result(error(parts, 1, failure)),
        }
    }
}

/// Converts a successful response to the requested type.
fn finish<A: FromAnswer>(
    config: &ClientConfig,
    parts: &Parts,
    attempts: u32,
    mut success: Success,
) -> Result<Answer<A>, PlatformError> {
    let correlation_id = success.correlation_id;
    let read = match success.items {
        Some(items) => {
            let mut items = items.values().map(|mut item| {
                if let Some(Value::Object(members)) = &mut item {
                    remove_key(config, members);
                }
                item
            });
            A::from_page(&mut success.body, &mut items)
        }
        None => A::from_body(&mut success.body),
    };
    let failure = match read {
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
                    // It names a connector, and connector settings still contain the key if they did before.
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

/// Converts an error response to the requested type, if the error is a valid result.
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
    /// Runs the loop of attempts, independent of the response type. Returns the response and the number of attempts.
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

    /// Makes one attempt, with the waits before and after it.
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
        // The retry budget covers only time without progress, not waits for a place in the queue.
        let now = self.clock.now();
        let duration = now.saturating_duration_since(sent);
        let elapsed = operation.lost().saturating_add(duration);
        let decision = self.decide(parts, attempts, &failure, slot, now, elapsed);
        // The operation's own time limit also applies.
        let remaining = operation.remaining(now).unwrap_or(Duration::MAX);
        let after = match decision {
            Decision::Retry { after } if after < remaining => after,
            Decision::Retry { .. } | Decision::GiveUp => {
                if decision != Decision::GiveUp || remaining.is_zero() {
                    operation.cut_short();
                }
                // The caller may check the outcome and try again, within the same budget.
                if failure.leaves_outcome_unknown() {
                    operation.lose(duration);
                }
                return Err(attempts.end(error(parts, attempts.number, failure)));
            }
        };
        // An endpoint that cannot be reached takes all of the time, so the log says early what is going on.
        if attempts.number == 1 && outcome(&failure) == Outcome::NeverSent {
            tracing::info!(
                reason = %failure,
                retry_timeout_ms = millis(self.config.retry_timeout),
                "no connection; trying again"
            );
        }
        // The next attempt, or its error, must know what this one may have done.
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

    /// Records a failed attempt, and decides what to do next. `elapsed` is the time that counts against the retry budget.
    fn decide(
        &self,
        parts: &Parts,
        attempts: &mut Attempts,
        failure: &Failure,
        slot: Slot,
        now: Instant,
        mut elapsed: Duration,
    ) -> Decision {
        let outcome = outcome(failure);
        let mut ordered = match failure {
            Failure::Refused(refusal) => refusal.retry_after,
            _ => None,
        };
        // A rate limit slows down all requests; any other response of the platform ends that.
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
        // Whether and when to retry is a pure function of all this.
        self.policy.decide(&Attempt {
            effect: parts.effect,
            is_optional: parts.patience.is_some(),
            outcome,
            number: attempts.number,
            internal_errors: attempts.internal_errors,
            elapsed,
            budget: self.config.retry_timeout,
            ordered,
            random: self.clock.random(),
        })
    }

    /// Makes one exchange: sends, waits, classifies, and logs.
    async fn exchange(
        &self,
        parts: &Parts,
        operation: &Operation,
        sent: Instant,
    ) -> Result<Success, Failure> {
        let request_id = request_id();
        // The earlier limit applies: the request's own, or the rest of the operation's.
        let limit = parts.timeout.unwrap_or(self.config.request_timeout);
        let limit = parts.patience.map_or(limit, |patience| patience.min(limit));
        let limit = operation
            .remaining(sent)
            .map_or(limit, |remaining| remaining.min(limit));
        let departure = Departure::default();
        let exchange = self.wire.exchange(parts, &request_id, limit, &departure);
        tokio::pin!(exchange);
        // A canceled change has been sent; its response says whether it happened, so wait for it a little longer.
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
        // `doctor` reports a wrong clock, which makes certificates look expired.
        let time_of_day = self.clock.time_of_day();
        if let Some(date) = received.date.as_deref().and_then(http_date)
            && let Ok(now) = jiff::Timestamp::try_from(time_of_day)
        {
            *locked(&self.clock_ahead) = Some(date.as_second().saturating_sub(now.as_second()));
        }
        let status = received.status;
        let interpreted = interpret(&self.config, parts, received, &request_id, time_of_day);
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
            // If another request has met a 429 in the meantime, wait until the end of the new pause.
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

/// Locks a mutex. A panic elsewhere leaves a consistent value, because each value changes in one step.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Creates the error of a request after this many attempts.
fn error(parts: &Parts, attempts: u32, failure: Failure) -> PlatformError {
    PlatformError::new(call(parts), parts.effect, attempts, failure)
}

/// Describes the request in a few words.
fn call(parts: &Parts) -> String {
    format!("{} {}", parts.method, parts.path())
}

/// Returns a new random id, formatted as a UUID.
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
