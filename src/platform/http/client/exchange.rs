//! One exchange: a request out, an answer back, and what the answer is. No retries, no pacing.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use reqwest::header::{
    ACCEPT, ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, DATE, HeaderValue, LOCATION,
    RETRY_AFTER, USER_AGENT,
};
use serde_json::{Map, Value};
use tokio::sync::{Mutex, OnceCell};

use super::ClientConfig;
use super::departure::Departure;
use super::encoding::{Unreadable, plain};
use crate::http::endpoint::Endpoint;
use crate::http::error::{Failure, SetupError};
use crate::http::proxy::Proxy;
use crate::http::request::{Body, Parts};
use crate::http::retry::retry_after;
use crate::http::tls;
use crate::http::transport::{Circumstances, TransportError, TransportKind};
use crate::response::json::kind;
use crate::response::redact::{redacted, redacted_text};
use crate::response::refusal::Refusal;
use crate::response::text::{beginning, harmless};

/// The largest body that is read: a page of a hundred connectors is far below it.
pub(crate) const LARGEST_BODY: usize = 8 << 20;
/// The most memory that is set aside because of an announced length: a header alone must not cost more.
const LARGEST_RESERVE: usize = 1 << 20;
/// How long connecting may take: name, TCP, proxy and TLS together. At most half of the time of a request, so that the
/// end of that says what was awaited.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long other requests wait for what a proxy says of its user to the first.
const PATIENCE: Duration = Duration::from_secs(2);

/// Carries a request to the platform and its answer back.
#[async_trait]
pub(crate) trait Wire: Send + Sync {
    /// Sends the request once and reads the whole answer, within a time limit.
    async fn exchange(
        &self,
        parts: &Parts,
        request_id: &str,
        limit: Duration,
        departure: &Departure,
    ) -> Result<Received, Failure>;
}

/// The real wire: HTTP, with TLS where the endpoint has it.
pub(crate) struct Http {
    config: Arc<ClientConfig>,
    added: Vec<tls::Certificate>,
    connected: OnceCell<reqwest::Client>,
    /// The proxy has refused its user: another try would be one step to a locked account.
    is_locked_out: AtomicBool,
    /// Held by the first request through a proxy with a user, so that those beside it learn what the proxy says of that.
    first: Mutex<()>,
    is_first_over: AtomicBool,
    /// Held while the answer of an optional request arrives. Pages of a listing are requested side by side and received one
    /// after the other, so that memory has one of them at a time.
    arrival: Mutex<()>,
}

/// An answer as it came.
#[derive(Debug, Default)]
pub(crate) struct Received {
    pub(crate) status: u16,
    pub(crate) content_type: String,
    pub(crate) location: Option<String>,
    pub(crate) retry_after: Option<String>,
    /// `Date`: the time at the other end.
    pub(crate) date: Option<String>,
    pub(crate) body: Vec<u8>,
    /// What the body is, as the end of "the answer is …", where it cannot be read.
    pub(crate) unreadable: Option<String>,
}

/// A successful answer: a JSON object, into which nobody has looked yet.
pub(crate) struct Success {
    pub(crate) status: u16,
    pub(crate) body: Map<String, Value>,
    pub(crate) correlation_id: Option<String>,
}

impl Http {
    pub(crate) fn new(config: Arc<ClientConfig>) -> Result<Self, SetupError> {
        HeaderValue::from_str(&config.user_agent).map_err(|_| SetupError::UserAgent)?;
        let added = match &config.ca_certificate_pem {
            Some(pem) => tls::certificates(pem)?,
            None => Vec::new(),
        };
        Ok(Self {
            config,
            added,
            connected: OnceCell::new(),
            is_locked_out: AtomicBool::new(false),
            first: Mutex::new(()),
            is_first_over: AtomicBool::new(false),
            arrival: Mutex::new(()),
        })
    }

