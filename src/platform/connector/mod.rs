//! A connector on the wire: kept whole as JSON, with a typed view of a Bitbucket connector's settings.
//!
//! The platform knows more of a connector than any client: members that are newer than this code, settings of the
//! product's own pages, other types of connectors. [`RawConnector`] keeps all of it; [`BitbucketConnector`] is the part
//! that a client sets; [`RawConnector::overlay`] lays the one over the other.

mod model;
mod read;
mod write;

#[cfg(test)]
#[allow(clippy::unnecessary_wraps, reason = "members of settings are optional")]
mod tests;

use std::fmt;

use serde_json::{Map, Value};

use super::json::{Object, UnknownMember};
use super::scope::ConnectorRef;
use super::text::harmless;

pub use model::{ApiAccess, Authentication, BitbucketConnector, BitbucketSpec, TextOrRef, UrlType};

/// The `type` of the connectors that this crate manages.
pub(super) const BITBUCKET: &str = "Bitbucket";

/// A connector as the platform has it, or as it is to be sent: the `connector` object, whole.
#[derive(Clone, Eq, PartialEq)]
pub struct RawConnector(Map<String, Value>);

impl RawConnector {
    /// A new connector with these settings and nothing else: the body of a create.
    pub fn new(desired: &BitbucketConnector) -> Self {
        Self(write::overlay(&Map::new(), desired, false))
    }

    /// The connector that a JSON object describes.
    pub fn from_members(members: Map<String, Value>) -> Self {
        Self(members)
    }

    /// The whole object.
    pub fn members(&self) -> &Map<String, Value> {
        &self.0
    }

    /// `type`, empty if there is none: `Bitbucket`, or another, for identifiers are shared by connectors of all types.
    pub fn connector_type(&self) -> &str {
        self.0
            .get("type")
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    /// Whether it is a Bitbucket connector; only then [`bitbucket`](Self::bitbucket) says anything useful.
    pub fn is_bitbucket(&self) -> bool {
        self.connector_type() == BITBUCKET
    }

    /// `name`, empty if there is none.
    pub fn name(&self) -> &str {
        self.0
            .get("name")
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    /// `identifier`, empty if there is none.
    pub fn identifier(&self) -> &str {
        self.0
            .get("identifier")
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    /// Whether it is the connector that a reference names. An answer that is not has been mixed up on its way and says
    /// nothing about the connector that was asked for.
    pub fn is_for(&self, connector: &ConnectorRef) -> bool {
        self.identifier() == connector.identifier
            && self.org() == connector.scope.org()
            && self.project() == connector.scope.project()
    }

    /// `orgIdentifier`, if there is one.
    pub fn org(&self) -> Option<&str> {
        self.id("orgIdentifier")
    }

    /// `projectIdentifier`, if there is one.
    pub fn project(&self) -> Option<&str> {
        self.id("projectIdentifier")
    }

    fn id(&self, member: &str) -> Option<&str> {
        let id = self.0.get(member).and_then(Value::as_str);
        id.filter(|id| !id.is_empty())
    }

    /// The settings of a Bitbucket connector, with a note for each member that could not be read. Never fails: what is
    /// missing is as empty as the types allow.
    pub fn bitbucket(&self) -> BitbucketReading {
        read::bitbucket(&Object::root(&self.0))
    }

    /// This connector with the settings of `desired`: the body of an update. Everything else that the platform has stays
    /// (`proxy`, `ignoreTestConnection`, members not yet invented), for an update replaces the whole connector.
    ///
    /// With `keep_api_access` the API access stays as it is, whatever `desired` says: for callers that do not manage it.
    /// Credentials and API access of a kind that this version cannot write (`OAuth`, `Other`) stay as well.
    #[must_use]
    pub fn overlay(&self, desired: &BitbucketConnector, keep_api_access: bool) -> Self {
        Self(write::overlay(&self.0, desired, keep_api_access))
    }
}

/// Names the connector; its settings are left out, since they may hold what somebody would not publish.
impl fmt::Debug for RawConnector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawConnector")
            .field("type", &self.connector_type())
            .field("identifier", &self.identifier())
            .finish_non_exhaustive()
    }
}

/// The settings of a Bitbucket connector as they were read.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct BitbucketReading {
    /// The settings.
    pub connector: BitbucketConnector,
    /// `spec.proxy`: connect through Harness's Secure Connect tunnel.
    pub proxy: bool,
    /// `spec.ignoreTestConnection`: every connection test succeeds.
    pub ignore_test_connection: bool,
    /// What could not be read or is of a kind that this version does not know, in the order of the members. OAuth API
    /// access is known and therefore not among them; nor are members that a later version of the platform adds.
    pub unknown: Vec<UnknownMember>,
}

