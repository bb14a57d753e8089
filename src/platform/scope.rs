//! Where an object lives on the platform: in the account, in an organization, or in a project of an organization.

use std::fmt;

/// One of the platform's three scopes.
///
/// It does not include the account, because a client works with exactly one. `Display` is for people.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Scope {
    /// The account.
    Account,
    /// An organization.
    Organization {
        /// The identifier.
        org: String,
    },
    /// A project.
    Project {
        /// The identifier of the project's organization.
        org: String,
        /// The identifier.
        project: String,
    },
}

impl Scope {
    /// Returns the scope for two optional identifiers. As on the platform, empty ones count as absent.
    ///
    /// # Errors
    /// Returns an error if there is a project but no organization.
    pub fn from_ids(
        org: Option<&str>,
        project: Option<&str>,
    ) -> Result<Self, ProjectWithoutOrganization> {
        let org = org.filter(|id| !id.is_empty()).map(str::to_owned);
        let project = project.filter(|id| !id.is_empty()).map(str::to_owned);
        match (org, project) {
            (None, None) => Ok(Self::Account),
            (Some(org), None) => Ok(Self::Organization { org }),
            (Some(org), Some(project)) => Ok(Self::Project { org, project }),
            (None, Some(project)) => Err(ProjectWithoutOrganization { project }),
        }
    }

    /// Returns the organization's identifier, or `None` for the account.
    pub fn org(&self) -> Option<&str> {
        match self {
            Self::Account => None,
            Self::Organization { org } | Self::Project { org, .. } => Some(org),
        }
    }

    /// Returns the project's identifier, or `None` outside a project.
    pub fn project(&self) -> Option<&str> {
        match self {
            Self::Account | Self::Organization { .. } => None,
            Self::Project { project, .. } => Some(project),
        }
    }

    /// Returns this scope and the wider ones, from narrow to wide.
    pub fn with_wider(&self) -> Vec<Self> {
        let mut scopes = vec![self.clone()];
        if let Self::Project { org, .. } = self {
            scopes.push(Self::Organization { org: org.clone() });
        }
        if *self != Self::Account {
            scopes.push(Self::Account);
        }
        scopes
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Account => f.write_str("account"),
            Self::Organization { org } => write!(f, "organization \"{org}\""),
            Self::Project { org, project } => {
                write!(f, "project \"{project}\" of organization \"{org}\"")
            }
        }
    }
}

/// The error for a project without its organization.
#[derive(Clone, Debug, Eq, thiserror::Error, PartialEq)]
#[error("project \"{project}\" is set without its organization; set both")]
pub struct ProjectWithoutOrganization {
    project: String,
}

/// What identifies a connector within the account: its scope and its identifier. Together they are the platform's
/// lookup key, so neither can change during the life of a connector.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct ConnectorRef {
    /// The scope of the connector.
    pub scope: Scope,
    /// The identifier, unique within the scope.
    pub identifier: String,
}

impl ConnectorRef {
    /// Creates a reference to the connector `identifier` in `scope`.
    pub fn new(scope: Scope, identifier: impl Into<String>) -> Self {
        Self {
            scope,
            identifier: identifier.into(),
        }
    }
}

impl fmt::Display for ConnectorRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "connector \"{}\" of {}", self.identifier, self.scope)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_optional_identifiers_name_a_scope() {
        for (org, project, shown) in [
            (None, None, "account"),
            (Some(""), Some(""), "account"),
            (Some("o"), None, "organization \"o\""),
            (Some("o"), Some(""), "organization \"o\""),
            (Some("o"), Some("p"), "project \"p\" of organization \"o\""),
        ] {
            let scope = Scope::from_ids(org, project).unwrap();
            assert_eq!(scope.to_string(), shown);
            assert_eq!(scope.org(), org.filter(|id| !id.is_empty()));
            assert_eq!(scope.project(), project.filter(|id| !id.is_empty()));
        }
        assert_eq!(
            Scope::from_ids(Some(""), Some("p"))
                .unwrap_err()
                .to_string(),
            "project \"p\" is set without its organization; set both"
        );
    }

    #[test]
    fn the_scopes_around_one_end_with_the_account() {
        for (org, project, shown) in [
            (None, None, &["account"][..]),
            (Some("o"), None, &["organization \"o\"", "account"]),
            (
                Some("o"),
                Some("p"),
                &[
                    "project \"p\" of organization \"o\"",
                    "organization \"o\"",
                    "account",
                ],
            ),
        ] {
            let scopes = Scope::from_ids(org, project).unwrap().with_wider();
            let scopes: Vec<_> = scopes.iter().map(Scope::to_string).collect();
            assert_eq!(scopes, shown);
        }
    }

    #[test]
    fn a_reference_reads_as_a_person_would_say_it() {
        let scope = Scope::from_ids(Some("o"), None).unwrap();
        assert_eq!(
            ConnectorRef::new(scope, "bb").to_string(),
            "connector \"bb\" of organization \"o\""
        );
    }
}
