//! Update: reads the connector, writes the planned settings over it, and sends it with PUT. What this provider does not
//! manage is kept. If someone changed the connector after the plan was made, nothing is written.

use harness_platform::{ConnectorAnswer, ConnectorRef, PlatformError, RawConnector, connectors};
use tf_provider::diagnostic::{Diagnostic, Diagnostics, Severity};
use tf_provider::field::ToValue;
use tf_provider::resource::NewState;

use super::change::{self, NotMade, Written};
use super::outcome::{left_alone, private_state, saved, unconfirmed, undo_operation};
use super::standing::{self, Instead, Known};
use crate::bitbucket_connector::checks::api_errors::{
    self, About, ChangeRequest, FailedTest, Tested,
};
use crate::bitbucket_connector::connector::managed_settings::ManagedSettings;
use crate::bitbucket_connector::connector::model::Model;
use crate::bitbucket_connector::connector::named;
use crate::bitbucket_connector::resource::connection_test::{self, SavedBy};
use crate::bitbucket_connector::resource::convert;
use crate::bitbucket_connector::resource::private_state::Private;
use crate::bitbucket_connector::resource::task::Task;
use crate::harness::platform_error;
use crate::harness::wording::type_name;

/// Updates the connector from `prior` to `planned`, and tests its connection.
pub(crate) async fn update(
    task: &Task,
    prior: &Model,
    planned: &Model,
    private: &Private,
) -> NewState {
    let unchanged = NewState::of(prior.to_value(), private.write());
    let desired = match convert::desired(planned) {
        Ok(desired) => desired,
        Err(error) => return unchanged.with([Diagnostic::own_bug(error)]),
    };
    let connector = match desired.connector_ref() {
        Ok(connector) => connector,
        Err(error) => return unchanged.with([Diagnostic::own_bug(error)]),
    };
    // A change of only `connection_test`, `force_delete`, or `timeouts` concerns only this provider.
    if convert::desired(prior).is_ok_and(|before| before == desired) {
        return NewState::of(planned.to_value(), private.write());
    }
    let about = About {
        connector: &connector,
        settings: Some(&desired),
    };
    let known = Known {
        connector: &connector,
        state: prior,
        private,
    };
    let request = |former: &RawConnector| {
        let keep = planned.api_access.is_null()
            && convert::has_unmanaged_api_access(&former.bitbucket().connector);
        connectors::update(&former.overlay(&desired, keep))
    };
    let sent = ManagedSettings::of(planned);
    let is_written = |found: &ConnectorAnswer| standing::has_settings(found, &sent, &connector);
    let ending = change::write(task, &task.operation, known, request, is_written).await;
    match ending {
        Ok(written) => after_update(task, prior, planned, &connector, written).await,
        // Hosts keep the prior state of a failed update, whatever it returns.
        Err(not_made) => {
            let findings = not_updated(&not_made, about, private);
            unchanged.with(match &not_made {
                NotMade::Blocked(instead) => {
                    standing::explained(task, known, instead, findings).await
                }
                NotMade::NotRead(_) | NotMade::Refused(_) | NotMade::Unknown { .. } => findings,
            })
        }
    }
}

/// Explains a failed update.
fn not_updated(not_made: &NotMade, about: About<'_>, private: &Private) -> Diagnostics {
    let connector = about.connector;
    match not_made {
        NotMade::Blocked(Instead::Changed(_) | Instead::OtherType(_)) if private.unconfirmed => {
            // The private state is kept, so that the next refresh drops the connector.
            let finding = standing::not_ours(connector, "Nothing was written");
            Diagnostic {
                severity: Severity::Error,
                ..finding
            }
            .into()
        }
        NotMade::Blocked(Instead::OtherType(found)) => Diagnostic::error(
            "Connector was replaced",
            format!(
                "{} is now a connector of type {}. Nothing was written. Run `terraform plan` again.",
                named(connector),
                type_name(found.connector.connector_type())
            ),
        )
        .into(),
        NotMade::Blocked(Instead::Gone(error)) => gone(error, connector).into(),
        NotMade::Blocked(Instead::Changed(_)) => {
            let not_done = "Nothing was written, to keep that change.";
            standing::changed_meanwhile(connector, not_done).into()
        }
        NotMade::NotRead(error) | NotMade::Refused(error) => {
            api_errors::refused(ChangeRequest::Update, error, about)
        }
        NotMade::Unknown { error, look } => {
            let then = "The state keeps the previous settings. Run `terraform plan` when Harness is reachable to see which ones \
                        the connector has.";
            unconfirmed(("The connector may have been updated", "update"), error.as_ref(), look, connector, then).into()
        }
    }
}

