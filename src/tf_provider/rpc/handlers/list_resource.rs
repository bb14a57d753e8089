//! Lists of existing objects.

use std::sync::Arc;

use tokio::sync::mpsc;

use super::offered::{self, find};
use crate::list_resource::{ListRequest, Listed};
use crate::proto::tfplugin5 as proto;
use crate::provider::Provider;
use crate::resource::{Context, Resource};
use crate::rpc::answer::Answer;
use crate::rpc::convert::{self, decode_block, decode_message, malformed, wholly_known};
use crate::rpc::identity;
use crate::rpc::stream::Outgoing;
use crate::value::Type;

const KIND: &str = "list resource";

pub(crate) fn validate(
    provider: &dyn Provider,
    request: proto::validate_list_resource_config::Request,
) -> Answer<proto::validate_list_resource_config::Response> {
    let list = find(KIND, &provider.offers().list_resources, &request.type_name)?;
    let config = decode_block("config", request.config.as_ref(), &list.schema().block)?;
    let settings = [
        (
            "include_resource_object",
            &request.include_resource_object,
            Type::Bool,
        ),
        ("limit", &request.limit, Type::Number),
    ];
    for (name, message, ty) in settings {
        if let Some(message) = message {
            decode_message(message, &ty).map_err(|error| malformed(name, &error))?;
        }
    }
    Ok(proto::validate_list_resource_config::Response {
        diagnostics: convert::diagnostics(list.validate(&config)),
    })
}

/// Sends what the list resource finds, until it ends, the limit is reached, or the host disconnects. In the last two
/// cases the listing is dropped where it waits, and its request with it.
pub(crate) async fn list(
    provider: Arc<dyn Provider>,
    request: proto::list_resource::Request,
    context: Context,
    outgoing: Outgoing<proto::list_resource::Event>,
) -> Answer<()> {
    let list = find(KIND, &provider.offers().list_resources, &request.type_name)?;
    let resource = offered::resource(&*provider, &request.type_name)?;
    let config = decode_block("config", request.config.as_ref(), &list.schema().block)?;
    let limit = u64::try_from(request.limit).ok().filter(|most| *most > 0);
    let include_resource = request.include_resource_object;
    let request = ListRequest {
        config: wholly_known("config", config)?,
        include_resource,
        limit,
    };

    // One at a time: the host may not want more than it has taken.
    let (sender, mut found) = mpsc::channel(1);
    let mut listing = list.list(request, sender, &context);
    let mut going_on = true;
    let mut left = limit.unwrap_or(u64::MAX);
    while left > 0 {
        tokio::select! {
            biased;
            () = outgoing.closed() => break,
            next = found.recv() => {
                let Some(listed) = next else { break };
                left -= u64::from(listed.object.is_some());
                if !outgoing.send(event(resource, listed, include_resource, &context)?).await {
                    break;
                }
            }
            () = &mut listing, if going_on => going_on = false,
        }
    }
    Ok(())
}

fn event(
    resource: &dyn Resource,
    listed: Listed,
    include_resource: bool,
    context: &Context,
) -> Answer<proto::list_resource::Event> {
    let diagnostic = convert::diagnostics(context.explained.report(listed.diagnostics));
    let Some(object) = listed.object else {
        return Ok(proto::list_resource::Event {
            diagnostic,
            ..Default::default()
        });
    };
    let ty = resource.schema().ty();
    let state = object.resource.filter(|_| include_resource);
    let resource_object = state
        .map(|state| convert::encode(&state, &ty))
        .transpose()?;
    Ok(proto::list_resource::Event {
        identity: identity::encode(resource, Some(&object.identity))?,
        display_name: object.display_name,
        resource_object,
        diagnostic,
    })
}
