//! Requests that tell which connector identifiers are taken, for many at once.
//!
//! Their responses list existing connectors. An identifier that they leave out may be free, or hidden from the key.

use reqwest::Method;
use serde_json::{Map, Value, json};

use super::connector::BITBUCKET;
use super::connectors;
use crate::http::request::{Effect, Request};
use crate::response::answer::{AnswerProblem, FromAnswer, data, unexpected_data};
use crate::response::json::Object;
use crate::scope::{ConnectorRef, Scope};

/// The maximum number of connectors in one request: the most that the platform allows.
pub const MOST_AT_ONCE: usize = 1000;

/// Requests which of these connectors of an account exist, in all scopes and of all types. The platform refuses a
/// request with more than [`MOST_AT_ONCE`].
pub fn of<'a>(
    account_id: &str,
    connectors: impl IntoIterator<Item = &'a ConnectorRef>,
) -> Request<Taken> {
    let names: Vec<Value> = connectors
        .into_iter()
        .map(|connector| full_name(account_id, connector).into())
        .collect();
    Request::new(Method::POST, Effect::Safe, "ng/api/connectors/listbyfqn").body(names.into())
}

/// Lists one page (counted from 0) of the connectors in exactly this scope, of every type, sorted by identifier.
pub fn in_scope(scope: &Scope, page: u32) -> Request<TakenPage> {
    connectors::page_of(scope, page, json!({"filterType": "Connector"}))
}

/// Returns a connector's fully qualified name: account, organization, and project if there are any, and identifier.
fn full_name(account_id: &str, connector: &ConnectorRef) -> String {
    let scope = &connector.scope;
    let parts = [Some(account_id), scope.org(), scope.project()];
    let parts = parts.into_iter().flatten();
    let parts: Vec<&str> = parts.chain([connector.identifier.as_str()]).collect();
    parts.join("/")
}

/// Existing connectors, in the platform's order.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Taken(pub Vec<TakenIdentifier>);

/// An existing connector.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TakenIdentifier {
    /// The account in the response, if there is one.
    pub account_id: Option<String>,
    /// The scope and identifier.
    pub connector: ConnectorRef,
    /// Whether it is a Bitbucket connector. Its identifier is taken in any case.
    pub is_bitbucket: bool,
}

/// One page of a list of connectors.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct TakenPage {
    /// The connectors on this page.
    pub taken: Taken,
    /// The total number of connectors on all pages.
    pub total: u64,
    /// The number of pages.
    pub pages: u32,
}

impl FromAnswer for Taken {
    fn from_body(body: &mut Map<String, Value>) -> Result<Self, AnswerProblem> {
        let data = data(body)?;
        let items = data.as_array();
        Self::read(items.ok_or_else(|| unexpected_data(data, "a list"))?)
    }
}

impl FromAnswer for TakenPage {
    fn from_body(body: &mut Map<String, Value>) -> Result<Self, AnswerProblem> {
        let data = data(body)?;
        let object = Object::of(data);
        let content = data.get("content").and_then(Value::as_array);
        let total = object.integer("totalItems").map(u64::try_from);
        let pages = object.integer("totalPages").map(u32::try_from);
        match (content, total, pages) {
            (Some(content), Some(Ok(total)), Some(Ok(pages))) => Ok(Self {
                taken: Taken::read(content)?,
                total,
                pages,
            }),
            _ => Err(AnswerProblem::Unexpected(
                "JSON without a page in `data`".to_owned(),
            )),
        }
    }
}

impl Taken {
    /// Reads the items. One that cannot be read could be the one that matters, so it makes the whole response
    /// unreadable.
    fn read(items: &[Value]) -> Result<Self, AnswerProblem> {
        let taken = items.iter().map(TakenIdentifier::read);
        match taken.collect() {
            Some(taken) => Ok(Self(taken)),
            None => Err(AnswerProblem::Unexpected(
                "JSON with a connector in `data` that has no identifier or scope".to_owned(),
            )),
        }
    }
}

