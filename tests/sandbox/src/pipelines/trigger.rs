//! `POST /triggers`; `GET`, `PUT`, and `DELETE /triggers/{identifier}`.
//!
//! The body is YAML as it is. The query names scope and pipeline; a trigger belongs to the pipeline that its YAML names.
//! Whatever is wrong with the YAML becomes one sentence behind the platform's "Failed while …".

use axum::extract::{Path, State};
use serde_json::{Map, Value, json};

use super::yaml::Yaml;
use super::{Trigger, filter_scope, no_pipeline, require};
use crate::call::Call;
use crate::making::check_parents;
use crate::platform::Platform;
use crate::reply::{Reply, Violation};
use crate::scope::Scope;
use crate::world::{Dated, Key, World};

const VIEW: [&str; 1] = ["core_pipeline_view"];
const CHANGE: [&str; 2] = ["core_pipeline_edit", "core_pipeline_execute"];
const REMOVE: [&str; 1] = ["core_pipeline_execute"];

pub(super) async fn create(State(platform): State<Platform>, call: Call) -> Result<Reply, Reply> {
    let (scope, target) = target(&call)?;
    let draft = Draft::read(&call)?;
    let mut world = platform.world();
    check_parents(&world, &scope)?;
    require(&call, &world, &CHANGE, &scope, Some(&target))?;
    let failed = |reason: String| failed("Saving", &reason);
    let key = draft.check(&world, scope, &call).map_err(failed)?;
    if world.triggers.contains_key(&key) {
        let identifier = &key.1;
        return Err(failed(format!(
            "Trigger [{identifier}] already exists or is soft deleted"
        )));
    }
    let trigger = Dated::new(draft.trigger, world.tick());
    let answer = response(&world, &key, &trigger);
    world.triggers.insert(key, trigger);
    Ok(Reply::data(answer))
}

pub(super) async fn get(
    State(platform): State<Platform>,
    Path(identifier): Path<String>,
    call: Call,
) -> Result<Reply, Reply> {
    let pipeline = target(&call)?;
    let world = platform.world();
    filter_scope(&world, &pipeline.0)?;
    require(&call, &world, &VIEW, &pipeline.0, Some(&pipeline.1))?;
    let key = (pipeline, identifier);
    let found = world.triggers.get(&key).ok_or_else(|| missing(&key.1))?;
    Ok(Reply::data(response(&world, &key, found)))
}

pub(super) async fn update(
    State(platform): State<Platform>,
    Path(identifier): Path<String>,
    call: Call,
) -> Result<Reply, Reply> {
    let pipeline = target(&call)?;
    let draft = Draft::read(&call)?;
    let mut world = platform.world();
    filter_scope(&world, &pipeline.0)?;
    require(&call, &world, &CHANGE, &pipeline.0, Some(&pipeline.1))?;
    let key = (pipeline, identifier);
    if !world.triggers.contains_key(&key) {
        return Err(missing(&key.1));
    }
    let failed = |reason: String| failed("updating", &reason);
    if draft.identifier != key.1 {
        return Err(failed("Identifier in url and yaml do not match".to_owned()));
    }
    let scope = key.0.0.clone();
    let meant = draft.check(&world, scope, &call).map_err(failed)?;
    let now = world.tick();
    let Some(stored) = world.triggers.get_mut(&key).filter(|_| meant == key) else {
        let identifier = &key.1;
        return Err(failed(format!(
            "NGTrigger [{identifier}] couldn't be updated or doesn't exist"
        )));
    };
    stored.entry = draft.trigger;
    stored.last_modified_at = now;
    let found = world.triggers.get(&key).ok_or_else(|| missing(&key.1))?;
    Ok(Reply::data(response(&world, &key, found)))
}

/// True also if there was no such trigger.
pub(super) async fn delete(
    State(platform): State<Platform>,
    Path(identifier): Path<String>,
    call: Call,
) -> Result<Reply, Reply> {
    let pipeline = target(&call)?;
    let mut world = platform.world();
    filter_scope(&world, &pipeline.0)?;
    require(&call, &world, &REMOVE, &pipeline.0, Some(&pipeline.1))?;
    world.triggers.remove(&(pipeline, identifier));
    Ok(Reply::data(json!(true)))
}

/// The pipeline that the query names.
fn target(call: &Call) -> Result<Key, Reply> {
    let required = [
        "accountIdentifier",
        "orgIdentifier",
        "projectIdentifier",
        "targetIdentifier",
    ];
    let absent = required
        .into_iter()
        .filter(|name| call.query(name).is_none());
    let violations: Vec<_> = absent
        .map(|name| Violation::new(name, "must not be null"))
        .collect();
    if !violations.is_empty() {
        return Err(Reply::violations(&violations));
    }
    let target = call.query("targetIdentifier").unwrap_or_default();
    Ok((call.scope(), target.to_owned()))
}

/// A trigger as a client sends it.
struct Draft {
    identifier: String,
    pipeline: String,
    trigger: Trigger,
}

impl Draft {
    fn read(call: &Call) -> Result<Self, Reply> {
        call.require_media_type()?;
        let text = String::from_utf8_lossy(&call.body).into_owned();
        let yaml = Yaml::read(&text);
        let [identifier, name, pipeline] = ["identifier", "name", "pipelineIdentifier"]
            .map(|member| member_of(&yaml, member).unwrap_or_default().to_owned());
        Ok(Self {
            identifier,
            pipeline,
            trigger: Trigger { name, yaml: text },
        })
    }

    /// Returns the trigger's pipeline and identifier.
    fn check(&self, world: &World, scope: Scope, call: &Call) -> Result<(Key, String), String> {
        for (what, text) in [
            ("Identifier", &self.identifier),
            ("Name", &self.trigger.name),
        ] {
            if text.trim().is_empty() {
                return Err(format!("{what} can not be empty"));
            }
        }
        let pipeline = (scope, self.pipeline.clone());
        if !call.flag("ignoreError") && !world.pipelines.contains_key(&pipeline) {
            return Err(no_pipeline(&pipeline.0, &pipeline.1));
        }
        Ok((pipeline, self.identifier.clone()))
    }
}

fn member_of<'a>(yaml: &'a Yaml, member: &str) -> Option<&'a str> {
    yaml.text(&["trigger", member])
}

fn failed(doing: &str, reason: &str) -> Reply {
    Reply::invalid_request(&format!("Failed while {doing} Trigger: {reason}"))
}

fn missing(identifier: &str) -> Reply {
    Reply::error(
        "ENTITY_NOT_FOUND",
        format!("Trigger {identifier} does not exist"),
    )
}

/// Absent members are left out.
fn response(world: &World, (target, identifier): &(Key, String), found: &Dated<Trigger>) -> Value {
    let Trigger { name, yaml } = &found.entry;
    let read = Yaml::read(yaml);
    let mut members = Map::new();
    for (member, text) in [
        ("name", Some(name.as_str())),
        ("identifier", Some(identifier)),
        ("description", member_of(&read, "description")),
        ("type", read.text(&["trigger", "source", "type"])),
        ("accountIdentifier", Some(&world.account)),
        ("orgIdentifier", target.0.org_id()),
        ("projectIdentifier", target.0.project_id()),
        ("targetIdentifier", Some(&target.1)),
        ("yaml", Some(yaml)),
    ] {
        if let Some(text) = text {
            members.insert(member.to_owned(), text.into());
        }
    }
    let is_enabled = member_of(&read, "enabled") != Some("false");
    members.insert("enabled".to_owned(), is_enabled.into());
    members.insert("errorResponse".to_owned(), false.into());
    Value::Object(members)
}
