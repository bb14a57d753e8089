//! Reads the body of a response as the requested type, or explains why it cannot be read.

use serde_json::{Map, Value};

use super::governance::Governance;
use super::json::kind;
use super::refusal::Refusal;
use crate::scope::ConnectorRef;

/// The content of a response, once read.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Answer<A> {
    /// The requested value.
    pub value: A,
    /// The platform's correlation id for this exchange, for its support.
    pub correlation_id: Option<String>,
}

/// A type that can be read from the platform's response to a request.
pub trait FromAnswer: Sized {
    /// Reads the JSON object of a successful response, including the envelope. Large members are moved out of it rather than
    /// copied, because a page has a hundred connectors.
    ///
    /// # Errors
    /// Returns an error if the object is not such a response, or if it says that a policy denied the change.
    fn from_body(body: &mut Map<String, Value>) -> Result<Self, AnswerProblem>;

    /// Reads a page whose items are passed one at a time; `None` for one that is not JSON. The page in `body` has null in
    /// their places. A type that keeps little of each item reads them here, without putting them back.
    ///
    /// # Errors
    /// Returns the errors of [`FromAnswer::from_body`].
    fn from_page(
        body: &mut Map<String, Value>,
        items: &mut dyn Iterator<Item = Option<Value>>,
    ) -> Result<Self, AnswerProblem> {
        let content = body
            .get_mut("data")
            .and_then(|data| data.get_mut("content"));
        let places = content.and_then(Value::as_array_mut).into_iter().flatten();
        for (place, item) in places.zip(items) {
            *place = item.unwrap_or_default();
        }
        Self::from_body(body)
    }

    /// Reads an error response that is a valid result, such as a failed connection test. Returns `None` for all others.
    fn from_refusal(_refusal: &Refusal) -> Option<Self> {
        None
    }

    /// Returns what the response is about, as the end of "the response is about …", if that is not what was requested. A
    /// cache or a proxy has then mixed up responses, and this one is worthless.
    fn mismatch_with(&self, _topic: &Topic) -> Option<String> {
        None
    }
}

/// The connector that a response must be about.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Topic {
    pub(crate) connector: ConnectorRef,
    /// `None` if the request asks for the type.
    pub(crate) connector_type: Option<String>,
}

impl Topic {
    /// Creates the topic for a connector of this name, of any type.
    pub(crate) fn named(connector: &ConnectorRef) -> Self {
        Self {
            connector: connector.clone(),
            connector_type: None,
        }
    }

    /// Creates the topic for a connector of this type that is sent.
    pub(crate) fn sent(connector: ConnectorRef, connector_type: &str) -> Self {
        Self {
            connector,
            connector_type: Some(connector_type.to_owned()),
        }
    }
}

/// The result of a deletion: the object is gone.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Deleted;

/// Reads `data: true`.
impl FromAnswer for Deleted {
    fn from_body(body: &mut Map<String, Value>) -> Result<Self, AnswerProblem> {
        if bool::from_body(body)? {
            return Ok(Self);
        }
        Err(AnswerProblem::Unexpected(
            "JSON whose `data` is false where true is expected".to_owned(),
        ))
    }
}

/// Why a successful response does not contain what was requested.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum AnswerProblem {
    /// The platform does not send this. The text says what was found, as the end of "the response is …".
    Unexpected(String),
    /// The account's policies denied the change; nothing was saved. The platform reports this with HTTP 200.
    Denied(Governance),
}

/// Returns the `data` member of an envelope.
pub(crate) fn data(body: &Map<String, Value>) -> Result<&Value, AnswerProblem> {
    match body.get("data") {
        Some(Value::Null) => Err(AnswerProblem::Unexpected(
            "JSON whose `data` is null".to_owned(),
        )),
        Some(data) => Ok(data),
        None => Err(AnswerProblem::Unexpected("JSON without `data`".to_owned())),
    }
}

/// Creates the error for a `data` member with the wrong JSON type.
pub(crate) fn unexpected_data(data: &Value, expected: &str) -> AnswerProblem {
    AnswerProblem::Unexpected(format!(
        "JSON whose `data` is {} where {expected} is expected",
        kind(data)
    ))
}

/// Reads `data: true` or `false`.
impl FromAnswer for bool {
    fn from_body(body: &mut Map<String, Value>) -> Result<Self, AnswerProblem> {
        let data = data(body)?;
        data.as_bool()
            .ok_or_else(|| unexpected_data(data, "true or false"))
    }
}
