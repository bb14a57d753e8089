//! Creating, updating, and deleting organizations, projects, and secrets through the platform's API, with its rules.
//!
//! Other clients, such as the official Terraform provider, use these endpoints to create what connectors refer to.
//! Unlike [`crate::objects`], they check permissions, forms, and parents, and whether an object is still in use.

mod organization;
mod project;
mod secret;
mod secret_file;
mod secret_use;

use std::collections::BTreeMap;

use axum::Router;
use axum::http::{StatusCode, header};
use axum::routing::{get, post, put};
use serde_json::{Value, json};

use crate::call::Call;
use crate::connectors::{Malformed, Members, identifier_violation, name_violation};
use crate::objects::ControlError;
use crate::platform::Platform;
use crate::reply::{Reply, Violation};
use crate::scope::Scope;
use crate::structure;
use crate::world::World;

/// Returns the endpoints, below `/ng/api`.
pub(crate) fn routes() -> Router<Platform> {
    Router::new()
        .route("/organizations", post(organization::create))
        .route(
            "/organizations/{identifier}",
            put(organization::update).delete(organization::delete),
        )
        .route("/projects", post(project::create))
        .route(
            "/projects/{identifier}",
            put(project::update).delete(project::delete),
        )
        .route("/v2/secrets", post(secret::create))
        .route(
            "/v2/secrets/{identifier}",
            put(secret::update).delete(secret::delete),
        )
        .route(
            "/v2/secrets/validateUniqueIdentifier/{identifier}",
            get(secret::is_unique),
        )
        .route("/v2/secrets/files", post(secret_file::create))
        .route("/v2/secrets/files/{identifier}", put(secret_file::update))
}

/// The common members of organizations, projects, and secrets, as a client sends them.
struct Common {
    identifier: String,
    name: String,
    description: Option<String>,
    tags: BTreeMap<String, String>,
}

/// Reads an object with its common members, and the members of its kind with `rest`.
///
/// `path` is the name of the member that contains the object: `organization`, `project`, or `secret`.
fn read<T>(
    call: &Call,
    body: &Value,
    path: &'static str,
    rest: impl FnOnce(&Members<'_>, &mut Vec<Violation>) -> Result<T, Malformed>,
) -> Result<(Common, T), Reply> {
    let unreadable = |Malformed(details)| Reply::unprocessable(&details);
    let mut violations = Vec::new();
    if call.query("accountIdentifier").is_none() {
        violations.push(Violation::new("accountIdentifier", "must not be null"));
    }
    let root = Members::of(body, "body").map_err(unreadable)?;
    let Some(members) = root.object(path).map_err(unreadable)? else {
        violations.push(Violation::new(path, "must not be null"));
        return Err(Reply::violations(&violations));
    };
    let identifier = members.text("identifier").map_err(unreadable)?;
    let name = members.text("name").map_err(unreadable)?;
    violations.extend(identifier_violation(
        &members.at("identifier"),
        identifier.as_deref(),
    ));
    violations.extend(name_violation(&members.at("name"), name.as_deref()));
    let description = members.text("description").map_err(unreadable)?;
    let tags = members.tags().map_err(unreadable)?;
    let rest = rest(&members, &mut violations).map_err(unreadable)?;
    if !violations.is_empty() {
        return Err(Reply::violations(&violations));
    }
    let tags = tags.as_object().into_iter().flatten();
    let common = Common {
        identifier: identifier.unwrap_or_default(),
        name: name.unwrap_or_default(),
        description,
        tags: tags
            .map(|(key, value)| (key.clone(), value.as_str().unwrap_or_default().to_owned()))
            .collect(),
    };
    Ok((common, rest))
}

/// Checks the limits of descriptions and tags, which organizations and projects have but secrets do not.
fn check_lengths(members: &Members<'_>, violations: &mut Vec<Violation>) -> Result<(), Malformed> {
    let description = members.text("description")?.unwrap_or_default();
    if description.chars().count() > 1024 {
        let message = "size must be between 0 and 1024";
        violations.push(Violation::new(members.at("description"), message));
    }
    if members
        .tags()?
        .as_object()
        .is_some_and(|tags| tags.len() > 128)
    {
        let message = "size must be between 0 and 128";
        violations.push(Violation::new(members.at("tags"), message));
    }
    Ok(())
}

/// Refuses a scope with an organization or project that does not exist.
pub(crate) fn check_parents(world: &World, scope: &Scope) -> Result<(), Reply> {
    let missing = world.missing_scope(scope);
    missing.map_or(Ok(()), |message| Err(Reply::resource_not_found(&message)))
}

/// Returns the 404 for deleting an object that does not exist.
fn nothing_to_delete(kind: &str, identifier: &str) -> Reply {
    let message =
        format!("{kind} with identifier [{identifier}] does not exist in the specified scope");
    Reply::error("ENTITY_NOT_FOUND", message).with_status(StatusCode::NOT_FOUND)
}

/// Refuses an update that would move or rename an object.
fn must_stay(previous: &str, current: &str) -> Result<(), Reply> {
    if previous == current {
        return Ok(());
    }
    Err(Reply::invalid_request(&format!(
        "Value mismatch, previous: {previous} current: {current}"
    )))
}

/// Refuses an update of an older version than the stored one, if the client sends a version.
fn check_version(call: &Call, version: u64) -> Result<(), Reply> {
    match call.if_match() {
        Some(given) if given != version => Err(Reply::failure(
            StatusCode::BAD_REQUEST,
            "OPTIMISTIC_LOCKING_EXCEPTION",
            "Request failed as you have an older version of entity, please reload the page and try again.",
        )),
        _ => Ok(()),
    }
}

/// Checks that a validated object was stored; otherwise, the sandbox has a bug.
fn stored(outcome: Result<(), ControlError>) -> Result<(), Reply> {
    outcome.map_err(|_| Reply::unknown_error())
}

/// Returns the response about a saved object, with its entity tag.
fn tagged(response: Value, version: u64) -> Reply {
    Reply::data(response).with_header(header::ETAG, &structure::entity_tag(version))
}

fn deleted() -> Reply {
    Reply::data(json!(true))
}
