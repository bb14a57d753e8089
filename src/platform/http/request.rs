//! A request as data: built without IO, tested as data, sent by the [client](crate::Client).

use std::borrow::Cow;
use std::marker::PhantomData;
use std::time::Duration;

use reqwest::{Method, Url};
use serde_json::Value;

use super::endpoint::{Endpoint, encode, is_segment};
use crate::response::answer::Topic;
use crate::scope::Scope;

/// What sending a request a second time would do. The retry policy depends on it.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Effect {
    /// Changes nothing.
    Safe,
    /// Changes something, but a second time changes nothing more.
    Idempotent,
    /// Creates something: a second time would create another, or fail because of the first.
    Create,
}

/// A request with a response of type `A`.
///
/// It contains neither the endpoint nor the account nor the key, which belong to the client.
#[derive(Clone, Debug)]
pub struct Request<A> {
    parts: Parts,
    answer: PhantomData<fn() -> A>,
}

/// The body of a request.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Body {
    /// No body.
    Nothing,
    /// JSON.
    Json(Value),
    /// The client's own key, as text, for the request that validates it. The client fills it in, so that no request
    /// contains the key.
    Key,
}

/// The parts that do not depend on the response type.
#[derive(Clone, Debug)]
pub(crate) struct Parts {
    pub(crate) method: Method,
    segments: Vec<Cow<'static, str>>,
    query: Vec<(&'static str, String)>,
    pub(crate) body: Body,
    pub(crate) effect: Effect,
    pub(crate) timeout: Option<Duration>,
    /// How long the caller waits for a response, or `None` if it needs one.
    pub(crate) patience: Option<Duration>,
    /// Whether the items of the page in the response stay text until each is read.
    pub(crate) keeps_items_as_text: bool,
    pub(crate) topic: Option<Topic>,
}

impl<A> Request<A> {
    /// Creates a request to `path`, which is constant text such as `ng/api/connectors`.
    pub(crate) fn new(method: Method, effect: Effect, path: &'static str) -> Self {
        Self {
            parts: Parts {
                method,
                segments: path.split('/').map(Cow::Borrowed).collect(),
                query: Vec::new(),
                body: Body::Nothing,
                effect,
                timeout: None,
                patience: None,
                keeps_items_as_text: false,
                topic: None,
            },
            answer: PhantomData,
        }
    }

    /// Adds an untrusted segment to the path. It is escaped, so that it stays one segment.
    #[must_use]
    pub(crate) fn segment(mut self, segment: &str) -> Self {
        self.parts.segments.push(Cow::Owned(segment.to_owned()));
        self
    }

    #[must_use]
    pub(crate) fn query(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.parts.query.push((name, value.into()));
        self
    }

    /// Adds `orgIdentifier` and `projectIdentifier`, if the scope has them.
    #[must_use]
    pub(crate) fn scope(mut self, scope: &Scope) -> Self {
        if let Some(org) = scope.org() {
            self = self.query("orgIdentifier", org);
        }
        if let Some(project) = scope.project() {
            self = self.query("projectIdentifier", project);
        }
        self
    }

    #[must_use]
    pub(crate) fn body(mut self, body: Value) -> Self {
        self.parts.body = Body::Json(body);
        self
    }

    /// Uses the client's key as the body.
    #[must_use]
    pub(crate) fn about_the_key(mut self) -> Self {
        self.parts.body = Body::Key;
        self
    }

    /// Sets a time limit for this request, instead of the client's.
    #[must_use]
    pub(crate) fn timeout(mut self, timeout: Duration) -> Self {
        self.parts.timeout = Some(timeout);
        self
    }

    /// Makes the response optional: the caller continues without it if none arrives within `patience` after sending.
    /// Failures are not retried, except for a 429, which concerns the rate of all requests.
    #[must_use]
    pub fn optional(mut self, patience: Duration) -> Self {
        self.parts.patience = Some(patience);
        self
    }

    /// Reads the items of the page in the response one at a time, so that no more than one is a tree in memory.
    #[must_use]
    pub(crate) fn item_by_item(mut self) -> Self {
        self.parts.keeps_items_as_text = true;
        self
    }

    /// Sets what the response must be about.
    #[must_use]
    pub(crate) fn about(mut self, topic: Option<Topic>) -> Self {
        self.parts.topic = topic;
        self
    }

    /// Returns the HTTP method.
    pub fn method(&self) -> &Method {
        &self.parts.method
    }

    /// Returns what sending the request a second time would do.
    pub fn effect(&self) -> Effect {
        self.parts.effect
    }

