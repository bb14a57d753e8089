//! `POST /v2/secrets`, `PUT`, and `DELETE /v2/secrets/{identifier}`: text secrets, and credentials for SSH and WinRM.
//!
//! Query and body both contain the scope, and must agree. The value of a text secret is stored for connection tests and
//! never returned; the path of a reference into another secret manager is.

use axum::extract::{Path, State};
use serde_json::{Map, Value, json};

use super::{Common, check_parents, deleted, nothing_to_delete, read, secret_use, stored};
use crate::audits::{Deed, Principal};
use crate::call::{About, Call};
use crate::connectors::{Malformed, Members, identifier_violation};
use crate::credentials;
use crate::objects::Kind;
use crate::platform::Platform;
use crate::reply::{Reply, Violation};
use crate::scope::Scope;
use crate::secrets;
use crate::world::{Key, World};

/// The platform's own secret manager.
const BUILT_IN: &str = "harnessSecretManager";

/// A secret as a client sends it.
pub(super) struct Draft {
    common: Common,
    scope: Scope,
    kind: String,
    /// What is stored and returned: for texts and files, without the contents.
    spec: Map<String, Value>,
    /// The value of a text secret.
    value: Option<String>,
}

pub(super) async fn create(State(platform): State<Platform>, call: Call) -> Result<Reply, Reply> {
    let draft = Draft::read(&call, &call.json()?)?;
    if draft.kind == "SecretFile" {
        return Err(Reply::unknown_error());
    }
    new(&platform, &call, draft)
}

/// Stores a new secret.
pub(super) fn new(platform: &Platform, call: &Call, draft: Draft) -> Result<Reply, Reply> {
    let mut world = platform.world();
    if call.scope() != draft.scope {
        return Err(Reply::invalid_request(
            "Invalid request, scope in payload and params do not match.",
        ));
    }
    check_parents(&world, &draft.scope)?;
    call.require(&world, "core_secret_edit", &draft.scope, None)?;
    draft.check(&world)?;
    if draft.kind == "SecretText" && draft.value.as_deref().is_none_or(str::is_empty) {
        return Err(Reply::invalid_request(
            "value cannot be empty for a secret text.",
        ));
    }
    if world.secrets.contains_key(&draft.key()) {
        let identifier = &draft.common.identifier;
        // Secrets with contents on the platform are looked up before they are saved; the database finds the others.
        return Err(if draft.has_contents() {
            Reply::invalid_request(&format!(
                "Secret with identifier {identifier} already exists in this scope"
            ))
        } else {
            let message = "Duplicate identifier, please try again with a new identifier";
            Reply::error("DUPLICATE_FIELD", message)
        });
    }
    draft.save(&mut world, call)
}

pub(super) async fn update(
    State(platform): State<Platform>,
    Path(identifier): Path<String>,
    call: Call,
) -> Result<Reply, Reply> {
    let draft = Draft::read(&call, &call.json()?)?;
    replace(&platform, &call, &identifier, draft)
}

/// Replaces an existing secret.
pub(super) fn replace(
    platform: &Platform,
    call: &Call,
    identifier: &str,
    mut draft: Draft,
) -> Result<Reply, Reply> {
    let mut world = platform.world();
    let scope = call.scope();
    call.require(&world, "core_secret_edit", &scope, Some(identifier))?;
    draft.check(&world)?;
    let key = (scope, identifier.to_owned());
    let Some(found) = world.secrets.get(&key) else {
        return Err(Reply::invalid_request(
            "No such secret found, please check identifier/scope and try again.",
        ));
    };
    let manager = |spec: &Map<String, Value>| {
        let manager = spec.get("secretManagerIdentifier").and_then(Value::as_str);
        manager.unwrap_or(BUILT_IN).to_owned()
    };
    let stays = draft.key() == key
        && draft.kind == found.entry.r#type
        && (!draft.has_contents() || manager(&draft.spec) == manager(&found.entry.spec));
    if !stays {
        return Err(Reply::invalid_request(
            "Cannot change organization, project, identifier, type or secret manager of a secret after creation.",
        ));
    }
    // Without a new value, the stored one is kept.
    draft.value = draft.value.or_else(|| found.entry.value.clone());
    draft.save(&mut world, call)
}

