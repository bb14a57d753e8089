//! `plugin.GRPCController`: how the host stops the plugin.

use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status};

use crate::proto::go_plugin::Empty;
use crate::proto::go_plugin::grpc_controller_server::GrpcController;

/// The controller service. A plugin that the host started stops. One that serves many runs of Terraform (`--debug`)
/// acknowledges the request and keeps running.
#[derive(Debug)]
pub(super) struct Controller {
    /// Cancelled by `Shutdown`; `None` if the host cannot stop the plugin.
    pub(super) shutdown: Option<CancellationToken>,
}

#[tonic::async_trait]
impl GrpcController for Controller {
    async fn shutdown(&self, _request: Request<Empty>) -> Result<Response<Empty>, Status> {
        tracing::debug!(obeyed = self.shutdown.is_some(), "the host says: shut down");
        if let Some(shutdown) = &self.shutdown {
            shutdown.cancel();
        }
        Ok(Response::new(Empty {}))
    }
}
