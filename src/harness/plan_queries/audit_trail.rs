//! Looks up in the audit trail who changed what. This explains what a refresh or an apply has found, and decides
//! nothing: any failure here only means a missing answer.
//!
//! - Connectors are looked up one by one, until there have been [`SINGLE`] of them in this process. From then on, the
//!   newest events of each scope are requested once, and serve all connectors of the scope.
//! - A scope with an audit trail that the key cannot see is not queried again. The log says so once, at debug level: it
//!   is reasonable to have a key that can only read connectors.
//! - After several failed queries in a row, no more are sent ([`Patience`]).

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use harness_platform::{
    AuditAction, AuditEvent, AuditPage, Audited, Client, ConnectorRef, Operation, Request, Scope,
    audits,
};
use tokio_util::sync::CancellationToken;

use super::cache::Cache;
use super::patience::Patience;
use crate::harness::platform_error;

/// The number of connectors that are looked up one by one.
const SINGLE: u32 = 20;

/// The audit trail, with the state of this process's queries.
#[derive(Debug)]
pub(crate) struct AuditTrail {
    client: Client,
    /// The time limit for all queries about one connector together.
    time_limit: Duration,
    asked: AtomicU32,
    scopes: Cache<Scope, Option<Arc<AuditPage>>>,
    deleted_scopes: Cache<Scope, Option<Arc<AuditPage>>>,
    refused: Mutex<BTreeSet<Scope>>,
    patience: Patience,
}

/// What the trail contains about one connector since some moment.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct History {
    /// The newest events, newest first.
    pub(crate) events: Vec<AuditEvent>,
    /// The total number of events.
    pub(crate) total: u64,
    /// Whether there may be more events than that.
    pub(crate) is_open: bool,
}

impl AuditTrail {
    /// Creates an audit trail without queries.
    pub(crate) fn new(client: Client, time_limit: Duration) -> Self {
        Self {
            client,
            time_limit,
            asked: AtomicU32::new(0),
            scopes: Cache::default(),
            deleted_scopes: Cache::default(),
            refused: Mutex::default(),
            patience: Patience::default(),
        }
    }

    /// Creates an operation for all queries about one connector.
    pub(crate) fn operation(&self, cancellation: CancellationToken) -> Operation {
        Operation::new(cancellation).with_time_limit(self.time_limit)
    }

    /// Returns what happened to a connector since a moment, or ever. Returns `None` if the trail did not say.
    pub(crate) async fn history(
        &self,
        connector: &ConnectorRef,
        since: Option<i64>,
        operation: &Operation,
    ) -> Option<History> {
        let account = self.client.account_id();
        let (page, is_of_scope) = if self.asked.fetch_add(1, Ordering::Relaxed) < SINGLE {
            let request = audits::of_connector(account, connector, since, audits::FEW_EVENTS);
            let page = self.ask(&connector.scope, request, operation).await?;
            (Arc::new(page), false)
        } else {
            let scope = &connector.scope;
            // Connectors of the scope were last read at different times; events that are too old for this one are left
            // out below.
            let request = audits::of_connectors(account, scope, None);
            let ask = async { self.ask(scope, request, operation).await.map(Arc::new) };
            (self.scopes.answer(scope.clone(), ask).await?, true)
        };
        let this = Audited::Connector(connector.identifier.clone());
        let is_recent = |event: &&AuditEvent| since.is_none_or(|since| event.at >= since);
        let events: Vec<AuditEvent> = page
            .events
            .iter()
            .filter(|event| event.is_about(&this, &connector.scope))
            .filter(is_recent)
            .cloned()
            .collect();
        let found = u64::try_from(events.len()).unwrap_or(u64::MAX);
        let read = u64::try_from(page.events.len()).unwrap_or(u64::MAX);
        let has_more = page.total > read;
        let reaches_back = page
            .events
            .last()
            .is_some_and(|oldest| since.is_some_and(|since| oldest.at < since));
        // The total is that of this connector only if there are no other events.
        let is_exact = !is_of_scope && found == read;
        Some(History {
            total: if is_exact { page.total } else { found },
            is_open: has_more && !is_exact && !reaches_back,
            events,
        })
    }