/// A connector with nothing but these settings.
impl From<BitbucketConnector> for BitbucketReading {
    fn from(connector: BitbucketConnector) -> Self {
        Self {
            connector,
            proxy: false,
            ignore_test_connection: false,
            unknown: Vec::new(),
        }
    }
}

/// A connector with what the platform keeps beside it: the `data` of get, create, update and of each item of a list.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ConnectorAnswer {
    /// The connector.
    pub connector: RawConnector,
    /// `createdAt`, milliseconds since 1970.
    pub created_at: Option<i64>,
    /// `lastModifiedAt`, milliseconds since 1970: the last create or update; tests do not change it.
    pub last_modified_at: Option<i64>,
    /// `status`: how the last connection test ended. It changes by itself about every half hour.
    pub status: ConnectivityDetails,
    /// `governanceMetadata`: what the policies said to a create or update; `None` where none were asked.
    pub governance: Option<Governance>,
}

impl ConnectorAnswer {
    /// Reads the `data` member. `None` if it holds no connector.
    pub(super) fn read(data: &Value) -> Option<Self> {
        let object = Object::of(data);
        let mut notes = Vec::new();
        let members = data.get("connector")?.as_object()?.clone();
        Some(Self {
            connector: RawConnector(members),
            created_at: object.integer("createdAt", &mut notes),
            last_modified_at: object.integer("lastModifiedAt", &mut notes),
            status: ConnectivityDetails::read(&object.object("status", &mut notes)),
            governance: Governance::read(&object.object("governanceMetadata", &mut notes)),
        })
    }
}

/// The state of a connection: of a connector at rest, or as the result of a test.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ConnectivityDetails {
    /// `status`.
    pub state: ConnectivityState,
    /// `errorSummary`, made harmless for terminals.
    pub error_summary: Option<String>,
    /// `errors`.
    pub errors: Vec<ConnectionError>,
    /// `testedAt`, milliseconds since 1970; `None` if it was never tested.
    pub tested_at: Option<i64>,
    /// `lastConnectedAt`, milliseconds since 1970; `None` if it never connected.
    pub last_connected_at: Option<i64>,
}

impl ConnectivityDetails {
    pub(super) fn read(object: &Object<'_>) -> Self {
        let mut notes = Vec::new();
        // The platform writes 0 for "never".
        let moment = |name: &str| object.integer(name, &mut Vec::new()).filter(|at| *at > 0);
        let errors = object.list("errors", &mut notes).iter().map(|error| {
            let error = Object::of(error);
            let mut notes = Vec::new();
            ConnectionError {
                reason: error
                    .filled("reason", &mut notes)
                    .map(|text| harmless(&text, LONG)),
                message: error
                    .filled("message", &mut notes)
                    .map(|text| harmless(&text, LONG)),
                code: error.integer("code", &mut notes),
            }
        });
        Self {
            state: ConnectivityState::from(
                object
                    .filled("status", &mut notes)
                    .unwrap_or_default()
                    .as_str(),
            ),
            error_summary: object
                .filled("errorSummary", &mut notes)
                .map(|text| harmless(&text, LONG)),
            errors: errors.collect(),
            tested_at: moment("testedAt"),
            last_connected_at: moment("lastConnectedAt"),
        }
    }
}

/// How many characters of a message of the platform are kept.
pub(super) const LONG: usize = 4000;

