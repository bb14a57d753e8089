//! Changes outside the API: puts, patches, deletes, and shows any object, without keys, rules, or references.
//!
//! This is what a person does in the web interface while Terraform is not looking. Objects have the form of the account
//! file; put and patch set their identifying members from their target.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::account::{Delegate, Organization, Project, Referrer, Secret};
use crate::audits::{Deed, Principal, Resource};
use crate::connectors::Connector;
use crate::scope::Scope;
use crate::world::{Dated, Key, World};

/// The kinds of objects.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// A connector of any type, in the form of the API's `connector` member.
    Connector,
    /// A secret.
    Secret,
    /// An organization.
    Organization,
    /// A project.
    Project,
    /// A delegate, by name.
    Delegate,
    /// The entities that use a connector: an array, by the connector's identifier.
    Usage,
}

impl Kind {
    const ALL: [(&'static str, Self); 6] = [
        ("connectors", Self::Connector),
        ("secrets", Self::Secret),
        ("organizations", Self::Organization),
        ("projects", Self::Project),
        ("delegates", Self::Delegate),
        ("usages", Self::Usage),
    ];

    /// Returns the kind for a path segment of the control surface: `connectors`, `secrets`, and so on.
    pub fn from_segment(segment: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find_map(|(name, kind)| (name == segment).then_some(kind))
    }
}

/// Why a change was not made.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ControlError {
    /// The object does not exist.
    Missing,
    /// The object does not have the form of the account file; the text says where.
    Invalid(String),
}

impl fmt::Display for ControlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("no such object"),
            Self::Invalid(reason) => f.write_str(reason),
        }
    }
}

impl std::error::Error for ControlError {}

impl World {
    /// Returns everything as JSON, without secret values and keys.
    pub(crate) fn snapshot(&self) -> Value {
        let mut secrets = entries(&self.secrets);
        for secret in secrets.iter_mut().filter_map(Value::as_object_mut) {
            secret.remove("value");
        }
        let usages: Vec<Value> = self
            .usages
            .iter()
            .map(|((scope, id), referrers)| {
                json!({"connector": id, "orgIdentifier": scope.org_id(), "projectIdentifier": scope.project_id(),
                       "referredBy": referrers})
            })
            .collect();
        let pipelines = self.pipelines.iter().map(|((scope, id), pipeline)| {
            json!({"identifier": id, "orgIdentifier": scope.org_id(), "projectIdentifier": scope.project_id(),
                   "name": pipeline.entry.name, "yaml": pipeline.entry.yaml})
        });
        let triggers = self.triggers.iter().map(|(((scope, pipeline), id), trigger)| {
            json!({"identifier": id, "orgIdentifier": scope.org_id(), "projectIdentifier": scope.project_id(),
                   "pipelineIdentifier": pipeline, "name": trigger.entry.name, "yaml": trigger.entry.yaml})
        });
        json!({
            "accountIdentifier": self.account,
            "connectors": self.connectors.values().map(|connector| connector.response(self)).collect::<Vec<_>>(),
            "secrets": secrets,
            "organizations": entries(&self.organizations),
            "projects": entries(&self.projects),
            "delegates": entries(&self.delegates),
            "usages": usages,
            "pipelines": pipelines.collect::<Vec<_>>(),
            "triggers": triggers.collect::<Vec<_>>(),
            "settings": self.settings,
        })
    }

    /// Returns one object in the form of the account file; for a connector, the stored form.
    pub(crate) fn object(&self, kind: Kind, scope: &Scope, id: &str) -> Option<Value> {
        let key = (scope.clone(), id.to_owned());
        match kind {
            Kind::Connector => self
                .connectors
                .get(&key)
                .map(|connector| Value::Object(connector.info.clone())),
            Kind::Secret => self.secrets.get(&key).map(entry),
            Kind::Delegate => self.delegates.get(&key).map(entry),
            Kind::Organization => self.organizations.get(id).map(entry),
            Kind::Project => self.projects.get(&project_key(scope, id)).map(entry),
            Kind::Usage => self.usages.get(&key).map(|referrers| json!(referrers)),
        }
    }

    /// Creates or replaces an object, as this principal or, without one, the one in the settings.
    pub(crate) fn put_object(
        &mut self,
        kind: Kind,
        scope: &Scope,
        id: &str,
        object: Value,
        by: Option<Principal>,
    ) -> Result<(), ControlError> {
        let deed = if self.object(kind, scope, id).is_some() {
            Deed::Update
        } else {
            Deed::Create
        };
        self.store(kind, scope, id, object)?;
        let resource = self.resource(kind, scope, id);
        self.note_by(by, deed, resource)
    }

