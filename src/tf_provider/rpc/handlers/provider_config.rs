//! The `provider` block.

use std::sync::Arc;

use crate::proto::tfplugin5 as proto;
use crate::provider::Provider;
use crate::resource::Context;
use crate::rpc::answer::Answer;
use crate::rpc::convert::{self, decode_block};

pub(crate) fn prepare(
    provider: &dyn Provider,
    request: proto::prepare_provider_config::Request,
) -> Answer<proto::prepare_provider_config::Response> {
    let config = decode_block("config", request.config.as_ref(), &provider.schema().block)?;
    Ok(proto::prepare_provider_config::Response {
        prepared_config: request.config,
        diagnostics: convert::diagnostics(provider.validate(&config)),
    })
}

pub(crate) async fn configure(
    provider: Arc<dyn Provider>,
    request: proto::configure::Request,
    context: Context,
) -> Answer<proto::configure::Response> {
    let config = decode_block("config", request.config.as_ref(), &provider.schema().block)?;
    context.phase.configured(&request.terraform_version);
    let diagnostics = provider.configure(config, &request.terraform_version).await;
    Ok(proto::configure::Response {
        diagnostics: convert::diagnostics(diagnostics),
    })
}
