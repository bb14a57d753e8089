//! Who refers to a connector. The parameters are those of the public server source; the members of an item are inferred.

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use serde_json::{Value, json};

use crate::account::Referrer;
use crate::call::Call;
use crate::connectors::Connector;
use crate::page::Page;
use crate::platform::Platform;
use crate::reply::Reply;
use crate::world::World;

/// The endpoint, below `/ng/api`.
pub(crate) fn routes() -> Router<Platform> {
    Router::new().route("/entitySetupUsage", get(list))
}

async fn list(State(platform): State<Platform>, call: Call) -> Result<Reply, Reply> {
    call.require_account_parameter()?;
    let window = Page::of(&call, 10, 100)?;
    let scope = call.scope();
    let identifier = call.query("identifier").unwrap_or_default();
    let search = call.query("searchTerm").unwrap_or_default().to_lowercase();
    let of_connectors = call
        .query("referredEntityType")
        .is_none_or(|kind| kind == "Connectors");
    let world = platform.world();
    let found: Vec<Value> = world
        .usages
        .iter()
        .filter(|((of, id), _)| of_connectors && *of == scope && id == identifier)
        .flat_map(|(key, referrers)| referrers.iter().map(move |referrer| (key, referrer)))
        .filter(|(_, referrer)| referrer.name.to_lowercase().contains(&search))
        .map(|(key, referrer)| item(&world, world.connectors.get(key), referrer))
        .collect();
    let mut page = window.envelope(&found);
    // This endpoint answers with the page of its framework, which counts under another name.
    if let Some(members) = page.as_object_mut() {
        members.remove("totalItems");
        members.insert("totalElements".to_owned(), json!(found.len()));
    }
    Ok(Reply::data(page))
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
    json!({
        "accountIdentifier": world.account,
        "referredEntity": used,
        "referredByEntity": entity(
            world, &referrer.r#type, Some(&referrer.name), Some(&referrer.identifier),
            referrer.org_identifier.as_deref(), referrer.project_identifier.as_deref(),
        ),
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