    /// Returns the newest deletion of an organization or project, or of the organization around a project, since a
    /// moment. Returns `None` if the trail did not say, or there is none.
    pub(crate) async fn scope_deletion(
        &self,
        scope: &Scope,
        since: Option<i64>,
        operation: &Operation,
    ) -> Option<AuditEvent> {
        let request = audits::of_scope_deletion(self.client.account_id(), scope, None)?;
        let around = Scope::Organization {
            org: scope.org()?.to_owned(),
        };
        let ask = async { self.ask(&around, request, operation).await.map(Arc::new) };
        let page = self.deleted_scopes.answer(scope.clone(), ask).await?;
        let organization = Audited::Organization(scope.org()?.to_owned());
        let project = scope.project().map(|id| Audited::Project(id.to_owned()));
        let is_it = |event: &&AuditEvent| {
            let is_around = event.is_about(&organization, &around);
            let is_project = project
                .as_ref()
                .is_some_and(|project| event.is_about(project, scope));
            event.action == AuditAction::Delete
                && (is_around || is_project)
                && since.is_none_or(|since| event.at >= since)
        };
        page.events.iter().find(is_it).cloned()
    }

    /// Sends a query about a scope. Returns `None` without a response.
    async fn ask(
        &self,
        scope: &Scope,
        request: Request<AuditPage>,
        operation: &Operation,
    ) -> Option<AuditPage> {
        if self.patience.is_over() || self.is_refused(scope) {
            return None;
        }
        let error = match self.client.send(request, operation).await {
            Ok(answer) => {
                self.patience.answered();
                return Some(answer.value);
            }
            Err(error) => error,
        };
        if error.is_forbidden() {
            self.refuse(scope, &platform_error::said(&error));
        } else if !error.is_cancelled() {
            tracing::debug!(error = %platform_error::said(&error), "The audit trail gave no answer");
            if error.is_unauthorized() {
                self.patience.end();
            } else {
                self.patience.unanswered();
            }
        }
        None
    }

    fn is_refused(&self, scope: &Scope) -> bool {
        let refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        refused.contains(scope)
    }

    fn refuse(&self, scope: &Scope, error: &str) {
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        if refused.is_empty() {
            tracing::debug!(
                error,
                "The API key is not allowed to view the audit trail (core_audit_view), so drift is reported without who \
                 changed a connector"
            );
        }
        refused.insert(scope.clone());
    }
}

#[cfg(test)]
mod tests {

    use harness_sandbox::{Kind, Options, Running, Sandbox};
    use serde_json::json;

    use super::*;

    use crate::harness::plan_queries::patience::MOST_IN_A_ROW;
    use crate::harness::testing::config;

    fn start() -> (Running, AuditTrail) {
        let sandbox = Sandbox::start(Options::default()).unwrap();
        let client = Client::new(config(&sandbox, Duration::ZERO));
        (
            sandbox,
            AuditTrail::new(client.unwrap(), Duration::from_mins(1)),
        )
    }

    fn project() -> Scope {
        Scope::from_ids(Some("platform"), Some("payments")).unwrap()
    }

    async fn history(
        trail: &AuditTrail,
        scope: &Scope,
        identifier: &str,
        since: Option<i64>,
    ) -> Option<History> {
        let operation = trail.operation(CancellationToken::new());
        let connector = ConnectorRef::new(scope.clone(), identifier);
        trail.history(&connector, since, &operation).await
    }

    fn save(sandbox: &Running, scope: &Scope, identifier: &str) {
        let scope = harness_sandbox::Scope::of(scope.org(), scope.project());
        let connector = json!({"type": "Bitbucket", "name": identifier, "spec": {}});
        sandbox
            .put(Kind::Connector, &scope, identifier, connector)
            .unwrap();
    }

