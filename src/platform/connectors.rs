//! Requests about connectors.
//!
//! Create and update take the scope from the body, everything else from the query. Creates, tests and lists are POST;
//! only the first makes anything.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Map, Value, json};

use super::answer::{AnswerProblem, FromAnswer, data, unexpected_data};
use super::connector::{BITBUCKET, ConnectivityDetails, ConnectorAnswer, RawConnector};
use super::json::Object;
use super::refusal::Refusal;
use super::request::{Effect, Request};
use super::scope::{ConnectorRef, Scope};
use super::text::harmless;

const CONNECTORS: &str = "ng/api/connectors";

/// The platform waits two minutes for a delegate; the answer needs a little more.
const TEST_TIMEOUT: Duration = Duration::from_secs(150);

/// How many connectors one page of a list holds: the most that the platform allows.
pub const CONNECTORS_PER_PAGE: u32 = 100;

/// Reads a connector.
pub fn get(connector: &ConnectorRef) -> Request<ConnectorAnswer> {
    Request::new(Method::GET, Effect::Safe, CONNECTORS)
        .segment(&connector.identifier)
        .scope(&connector.scope)
}

/// Creates a connector. Its scope is in the connector itself.
pub fn create(connector: &RawConnector) -> Request<ConnectorAnswer> {
    Request::new(Method::POST, Effect::Create, CONNECTORS).body(envelope(connector))
}

/// Replaces a connector: what is not in it is cleared. Its scope is in the connector itself.
pub fn update(connector: &RawConnector) -> Request<ConnectorAnswer> {
    Request::new(Method::PUT, Effect::Idempotent, CONNECTORS).body(envelope(connector))
}

/// Deletes a connector; with `force` also one that other entities refer to, where the account allows that.
pub fn delete(connector: &ConnectorRef, force: bool) -> Request<bool> {
    let request = Request::new(Method::DELETE, Effect::Idempotent, CONNECTORS)
        .segment(&connector.identifier)
        .scope(&connector.scope);
    if force {
        request.query("forceDelete", "true")
    } else {
        request
    }
}

/// Runs the connection test, which takes up to two minutes and stores its result as the connector's status. A failed test
/// is a result, not an error, in whichever of its two ways the platform reports it.
pub fn test_connection(connector: &ConnectorRef) -> Request<ConnectionTest> {
    Request::new(
        Method::POST,
        Effect::Safe,
        "ng/api/connectors/testConnection",
    )
    .segment(&connector.identifier)
    .scope(&connector.scope)
    .body(json!({}))
    .timeout(TEST_TIMEOUT)
}

/// One page (counted from 0) of the Bitbucket connectors of exactly this scope, sorted by identifier.
///
/// `search_term` is a case-insensitive regular expression over name, identifier, description and tags, so the caller
/// compares what it is looking for.
pub fn list(scope: &Scope, search_term: Option<&str>, page: u32) -> Request<ConnectorPage> {
    let request = Request::new(Method::POST, Effect::Safe, "ng/api/connectors/listV2")
        .scope(scope)
        .query("pageIndex", page.to_string())
        .query("pageSize", CONNECTORS_PER_PAGE.to_string())
        .query("sortOrders", "identifier,ASC")
        .body(json!({"filterType": "Connector", "types": [BITBUCKET]}));
    match search_term {
        Some(term) if !term.is_empty() => request.query("searchTerm", term),
        _ => request,
    }
}

/// Whether an identifier is free in a scope, for a connector of any type.
pub fn validate_unique_identifier(connector: &ConnectorRef) -> Request<bool> {
    Request::new(
        Method::GET,
        Effect::Safe,
        "ng/api/connectors/validateUniqueIdentifier",
    )
    .scope(&connector.scope)
    .query("identifier", &connector.identifier)
}

/// The first entities that refer to a connector, and how many there are. The platform learns of them with a delay.
pub fn usage(connector: &ConnectorRef) -> Request<Usage> {
    Request::new(Method::GET, Effect::Safe, "ng/api/entitySetupUsage")
        .scope(&connector.scope)
        .query("identifier", &connector.identifier)
        .query("referredEntityType", "Connectors")
        .query("pageIndex", "0")
        .query("pageSize", "10")
}

fn envelope(connector: &RawConnector) -> Value {
    json!({"connector": connector.members()})
}

/// The result of a connection test.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConnectionTest {
    /// State, summary, errors and time.
    pub details: ConnectivityDetails,
    /// What the platform suggests to do. Only where it reports a failure in its error format.
    pub hint: Option<String>,
    /// What the platform thinks happened. Only where it reports a failure in its error format.
    pub explanation: Option<String>,
    /// The delegate that ran the test.
    pub delegate_id: Option<String>,
}

impl ConnectionTest {
    /// Whether the connection works.
    pub fn succeeded(&self) -> bool {
        self.details.state == super::connector::ConnectivityState::Success
    }
}

