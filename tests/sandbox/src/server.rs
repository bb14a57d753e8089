//! The server: connections, the log, rate limiting, faults, and the rendering of responses.
//!
//! Connections are served here rather than by a framework, because a fault must be able to reset one.

use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::time::Duration;
use std::{fmt, io};

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, Request as HttpRequest, Response, StatusCode, header};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Map, Value};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};
use tokio_stream::wrappers::ReceiverStream;
use tower::ServiceExt;

use crate::faults::{Action, Answer};
use crate::platform::Platform;
use crate::reply::Reply;
use crate::request_log::Request;

const LARGEST_BODY: usize = 16 << 20;

/// What the paths of the platform start with.
const APIS: [&str; 4] = ["/ng/api", "/audit/api", "/pipeline/api", "/v1/"];

/// Serves connections until `stop` is signaled or dropped.
pub(crate) async fn serve(
    listener: TcpListener,
    platform: Platform,
    mut stop: oneshot::Receiver<Infallible>,
) {
    let router = platform.routes();
    loop {
        tokio::select! {
            _ = &mut stop => return,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    tokio::spawn(connection(stream, platform.clone(), router.clone()));
                }
                // Possibly out of file descriptors: the next attempt must not come at once.
                Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            },
        }
    }
}

/// The reason why a connection ends without a response.
#[derive(Debug)]
struct Reset;

impl fmt::Display for Reset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a scripted fault resets the connection")
    }
}

impl std::error::Error for Reset {}

type Answered = Pin<Box<dyn Future<Output = Result<Response<Body>, Reset>> + Send>>;

async fn connection(stream: TcpStream, platform: Platform, router: Router) {
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request: HttpRequest<Incoming>| -> Answered {
        Box::pin(answer(request, platform.clone(), router.clone()))
    });
    let mut connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    let outcome = poll_fn(|context| connection.poll_without_shutdown(context)).await;
    let is_reset = outcome.is_err_and(|error| {
        std::error::Error::source(&error)
            .is_some_and(|source| source.downcast_ref::<Reset>().is_some())
    });
    if is_reset {
        let stream = connection.into_parts().io.into_inner();
        let _ = stream.set_zero_linger();
    }
}

async fn answer(
    request: HttpRequest<Incoming>,
    platform: Platform,
    router: Router,
) -> Result<Response<Body>, Reset> {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(Body::new(body), LARGEST_BODY).await else {
        return Ok(Reply::empty(StatusCode::PAYLOAD_TOO_LARGE).render(""));
    };
    let (path, gateway) = api_path(parts.uri.path());
    if !APIS.iter().any(|api| path.starts_with(api)) {
        return Ok(render(handle(&router, parts, body).await, ""));
    }
    let fault = platform.faults().meet(parts.method.as_str(), path);
    let request = describe(&platform, &parts, path, gateway, &body);
    let entry = platform.log().open(request);
    let (name, action) = fault.unzip();
    if matches!(action, Some(Action::Hang)) {
        platform.log().close(entry, None, name);
        return std::future::pending().await;
    }
    let hangs = matches!(action, Some(Action::CommitThenHang));
    // A task of its own: a request that has arrived is carried out, whether or not the client waits for the response.
    let outcome = tokio::spawn(async move {
        let delay = platform.world().settings.answer_delay_ms;
        let outcome = misbehave(&platform, &router, parts, body, action).await;
        if delay > 0 {
            tokio::time::sleep(Duration::from_millis(delay)).await;
        }
        let status = outcome
            .as_ref()
            .ok()
            .map(|response| response.status().as_u16());
        platform.log().close(entry, status.filter(|_| !hangs), name);
        outcome
    });
    match outcome.await {
        Ok(_) if hangs => std::future::pending().await,
        Ok(outcome) => outcome,
        // The handler panicked, or the sandbox is ending.
        Err(_) => Ok(Reply::unknown_error().render("")),
    }
}

/// Handles a request as a fault demands.
async fn misbehave(
    platform: &Platform,
    router: &Router,
    parts: Parts,
    body: Bytes,
    action: Option<Action>,
) -> Result<Response<Body>, Reset> {
    let correlation_id =
        text_header(&parts, "X-requestId").map_or_else(|| platform.next_id(), str::to_owned);
    match &action {
        Some(Action::Answer(scripted)) => return Ok(from_script(scripted)),
        Some(Action::Html(status)) => {
            let status = StatusCode::from_u16(*status).unwrap_or(StatusCode::BAD_GATEWAY);
            return Ok(Reply::html(status).render(&correlation_id));
        }
        Some(Action::ResetBefore) => return Err(Reset),
        Some(Action::DelayMs(delay)) => tokio::time::sleep(Duration::from_millis(*delay)).await,
        _ => {}
    }
    let throttled = text_header(&parts, "x-api-key").map_or(Ok(()), |key| platform.throttle(key));
    let response = match throttled {
        Ok(()) => render(handle(router, parts, body).await, &correlation_id),
        Err(reply) => reply.render(&correlation_id),
    };
    match action {
        Some(Action::CommitThenReset) => Err(Reset),
        Some(Action::CommitThenAnswer(scripted)) => Ok(from_script(&scripted)),
        Some(Action::CutBody) => Ok(piecemeal(response, Piecemeal::HalfThenCut).await),
        Some(Action::Drip { every_ms }) => {
            let pause = Duration::from_millis(every_ms);
            Ok(piecemeal(response, Piecemeal::Bytes(pause)).await)
        }
        _ => Ok(response),
    }
}

