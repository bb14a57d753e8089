//! Incoming connections: accepts them, completes the TLS handshake, and counts them.
//!
//! Each handshake is a task of its own with a timeout, so a client that connects and sends nothing does not delay
//! others. The number of handshakes is limited; beyond the limit, the oldest one is dropped.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::{mpsc, watch};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::server::TlsStream;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::either::Either;
use tonic::transport::server::Connected;

use super::listener::{Listener, Socket};

/// The limit for a handshake, which takes milliseconds on one machine.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(5);

/// The maximum number of handshakes at a time. Terraform opens one connection.
const MAX_HANDSHAKES: usize = 64;

/// The pause after a failed `accept`. The process has most likely run out of file descriptors.
const ACCEPT_RETRY: Duration = Duration::from_millis(50);

/// The number of open connections, for code that waits for the last one to close.
#[derive(Clone, Debug)]
pub(super) struct OpenConnections(Arc<watch::Sender<usize>>);

impl OpenConnections {
    /// Creates a count of zero.
    pub(super) fn none() -> Self {
        Self(Arc::new(watch::Sender::new(0)))
    }

    /// Subscribes to changes of the number.
    pub(super) fn subscribe(&self) -> watch::Receiver<usize> {
        self.0.subscribe()
    }

    fn open(&self) -> OpenConnection {
        self.0.send_modify(|open| *open = open.saturating_add(1));
        OpenConnection(self.clone())
    }
}

/// An open connection, counted until it is dropped.
#[derive(Debug)]
struct OpenConnection(OpenConnections);

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.0.0.send_modify(|open| *open = open.saturating_sub(1));
    }
}

/// A connection that may be served. With TLS, its client has been authenticated.
#[derive(Debug)]
pub(super) struct Connection {
    stream: Either<Socket, Box<TlsStream<Socket>>>,
    _open: OpenConnection,
}

/// Accepts connections until the returned stream is dropped. Dropping it also closes the listener and ends all
/// handshakes.
///
/// Without `tls`, every connection is served.
pub(super) fn accept(
    listener: Listener,
    tls: Option<Arc<ServerConfig>>,
    open: OpenConnections,
) -> ReceiverStream<io::Result<Connection>> {
    let (accepted, incoming) = mpsc::channel(1);
    let tls = tls.map(TlsAcceptor::from);
    tokio::spawn(async move {
        let mut handshakes = JoinSet::new();
        let mut by_age = VecDeque::<AbortHandle>::new();
        loop {
            tokio::select! {
                () = accepted.closed() => break,
                Some(_) = handshakes.join_next() => by_age.retain(|handshake| !handshake.is_finished()),
                socket = listener.accept() => match socket {
                    Ok(socket) => {
                        if by_age.len() >= MAX_HANDSHAKES && let Some(oldest) = by_age.pop_front() {
                            oldest.abort();
                        }
                        let handshake = shake_hands(socket, tls.clone(), open.clone(), accepted.clone());
                        by_age.push_back(handshakes.spawn(handshake));
                    }
                    Err(error) => {
                        tracing::warn!(error = %error, "cannot accept a connection");
                        sleep(ACCEPT_RETRY).await;
                    }
                },
            }
        }
    });
    ReceiverStream::new(incoming)
}

async fn shake_hands(
    socket: Socket,
    tls: Option<TlsAcceptor>,
    open: OpenConnections,
    accepted: mpsc::Sender<io::Result<Connection>>,
) {
    let stream = match tls {
        None => Either::Left(socket),
        Some(tls) => match timeout(HANDSHAKE_TIMEOUT, tls.accept(socket)).await {
            Ok(Ok(stream)) => Either::Right(Box::new(stream)),
            Ok(Err(error)) => {
                return tracing::warn!(error = %error, "refused a connection: TLS handshake failed");
            }
            Err(_) => {
                return tracing::warn!("refused a connection: TLS handshake took too long");
            }
        },
    };
    let connection = Connection {
        stream,
        _open: open.open(),
    };
    // The send fails only if the server is ending.
    accepted.send(Ok(connection)).await.ok();
}

impl Connected for Connection {
    type ConnectInfo = ();

    fn connect_info(&self) -> Self::ConnectInfo {}
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
