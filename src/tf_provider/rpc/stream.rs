//! Answers that come as a stream of events.

use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;

/// How many events wait for the host before whoever makes them has to wait.
const WAITING: usize = 16;

/// The events on their way to the host. They are dropped when the host hangs up.
pub(super) type Events<E> = ReceiverStream<Result<E, Status>>;

/// Where events are put.
pub(super) struct Outgoing<E>(mpsc::Sender<Result<E, Status>>);

/// A way for events, and its end.
pub(super) fn channel<E>() -> (Outgoing<E>, Events<E>) {
    let (sender, receiver) = mpsc::channel(WAITING);
    (Outgoing(sender), ReceiverStream::new(receiver))
}

impl<E> Outgoing<E> {
    /// Sends an event; false if nobody listens any more.
    pub(super) async fn send(&self, event: E) -> bool {
        self.0.send(Ok(event)).await.is_ok()
    }

    /// Resolves when nobody listens any more.
    pub(super) async fn closed(&self) {
        self.0.closed().await;
    }
}

impl<E> Clone for Outgoing<E> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}
