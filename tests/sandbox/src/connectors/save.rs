//! Creating and updating: the platform's checks in the platform's order.
//!
//! Create: body, constraints, plan limit, reserved identifier, permission, spec, policies, scope, secrets, identifier;
//! then the response, and one connection test some time later. Update: like create, but without plan limit and test,
//! and with the stored connector's existence and type instead of the identifier.

use axum::extract::State;
use serde_json::{Value, json};

use super::draft::{Draft, Malformed};
use super::{Connector, bitbucket, test_connection};
use crate::audits::{Deed, Principal};
use crate::call::Call;
use crate::governance::{self, Verdict};
use crate::platform::Platform;
use crate::reply::Reply;
use crate::scope::Scope;
use crate::world::{Key, World};

/// `POST /connectors`
pub(super) async fn create(State(platform): State<Platform>, call: Call) -> Result<Reply, Reply> {
    let (reply, created) = {
        let mut world = platform.world();
        let draft = accepted(&call, &world)?;
        if let Some(limit) = world.settings.connector_limit
            && world.connectors.len() >= limit
        {
            return Err(Reply::invalid_request(&format!(
                "Exceeded static limitation. Current Limit: {limit}"
            )));
        }
        refuse_kept(draft.text("identifier"))?;
        call.require(&world, "core_connector_edit", &draft.scope(), None)?;
        validate_spec(&draft)?;
        let metadata = match governance::evaluate(&mut world, &draft.info) {
            Verdict::Denied(metadata) => return Ok(refused_by_policy(&metadata)),
            Verdict::Allowed(metadata) => metadata,
        };
        check_scope(&world, &draft.scope())?;
        check_secrets(&world, &draft)?;
        let key = key_of(&draft);
        if world.connectors.contains_key(&key) {
            let (name, identifier) = (draft.text("name"), draft.text("identifier"));
            return Err(Reply::invalid_request(&format!(
                "Connector: {name} has been given an identifier: {identifier} that already exists. Please enter a \
                 unique ID."
            )));
        }
        if world.settings.lose_creations > 0 {
            world.settings.lose_creations -= 1;
            return Err(Reply::error(
                "DUPLICATE_FIELD",
                format!("Connector [{}] already exists", key.1),
            ));
        }
        let connector = Connector::new(draft.info, world.tick());
        let response = with_metadata(connector.response(&world), metadata);
        let resource = connector.resource();
        world.connectors.insert(key.clone(), connector);
        world.note(Principal::of(&call.key), Deed::Create, resource);
        (Reply::data(response), key)
    };
    test_connection::in_background(&platform, created);
    Ok(reply)
}

/// `PUT /connectors`
pub(super) async fn update(State(platform): State<Platform>, call: Call) -> Result<Reply, Reply> {
    let mut world = platform.world();
    let draft = accepted(&call, &world)?;
    refuse_kept(draft.text("identifier"))?;
    call.require(
        &world,
        "core_connector_edit",
        &draft.scope(),
        Some(draft.text("identifier")),
    )?;
    validate_spec(&draft)?;
    let metadata = match governance::evaluate(&mut world, &draft.info) {
        Verdict::Denied(metadata) => return Ok(refused_by_policy(&metadata)),
        Verdict::Allowed(metadata) => metadata,
    };
    let key = key_of(&draft);
    let Some(stored) = world.connectors.get(&key) else {
        return Err(Reply::error(
            "CONNECTOR_NOT_FOUND_EXCEPTION",
            no_connector_exists(&world, &key),
        ));
    };
    if stored.text("type") != Some(draft.text("type")) {
        let (identifier, kind) = (
            draft.text("identifier"),
            stored.text("type").unwrap_or_default(),
        );
        return Err(Reply::invalid_request(&format!(
            "Connector already exists with identifier {identifier} with type {kind}"
        )));
    }
    check_scope(&world, &draft.scope())?;
    check_secrets(&world, &draft)?;
    if world.settings.lose_updates > 0 {
        world.settings.lose_updates -= 1;
        return Err(Reply::failure(
            axum::http::StatusCode::BAD_REQUEST,
            "OPTIMISTIC_LOCKING_EXCEPTION",
            "Request failed as you have an older version of entity, please reload the page and try again.",
        ));
    }
    let now = world.tick();
    if let Some(stored) = world.connectors.get_mut(&key) {
        stored.info = draft.info;
        stored.last_modified_at = now;
        let resource = stored.resource();
        world.note(Principal::of(&call.key), Deed::Update, resource);
    }
    let response = world
        .connectors
        .get(&key)
        .map_or(Value::Null, |stored| stored.response(&world));
    Ok(Reply::data(with_metadata(response, metadata)))
}

