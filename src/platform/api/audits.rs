//! The audit trail: who changed what, and when.
//!
//! Every write of a connector leaves an event, even one that changes nothing. The event appears some seconds to minutes
//! after the write. The list needs the permission `core_audit_view` on a scope or on a wider one. Events state the
//! caller's kind and, for users, the email address. They also contain the caller's IP address, which is never read.

use reqwest::Method;
use serde_json::{Map, Value, json};

use crate::http::request::{Effect, Request};
use crate::response::answer::{AnswerProblem, FromAnswer, data};
use crate::response::json::Object;
use crate::response::text::harmless;
use crate::scope::{ConnectorRef, Scope};

/// The maximum number of events in one response: the most that the platform allows.
pub const MOST_EVENTS: u32 = 100;

/// Enough events to find the newest one about a single object.
pub const FEW_EVENTS: u32 = 10;

/// An object that events are about.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Audited {
    /// A connector of any type.
    Connector(String),
    /// An organization.
    Organization(String),
    /// A project.
    Project(String),
}

impl Audited {
    /// Returns the object's type on the wire.
    fn kind(&self) -> &'static str {
        match self {
            Self::Connector(_) => "CONNECTOR",
            Self::Organization(_) => "ORGANIZATION",
            Self::Project(_) => "PROJECT",
        }
    }

    fn identifier(&self) -> &str {
        match self {
            Self::Connector(id) | Self::Organization(id) | Self::Project(id) => id,
        }
    }

    fn wire(&self) -> Value {
        json!({"type": self.kind(), "identifier": self.identifier()})
    }
}

/// Requests the newest events about a connector, at most `most`, starting at `since` (milliseconds since 1970).
/// `account_id` is the client's: the platform requires it in the body, too.
pub fn of_connector(
    account_id: &str,
    connector: &ConnectorRef,
    since: Option<i64>,
    most: u32,
) -> Request<AuditPage> {
    let connectors = json!([Audited::Connector(connector.identifier.clone()).wire()]);
    let scope = place(account_id, &connector.scope);
    newest(
        json!({"scopes": [scope], "includeChildScopes": false, "resources": connectors}),
        since,
        most,
    )
}

/// Requests the newest events about all connectors of a scope. An older platform also returns those of the scopes below
/// ([`AuditEvent::scope`] says where an event happened).
pub fn of_connectors(account_id: &str, scope: &Scope, since: Option<i64>) -> Request<AuditPage> {
    let scope = place(account_id, scope);
    let connectors = json!([{"type": "CONNECTOR"}]);
    newest(
        json!({"scopes": [scope], "includeChildScopes": false, "resources": connectors}),
        since,
        MOST_EVENTS,
    )
}

/// Requests the newest deletions of an organization, or of a project and the organization around it. Returns `None` for
/// the account, which is never deleted.
pub fn of_scope_deletion(
    account_id: &str,
    scope: &Scope,
    since: Option<i64>,
) -> Option<Request<AuditPage>> {
    let org = scope.org()?;
    let project = scope.project();
    let gone = project.map(|project| Audited::Project(project.to_owned()).wire());
    let gone: Vec<Value> = gone
        .into_iter()
        .chain([Audited::Organization(org.to_owned()).wire()])
        .collect();
    let around = Scope::Organization {
        org: org.to_owned(),
    };
    let filter =
        json!({"scopes": [place(account_id, &around)], "resources": gone, "actions": ["DELETE"]});
    Some(newest(filter, since, FEW_EVENTS))
}

/// Returns a scope in the form that filters use.
fn place(account_id: &str, scope: &Scope) -> Value {
    let ids = [
        ("accountIdentifier", Some(account_id)),
        ("orgIdentifier", scope.org()),
        ("projectIdentifier", scope.project()),
    ];
    ids.into_iter()
        .filter_map(|(member, id)| Some((member, id?)))
        .collect()
}

/// Requests the newest events that match `filter`.
fn newest(filter: Value, since: Option<i64>, most: u32) -> Request<AuditPage> {
    let mut filter = filter;
    if let Value::Object(members) = &mut filter {
        members.insert("filterType".to_owned(), json!("Audit"));
        if let Some(since) = since.filter(|since| *since >= 0) {
            members.insert("startTime".to_owned(), json!(since));
        }
    }
    Request::new(Method::POST, Effect::Safe, "audit/api/audits/list")
        .query("pageIndex", "0")
        .query("pageSize", most.min(MOST_EVENTS).to_string())
        .query("sortOrders", "timestamp,DESC")
        .body(filter)
}

