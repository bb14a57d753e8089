//! One operation on one connector: the client, and the time limits.

use std::sync::Arc;

use harness_platform::Operation;
use tf_provider::diagnostic::{Diagnostic, Severity};
use tf_provider::duration;
use tf_provider::field::Field;
use tf_provider::resource::NewState;
use tf_provider::value::Path;
use tokio_util::sync::CancellationToken;

use crate::bitbucket_connector::connector::model::{Model, Timeouts};
use crate::harness::provider_data::{ConnectionTestMode, ProviderData};

/// The member of the resource's `timeouts` that limits an operation.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum TimeLimit {
    Create,
    Read,
    Update,
    Delete,
}

impl TimeLimit {
    /// Returns the argument in the `timeouts` block.
    fn argument(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Read => "read",
            Self::Update => "update",
            Self::Delete => "delete",
        }
    }

    fn of(self, timeouts: &Timeouts) -> &Field<String> {
        match self {
            Self::Create => &timeouts.create,
            Self::Read => &timeouts.read,
            Self::Update => &timeouts.update,
            Self::Delete => &timeouts.delete,
        }
    }
}

/// One operation on one connector: the client, and the time limits.
pub(crate) struct Task {
    pub(crate) provider_data: Arc<ProviderData>,
    cancellation: CancellationToken,
    pub(crate) operation: Operation,
    /// The resource's own time limit of the operation, as written.
    own_limit: Option<(TimeLimit, String)>,
    /// Whether likely mistakes are errors.
    pub(super) strict: bool,
}

impl Task {
    /// Creates a task with this time limit of the resource's `timeouts`, if it is given.
    pub(crate) fn new(
        provider_data: Arc<ProviderData>,
        cancellation: CancellationToken,
        model: &Model,
        limit: TimeLimit,
    ) -> Self {
        let own = model
            .timeouts
            .known()
            .and_then(|timeouts| limit.of(timeouts).text())
            .and_then(|text| Some((text, duration::parse(text).ok()?)));
        let operation = Operation::new(cancellation.clone());
        let operation = match own {
            Some((_, time)) => operation.with_time_limit(time),
            // Without a limit of its own, the client's retry budget ends it.
            None => operation,
        };
        Self {
            provider_data,
            cancellation,
            operation,
            own_limit: own.map(|(text, _)| (limit, text.to_owned())),
            strict: false,
        }
    }

    /// Sets whether likely mistakes are errors.
    pub(crate) fn strict(mut self, strict: bool) -> Self {
        self.strict = strict;
        self
    }

    /// Returns the outcome of this task. Where the resource's own time limit has cut it short, its errors say so first,
    /// and stand at that limit if they have no better place.
    pub(super) fn finish(&self, outcome: NewState) -> NewState {
        let Some((limit, time)) = &self.own_limit else {
            return outcome;
        };
        if !self.operation.was_cut_short() {
            return outcome;
        }
        let argument = limit.argument();
        let explained = |finding: Diagnostic| match finding.severity {
            Severity::Warning => finding,
            Severity::Error => Diagnostic {
                detail: format!(
                    "Timed out after {time} (`timeouts.{argument}`), including all requests and retries. Increase the timeout \
                     if Harness needs longer.\n\n{}",
                    finding.detail
                ),
                path: finding
                    .path
                    .or_else(|| Some(Path::root().attribute("timeouts").attribute(argument))),
                // The limit is this resource's own.
                shared: None,
                ..finding
            },
        };
        NewState {
            diagnostics: outcome.diagnostics.into_iter().map(explained).collect(),
            ..outcome
        }
    }

    /// Returns the token that is canceled when the user interrupts the run.
    pub(crate) fn cancellation(&self) -> CancellationToken {
        self.cancellation.clone()
    }

    /// Returns an operation for the connection test, whose request has its own time limit.
    pub(super) fn test_operation(&self) -> Operation {
        Operation::new(self.cancellation.clone())
    }

    /// Returns the connection test mode: the resource's, or else the provider's.
    pub(super) fn connection_test(&self, model: &Model) -> ConnectionTestMode {
        model
            .connection_test
            .text()
            .and_then(ConnectionTestMode::from_name)
            .unwrap_or(self.provider_data.connection_test)
    }
}
