//! Checks whether identifiers are free, many at once.
//!
//! Terraform plans resources one by one, about ten in parallel. Queries that arrive within a few milliseconds are
//! collected into one request. After several queries about a scope, its connectors are listed instead, as soon as that
//! costs no more than the queries have: a plan with hundreds of new connectors then needs only a few requests.
//!
//! **What a response says.** A connector in the response exists, so its identifier is taken. An identifier that is not
//! in the response counts as free. The connector may also be hidden from the key, or stored in Git. A warning is then
//! missing, and the creation itself fails.
//!
//! **What is left open.** A query without company is sent individually, as is any query that these requests do not
//! answer clearly (an error, an unexpected response, one about another account, none in time). After such a response,
//! the request for many is not sent again in this process, unless rate limiting was the only reason.

mod asked;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::mem;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use harness_platform::{
    Client, ConnectorRef, Failure, Operation, PlatformError, Scope, Taken, TakenPage, taken,
};
use tokio::sync::{Mutex as Turn, oneshot};
use tokio::task::JoinSet;
use tracing::Instrument;

use asked::Asked;

/// How long queries are collected.
const GATHERING: Duration = Duration::from_millis(5);

/// What one process knows about identifiers, and its pending queries.
#[derive(Debug)]
pub(super) struct Identifiers {
    client: Client,
    /// The time limit for all requests about one collection of queries.
    time_limit: Duration,
    state: Mutex<State>,
    /// Held while scopes are listed, so that each is listed once.
    listing: Turn<()>,
}

#[derive(Debug, Default)]
struct State {
    gathered: Vec<Question>,
    /// Whether the request for many does not work with this platform.
    is_refused: bool,
    scopes: BTreeMap<Scope, Asked>,
}

/// A pending query. Dropping it leaves it open.
#[derive(Debug)]
struct Question {
    connector: ConnectorRef,
    is_free: oneshot::Sender<bool>,
}

impl Identifiers {
    /// Creates the state without any knowledge.
    pub(super) fn new(client: Client, time_limit: Duration) -> Self {
        Self {
            client,
            time_limit,
            state: Mutex::default(),
            listing: Turn::default(),
        }
    }

    /// Returns whether this identifier is free, or `None` if it must be checked individually.
    pub(super) async fn is_free(
        self: &Arc<Self>,
        connector: &ConnectorRef,
        operation: &Operation,
    ) -> Option<bool> {
        let answer = {
            let mut state = self.state();
            if let Some(is_free) = state.is_free(connector) {
                return Some(is_free);
            }
            let (is_free, answer) = oneshot::channel();
            state.gathered.push(Question {
                connector: connector.clone(),
                is_free,
            });
            if state.gathered.len() == 1 {
                // A task of its own, because it also answers the other queries if this caller gives up.
                let (this, operation) = (Arc::clone(self), operation.beside(self.time_limit));
                let asking = async move { this.gather(&operation).await };
                tokio::spawn(asking.in_current_span());
            }
            answer
        };
        answer.await.ok()
    }

    /// Waits for other queries, and sends the request.
    async fn gather(&self, operation: &Operation) {
        self.client.wait(GATHERING, operation).await;
        let questions = mem::take(&mut self.state().gathered);
        self.list_scopes_of(&questions, operation).await;
        let mut open = self.state().answer_known(questions).into_iter().peekable();
        while open.peek().is_some() {
            let together = open.by_ref().take(taken::MOST_AT_ONCE).collect();
            self.ask(together, operation).await;
        }
    }

    /// Checks these connectors with one request, unless there is only one, or the request does not work.
    async fn ask(&self, questions: Vec<Question>, operation: &Operation) {
        if !self.state().begin_asking(&questions) {
            return;
        }
        let account = self.client.account_id();
        let connectors: BTreeSet<_> = questions.iter().map(|asked| &asked.connector).collect();
        let request = taken::of(account, connectors.iter().copied());
        let answer = self.client.send(request, operation).await;
        match answer.map(|answer| answer.value) {
            Ok(taken) if is_about(&taken, account, |found| connectors.contains(found)) => {
                let taken = taken.0.into_iter().map(|taken| taken.connector).collect();
                self.state().answer(questions, &taken);
            }
            Ok(_) => self.give_up("a response about other connectors"),
            Err(error) if is_only_late(&error) => {}
            Err(error) => self.give_up(&error.to_string()),
        }
    }

