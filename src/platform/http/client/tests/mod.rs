//! The client against a server on this machine: what is sent, what is received, and what is retried.

mod answers;
mod ends;
mod limits;
mod network;
mod retries;
mod secrets;
mod server;
mod trust;

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use base64::Engine;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_util::sync::CancellationToken;

use super::testing::SkippingClock;
use super::*;
use crate::api::connectors;
use crate::http::api_key::ApiKey;
use crate::http::transport::{Circumstances, TransportError, TransportKind};
use crate::response::refusal::Missing;
use crate::{ConnectorAnswer, ConnectorRef, RawConnector, Scope};
use server::{Server, Step, answer, json as reply};

const KEY: &str = "pat.acct.tokenid.hunter2hunter2";

fn config(endpoint: &str) -> ClientConfig {
    ClientConfig {
        endpoint: Endpoint::parse(endpoint).unwrap(),
        account_id: "acct".to_owned(),
        api_key: ApiKey::parse(KEY).unwrap(),
        user_agent: "terraform-provider-harness/0.0.0 Terraform/1.11.4".to_owned(),
        request_timeout: Duration::from_secs(20),
        retry_timeout: Duration::from_mins(2),
        max_requests_per_minute: None,
        ca_certificate_pem: None,
        proxy: None,
        log_filter: str::to_owned,
    }
}

fn client(server: &Server) -> (Client, Arc<SkippingClock>) {
    client_with(config(&format!(
        "http://127.0.0.1:{}/gateway/",
        server.port()
    )))
}

fn client_with(config: ClientConfig) -> (Client, Arc<SkippingClock>) {
    let clock = SkippingClock::new();
    let shared: Arc<dyn Clock> = Arc::<SkippingClock>::clone(&clock);
    (
        Client::with(config, RetryPolicy::default(), shared).unwrap(),
        clock,
    )
}

/// Ends the time limit of the request in progress once it has arrived at the server, and that of its operation if it is a
/// minute or less. From then on, only waits let time pass, so limits can be long, and a slow machine changes nothing.
async fn out_of_time<T>(
    server: &Server,
    clock: &SkippingClock,
    sending: impl Future<Output = T>,
) -> T {
    let expire = async {
        server.arrival().await;
        clock.sleep(Duration::from_mins(1)).await;
        tokio::time::pause();
    };
    let (result, ()) = tokio::join!(sending, expire);
    tokio::time::resume();
    result
}

fn operation() -> Operation {
    Operation::new(CancellationToken::new())
}

fn bb() -> ConnectorRef {
    ConnectorRef::new(Scope::Account, "bb")
}

fn raw() -> RawConnector {
    let Value::Object(members) = json!({"identifier": "bb", "type": "Bitbucket"}) else {
        unreachable!()
    };
    RawConnector::from_members(members)
}

fn found() -> Value {
    json!({"status": "SUCCESS", "correlationId": "c-1", "metaData": null, "data": {
        "connector": {"identifier": "bb", "type": "Bitbucket"}, "createdAt": 1, "lastModifiedAt": 2}})
}

fn refused(code: &str, message: &str) -> Value {
    json!({"status": "ERROR", "code": code, "message": message, "correlationId": "c-9", "responseMessages": []})
}

async fn get(client: &Client) -> Result<Answer<ConnectorAnswer>, PlatformError> {
    client.send(connectors::get(&bb()), &operation()).await
}

/// Returns the value of a request's header, by its name in lower case.
fn header(request: &str, name: &str) -> Option<String> {
    let mut lines = request.lines().take_while(|line| !line.is_empty());
    lines.find_map(|line| {
        let (found, value) = line.split_once(':')?;
        (found.to_ascii_lowercase() == name).then(|| value.trim().to_owned())
    })
}

/// Returns an error and its causes in one line, with `PORT` for the port of the server on this machine.
fn layers_at(port: u16, error: &(dyn Error + 'static)) -> String {
    layers(error).replace(&format!(":{port}"), ":PORT")
}

fn layers(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(" | ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
}