    #[tokio::test]
    async fn a_connector_is_asked_about_in_its_own_scope_alone() {
        let (sandbox, trail) = start();
        for scope in [Scope::Account, project()] {
            save(&sandbox, &scope, "bb");
            save(&sandbox, &scope, "other");
        }
        for _ in 0..12 {
            save(&sandbox, &Scope::Account, "bb");
        }
        let found = history(&trail, &project(), "bb", None).await.unwrap();
        assert_eq!(
            (found.events.len(), found.total, found.is_open),
            (1, 1, false)
        );
        let found = history(&trail, &Scope::Account, "bb", None).await.unwrap();
        assert_eq!(
            (found.events.len(), found.total, found.is_open),
            (10, 13, false)
        );
        let last = found.events[0].at;
        let found = history(&trail, &Scope::Account, "bb", Some(last)).await;
        assert_eq!(found.unwrap().total, 1);
        assert_eq!(sandbox.requests().len(), 3);
    }

    #[tokio::test]
    async fn after_the_first_ones_a_scope_answers_for_all_of_its_connectors() {
        let (sandbox, trail) = start();
        save(&sandbox, &project(), "old");
        for number in 0..60 {
            save(&sandbox, &project(), "bb");
            save(&sandbox, &project(), &format!("c{number}"));
        }
        for _ in 0..SINGLE {
            history(&trail, &Scope::Account, "bb", None).await.unwrap();
        }
        sandbox.clear_requests();
        let newest = history(&trail, &project(), "bb", None).await.unwrap();
        assert_eq!(
            (newest.events.len(), newest.total, newest.is_open),
            (50, 50, true)
        );
        // Far enough back for a connector that was read since.
        let since = Some(newest.events[10].at);
        let found = history(&trail, &project(), "bb", since).await.unwrap();
        assert_eq!(
            (found.events.len(), found.total, found.is_open),
            (11, 11, false)
        );
        let found = history(&trail, &project(), "old", None).await.unwrap();
        assert_eq!((found.events.len(), found.is_open), (0, true));
        assert_eq!(sandbox.requests().len(), 1);
    }

    #[tokio::test]
    async fn a_scope_that_may_not_be_seen_is_asked_about_once() {
        let (sandbox, trail) = start();
        save(&sandbox, &project(), "bb");
        let denied = format!("core_audit_view:{}", sandbox.account_id());
        let denied =
            json!({"denied_permissions": {"developer": [denied, "core_audit_view:payments"]}});
        sandbox.change_settings(&denied).unwrap();
        for _ in 0..3 {
            assert_eq!(history(&trail, &Scope::Account, "bb", None).await, None);
        }
        assert_eq!(sandbox.requests().len(), 1);
        // The organization's trail may be visible.
        assert!(history(&trail, &project(), "bb", None).await.is_some());
    }

    #[tokio::test]
    async fn a_trail_that_does_not_answer_is_asked_three_times() {
        let (sandbox, trail) = start();
        let fault = harness_sandbox::Fault::on(
            "POST",
            "/audit/api/audits/list",
            harness_sandbox::Action::Html(502),
        );
        sandbox.script([fault.times(0)]).unwrap();
        for _ in 0..5 {
            assert_eq!(history(&trail, &Scope::Account, "bb", None).await, None);
        }
        assert_eq!(
            sandbox.requests().len(),
            usize::try_from(MOST_IN_A_ROW).unwrap()
        );
    }

    #[tokio::test]
    async fn the_deletion_of_a_scope_is_that_of_the_project_or_of_its_organization() {
        let (sandbox, trail) = start();
        let operation = trail.operation(CancellationToken::new());
        let platform = harness_sandbox::Scope::organization("platform");
        let account = harness_sandbox::Scope::account();
        sandbox
            .delete(Kind::Project, &platform, "payments")
            .unwrap();
        sandbox
            .delete(Kind::Organization, &account, "platform")
            .unwrap();
        let website = Scope::from_ids(Some("platform"), Some("website")).unwrap();
        let deletion = async |scope: &Scope, since| {
            let event = trail.scope_deletion(scope, since, &operation).await;
            event.map(|event| event.identifier)
        };
        let platform = Some("platform".to_owned());
        assert_eq!(deletion(&project(), None).await, platform);
        assert_eq!(deletion(&website, None).await, platform);
        assert_eq!(deletion(&website, Some(i64::MAX)).await, None);
        assert_eq!(deletion(&Scope::Account, None).await, None);
        assert_eq!(sandbox.requests().len(), 2);
    }
}
