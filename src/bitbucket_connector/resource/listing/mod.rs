//! Refresh of many connectors: the scope is listed, and a connector that the listing shows unchanged needs no request
//! of its own.
//!
//! Only "unchanged" is taken from a listing. A connector that differs, is missing, is listed twice, or cannot be read
//! completely is read individually before anything is reported about it. So a listing only saves requests.
//!
//! | rule | reason |
//! |---|---|
//! | a scope is listed after [`reads::FIRST`] connectors have been read one by one | most states have few connectors in a scope |
//! | listings never cost more requests than the reads of the scope have cost so far, plus one | the scope may have thousands of connectors that are not in this state |
//! | the contents of a listing are valid for [`entries::FRESH`] | Terraform refreshes to learn what exists now |
//! | a failed listing is neither repeated nor reported; a rate-limited one waits, like every request | every connector can be read without it |
//! | no listing once the run changes something | a change depends on the latest reads |

mod entries;
mod reads;
mod walk;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use harness_platform::{ConnectorRef, Scope, connectors};
use tokio::sync::watch;
use tokio::time::Instant;
use tracing::Instrument;

use super::private_state::Private;
use super::task::Task;
use crate::bitbucket_connector::connector::model::Model;
use crate::harness::provider_data::ProviderData;
use entries::Fingerprint;
use reads::{SharedReads, Step};
use walk::Walk;

/// The part of the resource's time limit for which a read may wait for a listing: one divided by this. The rest is
/// enough for the read without a listing.
const SHARE_FOR_WAITING: u32 = 10;

/// The listings of the run that this process serves.
#[derive(Debug, Default)]
pub(crate) struct Listings(Mutex<Run>);

/// The state of one run.
#[derive(Debug, Default)]
struct Run {
    /// Identifies the run: a host configures the provider once per run, and a process under a debugger serves several
    /// runs.
    provider_data: Weak<ProviderData>,
    scopes: BTreeMap<Scope, SharedReads>,
    /// Whether something is changed from now on.
    is_closed: bool,
}

impl Listings {
    /// Ends the use of listings, because this run changes something from now on.
    pub(crate) fn close(&self, task: &Task) {
        self.run(task).is_closed = true;
    }

    /// Returns whether a listing shows the connector exactly as in the state. If not, the caller reads the connector
    /// individually; that read is already counted.
    pub(crate) async fn show_unchanged(
        &self,
        task: &Task,
        connector: &ConnectorRef,
        current: &Model,
        stored: &Private,
    ) -> bool {
        let Some(reads) = self.reads(task, &connector.scope) else {
            return false;
        };
        let Some(expected) = expected(connector, current, stored) else {
            reads.lock().count();
            return false;
        };
        let mut may_wait = true;
        loop {
            let now = Instant::now();
            let step = reads.lock().step(now, may_wait);
            match step {
                Step::ReadAlone => return false,
                Step::Look(entries) => {
                    let identifier = &connector.identifier;
                    let is_shown = entries.show(identifier, &expected, now);
                    if is_shown {
                        tracing::debug!(identifier, "the listing shows the connector unchanged");
                    } else {
                        reads.lock().count();
                    }
                    return is_shown;
                }
                Step::List(under_way) => list(task, &connector.scope, &reads, under_way),
                Step::Wait(listing) => may_wait = wait(task, listing).await,
            }
        }
    }

    /// Returns the reads of a scope, or `None` if listings are useless.
    fn reads(&self, task: &Task, scope: &Scope) -> Option<SharedReads> {
        let mut run = self.run(task);
        (!run.is_closed).then(|| run.scopes.entry(scope.clone()).or_default().clone())
    }

    /// Returns the state of a task's run.
    fn run(&self, task: &Task) -> MutexGuard<'_, Run> {
        let mut run = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let provider_data = Arc::downgrade(&task.provider_data);
        if !Weak::ptr_eq(&run.provider_data, &provider_data) {
            *run = Run {
                provider_data,
                ..Run::default()
            };
        }
        run
    }
}

/// Lists a scope in its own task, because the read that triggers it may have less time than the listing.
fn list(task: &Task, scope: &Scope, reads: &SharedReads, under_way: watch::Sender<()>) {
    let walk = Walk {
        client: task.provider_data.client.clone(),
        cancellation: task.cancellation(),
        scope: scope.clone(),
        reads: reads.clone(),
    };
    let (walk, reads, scope) = (Arc::new(walk), reads.clone(), scope.clone());
    let listing = async move {
        let ended = walk.pages().await;
        tracing::debug!(%scope, %ended, "listing of a scope");
        reads.lock().end(ended);
        // Wakes the waiting reads, as a panic before this line does.
        drop(under_way);
    };
    tokio::spawn(listing.in_current_span());
}

/// Returns how a listing must show a connector that counts as unchanged. Returns `None` if the connector must be read
/// individually in any case.
fn expected(connector: &ConnectorRef, current: &Model, stored: &Private) -> Option<Fingerprint> {
    // Such a read settles more than the settings: what the connector is, or whether it is ours.
    let is_settled = !(stored.importing || stored.unconfirmed || stored.moved);
    // A connector with an API path as its identifier is listed but cannot be read.
    let can_be_read = !connectors::PATHS.contains(&connector.identifier.as_str());
    if !is_settled || !can_be_read {
        return None;
    }
    Fingerprint::of_state(connector, current)
}

/// Waits for a listing in progress. Returns false if it takes longer than the read can wait.
async fn wait(task: &Task, mut listing: watch::Receiver<()>) -> bool {
    // Nothing is ever sent: the channel closes when the listing has ended.
    let ended = async {
        let _ = listing.changed().await;
    };
    let left = task.operation.remaining(std::time::Instant::now());
    tokio::select! {
        biased;
        () = task.operation.cancelled() => false,
        () = out_of_patience(left) => false,
        () = ended => true,
    }
}

/// Resolves when a read with this much time left, if there is a limit, has waited enough. Without a limit, it waits for
/// the end of the listing, which has a time limit per page.
async fn out_of_patience(left: Option<Duration>) {
    match left {
        Some(left) => tokio::time::sleep(left / SHARE_FOR_WAITING).await,
        None => std::future::pending().await,
    }
}
