//! Requests about connectors.
//!
//! Create and update take the scope from the body; all other requests take it from the query. Create, test, and list
//! use POST, but only create adds an object.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Map, Value, json};

use super::connector::{BITBUCKET, ConnectivityDetails, ConnectorAnswer, RawConnector};
use super::page::Page;
use super::usage::Usage;
use crate::http::request::{Effect, Request};
use crate::response::answer::{AnswerProblem, Deleted, FromAnswer, Topic, data, unexpected_data};
use crate::response::json::Object;
use crate::response::refusal::Refusal;
use crate::response::text::harmless;
use crate::scope::{ConnectorRef, Scope};

const CONNECTORS: &str = "ng/api/connectors";

/// The platform waits two minutes for a delegate, and responds a little later.
const TEST_TIMEOUT: Duration = Duration::from_secs(150);

/// The number of connectors on one page of a list: the most that the platform allows.
pub const CONNECTORS_PER_PAGE: u32 = 100;

/// The path segments below connectors that the API uses itself. Its router matches them first, so a connector with such
/// an identifier can be created and listed, but neither read nor deleted (inferred from how the router matches).
pub const PATHS: [&str; 7] = [
    "attributes",
    "catalogue",
    "fieldValues",
    "listV2",
    "listbyfqn",
    "stats",
    "validateUniqueIdentifier",
];

/// Reads a connector.
pub fn get(connector: &ConnectorRef) -> Request<ConnectorAnswer> {
    Request::new(Method::GET, Effect::Safe, CONNECTORS)
        .segment(&connector.identifier)
        .scope(&connector.scope)
        .about(Some(Topic::named(connector)))
}

/// Creates a connector. The connector contains its scope.
pub fn create(connector: &RawConnector) -> Request<ConnectorAnswer> {
    Request::new(Method::POST, Effect::Create, CONNECTORS)
        .body(envelope(connector))
        .about(connector.topic())
}

/// Replaces a connector; missing settings are cleared. The connector contains its scope.
pub fn update(connector: &RawConnector) -> Request<ConnectorAnswer> {
    Request::new(Method::PUT, Effect::Idempotent, CONNECTORS)
        .body(envelope(connector))
        .about(connector.topic())
}

/// Deletes a connector. With `force`, also deletes one that is in use, if the account allows that.
pub fn delete(connector: &ConnectorRef, force: bool) -> Request<Deleted> {
    let request = Request::new(Method::DELETE, Effect::Idempotent, CONNECTORS)
        .segment(&connector.identifier)
        .scope(&connector.scope);
    if force {
        request.query("forceDelete", "true")
    } else {
        request
    }
}

/// Runs the connection test, which takes up to two minutes and stores its result as the connector's status. The
/// platform reports a failed test in one of two ways; both are results, not errors.
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

/// Lists one page (counted from 0) of the Bitbucket connectors in exactly this scope, sorted by identifier.
///
/// `search_term` is a case-insensitive regular expression over name, identifier, description, and tags, so the caller
/// must compare the results with what it looks for.
pub fn list(scope: &Scope, search_term: Option<&str>, page: u32) -> Request<ConnectorPage> {
    let request = page_of(scope, page, of_bitbucket());
    match search_term {
        Some(term) if !term.is_empty() => request.query("searchTerm", term),
        _ => request,
    }
}

/// Lists one page of [`list`] for a caller that keeps little of each connector. A page of connectors needs several times
/// the memory of its text, so each is read when the one before it has been converted and dropped.
pub fn list_brief<T: From<ConnectorAnswer>>(scope: &Scope, page: u32) -> Request<ConnectorPage<T>> {
    page_of(scope, page, of_bitbucket()).item_by_item()
}

fn of_bitbucket() -> Value {
    json!({"filterType": "Connector", "types": [BITBUCKET]})
}

