//! One exchange: sends a request, receives the response, and classifies it. No retries, no rate limiting.

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

use super::config::ClientConfig;
use super::departure::Departure;
use super::encoding::{Unreadable, plain};
use crate::http::endpoint::Endpoint;
use crate::http::error::{Failure, SetupError};
use crate::http::proxy::Proxy;
use crate::http::request::{Body, Parts};
use crate::http::retry::retry_after;
use crate::http::tls;
use crate::http::transport::{Circumstances, TransportError, TransportKind};
use crate::response::items::Items;
use crate::response::json::kind;
use crate::response::redact::{redacted, redacted_text};
use crate::response::refusal::Refusal;
use crate::response::text::{beginning, harmless};

/// The largest body that is read. A page of a hundred connectors is far smaller.
pub(crate) const LARGEST_BODY: usize = 8 << 20;
/// The most memory to reserve for an announced length, so that a header alone cannot cost more.
const LARGEST_RESERVE: usize = 1 << 20;
/// How long connecting may take: DNS, TCP, proxy, and TLS together. It is at most half of the request's timeout, so
/// that an error can say which of the two expired.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long other requests wait until the proxy has accepted or refused the first one's user.
const PATIENCE: Duration = Duration::from_secs(2);

/// Sends a request to the platform and returns the response.
#[async_trait]
pub(crate) trait Wire: Send + Sync {
    /// Sends the request once and reads the whole response, within a time limit.
    async fn exchange(
        &self,
        parts: &Parts,
        request_id: &str,
        limit: Duration,
        departure: &Departure,
    ) -> Result<Received, Failure>;
}

/// The real implementation: HTTP, with TLS if the endpoint uses it.
pub(crate) struct Http {
    config: Arc<ClientConfig>,
    added: Vec<tls::Certificate>,
    connected: OnceCell<reqwest::Client>,
    /// Whether the proxy has refused its user. Another attempt could lock that user's account.
    is_locked_out: AtomicBool,
    /// Held by the first request through a proxy with a user, so that concurrent requests learn whether it was
    /// accepted.
    first: Mutex<()>,
    is_first_over: AtomicBool,
    /// Held while the response to an optional request arrives. Pages of a listing are requested in parallel but received one
    /// after the other, so that only one of them is in memory.
    arrival: Mutex<()>,
}

/// A response as received.
#[derive(Debug, Default)]
pub(crate) struct Received {
    pub(crate) status: u16,
    pub(crate) content_type: String,
    pub(crate) location: Option<String>,
    pub(crate) retry_after: Option<String>,
    /// `Date`: the time at the other end.
    pub(crate) date: Option<String>,
    pub(crate) body: Vec<u8>,
    /// What the body is, as the end of "the response is …", if it cannot be read.
    pub(crate) unreadable: Option<String>,
}

/// A successful response: a JSON object that has not been examined yet.
pub(crate) struct Success {
    pub(crate) status: u16,
    pub(crate) body: Map<String, Value>,
    /// The items of the page in `body`, which has null in their places, if the request keeps them as text.
    pub(crate) items: Option<Items>,
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

    /// Returns the HTTP client, created when it is first needed.
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
            // Neither TLS nor a proxy that needs it, so the system's roots are not read.
            builder.tls_certs_only([])
        } else {
            let tls = tls::client_config(&self.added).map_err(|error| broken(&error))?;
            builder.tls_backend_preconfigured(tls)
        };
        builder.build().map_err(|error| broken(&error))
    }

    /// Builds the request with everything except its own id and its time limit.
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
                    body = config
                        .api_key
                        .removed_from(&redacted(body, config.log_filter).to_string()),
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

    /// Lets the first request through a proxy with a user finish before all others.
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
                    // The request may have been sent, so it continues, whatever the proxy says to others.
                    Err(_) => sent.await,
                };
            }
        }
        match self.locked_out() {
            Some(failure) => Err(failure),
            None => sent.await,
        }
    }

    /// Returns whether this is the proxy's own response instead of the platform's.
    fn is_refused_by_proxy(&self, response: &reqwest::Response) -> bool {
        self.config.proxy.is_some()
            && !self.config.endpoint.is_https()
            && response.status() == reqwest::StatusCode::PROXY_AUTHENTICATION_REQUIRED
    }

    /// Returns the error of every request once the proxy has refused its user.
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
        let journey = Journey {
            http: self,
            host: config.endpoint.host_and_port(),
            limit,
            departure,
        };
        let response = self.one_first(journey.send(request)).await?;
        // The time limit also covers waiting for the turn.
        let _arrival = match parts.patience {
            Some(_) => Some(self.arrival.lock().await),
            None => None,
        };
        journey.receive(response).await
    }
}

/// One request and its response on their way, for errors that say what happened where.
struct Journey<'a> {
    http: &'a Http,
    host: String,
    limit: Duration,
    departure: &'a Departure,
}

