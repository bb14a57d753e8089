//! The client: sends requests, judges answers, tries again, keeps the pace, stops when it is told to.
//!
//! - The key goes into one header, marked sensitive, and to the endpoint's host only: no redirect is followed.
//! - The HTTPS client, and with it the system's roots, is made at the first request, since most processes of one Terraform
//!   command never send any.
//! - The account is named in the query of every request; the header `Harness-Account` would only say the same again.
//! - A body is read up to a limit and only then looked at. Bodies are logged at trace level only, redacted.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderValue, LOCATION, RETRY_AFTER, USER_AGENT};
use serde_json::{Map, Value};
use tokio::sync::OnceCell;
use tracing::Instrument;

use super::answer::{Answer, AnswerProblem, FromAnswer};
use super::api_key::ApiKey;
use super::clock::{Clock, SystemClock};
use super::endpoint::Endpoint;
use super::error::{Failure, PlatformError, SetupError};
use super::operation::Operation;
use super::redact::{redacted, redacted_text};
use super::refusal::Refusal;
use super::request::{Effect, Parts, Request};
use super::retry::{Attempt, Decision, Outcome, RetryPolicy, retry_after};
use super::text::harmless;
use super::throttle::Throttle;
use super::tls;
use super::transport::{TransportError, TransportKind};

/// The largest body that is read: a page of a hundred connectors is far below it.
const LARGEST_BODY: usize = 8 << 20;
/// How long a change that is under way may still take when the operation is cancelled: most answers are there by then,
/// and an answer is worth more than an open question.
const GRACE: Duration = Duration::from_millis(500);
/// How long a connection may take to come about, within the request's own limit.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// What a client needs to know.
#[derive(Debug, Clone)]
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
}

/// A client of the platform, for one account. Clones share the connections and the pace.
#[derive(Clone)]
pub struct Client {
    shared: Arc<Shared>,
}

struct Shared {
    config: ClientConfig,
    roots: Vec<reqwest::Certificate>,
    policy: RetryPolicy,
    clock: Arc<dyn Clock>,
    throttle: Mutex<Throttle>,
    http: OnceCell<reqwest::Client>,
}

/// An answer as it came.
struct Received {
    status: u16,
    content_type: String,
    location: Option<String>,
    retry_after: Option<String>,
    body: Vec<u8>,
}

/// A successful exchange, before anybody looks into it.
struct Exchange {
    status: u16,
    body: Map<String, Value>,
    correlation_id: Option<String>,
    attempts: u32,
}

impl Client {
    /// A client that has not connected yet.
    ///
    /// # Errors
    /// If the account is empty, the certificates cannot be used, the User-Agent cannot be sent or the cap is zero.
    pub fn new(config: ClientConfig) -> Result<Self, SetupError> {
        Self::with(config, RetryPolicy::default(), Arc::new(SystemClock))
    }

    pub(super) fn with(
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
        HeaderValue::from_str(&config.user_agent).map_err(|_| SetupError::UserAgent)?;
        let roots = match &config.ca_certificate_pem {
            Some(pem) => tls::certificates(pem)?,
            None => Vec::new(),
        };
        Ok(Self {
            shared: Arc::new(Shared {
                throttle: Mutex::new(Throttle::new(config.max_requests_per_minute)),
                roots,
                config,
                policy,
                clock,
                http: OnceCell::new(),
            }),
        })
    }

    /// The account for which it speaks.
    pub fn account_id(&self) -> &str {
        &self.shared.config.account_id
    }

    /// Where it sends its requests.
    pub fn endpoint(&self) -> &Endpoint {
        &self.shared.config.endpoint
    }

