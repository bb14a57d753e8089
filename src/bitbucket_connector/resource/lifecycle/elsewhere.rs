//! An import that finds nothing: where Harness has a connector with that identifier, and similar identifiers in the
//! scope.
//!
//! Most such imports lack the scope in the import id, or use a name instead of the identifier. The lookups run only
//! then, for at most five seconds and a dozen requests. The import fails in any case, so what they cannot find out or
//! see is not mentioned.

use std::collections::BTreeSet;
use std::time::Duration;

use harness_platform::{
    Client, ConnectorRef, Operation, Request, Scope, ScopePage, connectors, scopes, taken,
};

use crate::bitbucket_connector::connector::TYPE_NAME;
use crate::bitbucket_connector::resource::task::Task;
use crate::harness::entity_id;
use crate::harness::wording::similar::meant;
use crate::harness::wording::{hcl, joined};

/// The time limit for all lookups together.
const TIME_LIMIT: Duration = Duration::from_secs(5);

/// The maximum number of pages of organizations, and of projects, to read: with 100 on each, about as many scopes as
/// one request can cover.
const MOST_PAGES: u32 = 5;

/// The maximum number of import ids in a message.
const SHOWN: usize = 10;

/// What was found about a connector that is not where an import looked for it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Found {
    /// Bitbucket connectors with the same identifier in other scopes.
    elsewhere: Vec<ConnectorRef>,
    /// Identifiers of Bitbucket connectors in the scope, nearest first.
    nearest: Vec<String>,
}

/// Looks for the connector elsewhere.
pub(super) async fn look(task: &Task, connector: &ConnectorRef) -> Found {
    let operation = Operation::new(task.cancellation()).with_time_limit(TIME_LIMIT);
    let client = &task.provider_data.client;
    let (elsewhere, nearest) = tokio::join!(
        elsewhere(client, connector, &operation),
        nearest_in_scope(client, connector, &operation)
    );
    Found { elsewhere, nearest }
}

impl Found {
    /// Returns the advice, as sentences, or `None` if nothing was found.
    pub(super) fn advice(&self) -> Option<String> {
        match self.elsewhere.as_slice() {
            [] => {
                let nearest: Vec<String> = self.nearest.iter().map(|it| hcl(it)).collect();
                let verb = match nearest.len() {
                    0 => return None,
                    1 => "is",
                    _ => "are",
                };
                Some(format!(
                    "The nearest {verb} {}. Check the Id (not the name) and the scope.",
                    joined(&nearest, "and")
                ))
            }
            [one] => Some(format!(
                "It exists in the {}. Import it from there:\n\n{}\n\nIn an `import` block, write `id = {}`.",
                one.scope,
                command(one),
                hcl(&entity_id::format(&one.scope, &one.identifier))
            )),
            several => {
                let commands = several.iter().take(SHOWN).map(command);
                let mut lines: Vec<String> = commands.collect();
                let more = several.len() - lines.len();
                if more > 0 {
                    lines.push(format!("  and {more} more"));
                }
                Some(format!(
                    "{} connectors in other scopes have this identifier. Import the one you mean:\n\n{}\n\nIn an `import` \
                     block, use the last part as `id`.",
                    several.len(),
                    lines.join("\n"),
                ))
            }
        }
    }
}

/// Returns the line with the command that imports a connector.
fn command(connector: &ConnectorRef) -> String {
    let id = entity_id::format(&connector.scope, &connector.identifier);
    format!("  terraform import {TYPE_NAME}.<name> {id}")
}

