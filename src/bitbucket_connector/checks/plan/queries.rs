//! The queries about a planned change. For a new connector, everything that can be looked up. For an update, what
//! concerns the changed settings, and the connector's users if those settings are what users rely on. For a destroyed
//! connector, its users; for a replacement, both.

use std::collections::{BTreeMap, BTreeSet};

use harness_platform::Scope;

use super::in_place;
use super::input::{self, PlannedChange};
use crate::bitbucket_connector::checks::offline::input::{Input, Reference};
use crate::bitbucket_connector::connector::model::{ApiAccess, Model};
use crate::bitbucket_connector::connector::words::ConnectivityMode;
use crate::harness::plan_queries::answers::{Answers, Existence};
use crate::harness::plan_queries::query::Query;

/// Returns all queries about a change. Unknown values lead to no query.
pub(super) fn for_change(change: &PlannedChange<'_>) -> BTreeSet<Query> {
    match change {
        PlannedChange::Creation { planned } => about_new(planned),
        PlannedChange::Update { prior, planned } => {
            let mut queries: BTreeSet<_> = secrets(planned, Some(prior)).into_iter().collect();
            if concerns_delegates(prior, planned) {
                queries.extend(delegates(planned));
            }
            if in_place::hits_users(prior, planned) {
                queries.extend(usage(prior));
            }
            queries
        }
        PlannedChange::Replacement { prior, planned } => {
            let mut queries = about_new(planned);
            queries.extend(usage(prior));
            queries
        }
        PlannedChange::Destruction { prior } => usage(prior).into_iter().collect(),
    }
}

/// Returns the queries about a connector that does not exist yet.
fn about_new(planned: &Model) -> BTreeSet<Query> {
    let scope = input::known_scope(planned).map(Query::Scope);
    let identifier = input::connector(planned).map(Query::Identifier);
    scope
        .into_iter()
        .chain(identifier)
        .chain(secrets(planned, None))
        .chain(delegates(planned))
        .collect()
}

/// Returns the query about a connector that is destroyed, or changes in a way that affects its users.
fn usage(prior: &Model) -> Option<Query> {
    input::connector(prior).map(Query::Usage)
}

/// Returns the queries about the secrets that `model` refers to and `prior`, in the same argument, does not.
fn secrets(model: &Model, prior: Option<&Model>) -> Vec<Query> {
    let before = prior.map(Input::new);
    let before: BTreeMap<_, _> = before
        .iter()
        .flat_map(|input| &input.references)
        .map(|reference| (&reference.path, reference.text))
        .collect();
    Input::new(model)
        .references
        .iter()
        .filter(|reference| before.get(&reference.path) != Some(&reference.text))
        .filter_map(|reference| secret(model, reference))
        .collect()
}

fn secret(model: &Model, reference: &Reference<'_>) -> Option<Query> {
    let secret = input::secret_id(model, reference.read.as_ref().ok()?)?;
    Some(if reference.is_ssh_key {
        Query::SshCredential(secret)
    } else {
        Query::Secret(secret)
    })
}

/// Returns the queries about alternatives to what is missing.
pub(super) fn about_missing(model: &Model, answers: &Answers) -> BTreeSet<Query> {
    let is_project_missing = match answers.scope {
        Some(Existence::NoOrganization) => return BTreeSet::from([Query::Organizations]),
        Some(Existence::NoProject) => true,
        Some(Existence::There) | None => false,
    };
    let scope = input::scope(model);
    let org = scope.as_ref().and_then(Scope::org).map(str::to_owned);
    let projects = org.filter(|_| is_project_missing);
    let secrets = answers.secrets.iter().filter(|(id, found)| {
        let is_with_project = is_project_missing && id.scope.project().is_some();
        found.is_none() && !is_with_project
    });
    let secrets = secrets.map(|(secret, _)| Query::SecretsInReach {
        from: scope
            .clone()
            .filter(|_| !is_project_missing)
            .unwrap_or_else(|| secret.scope.clone()),
        instead_of: secret.identifier.clone(),
    });
    secrets
        .chain(projects.map(|org| Query::Projects { org }))
        .collect()
}

/// Returns the queries about the delegates that can serve a connector: those of its own scope and of wider ones.
fn delegates(model: &Model) -> Vec<Query> {
    if ConnectivityMode::of(model) != Some(ConnectivityMode::Delegate) {
        return Vec::new();
    }
    let scopes = input::scope(model).map(|scope| scope.with_wider());
    let scopes = scopes.unwrap_or_default();
    scopes.into_iter().map(Query::Delegates).collect()
}

/// Returns whether an update changes which delegates serve the connector, or what it needs from them.
fn concerns_delegates(prior: &Model, planned: &Model) -> bool {
    let needs_recent = |model: &Model| {
        let api_access = model.api_access.known();
        api_access.is_some_and(|api: &ApiAccess| api.email_and_api_token.known().is_some())
    };
    prior.connectivity_mode != planned.connectivity_mode
        || prior.delegate_selectors != planned.delegate_selectors
        || (needs_recent(planned) && !needs_recent(prior))
}
