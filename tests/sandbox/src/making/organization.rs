//! `POST /organizations`, `PUT`, and `DELETE /organizations/{identifier}`.
//!
//! The organization `default` belongs to the platform: clients can neither create, change, nor delete it.

use axum::extract::{Path, State};
use serde_json::json;

use super::{
    Common, check_lengths, check_version, deleted, must_stay, nothing_to_delete, read, stored,
    tagged,
};
use crate::audits::Principal;
use crate::call::{About, Call};
use crate::objects::Kind;
use crate::platform::Platform;
use crate::reply::Reply;
use crate::scope::Scope;
use crate::structure;
use crate::world::World;

const DEFAULT: &str = "default";

pub(super) async fn create(State(platform): State<Platform>, call: Call) -> Result<Reply, Reply> {
    let (organization, ()) = read(&call, &call.json()?, "organization", check_lengths)?;
    let mut world = platform.world();
    let account = Scope::account();
    call.require(&world, "core_organization_create", &account, None)?;
    let identifier = organization.identifier.clone();
    if identifier == DEFAULT {
        return Err(Reply::invalid_request(&format!(
            "{DEFAULT} cannot be used as org identifier"
        )));
    }
    if world.organizations.contains_key(&identifier) {
        let message = format!("An organization with identifier [{identifier}] is already present");
        return Err(Reply::error("DUPLICATE_FIELD", message));
    }
    save(&mut world, &call, organization)
}

pub(super) async fn update(
    State(platform): State<Platform>,
    Path(identifier): Path<String>,
    call: Call,
) -> Result<Reply, Reply> {
    let (organization, ()) = read(&call, &call.json()?, "organization", check_lengths)?;
    let mut world = platform.world();
    let permission = "core_organization_edit";
    call.require(&world, permission, &Scope::account(), Some(&identifier))?;
    must_stay(&identifier, &organization.identifier)?;
    let Some(found) = world.organizations.get(&identifier) else {
        return Err(Reply::invalid_request(&format!(
            "Organisation with identifier [{identifier}] not found"
        )));
    };
    if identifier == DEFAULT || found.entry.harness_managed {
        return Err(not_for_default("Update", &identifier));
    }
    check_version(&call, found.version)?;
    save(&mut world, &call, organization)
}

pub(super) async fn delete(About(platform, identifier, call): About) -> Result<Reply, Reply> {
    let mut world = platform.world();
    let (permission, account) = ("core_organization_delete", Scope::account());
    call.require(&world, permission, &account, Some(&identifier))?;
    if identifier == DEFAULT {
        return Err(not_for_default("Delete", &identifier));
    }
    let by = Some(Principal::of(&call.key));
    world
        .delete_object(Kind::Organization, &account, &identifier, by)
        .map_err(|_| nothing_to_delete("Organization", &identifier))?;
    Ok(deleted())
}

fn save(world: &mut World, call: &Call, organization: Common) -> Result<Reply, Reply> {
    let Common {
        identifier,
        name,
        description,
        tags,
    } = organization;
    let object =
        json!({"name": name, "description": description.unwrap_or_default(), "tags": tags});
    let by = Some(Principal::of(&call.key));
    stored(world.put_object(
        Kind::Organization,
        &Scope::account(),
        &identifier,
        object,
        by,
    ))?;
    let saved = world.organizations.get(&identifier);
    Ok(saved.map_or_else(Reply::unknown_error, |saved| {
        tagged(structure::organization_response(saved), saved.version)
    }))
}

fn not_for_default(operation: &str, identifier: &str) -> Reply {
    Reply::invalid_request(&format!(
        "{operation} operation not supported for Default Organization (identifier: [{identifier}])"
    ))
}
