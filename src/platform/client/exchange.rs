//! One exchange: a request out, an answer back, and what the answer is. No retries, no pacing.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use reqwest::header::{ACCEPT, CONTENT_TYPE, DATE, HeaderValue, LOCATION, RETRY_AFTER, USER_AGENT};
use serde_json::{Map, Value};
use tokio::sync::OnceCell;

use super::super::endpoint::Endpoint;
use super::super::error::{Failure, SetupError};
use super::super::json::kind;
use super::super::proxy;
use super::super::redact::{redacted, redacted_text};
use super::super::refusal::Refusal;
use super::super::request::{Body, Parts};
use super::super::retry::retry_after;
use super::super::text::{beginning, harmless};
use super::super::tls;
use super::super::transport::{TransportError, TransportKind};
use super::ClientConfig;

/// The largest body that is read: a page of a hundred connectors is far below it.
pub(super) const LARGEST_BODY: usize = 8 << 20;
/// How long a connection may take to come about, within the request's own limit.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Carries a request to the platform and its answer back.
#[async_trait]
pub(super) trait Wire: Send + Sync {
    /// Sends the request once and reads the whole answer, within a time limit.
    async fn exchange(
        &self,
        parts: &Parts,
        request_id: &str,
        limit: Duration,
    ) -> Result<Received, Failure>;
}

/// The real wire: HTTP, with TLS where the endpoint has it.
pub(super) struct Http {
    config: Arc<ClientConfig>,
    roots: Vec<reqwest::Certificate>,
    connected: OnceCell<reqwest::Client>,
}

/// An answer as it came.
#[derive(Debug, Default)]
pub(super) struct Received {
    pub(super) status: u16,
    pub(super) content_type: String,
    pub(super) location: Option<String>,
    pub(super) retry_after: Option<String>,
    /// `Date`: the time at the other end.
    pub(super) date: Option<String>,
    pub(super) body: Vec<u8>,
}

/// A successful answer: a JSON object, into which nobody has looked yet.
pub(super) struct Success {
    pub(super) status: u16,
    pub(super) body: Map<String, Value>,
    pub(super) correlation_id: Option<String>,
}

impl Http {
    pub(super) fn new(config: Arc<ClientConfig>) -> Result<Self, SetupError> {
        HeaderValue::from_str(&config.user_agent).map_err(|_| SetupError::UserAgent)?;
        let roots = match &config.ca_certificate_pem {
            Some(pem) => tls::certificates(pem)?,
            None => Vec::new(),
        };
        Ok(Self {
            config,
            roots,
            connected: OnceCell::new(),
        })
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
        builder = if endpoint.is_loopback() && !endpoint.is_https() {
            // Neither TLS nor a proxy that needs it: the system's roots are not read.
            builder.tls_certs_only([])
        } else {
            builder.tls_certs_merge(self.roots.iter().cloned())
        };
        builder.build().map_err(|error| SetupError::Tls {
            reason: tls::root_cause(&error),
        })
    }
}

#[async_trait]
impl Wire for Http {
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
        let http = self
            .connected
            .get_or_try_init(|| async { self.connect() })
            .await
            .map_err(Failure::Setup)?;
        let key = config.api_key.header_value();
        let key = key.map_err(|error| Failure::Setup(SetupError::ApiKey(error)))?;
        let mut request = http
            .request(parts.method.clone(), url)
            .timeout(limit)
            .header("x-api-key", key)
            .header("X-requestId", request_id)
            .header(USER_AGENT, &config.user_agent)
            .header(ACCEPT, "application/json");
        request = match &parts.body {
            Body::Nothing => request,
            Body::Json(body) => {
                tracing::trace!(
                    body = config.api_key.removed_from(&redacted(body).to_string()),
                    "request body"
                );
                request
                    .header(CONTENT_TYPE, "application/json")
                    .body(body.to_string())
            }
            Body::Key => request
                .header(CONTENT_TYPE, "text/plain")
                .body(config.api_key.body()),
        };
        let host = &config.endpoint.host_and_port();
        let lost = |error, answering| {
            let error = TransportError::classify(error, host, limit, answering);
            Failure::Transport(error.through(proxy::for_endpoint(&config.endpoint)))
        };
        let too_large = || {
            Failure::Transport(TransportError::new(
                TransportKind::TooLarge(LARGEST_BODY),
                host,
            ))
        };
        let mut response = request.send().await.map_err(|error| lost(error, false))?;
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
            body: Vec::new(),
        };
        let announced = response.content_length().unwrap_or(0);
        if usize::try_from(announced).is_ok_and(|length| length > LARGEST_BODY) {
            return Err(too_large());
        }
        while let Some(chunk) = response.chunk().await.map_err(|error| lost(error, true))? {
            if received.body.len() + chunk.len() > LARGEST_BODY {
                return Err(too_large());
            }
            received.body.extend_from_slice(&chunk);
        }
        Ok(received)
    }
}

/// What an answer is: a JSON object, or a failure.
pub(super) fn judge(
    config: &ClientConfig,
    received: Received,
    request_id: &str,
    now: SystemTime,
) -> Result<Success, Failure> {
    let status = received.status;
    let text = String::from_utf8_lossy(&received.body);
    tracing::trace!(
        body = config.api_key.removed_from(&redacted_text(&text)),
        "answer body"
    );
    match status {
        200..=299 => judge_success(config, status, &received.content_type, &text),
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

fn judge_success(
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
            unexpected(format!("JSON that is cut off: {beginning}"))
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
