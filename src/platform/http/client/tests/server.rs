//! A minimal server for the client's tests. It responds with bytes from a list, or not at all, and records what it
//! receives.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio_rustls::TlsAcceptor;

/// What the server does with one request.
#[derive(Clone)]
pub(crate) enum Step {
    /// Write these bytes.
    Reply(Vec<u8>),
    /// Write these bytes and close the connection.
    Cut(Vec<u8>),
    /// Never respond.
    Silence,
}

/// Returns a response with a status, content type, further header lines, and body.
pub(crate) fn answer(status: u16, content_type: &str, headers: &str, body: &str) -> Step {
    Step::Reply(
        format!(
            "HTTP/1.1 {status} Status\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\n{headers}\r\n{body}",
            body.len()
        )
        .into_bytes(),
    )
}

/// Returns a JSON response.
pub(crate) fn json(status: u16, body: &serde_json::Value) -> Step {
    answer(status, "application/json", "", &body.to_string())
}

#[derive(Default)]
struct Script {
    steps: Mutex<VecDeque<Step>>,
    requests: Mutex<Vec<String>>,
    arrived: Notify,
}

/// A server on a free port of this machine. It ends with the test's runtime.
pub(crate) struct Server {
    script: Arc<Script>,
    port: u16,
}

impl Server {
    pub(crate) async fn start(steps: impl IntoIterator<Item = Step>) -> Self {
        Self::serve(steps, None).await
    }

    pub(crate) async fn serve(
        steps: impl IntoIterator<Item = Step>,
        tls: Option<TlsAcceptor>,
    ) -> Self {
        let script = Arc::new(Script {
            steps: Mutex::new(steps.into_iter().collect()),
            ..Script::default()
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::clone(&script);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (script, tls) = (Arc::clone(&shared), tls.clone());
                tokio::spawn(async move {
                    match tls {
                        None => converse(stream, &script).await,
                        Some(tls) => {
                            if let Ok(stream) = tls.accept(stream).await {
                                converse(stream, &script).await;
                            }
                        }
                    }
                });
            }
        });
        Self { script, port }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Returns the requests so far, head and body.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.script.requests.lock().unwrap().clone()
    }

    /// Returns when a request has arrived.
    pub(crate) async fn arrival(&self) {
        self.script.arrived.notified().await;
    }
}

async fn converse(mut stream: impl AsyncRead + AsyncWrite + Unpin, script: &Script) {
    while let Some(request) = read_request(&mut stream).await {
        script.requests.lock().unwrap().push(request);
        script.arrived.notify_one();
        let step = script.steps.lock().unwrap().pop_front();
        match step.expect("one request more than the script has steps") {
            Step::Reply(bytes) => {
                // A client that has read enough may close the connection.
                if stream.write_all(&bytes).await.is_err() {
                    return;
                }
            }
            Step::Cut(bytes) => {
                let _ = stream.write_all(&bytes).await;
                let _ = stream.shutdown().await;
                return;
            }
            Step::Silence => std::future::pending().await,
        }
    }
}

async fn read_request(stream: &mut (impl AsyncRead + Unpin)) -> Option<String> {
    let mut read = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&read).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| {
                    line.to_ascii_lowercase()
                        .strip_prefix("content-length:")
                        .map(str::trim)
                        .map(str::to_owned)
                })
                .map_or(0, |length| length.parse().unwrap());
            if body.len() >= length {
                return Some(text);
            }
        }
        let mut buffer = [0; 4096];
        match stream.read(&mut buffer).await {
            Ok(count) if count > 0 => read.extend_from_slice(&buffer[..count]),
            _ => return None,
        }
    }
}
