//! The Bitbucket connectors of one scope, page by page, for the data source for many connectors and the list resource.
//!
//! The platform sorts by identifier, and its search is a regular expression over four settings. Everything else is
//! compared here: how the platform combines several tags is not documented, and it cannot search by the type of API
//! access or by the URL. If a connector is created or deleted between two pages, all that follow it move. One that
//! occurs twice is skipped. That and a changed total are noted, because a connector may then be missing.

use std::collections::BTreeSet;

use harness_platform::{
    Client, ConnectorAnswer, ConnectorPage, ConnectorRef, Operation, PlatformError, Scope,
    connectors,
};
use tf_provider::diagnostic::{Diagnostic, Diagnostics};

use super::filter::Filter;

/// The connectors that were found: all of them, or those of one page.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Listing {
    /// Sorted by identifier.
    pub(crate) connectors: Vec<ConnectorAnswer>,
    /// The number of items in the platform's response that could not be read as Bitbucket connectors of the scope.
    pub(crate) unreadable: usize,
    /// Whether the platform's total changed between pages or a connector occurred twice, so that another may be missing.
    pub(super) unsteady: bool,
}

impl Listing {
    /// Returns the warnings about the listing.
    pub(crate) fn findings(&self, scope: &Scope) -> Diagnostics {
        let mut findings = Diagnostics::new();
        if self.unreadable > 0 {
            let (items, are) = match self.unreadable {
                1 => ("One item".to_owned(), "is"),
                many => (format!("{many} items"), "are"),
            };
            findings.push(Diagnostic::warning(
                "Not all connectors could be read",
                format!(
                    "{items} in Harness's list of Bitbucket connectors in the {scope} could not be read and {are} left \
                     out. Use a newer version of the provider if there is one.",
                ),
            ));
        }
        if self.unsteady {
            findings.push(Diagnostic::warning(
                "Connectors changed during the listing",
                format!(
                    "Connectors in the {scope} were created or deleted while Harness listed them page by page, so one \
                     may be missing from the result. Run the command again.",
                ),
            ));
        }
        findings
    }
}

/// Returns all connectors that match `filter`.
pub(crate) async fn all(
    client: &Client,
    filter: &Filter,
    operation: &Operation,
) -> Result<Listing, PlatformError> {
    let mut pages = Pages::of(client, filter, operation);
    let mut listing = Listing::default();
    while let Some(page) = pages.next().await? {
        listing.connectors.extend(page.connectors);
        listing.unreadable += page.unreadable;
        listing.unsteady |= page.unsteady;
    }
    // Each page is sorted, but the platform's order, from a database with its collation, may differ from ours.
    sort(&mut listing.connectors);
    Ok(listing)
}

/// The connectors that match a search, one request at a time, for callers that may stop early.
pub(super) struct Pages<'a> {
    client: &'a Client,
    operation: &'a Operation,
    cursor: Cursor<'a>,
}

impl<'a> Pages<'a> {
    pub(crate) fn of(client: &'a Client, filter: &'a Filter, operation: &'a Operation) -> Self {
        Self {
            client,
            operation,
            cursor: Cursor::of(filter),
        }
    }

    /// Returns the next page, which may be empty if the search matches nothing on it. Returns `None` after the last.
    pub(crate) async fn next(&mut self) -> Result<Option<Listing>, PlatformError> {
        let Some(number) = self.cursor.next else {
            return Ok(None);
        };
        let Filter { scope, term, .. } = self.cursor.filter;
        let request = connectors::list(scope, term.as_deref(), number);
        let answer = self.client.send(request, self.operation).await?;
        Ok(Some(self.cursor.take(number, answer.value)))
    }
}

/// The progress of a listing.
struct Cursor<'a> {
    filter: &'a Filter,
    next: Option<u32>,
    total: Option<u64>,
    seen: BTreeSet<String>,
}

impl<'a> Cursor<'a> {
    fn of(filter: &'a Filter) -> Self {
        Self {
            filter,
            next: Some(0),
            total: None,
            seen: BTreeSet::new(),
        }
    }