pub(super) async fn delete(About(platform, identifier, call): About) -> Result<Reply, Reply> {
    let mut world = platform.world();
    let scope = call.scope();
    call.require(&world, "core_secret_delete", &scope, Some(&identifier))?;
    let forced = call.flag("forceDelete");
    if forced && !world.settings.force_delete {
        return Err(Reply::invalid_request(&format!(
            "Parameter forcedDelete cannot be true. Force deletion of secret is not enabled for this account [{}]",
            world.account
        )));
    }
    let key = (scope, identifier);
    if !world.secrets.contains_key(&key) {
        return Err(nothing_to_delete("Secret", &key.1));
    }
    if !forced && secret_use::is_used(&world, &key) {
        let message = format!(
            "Could not delete the secret {} as it is referenced by other entities",
            key.1
        );
        return Err(Reply::error("ENTITY_REFERENCE_EXCEPTION", message));
    }
    let deed = if forced {
        Deed::ForceDelete
    } else {
        Deed::Delete
    };
    let by = Some(Principal::of(&call.key));
    stored(world.remove_object(Kind::Secret, &key.0, &key.1, by, deed))?;
    Ok(deleted())
}

/// `GET /v2/secrets/validateUniqueIdentifier/{identifier}`: true means free.
pub(super) async fn is_unique(About(platform, identifier, call): About) -> Result<Reply, Reply> {
    let taken = platform
        .world()
        .secrets
        .contains_key(&(call.scope(), identifier));
    Ok(Reply::data(json!(!taken)))
}

impl Draft {
    /// Reads a secret of any kind.
    pub(super) fn read(call: &Call, body: &Value) -> Result<Self, Reply> {
        let (common, rest) = read(call, body, "secret", Rest::read)?;
        let Rest {
            scope,
            kind,
            spec,
            value,
        } = rest;
        Ok(Self {
            common,
            scope,
            kind,
            spec,
            value,
        })
    }

    /// Sets the contents of a file.
    pub(super) fn with_contents(mut self, contents: String) -> Self {
        self.value = Some(contents);
        self
    }

    pub(super) fn is_file(&self) -> bool {
        self.kind == "SecretFile"
    }

    /// Returns whether the platform stores a value for the secret; credentials only refer to other secrets.
    fn has_contents(&self) -> bool {
        ["SecretText", "SecretFile"].contains(&self.kind.as_str())
    }

    fn key(&self) -> Key {
        (self.scope.clone(), self.common.identifier.clone())
    }

    /// Checks that everything it refers to exists: its secret manager, and the secrets of a credential.
    fn check(&self, world: &World) -> Result<(), Reply> {
        if let Some(manager) = self.spec.get("secretManagerIdentifier") {
            let manager = manager.as_str().unwrap_or_default();
            if !is_secret_manager(world, &self.scope, manager) {
                return Err(Reply::invalid_request(&format!(
                    "Secret manager with identifier [{manager}] not found in the given scope"
                )));
            }
        }
        for reference in secret_use::references(&self.kind, &self.spec) {
            let found = reference.check(world, &self.scope);
            found.map_err(|reason| Reply::invalid_request(&reason))?;
        }
        Ok(())
    }

    fn save(self, world: &mut World, call: &Call) -> Result<Reply, Reply> {
        let (scope, identifier) = self.key();
        let object = json!({
            "type": self.kind, "name": self.common.name, "description": self.common.description,
            "tags": self.common.tags, "spec": self.spec, "value": self.value,
        });
        let by = Some(Principal::of(&call.key));
        stored(world.put_object(Kind::Secret, &scope, &identifier, object, by))?;
        let saved = world.secrets.get(&(scope, identifier));
        Ok(saved.map_or_else(Reply::unknown_error, |saved| {
            Reply::data(secrets::wire(saved))
        }))
    }
}

