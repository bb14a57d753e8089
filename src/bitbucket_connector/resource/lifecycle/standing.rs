//! The connector that exists under an identifier. Every change reads it first, so that nothing of others is overwritten
//! or deleted.

use harness_platform::{
    BitbucketReading, ConnectorAnswer, ConnectorRef, Operation, PlatformError, connectors,
};
use tf_provider::diagnostic::{Diagnostic, Diagnostics};
use tf_provider::resource::NewState;
use tf_provider::value::Path;

use crate::bitbucket_connector::connector::managed_settings::ManagedSettings;
use crate::bitbucket_connector::connector::model::Model;
use crate::bitbucket_connector::connector::named;
use crate::bitbucket_connector::resource::convert;
use crate::bitbucket_connector::resource::drift::{self, Seen};
use crate::bitbucket_connector::resource::private_state::Private;
use crate::bitbucket_connector::resource::task::Task;
use crate::harness::wording::type_name;

/// The connector as Terraform knows it.
#[derive(Clone, Copy)]
pub(crate) struct Known<'a> {
    pub(crate) connector: &'a ConnectorRef,
    pub(crate) state: &'a Model,
    /// The private state.
    pub(crate) private: &'a Private,
}

/// What exists under the identifier of a managed connector.
pub(super) enum Standing {
    /// The expected connector.
    AsExpected(Box<ConnectorAnswer>),
    /// Something else.
    Instead(Instead),
}

/// What exists instead of an expected connector.
pub(crate) enum Instead {
    /// A Bitbucket connector with other managed settings.
    Changed(Box<ConnectorAnswer>),
    /// A connector of another type.
    OtherType(Box<ConnectorAnswer>),
    /// Nothing, according to the platform's response about the connector, or about its organization or project.
    Gone(PlatformError),
}

/// Reads what exists instead of an expected connector, or the connector itself.
///
/// # Errors
/// Returns an error if the platform did not say.
pub(crate) async fn look(
    task: &Task,
    operation: &Operation,
    known: Known<'_>,
) -> Result<Standing, PlatformError> {
    let Known {
        connector,
        state,
        private,
    } = known;
    let client = &task.provider_data.client;
    let answer = match client.send(connectors::get(connector), operation).await {
        Ok(answer) => answer.value,
        Err(error) if error.is_gone(connector) => {
            return Ok(Standing::Instead(Instead::Gone(error)));
        }
        Err(error) => return Err(error),
    };
    let Some(reading) = answer.connector.as_bitbucket() else {
        return Ok(Standing::Instead(Instead::OtherType(Box::new(answer))));
    };
    let settings = managed_settings(&reading, connector);
    Ok(if private.recognizes(&settings, state) {
        Standing::AsExpected(Box::new(answer))
    } else {
        Standing::Instead(Instead::Changed(Box::new(answer)))
    })
}

/// Returns the diagnostics about a change that was not made, with who changed the connector.
pub(super) async fn explained(
    task: &Task,
    known: Known<'_>,
    instead: &Instead,
    findings: Diagnostics,
) -> Diagnostics {
    let seen = match instead {
        Instead::Changed(answer) | Instead::OtherType(answer) => Seen::There(answer),
        Instead::Gone(_) => Seen::Gone,
    };
    drift::explain_refusal(task, known.connector, known.private, seen, findings).await
}

/// Returns the managed settings of a connector that was read.
pub(super) fn managed_settings(
    reading: &BitbucketReading,
    connector: &ConnectorRef,
) -> ManagedSettings {
    let form = Model::default();
    ManagedSettings::of(&convert::observed(reading, &connector.scope, &form))
}

/// Returns whether the found connector has exactly the settings that were sent.
pub(super) fn has_settings(
    found: &ConnectorAnswer,
    sent: &ManagedSettings,
    connector: &ConnectorRef,
) -> bool {
    let reading = found.connector.as_bitbucket();
    reading.is_some_and(|reading| managed_settings(&reading, connector) == *sent)
}

/// Returns the error about a connector of another type.
pub(crate) fn other_type(
    connector: &ConnectorRef,
    found: &ConnectorAnswer,
    is_importing: bool,
) -> Diagnostic {
    let found = type_name(found.connector.connector_type());
    let advice = if is_importing {
        "This resource manages Bitbucket connectors only."
    } else {
        "Somebody replaced it. Remove it from the state (`terraform state rm`), or give the resource another `identifier`."
    };
    Diagnostic::error(
        format!("Connector is of type {found}"),
        format!(
            "The connector \"{}\" in the {} is a {found} connector, not a Bitbucket connector. {advice}",
            connector.identifier, connector.scope
        ),
    )
    .at(Path::root().attribute("identifier"))
}

/// Returns the error about a change that would overwrite or delete somebody else's changes. `not_done` is a sentence.
pub(super) fn changed_meanwhile(connector: &ConnectorRef, not_done: &str) -> Diagnostic {
    Diagnostic::error(
        "Connector was changed after the plan was made",
        format!(
            "{} was changed after Terraform read it. {not_done} Run `terraform plan` again, without `-refresh=false`, to see \
             the change.",
            named(connector)
        ),
    )
}

/// Returns the warning that the connector of a creation whose answer was lost is somebody else's. `done` says what was
/// done about it.
pub(super) fn not_ours(connector: &ConnectorRef, done: &str) -> Diagnostic {
    Diagnostic::warning(
        "Connector was created by somebody else",
        format!(
            "{} exists, but with other settings than an earlier creation sent, so somebody else created it. (The response \
             to that creation was lost.) {done}. Import it, or choose another `identifier`.",
            named(connector)
        ),
    )
}

/// Removes such a connector from the state.
pub(crate) fn dropped(connector: &ConnectorRef) -> NewState {
    let done = "It was removed from the state and left alone";
    NewState::gone().with([not_ours(connector, done)])
}
