//! The audit trail: who changed connectors, secrets, projects, and organizations, and how.
//!
//! Every save of a connector is an event, even one that changes nothing. Connection tests and reads are not. Connectors
//! that are deleted with their organization or project have no events of their own either.

use axum::Router;
use axum::extract::State;
use axum::routing::post;
use serde_json::{Value, json};

use crate::account::ApiKey;
use crate::call::Call;
use crate::page::Page;
use crate::platform::Platform;
use crate::reply::{Reply, Violation};
use crate::scope::Scope;
use crate::world::World;

const PERMISSION: &str = "core_audit_view";

/// Returns the endpoint, below `/audit/api`.
pub(crate) fn routes() -> Router<Platform> {
    Router::new().route("/audits/list", post(list))
}

/// Who made a change.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Principal {
    kind: &'static str,
    identifier: Option<String>,
    /// The display name.
    name: Option<String>,
}

impl Principal {
    /// Returns the owner of a key. Events do not say which key was used.
    pub(crate) fn of(key: &ApiKey) -> Self {
        if key.is_personal() {
            Self {
                kind: "USER",
                identifier: Some(key.email.clone().unwrap_or_else(|| key.principal.clone())),
                name: Some(key.principal.clone()),
            }
        } else {
            Self {
                kind: "SERVICE_ACCOUNT",
                identifier: Some(key.principal.clone()),
                name: None,
            }
        }
    }

    /// Parses `user:<email>`, `user` (without identifier, as in some events), `service_account:<id>`, or `system`.
    ///
    /// # Errors
    /// Returns a sentence that says what was found and what is expected.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let (kind, identifier) = match text.split_once(':') {
            Some((kind, identifier)) => (kind, Some(identifier).filter(|id| !id.is_empty())),
            None => (text, None),
        };
        let kind = match (kind, identifier) {
            ("user", _) => "USER",
            ("service_account", Some(_)) => "SERVICE_ACCOUNT",
            ("system", None) => {
                return Ok(Self {
                    kind: "SYSTEM",
                    identifier: Some("SYSTEM".to_owned()),
                    name: None,
                });
            }
            _ => {
                return Err(format!(
                    "\"{text}\" is not a principal; write user:<email>, user, service_account:<id>, or system"
                ));
            }
        };
        Ok(Self {
            kind,
            identifier: identifier.map(str::to_owned),
            name: None,
        })
    }

    fn wire(&self) -> Value {
        let labels = self
            .name
            .as_ref()
            .map(|name| json!({"username": name, "userId": name}));
        let principal = present([
            ("type", Some(json!(self.kind))),
            ("identifier", self.identifier.clone().map(Value::from)),
        ]);
        present([("principal", Some(principal)), ("labels", labels)])
    }
}

/// Returns an object of the members that are present.
fn present<const N: usize>(members: [(&str, Option<Value>); N]) -> Value {
    let members = members.into_iter();
    members
        .filter_map(|(name, value)| Some((name, value?)))
        .collect()
}

/// What was done to an object.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Deed {
    Create,
    Update,
    Delete,
    ForceDelete,
}

impl Deed {
    fn action(self) -> &'static str {
        match self {
            Self::Create => "CREATE",
            Self::Update => "UPDATE",
            Self::Delete => "DELETE",
            Self::ForceDelete => "FORCE_DELETE",
        }
    }

    fn method(self) -> &'static str {
        match self {
            Self::Create => "POST",
            Self::Update => "PUT",
            Self::Delete | Self::ForceDelete => "DELETE",
        }
    }
}

/// An object that events are about.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Resource {
    /// `CONNECTOR`, `SECRET`, `PROJECT`, or `ORGANIZATION`.
    pub(crate) kind: &'static str,
    /// Its scope. The scope of projects and organizations is themselves.
    pub(crate) scope: Scope,
    pub(crate) identifier: String,
    /// The display name.
    pub(crate) name: Option<String>,
}

/// An event.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    number: usize,
    timestamp: i64,
    resource: Resource,
    deed: Deed,
    principal: Principal,
}

