//! Update: read, lay the planned settings over what the platform has, PUT. What this provider does not manage survives.
//! If somebody changed the connector after the plan was made, nothing is written.

use super::standing::{self, Standing};
use super::{Task, left_alone, named, not_confirmed, undo_operation};
use crate::bitbucket_connector::access::ConnectionTestMode;
use crate::bitbucket_connector::connection_test::{self, Saved, Verdict};
use crate::bitbucket_connector::model::Model;
use crate::bitbucket_connector::private::Private;
use crate::bitbucket_connector::refusals::{self, About, Change, FailedTest};
use crate::bitbucket_connector::setting::Member;
use crate::bitbucket_connector::{conversion, finding};
use crate::platform::{
    ConnectorAnswer, ConnectorRef, Operation, PlatformError, RawConnector, connectors,
};
use crate::tf_provider::diagnostic::{Diagnostic, Diagnostics, Severity};
use crate::tf_provider::resource::NewState;

/// How often a write that lost a race against the platform's own bookkeeping is tried again.
const LOST_RACES: u32 = 3;

/// Brings the connector from `prior` to `planned`, and tests its connection.
pub(in crate::bitbucket_connector) async fn update(
    task: &Task,
    prior: &Model,
    planned: &Model,
    private: &Private,
) -> NewState {
    let unchanged = NewState::of(prior.write(), private.write());
    let desired = match conversion::desired(planned) {
        Ok(desired) => desired,
        Err(error) => return unchanged.with([Diagnostic::own_bug(error)]),
    };
    let connector = match desired.connector_ref() {
        Ok(connector) => connector,
        Err(error) => return unchanged.with([Diagnostic::own_bug(error)]),
    };
    // A change of `connection_test`, `force_delete` or `timeouts` alone concerns nobody but this provider.
    if conversion::desired(prior).is_ok_and(|before| before == desired) {
        return NewState::of(planned.write(), private.write());
    }
    let about = About {
        connector: &connector,
        settings: Some(&desired),
    };
    let written = write(task, about, prior, planned, private, |former| {
        let keep = planned.api_access.is_null()
            && conversion::has_unmanaged_api_access(&former.bitbucket().connector);
        former.overlay(&desired, keep)
    })
    .await;
    match written {
        Ok(written) => after_update(task, prior, planned, &connector, written).await,
        // Hosts keep the prior state of an update that fails, whatever it answers.
        Err(findings) => unchanged.with(findings),
    }
}

/// What an update leaves behind: the connector before and after it.
struct Written {
    former: RawConnector,
    answer: ConnectorAnswer,
}

