//! What has been requested about the identifiers of one scope, and when listing the scope is worthwhile.

use std::collections::BTreeSet;
use std::mem;
use std::ops::Range;

use harness_platform::TakenPage;

/// The number of queries before the scope is listed.
const FEW: usize = 8;

/// The cost of one request. Queries that share a request share its cost.
const REQUEST: usize = 1000;

/// The queries about one scope.
#[derive(Debug, Default)]
pub(super) struct Asked {
    questions: usize,
    cost: usize,
    /// Identifiers of existing connectors.
    taken: BTreeSet<String>,
    list: List,
}

/// How much of a scope's list is known.
#[derive(Debug, Default)]
enum List {
    #[default]
    NotBegun,
    /// The first page is known.
    Begun {
        first: BTreeSet<String>,
        pages: u32,
    },
    Whole,
    Refused,
}

impl Asked {
    /// Counts a query that was one of `shared_by` in a request.
    pub(super) fn count(&mut self, shared_by: usize) {
        self.questions += 1;
        self.cost += REQUEST.div_ceil(shared_by.max(1));
    }

    /// Records that this connector exists.
    pub(super) fn found(&mut self, identifier: String) {
        self.taken.insert(identifier);
    }

    /// Returns whether this identifier is free, if that is known without another request.
    pub(super) fn is_free(&self, identifier: &str) -> Option<bool> {
        if self.taken.contains(identifier) {
            return Some(false);
        }
        matches!(self.list, List::Whole).then_some(true)
    }

    /// Returns the pages of the list that are worth requesting: the first one after some queries, and the others as
    /// soon as the whole list costs no more than the queries have, plus one request.
    pub(super) fn pages_due(&self) -> Option<Range<u32>> {
        match &self.list {
            List::NotBegun if self.questions >= FEW && self.cost >= REQUEST => Some(0..1),
            List::Begun { pages, .. } => {
                let cost = usize::try_from(*pages).ok()?.checked_mul(REQUEST)?;
                (cost <= self.cost + REQUEST).then_some(1..*pages)
            }
            List::NotBegun | List::Whole | List::Refused => None,
        }
    }

    /// Marks the list as useless.
    pub(super) fn refuse_list(&mut self) {
        self.list = List::Refused;
    }

    /// Stores the requested pages. A list that changed in the meantime, or lacks a connector known to exist, is
    /// refused.
    pub(super) fn listed(&mut self, pages: Vec<TakenPage>) {
        let (mut listed, number) = match mem::replace(&mut self.list, List::Refused) {
            List::NotBegun => (BTreeSet::new(), pages.iter().map(|page| page.pages).max()),
            List::Begun { first, .. } => (first, None),
            List::Whole | List::Refused => return,
        };
        let mut total = None;
        for page in pages {
            if *total.get_or_insert(page.total) != page.total {
                return;
            }
            let identifiers = page.taken.0.into_iter();
            listed.extend(identifiers.map(|taken| taken.connector.identifier));
        }
        match number {
            Some(pages) if pages > 1 => {
                self.list = List::Begun {
                    first: listed,
                    pages,
                }
            }
            _ => {
                let is_whole = u64::try_from(listed.len()).ok() == total;
                if is_whole && self.taken.is_subset(&listed) {
                    self.taken = listed;
                    self.list = List::Whole;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use harness_platform::{ConnectorRef, Scope, Taken, TakenIdentifier};

    use super::*;

    /// Returns a scope after this many requests, each with ten queries.
    fn asked(requests: usize) -> Asked {
        let mut asked = Asked::default();
        for _ in 0..requests * 10 {
            asked.count(10);
        }
        asked
    }

    fn page(identifiers: &[&str], total: u64, pages: u32) -> TakenPage {
        let taken = identifiers.iter().map(|identifier| TakenIdentifier {
            account_id: None,
            connector: ConnectorRef::new(Scope::Account, *identifier),
            is_bitbucket: true,
        });
        TakenPage {
            taken: Taken(taken.collect()),
            total,
            pages,
        }
    }

    #[test]
    fn a_scope_is_listed_after_some_questions_that_have_cost_a_request() {
        assert_eq!(asked(0).pages_due(), None);
        assert_eq!(asked(1).pages_due(), Some(0..1));
        let mut alone = Asked::default();
        for number in 1..=FEW {
            assert_eq!(alone.pages_due(), None, "{number}");
            alone.count(1);
        }
        assert_eq!(alone.pages_due(), Some(0..1));
        // Ten scopes that share their requests cost little each.
        let mut shared = Asked::default();
        for _ in 0..99 {
            shared.count(100);
        }
        assert_eq!(shared.pages_due(), None);
    }

    #[test]
    fn a_list_never_costs_more_than_the_questions_have_and_one_request() {
        for (requests, pages, due) in [(1, 2, true), (1, 3, false), (2, 3, true), (9, 100, false)] {
            let mut asked = asked(requests);
            asked.listed(vec![page(&["a"], 200, pages)]);
            assert_eq!(
                asked.pages_due(),
                due.then_some(1..pages),
                "{requests} {pages}"
            );
            assert_eq!(asked.is_free("a"), None);
        }
    }

    #[test]
    fn a_whole_list_answers_everything_for_no_request() {
        let mut one = asked(1);
        one.listed(vec![page(&["a", "b"], 2, 1)]);
        let mut several = asked(1);
        several.listed(vec![page(&["a"], 2, 2)]);
        several.listed(vec![page(&["b"], 2, 2)]);
        let mut empty = asked(1);
        empty.listed(vec![page(&[], 0, 0)]);
        for (asked, a) in [(one, false), (several, false), (empty, true)] {
            assert_eq!(asked.is_free("a"), Some(a));
            assert_eq!(asked.is_free("c"), Some(true));
            assert_eq!(asked.pages_due(), None);
        }
    }

    #[test]
    fn a_list_that_is_not_whole_says_nothing_about_what_it_leaves_out() {
        let known = || {
            let mut asked = asked(1);
            asked.found("known".to_owned());
            asked
        };
        for (asked, pages) in [
            (asked(1), vec![page(&["a"], 2, 1)]),
            (asked(1), vec![page(&["a", "a"], 2, 1)]),
            (known(), vec![page(&["a", "b"], 2, 1)]),
        ] {
            let mut asked = asked;
            asked.listed(pages);
            assert_eq!((asked.is_free("c"), asked.pages_due()), (None, None));
        }
        // A connector was created between the requests for two pages.
        let mut changed = asked(2);
        changed.listed(vec![page(&["a"], 3, 3)]);
        changed.listed(vec![page(&["b"], 3, 3), page(&["c"], 4, 3)]);
        assert_eq!((changed.is_free("d"), changed.pages_due()), (None, None));
        assert_eq!(known().is_free("known"), Some(false));
    }
}