    /// The HTTP client, made when it is first needed.
    fn connect(&self) -> Result<reqwest::Client, SetupError> {
        let endpoint = &self.config.endpoint;
        let broken = |error: &(dyn std::error::Error + 'static)| SetupError::Tls {
            reason: tls::root_cause(error),
        };
        let mut builder = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .connect_timeout(self.connect_limit())
            .no_proxy();
        if let Some(proxy) = &self.config.proxy {
            let proxy = reqwest::Proxy::all(proxy.url()).map_err(|error| broken(&error))?;
            builder = builder.proxy(proxy);
        }
        builder = if endpoint.is_loopback() && !endpoint.is_https() {
            // Neither TLS nor a proxy that needs it: the system's roots are not read.
            builder.tls_certs_only([])
        } else {
            let tls = tls::client_config(&self.added).map_err(|error| broken(&error))?;
            builder.tls_backend_preconfigured(tls)
        };
        builder.build().map_err(|error| broken(&error))
    }

    /// The request with everything but its own id and its time limit.
    fn request(
        &self,
        http: &reqwest::Client,
        url: reqwest::Url,
        parts: &Parts,
        departure: &Departure,
    ) -> Result<reqwest::RequestBuilder, Failure> {
        let config = &self.config;
        let key = config.api_key.header_value();
        let key = key.map_err(|error| Failure::Setup(SetupError::ApiKey(error)))?;
        let request = http
            .request(parts.method.clone(), url)
            .header("x-api-key", key)
            .header(USER_AGENT, &config.user_agent)
            .header(ACCEPT, "application/json")
            .header(ACCEPT_ENCODING, "identity");
        Ok(match &parts.body {
            Body::Nothing => {
                departure.depart();
                request
            }
            Body::Json(body) => {
                tracing::trace!(
                    body = config.api_key.removed_from(&redacted(body).to_string()),
                    "request body"
                );
                request
                    .header(CONTENT_TYPE, "application/json")
                    .body(departure.watch(body.to_string().into()))
            }
            Body::Key => request
                .header(CONTENT_TYPE, "text/plain")
                .body(departure.watch(config.api_key.body().into())),
        })
    }

    fn connect_limit(&self) -> Duration {
        CONNECT_TIMEOUT.min(self.config.request_timeout / 2)
    }

    /// Lets the first request through a proxy with a user go ahead of all others.
    async fn one_first<T>(
        &self,
        sent: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        let has_user = self.config.proxy.as_ref().is_some_and(Proxy::has_user);
        let is_over = || self.is_first_over.load(Ordering::Acquire);
        tokio::pin!(sent);
        if has_user && !is_over() {
            let turn = self.first.lock().await;
            if !is_over() {
                let first = tokio::time::timeout(PATIENCE, &mut sent).await;
                self.is_first_over.store(true, Ordering::Release);
                drop(turn);
                return match first {
                    Ok(answer) => answer,
                    // It may be on its way, whatever the proxy says to others.
                    Err(_) => sent.await,
                };
            }
        }
        match self.locked_out() {
            Some(failure) => Err(failure),
            None => sent.await,
        }
    }

    /// Whether this is the proxy's own answer to a request that it was to pass on.
    fn is_refused_by_proxy(&self, response: &reqwest::Response) -> bool {
        self.config.proxy.is_some()
            && !self.config.endpoint.is_https()
            && response.status() == reqwest::StatusCode::PROXY_AUTHENTICATION_REQUIRED
    }

    /// The error of this and every later request, once the proxy has refused its user.
    fn locked_out(&self) -> Option<Failure> {
        let proxy = self.config.proxy.as_ref()?;
        let host = self.config.endpoint.host_and_port();
        self.is_locked_out
            .load(Ordering::Acquire)
            .then(|| Failure::Transport(TransportError::unauthorized_at(proxy.to_string(), &host)))
    }
}

