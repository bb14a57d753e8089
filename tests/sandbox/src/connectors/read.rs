//! One connector: reading, deleting, and whether an identifier is free.

use axum::extract::State;
use axum::http::StatusCode;
use serde_json::json;

use super::draft::identifier_violation;
use super::save::refuse_kept;
use crate::audits::{Deed, Principal};
use crate::call::{About, Call};
use crate::platform::Platform;
use crate::reply::Reply;

/// `GET /connectors/{identifier}`: permission before existence.
pub(super) async fn get(About(platform, identifier, call): About) -> Result<Reply, Reply> {
    if let Some(violation) = identifier_violation("connectorIdentifier", Some(&identifier)) {
        return Err(Reply::violations(&[violation]));
    }
    let world = platform.world();
    let scope = call.scope();
    call.require(&world, "core_connector_view", &scope, Some(&identifier))?;
    if world.settings.scope_filter
        && let Some(message) = world.missing_scope(&scope)
    {
        return Err(Reply::resource_not_found(&message));
    }
    let key = (scope, identifier);
    if let Some(connector) = world.connectors.get(&key) {
        return Ok(Reply::data(connector.response(&world)));
    }
    let (scope, identifier) = key;
    let place = match (scope.org_id(), scope.project_id()) {
        (Some(org), Some(project)) => format!("in project [{project}] and org [{org}]"),
        (Some(org), None) => format!("in org [{org}]"),
        (None, _) => format!("in account [{}]", world.account),
    };
    let missing = Reply::resource_not_found(&format!(
        "Connector with identifier [{identifier}] not found {place}."
    ));
    let status = if world.settings.not_found_status == 404 {
        StatusCode::NOT_FOUND
    } else {
        StatusCode::BAD_REQUEST
    };
    Err(missing.with_status(status))
}

/// `DELETE /connectors/{identifier}`: permission, existence, the force-delete setting, references.
pub(super) async fn delete(About(platform, identifier, call): About) -> Result<Reply, Reply> {
    refuse_kept(&identifier)?;
    let mut world = platform.world();
    let scope = call.scope();
    call.require(&world, "core_connector_delete", &scope, Some(&identifier))?;
    let key = (scope, identifier);
    if !world.connectors.contains_key(&key) {
        return Err(Reply::invalid_request("No such connector found"));
    }
    let forced = call.flag("forceDelete");
    if forced && !world.settings.force_delete {
        return Err(Reply::invalid_request(&format!(
            "Parameter forcedDelete cannot be true. Force Delete is not enabled for account [{}]",
            world.account
        )));
    }
    if !forced && !world.referrers(&key).is_empty() {
        let message = format!(
            "Could not delete the connector {} as it is referenced by other entities",
            key.1
        );
        return Err(Reply::error("ENTITY_REFERENCE_EXCEPTION", message));
    }
    if let Some(connector) = world.connectors.remove(&key) {
        let deed = if forced {
            Deed::ForceDelete
        } else {
            Deed::Delete
        };
        world.note(Principal::of(&call.key), deed, connector.resource());
    }
    Ok(Reply::data(json!(true)))
}

/// `GET /connectors/validateUniqueIdentifier`: true means free.
pub(super) async fn is_unique(
    State(platform): State<Platform>,
    call: Call,
) -> Result<Reply, Reply> {
    call.require_account_parameter()?;
    let identifier = call.query("identifier");
    if let Some(violation) = identifier_violation("identifier", identifier) {
        return Err(Reply::violations(&[violation]));
    }
    let identifier = identifier.unwrap_or_default().to_owned();
    let kept = identifier == "harnessSecretManager";
    let taken = platform
        .world()
        .connectors
        .contains_key(&(call.scope(), identifier));
    Ok(Reply::data(json!(!kept && !taken)))
}
