//! The queries that a plan can send.

use harness_platform::{ConnectorRef, Scope};

use super::secret_id::SecretId;

/// One query. Two connectors that need the same information send equal queries.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Query {
    /// Does this organization or project exist? Never sent for the account.
    Scope(Scope),
    /// Is this identifier free?
    Identifier(ConnectorRef),
    /// Does this secret exist, and what is its kind?
    Secret(SecretId),
    /// Does this SSH credential exist, and what is the type of the secret with its key? A secret of another type is
    /// also found.
    SshCredential(SecretId),
    /// Which delegates are in exactly this scope?
    Delegates(Scope),
    /// Which entities use this connector?
    Usage(ConnectorRef),
    /// Which secrets could a connector in this scope refer to, instead of a missing one with this identifier?
    SecretsInReach { from: Scope, instead_of: String },
    /// Which organizations exist?
    Organizations,
    /// Which projects exist in this organization?
    Projects { org: String },
}

impl Query {
    /// Returns whether the query is about a secret.
    pub(crate) fn is_about_secret(&self) -> bool {
        matches!(self, Self::Secret(_) | Self::SshCredential(_))
    }
}
