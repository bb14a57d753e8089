//! Pipelines and triggers, as far as other clients need them to use connectors: create, read, update, and delete.
//!
//! Their YAML is kept and answered as it was sent. Only what the platform compares or answers separately is read from it:
//! identifier, name, and scope, the trigger's pipeline and source, and the connectors that it names.

mod pipeline;
mod trigger;
mod yaml;

use std::collections::BTreeMap;

use axum::Router;
use axum::routing::{get, post};
use serde::Serialize;

use crate::call::Call;
use crate::connectors::SecretRef;
use crate::platform::Platform;
use crate::reply::Reply;
use crate::scope::Scope;
use crate::world::{Key, World};
use yaml::Yaml;

/// The endpoints of pipelines, below `/v1`.
pub(crate) fn routes() -> Router<Platform> {
    let all = "/orgs/{org}/projects/{project}/pipelines";
    Router::new().route(all, post(pipeline::create)).route(
        &format!("{all}/{{identifier}}"),
        get(pipeline::get)
            .put(pipeline::update)
            .delete(pipeline::delete),
    )
}

/// The endpoints of triggers, below `/pipeline/api`.
pub(crate) fn trigger_routes() -> Router<Platform> {
    Router::new()
        .route("/triggers", post(trigger::create))
        .route(
            "/triggers/{identifier}",
            get(trigger::get)
                .put(trigger::update)
                .delete(trigger::delete),
        )
}

/// A pipeline.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Pipeline {
    pub(crate) name: String,
    description: Option<String>,
    tags: BTreeMap<String, String>,
    pub(crate) yaml: String,
}

/// A trigger of a pipeline.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Trigger {
    pub(crate) name: String,
    pub(crate) yaml: String,
}

/// Whether the YAML of a pipeline or trigger of this scope names the connector.
pub(crate) fn is_named(connector: &Key, yaml: &str, from: &Scope) -> bool {
    let (scope, identifier) = connector;
    // References to connectors have the form of those to secrets.
    Yaml::read(yaml).connectors().any(|text| {
        SecretRef::parse(text).is_ok_and(|reference| {
            reference.identifier() == identifier && reference.scope_from(from).as_ref() == Ok(scope)
        })
    })
}

/// The platform's sentence about a pipeline that does not exist.
fn no_pipeline(scope: &Scope, identifier: &str) -> String {
    format!(
        "{} doesn't exist or has been deleted.",
        described(scope, identifier)
    )
}

/// A pipeline and where it is, as the platform words it.
fn described(scope: &Scope, identifier: &str) -> String {
    let (org, project) = (scope.org_id(), scope.project_id());
    let [org, project] = [org, project].map(Option::unwrap_or_default);
    format!("Pipeline [{identifier}] under Project[{project}], Organization [{org}]")
}

/// Refuses a missing organization or project before anything is looked for in it, where the settings say so.
fn filter_scope(world: &World, scope: &Scope) -> Result<(), Reply> {
    match world.missing_scope(scope) {
        Some(message) if world.settings.scope_filter => Err(Reply::resource_not_found(&message)),
        _ => Ok(()),
    }
}

/// Checks permissions on one pipeline, or on all.
fn require(
    call: &Call,
    world: &World,
    permissions: &[&str],
    scope: &Scope,
    pipeline: Option<&str>,
) -> Result<(), Reply> {
    permissions
        .iter()
        .try_for_each(|permission| call.require(world, permission, scope, pipeline))
}
