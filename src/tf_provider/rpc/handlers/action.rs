//! Actions.

use std::sync::Arc;

use proto::invoke_action::Event;
use proto::invoke_action::event::{Progress, Type};
use tokio::sync::mpsc;

use super::offered::find;
use crate::proto::tfplugin5 as proto;
use crate::provider::Provider;
use crate::resource::Context;
use crate::rpc::answer::{Answer, OfFindings};
use crate::rpc::convert::{self, decode_block, wholly_known};
use crate::rpc::stream::Outgoing;

const KIND: &str = "action";

/// How many messages may wait for the host before the action has to wait.
const WAITING: usize = 16;

pub(crate) fn validate(
    provider: &dyn Provider,
    request: proto::validate_action_config::Request,
) -> Answer<proto::validate_action_config::Response> {
    let action = find(KIND, &provider.offers().actions, &request.action_type)?;
    let config = decode_block("config", request.config.as_ref(), &action.schema().block)?;
    Ok(proto::validate_action_config::Response {
        diagnostics: convert::diagnostics(action.validate(&config)),
    })
}

pub(crate) async fn plan(
    provider: Arc<dyn Provider>,
    request: proto::plan_action::Request,
    context: Context,
) -> Answer<proto::plan_action::Response> {
    let action = find(KIND, &provider.offers().actions, &request.action_type)?;
    let config = decode_block("config", request.config.as_ref(), &action.schema().block)?;
    Ok(proto::plan_action::Response {
        diagnostics: convert::diagnostics(action.plan(&config, &context).await),
        deferred: None,
    })
}

/// Sends the action's progress messages, then the event that completes it. The action runs to its end even if the host
/// disconnects.
pub(crate) async fn invoke(
    provider: Arc<dyn Provider>,
    request: proto::invoke_action::Request,
    context: Context,
    outgoing: Outgoing<Event>,
) -> Answer<()> {
    let action = find(KIND, &provider.offers().actions, &request.action_type)?;
    let config = decode_block("config", request.config.as_ref(), &action.schema().block)?;
    let (sender, mut sentences) = mpsc::channel(WAITING);
    let mut invocation = action.invoke(wholly_known("config", config)?, sender, &context);
    let findings = loop {
        tokio::select! {
            biased;
            Some(sentence) = sentences.recv() => {
                outgoing.send(progress(&sentence)).await;
            }
            findings = &mut invocation => break findings,
        }
    };
    // The last messages. A sender that outlives the invocation is not waited for.
    sentences.close();
    while let Some(sentence) = sentences.recv().await {
        outgoing.send(progress(&sentence)).await;
    }
    let findings = context.explained.report(findings);
    outgoing.send(Event::of(findings)).await;
    Ok(())
}

fn progress(sentence: &str) -> Event {
    Event {
        r#type: Some(Type::Progress(Progress {
            message: convert::shown(sentence),
        })),
    }
}
