//! `plugin.GRPCStdio`: the standard streams of a plugin, for a host that wants to show them.
//!
//! This plugin prints nothing after the handshake line, and its log lines go to the real standard error, which the
//! host reads. So the stream is silent; it is held until the plugin ends, as the host expects.

use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status};

use super::until_shutdown::{BoxStream, UntilShutdown};
use crate::proto::go_plugin::StdioData;
use crate::proto::go_plugin::grpc_stdio_server::GrpcStdio;

/// The service; its streams end when the token is cancelled.
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
        let silence = UntilShutdown::new(tokio_stream::pending(), &self.shutdown);
        Ok(Response::new(Box::pin(silence)))
    }
}