impl Journey<'_> {
    /// Sends the request, and returns the beginning of the response.
    async fn send(&self, request: reqwest::RequestBuilder) -> Result<reqwest::Response, Failure> {
        let response = request.send().await;
        let response = response.map_err(|error| self.lost(error, false))?;
        // A proxy that refuses its user does so for every request. No further request may bring the account closer to a
        // lock.
        if self.http.is_refused_by_proxy(&response) {
            self.http.is_locked_out.store(true, Ordering::Release);
            if let Some(failure) = self.http.locked_out() {
                return Err(failure);
            }
        }
        Ok(response)
    }

    /// Receives the whole response.
    async fn receive(&self, mut response: reqwest::Response) -> Result<Received, Failure> {
        let headers = response.headers();
        let header = |name| headers.get(name)?.to_str().ok().map(str::to_owned);
        let mut received = Received {
            status: response.status().as_u16(),
            content_type: header(CONTENT_TYPE).unwrap_or_default(),
            location: header(LOCATION),
            retry_after: header(RETRY_AFTER),
            date: header(DATE),
            ..Received::default()
        };
        let encodings: Vec<_> = headers
            .get_all(CONTENT_ENCODING)
            .iter()
            .map(|value| String::from_utf8_lossy(value.as_bytes()))
            .collect();
        let encodings = encodings.join(",");
        // The limit applies to the announced size, the received bytes, and the decompressed bytes.
        let announced = response.content_length().unwrap_or(0);
        match usize::try_from(announced) {
            Ok(length) if length <= LARGEST_BODY => {
                received.body.reserve_exact(length.min(LARGEST_RESERVE));
            }
            _ => return Err(self.too_large()),
        }
        loop {
            let chunk = response.chunk().await;
            let Some(chunk) = chunk.map_err(|error| self.lost(error, true))? else {
                break;
            };
            if received.body.len() + chunk.len() > LARGEST_BODY {
                return Err(self.too_large());
            }
            received.body.extend_from_slice(&chunk);
        }
        match plain(&encodings, std::mem::take(&mut received.body), LARGEST_BODY) {
            Ok(body) => received.body = body,
            Err(Unreadable::Is(what)) => received.unreadable = Some(what),
            Err(Unreadable::TooLarge) => return Err(self.too_large()),
        }
        Ok(received)
    }

    /// Classifies a library error, which says what failed, but not in which step: `is_answering` once the response has
    /// begun.
    fn lost(&self, error: reqwest::Error, is_answering: bool) -> Failure {
        let around = Circumstances {
            host: &self.host,
            is_https: self.http.config.endpoint.is_https(),
            proxy: self.proxy(),
            connect_limit: self.http.connect_limit(),
            limit: self.limit,
            has_left: self.departure.has_left(),
            answering: is_answering,
        };
        let error = TransportError::classify(error, around);
        if error.kind() == TransportKind::ProxyAuthentication {
            self.http.is_locked_out.store(true, Ordering::Release);
        }
        Failure::Transport(error)
    }

    fn too_large(&self) -> Failure {
        let kind = TransportKind::TooLarge(LARGEST_BODY);
        Failure::Transport(TransportError::new(kind, &self.host).through(self.proxy()))
    }

    fn proxy(&self) -> Option<String> {
        self.http.config.proxy.as_ref().map(Proxy::to_string)
    }
}

/// Classifies a response: a JSON object, or a failure.
pub(crate) fn interpret(
    config: &ClientConfig,
    parts: &Parts,
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
        body = config
            .api_key
            .removed_from(&redacted_text(&text, config.log_filter)),
        "answer body"
    );
    match status {
        200..=299 if received.unreadable.is_some() => Err(Failure::Unexpected {
            status,
            what: text.into_owned(),
            correlation_id: None,
        }),
        200..=299 => interpret_success(config, parts, status, &received.content_type, &text),
        // Redirects are never followed, because the key must not be sent to another host.
        300..=399 => Err(Failure::Redirected {
            status,
            host: received
                .location
                .and_then(|to| origin(&config.endpoint, &to)),
        }),
        _ => {
            let text = without_key(config, &text);
            let mut refusal = Refusal::read(status, &received.content_type, &text);
            // Harness takes the id of the request as its correlation id, so its logs have it even if the response does
            // not.
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
    parts: &Parts,
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
    let read = if parts.keeps_items_as_text {
        Items::set_aside(text)
    } else {
        serde_json::from_str(text).map(|body| (body, None))
    };
    match read {
        Ok((Value::Object(mut body), items)) => {
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
                items,
                correlation_id,
            })
        }
        Ok((other, _)) => unexpected(format!("JSON that is {}", kind(&other))),
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

/// Removes the key from the text of an error response, however JSON encodes it and wherever it occurs, including names
/// and connector settings, because the beginning of the text may be displayed.
fn without_key(config: &ClientConfig, text: &str) -> String {
    match serde_json::from_str::<Value>(text.trim_start_matches('\u{feff}')) {
        Ok(value) => config.api_key.removed_from(&value.to_string()),
        Err(_) => config.api_key.removed_from(text),
    }
}

/// Removes the key from all texts except connector settings, because an update writes the settings back unchanged.
pub(crate) fn remove_key(config: &ClientConfig, members: &mut Map<String, Value>) {
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

/// Returns the members that are not connector settings.
fn settings_aside(members: &mut Map<String, Value>) -> impl Iterator<Item = &mut Value> {
    let others = members.iter_mut().filter(|(name, _)| *name != "connector");
    others.map(|(_, value)| value)
}

/// Returns scheme, host, and port of a `Location`, which may be relative.
fn origin(endpoint: &Endpoint, location: &str) -> Option<String> {
    let url = endpoint.join("", "").join(location).ok()?;
    let host = url.host_str()?;
    let origin = match url.port() {
        Some(port) => format!("{}://{host}:{port}", url.scheme()),
        None => format!("{}://{host}", url.scheme()),
    };
    Some(harmless(&origin, 300))
}