/// Lists one page (counted from 0) of the connectors in exactly this scope that match a filter, sorted by identifier.
pub(super) fn page_of<A>(scope: &Scope, page: u32, filter: Value) -> Request<A> {
    Request::new(Method::POST, Effect::Safe, "ng/api/connectors/listV2")
        .scope(scope)
        .query("pageIndex", page.to_string())
        .query("pageSize", CONNECTORS_PER_PAGE.to_string())
        .query("sortOrders", "identifier,ASC")
        .body(filter)
}

/// Checks whether an identifier is free in a scope, for a connector of any type.
pub fn validate_unique_identifier(connector: &ConnectorRef) -> Request<bool> {
    Request::new(
        Method::GET,
        Effect::Safe,
        "ng/api/connectors/validateUniqueIdentifier",
    )
    .scope(&connector.scope)
    .query("identifier", &connector.identifier)
}

/// Lists the first entities that use a connector, and their number. The platform records them with a delay.
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
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ConnectionTest {
    /// State, summary, errors, and time.
    pub details: ConnectivityDetails,
    /// What the platform suggests to do. Only present if it reports a failure in its error format.
    pub hint: Option<String>,
    /// What the platform thinks happened. Only present if it reports a failure in its error format.
    pub explanation: Option<String>,
    /// The delegate that ran the test.
    pub delegate_id: Option<String>,
}

impl ConnectionTest {
    /// Returns whether the connection works.
    pub fn succeeded(&self) -> bool {
        self.details.state == super::connector::ConnectivityState::Success
    }
}

impl FromAnswer for ConnectionTest {
    fn from_body(body: &mut Map<String, Value>) -> Result<Self, AnswerProblem> {
        let data = data(body)?;
        if !data.is_object() {
            return Err(unexpected_data(data, "an object"));
        }
        let object = Object::of(data);
        let details = ConnectivityDetails::read(&object);
        if object.filled("status").is_none() {
            return Err(AnswerProblem::Unexpected(
                "JSON without the result of a test in `data`".to_owned(),
            ));
        }
        Ok(Self {
            details,
            hint: None,
            explanation: None,
            delegate_id: object.filled("delegateId").map(|id| harmless(&id, 200)),
        })
    }

