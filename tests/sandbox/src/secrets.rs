//! Secrets: one by its identifier, and lists. Values are never answered.

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{get, post};
use serde_json::{Map, Value, json};

use crate::account::Secret;
use crate::call::Call;
use crate::page::Page;
use crate::platform::Platform;
use crate::reply::Reply;
use crate::scope::Scope;
use crate::world::Dated;

/// The endpoints, below `/ng/api`.
pub(crate) fn routes() -> Router<Platform> {
    Router::new()
        .route("/v2/secrets/list", post(list))
        .route("/v2/secrets/{identifier}", get(one))
}

async fn one(
    State(platform): State<Platform>,
    Path(identifier): Path<String>,
    call: Call,
) -> Result<Reply, Reply> {
    call.require_account_parameter()?;
    let world = platform.world();
    let key = (call.scope(), identifier);
    let Some(secret) = world.secrets.get(&key) else {
        return Err(Reply::resource_not_found(&format!(
            "Secret with identifier [{}] is not found in the given scope",
            key.1
        )));
    };
    call.require(&world, "core_secret_view", &key.0, Some(&key.1))?;
    Ok(Reply::data(wire(secret)))
}

async fn list(State(platform): State<Platform>, call: Call) -> Result<Reply, Reply> {
    call.require_account_parameter()?;
    let window = Page::of(&call, 50, 100)?;
    let body: Value = if call.body.is_empty() {
        json!({})
    } else {
        call.json()?
    };
    let texts = |name: &str| -> Vec<&str> {
        body.get(name)
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect()
    };
    let flag = |name: &str| body.get(name).and_then(Value::as_bool).unwrap_or(false);
    let (identifiers, types) = (texts("identifiers"), texts("secretTypes"));
    let search = body
        .get("searchTerm")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_lowercase();
    let (upwards, downwards) = (
        flag("includeAllSecretsAccessibleAtScope"),
        flag("includeSecretsFromEverySubScope"),
    );
    let scope = call.scope();
    let in_scope = |of: &Scope| {
        *of == scope || (upwards && of.contains(&scope)) || (downwards && scope.contains(of))
    };
    let world = platform.world();
    let found: Vec<Value> = world
        .secrets
        .iter()
        .filter(|((of, id), _)| {
            in_scope(of) && !world.is_denied(&call.key, "core_secret_view", Some(id))
        })
        .map(|(_, secret)| secret)
        .filter(|secret| {
            identifiers.is_empty() || identifiers.contains(&secret.entry.identifier.as_str())
        })
        .filter(|secret| types.is_empty() || types.contains(&secret.entry.r#type.as_str()))
        .filter(|secret| {
            let Secret {
                name, identifier, ..
            } = &secret.entry;
            name.to_lowercase().contains(&search) || identifier.to_lowercase().contains(&search)
        })
        .map(wire)
        .collect();
    Ok(Reply::data(window.envelope(&found)))
}

fn wire(secret: &Dated<Secret>) -> Value {
    let Secret {
        r#type,
        identifier,
        name,
        org_identifier,
        project_identifier,
        description,
        tags,
        spec,
        value: _,
    } = &secret.entry;
    let mut members = Map::new();
    members.insert("type".into(), json!(r#type));
    members.insert("name".into(), json!(name));
    members.insert("identifier".into(), json!(identifier));
    members.insert("tags".into(), json!(tags));
    members.insert("spec".into(), spec_of(r#type, spec));
    // This object alone leaves out what it does not have.
    for (member, text) in [
        ("orgIdentifier", org_identifier),
        ("projectIdentifier", project_identifier),
        ("description", description),
    ] {
        if let Some(text) = text {
            members.insert(member.into(), json!(text));
        }
    }
    json!({
        "secret": members, "createdAt": secret.created_at, "updatedAt": secret.last_modified_at, "draft": false,
        "governanceMetadata": null,
    })
}

fn spec_of(kind: &str, spec: &Map<String, Value>) -> Value {
    if !spec.is_empty() {
        return Value::Object(spec.clone());
    }
    match kind {
        "SecretText" => {
            json!({"secretManagerIdentifier": "harnessSecretManager", "valueType": "Inline", "value": null})
        }
        "SecretFile" => json!({"secretManagerIdentifier": "harnessSecretManager"}),
        _ => json!({}),
    }
}