    /// Lists the scopes of these queries, if that is due.
    async fn list_scopes_of(&self, questions: &[Question], operation: &Operation) {
        let scopes: BTreeSet<_> = questions
            .iter()
            .map(|asked| &asked.connector.scope)
            .collect();
        let _turn = self.listing.lock().await;
        for scope in scopes {
            // The first page says how many there are; only then is it known whether all pages are worthwhile.
            loop {
                let due = self.state().pages_due(scope);
                let Some(pages) = due else {
                    break;
                };
                let mut under_way = JoinSet::new();
                for page in pages {
                    let (client, request) = (self.client.clone(), taken::in_scope(scope, page));
                    let operation = operation.beside(self.time_limit);
                    let sending = async move { client.send(request, &operation).await };
                    under_way.spawn(sending.in_current_span());
                }
                let pages = under_way.join_all().await.into_iter();
                let pages = pages.map(|page| page.map(|page| page.value)).collect();
                if !self.take(scope, pages) {
                    break;
                }
            }
        }
    }

    /// Stores the requested pages of a list. Returns `false` if there are none.
    fn take(&self, scope: &Scope, pages: Result<Vec<TakenPage>, PlatformError>) -> bool {
        let account = self.client.account_id();
        let mut state = self.state();
        let asked = state.scopes.entry(scope.clone()).or_default();
        match pages {
            Ok(pages)
                if pages
                    .iter()
                    .all(|page| is_about(&page.taken, account, |found| found.scope == *scope)) =>
            {
                asked.listed(pages);
                true
            }
            Err(error) if is_only_late(&error) => false,
            Ok(_) | Err(_) => {
                asked.refuse_list();
                false
            }
        }
    }

    fn give_up(&self, reason: &str) {
        tracing::debug!(reason, "identifiers are looked up one by one from now on");
        self.state().is_refused = true;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // After a panic in another thread, an answer may be missing, but none is wrong.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn is_free(&self, connector: &ConnectorRef) -> Option<bool> {
        self.scopes
            .get(&connector.scope)?
            .is_free(&connector.identifier)
    }

    /// Answers the queries with known answers, and returns the others.
    fn answer_known(&self, questions: Vec<Question>) -> Vec<Question> {
        let mut open = Vec::new();
        for question in questions {
            match self.is_free(&question.connector) {
                Some(is_free) => question.answer(is_free),
                None => open.push(question),
            }
        }
        open
    }

    /// Counts the cost of these queries. Returns whether one request should answer them all.
    fn begin_asking(&mut self, questions: &[Question]) -> bool {
        let together = !self.is_refused && questions.len() > 1;
        let shared_by = if together { questions.len() } else { 1 };
        for question in questions {
            let scope = question.connector.scope.clone();
            self.scopes.entry(scope).or_default().count(shared_by);
        }
        together
    }

    fn answer(&mut self, questions: Vec<Question>, taken: &BTreeSet<ConnectorRef>) {
        for question in questions {
            let connector = &question.connector;
            let is_taken = taken.contains(connector);
            if is_taken && let Some(asked) = self.scopes.get_mut(&connector.scope) {
                asked.found(connector.identifier.clone());
            }
            question.answer(!is_taken);
        }
    }

    fn pages_due(&self, scope: &Scope) -> Option<Range<u32>> {
        self.scopes.get(scope)?.pages_due()
    }
}

impl Question {
    fn answer(self, is_free: bool) {
        // The receiver is gone if the plan was canceled.
        let _ = self.is_free.send(is_free);
    }
}

/// Returns whether a response is about our account, and only about what was requested.
fn is_about(taken: &Taken, account: &str, asked: impl Fn(&ConnectorRef) -> bool) -> bool {
    taken.0.iter().all(|taken| {
        let is_ours = taken.account_id.as_deref().is_none_or(|of| of == account);
        is_ours && asked(&taken.connector)
    })
}

/// Returns whether a request failed for reasons unrelated to its contents.
fn is_only_late(error: &PlatformError) -> bool {
    error.is_cancelled() || error.is_rate_limited() || matches!(error.failure(), Failure::OutOfTime)
}
