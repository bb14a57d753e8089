//! Destruction. The connector is read first: what is already gone is gone, and what is not the connector that Terraform
//! knows stays. What others still use is an error that says so.

use super::standing::{self, Standing};
use super::{Task, named, not_confirmed};
use crate::bitbucket_connector::finding;
use crate::bitbucket_connector::model::Model;
use crate::bitbucket_connector::private::Private;
use crate::bitbucket_connector::refusals::{self, About, Change};
use crate::bitbucket_connector::setting::Member;
use crate::bitbucket_connector::usage;
use crate::platform::{Client, ConnectorRef, Operation, PlatformError, connectors};
use crate::tf_provider::diagnostic::Diagnostic;
use crate::tf_provider::resource::NewState;

/// Deletes the connector that `prior` describes, if it is still the one that Terraform knows.
pub(in crate::bitbucket_connector) async fn delete(
    task: &Task,
    connector: &ConnectorRef,
    prior: &Model,
    private: &Private,
) -> NewState {
    let mut kept = NewState::of(prior.write(), private.write());
    match standing::look(task, &task.operation, connector, prior, private).await {
        // It is ours, which need not have been known before.
        Ok(Standing::AsExpected(found)) if private.unconfirmed => {
            kept.private = task.private(&found, connector).write();
        }
        Ok(Standing::AsExpected(_)) => {}
        Ok(Standing::Gone(_)) => return NewState::gone(),
        Ok(Standing::Changed | Standing::OtherType(_)) if private.unconfirmed => {
            return standing::dropped(connector);
        }
        Ok(Standing::Changed) => {
            let not_done = "Nothing was deleted, so that their change is not lost.";
            return kept.with([standing::changed_meanwhile(connector, not_done)]);
        }
        Ok(Standing::OtherType(found)) => {
            return kept.with([standing::other_type(connector, &found, false)]);
        }
        Err(error) => return kept.with([not_read(&error, connector)]),
    }
    let client = &task.configured.client;
    let force = prior.force_delete.known() == Some(&true);
    let request = connectors::delete(connector, force);
    let Err(error) = client.send(request, &task.operation).await else {
        return NewState::gone();
    };
    match what_is_left(client, &task.operation, connector, &error).await {
        Left::Nothing => return NewState::gone(),
        Left::Connector => {}
        Left::Unknown(look) => return kept.with([unconfirmed(&error, &look, connector)]),
    }
    let about = About {
        connector,
        settings: None,
    };
    let mut findings = refusals::refused(Change::Delete, &error, about);
    if error.is_still_referenced() {
        let by_whom = used_by(task, connector).await;
        findings = findings
            .into_iter()
            .map(|mut finding| {
                finding.detail = format!(
                    "{} was not deleted, because other entities refer to it. {by_whom}\n\n{}",
                    named(connector),
                    finding.detail
                );
                finding
            })
            .collect();
    }
    kept.with(findings)
}

/// What a deletion that failed leaves.
pub(super) enum Left {
    /// The connector does not exist (any more).
    Nothing,
    /// The connector exists.
    Connector,
    /// Nobody can tell: why the platform could not be asked.
    Unknown(PlatformError),
}

/// Finds out what a deletion that failed with `error` leaves. The platform's words for a missing connector name none, and
/// an answer that is not the platform's says nothing: then the connector is read.
pub(super) async fn what_is_left(
    client: &Client,
    operation: &Operation,
    connector: &ConnectorRef,
    error: &PlatformError,
) -> Left {
    if standing::is_gone(error, connector) {
        return Left::Nothing;
    }
    if !error.is_nothing_to_delete() && !error.outcome_unknown() {
        return Left::Connector;
    }
    match client.send(connectors::get(connector), operation).await {
        Ok(_) => Left::Connector,
        Err(look) if standing::is_gone(&look, connector) => Left::Nothing,
        Err(look) => Left::Unknown(look),
    }
}

/// The error about a deletion of which nobody can tell whether it happened.
fn unconfirmed(
    error: &PlatformError,
    look: &PlatformError,
    connector: &ConnectorRef,
) -> Diagnostic {
    let summary = "The connector may have been deleted";
    finding::failed(summary, error, connector).preceded_by(&not_confirmed(
        "deletion",
        look,
        connector,
        "The state keeps the connector: run `terraform plan` when Harness can be reached, and the refresh finds out.",
    ))
}

/// The error about a connector that could not be read before its deletion.
fn not_read(error: &PlatformError, connector: &ConnectorRef) -> Diagnostic {
    finding::failed("Connector was not deleted", error, connector).preceded_by(&format!(
        "{} could not be read. It is read before it is deleted, so that nobody's change is lost.",
        named(connector)
    ))
}

/// By whom a connector is used, as sentences.
async fn used_by(task: &Task, connector: &ConnectorRef) -> String {
    let uses = task
        .configured
        .client
        .send(connectors::usage(connector), &task.operation)
        .await;
    match uses.ok().and_then(|answer| usage::list(&answer.value)) {
        Some(list) => format!("It is used by:\n{list}"),
        // The list is a help, not the point: its failure must not hide the refusal.
        None => "Harness shows by whom on the connector's page, under References.".to_owned(),
    }
}
