//! Finds a connector that is managed elsewhere, by its identifier or by its name. A missing connector is an error that
//! lists the existing ones.

use harness_platform::{
    ConnectorAnswer, ConnectorRef, Missing, PlatformError, Scope, connectors, scopes,
};
use tf_provider::diagnostic::{Diagnostic, Diagnostics};
use tf_provider::model;
use tf_provider::resource::Context;
use tf_provider::typed::Arguments;
use tf_provider::value::Path;

use super::filter::Filter;
use super::pages;
use crate::bitbucket_connector::checks::offline::check_scope;
use crate::bitbucket_connector::connector::model::Model;
use crate::bitbucket_connector::resource::task::{Task, TimeLimit};
use crate::harness::provider_data::SharedProviderData;
use crate::harness::wording::similar::meant;
use crate::harness::wording::{hcl, joined, shown, type_name};
use crate::harness::{platform_error, target};

/// The maximum number of connectors with one name in a message.
const SHOWN: usize = 10;

model! {
    /// The arguments that select a connector; [`target::connector_arguments`] declares them.
    pub(crate) struct ConnectorArguments {
        identifier: String;
        org_id: String;
        project_id: String;
    }
}

impl Arguments for ConnectorArguments {
    fn check(&self) -> Diagnostics {
        let mut findings: Diagnostics = target::check_identifier(&self.identifier)
            .into_iter()
            .collect();
        findings.extend(check_scope(&self.org_id, &self.project_id));
        findings
    }
}

impl ConnectorArguments {
    /// Returns the connector for completely known arguments.
    ///
    /// # Errors
    /// Returns an error for a project without an organization, which the check also reports.
    pub(super) fn connector(&self) -> Result<ConnectorRef, Diagnostics> {
        let scope = target::scope(&self.org_id, &self.project_id)?;
        let identifier = self.identifier.text().unwrap_or_default();
        Ok(ConnectorRef::new(scope, identifier))
    }
}

/// Creates a task for a lookup on the platform.
///
/// # Errors
/// Returns an error if there is no access; it says what to set.
pub(crate) fn task(
    provider_data: &SharedProviderData,
    context: &Context,
) -> Result<Task, Diagnostic> {
    let provider_data = provider_data
        .get()
        .map_err(|none| none.into_finding(None))?;
    let cancellation = context.cancellation.clone();
    Ok(Task::new(
        provider_data,
        cancellation,
        &Model::default(),
        TimeLimit::Read,
    ))
}

/// Reads the Bitbucket connector with this identifier.
///
/// # Errors
/// Returns an error if it does not exist, has another type, or could not be read.
pub(super) async fn by_identifier(
    task: &Task,
    connector: &ConnectorRef,
) -> Result<ConnectorAnswer, Diagnostics> {
    let client = &task.provider_data.client;
    let answer = match client
        .send(connectors::get(connector), &task.operation)
        .await
    {
        Ok(answer) => answer.value,
        Err(error) if error.is_not_found_connector(connector) => {
            return Err(no_such_identifier(task, connector).await);
        }
        Err(error) => return Err(not_read(&connector.scope, &error).into()),
    };
    if !answer.connector.is_bitbucket() {
        return Err(other_type(connector, &answer).into());
    }
    Ok(answer)
}

/// Finds the only Bitbucket connector with exactly this name.
///
/// # Errors
/// Returns an error if none or several have the name, or the connectors could not be listed.
pub(super) async fn by_name(
    task: &Task,
    scope: &Scope,
    name: &str,
) -> Result<ConnectorAnswer, Diagnostics> {
    let mut all = Vec::new();
    // The platform's search is a case-insensitive regular expression that matches more than names. So its results are
    // compared, and if the name is not among them, all connectors are searched.
    for search_term in [Some(quoted(name)), None] {
        let found = list(task, scope, search_term).await;
        all = found.map_err(|error| not_read(scope, &error))?;
        let (mut found, others): (Vec<_>, Vec<_>) = all
            .into_iter()
            .partition(|answer| answer.connector.name() == name);
        if found.len() > 1 {
            return Err(several(scope, name, &found).into());
        }
        if let Some(answer) = found.pop() {
            return Ok(answer);
        }
        all = others;
    }
    if all.is_empty() {
        see_scope(task, scope).await?;
    }
    Err(no_such_name(scope, name, &all).into())
}

/// Checks that the scope exists, for a caller that found nothing in it: for a missing scope, the platform usually
/// returns an empty list without an error.
///
/// # Errors
/// Returns an error if the platform says that the organization or project does not exist. Other failures are ignored.
pub(super) async fn see_scope(task: &Task, scope: &Scope) -> Result<(), Diagnostic> {
    let client = &task.provider_data.client;
    let seen = match scope {
        Scope::Account => return Ok(()),
        Scope::Organization { org } => {
            let request = scopes::organization(org);
            client.send(request, &task.operation).await.map(drop)
        }
        Scope::Project { org, project } => {
            let request = scopes::project(org, project);
            client.send(request, &task.operation).await.map(drop)
        }
    };
    match seen {
        Ok(()) => Ok(()),
        Err(error) => no_such_scope(scope, &error).map_or(Ok(()), Err),
    }
}

/// Lists the connectors in a scope that match `term`, or all of them.
async fn list(
    task: &Task,
    scope: &Scope,
    term: Option<String>,
) -> Result<Vec<ConnectorAnswer>, PlatformError> {
    let filter = Filter {
        term,
        ..Filter::of_scope(scope.clone())
    };
    let listing = pages::all(&task.provider_data.client, &filter, &task.operation).await?;
    Ok(listing.connectors)
}

