//! References to secrets: `id` (the connector's project), `org.id`, `account.id`.
//!
//! The prefix is case-insensitive, and stored in lower case. A wrong prefix is reported while the body is read,
//! everything else when the connector is saved.

use crate::scope::Scope;
use crate::world::World;

/// A parsed reference.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct SecretRef {
    level: Level,
    identifier: String,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Level {
    Project,
    Organization,
    Account,
}

impl SecretRef {
    /// Parses a reference, as the platform does while it reads the body.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let Some((prefix, identifier)) = text.split_once('.') else {
            return Ok(Self {
                level: Level::Project,
                identifier: text.to_owned(),
            });
        };
        let level = match prefix.to_lowercase().as_str() {
            "account" => Level::Account,
            "org" => Level::Organization,
            "project" => return Err("Invalid Secret Reference".into()),
            _ => return Err(format!("No scope found for string: {prefix}")),
        };
        Ok(Self {
            level,
            identifier: identifier.to_owned(),
        })
    }

    /// Returns the form in which the platform stores and returns it.
    pub(super) fn canonical(&self) -> String {
        match self.level {
            Level::Project => self.identifier.clone(),
            Level::Organization => format!("org.{}", self.identifier),
            Level::Account => format!("account.{}", self.identifier),
        }
    }

    pub(crate) fn identifier(&self) -> &str {
        &self.identifier
    }

    /// Returns the scope of the secret, for a connector in `scope`.
    ///
    /// # Errors
    /// Returns the platform's message if a connector in that scope must not use the secret.
    pub(crate) fn scope_from(&self, scope: &Scope) -> Result<Scope, String> {
        if self.identifier.is_empty() {
            return Err("Empty identifier values are not supported".into());
        }
        if self.identifier.contains('.') {
            return Err(format!("Invalid identifier reference {}", self.canonical()));
        }
        match (self.level, scope.org_id(), scope.project_id()) {
            (Level::Account, ..) => Ok(Scope::account()),
            (Level::Organization, Some(org), _) => Ok(Scope::organization(org)),
            (Level::Organization, None, _) => {
                Err("The org level secret cannot be used at account level".into())
            }
            (Level::Project, _, Some(_)) => Ok(scope.clone()),
            (Level::Project, Some(_), None) => {
                Err("The project level secret cannot be used at a org level".into())
            }
            (Level::Project, None, None) => {
                Err("The project level secret cannot be used at account level".into())
            }
        }
    }

    /// Checks that the secret exists where a connector in `scope` may use it.
    ///
    /// # Errors
    /// Returns the platform's message.
    pub(crate) fn check(&self, world: &World, scope: &Scope) -> Result<(), String> {
        let found_in = self.scope_from(scope)?;
        if world
            .secrets
            .contains_key(&(found_in.clone(), self.identifier.clone()))
        {
            return Ok(());
        }
        let mut message = format!("No secret exists with the id {}", self.identifier);
        if let Some(org) = found_in.org_id() {
            message.extend(["  in organization ", org]);
        }
        if let Some(project) = found_in.project_id() {
            message.extend([" in project ", project]);
        }
        Err(message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prefix_is_read_in_any_case_and_written_in_lower_case() {
        for (given, canonical) in [
            ("Account.x", "account.x"),
            ("ORG.y", "org.y"),
            ("z", "z"),
            ("", ""),
            ("account.a.b", "account.a.b"),
        ] {
            assert_eq!(SecretRef::parse(given).unwrap().canonical(), canonical);
        }
    }

    #[test]
    fn an_unknown_prefix_is_refused_while_reading() {
        assert_eq!(
            SecretRef::parse("project.x"),
            Err("Invalid Secret Reference".into())
        );
        assert_eq!(
            SecretRef::parse("team.x"),
            Err("No scope found for string: team".into())
        );
    }

    #[test]
    fn a_connector_uses_secrets_of_its_own_or_a_wider_scope() {
        let (account, org, project) = (
            Scope::account(),
            Scope::organization("o"),
            Scope::project("o", "p"),
        );
        for (reference, from, expected) in [
            ("account.x", &project, Ok(&account)),
            ("org.x", &project, Ok(&org)),
            ("x", &project, Ok(&project)),
            (
                "x",
                &org,
                Err("The project level secret cannot be used at a org level"),
            ),
            (
                "x",
                &account,
                Err("The project level secret cannot be used at account level"),
            ),
            (
                "org.x",
                &account,
                Err("The org level secret cannot be used at account level"),
            ),
            (
                "account.",
                &account,
                Err("Empty identifier values are not supported"),
            ),
        ] {
            let found = SecretRef::parse(reference).unwrap().scope_from(from);
            assert_eq!(
                found.as_ref().map_err(String::as_str),
                expected,
                "{reference}"
            );
        }
    }
}