/// The newest of the requested events.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct AuditPage {
    /// The events, newest first, without those that lack an action or a time.
    pub events: Vec<AuditEvent>,
    /// The total number of events on all pages.
    pub total: u64,
}

/// A change that someone made.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AuditEvent {
    /// When the change was made, in milliseconds since 1970.
    pub at: i64,
    /// The action.
    pub action: AuditAction,
    /// The type of the changed object, such as `CONNECTOR`.
    pub resource_type: String,
    /// The identifier of the object within its scope.
    pub identifier: String,
    /// The scope of the object: its organization and project. For a project or organization, that scope is itself.
    pub scope: Scope,
    /// Who made the change, or `None` if the event does not say.
    pub principal: Option<Principal>,
}

impl AuditEvent {
    /// Returns whether the event is about this object in this scope.
    pub fn is_about(&self, audited: &Audited, scope: &Scope) -> bool {
        self.resource_type == audited.kind()
            && self.identifier == audited.identifier()
            && self.scope == *scope
    }
}

/// What was done to the object.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum AuditAction {
    /// The object was created.
    Create,
    /// The object was saved, possibly without a change.
    Update,
    /// The object was deleted, by force or not.
    Delete,
    /// Another action, as the platform calls it.
    Other(String),
}

/// Who made a change.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Principal {
    /// Whether it is a person or a program.
    pub kind: PrincipalKind,
    /// The email address of a user, or the name if there is no address; the identifier of a service account. `None` if
    /// the event does not say.
    pub name: Option<String>,
}

/// The kind of a principal.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum PrincipalKind {
    /// A user, in the UI or with a personal access token.
    User,
    /// A service account.
    ServiceAccount,
    /// The platform itself, or a user that it no longer knows.
    System,
    /// Another kind, as the platform calls it.
    Other(String),
}

impl FromAnswer for AuditPage {
    fn from_body(body: &mut Map<String, Value>) -> Result<Self, AnswerProblem> {
        let data = data(body)?;
        let Some(content) = data.get("content").and_then(Value::as_array) else {
            return Err(AnswerProblem::Unexpected(
                "JSON without a page in `data`".to_owned(),
            ));
        };
        let total = Object::of(data).integer("totalItems");
        let mut events: Vec<_> = content.iter().filter_map(AuditEvent::read).collect();
        // The request asks for this order, but the platform might not keep to it.
        events.sort_by_key(|event| std::cmp::Reverse(event.at));
        Ok(Self {
            total: total
                .and_then(|total| u64::try_from(total).ok())
                .unwrap_or_else(|| u64::try_from(content.len()).unwrap_or(0)),
            events,
        })
    }
}

impl AuditEvent {
    fn read(item: &Value) -> Option<Self> {
        let event = Object::of(item);
        let (resource, place) = (event.object("resource"), event.object("resourceScope"));
        let action = match event.filled("action")?.as_str() {
            "CREATE" => AuditAction::Create,
            "UPDATE" => AuditAction::Update,
            "DELETE" | "FORCE_DELETE" => AuditAction::Delete,
            other => AuditAction::Other(harmless(other, 100)),
        };
        let (org, project) = (
            place.filled("orgIdentifier"),
            place.filled("projectIdentifier"),
        );
        Some(Self {
            at: event.integer("timestamp").filter(|at| *at > 0)?,
            action,
            resource_type: harmless(&resource.filled("type")?, 100),
            identifier: harmless(&resource.filled("identifier")?, 200),
            scope: Scope::from_ids(org.as_deref(), project.as_deref()).ok()?,
            principal: Principal::read(&event.object("authenticationInfo")),
        })
    }
}

