//! The log of requests to the platform's API: what a client actually sent.

use std::time::Instant;

use serde::Serialize;
use serde_json::{Map, Value};

/// One request. It never contains the API key.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Request {
    /// The number, counted from 0 since the start or since the log was last cleared.
    pub number: usize,
    /// The HTTP method.
    pub method: String,
    /// The path without `/gateway`, still percent-encoded.
    pub path: String,
    /// Whether the path had the prefix `/gateway`.
    pub gateway: bool,
    /// The parameters of the query, decoded; a repeated one is an array.
    pub query: Map<String, Value>,
    /// Header names in lower case and their values; that of `x-api-key` is `(removed)`.
    pub headers: Map<String, Value>,
    /// Whether the request had an existing key, expired or not.
    pub key_known: bool,
    /// The body: JSON if it can be read as such, else text; null without one.
    pub body: Value,
    /// The status of the response; null while there is none, and if the connection was cut without one.
    pub status: Option<u16>,
    /// The name of the scripted fault that fired, if one did.
    pub fault: Option<String>,
    /// When the request had arrived, in milliseconds since the sandbox started.
    pub at_ms: u64,
    /// How long the response took, in milliseconds.
    pub took_ms: Option<u64>,
}

/// All requests in order of arrival.
pub(crate) struct RequestLog {
    started: Instant,
    requests: Vec<Request>,
    /// Distinguishes entries of this log from those before it was cleared.
    generation: u64,
}

/// An entry without a response yet.
#[derive(Clone, Copy)]
pub(crate) struct Entry {
    generation: u64,
    number: usize,
    began: Instant,
}

impl RequestLog {
    pub(crate) fn new() -> Self {
        Self {
            started: Instant::now(),
            requests: Vec::new(),
            generation: 0,
        }
    }

    /// Records an arrival, and sets its number and time.
    pub(crate) fn open(&mut self, request: Request) -> Entry {
        let began = Instant::now();
        let number = self.requests.len();
        let at_ms = millis(began.duration_since(self.started));
        self.requests.push(Request {
            number,
            at_ms,
            ..request
        });
        Entry {
            generation: self.generation,
            number,
            began,
        }
    }

    /// Records the response to a request.
    pub(crate) fn close(&mut self, entry: Entry, status: Option<u16>, fault: Option<String>) {
        if entry.generation == self.generation
            && let Some(request) = self.requests.get_mut(entry.number)
        {
            request.status = status;
            request.fault = fault;
            request.took_ms = Some(millis(entry.began.elapsed()));
        }
    }

    pub(crate) fn clear(&mut self) {
        self.requests.clear();
        self.generation += 1;
    }

    pub(crate) fn all(&self) -> &[Request] {
        &self.requests
    }
}

fn millis(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
