//! Destruction. The connector is read first: one that is already gone counts as deleted, and one that is not the
//! connector that Terraform knows is kept. A connector that is still in use is an error that lists its users.

use harness_platform::{ConnectorRef, PlatformError, connectors};
use tf_provider::diagnostic::Diagnostic;
use tf_provider::field::ToValue;
use tf_provider::resource::NewState;

use super::change::{self, NotMade};
use super::outcome::{private_state, unconfirmed};
use super::standing::{self, Instead, Known};
use crate::bitbucket_connector::checks::api_errors::{self, About, ChangeRequest};
use crate::bitbucket_connector::connector::model::Model;
use crate::bitbucket_connector::connector::named;
use crate::bitbucket_connector::resource::private_state::Private;
use crate::bitbucket_connector::resource::task::Task;
use crate::harness::platform_error;
use crate::harness::wording::usage;

/// Deletes the connector that `prior` describes, if it is still the one that Terraform knows.
pub(crate) async fn delete(
    task: &Task,
    connector: &ConnectorRef,
    prior: &Model,
    private: &Private,
) -> NewState {
    let mut kept = NewState::of(prior.to_value(), private.write());
    let known = Known {
        connector,
        state: prior,
        private,
    };
    let force = prior.force_delete.known() == Some(&true);
    let (ending, seen) = change::delete(task, &task.operation, known, force).await;
    // It is ours, which may not have been known before.
    if let Some(found) = seen.filter(|_| private.unconfirmed) {
        let reading = found.connector.bitbucket();
        kept.private = private_state(task, &found, &reading, connector).write();
    }
    let error = match ending {
        Ok(()) | Err(NotMade::Blocked(Instead::Gone(_))) => return NewState::gone(),
        // Its creation was never confirmed, and it differs from what was sent, so it is someone else's.
        Err(NotMade::Blocked(_)) if private.unconfirmed => return standing::dropped(connector),
        Err(NotMade::Blocked(instead)) => {
            let finding = match &instead {
                Instead::OtherType(found) => standing::replaced(connector, found),
                Instead::Changed(_) | Instead::Gone(_) => {
                    let not_done = "Nothing was deleted, to keep that change.";
                    standing::changed_meanwhile(connector, not_done)
                }
            };
            return kept.with(standing::explained(task, known, &instead, finding.into()).await);
        }
        Err(NotMade::NotRead(error)) => return kept.with([not_read(&error, connector)]),
        Err(NotMade::Unknown { error, look }) => {
            let then = "The state keeps the connector. Run `terraform plan` when Harness is reachable to find out whether it \
                        still exists.";
            let what = ("The connector may have been deleted", "deletion");
            return kept.with([unconfirmed(what, error.as_ref(), &look, connector, then)]);
        }
        Err(NotMade::Refused(error)) => error,
    };
    let about = About {
        connector,
        settings: None,
    };
    let findings = api_errors::refused(ChangeRequest::Delete, &error, about);
    if !error.is_still_referenced() {
        return kept.with(findings);
    }
    let by_whom = used_by(task, connector).await;
    let name = named(connector);
    kept.with(findings.into_iter().map(|mut finding| {
        finding.detail = format!("{name} is still used by {by_whom}\n\n{}", finding.detail);
        finding
    }))
}

/// Returns the error about a connector that could not be read before its deletion.
fn not_read(error: &PlatformError, connector: &ConnectorRef) -> Diagnostic {
    platform_error::failed("Connector was not deleted", error, connector).preceded_by(&format!(
        "{} could not be read, so it was not deleted.",
        named(connector)
    ))
}

/// By whom a connector is used, as the end of a sentence.
async fn used_by(task: &Task, connector: &ConnectorRef) -> String {
    let uses = task
        .provider_data
        .client
        .send(connectors::usage(connector), &task.operation)
        .await;
    match uses.ok().and_then(|answer| usage::list(&answer.value)) {
        Some(list) => format!("these entities:\n{list}"),
        // The list is only a help: its failure must not hide the refusal.
        None => "other entities. Its page in Harness lists them under References.".to_owned(),
    }
}
