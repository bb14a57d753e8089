//! What the parts of a change report: the state of a saved connector, a change that was not undone, and one that was not
//! confirmed.

use harness_platform::{BitbucketReading, ConnectorAnswer, ConnectorRef, Operation, PlatformError};
use tf_provider::diagnostic::Diagnostic;
use tf_provider::resource::NewState;
use tokio_util::sync::CancellationToken;

use super::standing;
use crate::bitbucket_connector::checks::api_errors::{FailedTest, Tested};
use crate::bitbucket_connector::connector::model::Model;
use crate::bitbucket_connector::connector::named;
use crate::bitbucket_connector::resource::connection_test::{self, SavedBy, Verdict};
use crate::bitbucket_connector::resource::convert;
use crate::bitbucket_connector::resource::private_state::Private;
use crate::bitbucket_connector::resource::task::Task;
use crate::harness::platform_error;
use crate::harness::provider_data::ConnectionTestMode;

/// Returns a separate operation for undoing a change after a failed test: the change itself may have used up its time,
/// and an interrupted run must not leave it half done.
pub(super) fn undo_operation() -> Operation {
    Operation::new(CancellationToken::new())
}

/// The state after a saved change, with its private state. If `condemned`, the change must be undone, because a
/// required test failed.
pub(super) struct Saved {
    pub(super) state: NewState,
    pub(super) private: Private,
    pub(super) condemned: Option<FailedTest>,
}

/// Returns the state of a connector that was just saved, and tests the connection as configured.
pub(super) async fn saved(
    task: &Task,
    change: SavedBy,
    planned: &Model,
    connector: &ConnectorRef,
    answer: &ConnectorAnswer,
) -> Saved {
    let reading = answer.connector.bitbucket();
    let (state, findings) = convert::confirmed(&reading, &connector.scope, planned);
    let private = private_state(task, answer, &reading, connector);
    let mut state = NewState::of(state, private.write()).with(findings);
    let mode = task.connection_test(planned);
    let verdict = match mode {
        ConnectionTestMode::Off => Verdict::Passed,
        _ => connection_test::run(task, connector, &reading.connector).await,
    };
    let condemned = match (verdict, mode) {
        (Verdict::Passed, _) => None,
        (Verdict::Failed(failed), ConnectionTestMode::Require) => Some(failed),
        (Verdict::Failed(failed), _) => {
            let finding = connection_test::finding(failed, change, task.strict);
            state = state.with([finding]);
            None
        }
    };
    Saved {
        state,
        private,
        condemned,
    }
}

/// Returns the error about a failed test with a change that is not undone, because someone else has changed the
/// connector since. `standing` says what exists now.
pub(super) fn left_alone(standing: &str, failed: FailedTest) -> Diagnostic {
    connection_test::required(
        "connector changed since",
        Tested::Undone,
        &format!(
            "The change was not undone (`connection_test = \"require\"`), because someone has changed the connector since: \
             {standing}."
        ),
        failed,
    )
}

/// Returns the error about a change that may have been made: the platform did not confirm it (it failed with `error`,
/// or an earlier attempt did), and `look`, which should have found out, failed too. `then` is a sentence.
pub(super) fn unconfirmed(
    (summary, change): (&str, &str),
    error: Option<&PlatformError>,
    look: &PlatformError,
    connector: &ConnectorRef,
    then: &str,
) -> Diagnostic {
    // An identical failure is not repeated.
    let why = error
        .filter(|error| platform_error::title(error) != platform_error::title(look))
        .map_or(String::new(), |_| {
            format!("\n\nThe lookup: {}.", platform_error::said(look))
        });
    platform_error::failed(summary, error.unwrap_or(look), connector).preceded_by(&format!(
        "Harness did not confirm the {change} of {}, and looking it up failed as well. {then}{why}",
        named(connector),
    ))
}

/// Returns the private state of a connector that was just read.
pub(super) fn private_state(
    task: &Task,
    shown: &ConnectorAnswer,
    reading: &BitbucketReading,
    connector: &ConnectorRef,
) -> Private {
    Private {
        last_modified_at: shown.last_modified_at,
        settings: Some(standing::managed_settings(reading, connector).digest()),
        account_id: Some(task.provider_data.client.account_id().to_owned()),
        ..Private::default()
    }
}
