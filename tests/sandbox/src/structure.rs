//! The account's structure: the account itself, its organizations, and their projects.

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::routing::get;
use serde_json::{Value, json};

use crate::account::{Organization, Project};
use crate::call::{About, Call};
use crate::platform::Platform;
use crate::reply::Reply;
use crate::scope::Scope;
use crate::scope_lists;
use crate::world::Dated;

/// Returns the endpoints, below `/ng/api`.
pub(crate) fn routes() -> Router<Platform> {
    Router::new()
        .route("/accounts/{identifier}", get(account))
        .route("/organizations", get(scope_lists::organizations))
        .route("/organizations/{identifier}", get(organization))
        .route("/projects", get(scope_lists::projects))
        .route("/projects/list", get(scope_lists::projects_of))
        .route("/projects/{identifier}", get(project))
}

async fn account(
    State(platform): State<Platform>,
    Path(identifier): Path<String>,
    call: Call,
) -> Result<Reply, Reply> {
    let world = platform.world();
    call.require(
        &world,
        "core_account_view",
        &Scope::account(),
        Some(&identifier),
    )?;
    Ok(Reply::data(json!({
        "identifier": world.account, "name": world.account_name, "companyName": world.company_name,
        "cluster": world.cluster, "defaultExperience": "NG", "authenticationMechanism": "USER_PASSWORD",
        "nextGenEnabled": true, "productLed": false, "twoFactorAdminEnforced": false,
    })))
}

async fn organization(About(platform, identifier, call): About) -> Result<Reply, Reply> {
    let world = platform.world();
    call.require(
        &world,
        "core_organization_view",
        &Scope::account(),
        Some(&identifier),
    )?;
    let Some(found) = world.organizations.get(&identifier) else {
        return Err(Reply::resource_not_found(&format!(
            "Organization with identifier [{identifier}] not found"
        )));
    };
    Ok(Reply::data(organization_response(found))
        .with_header(header::ETAG, &entity_tag(found.version)))
}

async fn project(About(platform, identifier, call): About) -> Result<Reply, Reply> {
    let world = platform.world();
    let org = call.query("orgIdentifier").unwrap_or("default").to_owned();
    if let Some(message) = world.missing_scope(&Scope::organization(&org)) {
        return Err(Reply::resource_not_found(&message));
    }
    call.require(
        &world,
        "core_project_view",
        &Scope::organization(&org),
        Some(&identifier),
    )?;
    let Some(found) = world.projects.get(&(org.clone(), identifier.clone())) else {
        let message =
            format!("Project with orgIdentifier [{org}] and identifier [{identifier}] not found");
        return Err(Reply::error("ENTITY_NOT_FOUND", message).with_status(StatusCode::NOT_FOUND));
    };
    Ok(Reply::data(project_response(found)).with_header(header::ETAG, &entity_tag(found.version)))
}

/// Returns an organization as in responses, alone and in lists.
pub(crate) fn organization_response(found: &Dated<Organization>) -> Value {
    let org = &found.entry;
    json!({
        "organization": {"identifier": org.identifier, "name": org.name, "description": org.description,
                         "tags": org.tags},
        "createdAt": found.created_at, "lastModifiedAt": found.last_modified_at,
        "harnessManaged": org.harness_managed,
    })
}

/// Returns a project as in responses, alone and in lists.
pub(crate) fn project_response(found: &Dated<Project>) -> Value {
    let project = &found.entry;
    json!({
        "project": {"orgIdentifier": project.org_identifier, "identifier": project.identifier, "name": project.name,
                    "color": project.color, "modules": project.modules, "description": project.description,
                    "tags": project.tags},
        "createdAt": found.created_at, "lastModifiedAt": found.last_modified_at, "isFavorite": false,
    })
}

/// Returns the entity tag of an organization or a project.
pub(crate) fn entity_tag(version: u64) -> String {
    format!("W/\"{version}\"")
}
