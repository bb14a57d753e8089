//! A stream that ends, without an error, when the plugin shuts down.
//!
//! Host and plugin hold streams open for as long as the plugin lives; the server could not end while they do.

use std::pin::Pin;
use std::task::{Context, Poll};

use tokio_stream::Stream;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
use tonic::Status;

/// The messages that a service sends.
pub(super) type BoxStream<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

/// The items of a stream, until it or the plugin ends.
pub(super) struct UntilShutdown<S> {
    items: S,
    shutdown: Pin<Box<WaitForCancellationFutureOwned>>,
}

impl<S> UntilShutdown<S> {
    /// Ends `items` when `shutdown` is cancelled.
    pub(super) fn new(items: S, shutdown: &CancellationToken) -> Self {
        Self {
            items,
            shutdown: Box::pin(shutdown.clone().cancelled_owned()),
        }
    }
}

impl<S: Stream + Unpin> Stream for UntilShutdown<S> {
    type Item = S::Item;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.shutdown.as_mut().poll(cx).is_ready() {
            return Poll::Ready(None);
        }
        Pin::new(&mut self.items).poll_next(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio_stream::StreamExt as _;

    use super::*;

    #[tokio::test]
    async fn items_pass_until_the_stream_or_the_plugin_ends() {
        let shutdown = CancellationToken::new();
        let mut finite = UntilShutdown::new(tokio_stream::iter([1, 2]), &shutdown);
        assert_eq!(finite.next().await, Some(1));
        assert_eq!(finite.next().await, Some(2));
        assert_eq!(finite.next().await, None);

        let silent = UntilShutdown::new(tokio_stream::pending::<u8>(), &shutdown);
        let ended = tokio::spawn(silent.collect::<Vec<_>>());
        shutdown.cancel();
        assert!(ended.await.unwrap().is_empty());
    }
}