impl Event {
    /// Returns the event as in a response: absent values are left out rather than null.
    fn wire(&self, account: &str) -> Value {
        let Resource {
            kind,
            scope,
            identifier,
            name,
        } = &self.resource;
        let labels = name.as_ref().map(|name| json!({"resourceName": name}));
        let resource = present([
            ("type", Some(json!(kind))),
            ("identifier", Some(json!(identifier))),
            ("labels", labels),
        ]);
        let place = present([
            ("accountIdentifier", Some(json!(account))),
            ("orgIdentifier", scope.org_id().map(Value::from)),
            ("projectIdentifier", scope.project_id().map(Value::from)),
        ]);
        json!({
            "auditId": format!("{:024x}", self.number),
            "timestamp": self.timestamp,
            "module": "CORE",
            "resource": resource,
            "resourceScope": place,
            "action": self.deed.action(),
            "authenticationInfo": self.principal.wire(),
            "httpRequestInfo": {"requestMethod": self.deed.method()},
            // A proxy's list rather than one address.
            "requestMetadata": {"clientIP": "203.0.113.7, 10.0.0.1"},
        })
    }
}

impl World {
    /// Records a change. As with the platform's outbox, the event comes after the change.
    pub(crate) fn note(&mut self, principal: Principal, deed: Deed, resource: Resource) {
        let timestamp = self.tick();
        let number = self.audit_trail.len();
        self.audit_trail.push(Event {
            number,
            timestamp,
            resource,
            deed,
            principal,
        });
    }
}

/// `POST /audits/list`: the events that match a filter, newest first.
async fn list(State(platform): State<Platform>, call: Call) -> Result<Reply, Reply> {
    call.require_account_parameter()?;
    let window = Page::of(&call, 50, 100)?;
    let filter = if call.body.is_empty() {
        Filter::default()
    } else {
        Filter::read(&call.json()?, &call.account)?
    };
    let mut world = platform.world();
    require(&call, &world, &filter)?;
    let seen_until = world.tick().saturating_sub(world.settings.audit_delay_ms);
    let mut found: Vec<&Event> = world
        .audit_trail
        .iter()
        .filter(|event| event.timestamp <= seen_until && filter.lets_through(event))
        .collect();
    found.sort_by_key(|event| event.timestamp);
    if !is_ascending(&call) {
        found.reverse();
    }
    let found: Vec<Value> = found
        .into_iter()
        .map(|event| event.wire(&world.account))
        .collect();
    Ok(Reply::data(window.envelope(&found)))
}

/// Returns whether the order is ascending. Only a single order by time is obeyed; otherwise, the newest event comes
/// first.
fn is_ascending(call: &Call) -> bool {
    let orders: Vec<&str> = call.query_all("sortOrders").collect();
    let [order] = orders.as_slice() else {
        return false;
    };
    let (field, direction) = order.split_once(',').unwrap_or((order, "DESC"));
    field == "timestamp" && direction.eq_ignore_ascii_case("ASC")
}

/// Checks the permission on each scope of the filter or on a wider one; without scopes, on the account.
fn require(call: &Call, world: &World, filter: &Filter) -> Result<(), Reply> {
    let whole = [Scope::account()];
    let scopes = if filter.scopes.is_empty() {
        whole.as_slice()
    } else {
        &filter.scopes
    };
    for scope in scopes {
        let levels = [
            ("ACCOUNT", Some(world.account.as_str())),
            ("ORGANIZATION", scope.org_id()),
            ("PROJECT", scope.project_id()),
        ];
        let mut levels = levels
            .into_iter()
            .filter_map(|(level, id)| Some((level, id?)));
        let is_held = |id: &str| !world.is_denied(&call.key, PERMISSION, Some(id));
        if levels.clone().any(|(_, id)| is_held(id)) {
            continue;
        }
        let (level, id) = levels.next_back().unwrap_or(("ACCOUNT", ""));
        return Err(Reply::error(
            "ACCESS_DENIED",
            format!(
                "User not authorized: You need {PERMISSION} permission on {level} with identifier: {id} to perform this \
                 action"
            ),
        ));
    }
    Ok(())
}

/// The requested events; an empty list matches all.
#[derive(Debug, Default)]
struct Filter {
    scopes: Vec<Scope>,
    /// Whether a scope includes the scopes below it.
    with_children: bool,
    /// Types, each with an identifier or for all.
    resources: Vec<(String, Option<String>)>,
    actions: Vec<String>,
    modules: Vec<String>,
    /// Types and identifiers.
    principals: Vec<(String, String)>,
    without_system: bool,
    /// The first and the last moment.
    time: Option<(i64, i64)>,
}