    /// Reads a failed test, such as a failed login or an unreachable host. It comes as HTTP 400 with a hint and an
    /// explanation.
    fn from_refusal(refusal: &Refusal) -> Option<Self> {
        let found = |code: &str| {
            refusal
                .response_messages
                .iter()
                .find(|message| message.code == code)
                .map(|message| message.message.clone())
        };
        let (hint, explanation) = (found("HINT"), found("EXPLANATION"));
        // Other refusals, such as one about a missing connector, can have hints too, but then no test was run.
        let is_result = refusal.is_from_platform()
            && refusal.status == 400
            && refusal.missing().is_none()
            && (hint.is_some()
                || explanation.is_some()
                || refusal.metadata_type.as_deref() == Some("ConnectorValidationErrorMetaData"));
        if !is_result {
            return None;
        }
        // The hint and the explanation are advice; only the messages beside them say what failed.
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
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ConnectorPage<T = ConnectorAnswer> {
    /// The connectors, or what the caller keeps of each, in the platform's order.
    pub connectors: Vec<T>,
    /// The number of items on the page that could not be read as connectors.
    pub unreadable: usize,
    /// The total number of connectors on all pages.
    pub total: u64,
    /// The number of pages.
    pub pages: u64,
    /// The number of the next page, or `None` on the last page.
    pub next: Option<u32>,
}

impl<T: From<ConnectorAnswer>> ConnectorPage<T> {
    fn new(page: &Page<'_>) -> Self {
        Self {
            connectors: Vec::new(),
            unreadable: 0,
            total: page.total,
            pages: page.pages,
            next: page.next,
        }
    }

    fn with(mut self, items: impl Iterator<Item = Option<Value>>) -> Self {
        for item in items {
            match item.and_then(|mut item| ConnectorAnswer::take(&mut item)) {
                Some(connector) => self.connectors.push(connector.into()),
                None => self.unreadable += 1,
            }
        }
        self
    }
}

impl<T: From<ConnectorAnswer>> FromAnswer for ConnectorPage<T> {
    fn from_body(body: &mut Map<String, Value>) -> Result<Self, AnswerProblem> {
        let page = Page::of(body)?;
        let itself = Self::new(&page);
        Ok(itself.with(page.content.iter_mut().map(|item| Some(item.take()))))
    }

    fn from_page(
        body: &mut Map<String, Value>,
        items: &mut dyn Iterator<Item = Option<Value>>,
    ) -> Result<Self, AnswerProblem> {
        Ok(Self::new(&Page::of(body)?).with(items))
    }
}

#[cfg(test)]
#[allow(clippy::too_many_lines, reason = "tables are long")]
mod tests {
    use super::*;
    use crate::api::connector::ConnectivityState;
    use crate::http::endpoint::Endpoint;
    use crate::response::governance::Governance;
    use crate::response::items::Items;

    fn row<A>(request: &Request<A>) -> (String, String, Effect, Option<String>) {
        let endpoint = Endpoint::parse("https://h.example/gateway").unwrap();
        let url = request.url(&endpoint, "acct").unwrap().to_string();
        let url = url
            .strip_prefix("https://h.example/gateway/ng/api/")
            .unwrap()
            .to_owned();
        (
            request.method().to_string(),
            url,
            request.effect(),
            request.json().map(Value::to_string),
        )
    }

    fn body(value: Value) -> Map<String, Value> {
        match value {
            Value::Object(members) => members,
            other => panic!("{other} is not an object"),
        }
    }

    #[test]
    fn every_request_is_what_the_platform_documents() {
        let account = ConnectorRef::new(Scope::Account, "bb");
        let project = ConnectorRef::new(Scope::from_ids(Some("o"), Some("p")).unwrap(), "bb");
        let connector = RawConnector::from_members(body(json!({"identifier": "bb"})));
        let sent = Some("{\"connector\":{\"identifier\":\"bb\"}}".to_owned());
        let of_project = "accountIdentifier=acct&orgIdentifier=o&projectIdentifier=p";
        let rows = [
            (
                row(&get(&account)),
                "GET",
                "connectors/bb?accountIdentifier=acct".to_owned(),
                Effect::Safe,
                None,
            ),
            (
                row(&get(&project)),
                "GET",
                format!("connectors/bb?{of_project}"),
                Effect::Safe,
                None,
            ),
            (
                row(&create(&connector)),
                "POST",
                "connectors?accountIdentifier=acct".to_owned(),
                Effect::Create,
                sent.clone(),
            ),
            (
                row(&update(&connector)),
                "PUT",
                "connectors?accountIdentifier=acct".to_owned(),
                Effect::Idempotent,
                sent,
            ),
            (
                row(&delete(&project, false)),
                "DELETE",
                format!("connectors/bb?{of_project}"),
                Effect::Idempotent,
                None,
            ),
            (
                row(&delete(&project, true)),
                "DELETE",
                format!("connectors/bb?{of_project}&forceDelete=true"),
                Effect::Idempotent,
                None,
            ),
            (
                row(&test_connection(&project)),
                "POST",
                format!("connectors/testConnection/bb?{of_project}"),
                Effect::Safe,
                Some("{}".to_owned()),
            ),
            (
                row(&list(&project.scope, Some("a b"), 2)),
                "POST",
                format!(
                    "connectors/listV2?{of_project}&pageIndex=2&pageSize=100&sortOrders=identifier%2CASC&searchTerm=a%20b"
                ),
                Effect::Safe,
                Some("{\"filterType\":\"Connector\",\"types\":[\"Bitbucket\"]}".to_owned()),
            ),
            (
                row(&validate_unique_identifier(&project)),
                "GET",
                format!("connectors/validateUniqueIdentifier?{of_project}&identifier=bb"),
                Effect::Safe,
                None,
            ),
            (
                row(&usage(&project)),
                "GET",
                format!(
                    "entitySetupUsage?{of_project}&identifier=bb&referredEntityType=Connectors&pageIndex=0&pageSize=10"
                ),
                Effect::Safe,
                None,
            ),
        ];
        for (row, method, url, effect, json) in rows {
            assert_eq!(row, (method.to_owned(), url, effect, json));
        }
        assert_eq!(
            test_connection(&account).own_timeout(),
            Some(Duration::from_secs(150))
        );
        assert_eq!(get(&account).own_timeout(), None);
        assert!(
            !row(&list(&Scope::Account, Some(""), 0))
                .1
                .contains("searchTerm")
        );
    }

    #[test]
    fn a_null_connector_is_a_denial_only_if_a_policy_says_so() {
        let denied = json!({"data": {"connector": null, "governanceMetadata": {"deny": true, "status": "error", "message": "no"}}});
        assert_eq!(
            ConnectorAnswer::from_body(&mut body(denied)),
            Err(AnswerProblem::Denied(Governance {
                deny: true,
                status: Some("error".to_owned()),
                message: Some("no".to_owned()),
                ..Governance::default()
            }))
        );
        for (value, what) in [
            (
                json!({"data": {"connector": null, "governanceMetadata": {"deny": false}}}),
                "JSON without a connector in `data`",
            ),
            (
                json!({"data": {"connector": null}}),
                "JSON without a connector in `data`",
            ),
            (
                json!({"data": {"connector": []}}),
                "JSON without a connector in `data`",
            ),
            (
                json!({"data": "x"}),
                "JSON whose `data` is a string where an object is expected",
            ),
            (json!({"data": null}), "JSON whose `data` is null"),
            (json!({}), "JSON without `data`"),
        ] {
            assert_eq!(
                ConnectorAnswer::from_body(&mut body(value)),
                Err(AnswerProblem::Unexpected(what.to_owned()))
            );
        }
        assert_eq!(bool::from_body(&mut body(json!({"data": true}))), Ok(true));
        assert!(bool::from_body(&mut body(json!({"data": "true"}))).is_err());
    }

    #[test]
    fn a_failed_test_is_a_result_in_both_ways_of_reporting_it() {
        let test = ConnectionTest::from_body(&mut body(json!({"data": {
            "status": "FAILURE", "errors": [{"reason": "No Delegate", "message": "none eligible", "code": 462}],
            "errorSummary": " No Delegate Found", "testedAt": 5, "delegateId": null}})))
        .unwrap();
        assert!(!test.succeeded());
        assert_eq!(
            test.details.error_summary.as_deref(),
            Some("No Delegate Found")
        );
        assert_eq!(test.details.errors[0].code, Some(462));
        assert_eq!(test.details.tested_at, Some(5));

        let refusal = Refusal::read(400, "application/json", &json!({
            "status": "ERROR", "code": "HINT", "message": "Please ensure that the credentials are correct.", "correlationId": "c",
            "responseMessages": [
                {"code": "HINT", "level": "INFO", "message": "Please ensure that the credentials are correct."},
                {"code": "EXPLANATION", "level": "INFO", "message": "Provided credentials are not authorized."},
                {"code": "INVALID_REQUEST", "level": "ERROR", "message": "not authorized"}],
            "metadata": {"type": "ConnectorValidationErrorMetaData", "taskId": "t"}}).to_string());
        let test = ConnectionTest::from_refusal(&refusal).unwrap();
        assert_eq!(test.details.state, ConnectivityState::Failure);
        assert_eq!(
            test.hint.as_deref(),
            Some("Please ensure that the credentials are correct.")
        );
        assert_eq!(
            test.explanation.as_deref(),
            Some("Provided credentials are not authorized.")
        );
        assert_eq!(
            test.details.error_summary.as_deref(),
            Some("not authorized")
        );
    }

    #[test]
    fn other_refusals_of_a_test_are_errors() {
        for (status, value) in [
            (
                400,
                json!({"status": "ERROR", "code": "CONNECTOR_NOT_FOUND_EXCEPTION", "message": "No connector found with identifier bb",
                "responseMessages": [{"code": "HINT", "message": "x"}]}),
            ),
            (
                403,
                json!({"status": "ERROR", "code": "NG_ACCESS_DENIED", "message": "no", "responseMessages": [{"code": "HINT", "message": "x"}]}),
            ),
            (
                500,
                json!({"status": "ERROR", "code": "UNKNOWN_ERROR", "message": "Oops", "responseMessages": [{"code": "HINT", "message": "x"}]}),
            ),
            (
                400,
                json!({"status": "ERROR", "code": "INVALID_REQUEST", "message": "no", "responseMessages": []}),
            ),
        ] {
            let refusal = Refusal::read(status, "", &value.to_string());
            assert_eq!(ConnectionTest::from_refusal(&refusal), None, "{value}");
        }
        assert!(ConnectionTest::from_body(&mut body(json!({"data": {}}))).is_err());
    }

    #[test]
    fn pages_end_at_the_last_and_at_an_empty_one() {
        let item = json!({"connector": {"identifier": "a"}});
        for (content, index, pages, next) in [
            (json!([item]), json!(0), json!(2), Some(1)),
            (json!([item]), json!(1), json!(2), None),
            (json!([]), json!(0), json!(9), None),
            (json!([item]), json!(null), json!(null), None),
            (json!([item]), json!(-1), json!(-1), None),
        ] {
            let page = <ConnectorPage>::from_body(&mut body(
                json!({"data": {"content": content, "pageIndex": index, "totalPages": pages}}),
            ))
            .unwrap();
            assert_eq!(page.next, next);
        }
        let page = <ConnectorPage>::from_body(&mut body(
            json!({"data": {"content": [item, 5, {"connector": null}], "totalItems": 7}}),
        ))
        .unwrap();
        assert_eq!(
            (page.connectors.len(), page.unreadable, page.total),
            (1, 2, 7)
        );
        assert!(<ConnectorPage>::from_body(&mut body(json!({"data": {}}))).is_err());
    }

    /// The body as it is.
    struct Whole(Value);

    impl FromAnswer for Whole {
        fn from_body(body: &mut Map<String, Value>) -> Result<Self, AnswerProblem> {
            Ok(Self(std::mem::take(body).into()))
        }
    }

    #[test]
    fn a_page_reads_the_same_item_by_item_as_at_once() {
        let item = json!({"connector": {"identifier": "a"}, "createdAt": 5});
        let data = json!({"content": [item, 5, null, {"connector": null}], "pageIndex": 0, "totalPages": 2, "totalItems": 7});
        let response = json!({"data": data});
        let at_once = <ConnectorPage>::from_body(&mut body(response.clone())).unwrap();
        let (aside, items) = Items::set_aside(&response.to_string()).unwrap();
        let mut aside = body(aside);
        let mut items = items.unwrap().values();
        let by_item = <ConnectorPage>::from_page(&mut aside, &mut items).unwrap();
        assert_eq!(by_item, at_once);
        assert_eq!((by_item.connectors.len(), by_item.unreadable), (1, 3));
        // A type that does not read them one at a time gets them all.
        let (aside, items) = Items::set_aside(r#"{"data": {"content": [1, "x"]}}"#).unwrap();
        let whole = Whole::from_page(&mut body(aside), &mut items.unwrap().values()).unwrap();
        assert_eq!(whole.0, json!({"data": {"content": [1, "x"]}}));
    }
}
