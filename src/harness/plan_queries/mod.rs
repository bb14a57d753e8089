//! Queries to the platform during a plan, limited in time, each sent once per process.

pub(crate) mod answers;
pub(crate) mod audit_trail;
pub(super) mod cache;
mod identifiers;
pub(crate) mod lookups;
mod patience;
pub(crate) mod query;
pub(crate) mod secret_id;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use harness_platform::{Client, ConnectorRef};
use tokio_util::sync::CancellationToken;

use answers::Answers;
use audit_trail::AuditTrail;
use lookups::Lookups;
use query::Query;

/// The time limit for all queries about one change.
const TIME_LIMIT: Duration = Duration::from_secs(5);

/// What the plans of one process share: the platform's answers, and information from Terraform.
#[derive(Debug)]
pub struct PlanQueries {
    lookups: Arc<Lookups>,
    /// Who made the changes that refreshes find.
    pub(crate) audit_trail: AuditTrail,
    /// The connectors in Terraform's state that this process has seen. For a *tainted* one, Terraform plans a creation
    /// without mentioning the existing one.
    in_state: Mutex<BTreeSet<ConnectorRef>>,
    /// Whether this process has begun to apply.
    is_applying: AtomicBool,
}

impl PlanQueries {
    /// Creates the queries for this client's platform.
    pub fn new(client: Client) -> Self {
        Self::within(client, TIME_LIMIT)
    }

    /// Creates the queries with another time limit.
    pub(crate) fn within(client: Client, time_limit: Duration) -> Self {
        Self {
            audit_trail: AuditTrail::new(client.clone(), time_limit),
            lookups: Arc::new(Lookups::new(client, time_limit)),
            in_state: Mutex::default(),
            is_applying: AtomicBool::new(false),
        }
    }

    /// Records that this connector is in Terraform's state.
    pub(crate) fn add_in_state(&self, connector: ConnectorRef) {
        self.connectors_in_state().insert(connector);
    }

    /// Returns whether this connector is known to be in Terraform's state.
    pub(crate) fn is_in_state(&self, connector: &ConnectorRef) -> bool {
        self.connectors_in_state().contains(connector)
    }

    /// Records that the platform has responded to a request other than a query.
    pub(crate) fn platform_answers(&self) {
        self.lookups.platform_answers();
    }

    /// Records that this process applies changes from now on.
    pub(crate) fn begin_applying(&self) {
        self.is_applying.store(true, Ordering::Relaxed);
    }

    /// Returns whether this process applies changes.
    pub(crate) fn is_applying(&self) -> bool {
        self.is_applying.load(Ordering::Relaxed)
    }

    /// Returns the answers that arrive within the time limit. Ends early on cancellation.
    pub(crate) async fn answers(
        &self,
        questions: BTreeSet<Query>,
        cancellation: CancellationToken,
    ) -> Answers {
        self.lookups.answers(questions, cancellation).await
    }

    fn connectors_in_state(&self) -> MutexGuard<'_, BTreeSet<ConnectorRef>> {
        self.in_state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
