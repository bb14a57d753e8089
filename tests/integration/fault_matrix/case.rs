//! A case: an operation, how much of it a fault affects, and the outcome.

use std::time::Duration;

use terraform_provider_harness::harness::provider_data::ConnectionTestMode;
use tf_provider::diagnostic::{Diagnostic, Severity};

/// The identifier of the connector in every case.
pub(super) const IDENTIFIER: &str = "Bitbucket_Cloud";
pub(super) const CONNECTORS: &str = "/ng/api/connectors";
/// A secret of the account that the connector does not refer to before a plan.
pub(super) const OTHER_SECRET: &str = "bitbucket_refresh_token";

/// What Terraform asks the resource to do.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Operation {
    Create,
    Read,
    Update,
    Delete,
    /// The connection test after a create; a failure is a warning.
    Test,
    /// The connection test after a create; a failure undoes the create.
    RequiredTest,
    /// The connection test after an update; a failure undoes the update.
    RequiredTestOfUpdate,
    /// The lookups of a plan, here for an update that refers to another secret.
    Lookups,
    /// The list of all connectors of the account.
    List,
}

impl Operation {
    /// Returns the name on the page and in the table.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Read => "read",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::Test => "test",
            Self::RequiredTest => "required test",
            Self::RequiredTestOfUpdate => "required test of an update",
            Self::Lookups => "lookups of a plan",
            Self::List => "list",
        }
    }

    /// Returns the method and path of the main request.
    pub(super) fn request(self) -> (&'static str, String) {
        match self {
            Self::Create => ("POST", CONNECTORS.to_owned()),
            Self::Read => ("GET", format!("{CONNECTORS}/{IDENTIFIER}")),
            Self::Update => ("PUT", CONNECTORS.to_owned()),
            Self::Delete => ("DELETE", format!("{CONNECTORS}/{IDENTIFIER}")),
            Self::Test | Self::RequiredTest | Self::RequiredTestOfUpdate => {
                ("POST", format!("{CONNECTORS}/testConnection/{IDENTIFIER}"))
            }
            Self::Lookups => ("GET", format!("/ng/api/v2/secrets/{OTHER_SECRET}")),
            Self::List => ("POST", format!("{CONNECTORS}/listV2")),
        }
    }

    /// Returns whether there is a connector before it.
    pub(super) fn has_prior(self) -> bool {
        matches!(
            self,
            Self::Read
                | Self::Update
                | Self::Delete
                | Self::RequiredTestOfUpdate
                | Self::Lookups
                | Self::List
        )
    }

    pub(super) fn test_mode(self) -> ConnectionTestMode {
        match self {
            Self::Test => ConnectionTestMode::Warn,
            Self::RequiredTest | Self::RequiredTestOfUpdate => ConnectionTestMode::Require,
            _ => ConnectionTestMode::Off,
        }
    }
}

/// How much of an operation a fault affects.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Extent {
    /// The operation's main request, once.
    Once,
    /// Its main request, every time.
    Main,
    /// All its requests (for a connection test: the test's, and all after it).
    All,
}

impl Extent {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Once => "once",
            Self::Main => "always",
            Self::All => "everything",
        }
    }
}

/// The state after the operation.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Stored {
    Nothing,
    /// The prior state.
    Former,
    /// The planned state.
    Planned,
    /// The planned state, of a connector that may exist.
    Unconfirmed,
}

/// What exists on the platform after the operation.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Existing {
    Nothing,
    Former,
    Planned,
    /// What someone else made of it, or instead of it.
    Theirs,
}

/// A request about the connector.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Step {
    Create,
    Read,
    Write,
    Delete,
    Test,
}

impl Step {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Read => "read",
            Self::Write => "write",
            Self::Delete => "delete",
            Self::Test => "test",
        }
    }
}

/// The outcome of a case.
#[derive(Clone, Debug)]
pub(super) struct Outcome {
    pub(super) findings: Vec<Diagnostic>,
    pub(super) stored: Stored,
    pub(super) existing: Existing,
    /// For a list: the number of listed connectors, and of existing ones.
    pub(super) listed: Option<(usize, usize)>,
    /// The number of requests sent, or tried if there is no platform.
    pub(super) requests: usize,
    /// The number of requests without a response although no fault affected them: this machine lost the connection, or
    /// was too slow.
    pub(super) lost: usize,
    /// The requests about the connector, in order.
    pub(super) steps: Vec<Step>,
    /// The total wait between them.
    pub(super) waited: Duration,
    /// What the next run does without a fault.
    pub(super) next: &'static str,
}

impl Outcome {
    pub(super) fn failed(&self) -> bool {
        self.findings
            .iter()
            .any(|finding| finding.severity == Severity::Error)
    }
}