    fn take(&mut self, number: u32, page: ConnectorPage) -> Listing {
        // A page that does not advance would be requested forever.
        self.next = page.next.filter(|next| *next > number);
        let before = self.total.replace(page.total);
        let mut listing = Listing {
            connectors: Vec::new(),
            unreadable: page.unreadable,
            unsteady: before.is_some_and(|total| total != page.total),
        };
        for answer in page.connectors {
            if !is_of(&answer, &self.filter.scope) {
                listing.unreadable += 1;
            } else if !self.seen.insert(answer.connector.identifier().to_owned()) {
                // It moved to this page, so another may have moved to one that was read before.
                listing.unsteady = true;
            } else if self.filter.conditions.hold_for(&answer.connector) {
                listing.connectors.push(answer);
            }
        }
        sort(&mut listing.connectors);
        listing
    }
}

fn sort(connectors: &mut [ConnectorAnswer]) {
    connectors.sort_by(|a, b| a.connector.identifier().cmp(b.connector.identifier()));
}

/// Returns whether an item is what was requested: a Bitbucket connector of this scope.
fn is_of(answer: &ConnectorAnswer, scope: &Scope) -> bool {
    let identifier = answer.connector.identifier();
    !identifier.is_empty()
        && answer.connector.is_bitbucket()
        && answer
            .connector
            .is_for(&ConnectorRef::new(scope.clone(), identifier))
}

#[cfg(test)]
mod tests {
    use harness_platform::{
        Authentication, BitbucketConnector, BitbucketSpec, ConnectivityDetails, RawConnector,
        UrlType,
    };
    use serde_json::json;

    use super::*;
    use crate::bitbucket_connector::connector::url::Deployment;
    use crate::bitbucket_connector::connector::words::ApiAccessType;
    use crate::bitbucket_connector::queries::filter::Conditions;

    fn answer(identifier: &str, org: Option<&str>, tags: &[(&str, &str)]) -> ConnectorAnswer {
        let connector = BitbucketConnector {
            name: identifier.to_owned(),
            identifier: identifier.to_owned(),
            description: None,
            org: org.map(str::to_owned),
            project: None,
            tags: tags
                .iter()
                .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
                .collect(),
            spec: BitbucketSpec {
                url: "https://bitbucket.org/acme".to_owned(),
                url_type: UrlType::Account,
                validation_repo: None,
                authentication: Authentication::Ssh { ssh_key_ref: None },
                api_access: None,
                execute_on_delegate: true,
                delegate_selectors: BTreeSet::new(),
            },
        };
        ConnectorAnswer {
            connector: RawConnector::new(&connector),
            created_at: None,
            last_modified_at: None,
            status: ConnectivityDetails::default(),
            governance: None,
        }
    }

    fn page(total: u64, next: Option<u32>, connectors: Vec<ConnectorAnswer>) -> ConnectorPage {
        ConnectorPage {
            connectors,
            unreadable: 0,
            total,
            pages: 1,
            next,
        }
    }

    /// Processes pages one after the other, without a platform.
    fn take(tags: &[(&str, &str)], pages: Vec<ConnectorPage>) -> Vec<Listing> {
        let tags = tags
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        let filter = Filter {
            conditions: Conditions {
                tags: tags.collect(),
                ..Conditions::default()
            },
            ..Filter::of_scope(Scope::Account)
        };
        let mut cursor = Cursor::of(&filter);
        (0..)
            .zip(pages)
            .map(|(number, page)| cursor.take(number, page))
            .collect()
    }

    fn identifiers(listing: &Listing) -> Vec<&str> {
        listing
            .connectors
            .iter()
            .map(|answer| answer.connector.identifier())
            .collect()
    }

    #[test]
    fn a_page_is_sorted_and_has_what_the_tags_ask_for_all_of_them() {
        let connectors = vec![
            answer("c", None, &[("team", "web"), ("tier", "")]),
            answer("b", None, &[("team", "web")]),
            answer("B", None, &[("team", "web"), ("tier", ""), ("more", "x")]),
            answer("a", None, &[]),
        ];
        for (tags, expected) in [
            (&[][..], &["B", "a", "b", "c"][..]),
            (&[("team", "web")], &["B", "b", "c"]),
            (&[("team", "web"), ("tier", "")], &["B", "c"]),
            (&[("team", "WEB")], &[]),
            (&[("team", "")], &[]),
        ] {
            let pages = take(tags, vec![page(4, None, connectors.clone())]);
            assert_eq!(identifiers(&pages[0]), expected, "{tags:?}");
        }
    }