/// One error of a connection test.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ConnectionError {
    /// `reason`: a short title.
    pub reason: Option<String>,
    /// `message`.
    pub message: Option<String>,
    /// `code`: 450 in general, 460 to 463 where no delegate could run the test.
    pub code: Option<i64>,
}

/// `status` of a connection.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum ConnectivityState {
    /// `SUCCESS`.
    Success,
    /// `FAILURE`.
    Failure,
    /// `PARTIAL`.
    Partial,
    /// `UNKNOWN`, and what the platform says when it says nothing.
    #[default]
    Unknown,
    /// `PENDING`: not tested yet.
    Pending,
    /// A value that this version does not know.
    Other(String),
}

impl ConnectivityState {
    /// The value on the wire.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Success => "SUCCESS",
            Self::Failure => "FAILURE",
            Self::Partial => "PARTIAL",
            Self::Unknown => "UNKNOWN",
            Self::Pending => "PENDING",
            Self::Other(other) => other,
        }
    }
}

impl From<&str> for ConnectivityState {
    fn from(value: &str) -> Self {
        match value {
            "SUCCESS" => Self::Success,
            "FAILURE" => Self::Failure,
            "PARTIAL" => Self::Partial,
            "UNKNOWN" | "" => Self::Unknown,
            "PENDING" => Self::Pending,
            other => Self::Other(harmless(other, 100)),
        }
    }
}

/// What the account's policies said about a connector that was to be saved.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Governance {
    /// `deny`: nothing was saved.
    pub deny: bool,
    /// `status`: `pass`, `warning` or `error`.
    pub status: Option<String>,
    /// `message`.
    pub message: Option<String>,
    /// `id` of the evaluation.
    pub evaluation_id: Option<String>,
    /// The policies that were not content, in the order of the answer: each with its policy set and its messages.
    pub findings: Vec<PolicyFinding>,
}

/// A policy that was not content.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct PolicyFinding {
    /// The policy set's name.
    pub policy_set: String,
    /// The policy's name.
    pub policy: String,
    /// `status` of the policy: `warning` or `error`.
    pub status: String,
    /// What the policy says, made harmless for terminals.
    pub messages: Vec<String>,
}

impl Governance {
    /// Reads both namings: the protocol's (`details`, `policyMetadata`, `denyMessages`) and the Java beans' (`…List`).
    pub(super) fn read(object: &Object<'_>) -> Option<Self> {
        if !object.is_present() {
            return None;
        }
        let mut notes = Vec::new();
        let short = |object: &Object<'_>, name: &str| {
            object
                .filled(name, &mut Vec::new())
                .map(|text| harmless(&text, 500))
        };
        let mut findings = Vec::new();
        for set in either(object, "details", "detailsList") {
            let set = Object::of(set);
            let policy_set = short(&set, "policySetName").or_else(|| short(&set, "identifier"));
            for policy in either(&set, "policyMetadata", "policyMetadataList") {
                let policy = Object::of(policy);
                let status = short(&policy, "status").unwrap_or_default();
                let messages: Vec<String> = either(&policy, "denyMessages", "denyMessagesList")
                    .iter()
                    .filter_map(Value::as_str)
                    .map(|text| harmless(text, LONG))
                    .collect();
                if status == "pass" || (status.is_empty() && messages.is_empty()) {
                    continue;
                }
                findings.push(PolicyFinding {
                    policy_set: policy_set.clone().unwrap_or_default(),
                    policy: short(&policy, "policyName")
                        .or_else(|| short(&policy, "identifier"))
                        .unwrap_or_default(),
                    status,
                    messages,
                });
            }
        }
        let status = short(object, "status");
        Some(Self {
            deny: object
                .flag("deny", &mut notes)
                .unwrap_or(status.as_deref() == Some("error")),
            status,
            message: short(object, "message"),
            evaluation_id: short(object, "id"),
            findings,
        })
    }
}

/// The list under whichever of two names has items.
fn either<'a>(object: &Object<'a>, name: &str, other: &str) -> &'a [Value] {
    let mut notes = Vec::new();
    let items = object.list(name, &mut notes);
    if items.is_empty() {
        object.list(other, &mut notes)
    } else {
        items
    }
}