    /// Returns the subject of events about an object, or `None` for kinds without events.
    fn resource(&self, kind: Kind, scope: &Scope, id: &str) -> Option<Resource> {
        let named = |kind, scope, name: &str| Resource {
            kind,
            scope,
            identifier: id.to_owned(),
            name: Some(name.to_owned()),
        };
        match kind {
            Kind::Connector => {
                let connector = self.connectors.get(&(scope.clone(), id.to_owned()))?;
                Some(connector.resource())
            }
            Kind::Organization => {
                let found = self.organizations.get(id)?;
                let scope = Scope::organization(id);
                Some(named("ORGANIZATION", scope, &found.entry.name))
            }
            Kind::Project => {
                let (org, id) = project_key(scope, id);
                let found = self.projects.get(&(org.clone(), id.clone()))?;
                let scope = Scope::project(&org, &id);
                Some(named("PROJECT", scope, &found.entry.name))
            }
            Kind::Secret => {
                let found = self.secrets.get(&(scope.clone(), id.to_owned()))?;
                Some(named("SECRET", scope.clone(), &found.entry.name))
            }
            Kind::Delegate | Kind::Usage => None,
        }
    }

    fn note_by(
        &mut self,
        by: Option<Principal>,
        deed: Deed,
        resource: Option<Resource>,
    ) -> Result<(), ControlError> {
        let Some(resource) = resource else {
            return Ok(());
        };
        let by = match by {
            Some(by) => by,
            None => Principal::parse(&self.settings.changes_by).map_err(ControlError::Invalid)?,
        };
        self.note(by, deed, resource);
        Ok(())
    }

    fn store(
        &mut self,
        kind: Kind,
        scope: &Scope,
        id: &str,
        mut object: Value,
    ) -> Result<(), ControlError> {
        let now = self.tick();
        let key: Key = (scope.clone(), id.to_owned());
        if let Some(members) = object.as_object_mut() {
            identify(members, kind, scope, id);
        }
        match kind {
            Kind::Connector => {
                let Value::Object(info) = object else {
                    return Err(ControlError::Invalid(
                        "a connector must be a JSON object".into(),
                    ));
                };
                let mut connector = Connector::tested(info, now);
                if let Some(former) = self.connectors.get(&key) {
                    connector.created_at = former.created_at;
                    connector.connectivity = former.connectivity.clone();
                }
                self.connectors.insert(key, connector);
            }
            Kind::Secret => put::<Key, Secret>(&mut self.secrets, key, object, now)?,
            Kind::Delegate => put::<Key, Delegate>(&mut self.delegates, key, object, now)?,
            Kind::Organization => {
                put::<String, Organization>(&mut self.organizations, id.to_owned(), object, now)?;
            }
            Kind::Project => {
                put::<_, Project>(&mut self.projects, project_key(scope, id), object, now)?;
            }
            Kind::Usage => {
                self.usages.insert(key, parse::<Vec<Referrer>>(object)?);
            }
        }
        Ok(())
    }

    /// Applies a JSON merge patch (RFC 7396) to an object. If `touch` is false, a connector keeps its `lastModifiedAt`,
    /// and the audit trail gets no event.
    pub(crate) fn patch_object(
        &mut self,
        kind: Kind,
        scope: &Scope,
        id: &str,
        patch: &Value,
        touch: bool,
        by: Option<Principal>,
    ) -> Result<(), ControlError> {
        let mut object = self.object(kind, scope, id).ok_or(ControlError::Missing)?;
        let key = (scope.clone(), id.to_owned());
        let modified = self
            .connectors
            .get(&key)
            .map(|connector| connector.last_modified_at);
        merge(&mut object, patch);
        if touch {
            return self.put_object(kind, scope, id, object, by);
        }
        self.store(kind, scope, id, object)?;
        if let (Kind::Connector, Some(modified)) = (kind, modified)
            && let Some(connector) = self.connectors.get_mut(&key)
        {
            connector.last_modified_at = modified;
        }
        Ok(())
    }

    /// Deletes an object; an organization or project with its contents, for which there are no events.
    pub(crate) fn delete_object(
        &mut self,
        kind: Kind,
        scope: &Scope,
        id: &str,
        by: Option<Principal>,
    ) -> Result<(), ControlError> {
        self.remove_object(kind, scope, id, by, Deed::Delete)
    }