/// Refuses the identifier of the platform's own secret manager.
pub(super) fn refuse_kept(identifier: &str) -> Result<(), Reply> {
    if identifier == "harnessSecretManager" {
        return Err(Reply::invalid_request(
            "harnessSecretManager cannot be used as connector identifier, as it is reserved by Harness",
        ));
    }
    Ok(())
}

/// Reads the body and checks all its constraints.
fn accepted(call: &Call, world: &World) -> Result<Draft, Reply> {
    let body = call.json()?;
    let mut draft = Draft::read(&body, &world.settings)
        .map_err(|Malformed(details)| Reply::unprocessable(&details))?;
    if call.query("accountIdentifier").is_none() {
        draft.violate("accountIdentifier", "must not be blank");
    }
    if draft.violations.is_empty() {
        Ok(draft)
    } else {
        Err(Reply::violations(&draft.violations))
    }
}

fn validate_spec(draft: &Draft) -> Result<(), Reply> {
    match draft.info.get("spec") {
        Some(spec) if draft.text("type") == "Bitbucket" => {
            bitbucket::validate(spec).map_err(|message| Reply::invalid_request(&message))
        }
        _ => Ok(()),
    }
}

fn check_scope(world: &World, scope: &Scope) -> Result<(), Reply> {
    let Some(org) = scope.org_id() else {
        return scope.project_id().map_or(Ok(()), |project| {
            Err(Reply::invalid_request(&format!(
                "Project {project} specified without the org Identifier"
            )))
        });
    };
    let org_exists = world.organizations.contains_key(org);
    match scope.project_id() {
        None if org_exists => Ok(()),
        None => Err(Reply::resource_not_found(&format!(
            "org [{org}] not found."
        ))),
        // The platform looks up the project's organization without expecting that it could be missing.
        Some(_) if !org_exists => Err(Reply::unknown_error()),
        Some(project)
            if world
                .projects
                .contains_key(&(org.to_owned(), project.to_owned())) =>
        {
            Ok(())
        }
        Some(project) => Err(Reply::resource_not_found(&format!(
            "project [{project}] not found."
        ))),
    }
}

fn check_secrets(world: &World, draft: &Draft) -> Result<(), Reply> {
    let scope = draft.scope();
    for (field, reference) in &draft.secret_refs {
        if let Err(reason) = reference.check(world, &scope) {
            let inner = format!("Invalid request: {reason}");
            let outer = format!("Invalid request: Error while validating {field} field : {inner}");
            let chain = [
                ("INVALID_REQUEST", "ERROR", outer.as_str()),
                ("INVALID_REQUEST", "ERROR", inner.as_str()),
            ];
            return Err(Reply::chain("INVALID_REQUEST", &outer, &chain, Value::Null));
        }
    }
    Ok(())
}

fn key_of(draft: &Draft) -> Key {
    (draft.scope(), draft.text("identifier").to_owned())
}

fn refused_by_policy(metadata: &Value) -> Reply {
    Reply::data(json!({
        "connector": null, "createdAt": null, "lastModifiedAt": null, "status": null, "activityDetails": null,
        "harnessManaged": null, "gitDetails": null, "entityValidityDetails": null,
        "governanceMetadata": metadata, "isFavorite": null,
    }))
}

fn with_metadata(mut response: Value, metadata: Value) -> Value {
    if let Some(members) = response.as_object_mut() {
        members.insert("governanceMetadata".into(), metadata);
    }
    response
}

fn no_connector_exists(world: &World, (scope, identifier): &Key) -> String {
    let mut message = format!(
        "No connector exists with the identifier {identifier} in account {}",
        world.account
    );
    if let Some(org) = scope.org_id() {
        message.extend([", organisation ", org]);
    }
    if let Some(project) = scope.project_id() {
        message.extend([", project ", project]);
    }
    message
}