impl Filter {
    fn read(body: &Value, account: &str) -> Result<Self, Reply> {
        let text = |item: &Value, member: &str| {
            let text = item.get(member).and_then(Value::as_str);
            text.filter(|text| !text.is_empty()).map(str::to_owned)
        };
        let mut scopes = Vec::new();
        for item in items(body, "scopes") {
            if text(item, "accountIdentifier").as_deref() != Some(account) {
                return Err(Reply::violations(&[Violation::new(
                    "scopes",
                    "accountIdentifier must be the one of the request",
                )]));
            }
            let (org, project) = (text(item, "orgIdentifier"), text(item, "projectIdentifier"));
            if org.is_none() && project.is_some() {
                return Err(Reply::invalid_request(
                    "Invalid resource scope filter with project but without org.",
                ));
            }
            scopes.push(Scope::of(org.as_deref(), project.as_deref()));
        }
        let mut resources = Vec::new();
        for item in items(body, "resources") {
            let kind = text(item, "type");
            let kind = kind.ok_or_else(|| {
                Reply::invalid_request("Invalid resource filter with missing resource type.")
            })?;
            resources.push((kind, text(item, "identifier")));
        }
        let mut principals = Vec::new();
        for item in items(body, "principals") {
            let (Some(kind), Some(id)) = (text(item, "type"), text(item, "identifier")) else {
                return Err(Reply::invalid_request(
                    "Invalid principal filter with missing principal type or identifier.",
                ));
            };
            principals.push((kind, id));
        }
        let texts = |member: &str| {
            let texts = items(body, member).iter().filter_map(Value::as_str);
            texts.map(str::to_owned).collect()
        };
        let time = |member: &str| body.get(member).and_then(Value::as_i64);
        let (start, end) = (time("startTime"), time("endTime"));
        let (from, to) = (start.unwrap_or(0), end.unwrap_or(i64::MAX));
        if from < 0 || to < 0 || from > to {
            return Err(Reply::invalid_request(
                "Invalid time filter with start time after end time, or before 1970.",
            ));
        }
        Ok(Self {
            scopes,
            with_children: body.get("includeChildScopes") != Some(&Value::Bool(false)),
            resources,
            actions: texts("actions"),
            modules: texts("modules"),
            principals,
            without_system: body.get("staticFilter") == Some(&json!("EXCLUDE_SYSTEM_EVENTS")),
            time: Some((from, to)),
        })
    }

    fn lets_through(&self, event: &Event) -> bool {
        let Event {
            timestamp,
            resource,
            deed,
            principal,
            ..
        } = event;
        let in_scope = |scope: &Scope| {
            if self.with_children {
                scope.contains(&resource.scope)
            } else {
                *scope == resource.scope
            }
        };
        let is_resource = |(kind, id): &(String, Option<String>)| {
            kind == resource.kind && id.as_ref().is_none_or(|id| *id == resource.identifier)
        };
        let is_principal = |(kind, id): &(String, String)| {
            kind == principal.kind && Some(id) == principal.identifier.as_ref()
        };
        let any = |list_is_empty: bool, found: bool| list_is_empty || found;
        any(self.scopes.is_empty(), self.scopes.iter().any(in_scope))
            && any(
                self.resources.is_empty(),
                self.resources.iter().any(is_resource),
            )
            && any(
                self.actions.is_empty(),
                self.actions.iter().any(|it| it == deed.action()),
            )
            && any(
                self.modules.is_empty(),
                self.modules.iter().any(|it| it == "CORE"),
            )
            && any(
                self.principals.is_empty(),
                self.principals.iter().any(is_principal),
            )
            && !(self.without_system && principal.kind == "SYSTEM")
            && self
                .time
                .is_none_or(|(from, to)| (from..=to).contains(timestamp))
    }
}

fn items<'a>(body: &'a Value, member: &str) -> &'a [Value] {
    let items = body.get(member).and_then(Value::as_array);
    items.map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_did_something_is_read_from_a_text() {
        for (text, kind, identifier) in [
            ("user:dev@example.com", "USER", Some("dev@example.com")),
            ("user", "USER", None),
            ("service_account:ci", "SERVICE_ACCOUNT", Some("ci")),
            ("system", "SYSTEM", Some("SYSTEM")),
        ] {
            let principal = Principal::parse(text).unwrap();
            assert_eq!(
                (principal.kind, principal.identifier.as_deref()),
                (kind, identifier)
            );
        }
        for text in [
            "",
            "dev@example.com",
            "service_account",
            "system:x",
            "robot:x",
        ] {
            assert!(Principal::parse(text).unwrap_err().contains("write user:"));
        }
    }
}
