//! Refresh. A connector is gone only if the platform says so about this connector, or about its organization or
//! project. Everything else is an error, and the state is kept. A connector that a listing of its scope shows unchanged
//! is not requested.

use harness_platform::{ConnectorAnswer, ConnectorRef, PlatformError, connectors};
use tf_provider::diagnostic::Diagnostic;
use tf_provider::field::ToValue;
use tf_provider::resource::NewState;

use super::outcome::private_state;
use super::{elsewhere, standing};
use crate::bitbucket_connector::connector::managed_settings::ManagedSettings;
use crate::bitbucket_connector::connector::model::Model;
use crate::bitbucket_connector::connector::{named, other_type, unmanaged};
use crate::bitbucket_connector::resource::convert;
use crate::bitbucket_connector::resource::drift::{self, Seen};
use crate::bitbucket_connector::resource::listing::Listings;
use crate::bitbucket_connector::resource::private_state::Private;
use crate::bitbucket_connector::resource::task::Task;
use crate::harness::{platform_error, wording};

/// Reads the connector that `current` describes.
pub(crate) async fn read(
    task: &Task,
    listings: &Listings,
    connector: &ConnectorRef,
    current: &Model,
    stored: &[u8],
) -> NewState {
    let private = Private::read(stored);
    if listings
        .show_unchanged(task, connector, current, &private)
        .await
    {
        return kept(current, stored);
    }
    let answer = task
        .provider_data
        .client
        .send(connectors::get(connector), &task.operation)
        .await;
    let (seen, read) = match &answer {
        Ok(answer) => (
            Seen::There(&answer.value),
            found(task, connector, current, stored, &answer.value),
        ),
        Err(error) if Private::read(stored).importing && error.is_gone(connector) => {
            let nothing = nothing_to_import(task, connector, error).await;
            return kept(current, stored).with([nothing]);
        }
        Err(error) => (Seen::Gone, not_read(connector, current, stored, error)),
    };
    drift::explain(task, connector, current, &private, seen, read).await
}

fn found(
    task: &Task,
    connector: &ConnectorRef,
    current: &Model,
    stored: &[u8],
    answer: &ConnectorAnswer,
) -> NewState {
    let private = Private::read(stored);
    let is_ours = || standing::has_settings(answer, &ManagedSettings::of(current), connector);
    if private.unconfirmed && !is_ours() {
        return standing::dropped(connector);
    }
    let Some(reading) = answer.connector.as_bitbucket() else {
        return kept(current, stored).with([if private.importing {
            let advice = "This resource manages Bitbucket connectors only.";
            other_type(connector, answer, advice)
        } else {
            standing::replaced(connector, answer)
        }]);
    };
    let observed = convert::observed(&reading, &connector.scope, current);
    let named = named(connector);
    if private.importing {
        let private = private_state(task, answer, &reading, connector);
        return NewState::of(observed.to_value(), private.write())
            .with(unmanaged::of_import(&named, &reading));
    }
    // Hosts also compare private state: if nothing has changed, it must stay identical.
    let state = observed.to_value();
    let private = if state == current.to_value() && !private.unconfirmed && !private.moved {
        stored.to_vec()
    } else {
        private_state(task, answer, &reading, connector).write()
    };
    NewState::of(state, private).with(unmanaged::of_refresh(&named, &reading))
}

/// Returns the error of an import that finds nothing, with suggestions.
async fn nothing_to_import(
    task: &Task,
    connector: &ConnectorRef,
    error: &PlatformError,
) -> Diagnostic {
    let advice = elsewhere::look(task, connector).await.advice();
    let advice = advice.unwrap_or_else(|| {
        "Check the Id (not the name) and the scope. The import id is \"<identifier>\", \"<org_id>/<identifier>\", or \
         \"<org_id>/<project_id>/<identifier>\". The data source `harness_bitbucket_connectors` lists the connectors of a \
         scope."
            .to_owned()
    });
    Diagnostic::error(
        "Nothing to import",
        format!(
            "There is no {}. {advice}\n\n{error}.",
            wording::connector::named(connector)
        ),
    )
}

fn not_read(
    connector: &ConnectorRef,
    current: &Model,
    stored: &[u8],
    error: &PlatformError,
) -> NewState {
    if error.is_not_found_connector(connector) {
        return NewState::gone();
    }
    if error.is_gone_with_scope(connector) {
        return NewState::gone().with([Diagnostic::warning(
            "Connector is gone with its scope",
            format!(
                "{} was removed from the state, because the {} no longer exists.\n\n{error}.",
                named(connector),
                connector.scope
            ),
        )]);
    }
    let summary = "Connector could not be read";
    let finding = if Private::read(stored).importing {
        platform_error::failed_import(summary, error, connector)
    } else {
        platform_error::failed(summary, error, connector)
    };
    kept(current, stored).with([finding])
}

fn kept(current: &Model, stored: &[u8]) -> NewState {
    NewState::of(current.to_value(), stored.to_vec())
}
