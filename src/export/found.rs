//! The connectors in Harness: the only requests of `export`.

use std::collections::BTreeSet;
use std::io::Write;

use harness_platform::proxy::Environment;
use harness_platform::{
    Client, ConnectorAnswer, Failure, Missing, Operation, PlatformError, Scope, connectors, scopes,
};
use tf_provider::diagnostic::Diagnostics;
use tokio_util::sync::CancellationToken;

use super::arguments::Arguments;
use crate::bitbucket_connector::queries::filter::FilterArguments;
use crate::bitbucket_connector::queries::pages::Listing;
use crate::bitbucket_connector::queries::walk::{Gap, Part, Reason, Step, Walk};
use crate::command;
use crate::command::access::{self, AccessOptions, Patience};
use crate::harness::platform_error;
use crate::harness::wording::hcl;

/// A large account certainly reaches the platform's rate limit, and requests then have to wait. The first request has
/// less time, so that a wrong endpoint is noticed soon.
const MUCH_PATIENCE: Patience = Patience {
    request_timeout: "30s",
    retry_timeout: "2m",
};

/// The number of scopes from which the user is told that it takes a while.
const MANY_SCOPES: usize = 50;

/// The scopes to search.
pub(super) enum Where {
    /// One scope, with or without everything below.
    Below { scope: Scope, is_recursive: bool },
    /// In these scopes.
    In(BTreeSet<Scope>),
}

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// The connectors by scope: the account first, and each organization before its projects.
    pub(super) connectors: Vec<(Scope, ConnectorAnswer)>,
    /// How many scopes were listed.
    pub(super) scopes: usize,
    /// What could not be read, or not completely.
    pub(super) missed: Vec<Missed>,
}

/// Something that could not be read, or not completely.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Missed {
    /// A description, such as `connectors of the organization "o"`.
    pub(super) what: String,
    /// The reason, as a sentence.
    pub(super) reason: String,
}

/// Looks up connectors. Reports on `errors` if that takes long.
///
/// # Errors
/// Returns an error if Harness cannot be reached or refuses the key, or nothing can be read.
pub(super) fn look_up(
    place: &Where,
    arguments: &Arguments,
    environment: Environment<'_>,
    errors: &mut dyn Write,
) -> Result<Found, String> {
    arguments.access.check_certificate_file()?;
    let first = client(&arguments.access, environment, Patience::LITTLE)?;
    let patient = client(&arguments.access, environment, MUCH_PATIENCE)?;
    command::wait_for(async {
        reach(&first, place).await?;
        walk(&patient, place, errors).await
    })
    .map_err(|error| error.to_string())?
}

fn client(
    options: &AccessOptions,
    environment: Environment<'_>,
    patience: Patience,
) -> Result<Client, String> {
    let mut findings = Diagnostics::new();
    let settings = options.settings(patience, environment, &mut findings);
    let client = access::open(settings, "export", environment, &mut findings);
    access::refused_option(&findings)?;
    client.ok_or_else(|| {
        let finding = findings.iter().next();
        finding.map_or_else(String::new, |finding| {
            format!("{}. {}", finding.summary, finding.detail)
        })
    })
}

/// Sends the first request, which shows whether there is access, and whether the scope exists.
async fn reach(client: &Client, place: &Where) -> Result<(), String> {
    let operation = Operation::new(CancellationToken::new());
    let scope = match place {
        Where::Below { scope, .. } => Some(scope),
        Where::In(scopes) => scopes.first(),
    };
    let result = match scope.unwrap_or(&Scope::Account) {
        Scope::Organization { org } if matches!(place, Where::Below { .. }) => {
            let request = scopes::organization(org);
            client.send(request, &operation).await.map(drop)
        }
        Scope::Project { org, project } if matches!(place, Where::Below { .. }) => {
            let request = scopes::project(org, project);
            client.send(request, &operation).await.map(drop)
        }
        scope => {
            let request = connectors::list(scope, None, 0);
            client.send(request, &operation).await.map(drop)
        }
    };
    let Err(error) = result else { return Ok(()) };
    match (error.missing(), place) {
        (Some(missing), Where::Below { scope, .. }) => Err(no_such_scope(missing, scope)),
        // The key may see connectors in a scope that it cannot see itself, or it may see another scope.
        _ if is_of_scope(&error) => Ok(()),
        _ => Err(explained(&error)),
    }
}

