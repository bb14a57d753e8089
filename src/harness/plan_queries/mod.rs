//! Questions to the platform while a plan is made: bounded in time, and each asked once in a process.

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

/// How long the queries about one change may take together.
const TIME_LIMIT: Duration = Duration::from_secs(5);

/// What the plans of one process share: the answers of the platform, and what Terraform has said.
#[derive(Debug)]
pub struct PlanQueries {
    lookups: Arc<Lookups>,
    /// Who made the changes that refreshes find.
    pub(crate) audit_trail: AuditTrail,
    /// The connectors of Terraform's state that this process has seen. For one that is *tainted* Terraform plans a creation
    /// and says nothing of the one that is there.
    in_state: Mutex<BTreeSet<ConnectorRef>>,
    /// Whether this process has begun to apply.
    is_applying: AtomicBool,
}

impl PlanQueries {
    /// Queries of the platform to which this client speaks.
    pub fn new(client: Client) -> Self {
        Self::within(client, TIME_LIMIT)
    }

    /// The same with another time limit.
    pub(crate) fn within(client: Client, time_limit: Duration) -> Self {
        Self {
            audit_trail: AuditTrail::new(client.clone(), time_limit),
            lookups: Arc::new(Lookups::new(client, time_limit)),
            in_state: Mutex::default(),
            is_applying: AtomicBool::new(false),
        }
    }

    /// Remembers that this connector is in Terraform's state.
    pub(crate) fn add_in_state(&self, connector: ConnectorRef) {
        self.connectors_in_state().insert(connector);
    }

    /// Whether this connector is known to be in Terraform's state.
    pub(crate) fn is_in_state(&self, connector: &ConnectorRef) -> bool {
        self.connectors_in_state().contains(connector)
    }

    /// The platform has answered something else than a query.
    pub(crate) fn platform_answers(&self) {
        self.lookups.platform_answers();
    }

    /// This process applies changes from now on.
    pub(crate) fn begin_applying(&self) {
        self.is_applying.store(true, Ordering::Relaxed);
    }

    /// Whether this process applies changes.
    pub(crate) fn is_applying(&self) -> bool {
        self.is_applying.load(Ordering::Relaxed)
    }

    /// The answers to these questions, as far as there are any within the time limit. Ends early when it is cancelled.
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
