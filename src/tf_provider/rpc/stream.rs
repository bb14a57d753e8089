//! Responses that are streams of events.

use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;

/// How many events may wait for the host before the sender has to wait.
const WAITING: usize = 16;

/// The events sent to the host. They are dropped when the host disconnects.
pub(super) type Events<E> = ReceiverStream<Result<E, Status>>;

/// The sending side of the events.
pub(super) struct Outgoing<E>(mpsc::Sender<Result<E, Status>>);

/// Creates a channel for events.
pub(super) fn channel<E>() -> (Outgoing<E>, Events<E>) {
    let (sender, receiver) = mpsc::channel(WAITING);
    (Outgoing(sender), ReceiverStream::new(receiver))
}

impl<E> Outgoing<E> {
    /// Sends an event. Returns false if the host has disconnected.
    pub(super) async fn send(&self, event: E) -> bool {
        self.0.send(Ok(event)).await.is_ok()
    }

    /// Resolves when the host has disconnected.
    pub(super) async fn closed(&self) {
        self.0.closed().await;
    }
}

impl<E> Clone for Outgoing<E> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}