/// Returns the regular expression that matches a text literally.
fn quoted(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len());
    for character in text.chars() {
        if r"\.+*?()|[]{}^$#&-~/".contains(character) {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern
}

async fn no_such_identifier(task: &Task, connector: &ConnectorRef) -> Diagnostics {
    let scope = &connector.scope;
    let advice = match list(task, scope, None).await {
        Ok(all) if all.is_empty() => match see_scope(task, scope).await {
            Ok(()) => nothing_there(scope),
            Err(missing) => return missing.into(),
        },
        Ok(all) => {
            let identifiers = all.iter().map(|answer| answer.connector.identifier());
            let nearest = meant(&connector.identifier, identifiers);
            let nearest: Vec<String> = nearest.into_iter().map(hcl).collect();
            format!(
                "{}. Write the connector's Id (not its name), or set `org_id` and `project_id` if it is elsewhere.",
                the_nearest(&nearest)
            )
        }
        Err(_) => {
            "Check the Id (not the name), and set `org_id` and `project_id` if the connector is elsewhere."
                .to_owned()
        }
    };
    Diagnostic::error(
        "Connector not found",
        format!(
            "There is no connector {} in the {scope}. {advice}",
            hcl(&connector.identifier)
        ),
    )
    .at(Path::root().attribute("identifier"))
    .into()
}

fn no_such_name(scope: &Scope, name: &str, all: &[ConnectorAnswer]) -> Diagnostic {
    let names = all.iter().map(|answer| answer.connector.name());
    let nearest = meant(name, names)
        .into_iter()
        .flat_map(|near| all.iter().filter(move |it| it.connector.name() == near));
    let nearest: Vec<String> = nearest
        .take(SHOWN)
        .map(|near| {
            let (name, identifier) = (near.connector.name(), near.connector.identifier());
            format!("{} (identifier {})", hcl(name), hcl(identifier))
        })
        .collect();
    let advice = match nearest.as_slice() {
        [] if all.is_empty() => nothing_there(scope),
        several => format!(
            "{}. Write the exact name, or set `org_id` and `project_id` if the connector is elsewhere.",
            the_nearest(several)
        ),
    };
    Diagnostic::error(
        "Connector not found",
        format!(
            "There is no Bitbucket connector named {} in the {scope}. {advice}",
            shown(name)
        ),
    )
    .at(Path::root().attribute("name"))
}

/// Returns `The nearest are "a", "b" and "c"`, or how to list the connectors if none is near.
fn the_nearest(names: &[String]) -> String {
    let verb = match names.len() {
        0 => {
            return "The data source `harness_bitbucket_connectors` lists the connectors there"
                .to_owned();
        }
        1 => "is",
        _ => "are",
    };
    format!("The nearest {verb} {}", joined(names, "and"))
}

fn nothing_there(scope: &Scope) -> String {
    format!(
        "This API key can see no Bitbucket connectors in the {scope}. Set `org_id` and `project_id` if the connector \
         is elsewhere."
    )
}

fn several(scope: &Scope, name: &str, found: &[ConnectorAnswer]) -> Diagnostic {
    let mut identifiers: Vec<String> = found
        .iter()
        .take(SHOWN)
        .map(|answer| hcl(answer.connector.identifier()))
        .collect();
    let more = found.len() - identifiers.len();
    if more > 0 {
        identifiers.push(format!("{more} more"));
    }
    Diagnostic::error(
        "Multiple connectors have this name",
        format!(
            "{} Bitbucket connectors in the {scope} are named {}. Write an `identifier` instead of the `name`: {}.",
            found.len(),
            shown(name),
            joined(&identifiers, "or")
        ),
    )
    .at(Path::root().attribute("name"))
}

fn other_type(connector: &ConnectorRef, answer: &ConnectorAnswer) -> Diagnostic {
    let found = type_name(answer.connector.connector_type());
    Diagnostic::error(
        format!("Connector is of type {found}"),
        format!(
            "The connector \"{}\" in the {} is a {found} connector, not a Bitbucket connector. Write the Id of a \
             Bitbucket connector.",
            connector.identifier, connector.scope
        ),
    )
    .at(Path::root().attribute("identifier"))
}

/// Returns the diagnostic about a failed lookup, or about a missing organization or project.
pub(crate) fn not_read(scope: &Scope, error: &PlatformError) -> Diagnostic {
    no_such_scope(scope, error)
        .unwrap_or_else(|| platform_error::failed_in("Connectors could not be read", error, scope))
}

/// Returns the diagnostic about a missing organization or project, if the platform reports that.
fn no_such_scope(scope: &Scope, error: &PlatformError) -> Option<Diagnostic> {
    let (summary, argument, missing) = match (error.missing()?, scope.org()?, scope.project()) {
        (Missing::Organization, org, _) => (
            "Organization not found",
            "org_id",
            format!("organization {}", hcl(org)),
        ),
        (Missing::Project, org, Some(project)) => (
            "Project not found",
            "project_id",
            format!("project {} in the organization {}", hcl(project), hcl(org)),
        ),
        _ => return None,
    };
    let finding = Diagnostic::error(
        summary,
        format!(
            "There is no {missing}. Write the Id (not the name), shown next to the name in Harness."
        ),
    );
    Some(finding.at(Path::root().attribute(argument)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quoted_text_is_a_pattern_without_special_characters() {
        for (text, pattern) in [
            ("Bitbucket Cloud", "Bitbucket Cloud"),
            ("bb.eu (prod)", r"bb\.eu \(prod\)"),
            (r"a\b[c]{1}^$|?*+", r"a\\b\[c\]\{1\}\^\$\|\?\*\+"),
            ("Größe_1", "Größe_1"),
        ] {
            assert_eq!(quoted(text), pattern);
        }
    }
}