/// The members that only secrets have.
struct Rest {
    scope: Scope,
    kind: String,
    spec: Map<String, Value>,
    value: Option<String>,
}

impl Rest {
    fn read(members: &Members<'_>, violations: &mut Vec<Violation>) -> Result<Self, Malformed> {
        let mut parts = Vec::new();
        for member in ["orgIdentifier", "projectIdentifier"] {
            let given = members.text(member)?.filter(|id| !id.is_empty());
            let wrong = given
                .as_deref()
                .and_then(|id| identifier_violation(&members.at(member), Some(id)));
            violations.extend(wrong);
            parts.push(given);
        }
        let project = parts.pop().flatten();
        let org = parts.pop().flatten();
        let kind = members.text("type")?.unwrap_or_default();
        let spec = members.object("spec")?;
        let mut read = Self {
            scope: Scope::of(org.as_deref(), project.as_deref()),
            kind,
            spec: Map::new(),
            value: None,
        };
        match (read.kind.as_str(), spec) {
            ("", _) => violations.push(Violation::new(members.at("type"), "must not be null")),
            (_, None) => violations.push(Violation::new(members.at("spec"), "must not be null")),
            ("SecretText", Some(spec)) => read.text(&spec, violations)?,
            ("SecretFile", Some(spec)) => read.manager(&spec, violations)?,
            (kind, Some(spec)) if credentials::KINDS.contains(&kind) => {
                credentials::check(kind, &spec, violations)?;
                read.spec = credentials::typed(kind, spec.members());
            }
            (other, Some(_)) => {
                let path = members.at("type");
                return Err(Malformed::enumeration("SecretType", other, &path));
            }
        }
        Ok(read)
    }

    fn manager(
        &mut self,
        spec: &Members<'_>,
        violations: &mut Vec<Violation>,
    ) -> Result<(), Malformed> {
        let member = "secretManagerIdentifier";
        match spec.text(member)? {
            Some(manager) => {
                self.spec.insert(member.to_owned(), manager.into());
            }
            None => violations.push(Violation::new(spec.at(member), "must not be null")),
        }
        // Where the secret manager takes a version or a key; nothing else in it is returned.
        let metadata = spec.object("additionalMetadata")?;
        let values = metadata.and_then(|metadata| metadata.object("values").ok().flatten());
        if let Some(values) = values.filter(|values| !values.members().is_empty()) {
            let metadata = json!({"values": values.members()});
            self.spec.insert("additionalMetadata".to_owned(), metadata);
        }
        Ok(())
    }

    fn text(
        &mut self,
        spec: &Members<'_>,
        violations: &mut Vec<Violation>,
    ) -> Result<(), Malformed> {
        self.manager(spec, violations)?;
        self.value = spec.text("value")?;
        let shown = match spec.text("valueType")?.as_deref() {
            None => {
                violations.push(Violation::new(spec.at("valueType"), "must not be null"));
                return Ok(());
            }
            Some("Inline") => Value::Null,
            Some("Reference" | "CustomSecretManagerValues") => json!(self.value),
            Some(other) => {
                let path = spec.at("valueType");
                return Err(Malformed::enumeration("ValueType", other, &path));
            }
        };
        self.spec
            .insert("valueType".to_owned(), json!(spec.text("valueType")?));
        self.spec.insert("value".to_owned(), shown);
        Ok(())
    }
}

/// Returns whether it is the built-in secret manager, or a connector of the account file in the scope or a wider one.
fn is_secret_manager(world: &World, scope: &Scope, manager: &str) -> bool {
    let identifier = manager.rsplit('.').next().unwrap_or_default();
    identifier == BUILT_IN
        || scope.upwards().any(|scope| {
            world
                .connectors
                .contains_key(&(scope, identifier.to_owned()))
        })
}