/// Returns the Bitbucket connectors with that identifier in all other scopes that the key can see.
async fn elsewhere(
    client: &Client,
    connector: &ConnectorRef,
    operation: &Operation,
) -> Vec<ConnectorRef> {
    let (organizations, projects) = tokio::join!(
        listed(client, scopes::organizations, operation),
        listed(client, |page| scopes::projects(None, page), operation)
    );
    let mut others: BTreeSet<Scope> = [Scope::Account].into();
    for scope in organizations.into_iter().chain(projects) {
        // The organization of a project is included, even if it is not listed.
        others.extend(scope.with_wider());
    }
    others.remove(&connector.scope);
    let others: Vec<ConnectorRef> = others
        .into_iter()
        .take(taken::MOST_AT_ONCE)
        .map(|scope| ConnectorRef::new(scope, &connector.identifier))
        .collect();
    let request = taken::of(client.account_id(), &others);
    let Ok(answer) = client.send(request, operation).await else {
        return Vec::new();
    };
    let found = answer.value.0.into_iter();
    let mut found: Vec<ConnectorRef> = found
        .filter(|found| found.is_bitbucket && others.contains(&found.connector))
        .map(|found| found.connector)
        .collect();
    found.sort();
    found.dedup();
    found
}

/// Returns the first pages of a list of scopes, without those that cannot be listed.
async fn listed(
    client: &Client,
    request: impl Fn(u32) -> Request<ScopePage>,
    operation: &Operation,
) -> Vec<Scope> {
    let mut scopes = Vec::new();
    for number in 0..MOST_PAGES {
        let Ok(answer) = client.send(request(number), operation).await else {
            break;
        };
        scopes.extend(answer.value.scopes);
        if answer.value.next != Some(number + 1) {
            break;
        }
    }
    scopes
}

/// Returns the identifiers in the connector's scope that are similar to its own.
async fn nearest_in_scope(
    client: &Client,
    connector: &ConnectorRef,
    operation: &Operation,
) -> Vec<String> {
    let request = connectors::list(&connector.scope, None, 0);
    let Ok(page) = client.send(request, operation).await else {
        return Vec::new();
    };
    let connectors = page.value.connectors.iter();
    let in_scope = connectors.filter(|it| {
        let there = ConnectorRef::new(connector.scope.clone(), it.connector.identifier());
        it.connector.is_bitbucket() && it.connector.is_for(&there)
    });
    meant(
        &connector.identifier,
        in_scope.map(|it| it.connector.identifier()),
    )
    .into_iter()
    .map(str::to_owned)
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(org: Option<&str>, project: Option<&str>) -> ConnectorRef {
        ConnectorRef::new(Scope::from_ids(org, project).unwrap(), "bb")
    }

    #[test]
    fn what_exists_elsewhere_goes_before_what_is_alike_here() {
        let nearest = vec!["bb_eu".to_owned(), "b".to_owned()];
        let (org, project) = (at(Some("o"), None), at(Some("o"), Some("p")));
        for (elsewhere, nearest, parts) in [
            (vec![], vec![], &[][..]),
            (
                vec![],
                nearest.clone(),
                &["The nearest are \"bb_eu\" and \"b\""][..],
            ),
            (
                vec![project.clone()],
                nearest.clone(),
                &[
                    "It exists in the project \"p\" of organization \"o\"",
                    "terraform import harness_bitbucket_connector.<name> o/p/bb",
                    "`id = \"o/p/bb\"`",
                ],
            ),
            (
                vec![org, project],
                nearest,
                &[
                    "2 connectors in other scopes have this identifier",
                    "<name> o/bb\n",
                    "<name> o/p/bb\n",
                ],
            ),
        ] {
            let advice = Found { elsewhere, nearest }.advice();
            assert_eq!(advice.is_none(), parts.is_empty());
            let advice = advice.unwrap_or_default();
            for part in parts {
                assert!(advice.contains(part), "{advice}");
            }
            assert!(!advice.contains("bb_eu") || parts.len() == 1, "{advice}");
        }
        let many = (0..13).map(|n| at(Some(&format!("o{n}")), None)).collect();
        let found = Found {
            elsewhere: many,
            nearest: Vec::new(),
        };
        assert!(found.advice().unwrap().contains("\n  and 3 more\n"));
    }
}
