//! The `provider` block.

use std::sync::Arc;

use crate::proto::tfplugin5 as proto;
use crate::provider::Provider;
use crate::resource::Context;
use crate::rpc::Answer;
use crate::rpc::convert::{self, decode};

pub(in crate::rpc) fn prepare(
    provider: &dyn Provider,
    request: proto::prepare_provider_config::Request,
) -> Answer<proto::prepare_provider_config::Response> {
    let config = decode("config", request.config.as_ref(), &provider.schema().ty())?;
    Ok(proto::prepare_provider_config::Response {
        prepared_config: request.config,
        diagnostics: convert::diagnostics(provider.validate(&config)),
    })
}

pub(in crate::rpc) async fn configure(
    provider: Arc<dyn Provider>,
    request: proto::configure::Request,
    _context: Context,
) -> Answer<proto::configure::Response> {
    let config = decode("config", request.config.as_ref(), &provider.schema().ty())?;
    let diagnostics = provider.configure(config, &request.terraform_version).await;
    Ok(proto::configure::Response {
        diagnostics: convert::diagnostics(diagnostics),
    })
}