impl Principal {
    fn read(info: &Object<'_>) -> Option<Self> {
        let principal = info.object("principal");
        let kind = match principal.filled("type")?.as_str() {
            "USER" => PrincipalKind::User,
            "SERVICE_ACCOUNT" => PrincipalKind::ServiceAccount,
            "SYSTEM" => PrincipalKind::System,
            other => PrincipalKind::Other(harmless(other, 100)),
        };
        let name = principal
            .filled("identifier")
            .or_else(|| principal.filled("email"))
            .or_else(|| info.object("labels").filled("username"));
        Some(Self {
            kind,
            name: name.map(|name| harmless(&name, 200)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::endpoint::Endpoint;

    fn page(content: &Value) -> AuditPage {
        let mut body = json!({"data": {"totalItems": 7, "content": content}});
        AuditPage::from_body(body.as_object_mut().unwrap()).unwrap()
    }

    fn event(more: &Value) -> Value {
        let mut event = json!({
            "auditId": "65", "timestamp": 1_795_817_640_000_i64, "module": "CORE", "action": "UPDATE",
            "resource": {"type": "CONNECTOR", "identifier": "bb", "labels": {"resourceName": "B"}},
            "resourceScope": {"accountIdentifier": "acct", "orgIdentifier": "o", "projectIdentifier": "p"},
            "authenticationInfo": {"principal": {"type": "USER", "identifier": "dev@example.com"},
                                   "labels": {"username": "Dev", "userId": "u"}},
            "httpRequestInfo": {"requestMethod": "PUT"},
            "requestMetadata": {"clientIP": "203.0.113.7, 10.0.0.1"},
        });
        for (name, value) in more.as_object().unwrap() {
            event[name] = value.clone();
        }
        event
    }

    #[test]
    fn the_requests_ask_for_the_newest_in_a_scope() {
        let endpoint = Endpoint::parse("https://h.example/gateway").unwrap();
        let project = Scope::from_ids(Some("o"), Some("p")).unwrap();
        let request = of_connector(
            "acct",
            &ConnectorRef::new(project.clone(), "bb"),
            Some(5),
            10,
        );
        assert_eq!(
            request.url(&endpoint, "acct").unwrap().as_str(),
            "https://h.example/gateway/audit/api/audits/list?accountIdentifier=acct&pageIndex=0&pageSize=10\
             &sortOrders=timestamp%2CDESC"
        );
        assert_eq!(request.method(), &Method::POST);
        assert_eq!(request.effect(), Effect::Safe);
        assert_eq!(
            request.json(),
            Some(&json!({
                "filterType": "Audit", "startTime": 5, "includeChildScopes": false,
                "scopes": [{"accountIdentifier": "acct", "orgIdentifier": "o", "projectIdentifier": "p"}],
                "resources": [{"type": "CONNECTOR", "identifier": "bb"}],
            }))
        );
        // Identifiers that the platform would refuse are not sent.
        let account = ConnectorRef::new(Scope::Account, "bb");
        let request = of_connector("acct", &account, Some(-1), 1000);
        let url = request.url(&endpoint, "acct").unwrap();
        assert!(url.as_str().contains("pageSize=100&"));
        assert!(request.json().unwrap().get("startTime").is_none());
        assert_eq!(
            of_connectors("acct", &Scope::Account, None).json(),
            Some(&json!({
                "filterType": "Audit", "scopes": [{"accountIdentifier": "acct"}], "includeChildScopes": false,
                "resources": [{"type": "CONNECTOR"}],
            }))
        );
    }

    #[test]
    fn a_project_goes_by_itself_or_with_its_organization() {
        let asked = |org, project| {
            let scope = Scope::from_ids(org, project).unwrap();
            Some(of_scope_deletion("acct", &scope, Some(7))?.json()?.clone())
        };
        let in_org = json!([{"accountIdentifier": "acct", "orgIdentifier": "o"}]);
        let organization = json!({"type": "ORGANIZATION", "identifier": "o"});
        assert_eq!(
            asked(Some("o"), Some("p")),
            Some(json!({
                "filterType": "Audit", "scopes": in_org, "actions": ["DELETE"], "startTime": 7,
                "resources": [{"type": "PROJECT", "identifier": "p"}, organization],
            }))
        );
        let of_org = asked(Some("o"), None).unwrap();
        assert_eq!(of_org["resources"], json!([organization]));
        assert_eq!(asked(None, None), None);
    }

    #[test]
    fn an_event_says_who_did_what_when_and_where() {
        let page = page(&json!([event(&json!({}))]));
        let scope = Scope::from_ids(Some("o"), Some("p")).unwrap();
        assert_eq!(
            page,
            AuditPage {
                events: vec![AuditEvent {
                    at: 1_795_817_640_000,
                    action: AuditAction::Update,
                    resource_type: "CONNECTOR".to_owned(),
                    identifier: "bb".to_owned(),
                    scope: scope.clone(),
                    principal: Some(Principal {
                        kind: PrincipalKind::User,
                        name: Some("dev@example.com".to_owned()),
                    }),
                }],
                total: 7,
            }
        );
        let event = &page.events[0];
        assert!(event.is_about(&Audited::Connector("bb".to_owned()), &scope));
        assert!(!event.is_about(&Audited::Connector("b".to_owned()), &scope));
        assert!(!event.is_about(&Audited::Project("bb".to_owned()), &scope));
        assert!(!event.is_about(&Audited::Connector("bb".to_owned()), &Scope::Account));
        assert!(!format!("{page:?}").contains("203.0.113.7"));
    }

    #[test]
    fn actions_and_principals_of_any_kind_are_read() {
        for (word, action) in [
            ("CREATE", AuditAction::Create),
            ("DELETE", AuditAction::Delete),
            ("FORCE_DELETE", AuditAction::Delete),
            ("MOVE", AuditAction::Other("MOVE".to_owned())),
        ] {
            let read = page(&json!([event(&json!({"action": word}))]));
            assert_eq!(read.events[0].action, action);
        }
        let user = |name: Option<&str>| {
            let name = name.map(str::to_owned);
            Some(Principal {
                kind: PrincipalKind::User,
                name,
            })
        };
        for (info, principal) in [
            (json!(null), None),
            (json!({}), None),
            (json!({"principal": {"identifier": "x"}}), None),
            (json!({"principal": {"type": "USER"}}), user(None)),
            (
                json!({"principal": {"type": "USER"}, "labels": {"username": "Dev"}}),
                user(Some("Dev")),
            ),
            (
                json!({"principal": {"type": "USER", "identifier": "", "email": "d@x.y"}}),
                user(Some("d@x.y")),
            ),
            (
                json!({"principal": {"type": "SERVICE_ACCOUNT", "identifier": "ci\u{1b}[31m"}}),
                Some(Principal {
                    kind: PrincipalKind::ServiceAccount,
                    name: Some("ci [31m".to_owned()),
                }),
            ),
            (
                json!({"principal": {"type": "SYSTEM", "identifier": "SYSTEM"}}),
                Some(Principal {
                    kind: PrincipalKind::System,
                    name: Some("SYSTEM".to_owned()),
                }),
            ),
            (
                json!({"principal": {"type": "API_KEY", "identifier": "k"}}),
                Some(Principal {
                    kind: PrincipalKind::Other("API_KEY".to_owned()),
                    name: Some("k".to_owned()),
                }),
            ),
        ] {
            let read = page(&json!([event(&json!({"authenticationInfo": info}))]));
            assert_eq!(read.events[0].principal, principal, "{info}");
        }
    }

    #[test]
    fn what_says_neither_what_nor_when_is_left_out_and_the_rest_is_sorted() {
        let read = page(&json!([
            event(&json!({"timestamp": 1})),
            null,
            5,
            {},
            event(&json!({"timestamp": null})),
            event(&json!({"timestamp": "soon"})),
            event(&json!({"action": null})),
            event(&json!({"resource": null})),
            event(&json!({"resourceScope": {"projectIdentifier": "p"}})),
            event(&json!({"timestamp": 3, "resourceScope": null})),
            event(
                &json!({"timestamp": 2, "resourceScope": {"orgIdentifier": "", "projectIdentifier": null}})
            ),
        ]));
        let at: Vec<_> = read.events.iter().map(|event| event.at).collect();
        assert_eq!(at, [3, 2, 1]);
        assert_eq!(read.events[0].scope, Scope::Account);
        assert_eq!(read.events[1].scope, Scope::Account);
        for mut body in [
            json!({}),
            json!({"data": {}}),
            json!({"data": {"content": {}}}),
        ] {
            assert!(AuditPage::from_body(body.as_object_mut().unwrap()).is_err());
        }
    }
}
