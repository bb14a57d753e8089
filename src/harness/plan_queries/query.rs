//! What can be asked while a plan is made.

use harness_platform::{ConnectorRef, Scope};

use super::secret_id::SecretId;

/// One question. Two connectors that need to know the same thing ask the same question.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Query {
    /// Does this organization or project exist? Never asked about the account.
    Scope(Scope),
    /// Is this identifier free?
    Identifier(ConnectorRef),
    /// Is there this secret, and of which kind is it?
    Secret(SecretId),
    /// The same, and if it is an SSH credential: of which kind is the secret with its key?
    SshCredential(SecretId),
    /// Which delegates are there in exactly this scope?
    Delegates(Scope),
    /// Who refers to this connector?
    Usage(ConnectorRef),
    /// To which secrets could a connector of this scope refer instead of the one with this identifier, which is missing?
    SecretsInReach { from: Scope, instead_of: String },
    /// Which organizations are there?
    Organizations,
    /// Which projects are there in this organization?
    Projects { org: String },
}

impl Query {
    /// Whether it is about a secret.
    pub(crate) fn is_about_secret(&self) -> bool {
        matches!(self, Self::Secret(_) | Self::SshCredential(_))
    }
}