impl TakenIdentifier {
    fn read(item: &Value) -> Option<Self> {
        let connector = Object::of(item).object("connector");
        let text = |name| connector.filled(name);
        let scope = Scope::from_ids(
            text("orgIdentifier").as_deref(),
            text("projectIdentifier").as_deref(),
        );
        Some(Self {
            account_id: text("accountIdentifier"),
            connector: ConnectorRef::new(scope.ok()?, text("identifier")?),
            is_bitbucket: text("type").as_deref() == Some(BITBUCKET),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::endpoint::Endpoint;

    fn connector(org: Option<&str>, project: Option<&str>, identifier: &str) -> ConnectorRef {
        ConnectorRef::new(Scope::from_ids(org, project).unwrap(), identifier)
    }

    fn read<A: FromAnswer>(data: &Value) -> Result<A, AnswerProblem> {
        A::from_body(json!({"data": data}).as_object_mut().unwrap())
    }

    #[test]
    fn connectors_of_all_scopes_are_asked_for_by_their_full_names() {
        let endpoint = Endpoint::parse("https://h.example").unwrap();
        let connectors = [
            connector(None, None, "a"),
            connector(Some("o"), None, "b"),
            connector(Some("o"), Some("p"), "c"),
        ];
        let request = of("acct", &connectors);
        assert_eq!(
            request.url(&endpoint, "acct").unwrap().as_str(),
            "https://h.example/ng/api/connectors/listbyfqn?accountIdentifier=acct"
        );
        assert_eq!(
            request.json(),
            Some(&json!(["acct/a", "acct/o/b", "acct/o/p/c"]))
        );
        assert_eq!(
            (request.method(), request.effect()),
            (&Method::POST, Effect::Safe)
        );
    }

    #[test]
    fn a_scope_is_listed_whatever_the_types_of_its_connectors() {
        let endpoint = Endpoint::parse("https://h.example").unwrap();
        let scope = Scope::from_ids(Some("o"), Some("p")).unwrap();
        let request = in_scope(&scope, 2);
        assert_eq!(
            request.url(&endpoint, "acct").unwrap().as_str(),
            "https://h.example/ng/api/connectors/listV2?accountIdentifier=acct&orgIdentifier=o&projectIdentifier=p\
             &pageIndex=2&pageSize=100&sortOrders=identifier%2CASC"
        );
        assert_eq!(request.json(), Some(&json!({"filterType": "Connector"})));
        assert_eq!(
            (request.method(), request.effect()),
            (&Method::POST, Effect::Safe)
        );
    }

    #[test]
    fn an_answer_names_scope_identifier_and_account() {
        let data = json!([
            {"connector": {"identifier": "a", "accountIdentifier": "acct", "orgIdentifier": null, "type": "Bitbucket"}},
            {"connector": {"identifier": "c", "orgIdentifier": "o", "projectIdentifier": "p"}},
        ]);
        let taken: Taken = read(&data).unwrap();
        let expected = [
            (Some("acct".to_owned()), connector(None, None, "a"), true),
            (None, connector(Some("o"), Some("p"), "c"), false),
        ];
        let taken = taken
            .0
            .into_iter()
            .map(|taken| (taken.account_id, taken.connector, taken.is_bitbucket));
        assert_eq!(taken.collect::<Vec<_>>(), expected);
        assert_eq!(read::<Taken>(&json!([])), Ok(Taken::default()));
    }

    #[test]
    fn one_item_that_cannot_be_read_spoils_the_whole_answer() {
        for item in [
            json!(null),
            json!({}),
            json!({"connector": null}),
            json!({"connector": {"identifier": ""}}),
            json!({"connector": {"identifier": 1}}),
            json!({"connector": {"identifier": "a", "projectIdentifier": "p"}}),
        ] {
            let good = json!({"connector": {"identifier": "a"}});
            let items = json!([good, item]);
            assert!(read::<Taken>(&items).is_err(), "{item}");
            let page = json!({"content": items, "totalItems": 2, "totalPages": 1});
            assert!(read::<TakenPage>(&page).is_err(), "{item}");
        }
    }

    #[test]
    fn an_answer_of_another_shape_is_none() {
        for data in [json!(null), json!({}), json!("x"), json!({"content": []})] {
            assert!(read::<Taken>(&data).is_err(), "{data}");
        }
        let whole = json!({"content": [], "totalItems": 0, "totalPages": 0});
        assert_eq!(read::<TakenPage>(&whole), Ok(TakenPage::default()));
        for (member, value) in [
            ("content", json!(null)),
            ("content", json!({})),
            ("totalItems", json!(-1)),
            ("totalItems", json!(null)),
            ("totalPages", json!("1")),
            ("totalPages", json!(5_000_000_000_u64)),
        ] {
            let mut page = whole.clone();
            page[member] = value;
            assert!(read::<TakenPage>(&page).is_err(), "{page}");
        }
    }
}
