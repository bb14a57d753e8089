//! Writes typed settings as the platform's JSON, over an existing object, so that nothing else is lost.
//!
//! An update replaces the whole connector: what the request leaves out, the platform clears. So the settings are
//! written over the object that was read. A new connector is written over an empty object.
//!
//! - A setting that is set replaces its member; one that is not set removes it (it is never sent as null or `""`).
//! - `executeOnDelegate` is always sent: if it were left out, the platform would set it to true.
//! - If the type of credentials or API access stays the same, their unknown members are kept. If it changes, the whole
//!   object is replaced.
//! - Unknown members are kept at every other level, but nulls are dropped: for the platform, null and absent are equal.
//! - A member with an unexpected JSON type was not read. It stays unless the setting is set, because no caller asked to
//!   remove it.
//! - `accountIdentifier`, `uniqueId`, and `parentUniqueId` are left out: the platform assigns them and ignores what is
//!   sent.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::kind::Parts;
use super::model::{BITBUCKET, BitbucketConnector, BitbucketSpec, TextOrRef};

type Members = Map<String, Value>;

/// Members of the connector that the platform assigns.
const ASSIGNED: [&str; 3] = ["accountIdentifier", "parentUniqueId", "uniqueId"];

pub(crate) fn overlay(
    found: &Members,
    desired: &BitbucketConnector,
    keep_api_access: bool,
) -> Members {
    let mut members = without_nulls(found);
    for name in ASSIGNED {
        members.remove(name);
    }
    set(&mut members, "type", Some(BITBUCKET));
    set(&mut members, "name", Some(&desired.name));
    set(&mut members, "identifier", Some(&desired.identifier));
    set(&mut members, "description", desired.description.as_deref());
    set(&mut members, "orgIdentifier", desired.org.as_deref());
    set(
        &mut members,
        "projectIdentifier",
        desired.project.as_deref(),
    );
    set_tags(&mut members, &desired.tags);
    let spec = spec(&object_of(&members, "spec"), &desired.spec, keep_api_access);
    members.insert("spec".to_owned(), Value::Object(spec));
    members
}

fn spec(found: &Members, desired: &BitbucketSpec, keep_api_access: bool) -> Members {
    let mut members = found.clone();
    set(&mut members, "url", Some(&desired.url));
    set(&mut members, "type", Some(desired.url_type.as_str()));
    set(
        &mut members,
        "validationRepo",
        desired.validation_repo.as_deref(),
    );
    // An unreadable value counts as true.
    if !desired.execute_on_delegate || is_none_or(&members, "executeOnDelegate", Value::is_boolean)
    {
        members.insert(
            "executeOnDelegate".to_owned(),
            Value::Bool(desired.execute_on_delegate),
        );
    }
    set_selectors(&mut members, &desired.delegate_selectors);
    // A type that cannot be written has no parts, so the platform's value stays.
    if let Some(parts) = desired.authentication.parts() {
        let authentication = authenticated(&object_of(found, "authentication"), &parts);
        members.insert("authentication".to_owned(), Value::Object(authentication));
    }
    match &desired.api_access {
        _ if keep_api_access => {}
        None => remove(&mut members, "apiAccess", Value::is_object),
        Some(access) => {
            if let Some(parts) = access.parts() {
                let access = authenticated(&object_of(found, "apiAccess"), &parts);
                members.insert("apiAccess".to_owned(), Value::Object(access));
            }
        }
    }
    members
}

/// Returns credentials or API access, written over the existing members.
fn authenticated(found: &Members, desired: &Parts<'_>) -> Members {
    let in_spec = |mut outer: Members, spec: Members| {
        outer.insert("spec".to_owned(), Value::Object(spec));
        outer
    };
    let outer = of_kind(found, desired.kind.name);
    let spec = object_of(&outer, "spec");
    let spec = match desired.kind.inner() {
        Some(inner) => {
            let middle = of_kind(&spec, inner);
            let innermost = with_parts(object_of(&middle, "spec"), desired);
            in_spec(middle, innermost)
        }
        None => with_parts(spec, desired),
    };
    in_spec(outer, spec)
}

fn with_parts(mut members: Members, desired: &Parts<'_>) -> Members {
    if let Some([plain, reference]) = desired.kind.user {
        set(&mut members, plain, desired.user.and_then(TextOrRef::plain));
        let user_ref = desired.user.and_then(TextOrRef::secret_ref);
        set(&mut members, reference, user_ref);
    }
    set(&mut members, desired.kind.secret, desired.secret);
    members
}

/// Returns the existing object if its `type` is this kind, or a new one of the kind.
fn of_kind(found: &Members, kind: &str) -> Members {
    if found.get("type").and_then(Value::as_str) == Some(kind) {
        return found.clone();
    }
    let mut members = Members::new();
    set(&mut members, "type", Some(kind));
    members
}

fn object_of(members: &Members, name: &str) -> Members {
    match members.get(name) {
        Some(Value::Object(found)) => without_nulls(found),
        _ => Members::new(),
    }
}

fn without_nulls(members: &Members) -> Members {
    members
        .iter()
        .filter(|(_, value)| !value.is_null())
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

fn set(members: &mut Members, name: &str, value: Option<&str>) {
    match value {
        Some(value) => {
            members.insert(name.to_owned(), Value::String(value.to_owned()));
        }
        None => remove(members, name, Value::is_string),
    }
}

/// Removes a member if it was readable.
fn remove(members: &mut Members, name: &str, is_readable: fn(&Value) -> bool) {
    if is_none_or(members, name, is_readable) {
        members.remove(name);
    }
}

fn is_none_or(members: &Members, name: &str, is: fn(&Value) -> bool) -> bool {
    members.get(name).is_none_or(is)
}

fn set_selectors(members: &mut Members, desired: &BTreeSet<String>) {
    let selectors = desired.iter().cloned().map(Value::String);
    let unread = match members.get("delegateSelectors") {
        Some(Value::Array(found)) => found
            .iter()
            .filter(|item| !item.is_string())
            .cloned()
            .collect(),
        _ => Vec::new(),
    };
    let selectors: Vec<Value> = selectors.chain(unread).collect();
    if selectors.is_empty() {
        remove(members, "delegateSelectors", Value::is_array);
    } else {
        members.insert("delegateSelectors".to_owned(), Value::Array(selectors));
    }
}

fn set_tags(members: &mut Members, desired: &BTreeMap<String, String>) {
    let mut tags = object_of(members, "tags");
    tags.retain(|_, value| !value.is_string());
    for (key, value) in desired {
        tags.insert(key.clone(), Value::String(value.clone()));
    }
    if tags.is_empty() {
        remove(members, "tags", Value::is_object);
    } else {
        members.insert("tags".to_owned(), Value::Object(tags));
    }
}
