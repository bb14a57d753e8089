//! Where an object lives: the account, an organization, or a project of an organization.
//!
//! The platform never searches a wider scope for a connector, a secret, or a delegate that was requested in a narrower
//! one; only references *inside* a connector may point upward.

/// The scope of an object. An absent organization means the account itself.
#[derive(Clone, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Scope {
    org: Option<String>,
    project: Option<String>,
}

impl Scope {
    /// Returns the account.
    pub fn account() -> Self {
        Self::default()
    }

    /// Returns an organization.
    pub fn organization(org: &str) -> Self {
        Self::of(Some(org), None)
    }

    /// Returns a project of an organization.
    pub fn project(org: &str, project: &str) -> Self {
        Self::of(Some(org), Some(project))
    }

    /// Returns the scope for optional identifiers, as in query parameters and bodies; an empty string counts as absent.
    pub fn of(org: Option<&str>, project: Option<&str>) -> Self {
        let given = |part: Option<&str>| part.filter(|id| !id.is_empty()).map(str::to_owned);
        Self {
            org: given(org),
            project: given(project),
        }
    }

    /// Returns the organization's identifier, or `None` at account scope.
    pub fn org_id(&self) -> Option<&str> {
        self.org.as_deref()
    }

    /// Returns the project's identifier, or `None` at account and organization scope.
    pub fn project_id(&self) -> Option<&str> {
        self.project.as_deref()
    }

    /// Returns the scope one level up, or `None` for the account.
    pub fn parent(&self) -> Option<Self> {
        match (&self.org, &self.project) {
            (_, Some(_)) => Some(Self {
                org: self.org.clone(),
                project: None,
            }),
            (Some(_), None) => Some(Self::account()),
            (None, None) => None,
        }
    }

    /// Returns this scope and every wider one, narrowest first.
    pub fn upwards(&self) -> impl Iterator<Item = Self> {
        std::iter::successors(Some(self.clone()), Self::parent)
    }

    /// Returns whether `other` is this scope or lies inside it.
    pub fn contains(&self, other: &Self) -> bool {
        other.upwards().any(|scope| scope == *self)
    }

    /// Returns `id`, `org/id`, or `org/project/id`: the form in settings, logs, and the command line.
    pub fn path_of(&self, identifier: &str) -> String {
        let mut path = String::new();
        for part in [self.org_id(), self.project_id()].into_iter().flatten() {
            path.push_str(part);
            path.push('/');
        }
        path + identifier
    }

    /// Returns the platform's fully qualified name: the account in front of [`Scope::path_of`].
    pub fn fqn_of(&self, account: &str, identifier: &str) -> String {
        format!("{account}/{}", self.path_of(identifier))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fully_qualified_name_grows_with_the_scope() {
        for (scope, fqn) in [
            (Scope::account(), "acc/id"),
            (Scope::organization("o"), "acc/o/id"),
            (Scope::project("o", "p"), "acc/o/p/id"),
            (Scope::of(Some(""), Some("")), "acc/id"),
        ] {
            assert_eq!(scope.fqn_of("acc", "id"), fqn);
        }
    }

    #[test]
    fn a_scope_contains_itself_and_what_is_narrower_but_not_its_siblings() {
        let project = Scope::project("o", "p");
        assert!(Scope::account().contains(&project));
        assert!(Scope::organization("o").contains(&project));
        assert!(project.contains(&project));
        assert!(!project.contains(&Scope::organization("o")));
        assert!(!Scope::organization("x").contains(&project));
        assert_eq!(project.upwards().count(), 3);
    }
}
