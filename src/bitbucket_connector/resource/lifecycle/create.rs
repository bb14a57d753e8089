//! Creation. A POST has no idempotency key, and its response can be lost after the platform has saved the connector. So
//! whenever the outcome is unknown, the platform is queried. A connector exactly as it was sent is ours; one that does
//! not exist is created again; anything else is an error. If even that is unknown, the state keeps the connector as
//! *unconfirmed*, and the next refresh settles it.

use harness_platform::{
    BitbucketConnector, ConnectorAnswer, ConnectorRef, PlatformError, RawConnector, connectors,
};
use tf_provider::diagnostic::{Diagnostic, Diagnostics};
use tf_provider::resource::NewState;

use super::change::{self, NotMade};
use super::outcome::{Saved, left_alone, saved, unconfirmed, undo_operation};
use super::standing::{self, Instead, Known};
use crate::bitbucket_connector::checks::api_errors::{
    self, About, ChangeRequest, FailedTest, Tested,
};
use crate::bitbucket_connector::connector::managed_settings::ManagedSettings;
use crate::bitbucket_connector::connector::model::Model;
use crate::bitbucket_connector::resource::connection_test::{self, SavedBy};
use crate::bitbucket_connector::resource::convert;
use crate::bitbucket_connector::resource::private_state::Private;
use crate::bitbucket_connector::resource::task::Task;
use crate::harness::platform_error;
use crate::harness::wording::type_name;

/// Creates the planned connector and tests its connection.
pub(crate) async fn create(task: &Task, planned: &Model) -> NewState {
    let desired = match convert::desired(planned) {
        Ok(desired) => desired,
        Err(error) => return NewState::gone().with([Diagnostic::own_bug(error)]),
    };
    let connector = match desired.connector_ref() {
        Ok(connector) => connector,
        Err(error) => return NewState::gone().with([Diagnostic::own_bug(error)]),
    };
    match create_once(task, planned, &desired, &connector).await {
        Creation::Created(answer) => {
            let created = saved(task, SavedBy::Creation, planned, &connector, &answer).await;
            undo_if_condemned(task, planned, &connector, created).await
        }
        Creation::Failed(findings) => NewState::gone().with(findings),
        Creation::Unconfirmed(finding) => {
            let (state, _) = convert::confirmed(&desired.into(), &connector.scope, planned);
            let private = Private {
                account_id: Some(task.provider_data.client.account_id().to_owned()),
                unconfirmed: true,
                ..Private::default()
            };
            NewState::of(state, private.write()).with([finding])
        }
    }
}

/// The result of an attempt to create.
enum Creation {
    Created(ConnectorAnswer),
    /// The connector certainly does not exist, or is someone else's.
    Failed(Diagnostics),
    /// The connector may exist.
    Unconfirmed(Diagnostic),
}

async fn create_once(
    task: &Task,
    planned: &Model,
    desired: &BitbucketConnector,
    connector: &ConnectorRef,
) -> Creation {
    let client = &task.provider_data.client;
    let about = About {
        connector,
        settings: Some(desired),
    };
    let refused = |error: &PlatformError| api_errors::refused(ChangeRequest::Create, error, about);
    let sent = ManagedSettings::of(planned);
    let mut answer_was_lost = false;
    let mut attempt = 1;
    loop {
        let error = match client
            .send(
                connectors::create(&RawConnector::new(desired)),
                &task.operation,
            )
            .await
        {
            Ok(answer) => return Creation::Created(answer.value),
            Err(error) => error,
        };
        answer_was_lost |= error.outcome_unknown();
        // If the request was sent again after a rate limit, it may have met the connector that it had created.
        let was_sent_before = answer_was_lost || error.attempts() > 1;
        let may_be_ours = error.outcome_unknown() || (was_sent_before && error.is_already_exists());
        if !may_be_ours {
            return Creation::Failed(refused(&error));
        }
        // Only what exists now can say whose it is. The settings must be exactly those that were sent: someone else may
        // have created a connector with this identifier at the same time.
        match client
            .send(connectors::get(connector), &task.operation)
            .await
        {
            Ok(found) if standing::has_settings(&found.value, &sent, connector) => {
                tracing::info!(
                    identifier = connector.identifier,
                    "The response to the creation was lost; the connector exists as it was sent"
                );
                return Creation::Created(found.value);
            }
            Ok(_) => return Creation::Failed(api_errors::taken(&error, about).into()),
            Err(look) if look.is_not_found_connector(connector) => {
                // Certainly not created: retry if that can help and there is time.
                if !client.pause(&task.operation, attempt, &error).await {
                    return Creation::Failed(refused(&error));
                }
                attempt += 1;
            }
            Err(look) => {
                let what = ("The connector may have been created", "creation");
                let then = "The state keeps it as tainted. Run `terraform plan` when Harness is reachable to find out whether it \
                            exists.";
                let finding = unconfirmed(what, Some(&error), &look, connector, then);
                return Creation::Unconfirmed(finding);
            }
        }
    }
}

/// Deletes the connector after a failed required test, unless someone has changed it since it was created as
/// `planned`.
async fn undo_if_condemned(
    task: &Task,
    planned: &Model,
    connector: &ConnectorRef,
    saved: Saved,
) -> NewState {
    let Saved {
        state: created,
        private,
        condemned,
    } = saved;
    let Some(failed) = condemned else {
        return created;
    };
    let operation = undo_operation();
    let known = Known {
        connector,
        state: planned,
        private: &private,
    };
    // Without `force`: Harness then refuses to delete a connector that something already refers to.
    let (ending, _) = change::delete(task, &operation, known, false).await;
    let (undone, then, error) = match ending {
        Ok(()) | Err(NotMade::Blocked(Instead::Gone(_))) => {
            return deleted_again(failed);
        }
        Err(NotMade::Blocked(Instead::OtherType(found))) => {
            let what = format!(
                "a connector of type {} has replaced it. The state no longer has it",
                type_name(found.connector.connector_type())
            );
            return NewState::gone().with([left_alone(&what, failed)]);
        }
        // Someone else's change is kept, even though the test of the settings that were sent failed.
        Err(NotMade::Blocked(Instead::Changed(_))) => {
            let what = "its settings are not those that were sent. It is tainted in the state, so the next plan shows its \
                        settings and replaces it (`terraform untaint` keeps it)";
            return created.with([left_alone(what, failed)]);
        }
        Err(NotMade::NotRead(error) | NotMade::Refused(error)) => (
            "connector not deleted",
            "The new connector could not be deleted (`connection_test = \"require\"`). It is tainted, so the next apply \
             replaces it (`terraform untaint` keeps it)",
            error,
        ),
        Err(NotMade::Unknown { error, look }) => (
            "deletion not confirmed",
            "Harness did not confirm that the new connector was deleted (`connection_test = \"require\"`). It is tainted, and \
             the next plan finds out whether it exists",
            error.unwrap_or(look),
        ),
    };
    let happened = format!("{then}: {}.", platform_error::said(&error));
    created.with([connection_test::required(
        undone,
        Tested::Kept,
        &happened,
        failed,
    )])
}

fn deleted_again(failed: FailedTest) -> NewState {
    NewState::gone().with([connection_test::required(
        "connector deleted",
        Tested::Undone,
        "The new connector was deleted (`connection_test = \"require\"`). The next plan creates it again.",
        failed,
    )])
}