    /// Deletes an object, and records it as this deed: a deletion, or one by force.
    pub(crate) fn remove_object(
        &mut self,
        kind: Kind,
        scope: &Scope,
        id: &str,
        by: Option<Principal>,
        deed: Deed,
    ) -> Result<(), ControlError> {
        let resource = self.resource(kind, scope, id);
        let key = (scope.clone(), id.to_owned());
        let existed = match kind {
            Kind::Connector => self.connectors.remove(&key).is_some(),
            Kind::Secret => self.secrets.remove(&key).is_some(),
            Kind::Delegate => self.delegates.remove(&key).is_some(),
            Kind::Usage => self.usages.remove(&key).is_some(),
            Kind::Organization => {
                self.projects.retain(|(org, _), _| org != id);
                self.empty_scope(&Scope::organization(id));
                self.organizations.remove(id).is_some()
            }
            Kind::Project => {
                self.empty_scope(&Scope::of(scope.org_id(), Some(id)));
                self.projects.remove(&project_key(scope, id)).is_some()
            }
        };
        if !existed {
            return Err(ControlError::Missing);
        }
        self.note_by(by, deed, resource)
    }

    fn empty_scope(&mut self, gone: &Scope) {
        self.connectors
            .retain(|(scope, _), _| !gone.contains(scope));
        self.secrets.retain(|(scope, _), _| !gone.contains(scope));
        self.delegates.retain(|(scope, _), _| !gone.contains(scope));
        self.usages.retain(|(scope, _), _| !gone.contains(scope));
        self.pipelines.retain(|(scope, _), _| !gone.contains(scope));
        self.triggers
            .retain(|((scope, _), _), _| !gone.contains(scope));
    }
}

/// Applies a JSON merge patch (RFC 7396) to a value: null removes a member, an object merges, anything else replaces.
pub(crate) fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Some(members) = target.as_object_mut() else {
        return;
    };
    for (name, change) in patch {
        if change.is_null() {
            members.remove(name);
        } else {
            merge(members.entry(name.clone()).or_insert(Value::Null), change);
        }
    }
}

fn identify(members: &mut Map<String, Value>, kind: Kind, scope: &Scope, id: &str) {
    let name = if kind == Kind::Delegate {
        "name"
    } else {
        "identifier"
    };
    members.insert(name.into(), id.into());
    let project = if kind == Kind::Project {
        None
    } else {
        scope.project_id()
    };
    for (member, value) in [
        ("orgIdentifier", scope.org_id()),
        ("projectIdentifier", project),
    ] {
        match value {
            Some(value) => members.insert(member.into(), value.into()),
            None => members.remove(member),
        };
    }
}

/// Returns a project's key. Its own identifier is never part of its scope: only `orgIdentifier` says where it is.
fn project_key(scope: &Scope, id: &str) -> (String, String) {
    (
        scope.org_id().unwrap_or("default").to_owned(),
        id.to_owned(),
    )
}

fn put<K: Ord, T: DeserializeOwned>(
    objects: &mut BTreeMap<K, Dated<T>>,
    key: K,
    object: Value,
    now: i64,
) -> Result<(), ControlError> {
    let mut dated = Dated::new(parse::<T>(object)?, now);
    if let Some(former) = objects.get(&key) {
        dated.created_at = former.created_at;
        dated.version = former.version + 1;
    }
    objects.insert(key, dated);
    Ok(())
}

fn parse<T: DeserializeOwned>(object: Value) -> Result<T, ControlError> {
    serde_json::from_value(object).map_err(|error| {
        ControlError::Invalid(format!(
            "does not have the format of the account file: {error}"
        ))
    })
}

fn entries<K, T: Serialize>(objects: &BTreeMap<K, Dated<T>>) -> Vec<Value> {
    objects.values().map(entry).collect()
}

fn entry<T: Serialize>(dated: &Dated<T>) -> Value {
    json!(dated.entry)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_merge_patch_removes_merges_and_replaces() {
        for (target, patch, result) in [
            (
                json!({"a": 1, "b": {"c": 2, "d": 3}}),
                json!({"b": {"c": null, "e": 4}}),
                json!({"a": 1, "b": {"d": 3, "e": 4}}),
            ),
            (json!({"a": [1, 2]}), json!({"a": [3]}), json!({"a": [3]})),
            (
                json!({"a": 1}),
                json!({"a": {"b": null, "c": 1}}),
                json!({"a": {"c": 1}}),
            ),
            (json!("text"), json!({"a": 1}), json!({"a": 1})),
        ] {
            let mut merged = target;
            merge(&mut merged, &patch);
            assert_eq!(merged, result);
        }
    }
}
