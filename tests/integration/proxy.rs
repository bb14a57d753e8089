//! A proxy that gives everyone an identical response, or none.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// A proxy. It ends with the test's process.
pub(crate) struct Proxy {
    port: u16,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    /// Starts a proxy that responds to every request with this head.
    pub(crate) fn answering(head: &'static str) -> Self {
        Self::start(Some(head))
    }

    /// Starts a proxy that reads requests and leaves the connections open.
    pub(crate) fn silent() -> Self {
        Self::start(None)
    }

    fn start(answer: Option<&'static str>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let heads = Arc::<Mutex<Vec<String>>>::default();
        let log = Arc::clone(&heads);
        thread::spawn(move || {
            let mut open = Vec::new();
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let head = head(&mut stream);
                log.lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push(head);
                match answer {
                    Some(answer) => {
                        // The client may have disconnected.
                        write!(
                            stream,
                            "{answer}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                        )
                        .ok();
                    }
                    None => open.push(stream),
                }
            }
        });
        Self { port, heads }
    }

    /// Returns host and port.
    pub(crate) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Returns the heads of the requests so far.
    pub(crate) fn requests(&self) -> Vec<String> {
        let heads = self.heads.lock().unwrap_or_else(PoisonError::into_inner);
        heads.clone()
    }
}

/// Returns what arrives up to the blank line, the end of the connection, or the first TLS record.
fn head(stream: &mut TcpStream) -> String {
    let mut read = Vec::new();
    let mut buffer = [0; 1024];
    while let Ok(count) = stream.read(&mut buffer) {
        read.extend(buffer.iter().take(count));
        let is_tls = read.first() == Some(&0x16);
        if count == 0 || is_tls || read.windows(4).any(|end| end == b"\r\n\r\n") {
            break;
        }
    }
    String::from_utf8_lossy(&read).into_owned()
}
