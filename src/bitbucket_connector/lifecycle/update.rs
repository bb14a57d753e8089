//! Update: read, lay the planned settings over what the platform has, PUT. What this provider does not manage survives.
//! If somebody changed the connector after the plan was made, nothing is written.

use super::{Task, named, undo_operation};
use crate::bitbucket_connector::access::ConnectionTestMode;
use crate::bitbucket_connector::connection_test::{self, Saved, Verdict};
use crate::bitbucket_connector::model::Model;
use crate::bitbucket_connector::private::Private;
use crate::bitbucket_connector::refusals::{self, About, Change, FailedTest};
use crate::bitbucket_connector::setting::Member;
use crate::bitbucket_connector::{conversion, finding};
use crate::platform::{ConnectorAnswer, ConnectorRef, PlatformError, RawConnector, connectors};
use crate::tf_provider::diagnostic::{Diagnostic, Diagnostics};
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
    let written = write(task, about, planned, private, |former| {
        let keep = planned.api_access.is_null()
            && conversion::has_unmanaged_api_access(&former.bitbucket().connector);
        former.overlay(&desired, keep)
    })
    .await;
    match written {
        Ok(written) => after_update(task, prior, planned, &connector, written).await,
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
    planned: &Model,
    private: &Private,
    lay_over: impl Fn(&RawConnector) -> RawConnector,
) -> Result<Written, Diagnostics> {
    let client = &task.configured.client;
    let connector = about.connector;
    let mut races = 0;
    loop {
        let found = client
            .send(connectors::get(connector), &task.operation)
            .await
            .map_err(|error| refused(&error, about))?
            .value;
        if !found.connector.is_bitbucket() {
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
        if let (Some(planned_at), Some(now)) = (private.last_modified_at, found.last_modified_at)
            && planned_at != now
        {
            return Err(changed_meanwhile(connector).into());
        }
        let request = connectors::update(&lay_over(&found.connector));
        match client.send(request, &task.operation).await {
            Ok(answer) => {
                return Ok(Written {
                    former: found.connector,
                    answer: answer.value,
                });
            }
            // The platform's own bookkeeping (a connection test that ends) counts as a writer too; it does not change
            // `lastModifiedAt`, so that the comparison above tells it from a person.
            Err(error) if error.is_optimistic_lock() && races < LOST_RACES => races += 1,
            Err(error) if error.is_optimistic_lock() => {
                return Err(changed_meanwhile(connector).into());
            }
            Err(error) if error.outcome_unknown() => {
                return match look_again(task, connector, planned).await {
                    Some(answer) => Ok(Written {
                        former: found.connector,
                        answer,
                    }),
                    None => Err(refused(&error, about)),
                };
            }
            Err(error) => return Err(refused(&error, about)),
        }
    }
}

/// The connector, if it is as it was to become: an update whose answer was lost may have happened.
async fn look_again(
    task: &Task,
    connector: &ConnectorRef,
    planned: &Model,
) -> Option<ConnectorAnswer> {
    let found = task
        .configured
        .client
        .send(connectors::get(connector), &task.operation)
        .await
        .ok()?
        .value;
    let remote = found.connector.bitbucket().connector;
    let (_, differences) = conversion::confirmed(&remote, &connector.scope, planned);
    (found.connector.is_bitbucket() && differences.is_empty()).then_some(found)
}

async fn after_update(
    task: &Task,
    prior: &Model,
    planned: &Model,
    connector: &ConnectorRef,
    written: Written,
) -> NewState {
    let remote = written.answer.connector.bitbucket().connector;
    let (state, findings) = conversion::confirmed(&remote, &connector.scope, planned);
    let private = Private::as_of(written.answer.last_modified_at).write();
    let updated = NewState::of(state, private).with(findings);

    let mode = task.connection_test(planned);
    if mode == ConnectionTestMode::Off {
        return updated;
    }
    let verdict = connection_test::run(task, connector, &remote).await;
    match (verdict, mode) {
        (Verdict::Passed, _) => updated,
        (Verdict::Failed(failed), ConnectionTestMode::Require) => {
            undo(task, prior, connector, &written.former, updated, failed).await
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
async fn undo(
    task: &Task,
    prior: &Model,
    connector: &ConnectorRef,
    former: &RawConnector,
    updated: NewState,
    failed: FailedTest,
) -> NewState {
    let client = &task.configured.client;
    let operation = undo_operation();
    // Laid over itself, it is written as every update is: without what the platform assigns.
    let settings = former.bitbucket().connector;
    let request = connectors::update(&former.overlay(&settings, true));
    let put_back = match client.send(request, &operation).await {
        Err(error) if error.outcome_unknown() => {
            match client.send(connectors::get(connector), &operation).await {
                Ok(found) if found.value.connector.bitbucket().connector == settings => Ok(found),
                _ => Err(error),
            }
        }
        put_back => put_back,
    };
    match put_back {
        Ok(answer) => {
            let private = Private::as_of(answer.value.last_modified_at).write();
            NewState::of(prior.write(), private).with([connection_test::required(
                "Connection test failed; the former settings are back",
                &format!(
                    "{} was updated, its connection test failed, and `connection_test` is \"require\": so the former \
                     settings were put back, and the next plan shows the same change again.",
                    named(connector)
                ),
                failed,
            )])
        }
        Err(error) => updated.with([connection_test::required(
            "Connection test failed; the former settings could not be put back",
            &format!(
                "{} was updated, and its connection test failed. `connection_test` is \"require\", so the former \
                 settings should have been put back, and that failed too: {}. The state has the new settings; the next \
                 plan shows what the connector really has.",
                named(connector),
                finding::said(&error)
            ),
            failed,
        )]),
    }
}

fn refused(error: &PlatformError, about: About<'_>) -> Diagnostics {
    let connector = about.connector;
    if error.is_not_found_connector(&connector.identifier) || error.is_scope_not_found() {
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
    Diagnostic::error(
        "Connector was changed after the plan was made",
        format!(
            "Somebody changed {} between plan and apply. Nothing was written, so that their change is not lost. Run \
             `terraform plan` again to see it.",
            named(connector)
        ),
    )
}
