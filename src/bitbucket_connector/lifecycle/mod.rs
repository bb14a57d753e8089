//! Create, read, update and delete against the platform: never two, never one that the state does not know, and nothing
//! overwritten that somebody else changed.

mod create;
mod delete;
mod read;
mod update;

pub(super) use create::create;
pub(super) use delete::delete;
pub(super) use read::read;
pub(super) use update::update;

use super::access::{Configured, ConnectionTestMode};
use super::model::{Model, Timeouts};
use super::setting::Setting;
use crate::platform::{ConnectorRef, Operation};
use crate::tf_provider::duration;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// One operation on one connector: who speaks to the platform, and how long it may take.
pub(super) struct Task {
    pub(super) configured: Arc<Configured>,
    cancellation: CancellationToken,
    pub(super) operation: Operation,
    /// Whether likely mistakes are errors.
    strict: bool,
}

impl Task {
    /// A task with the time limit that `limit` picks from the resource's `timeouts`.
    pub(super) fn new(
        configured: Arc<Configured>,
        cancellation: CancellationToken,
        model: &Model,
        limit: impl Fn(&Timeouts) -> &Setting<String>,
    ) -> Self {
        let own = model
            .timeouts
            .known()
            .and_then(|timeouts| limit(timeouts).text())
            .and_then(|text| duration::parse(text).ok());
        let operation = Operation::new(cancellation.clone());
        let operation = match own {
            Some(limit) => operation.with_time_limit(limit),
            // Without a limit of its own, the client's retry budget ends it.
            None => operation,
        };
        Self {
            configured,
            cancellation,
            operation,
            strict: false,
        }
    }

    /// The same task, in which likely mistakes are errors, or not.
    pub(super) fn strict(mut self, strict: bool) -> Self {
        self.strict = strict;
        self
    }

    /// Time of its own for the connection test, whose request has a limit of its own.
    pub(super) fn test_operation(&self) -> Operation {
        Operation::new(self.cancellation.clone())
    }

    /// What to do about the connection test: as the resource says, else as the provider says.
    fn connection_test(&self, model: &Model) -> ConnectionTestMode {
        model
            .connection_test
            .text()
            .and_then(ConnectionTestMode::from_name)
            .unwrap_or(self.configured.connection_test)
    }
}

/// An operation of its own for putting back what a failed test condemns: the change itself may have used up its time, and
/// an interrupted run must not leave it half done.
fn undo_operation() -> Operation {
    Operation::new(CancellationToken::new())
}

/// How findings name a connector: `Bitbucket connector "x" of project "p" of organization "o"`.
pub(super) fn named(connector: &ConnectorRef) -> String {
    format!(
        "Bitbucket connector \"{}\" in the {}",
        connector.identifier, connector.scope
    )
}
