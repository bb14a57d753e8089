//! Delegates: the filtered list, and groups by tags. Scopes are exact; wider ones are not searched.

use axum::Router;
use axum::extract::State;
use axum::routing::{get, post};
use serde_json::{Value, json};

use crate::account::Delegate;
use crate::call::{About, Call};
use crate::platform::Platform;
use crate::reply::Reply;
use crate::scope::Scope;
use crate::world::{Dated, World};

/// Returns the endpoints, below `/ng/api`.
pub(crate) fn routes() -> Router<Platform> {
    Router::new()
        .route("/delegate-setup/listDelegates", post(list))
        .route("/delegate-group-tags/delegate-groups", post(groups))
        .route("/delegate-group-tags/{identifier}", get(group))
}

/// Returns the identifier of a replica.
pub(crate) fn replica_id(delegate: &str, replica: u8) -> String {
    format!("{delegate}-{replica}")
}

async fn list(State(platform): State<Platform>, call: Call) -> Result<Reply, Reply> {
    call.require_account_parameter()?;
    let body: Value = if call.body.is_empty() {
        json!({"filterType": "Delegate"})
    } else {
        call.json()?
    };
    if body.get("filterType").and_then(Value::as_str) != Some("Delegate") {
        return Err(Reply::unprocessable(
            "missing type id property 'filterType'",
        ));
    }
    let mut world = platform.world();
    let scope = call.scope();
    call.require(&world, "core_delegate_view", &scope, None)?;
    let now = world.tick();
    let wanted = texts(&body, "delegateTags");
    let status = body
        .get("status")
        .and_then(Value::as_str)
        .filter(|status| !status.is_empty());
    let by_text = |member: &str, value: &str| {
        body.get(member)
            .and_then(Value::as_str)
            .filter(|text| !text.is_empty())
            .is_none_or(|text| text == value)
    };
    let found: Vec<Value> = in_scope(&world, &scope)
        .filter(|delegate| has_all(&delegate.entry, &wanted))
        .filter(|delegate| {
            status.is_none_or(|status| delegate.entry.connected == (status == "CONNECTED"))
        })
        .filter(|delegate| by_text("delegateName", &delegate.entry.name))
        .map(|delegate| details(delegate, now))
        .collect();
    Ok(Reply::resource(Value::Array(found)))
}

async fn groups(State(platform): State<Platform>, call: Call) -> Result<Reply, Reply> {
    call.require_account_parameter()?;
    let body = call.json()?;
    let world = platform.world();
    let scope = call.scope();
    call.require(&world, "core_delegate_view", &scope, None)?;
    let wanted = texts(&body, "tags");
    let found: Vec<Value> = in_scope(&world, &scope)
        .filter(|delegate| has_all(&delegate.entry, &wanted))
        .map(|delegate| summary(&world, &delegate.entry))
        .collect();
    if found.is_empty() {
        Err(no_group())
    } else {
        Ok(Reply::resource(Value::Array(found)))
    }
}

async fn group(About(platform, identifier, call): About) -> Result<Reply, Reply> {
    let world = platform.world();
    let scope = call.scope();
    call.require(&world, "core_delegate_view", &scope, Some(&identifier))?;
    let found =
        in_scope(&world, &scope).find(|delegate| group_identifier(&delegate.entry) == identifier);
    found
        .map(|delegate| Reply::resource(summary(&world, &delegate.entry)))
        .ok_or_else(no_group)
}

fn in_scope<'a>(world: &'a World, scope: &'a Scope) -> impl Iterator<Item = &'a Dated<Delegate>> {
    world
        .delegates
        .iter()
        .filter(move |((of, _), _)| of == scope)
        .map(|(_, delegate)| delegate)
}

fn has_all(delegate: &Delegate, wanted: &[&str]) -> bool {
    let tags = delegate.all_tags();
    wanted
        .iter()
        .all(|wanted| tags.iter().any(|tag| tag == wanted))
}

fn texts<'a>(body: &'a Value, member: &str) -> Vec<&'a str> {
    body.get(member)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}

fn group_identifier(delegate: &Delegate) -> String {
    delegate.name.replace('-', "_")
}

fn details(delegate: &Dated<Delegate>, now: i64) -> Value {
    let Delegate {
        name,
        r#type,
        description,
        connected,
        version,
        replicas,
        ..
    } = &delegate.entry;
    let heartbeat = if *connected { now } else { delegate.created_at };
    let replicas: Vec<Value> = (0..*replicas)
        .map(|number| {
            json!({"uuid": replica_id(name, number), "lastHeartbeat": heartbeat, "connected": connected,
                   "hostName": replica_id(name, number), "version": version,
                   "expiringAt": delegate.created_at + 63_072_000_000})
        })
        .collect();
    json!({
        "type": r#type, "name": name, "description": description, "tags": delegate.entry.all_tags(),
        "lastHeartBeat": heartbeat, "connected": connected, "delegateReplicas": replicas, "autoUpgrade": "ON",
        "legacy": false,
    })
}

fn summary(world: &World, delegate: &Delegate) -> Value {
    json!({
        "accountIdentifier": world.account, "orgIdentifier": delegate.org_identifier,
        "projectIdentifier": delegate.project_identifier, "name": delegate.name,
        "identifier": group_identifier(delegate), "tags": delegate.all_tags(),
    })
}

fn no_group() -> Reply {
    Reply::invalid_request("Could not find a delegate group for given parameters.")
}
