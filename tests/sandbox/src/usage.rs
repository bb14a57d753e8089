//! Who refers to a connector: those of the account file and the control surface, and the pipelines and triggers whose YAML
//! names it. The parameters are those of the public server source; the members of an item are inferred.

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use serde_json::{Value, json};

use crate::account::Referrer;
use crate::call::Call;
use crate::connectors::Connector;
use crate::page::Page;
use crate::pipelines;
use crate::platform::Platform;
use crate::reply::Reply;
use crate::scope::Scope;
use crate::world::{Key, World};

/// Returns the endpoint, below `/ng/api`.
pub(crate) fn routes() -> Router<Platform> {
    Router::new().route("/entitySetupUsage", get(list))
}

async fn list(State(platform): State<Platform>, call: Call) -> Result<Reply, Reply> {
    call.require_account_parameter()?;
    let window = Page::of(&call, 10, 100)?;
    let identifier = call.query("identifier").unwrap_or_default();
    let key = (call.scope(), identifier.to_owned());
    let search = call.query("searchTerm").unwrap_or_default().to_lowercase();
    let of_connectors = call
        .query("referredEntityType")
        .is_none_or(|kind| kind == "Connectors");
    let world = platform.world();
    let referrers = if of_connectors {
        world.referrers(&key)
    } else {
        Vec::new()
    };
    let found: Vec<Value> = referrers
        .iter()
        .filter(|referrer| referrer.name.to_lowercase().contains(&search))
        .map(|referrer| item(&world, world.connectors.get(&key), referrer))
        .collect();
    let mut page = window.envelope(&found);
    // This endpoint responds with its framework's page, which has another name for the count.
    if let Some(members) = page.as_object_mut() {
        members.remove("totalItems");
        members.insert("totalElements".to_owned(), json!(found.len()));
    }
    Ok(Reply::data(page))
}

impl World {
    /// Returns what refers to the connector.
    pub(crate) fn referrers(&self, connector: &Key) -> Vec<Referrer> {
        let mut found = self.usages.get(connector).cloned().unwrap_or_default();
        let referrer = |kind: &str, scope: &Scope, identifier: &str, name: &str| Referrer {
            r#type: kind.to_owned(),
            name: name.to_owned(),
            identifier: identifier.to_owned(),
            org_identifier: scope.org_id().map(str::to_owned),
            project_identifier: scope.project_id().map(str::to_owned),
            pipeline_identifier: None,
        };
        for ((scope, id), pipeline) in &self.pipelines {
            if pipelines::is_named(connector, &pipeline.entry.yaml, scope) {
                found.push(referrer("Pipelines", scope, id, &pipeline.entry.name));
            }
        }
        for (((scope, pipeline), id), trigger) in &self.triggers {
            if pipelines::is_named(connector, &trigger.entry.yaml, scope) {
                found.push(Referrer {
                    pipeline_identifier: Some(pipeline.clone()),
                    ..referrer("Triggers", scope, id, &trigger.entry.name)
                });
            }
        }
        found
    }
}

fn item(world: &World, connector: Option<&Connector>, referrer: &Referrer) -> Value {
    let used = connector.map(|connector| {
        let scope = connector.scope();
        entity(
            world,
            "Connectors",
            connector.text("name"),
            connector.text("identifier"),
            scope.org_id(),
            scope.project_id(),
        )
    });
    let mut by = entity(
        world,
        &referrer.r#type,
        Some(&referrer.name),
        Some(&referrer.identifier),
        referrer.org_identifier.as_deref(),
        referrer.project_identifier.as_deref(),
    );
    let reference = by.get_mut("entityRef").and_then(Value::as_object_mut);
    if let (Some(reference), Some(pipeline)) = (reference, &referrer.pipeline_identifier) {
        reference.insert("pipelineIdentifier".to_owned(), json!(pipeline));
    }
    json!({
        "accountIdentifier": world.account,
        "referredEntity": used,
        "referredByEntity": by,
        "detail": null,
        "createdAt": connector.map(|connector| connector.created_at),
    })
}

fn entity(
    world: &World,
    kind: &str,
    name: Option<&str>,
    identifier: Option<&str>,
    org: Option<&str>,
    project: Option<&str>,
) -> Value {
    json!({
        "type": kind, "name": name,
        "entityRef": {"scope": if project.is_some() { "project" } else if org.is_some() { "org" } else { "account" },
                      "identifier": identifier, "accountIdentifier": world.account, "orgIdentifier": org,
                      "projectIdentifier": project, "metadata": {}, "repoIdentifier": null, "branch": null,
                      "isDefault": true},
    })
}
