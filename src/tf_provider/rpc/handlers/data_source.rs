//! Data sources.

use std::sync::Arc;

use super::offered::find;
use crate::proto::tfplugin5 as proto;
use crate::provider::Provider;
use crate::resource::Context;
use crate::rpc::answer::Answer;
use crate::rpc::convert::{self, decode_object, encode, wholly_known};

const KIND: &str = "data source";

pub(crate) fn validate(
    provider: &dyn Provider,
    request: proto::validate_data_source_config::Request,
) -> Answer<proto::validate_data_source_config::Response> {
    let source = find(KIND, &provider.offers().data_sources, &request.type_name)?;
    let config = decode_object("config", request.config.as_ref(), &source.schema().ty())?;
    Ok(proto::validate_data_source_config::Response {
        diagnostics: convert::diagnostics(source.validate(&config)),
    })
}

pub(crate) async fn read(
    provider: Arc<dyn Provider>,
    request: proto::read_data_source::Request,
    context: Context,
) -> Answer<proto::read_data_source::Response> {
    let source = find(KIND, &provider.offers().data_sources, &request.type_name)?;
    let ty = source.schema().ty();
    let config = decode_object("config", request.config.as_ref(), &ty)?;
    let reading = source.read(wholly_known("config", config)?, &context).await;
    Ok(proto::read_data_source::Response {
        state: Some(encode(&reading.state, &ty)?),
        diagnostics: convert::diagnostics(context.explained.report(reading.diagnostics)),
        deferred: None,
    })
}