    /// Returns the JSON body, if there is one.
    pub fn json(&self) -> Option<&Value> {
        match &self.parts.body {
            Body::Json(body) => Some(body),
            Body::Nothing | Body::Key => None,
        }
    }

    /// Returns the request's own time limit, or `None` for the client's.
    pub fn own_timeout(&self) -> Option<Duration> {
        self.parts.timeout
    }

    /// Returns the complete URL at an endpoint, for an account.
    ///
    /// # Errors
    /// Returns an error if an identifier cannot be a path segment.
    pub fn url(&self, endpoint: &Endpoint, account_id: &str) -> Result<Url, UnsendableSegment> {
        self.parts.url(endpoint, account_id)
    }

    pub(crate) fn parts(&self) -> &Parts {
        &self.parts
    }
}

impl Parts {
    /// Returns the encoded path below the endpoint, with a leading slash.
    pub(crate) fn path(&self) -> String {
        let mut path = String::new();
        for segment in &self.segments {
            path.push('/');
            path.push_str(&encode(segment));
        }
        path
    }

    pub(crate) fn url(
        &self,
        endpoint: &Endpoint,
        account_id: &str,
    ) -> Result<Url, UnsendableSegment> {
        if let Some(segment) = self.segments.iter().find(|segment| !is_segment(segment)) {
            return Err(UnsendableSegment {
                segment: segment.to_string(),
            });
        }
        let mut query = format!("accountIdentifier={}", encode(account_id));
        for (name, value) in &self.query {
            query.push('&');
            query.push_str(name);
            query.push('=');
            query.push_str(&encode(value));
        }
        Ok(endpoint.join(&self.path(), &query))
    }
}

/// An identifier that cannot be a path segment: the empty one, `.`, and `..`. If it were sent anyway, the URL would
/// name another object.
#[derive(Clone, Debug, Eq, thiserror::Error, PartialEq)]
#[error("\"{segment}\" cannot be an identifier in Harness; nothing was sent")]
pub struct UnsendableSegment {
    segment: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(request: &Request<()>, endpoint: &str) -> String {
        let endpoint = Endpoint::parse(endpoint).unwrap();
        request.url(&endpoint, "acct_1-X").unwrap().to_string()
    }

    #[test]
    fn path_and_query_are_joined_to_every_form_of_endpoint() {
        let request: Request<()> =
            Request::new(Method::GET, Effect::Safe, "ng/api/connectors").segment("bb");
        for (endpoint, joined) in [
            (
                "https://app.harness.io/gateway/",
                "https://app.harness.io/gateway/ng/api/connectors/bb?accountIdentifier=acct_1-X",
            ),
            (
                "https://app.harness.io",
                "https://app.harness.io/ng/api/connectors/bb?accountIdentifier=acct_1-X",
            ),
            (
                "http://127.0.0.1:1/",
                "http://127.0.0.1:1/ng/api/connectors/bb?accountIdentifier=acct_1-X",
            ),
        ] {
            assert_eq!(url(&request, endpoint), joined);
        }
    }

    #[test]
    fn identifiers_stay_in_their_segment_and_values_in_their_place() {
        for (identifier, joined) in [
            (
                "a/../../v1",
                "https://h.example/ng/a%2F..%2F..%2Fv1?accountIdentifier=acct_1-X&orgIdentifier=o%26p%3Dq",
            ),
            (
                "..\t",
                "https://h.example/ng/..%09?accountIdentifier=acct_1-X&orgIdentifier=o%26p%3Dq",
            ),
            (
                "%2e%2e",
                "https://h.example/ng/%252e%252e?accountIdentifier=acct_1-X&orgIdentifier=o%26p%3Dq",
            ),
            (
                "x?y#z",
                "https://h.example/ng/x%3Fy%23z?accountIdentifier=acct_1-X&orgIdentifier=o%26p%3Dq",
            ),
        ] {
            let scope = Scope::Organization {
                org: "o&p=q".to_owned(),
            };
            let request: Request<()> = Request::new(Method::GET, Effect::Safe, "ng")
                .segment(identifier)
                .scope(&scope);
            assert_eq!(url(&request, "https://h.example"), joined);
        }
    }

    #[test]
    fn what_cannot_be_a_segment_is_not_sent() {
        let endpoint = Endpoint::parse(Endpoint::DEFAULT).unwrap();
        for identifier in ["", ".", ".."] {
            let request: Request<()> =
                Request::new(Method::DELETE, Effect::Idempotent, "ng/api/connectors")
                    .segment(identifier);
            assert_eq!(
                request.url(&endpoint, "a").unwrap_err().to_string(),
                format!("\"{identifier}\" cannot be an identifier in Harness; nothing was sent")
            );
        }
    }
}
