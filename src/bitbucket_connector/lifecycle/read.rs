//! Refresh. A connector is gone only when the platform says so of this connector, or of the organization or project in
//! which it lived; whatever else happens is an error, and the state stays.

use super::{Task, named};
use crate::bitbucket_connector::conversion;
use crate::bitbucket_connector::finding;
use crate::bitbucket_connector::model::Model;
use crate::bitbucket_connector::private::Private;
use crate::bitbucket_connector::setting::Member;
use crate::bitbucket_connector::unmanaged;
use crate::platform::{ConnectorAnswer, ConnectorRef, PlatformError, connectors};
use crate::tf_provider::diagnostic::{Diagnostic, Diagnostics};
use crate::tf_provider::resource::NewState;
use crate::tf_provider::value::Path;

/// Reads the connector that `current` describes.
pub(in crate::bitbucket_connector) async fn read(
    task: &Task,
    connector: &ConnectorRef,
    current: &Model,
    private: &Private,
) -> NewState {
    let answer = task
        .configured
        .client
        .send(connectors::get(connector), &task.operation)
        .await;
    match answer {
        Ok(answer) => found(connector, current, private, &answer.value),
        Err(error) => not_read(connector, current, private, &error),
    }
}

fn found(
    connector: &ConnectorRef,
    current: &Model,
    private: &Private,
    answer: &ConnectorAnswer,
) -> NewState {
    if !answer.connector.is_bitbucket() {
        return kept(current, private).with([other_type(connector, answer, private)]);
    }
    let reading = answer.connector.bitbucket();
    if private.unconfirmed {
        let (_, differences) = conversion::confirmed(&reading.connector, &connector.scope, current);
        if !differences.is_empty() {
            return NewState::gone().with([Diagnostic::warning(
                "Connector is not the one that was to be created",
                format!(
                    "The answer to a creation was lost. {} exists with other settings than those that were sent, so it \
                     is somebody else's: it is dropped from the state and left alone. Import it, or choose another \
                     `identifier`.",
                    named(connector)
                ),
            )]);
        }
    }
    let model = conversion::observed(&reading.connector, &connector.scope, current);
    NewState::of(
        model.write(),
        Private::as_of(answer.last_modified_at).write(),
    )
    .with(unmanaged::warnings(&named(connector), &reading))
}

fn not_read(
    connector: &ConnectorRef,
    current: &Model,
    private: &Private,
    error: &PlatformError,
) -> NewState {
    if private.importing
        && (error.is_not_found_connector(&connector.identifier) || error.is_scope_not_found())
    {
        return kept(current, private).with([Diagnostic::error(
            "Nothing to import",
            format!(
                "There is no connector \"{}\" in the {}: {error}. Check the Id (not the name) and the scope: the import \
                 id is \"<identifier>\", \"<org_id>/<identifier>\" or \"<org_id>/<project_id>/<identifier>\".",
                connector.identifier, connector.scope
            ),
        )]);
    }
    if error.is_not_found_connector(&connector.identifier) {
        return NewState::gone();
    }
    if error.is_scope_not_found() {
        return NewState::gone().with([Diagnostic::warning(
            "Connector is gone with its scope",
            format!(
                "{} was removed from the state, because the {} does not exist any more ({error}).",
                named(connector),
                connector.scope
            ),
        )]);
    }
    let findings: Diagnostics = finding::failed("Connector could not be read", error).into();
    kept(current, private).with(findings)
}

fn kept(current: &Model, private: &Private) -> NewState {
    NewState::of(current.write(), private.write())
}

fn other_type(connector: &ConnectorRef, answer: &ConnectorAnswer, private: &Private) -> Diagnostic {
    let found = answer.connector.connector_type();
    let advice = if private.importing {
        "This resource manages Bitbucket connectors only."
    } else {
        "Somebody replaced it. Remove it from the state (`terraform state rm`), or give the resource another \
         `identifier`."
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
