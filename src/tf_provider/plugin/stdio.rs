//! `plugin.GRPCStdio`: the standard streams of a plugin, for a host that wants to display them.
//!
//! This plugin prints nothing after the handshake line, and its log lines go to the real standard error, which the host
//! reads. So the stream stays silent, and open until the plugin ends, as the host expects.

use futures_util::StreamExt as _;
use tokio_util::sync::CancellationToken;
use tonic::codegen::BoxStream;
use tonic::{Request, Response, Status};

use crate::proto::go_plugin::StdioData;
use crate::proto::go_plugin::grpc_stdio_server::GrpcStdio;

/// The stdio service. Its streams end when the token is canceled.
#[derive(Debug)]
pub(super) struct Stdio {
    pub(super) shutdown: CancellationToken,
}

#[tonic::async_trait]
impl GrpcStdio for Stdio {
    type StreamStdioStream = BoxStream<StdioData>;

    async fn stream_stdio(
        &self,
        _request: Request<()>,
    ) -> Result<Response<Self::StreamStdioStream>, Status> {
        // The server cannot end while a stream is open.
        let silence = tokio_stream::pending().take_until(self.shutdown.clone().cancelled_owned());
        Ok(Response::new(Box::pin(silence)))
    }
}