async fn handle(router: &Router, parts: Parts, body: Bytes) -> Response<Body> {
    let request = HttpRequest::from_parts(parts, Body::from(body));
    match router.clone().oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

/// Renders a handler's reply as headers and body.
fn render(mut response: Response<Body>, correlation_id: &str) -> Response<Body> {
    match response.extensions_mut().remove::<Reply>() {
        Some(reply) => reply.render(correlation_id),
        None => response,
    }
}

fn from_script(answer: &Answer) -> Response<Body> {
    let mut response = match (answer.body_size, &answer.json, &answer.body) {
        (Some(size), ..) => filling(size),
        (None, Some(json), _) => {
            let mut response = Response::new(Body::from(json.to_string()));
            response.headers_mut().insert(
                header::CONTENT_TYPE,
                HeaderValue::from_static("application/json"),
            );
            response
        }
        (None, None, body) => Response::new(Body::from(body.clone().unwrap_or_default())),
    };
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    for (name, value) in &answer.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

/// Returns a body of any size, generated while it is sent.
fn filling(size: u64) -> Response<Body> {
    let (pieces, body) = mpsc::channel::<io::Result<Bytes>>(1);
    tokio::spawn(async move {
        let piece = Bytes::from(vec![b'x'; 64 << 10]);
        let mut left = usize::try_from(size).unwrap_or(usize::MAX);
        while left > 0 {
            let next = piece.slice(..left.min(piece.len()));
            left -= next.len();
            if pieces.send(Ok(next)).await.is_err() {
                return;
            }
        }
    });
    let mut response = Response::new(Body::from_stream(ReceiverStream::new(body)));
    response
        .headers_mut()
        .insert(header::CONTENT_LENGTH, HeaderValue::from(size));
    response
}

enum Piecemeal {
    HalfThenCut,
    Bytes(Duration),
}

/// Sends the body in pieces. Its announced length stays that of the whole.
async fn piecemeal(response: Response<Body>, how: Piecemeal) -> Response<Body> {
    let (mut parts, body) = response.into_parts();
    let whole = to_bytes(body, usize::MAX).await.unwrap_or_default();
    parts
        .headers
        .insert(header::CONTENT_LENGTH, HeaderValue::from(whole.len()));
    let (pieces, body) = mpsc::channel::<io::Result<Bytes>>(1);
    tokio::spawn(async move {
        match how {
            Piecemeal::HalfThenCut => {
                let _ = pieces.send(Ok(whole.slice(..whole.len() / 2))).await;
                let _ = pieces
                    .send(Err(io::ErrorKind::ConnectionAborted.into()))
                    .await;
            }
            Piecemeal::Bytes(pause) => {
                for at in 0..whole.len() {
                    if !pause.is_zero() {
                        tokio::time::sleep(pause).await;
                    }
                    if pieces.send(Ok(whole.slice(at..=at))).await.is_err() {
                        return;
                    }
                }
            }
        }
    });
    Response::from_parts(parts, Body::from_stream(ReceiverStream::new(body)))
}

/// Returns the path without the optional prefix, and whether the prefix was present.
fn api_path(path: &str) -> (&str, bool) {
    match path.strip_prefix("/gateway") {
        Some(rest) if rest.starts_with('/') => (rest, true),
        _ => (path, false),
    }
}

fn describe(
    platform: &Platform,
    parts: &Parts,
    path: &str,
    gateway: bool,
    body: &Bytes,
) -> Request {
    let key = text_header(parts, "x-api-key");
    let key_known = platform
        .world()
        .keys
        .iter()
        .any(|known| key == Some(known.token.as_str()));
    let headers = parts.headers.iter().map(|(name, value)| {
        let secret = ["x-api-key", "authorization"].contains(&name.as_str());
        let value = if secret {
            "(removed)".into()
        } else {
            String::from_utf8_lossy(value.as_bytes()).into_owned()
        };
        (name.to_string(), Value::String(value))
    });
    // The endpoints whose body is a key, or has the contents of a secret.
    let body = if path == "/ng/api/token/validate" || path.starts_with("/ng/api/v2/secrets/files") {
        Value::from("(removed)")
    } else {
        without_secret(path, readable(body))
    };
    Request {
        number: 0,
        method: parts.method.to_string(),
        path: path.to_owned(),
        gateway,
        query: query_of(parts),
        headers: headers.collect(),
        key_known,
        body,
        status: None,
        fault: None,
        at_ms: 0,
        took_ms: None,
    }
}

/// Returns the body of a request that creates or changes a secret, without the value.
fn without_secret(path: &str, mut body: Value) -> Value {
    if path.starts_with("/ng/api/v2/secrets")
        && let Some(value) = body.pointer_mut("/secret/spec/value")
        && !value.is_null()
    {
        *value = Value::from("(removed)");
    }
    body
}

fn query_of(parts: &Parts) -> Map<String, Value> {
    let pairs = axum::extract::Query::<Vec<(String, String)>>::try_from_uri(&parts.uri);
    let mut query = Map::new();
    for (name, value) in pairs.map(|pairs| pairs.0).unwrap_or_default() {
        let value = Value::String(value);
        match query.get_mut(&name) {
            None => {
                query.insert(name, value);
            }
            Some(Value::Array(values)) => values.push(value),
            Some(one) => *one = Value::Array(vec![one.take(), value]),
        }
    }
    query
}

fn readable(body: &Bytes) -> Value {
    if body.is_empty() {
        return Value::Null;
    }
    serde_json::from_slice(body)
        .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(body).into_owned()))
}

fn text_header<'a>(parts: &'a Parts, name: &str) -> Option<&'a str> {
    parts
        .headers
        .get(name)?
        .to_str()
        .ok()
        .filter(|text| !text.is_empty())
}
