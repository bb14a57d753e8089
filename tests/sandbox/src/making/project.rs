//! `POST /projects`, `PUT`, and `DELETE /projects/{identifier}`.
//!
//! The query sets the organization, `default` if absent; the body must agree.

use axum::extract::{Path, State};
use serde_json::json;

use super::{
    Common, check_lengths, check_parents, check_version, deleted, must_stay, nothing_to_delete,
    read, stored, tagged,
};
use crate::audits::Principal;
use crate::call::{About, Call};
use crate::connectors::{Malformed, Members};
use crate::objects::Kind;
use crate::platform::Platform;
use crate::reply::{Reply, Violation};
use crate::scope::Scope;
use crate::structure;
use crate::world::World;

/// The modules of a new project, whatever its creation requests.
const MODULES: [&str; 12] = [
    "CD", "CI", "CV", "CF", "CE", "STO", "CHAOS", "SRM", "IACM", "CET", "IDP", "CODE",
];

/// The members that only projects have.
struct Rest {
    org: Option<String>,
    color: Option<String>,
    modules: Vec<String>,
}

pub(super) async fn create(State(platform): State<Platform>, call: Call) -> Result<Reply, Reply> {
    let (project, mut rest) = read(&call, &call.json()?, "project", read_rest)?;
    let mut world = platform.world();
    let org = organization(&call);
    check_parents(&world, &org)?;
    call.require(&world, "core_project_create", &org, None)?;
    check_organization(&org, &rest)?;
    let (id, org_id) = (&project.identifier, org.org_id().unwrap_or_default());
    if world
        .projects
        .contains_key(&(org_id.to_owned(), id.to_owned()))
    {
        let message = format!(
            "A project with identifier [{id}] and orgIdentifier [{org_id}] is already present"
        );
        return Err(Reply::error("DUPLICATE_FIELD", message));
    }
    rest.modules = MODULES.map(str::to_owned).to_vec();
    save(&mut world, &call, &org, project, rest)
}

pub(super) async fn update(
    State(platform): State<Platform>,
    Path(identifier): Path<String>,
    call: Call,
) -> Result<Reply, Reply> {
    let (project, rest) = read(&call, &call.json()?, "project", read_rest)?;
    let mut world = platform.world();
    let org = organization(&call);
    check_parents(&world, &org)?;
    call.require(&world, "core_project_edit", &org, Some(&identifier))?;
    check_organization(&org, &rest)?;
    must_stay(&identifier, &project.identifier)?;
    let org_id = org.org_id().unwrap_or_default();
    let Some(found) = world.projects.get(&(org_id.to_owned(), identifier.clone())) else {
        return Err(Reply::invalid_request(&format!(
            "Project with identifier [{identifier}] and orgIdentifier [{org_id}] not found"
        )));
    };
    let removed = |module: &String| !rest.modules.contains(module);
    if found.entry.modules.iter().any(removed) {
        return Err(Reply::invalid_request(
            "Modules cannot be removed from a project",
        ));
    }
    check_version(&call, found.version)?;
    save(&mut world, &call, &org, project, rest)
}

pub(super) async fn delete(About(platform, identifier, call): About) -> Result<Reply, Reply> {
    let mut world = platform.world();
    let org = organization(&call);
    check_parents(&world, &org)?;
    call.require(&world, "core_project_delete", &org, Some(&identifier))?;
    let by = Some(Principal::of(&call.key));
    world
        .delete_object(Kind::Project, &org, &identifier, by)
        .map_err(|_| nothing_to_delete("Project", &identifier))?;
    Ok(deleted())
}

fn organization(call: &Call) -> Scope {
    Scope::organization(call.query("orgIdentifier").unwrap_or("default"))
}

fn check_organization(org: &Scope, rest: &Rest) -> Result<(), Reply> {
    let org = org.org_id().unwrap_or_default();
    must_stay(org, rest.org.as_deref().unwrap_or(org))
}

fn read_rest(members: &Members<'_>, violations: &mut Vec<Violation>) -> Result<Rest, Malformed> {
    check_lengths(members, violations)?;
    Ok(Rest {
        org: members.text("orgIdentifier")?.filter(|org| !org.is_empty()),
        color: members.text("color")?.filter(|color| !color.is_empty()),
        modules: members.text_set("modules")?,
    })
}

fn save(
    world: &mut World,
    call: &Call,
    org: &Scope,
    project: Common,
    rest: Rest,
) -> Result<Reply, Reply> {
    let Common {
        identifier,
        name,
        description,
        tags,
    } = project;
    let mut object = json!({
        "name": name, "description": description.unwrap_or_default(), "tags": tags, "modules": rest.modules,
    });
    if let (Some(color), Some(members)) = (rest.color, object.as_object_mut()) {
        members.insert("color".to_owned(), color.into());
    }
    let by = Some(Principal::of(&call.key));
    stored(world.put_object(Kind::Project, org, &identifier, object, by))?;
    let org_id = org.org_id().unwrap_or_default().to_owned();
    let saved = world.projects.get(&(org_id, identifier));
    Ok(saved.map_or_else(Reply::unknown_error, |saved| {
        tagged(structure::project_response(saved), saved.version)
    }))
}
