//! Connections on their way to the server: accepted, through the TLS handshake, and counted.
//!
//! Each handshake is a task of its own with a time limit, so that a client that connects and says nothing keeps nobody
//! else waiting. Their number is bounded; beyond it, the one that has taken longest gives way.

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

/// A handshake on the same machine takes milliseconds.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(5);

/// Handshakes in progress at a time. Terraform makes one connection.
const MAX_HANDSHAKES: usize = 64;

/// Pause after a failed `accept`: out of file descriptors, most likely, and not to be asked again at once.
const ACCEPT_RETRY: Duration = Duration::from_millis(50);

/// How many connections are open, for whoever wants to know when the last one is gone.
#[derive(Clone, Debug)]
pub(super) struct OpenConnections(Arc<watch::Sender<usize>>);

impl OpenConnections {
    /// None yet.
    pub(super) fn none() -> Self {
        Self(Arc::new(watch::Sender::new(0)))
    }

    /// Follows the number.
    pub(super) fn subscribe(&self) -> watch::Receiver<usize> {
        self.0.subscribe()
    }

    fn open(&self) -> OpenConnection {
        self.0.send_modify(|open| *open = open.saturating_add(1));
        OpenConnection(self.clone())
    }
}

/// Counts while it lives.
#[derive(Debug)]
struct OpenConnection(OpenConnections);

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.0.0.send_modify(|open| *open = open.saturating_sub(1));
    }
}

/// A connection that may be served: with TLS, its client is the right one.
#[derive(Debug)]
pub(super) struct Connection {
    stream: Either<Socket, Box<TlsStream<Socket>>>,
    _open: OpenConnection,
}

/// Accepts connections until the returned stream is dropped, which also closes the listener and ends all handshakes.
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
    // Nobody left to serve it: the server is ending.
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
