//! A connector on the wire: its complete JSON, with a typed view of a Bitbucket connector's settings.
//!
//! The platform stores more about a connector than any client knows: newer members, settings from the product's own
//! pages, other connector types. [`RawConnector`] keeps all of it, [`BitbucketConnector`] is the part that a client
//! sets, and [`RawConnector::overlay`] applies one to the other.

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
use crate::response::json::Object;
use crate::response::text::{LONG, harmless};
use crate::scope::{ConnectorRef, Scope};

pub use kind::{Kind, Parts};
pub(crate) use model::BITBUCKET;
pub use model::{
    ApiAccess, Authentication, BitbucketConnector, BitbucketReading, BitbucketSpec, TextOrRef,
    UrlType,
};

/// A connector as received or as it will be sent: the complete `connector` object.
#[derive(Clone, Eq, PartialEq)]
pub struct RawConnector(Map<String, Value>);

impl RawConnector {
    /// Returns what the response to sending the connector must be about, or `None` if its scope is invalid.
    pub(crate) fn topic(&self) -> Option<Topic> {
        let connector = self.reference()?;
        Some(Topic::sent(connector, self.connector_type()))
    }

    /// Returns scope and identifier, or `None` if the scope is invalid.
    pub fn reference(&self) -> Option<ConnectorRef> {
        let scope = Scope::from_ids(self.org(), self.project()).ok()?;
        Some(ConnectorRef::new(scope, self.identifier()))
    }

    /// Creates a connector with only these settings: the body of a create.
    pub fn new(desired: &BitbucketConnector) -> Self {
        Self(write::overlay(&Map::new(), desired, false))
    }

    /// Creates a connector from a JSON object.
    pub fn from_members(members: Map<String, Value>) -> Self {
        Self(members)
    }

    /// Returns the complete object.
    pub fn members(&self) -> &Map<String, Value> {
        &self.0
    }

    /// Returns `type`, or an empty text. It may not be `Bitbucket`, because connectors of all types share identifiers.
    pub fn connector_type(&self) -> &str {
        self.text("type").unwrap_or_default()
    }

    /// Returns whether it is a Bitbucket connector. Only then is [`bitbucket`](Self::bitbucket) useful.
    pub fn is_bitbucket(&self) -> bool {
        self.connector_type() == BITBUCKET
    }

    /// Returns `name`, or an empty text.
    pub fn name(&self) -> &str {
        self.text("name").unwrap_or_default()
    }

    /// Returns `identifier`, or an empty text.
    pub fn identifier(&self) -> &str {
        self.text("identifier").unwrap_or_default()
    }

    /// Returns whether this is the connector with this reference. If not, the response was mixed up on its way, and
    /// says nothing about the requested connector.
    pub fn is_for(&self, connector: &ConnectorRef) -> bool {
        self.identifier() == connector.identifier
            && self.org() == connector.scope.org()
            && self.project() == connector.scope.project()
    }

    /// Returns `orgIdentifier`, if there is one.
    pub fn org(&self) -> Option<&str> {
        self.text("orgIdentifier").filter(|id| !id.is_empty())
    }

    /// Returns `projectIdentifier`, if there is one.
    pub fn project(&self) -> Option<&str> {
        self.text("projectIdentifier").filter(|id| !id.is_empty())
    }

    fn text(&self, member: &str) -> Option<&str> {
        self.0.get(member).and_then(Value::as_str)
    }

    /// Returns the settings of a Bitbucket connector, with a note for each member that could not be read. Never fails:
    /// missing settings are as empty as the types allow.
    pub fn bitbucket(&self) -> BitbucketReading {
        read::bitbucket(&self.0)
    }

    /// Returns the settings of a Bitbucket connector, or `None` for another type.
    pub fn as_bitbucket(&self) -> Option<BitbucketReading> {
        self.is_bitbucket().then(|| self.bitbucket())
    }

    /// Returns this connector with the settings of `desired`: the body of an update. An update replaces the whole
    /// connector, so everything else is kept (`proxy`, `ignoreTestConnection`, members that do not exist yet).
    ///
    /// With `keep_api_access`, the API access stays unchanged, for callers that do not manage it. Credentials and API
    /// access of a type that this version cannot write (`OAuth`, `Other`) also stay unchanged.
    #[must_use]
    pub fn overlay(&self, desired: &BitbucketConnector, keep_api_access: bool) -> Self {
        Self(write::overlay(&self.0, desired, keep_api_access))
    }
}

/// Shows which connector it is, without its settings, which may be confidential.
impl fmt::Debug for RawConnector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawConnector")
            .field("type", &self.connector_type())
            .field("identifier", &self.identifier())
            .finish_non_exhaustive()
    }
}

/// A connector with its metadata: the `data` of get, create, and update, and each item of a list.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ConnectorAnswer {
    /// The connector.
    pub connector: RawConnector,
    /// `createdAt`, milliseconds since 1970.
    pub created_at: Option<i64>,
    /// `lastModifiedAt`, milliseconds since 1970: the last create or update. Connection tests do not change it.
    pub last_modified_at: Option<i64>,
    /// `status`: the result of the last connection test. It changes by itself about every half hour.
    pub status: ConnectivityDetails,
    /// `governanceMetadata`: what the policies reported for a create or update; `None` if none were evaluated.
    pub governance: Option<Governance>,
}

impl ConnectorAnswer {
    /// Takes the connector out of a `data` member. Returns `None` if it contains none.
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

/// The state of a connection, as stored with a connector or as the result of a test.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ConnectivityDetails {
    /// `status`.
    pub state: ConnectivityState,
    /// `errorSummary`, sanitized for terminals.
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
    /// `code`: 450 in general, 460 to 463 if no delegate could run the test.
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
    /// `UNKNOWN`, or no value.
    #[default]
    Unknown,
    /// `PENDING`: not tested yet.
    Pending,
    /// Another value.
    Other(String),
}

impl ConnectivityState {
    /// Returns the value on the wire.
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
