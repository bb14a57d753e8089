//! From the body of an answer to what was asked for, or to the reason why it says nothing.

use serde_json::{Map, Value};

use super::governance::Governance;
use super::json::kind;
use super::refusal::Refusal;
use crate::scope::ConnectorRef;

/// What a request returned.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Answer<A> {
    /// What was asked for.
    pub value: A,
    /// The platform's name for this exchange, for its support.
    pub correlation_id: Option<String>,
}

/// What can be read from the platform's answer to a request.
pub trait FromAnswer: Sized {
    /// Reads the JSON object of a successful answer, the envelope included. What is large is moved out of it, not copied: a
    /// page has a hundred connectors.
    ///
    /// # Errors
    /// If the object is not such an answer, or if it says that a policy denied the change.
    fn from_body(body: &mut Map<String, Value>) -> Result<Self, AnswerProblem>;

    /// Reads an error answer that is a result all the same: a connection test that fails is one. `None` for all others.
    fn from_refusal(_refusal: &Refusal) -> Option<Self> {
        None
    }

    /// What it is about, as the end of "the answer is about …", if that is something else than what was asked for. Then a
    /// cache or a proxy mixed answers up, and it says nothing.
    fn mismatch_with(&self, _topic: &Topic) -> Option<String> {
        None
    }
}

/// The connector that an answer has to be about.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Topic {
    pub(crate) connector: ConnectorRef,
    /// `None` where the question is which type it has.
    pub(crate) connector_type: Option<String>,
}

impl Topic {
    /// The connector of that name, whatever its type.
    pub(crate) fn named(connector: &ConnectorRef) -> Self {
        Self {
            connector: connector.clone(),
            connector_type: None,
        }
    }

    /// A connector that is sent, of this type.
    pub(crate) fn sent(connector: ConnectorRef, connector_type: &str) -> Self {
        Self {
            connector,
            connector_type: Some(connector_type.to_owned()),
        }
    }
}

/// What a deletion returns: the thing is gone.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Deleted;

/// `data: true`.
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

/// Why a successful answer does not hold what was asked for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum AnswerProblem {
    /// It is not what the platform sends: what was found, as the end of "the answer is …".
    Unexpected(String),
    /// The account's policies denied the change; nothing was saved. The platform says so with HTTP 200.
    Denied(Governance),
}

/// The `data` member of an envelope.
pub(crate) fn data(body: &Map<String, Value>) -> Result<&Value, AnswerProblem> {
    match body.get("data") {
        Some(Value::Null) => Err(AnswerProblem::Unexpected(
            "JSON whose `data` is null".to_owned(),
        )),
        Some(data) => Ok(data),
        None => Err(AnswerProblem::Unexpected("JSON without `data`".to_owned())),
    }
}

/// A `data` member that should be of another JSON type.
pub(crate) fn unexpected_data(data: &Value, expected: &str) -> AnswerProblem {
    AnswerProblem::Unexpected(format!(
        "JSON whose `data` is {} where {expected} is expected",
        kind(data)
    ))
}

/// `data: true` or `false`.
impl FromAnswer for bool {
    fn from_body(body: &mut Map<String, Value>) -> Result<Self, AnswerProblem> {
        let data = data(body)?;
        data.as_bool()
            .ok_or_else(|| unexpected_data(data, "true or false"))
    }
}