/// Returns whether another request may succeed anyway.
fn is_of_scope(error: &PlatformError) -> bool {
    match error.failure() {
        Failure::Refused(refusal) => refusal.is_from_platform() && !error.is_unauthorized(),
        _ => false,
    }
}

fn no_such_scope(missing: Missing, scope: &Scope) -> String {
    let org = hcl(scope.org().unwrap_or_default());
    let what = match (missing, scope.project()) {
        (Missing::Project, Some(project)) => {
            format!("project {} in the organization {org}", hcl(project))
        }
        _ => format!("organization {org}"),
    };
    format!(
        "the {what} does not exist. Write the Id (not the name), which is shown next to the name in Harness"
    )
}

async fn walk(client: &Client, place: &Where, errors: &mut dyn Write) -> Result<Found, String> {
    let operation = Operation::new(CancellationToken::new());
    // A filter without arguments matches everything in the account.
    let everything = FilterArguments::default().filter();
    let mut filter = everything.map_err(|_| "a search for everything failed".to_owned())?;
    let mut walk = match place {
        Where::Below {
            scope,
            is_recursive,
        } => {
            filter.scope = scope.clone();
            Walk::begin(client, &filter, *is_recursive, &operation)
                .await
                .map_err(|error| explained(&error))?
        }
        Where::In(scopes) => Walk::through(
            client,
            scopes.iter().cloned().collect(),
            &filter,
            &operation,
        ),
    };
    if walk.scopes() >= MANY_SCOPES {
        let scopes = walk.scopes();
        // The work does not depend on the progress message.
        let _ = writeln!(
            errors,
            "Reading the connectors of {scopes} organizations and projects …"
        );
    }
    let mut found = Found::default();
    while let Some(step) = walk.next().await.map_err(|error| explained(&error))? {
        match step {
            Step::Listed(scope, listing) => found.add(&scope, listing),
            Step::Gap(gap) => found.missed.push(missed(&gap)),
        }
    }
    match found.missed.first() {
        Some(missed) if found.scopes == 0 => Err(format!(
            "no connectors could be read. {}: {}",
            missed.what, missed.reason
        )),
        _ => Ok(found),
    }
}

impl Found {
    fn add(&mut self, scope: &Scope, listing: Listing) {
        self.scopes += 1;
        let part = Part::Connectors(scope.clone());
        for finding in listing.findings(scope) {
            self.missed.push(Missed {
                what: part.to_string(),
                reason: finding.detail,
            });
        }
        let connectors = listing.connectors.into_iter();
        self.connectors
            .extend(connectors.map(|answer| (scope.clone(), answer)));
    }
}

fn missed(gap: &Gap) -> Missed {
    let reason = match &gap.reason {
        Reason::Failed(error) if error.is_scope_not_found() => "It no longer exists.".to_owned(),
        Reason::Failed(error) if error.is_forbidden() => {
            let nothing = match gap.part {
                Part::Connectors(_) => {
                    ". Harness also says this to a limited key about a scope without connectors"
                }
                Part::Organizations | Part::Projects(_) => "",
            };
            format!("{}{nothing}.", platform_error::title(error))
        }
        Reason::Failed(error) => format!("{}.", platform_error::said(error)),
        Reason::Unreadable(1) => "One connector could not be read.".to_owned(),
        Reason::Unreadable(items) => format!("{items} connectors could not be read."),
        Reason::Unsteady => {
            "The list changed while it was read, so some connectors may be missing. Export again."
                .to_owned()
        }
    };
    Missed {
        what: gap.part.to_string(),
        reason,
    }
}

/// Describes a failure for people: what was found, and what to do.
fn explained(error: &PlatformError) -> String {
    platform_error::explained_for_command(error)
}
