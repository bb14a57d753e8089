//! `POST /orgs/{org}/projects/{project}/pipelines`; `GET`, `PUT`, and `DELETE` of one.
//!
//! The path names the scope, the header `Harness-Account` the account. Organization and project in the YAML may be left
//! out; what is there has to agree.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde_json::{Value, json};

use super::yaml::Yaml;
use super::{Pipeline, described, filter_scope, no_pipeline, require};
use crate::call::Call;
use crate::connectors::{Malformed, Members, identifier_violation, name_violation};
use crate::making::check_parents;
use crate::platform::Platform;
use crate::reply::{Reply, Violation};
use crate::scope::Scope;
use crate::world::{Dated, Key};

type Place = Path<(String, String)>;
type Address = Path<(String, String, String)>;

pub(super) async fn create(
    State(platform): State<Platform>,
    Path((org, project)): Place,
    call: Call,
) -> Result<Reply, Reply> {
    let (identifier, pipeline) = read(&call.json()?)?;
    let mut world = platform.world();
    let scope = Scope::project(&org, &project);
    check_parents(&world, &scope)?;
    require(&call, &world, &["core_pipeline_edit"], &scope, None)?;
    agrees(&pipeline, &identifier, &scope)?;
    let key: Key = (scope, identifier);
    if world.pipelines.contains_key(&key) {
        let pipeline = described(&key.0, &key.1);
        let message = format!("{pipeline} already exists or has been deleted.");
        return Err(Reply::error("DUPLICATE_FIELD", message));
    }
    let answer = Reply::json(StatusCode::CREATED, json!({"identifier": key.1}));
    let pipeline = Dated::new(pipeline, world.tick());
    world.pipelines.insert(key, pipeline);
    Ok(answer)
}

pub(super) async fn get(
    State(platform): State<Platform>,
    Path((org, project, identifier)): Address,
    call: Call,
) -> Result<Reply, Reply> {
    let world = platform.world();
    let scope = Scope::project(&org, &project);
    filter_scope(&world, &scope)?;
    let permissions = ["core_pipeline_view"];
    require(&call, &world, &permissions, &scope, Some(&identifier))?;
    let key = (scope, identifier);
    let Some(found) = world.pipelines.get(&key) else {
        let message = no_pipeline(&key.0, &key.1);
        return Err(Reply::error("ENTITY_NOT_FOUND", message));
    };
    Ok(Reply::json(StatusCode::OK, response(&key, found)))
}

pub(super) async fn update(
    State(platform): State<Platform>,
    Path((org, project, identifier)): Address,
    call: Call,
) -> Result<Reply, Reply> {
    let (given, pipeline) = read(&call.json()?)?;
    let mut world = platform.world();
    let scope = Scope::project(&org, &project);
    filter_scope(&world, &scope)?;
    let permissions = ["core_pipeline_edit"];
    require(&call, &world, &permissions, &scope, Some(&identifier))?;
    if given != identifier {
        return Err(Reply::invalid_request(&format!(
            "Expected Pipeline identifier in Request Body to be [{identifier}], but was [{given}]"
        )));
    }
    agrees(&pipeline, &identifier, &scope)?;
    let now = world.tick();
    let key = (scope, identifier);
    let Some(stored) = world.pipelines.get_mut(&key) else {
        let (identifier, pipeline) = (&key.1, described(&key.0, &key.1));
        return Err(Reply::invalid_request(&format!(
            "Error while updating pipeline [{identifier}]: {pipeline} couldn't be updated or doesn't exist."
        )));
    };
    stored.entry = pipeline;
    stored.last_modified_at = now;
    Ok(Reply::json(StatusCode::OK, json!({"identifier": key.1})))
}

/// Takes the triggers of the pipeline with it.
pub(super) async fn delete(
    State(platform): State<Platform>,
    Path((org, project, identifier)): Address,
    call: Call,
) -> Result<Reply, Reply> {
    let mut world = platform.world();
    let scope = Scope::project(&org, &project);
    filter_scope(&world, &scope)?;
    let permissions = ["core_pipeline_delete"];
    require(&call, &world, &permissions, &scope, Some(&identifier))?;
    let key = (scope, identifier);
    if world.pipelines.remove(&key).is_none() {
        let pipeline = described(&key.0, &key.1);
        return Err(Reply::invalid_request(&format!(
            "{pipeline} could not be deleted."
        )));
    }
    world.triggers.retain(|(pipeline, _), _| *pipeline != key);
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

/// Reads the body of a creation or an update. Git details are left aside: everything is stored inline.
fn read(body: &Value) -> Result<(String, Pipeline), Reply> {
    let unreadable = |Malformed(details)| Reply::unprocessable(&details);
    let members = Members::of(body, "body").map_err(unreadable)?;
    let text = |member: &str| members.text(member).map_err(unreadable);
    let (identifier, name, yaml) = (text("identifier")?, text("name")?, text("pipeline_yaml")?);
    let mut violations = Vec::new();
    violations.extend(identifier_violation("identifier", identifier.as_deref()));
    violations.extend(name_violation("name", name.as_deref()));
    if yaml.is_none() {
        violations.push(Violation::new("pipeline_yaml", "must not be null"));
    }
    let tags = members.tags().map_err(unreadable)?;
    if !violations.is_empty() {
        return Err(Reply::violations(&violations));
    }
    let tags = tags.as_object().into_iter().flatten();
    let pipeline = Pipeline {
        name: name.unwrap_or_default(),
        description: text("description")?,
        tags: tags
            .map(|(key, value)| (key.clone(), value.as_str().unwrap_or_default().to_owned()))
            .collect(),
        yaml: yaml.unwrap_or_default(),
    };
    Ok((identifier.unwrap_or_default(), pipeline))
}

/// Refuses YAML that speaks of another pipeline than the request does.
fn agrees(pipeline: &Pipeline, identifier: &str, scope: &Scope) -> Result<(), Reply> {
    let yaml = Yaml::read(&pipeline.yaml);
    let [org, project] = [scope.org_id(), scope.project_id()].map(Option::unwrap_or_default);
    for (what, member, expected) in [
        ("identifier", "identifier", identifier),
        ("name", "name", &pipeline.name),
        ("Organization identifier", "orgIdentifier", org),
        ("Project identifier", "projectIdentifier", project),
    ] {
        let found = yaml.text(&["pipeline", member]).unwrap_or_default();
        if !found.is_empty() && found != expected {
            return Err(Reply::invalid_request(&format!(
                "Expected Pipeline {what} in YAML to be [{expected}], but was [{found}]"
            )));
        }
    }
    Ok(())
}

fn response((scope, identifier): &Key, found: &Dated<Pipeline>) -> Value {
    let Pipeline {
        name,
        description,
        tags,
        yaml,
    } = &found.entry;
    let tags = (!tags.is_empty()).then_some(tags);
    json!({
        "pipeline_yaml": yaml, "template_applied_pipeline_yaml": null, "identifier": identifier, "name": name,
        "org": scope.org_id(), "project": scope.project_id(), "description": description, "tags": tags, "modules": [],
        "git_details": null, "valid": true, "yaml_error_wrapper": null, "created": found.created_at,
        "updated": found.last_modified_at,
    })
}