#[async_trait]
impl Wire for Http {
    async fn exchange(
        &self,
        parts: &Parts,
        request_id: &str,
        limit: Duration,
        departure: &Departure,
    ) -> Result<Received, Failure> {
        let config = &self.config;
        let url = parts
            .url(&config.endpoint, &config.account_id)
            .map_err(Failure::Unsendable)?;
        let http = self
            .connected
            .get_or_try_init(|| async { self.connect() })
            .await
            .map_err(Failure::Setup)?;
        let request = self.request(http, url, parts, departure)?;
        let request = request.header("X-requestId", request_id).timeout(limit);
        let host = &config.endpoint.host_and_port();
        let proxy = || config.proxy.as_ref().map(Proxy::to_string);
        // The library's error says what failed; what it was on the way to, only this function knows.
        let lost = |error, answering| {
            let around = Circumstances {
                host,
                is_https: config.endpoint.is_https(),
                proxy: proxy(),
                connect_limit: self.connect_limit(),
                limit,
                has_left: departure.has_left(),
                answering,
            };
            let error = TransportError::classify(error, around);
            if error.kind() == TransportKind::ProxyAuthentication {
                self.is_locked_out.store(true, Ordering::Release);
            }
            Failure::Transport(error)
        };
        let too_large = || {
            let kind = TransportKind::TooLarge(LARGEST_BODY);
            Failure::Transport(TransportError::new(kind, host).through(proxy()))
        };
        // A proxy that refuses its user does so for every request: none after the first may bring the account nearer to a lock.
        let sent = async {
            let response = request.send().await.map_err(|error| lost(error, false))?;
            if self.is_refused_by_proxy(&response) {
                self.is_locked_out.store(true, Ordering::Release);
                if let Some(failure) = self.locked_out() {
                    return Err(failure);
                }
            }
            Ok(response)
        };
        let mut response = self.one_first(sent).await?;
        // Those who wait for their turn have the same time limit as the one that arrives.
        let _arrival = match parts.patience {
            Some(_) => Some(self.arrival.lock().await),
            None => None,
        };
        let header = |name| {
            response
                .headers()
                .get(name)?
                .to_str()
                .ok()
                .map(str::to_owned)
        };
        let mut received = Received {
            status: response.status().as_u16(),
            content_type: header(CONTENT_TYPE).unwrap_or_default(),
            location: header(LOCATION),
            retry_after: header(RETRY_AFTER),
            date: header(DATE),
            ..Received::default()
        };
        let encodings: Vec<_> = response
            .headers()
            .get_all(CONTENT_ENCODING)
            .iter()
            .map(|value| String::from_utf8_lossy(value.as_bytes()))
            .collect();
        let encodings = encodings.join(",");
        // The limit holds for what is announced, for what arrives, and for what it unpacks to.
        let announced = response.content_length().unwrap_or(0);
        match usize::try_from(announced) {
            Ok(length) if length <= LARGEST_BODY => {
                received.body.reserve_exact(length.min(LARGEST_RESERVE));
            }
            _ => return Err(too_large()),
        }
        while let Some(chunk) = response.chunk().await.map_err(|error| lost(error, true))? {
            if received.body.len() + chunk.len() > LARGEST_BODY {
                return Err(too_large());
            }
            received.body.extend_from_slice(&chunk);
        }
        match plain(&encodings, std::mem::take(&mut received.body), LARGEST_BODY) {
            Ok(body) => received.body = body,
            Err(Unreadable::Is(what)) => received.unreadable = Some(what),
            Err(Unreadable::TooLarge) => return Err(too_large()),
        }
        Ok(received)
    }
}