impl FromAnswer for ConnectionTest {
    fn from_body(body: &Map<String, Value>) -> Result<Self, AnswerProblem> {
        let data = data(body)?;
        if !data.is_object() {
            return Err(unexpected_data(data, "an object"));
        }
        let object = Object::of(data);
        let details = ConnectivityDetails::read(&object);
        if object.filled("status", &mut Vec::new()).is_none() {
            return Err(AnswerProblem::Unexpected(
                "JSON without the result of a test in `data`".to_owned(),
            ));
        }
        Ok(Self {
            details,
            hint: None,
            explanation: None,
            delegate_id: object
                .filled("delegateId", &mut Vec::new())
                .map(|id| harmless(&id, 200)),
        })
    }

    /// Failures to authenticate, to reach the host and the like come as HTTP 400 with a hint and an explanation.
    fn from_refusal(refusal: &Refusal) -> Option<Self> {
        let found = |code: &str| {
            refusal
                .response_messages
                .iter()
                .find(|message| message.code == code)
                .map(|message| message.message.clone())
        };
        let (hint, explanation) = (found("HINT"), found("EXPLANATION"));
        let is_result = refusal.is_from_platform()
            && refusal.status == 400
            && refusal.missing().is_none()
            && (hint.is_some()
                || explanation.is_some()
                || refusal.metadata_type.as_deref() == Some("ConnectorValidationErrorMetaData"));
        if !is_result {
            return None;
        }
        let errors = refusal
            .response_messages
            .iter()
            .filter(|message| !matches!(message.code.as_str(), "HINT" | "EXPLANATION"))
            .map(|message| super::connector::ConnectionError {
                reason: Some(message.code.clone()).filter(|code| !code.is_empty()),
                message: Some(message.message.clone()),
                code: None,
            });
        let errors: Vec<_> = errors.collect();
        let summary = errors.iter().find_map(|error| error.message.clone());
        Some(Self {
            details: ConnectivityDetails {
                state: super::connector::ConnectivityState::Failure,
                error_summary: summary
                    .or_else(|| explanation.clone())
                    .or_else(|| refusal.message.clone()),
                errors,
                tested_at: None,
                last_connected_at: None,
            },
            hint,
            explanation,
            delegate_id: None,
        })
    }
}

/// One page of a list of connectors.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConnectorPage {
    /// The connectors, as the platform sorted them.
    pub connectors: Vec<ConnectorAnswer>,
    /// How many items of the page could not be read as connectors.
    pub unreadable: usize,
    /// How many connectors all pages have together.
    pub total: u64,
    /// The number of the next page; `None` if this is the last.
    pub next: Option<u32>,
}

impl FromAnswer for ConnectorPage {
    fn from_body(body: &Map<String, Value>) -> Result<Self, AnswerProblem> {
        let data = data(body)?;
        let mut notes = Vec::new();
        let object = Object::of(data);
        let Some(content) = data.get("content").and_then(Value::as_array) else {
            return Err(AnswerProblem::Unexpected(
                "JSON without a page in `data`".to_owned(),
            ));
        };
        let connectors: Vec<_> = content.iter().filter_map(ConnectorAnswer::read).collect();
        let mut number = |name: &str| {
            object
                .integer(name, &mut notes)
                .and_then(|number| u64::try_from(number).ok())
        };
        let (index, pages) = (
            number("pageIndex").unwrap_or(0),
            number("totalPages").unwrap_or(0),
        );
        // An empty page ends the list, whatever it says of further ones: a client must come to an end.
        let next = (!content.is_empty() && index + 1 < pages)
            .then(|| u32::try_from(index + 1).ok())
            .flatten();
        Ok(Self {
            unreadable: content.len() - connectors.len(),
            total: number("totalItems")
                .unwrap_or_else(|| u64::try_from(content.len()).unwrap_or(0)),
            next,
            connectors,
        })
    }
}

/// Which entities refer to something.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Usage {
    /// The first of them.
    pub referrers: Vec<Referrer>,
    /// How many there are.
    pub total: u64,
}

/// An entity that refers to something.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Referrer {
    /// `type`, such as `Pipelines`.
    pub kind: String,
    /// Its name, or its identifier where it has none.
    pub name: String,
}

impl FromAnswer for Usage {
    fn from_body(body: &Map<String, Value>) -> Result<Self, AnswerProblem> {
        let data = data(body)?;
        let Some(content) = data.get("content").and_then(Value::as_array) else {
            return Err(AnswerProblem::Unexpected(
                "JSON without a page in `data`".to_owned(),
            ));
        };
        let mut notes = Vec::new();
        let mut referrers = Vec::new();
        for item in content {
            let entity = Object::of(item).object("referredByEntity", &mut notes);
            let reference = entity.object("entityRef", &mut notes);
            let name = entity
                .filled("name", &mut notes)
                .or_else(|| reference.filled("identifier", &mut notes));
            referrers.push(Referrer {
                kind: harmless(&entity.filled("type", &mut notes).unwrap_or_default(), 100),
                name: harmless(&name.unwrap_or_default(), 200),
            });
        }
        let total = Object::of(data).integer("totalItems", &mut notes);
        Ok(Self {
            total: total
                .and_then(|total| u64::try_from(total).ok())
                .unwrap_or_else(|| u64::try_from(content.len()).unwrap_or(0)),
            referrers,
        })
    }
}
