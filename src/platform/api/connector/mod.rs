//! A connector on the wire: kept whole as JSON, with a typed view of a Bitbucket connector's settings.
//!
//! The platform knows more of a connector than any client: members that are newer than this code, settings of the
//! product's own pages, other types of connectors. [`RawConnector`] keeps all of it; [`BitbucketConnector`] is the part
//! that a client sets; [`RawConnector::overlay`] lays the one over the other.

mod kind;
mod model;
mod read;
#[cfg(test)]
#[allow(clippy::unnecessary_wraps, reason = "members of settings are optional")]
mod tests;
mod write;

use std::fmt;

use serde_json::{Map, Value};

use crate::response::answer::{AnswerProblem, FromAnswer, Topic, data, unexpected_data};
use crate::response::governance::Governance;
use crate::response::json::{Object, UnknownMember};
use crate::response::text::{LONG, harmless};
use crate::scope::{ConnectorRef, Scope};

pub use kind::{Kind, Parts};
pub use model::{ApiAccess, Authentication, BitbucketConnector, BitbucketSpec, TextOrRef, UrlType};

/// The `type` of the connectors that this crate manages.
pub(crate) const BITBUCKET: &str = "Bitbucket";

/// A connector as the platform has it, or as it is to be sent: the `connector` object, whole.
#[derive(Clone, Eq, PartialEq)]
pub struct RawConnector(Map<String, Value>);

impl RawConnector {
    /// What an answer to sending it has to be about; `None` if it does not say where it belongs.
    pub(crate) fn topic(&self) -> Option<Topic> {
        let scope = Scope::from_ids(self.org(), self.project()).ok()?;
        let connector = ConnectorRef::new(scope, self.identifier());
        Some(Topic::sent(connector, self.connector_type()))
    }

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
        self.text("type").unwrap_or_default()
    }

    /// Whether it is a Bitbucket connector; only then [`bitbucket`](Self::bitbucket) says anything useful.
    pub fn is_bitbucket(&self) -> bool {
        self.connector_type() == BITBUCKET
    }

    /// `name`, empty if there is none.
    pub fn name(&self) -> &str {
        self.text("name").unwrap_or_default()
    }

    /// `identifier`, empty if there is none.
    pub fn identifier(&self) -> &str {
        self.text("identifier").unwrap_or_default()
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
        self.text("orgIdentifier").filter(|id| !id.is_empty())
    }

    /// `projectIdentifier`, if there is one.
    pub fn project(&self) -> Option<&str> {
        self.text("projectIdentifier").filter(|id| !id.is_empty())
    }

    fn text(&self, member: &str) -> Option<&str> {
        self.0.get(member).and_then(Value::as_str)
    }

    /// The settings of a Bitbucket connector, with a note for each member that could not be read. Never fails: what is
    /// missing is as empty as the types allow.
    pub fn bitbucket(&self) -> BitbucketReading {
        read::bitbucket(&self.0)
    }

    /// The settings of a Bitbucket connector; `None` of one of another type.
    pub fn as_bitbucket(&self) -> Option<BitbucketReading> {
        self.is_bitbucket().then(|| self.bitbucket())
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
    /// Takes the connector out of a `data` member. `None` if it holds none.
    pub(crate) fn take(data: &mut Value) -> Option<Self> {
        let members = std::mem::take(data.get_mut("connector")?.as_object_mut()?);
        let object = Object::of(data);
        Some(Self {
            connector: RawConnector(members),
            created_at: object.integer("createdAt"),
            last_modified_at: object.integer("lastModifiedAt"),
            status: ConnectivityDetails::read(&object.object("status")),
            governance: Governance::read(&object.object("governanceMetadata")),
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
    pub(crate) fn read(object: &Object<'_>) -> Self {
        // The platform writes 0 for "never".
        let moment = |name: &str| object.integer(name).filter(|at| *at > 0);
        let errors = object.list("errors").iter().map(|error| {
            let error = Object::of(error);
            ConnectionError {
                reason: error.filled("reason").map(|text| harmless(&text, LONG)),
                message: error.filled("message").map(|text| harmless(&text, LONG)),
                code: error.integer("code"),
            }
        });
        Self {
            state: ConnectivityState::from(object.filled("status").unwrap_or_default().as_str()),
            error_summary: object
                .filled("errorSummary")
                .map(|text| harmless(&text, LONG)),
            errors: errors.collect(),
            tested_at: moment("testedAt"),
            last_connected_at: moment("lastConnectedAt"),
        }
    }
}

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

impl FromAnswer for ConnectorAnswer {
    fn from_body(body: &mut Map<String, Value>) -> Result<Self, AnswerProblem> {
        if let Some(answer) = body.get_mut("data").and_then(Self::take) {
            return Ok(answer);
        }
        let data = data(body)?;
        let governance = Object::of(data).object("governanceMetadata");
        match Governance::read(&governance) {
            Some(governance) if governance.deny => Err(AnswerProblem::Denied(governance)),
            _ if data.is_object() => Err(AnswerProblem::Unexpected(
                "JSON without a connector in `data`".to_owned(),
            )),
            _ => Err(unexpected_data(data, "an object")),
        }
    }

    fn mismatch_with(&self, topic: &Topic) -> Option<String> {
        let found = &self.connector;
        let found_type = found.connector_type();
        if !found.is_for(&topic.connector) {
            return Some(format!(
                "another connector, \"{}\"",
                harmless(found.identifier(), 200)
            ));
        }
        match &topic.connector_type {
            Some(expected) if expected != found_type => Some(format!(
                "a connector of type \"{}\"",
                harmless(found_type, 200)
            )),
            _ => None,
        }
    }
}