/// What an answer is: a JSON object, or a failure.
pub(crate) fn interpret(
    config: &ClientConfig,
    received: Received,
    request_id: &str,
    now: SystemTime,
) -> Result<Success, Failure> {
    let status = received.status;
    let text = match &received.unreadable {
        Some(what) => what.into(),
        None => String::from_utf8_lossy(&received.body),
    };
    tracing::trace!(
        body = config.api_key.removed_from(&redacted_text(&text)),
        "answer body"
    );
    match status {
        200..=299 if received.unreadable.is_some() => Err(Failure::Unexpected {
            status,
            what: text.into_owned(),
            correlation_id: None,
        }),
        200..=299 => interpret_success(config, status, &received.content_type, &text),
        300..=399 => Err(Failure::Redirected {
            status,
            host: received
                .location
                .and_then(|to| origin(&config.endpoint, &to)),
        }),
        _ => {
            let text = without_key(config, &text);
            let mut refusal = Refusal::read(status, &received.content_type, &text);
            refusal
                .correlation_id
                .get_or_insert_with(|| request_id.to_owned());
            refusal.retry_after = received
                .retry_after
                .and_then(|value| retry_after(&value, now));
            Err(Failure::Refused(Box::new(refusal)))
        }
    }
}

fn interpret_success(
    config: &ClientConfig,
    status: u16,
    content_type: &str,
    text: &str,
) -> Result<Success, Failure> {
    let unexpected = |what: String| {
        Err(Failure::Unexpected {
            status,
            what,
            correlation_id: None,
        })
    };
    match serde_json::from_str(text) {
        Ok(Value::Object(mut body)) => {
            remove_key(config, &mut body);
            // Only an envelope that calls itself an error is one.
            let said = body.get("status").and_then(Value::as_str);
            if matches!(said, Some("ERROR" | "FAILURE")) {
                let text = config
                    .api_key
                    .removed_from(&Value::Object(body).to_string());
                let refusal = Refusal::read(status, content_type, &text);
                return Err(Failure::Refused(Box::new(refusal)));
            }
            let correlation_id = body
                .get("correlationId")
                .and_then(Value::as_str)
                .map(|id| harmless(id, 200));
            Ok(Success {
                status,
                body,
                correlation_id,
            })
        }
        Ok(other) => unexpected(format!("JSON that is {}", kind(&other))),
        Err(error) if error.is_eof() && text.trim_start().starts_with('{') => {
            let beginning = beginning(&config.api_key.removed_from(text));
            unexpected(format!("truncated JSON: {beginning}"))
        }
        Err(_) => {
            let text = without_key(config, text);
            unexpected(Refusal::read(status, content_type, &text).summary())
        }
    }
}

/// The text of an answer that refuses without the key, however JSON may have spelt it, and wherever it stands: also in a
/// name or in the settings of a connector, since the beginning of the text may be shown.
fn without_key(config: &ClientConfig, text: &str) -> String {
    match serde_json::from_str::<Value>(text.trim_start_matches('\u{feff}')) {
        Ok(value) => config.api_key.removed_from(&value.to_string()),
        Err(_) => config.api_key.removed_from(text),
    }
}

/// Takes the key out of all texts but those of connectors: an update writes their settings back as they were.
fn remove_key(config: &ClientConfig, members: &mut Map<String, Value>) {
    let mut values: Vec<&mut Value> = settings_aside(members).collect();
    while let Some(value) = values.pop() {
        match value {
            Value::String(text) => *text = config.api_key.removed_from(text),
            Value::Array(items) => values.extend(items),
            Value::Object(members) => values.extend(settings_aside(members)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}

/// The members that are not the settings of a connector.
fn settings_aside(members: &mut Map<String, Value>) -> impl Iterator<Item = &mut Value> {
    let others = members.iter_mut().filter(|(name, _)| *name != "connector");
    others.map(|(_, value)| value)
}

/// Scheme, host and port of a `Location`, which may be relative.
fn origin(endpoint: &Endpoint, location: &str) -> Option<String> {
    let url = endpoint.join("", "").join(location).ok()?;
    let host = url.host_str()?;
    let origin = match url.port() {
        Some(port) => format!("{}://{host}:{port}", url.scheme()),
        None => format!("{}://{host}", url.scheme()),
    };
    Some(harmless(&origin, 300))
}