async fn after_update(
    task: &Task,
    prior: &Model,
    planned: &Model,
    connector: &ConnectorRef,
    written: Written,
) -> NewState {
    let updated = saved(task, SavedBy::Update, planned, connector, &written.answer).await;
    let Some(failed) = updated.condemned else {
        return updated.state;
    };
    let undo = Undo {
        task,
        connector,
        prior,
        former: &written.former,
        written: &written.answer.connector,
        planned,
        private: &updated.private,
    };
    undo.run(updated.state, failed).await
}

/// Restores the settings that the connector had before an update with a failed required test.
struct Undo<'a> {
    task: &'a Task,
    connector: &'a ConnectorRef,
    prior: &'a Model,
    former: &'a RawConnector,
    /// The connector as the update left it.
    written: &'a RawConnector,
    /// What the update wrote, and its private state.
    planned: &'a Model,
    private: &'a Private,
}

impl Undo<'_> {
    async fn run(&self, updated: NewState, failed: FailedTest) -> NewState {
        let (undone, found, then, error) = match self.put_back().await {
            Ok(written) => return self.done(&written.answer, failed),
            // The state is kept: the next refresh finds that the connector is gone, so the next plan creates it.
            Err(NotMade::Blocked(Instead::Gone(_))) => {
                return updated.with([connection_test::required(
                    "connector is gone",
                    Tested::Undone,
                    "Someone has deleted the connector since the update. The next plan creates it again.",
                    failed,
                )]);
            }
            Err(NotMade::Blocked(Instead::OtherType(found))) => {
                let what = format!(
                    "a connector of type {} has replaced it",
                    type_name(found.connector.connector_type())
                );
                return updated.with([left_alone(&what, failed)]);
            }
            // Putting the former settings back would overwrite a change that no plan has shown.
            Err(NotMade::Blocked(Instead::Changed(_))) => {
                let what = "its settings are not those that were written. The next plan shows them";
                return updated.with([left_alone(what, failed)]);
            }
            Err(NotMade::NotRead(error) | NotMade::Refused(error)) => (
                "update not undone",
                "The update could not be undone",
                "The connector and the state keep the new settings, so the next plan shows no change",
                error,
            ),
            Err(NotMade::Unknown { error, look }) => (
                "undo not confirmed",
                "Harness did not confirm that the previous settings were restored",
                "The state has the new settings, and the next plan shows those of the connector",
                error.unwrap_or(look),
            ),
        };
        let happened = format!(
            "{found} (`connection_test = \"require\"`). {then}: {}.",
            platform_error::said(&error)
        );
        updated.with([connection_test::required(
            undone,
            Tested::Kept,
            &happened,
            failed,
        )])
    }

    /// Writes the former settings.
    async fn put_back(&self) -> Result<Written, NotMade> {
        let known = Known {
            connector: self.connector,
            state: self.planned,
            private: self.private,
        };
        // Overlaid on itself, it is written like every update: without what the platform assigns.
        let former = self.former.bitbucket();
        let settings = &former.connector;
        let request = |found: &RawConnector| {
            // Later changes by others to what this provider does not manage are kept.
            let base = if found == self.written {
                self.former
            } else {
                found
            };
            connectors::update(&base.overlay(settings, true))
        };
        let sent = standing::managed_settings(&former, self.connector);
        let is_written =
            |found: &ConnectorAnswer| standing::has_settings(found, &sent, self.connector);
        change::write(self.task, &undo_operation(), known, request, is_written).await
    }

    fn done(&self, answer: &ConnectorAnswer, failed: FailedTest) -> NewState {
        let reading = answer.connector.bitbucket();
        let private = private_state(self.task, answer, &reading, self.connector);
        NewState::of(self.prior.to_value(), private.write()).with([connection_test::required(
            "update undone",
            Tested::Undone,
            "The previous settings were restored (`connection_test = \"require\"`). The next plan shows the change again.",
            failed,
        )])
    }
}

/// Returns the error about a connector that was deleted after the plan was made.
fn gone(error: &PlatformError, connector: &ConnectorRef) -> Diagnostic {
    Diagnostic::error(
        "Connector no longer exists",
        format!(
            "{} was deleted after the plan was made. Run `terraform plan` again to create it.\n\n{}.",
            named(connector),
            platform_error::said(error)
        ),
    )
}