async fn write(
    task: &Task,
    about: About<'_>,
    prior: &Model,
    planned: &Model,
    private: &Private,
    lay_over: impl Fn(&RawConnector) -> RawConnector,
) -> Result<Written, Diagnostics> {
    let client = &task.configured.client;
    let connector = about.connector;
    let mut races = 0;
    loop {
        let found = match standing::look(task, &task.operation, connector, prior, private).await {
            Ok(Standing::AsExpected(found)) => found,
            Ok(Standing::Changed | Standing::OtherType(_)) if private.unconfirmed => {
                // What is stored beside the state stays, so that the next refresh drops it.
                let finding = standing::not_ours(connector, "nothing was written");
                return Err(Diagnostic {
                    severity: Severity::Error,
                    ..finding
                }
                .into());
            }
            Ok(Standing::Changed) => return Err(changed_meanwhile(connector).into()),
            Ok(Standing::OtherType(found)) => {
                return Err(Diagnostic::error(
                    "Connector was replaced",
                    format!(
                        "{} is now a connector of type {}. Nothing was written; run `terraform plan` again.",
                        named(connector),
                        found.connector.connector_type()
                    ),
                )
                .into());
            }
            Ok(Standing::Gone(error)) | Err(error) => return Err(refused(&error, about)),
        };
        let request = connectors::update(&lay_over(&found.connector));
        match client.send(request, &task.operation).await {
            Ok(answer) => {
                return Ok(Written {
                    former: found.connector,
                    answer: answer.value,
                });
            }
            // The platform's own bookkeeping (a connection test that ends) counts as a writer too; it does not change
            // the settings, so that the comparison above tells it from a person.
            Err(error) if error.is_optimistic_lock() && races < LOST_RACES => races += 1,
            Err(error) if error.is_optimistic_lock() => {
                return Err(changed_meanwhile(connector).into());
            }
            Err(error) if error.outcome_unknown() => {
                let request = connectors::get(connector);
                return match client.send(request, &task.operation).await {
                    Ok(answer) if standing::is_as_sent(&answer.value, planned, connector) => {
                        Ok(Written {
                            former: found.connector,
                            answer: answer.value,
                        })
                    }
                    Ok(_) => Err(refused(&error, about)),
                    Err(look) if standing::is_gone(&look, connector) => Err(refused(&look, about)),
                    Err(look) => Err(unconfirmed(&error, &look, connector).into()),
                };
            }
            Err(error) => return Err(refused(&error, about)),
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
    let reading = written.answer.connector.bitbucket();
    let (state, findings) = conversion::confirmed(&reading, &connector.scope, planned);
    let private = task.private(&written.answer, connector);
    let updated = NewState::of(state, private.write()).with(findings);

    let mode = task.connection_test(planned);
    if mode == ConnectionTestMode::Off {
        return updated;
    }
    let verdict = connection_test::run(task, connector, &reading.connector).await;
    match (verdict, mode) {
        (Verdict::Passed, _) => updated,
        (Verdict::Failed(failed), ConnectionTestMode::Require) => {
            let undo = Undo {
                task,
                connector,
                prior,
                former: &written.former,
                planned,
                private: &private,
            };
            undo.run(updated, failed).await
        }
        (Verdict::Failed(failed), _) => updated.with([connection_test::finding(
            connector,
            failed,
            Saved::Updated,
            task.strict,
        )]),
    }
}

/// Puts the settings back that the connector had before an update whose required test failed.
struct Undo<'a> {
    task: &'a Task,
    connector: &'a ConnectorRef,
    prior: &'a Model,
    former: &'a RawConnector,
    /// What the update wrote, and what is stored beside it.
    planned: &'a Model,
    private: &'a Private,
}

impl Undo<'_> {
    async fn run(&self, updated: NewState, failed: FailedTest) -> NewState {
        let operation = undo_operation();
        let Self {
            task, connector, ..
        } = *self;
        let standing =
            standing::look(task, &operation, connector, self.planned, self.private).await;
        let error = match standing {
            Ok(Standing::AsExpected(_)) => match self.put_back(&operation).await {
                Ok(answer) => return self.done(&answer, failed),
                Err(error) => format!("that failed too: {}", finding::said(&error)),
            },
            Ok(Standing::Gone(_)) => {
                return updated.with([connection_test::required(
                    "the connector is gone",
                    &format!(
                        "{} was updated, and {}. `connection_test` is \"require\", so the former settings should have been \
                         put back, but somebody has deleted the connector since. The next plan creates it again.",
                        named(connector),
                        failed.happened()
                    ),
                    failed,
                )]);
            }
            Ok(Standing::Changed) => {
                return updated.with([left_alone(
                    connector,
                    "updated",
                    "it has other settings than those that were written. The next plan shows them",
                    failed,
                )]);
            }
            Ok(Standing::OtherType(found)) => {
                let what = format!(
                    "a connector of type {} has its place",
                    found.connector.connector_type()
                );
                return updated.with([left_alone(connector, "updated", &what, failed)]);
            }
            Err(error) => format!(
                "the connector could not be read before: {}",
                finding::said(&error)
            ),
        };
        updated.with([connection_test::required(
            "the former settings could not be put back",
            &format!(
                "{} was updated, and {}. `connection_test` is \"require\", so the former settings should have been put \
                 back, and {error}. The state has the new settings; the next plan shows what the connector really has.",
                named(connector),
                failed.happened()
            ),
            failed,
        )])
    }

    /// Writes the former settings; an update whose answer was lost may have happened.
    async fn put_back(&self, operation: &Operation) -> Result<ConnectorAnswer, PlatformError> {
        let client = &self.task.configured.client;
        // Laid over itself, it is written as every update is: without what the platform assigns.
        let settings = self.former.bitbucket().connector;
        let request = connectors::update(&self.former.overlay(&settings, true));
        match client.send(request, operation).await {
            Ok(answer) => Ok(answer.value),
            Err(error) if error.outcome_unknown() => {
                let look = client
                    .send(connectors::get(self.connector), operation)
                    .await;
                match look {
                    Ok(found) if found.value.connector.bitbucket().connector == settings => {
                        Ok(found.value)
                    }
                    _ => Err(error),
                }
            }
            Err(error) => Err(error),
        }
    }

    fn done(&self, answer: &ConnectorAnswer, failed: FailedTest) -> NewState {
        let private = self.task.private(answer, self.connector).write();
        NewState::of(self.prior.write(), private).with([connection_test::required(
            "the former settings are back",
            &format!(
                "{} was updated, {}, and `connection_test` is \"require\": so the former settings were put back, and the \
                 next plan shows the same change again.",
                named(self.connector),
                failed.happened()
            ),
            failed,
        )])
    }
}

/// The error about an update of which nobody can tell whether it happened.
fn unconfirmed(
    error: &PlatformError,
    look: &PlatformError,
    connector: &ConnectorRef,
) -> Diagnostic {
    let summary = "The connector may have been updated";
    finding::failed(summary, error, connector).preceded_by(&not_confirmed(
        "update",
        look,
        connector,
        "The state keeps the former settings: run `terraform plan` when Harness can be reached, and it shows what the \
         connector has.",
    ))
}

fn refused(error: &PlatformError, about: About<'_>) -> Diagnostics {
    let connector = about.connector;
    if standing::is_gone(error, connector) {
        return Diagnostic::error(
            "Connector does not exist any more",
            format!(
                "{} was deleted after the plan was made ({}). Run `terraform plan` again: it will be created anew.",
                named(connector),
                finding::said(error)
            ),
        )
        .into();
    }
    refusals::refused(Change::Update, error, about)
}

fn changed_meanwhile(connector: &ConnectorRef) -> Diagnostic {
    let not_done = "Nothing was written, so that their change is not lost.";
    standing::changed_meanwhile(connector, not_done)
}