    #[test]
    fn connectors_are_distinguished_by_api_access_and_deployment() {
        let connectors = [
            ("none", json!(null), "https://bitbucket.org/acme"),
            (
                "password",
                json!("UsernameToken"),
                "git@bitbucket.org:acme/web.git",
            ),
            (
                "server",
                json!("UsernameToken"),
                "https://git.acme.com/scm/web/web.git",
            ),
            ("oauth", json!("OAuth"), "https://BITBUCKET.org/acme"),
            ("later", json!("Later"), "bitbucket.org acme"),
        ]
        .map(|(identifier, api_access, url)| {
            let mut members = answer(identifier, None, &[]).connector.members().clone();
            let api_access = json!({"type": api_access, "spec": {"tokenRef": "account.token"}});
            members["spec"]["url"] = json!(url);
            if api_access["type"].is_string() {
                members["spec"]["apiAccess"] = api_access;
            }
            RawConnector::from_members(members)
        });
        for (api_access, deployment, expected) in [
            (None, None, "none password server oauth later"),
            (Some(ApiAccessType::None), None, "none"),
            (Some(ApiAccessType::UsernameToken), None, "password server"),
            (Some(ApiAccessType::OAuth), None, "oauth"),
            (Some(ApiAccessType::AccessToken), None, ""),
            (None, Some(Deployment::Cloud), "none password oauth later"),
            (None, Some(Deployment::DataCenter), "server"),
            (
                Some(ApiAccessType::UsernameToken),
                Some(Deployment::Cloud),
                "password",
            ),
        ] {
            let conditions = Conditions {
                api_access,
                deployment,
                ..Conditions::default()
            };
            let found = connectors.iter().filter(|it| conditions.hold_for(it));
            let found: Vec<_> = found.map(RawConnector::identifier).collect();
            assert_eq!(found.join(" "), expected, "{conditions:?}");
        }
    }

    #[test]
    fn a_connector_that_moved_to_the_next_page_is_listed_once() {
        let pages = take(
            &[],
            vec![
                page(
                    3,
                    Some(1),
                    vec![answer("a", None, &[]), answer("b", None, &[])],
                ),
                page(
                    4,
                    Some(2),
                    vec![answer("b", None, &[]), answer("c", None, &[])],
                ),
                page(4, None, vec![answer("d", None, &[])]),
            ],
        );
        let found: Vec<_> = pages.iter().map(identifiers).collect();
        assert_eq!(found, [vec!["a", "b"], vec!["c"], vec!["d"]]);
        let unsteady: Vec<_> = pages.iter().map(|page| page.unsteady).collect();
        assert_eq!(unsteady, [false, true, false]);
        let said = pages[1].findings(&Scope::Account);
        assert!(!said.has_errors() && !said.is_empty());
        assert!(pages[2].findings(&Scope::Account).is_empty());
    }

    #[test]
    fn a_page_that_comes_again_may_stand_for_one_that_is_missing() {
        let again = || page(3, Some(9), vec![answer("a", None, &[])]);
        let pages = take(&[], vec![again(), again()]);
        assert_eq!(identifiers(&pages[1]), [""; 0]);
        assert!(!pages[0].unsteady && pages[1].unsteady);
        // Also if the connector does not match.
        let pages = take(&[("team", "web")], vec![again(), again()]);
        assert!(pages[1].unsteady);
    }

    #[test]
    fn items_of_other_scopes_or_types_count_as_unreadable() {
        let mut github = answer("github", None, &[]).connector.members().clone();
        github.insert("type".to_owned(), "Github".into());
        let github = ConnectorAnswer {
            connector: RawConnector::from_members(github),
            ..answer("x", None, &[])
        };
        let connectors = vec![
            answer("a", Some("elsewhere"), &[]),
            github,
            answer("", None, &[]),
            answer("b", None, &[]),
        ];
        let pages = take(
            &[],
            vec![ConnectorPage {
                unreadable: 2,
                ..page(6, None, connectors)
            }],
        );
        assert_eq!(identifiers(&pages[0]), ["b"]);
        assert_eq!(pages[0].unreadable, 5);
        let said = pages[0].findings(&Scope::Account);
        assert!(said.iter().next().unwrap().detail.starts_with("5 items"));
    }

    #[test]
    fn a_listing_ends_where_a_page_does_not_lead_on() {
        let filter = Filter::of_scope(Scope::Account);
        for (number, next, expected) in [
            (0, Some(1), Some(1)),
            (0, None, None),
            (1, Some(1), None),
            (1, Some(0), None),
        ] {
            let mut cursor = Cursor::of(&filter);
            cursor.take(number, page(9, next, vec![answer("a", None, &[])]));
            assert_eq!(cursor.next, expected);
        }
    }
}
