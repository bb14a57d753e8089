//! Whether a request may have left this machine. If not, its change certainly did not happen; otherwise it may have.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use http_body::{Body, Frame, SizeHint};

/// Set as soon as any part of the request may have been sent.
#[derive(Clone, Debug, Default)]
pub(crate) struct Departure(Arc<AtomicBool>);

impl Departure {
    /// Records that the request may have left.
    pub(crate) fn depart(&self) {
        self.0.store(true, Ordering::Release);
    }

    /// Returns whether the request may have left.
    pub(crate) fn has_left(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }

    /// Wraps a body to detect when the HTTP client reads it. The client does so once there is a connection, before it
    /// flushes the head. A server that has received none of the body has nothing to carry out.
    pub(crate) fn watch(&self, body: reqwest::Body) -> reqwest::Body {
        reqwest::Body::wrap(Watched {
            body,
            departure: self.clone(),
        })
    }
}

struct Watched {
    body: reqwest::Body,
    departure: Departure,
}

impl Body for Watched {
    type Data = <reqwest::Body as Body>::Data;
    type Error = <reqwest::Body as Body>::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        self.departure.depart();
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
