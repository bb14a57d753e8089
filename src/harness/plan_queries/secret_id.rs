//! The secret to which a reference points.

use harness_platform::Scope;

use crate::harness::secret_ref::{Level, SecretRef};

/// The scope and identifier of a secret, which the platform needs to find it.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct SecretId {
    pub(crate) scope: Scope,
    pub(crate) identifier: String,
}

impl SecretId {
    /// Returns the secret to which a reference points, seen from a scope of the account.
    ///
    /// Returns `None` if the scope has no such level, or is not known.
    pub(crate) fn seen_from(
        org: Option<&str>,
        project: Option<&str>,
        reference: &SecretRef,
    ) -> Option<Self> {
        let org = || org.map(str::to_owned);
        let scope = match reference.level() {
            Level::Account => Scope::Account,
            Level::Organization => Scope::Organization { org: org()? },
            Level::Project => Scope::Project {
                org: org()?,
                project: project?.to_owned(),
            },
        };
        Some(Self {
            scope,
            identifier: reference.identifier().to_owned(),
        })
    }

    /// Returns the reference that a connector uses for the secret.
    pub(crate) fn reference(&self) -> String {
        let level = match self.scope {
            Scope::Account => Level::Account,
            Scope::Organization { .. } => Level::Organization,
            Scope::Project { .. } => Level::Project,
        };
        format!("{}{}", level.prefix(), self.identifier)
    }

    /// Returns the secret to which a reference inside this secret points.
    pub(crate) fn inside(&self, reference: &SecretRef) -> Option<Self> {
        Self::seen_from(self.scope.org(), self.scope.project(), reference)
    }
}