    /// Waits before a caller's own next attempt at something whose `attempt`-th try (counted from 1) was lost, as long as
    /// the retry policy has it. False: the operation's time is up, or it was cancelled; there shall be no next attempt.
    pub async fn pause(&self, operation: &Operation, attempt: u32) -> bool {
        let shared = &self.shared;
        let decision = shared.policy.decide(&Attempt {
            // The caller has made sure that the lost attempt changed nothing.
            effect: Effect::Idempotent,
            outcome: Outcome::Lost,
            number: attempt,
            internal_errors: 0,
            elapsed: operation.lost(),
            budget: shared.config.retry_timeout,
            retry_after: None,
            random: shared.clock.random(),
        });
        let Decision::Retry { after } = decision else {
            return false;
        };
        let in_time = operation
            .remaining(shared.clock.now())
            .is_none_or(|remaining| remaining > after);
        operation.lose(after);
        in_time && shared.sleep(after, operation).await.is_ok()
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
        let exchange = match self.shared.run(parts, operation).await {
            Ok(exchange) => exchange,
            Err(error) => {
                let result = match error.failure() {
                    Failure::Refused(refusal) => A::from_refusal(refusal),
                    _ => None,
                };
                return match result {
                    Some(value) => Ok(Answer {
                        value,
                        correlation_id: error.correlation_id().map(str::to_owned),
                    }),
                    None => Err(error),
                };
            }
        };
        match A::from_body(&exchange.body) {
            Ok(value) => Ok(Answer {
                value,
                correlation_id: exchange.correlation_id,
            }),
            Err(problem) => {
                let failure = match problem {
                    AnswerProblem::Denied(governance) => Failure::Denied(governance),
                    AnswerProblem::Unexpected(what) => Failure::Unexpected {
                        status: exchange.status,
                        what,
                        correlation_id: exchange.correlation_id,
                    },
                };
                Err(error(parts, exchange.attempts, failure))
            }
        }
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
    /// The loop of attempts. It does not depend on the type of the answer.
    async fn run(&self, parts: &Parts, operation: &Operation) -> Result<Exchange, PlatformError> {
        let mut number = 0;
        let mut internal_errors = 0;
        let mut earlier: Option<Box<Refusal>> = None;
        let mut unknown = false;
        loop {
            number += 1;
            let sent = match self.wait_for_turn(operation).await {
                Ok(()) => self.clock.now(),
                Err(failure) => {
                    return Err(error(parts, number - 1, failure).after(earlier, unknown));
                }
            };
            let span = tracing::debug_span!(
                "platform_request",
                method = parts.method.as_str(),
                path = parts.path(),
                attempt = number,
            );
            let failure = match self.attempt(parts, operation, sent).instrument(span).await {
                Ok((status, body, correlation_id)) => {
                    self.throttle().speed_up();
                    return Ok(Exchange {
                        status,
                        body,
                        correlation_id,
                        attempts: number,
                    });
                }
                Err(failure) => failure,
            };
            let now = self.clock.now();
            operation.lose(now.saturating_duration_since(sent));
            let outcome = outcome(&failure);
            let ordered = match &failure {
                Failure::Refused(refusal) => refusal.retry_after,
                _ => None,
            };
            match outcome {
                Outcome::Limited => self.throttle().slow_down(sent, now, ordered),
                Outcome::Status(500) => internal_errors += 1,
                Outcome::Status(_) => self.throttle().speed_up(),
                Outcome::NeverSent | Outcome::Lost | Outcome::Permanent => {}
            }
            let decision = self.policy.decide(&Attempt {
                effect: parts.effect,
                outcome,
                number,
                internal_errors,
                elapsed: operation.lost(),
                budget: self.config.retry_timeout,
                retry_after: ordered,
                random: self.clock.random(),
            });
            let Decision::Retry { after } = decision else {
                return Err(error(parts, number, failure).after(earlier, unknown));
            };
            if operation
                .remaining(now)
                .is_some_and(|remaining| remaining <= after)
            {
                return Err(error(parts, number, failure).after(earlier, unknown));
            }
            tracing::debug!(
                attempt = number,
                wait_ms = millis(after),
                "the request will be sent again"
            );
            operation.lose(after);
            unknown |= failure.leaves_outcome_unknown();
            if let Failure::Refused(refusal) = failure {
                earlier = Some(refusal);
            }
            if self.sleep(after, operation).await.is_err() {
                let failure = Failure::Cancelled { in_flight: false };
                return Err(error(parts, number, failure).after(earlier, unknown));
            }
        }
    }

    /// One attempt: out, back, judged, logged.
    async fn attempt(
        &self,
        parts: &Parts,
        operation: &Operation,
        sent: Instant,
    ) -> Result<(u16, Map<String, Value>, Option<String>), Failure> {
        let request_id = request_id();
        let limit = parts.timeout.unwrap_or(self.config.request_timeout);
        let limit = operation
            .remaining(sent)
            .map_or(limit, |remaining| remaining.min(limit));
        let exchange = self.exchange(parts, &request_id, limit);
        tokio::pin!(exchange);
        let received = tokio::select! {
            biased;
            received = &mut exchange => received,
            () = operation.cancelled() => {
                if parts.effect == Effect::Safe {
                    Err(Failure::Cancelled { in_flight: true })
                } else {
                    tokio::select! {
                        biased;
                        received = &mut exchange => received,
                        () = self.clock.sleep(GRACE) => Err(Failure::Cancelled { in_flight: true }),
                    }
                }
            }
        };
        let duration_ms = millis(self.clock.now().saturating_duration_since(sent));
        let received = match received {
            Ok(received) => received,
            Err(failure) => {
                let reason = match &failure {
                    Failure::Transport(error) => error.to_string(),
                    Failure::Cancelled { .. } => "cancelled".to_owned(),
                    Failure::Setup(error) => error.to_string(),
                    Failure::Unsendable(error) => error.to_string(),
                    _ => String::new(),
                };
                tracing::debug!(
                    duration_ms,
                    request_id,
                    reason,
                    "the platform did not answer"
                );
                return Err(failure);
            }
        };
        let status = received.status;
        let judged = self.judge(received, &request_id);
        let correlation_id = match &judged {
            Ok((_, id)) => id.as_deref(),
            Err(Failure::Refused(refusal)) => refusal.correlation_id.as_deref(),
            Err(_) => None,
        };
        let correlation_id = correlation_id.unwrap_or(&request_id);
        tracing::debug!(status, duration_ms, correlation_id, "the platform answered");
        judged.map(|(body, correlation_id)| (status, body, correlation_id))
    }

    /// Sends the request once and reads the whole answer.
    async fn exchange(
        &self,
        parts: &Parts,
        request_id: &str,
        limit: Duration,
    ) -> Result<Received, Failure> {
        let config = &self.config;
        let url = parts
            .url(&config.endpoint, &config.account_id)
            .map_err(Failure::Unsendable)?;
        let http = self.http.get_or_try_init(|| async { self.connect() }).await;
        let http = http.map_err(Failure::Setup)?;
        let key = config.api_key.header_value().map_err(|error| {
            Failure::Setup(SetupError::Tls {
                reason: error.to_string(),
            })
        })?;
        let mut request = http
            .request(parts.method.clone(), url)
            .timeout(limit)
            .header("x-api-key", key)
            .header("X-requestId", request_id)
            .header(USER_AGENT, &config.user_agent)
            .header(ACCEPT, "application/json");
        if let Some(body) = &parts.body {
            tracing::trace!(body = %redacted(body), "request body");
            request = request
                .header(CONTENT_TYPE, "application/json")
                .body(body.to_string());
        }
        let host = config.endpoint.host();
        let lost = |error, answering| {
            Failure::Transport(TransportError::classify(error, host, limit, answering))
        };
        let mut response = request.send().await.map_err(|error| lost(error, false))?;
        let header = |name| {
            let value = response.headers().get(name)?;
            value.to_str().ok().map(str::to_owned)
        };
        let mut received = Received {
            status: response.status().as_u16(),
            content_type: header(CONTENT_TYPE).unwrap_or_default(),
            location: header(LOCATION),
            retry_after: header(RETRY_AFTER),
            body: Vec::new(),
        };
        while let Some(chunk) = response.chunk().await.map_err(|error| lost(error, true))? {
            if received.body.len() + chunk.len() > LARGEST_BODY {
                return Err(Failure::Transport(TransportError::new(
                    TransportKind::TooLarge(LARGEST_BODY),
                    host,
                )));
            }
            received.body.extend_from_slice(&chunk);
        }
        Ok(received)
    }

    /// What an answer is: a JSON object, or a failure.
    fn judge(
        &self,
        received: Received,
        request_id: &str,
    ) -> Result<(Map<String, Value>, Option<String>), Failure> {
        let status = received.status;
        let text = String::from_utf8_lossy(&received.body);
        tracing::trace!(
            body = self.config.api_key.removed_from(&redacted_text(&text)),
            "answer body"
        );
        match status {
            200..=299 => self.judge_success(status, &received.content_type, &text),
            300..=399 => Err(Failure::Redirected {
                status,
                host: received
                    .location
                    .as_deref()
                    .and_then(|to| self.redirect_host(to)),
            }),
            _ => {
                let text = self.config.api_key.removed_from(&text);
                let mut refusal = Refusal::read(status, &received.content_type, &text);
                refusal
                    .correlation_id
                    .get_or_insert_with(|| request_id.to_owned());
                refusal.retry_after = received
                    .retry_after
                    .and_then(|value| retry_after(&value, self.clock.time_of_day()));
                Err(Failure::Refused(Box::new(refusal)))
            }
        }
    }

    fn judge_success(
        &self,
        status: u16,
        content_type: &str,
        text: &str,
    ) -> Result<(Map<String, Value>, Option<String>), Failure> {
        let unexpected = |what: String| Failure::Unexpected {
            status,
            what,
            correlation_id: None,
        };
        match serde_json::from_str(text) {
            Ok(Value::Object(body)) => {
                let said = body.get("status").and_then(Value::as_str);
                let mut refusal = Refusal::read(status, content_type, "");
                refusal.read_members(&body);
                // Only an envelope that calls itself an error is one; `data` may have a `code` and a `message` too.
                if matches!(said, Some("ERROR" | "FAILURE")) && refusal.is_from_platform() {
                    return Err(Failure::Refused(Box::new(refusal)));
                }
                Ok((body, refusal.correlation_id))
            }
            Ok(other) => Err(unexpected(format!(
                "JSON that is {}",
                super::json::kind(&other)
            ))),
            Err(error) if error.is_eof() && text.trim_start().starts_with('{') => {
                Err(unexpected("JSON that is cut off".to_owned()))
            }
            Err(_) => {
                let text = self.config.api_key.removed_from(text);
                let page = Refusal::read(status, content_type, &text);
                Err(unexpected(page.summary()))
            }
        }
    }

    /// The host of a `Location`, which may be relative.
    fn redirect_host(&self, location: &str) -> Option<String> {
        let url = self.config.endpoint.join("", "").join(location).ok()?;
        let host = url.host_str()?;
        Some(match url.port() {
            Some(port) => format!("{}://{host}:{port}", url.scheme()),
            None => format!("{}://{host}", url.scheme()),
        })
        .map(|host| harmless(&host, 300))
    }

    /// The HTTP client, made when it is first needed.
    fn connect(&self) -> Result<reqwest::Client, SetupError> {
        let endpoint = &self.config.endpoint;
        let mut builder = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .connect_timeout(CONNECT_TIMEOUT.min(self.config.request_timeout))
            .tls_version_min(reqwest::tls::Version::TLS_1_2);
        if endpoint.is_loopback() {
            builder = builder.no_proxy();
        }
        if endpoint.is_https() || !endpoint.is_loopback() {
            builder = builder.tls_certs_merge(self.roots.iter().cloned());
        } else {
            // No proxy and no TLS: the system's roots need not be read.
            builder = builder.tls_certs_only([]);
        }
        builder.build().map_err(|error| SetupError::Tls {
            reason: tls::root_cause(&error),
        })
    }

    /// Waits until this request may be sent.
    async fn wait_for_turn(&self, operation: &Operation) -> Result<(), Failure> {
        let mut wait = self.throttle().reserve(self.clock.now());
        loop {
            if operation.is_cancelled() {
                return Err(Failure::Cancelled { in_flight: false });
            }
            if operation
                .remaining(self.clock.now())
                .is_some_and(|remaining| remaining <= wait)
            {
                return Err(Failure::OutOfTime);
            }
            if wait.is_zero() {
                return Ok(());
            }
            self.sleep(wait, operation).await?;
            wait = self.throttle().pause(self.clock.now());
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
        self.throttle.lock().unwrap_or_else(PoisonError::into_inner)
    }
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
        Failure::Refused(refusal) => Outcome::Status(refusal.status),
        Failure::Transport(error) if !error.is_transient() => Outcome::Permanent,
        Failure::Transport(error) if error.never_sent() => Outcome::NeverSent,
        Failure::Transport(_) => Outcome::Lost,
        _ => Outcome::Permanent,
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
