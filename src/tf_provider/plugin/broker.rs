//! `plugin.GRPCBroker`: go-plugin's protocol for opening further connections.
//!
//! Terraform opens the stream in every run and keeps it open, but never asks a provider for a connection. So the stream
//! stays open until the plugin ends, and announcements on it are read and dropped. A knock, which only a multiplexing
//! host sends, is refused at once, so that the host does not wait for its timeout.

use std::future::ready;

use futures_util::StreamExt as _;
use tokio_util::sync::CancellationToken;
use tonic::codegen::BoxStream;
use tonic::{Request, Response, Status, Streaming};

use crate::proto::go_plugin::ConnInfo;
use crate::proto::go_plugin::conn_info::Knock;
use crate::proto::go_plugin::grpc_broker_server::GrpcBroker;

/// The broker service. Its streams end when the token is canceled.
#[derive(Debug)]
pub(super) struct Broker {
    pub(super) shutdown: CancellationToken,
}

#[tonic::async_trait]
impl GrpcBroker for Broker {
    type StartStreamStream = BoxStream<ConnInfo>;

    async fn start_stream(
        &self,
        request: Request<Streaming<ConnInfo>>,
    ) -> Result<Response<Self::StartStreamStream>, Status> {
        let answers = request
            .into_inner()
            .filter_map(|announced| ready(announced.ok().and_then(|it| answer(&it)).map(Ok)))
            // The server cannot end while a stream is open.
            .take_until(self.shutdown.clone().cancelled_owned());
        Ok(Response::new(Box::pin(answers)))
    }
}

/// Returns the response to an announcement: none, except for a knock that expects one.
fn answer(announced: &ConnInfo) -> Option<ConnInfo> {
    let knock = announced.knock.as_ref()?;
    (knock.knock && !knock.ack).then(|| ConnInfo {
        service_id: announced.service_id,
        knock: Some(Knock {
            knock: true,
            ack: false,
            error: "this plugin does not multiplex connections".to_owned(),
        }),
        ..ConnInfo::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_knock_is_refused_and_everything_else_is_left_unanswered() {
        let announced = |knock: Option<(bool, bool)>| ConnInfo {
            service_id: 7,
            knock: knock.map(|(knock, ack)| Knock {
                knock,
                ack,
                error: String::new(),
            }),
            ..ConnInfo::default()
        };
        let refusal = answer(&announced(Some((true, false)))).unwrap();
        assert_eq!(refusal.service_id, 7);
        let knock = refusal.knock.unwrap();
        assert!(knock.knock && !knock.ack);
        assert_eq!(knock.error, "this plugin does not multiplex connections");

        for unanswered in [None, Some((false, false)), Some((true, true))] {
            assert_eq!(answer(&announced(unanswered)), None, "{unanswered:?}");
        }
    }
}
