//! What a case is made of: an operation, how much of it a fault meets, and what comes of it.

use std::time::Duration;

use terraform_provider_harness::harness::provider_data::ConnectionTestMode;
use tf_provider::diagnostic::{Diagnostic, Severity};

/// The identifier of the connector in every case.
pub(super) const IDENTIFIER: &str = "Bitbucket_Cloud";
pub(super) const CONNECTORS: &str = "/ng/api/connectors";
/// A secret of the account to which the connector does not refer before a plan.
pub(super) const OTHER_SECRET: &str = "bitbucket_refresh_token";

/// What Terraform asks the resource to do.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Operation {
    Create,
    Read,
    Update,
    Delete,
    /// The connection test after a create, whose failure is a warning.
    Test,
    /// The connection test after a create, whose failure undoes the create.
    RequiredTest,
    /// The connection test after an update, whose failure undoes the update.
    RequiredTestOfUpdate,
    /// What a plan asks the platform: here of an update that refers to another secret.
    LookUps,
    /// The list of all connectors of the account.
    List,
}

impl Operation {
    /// As the page and the table call it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Read => "read",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::Test => "test",
            Self::RequiredTest => "required test",
            Self::RequiredTestOfUpdate => "required test of an update",
            Self::LookUps => "lookups of a plan",
            Self::List => "list",
        }
    }

    /// Method and path of its main request.
    pub(super) fn request(self) -> (&'static str, String) {
        match self {
            Self::Create => ("POST", CONNECTORS.to_owned()),
            Self::Read => ("GET", format!("{CONNECTORS}/{IDENTIFIER}")),
            Self::Update => ("PUT", CONNECTORS.to_owned()),
            Self::Delete => ("DELETE", format!("{CONNECTORS}/{IDENTIFIER}")),
            Self::Test | Self::RequiredTest | Self::RequiredTestOfUpdate => {
                ("POST", format!("{CONNECTORS}/testConnection/{IDENTIFIER}"))
            }
            Self::LookUps => ("GET", format!("/ng/api/v2/secrets/{OTHER_SECRET}")),
            Self::List => ("POST", format!("{CONNECTORS}/listV2")),
        }
    }

    /// Whether there is a connector before it.
    pub(super) fn has_prior(self) -> bool {
        matches!(
            self,
            Self::Read
                | Self::Update
                | Self::Delete
                | Self::RequiredTestOfUpdate
                | Self::LookUps
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

/// How much a fault meets.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Extent {
    /// The operation's main request, once.
    Once,
    /// Its main request, every time.
    Main,
    /// All its requests (of a connection test: that of the test, and all after it).
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

/// What the state has afterwards.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Stored {
    Nothing,
    /// What it had before.
    Former,
    /// What was planned.
    Planned,
    /// What was planned, as something that may exist.
    Unconfirmed,
}

/// What the platform has afterwards.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Existing {
    Nothing,
    Former,
    Planned,
    /// What somebody else has made of it, or in its place.
    Theirs,
}

/// What a request asks the platform to do with the connector.
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

/// What came of a case.
#[derive(Clone, Debug)]
pub(super) struct Outcome {
    pub(super) findings: Vec<Diagnostic>,
    pub(super) stored: Stored,
    pub(super) existing: Existing,
    /// Of a list: how many connectors it has, and how many there are.
    pub(super) listed: Option<(usize, usize)>,
    /// How many requests were sent; where there is no platform, how many were tried.
    pub(super) requests: usize,
    /// How many of them had no answer although no fault met them: this machine lost their connection, or was too slow.
    pub(super) lost: usize,
    /// What the platform was asked to do with the connector, in order.
    pub(super) steps: Vec<Step>,
    /// How long was waited between them.
    pub(super) waited: Duration,
    /// What the next run does when all is well again.
    pub(super) next: &'static str,
}

impl Outcome {
    pub(super) fn failed(&self) -> bool {
        self.findings
            .iter()
            .any(|finding| finding.severity == Severity::Error)
    }
}
