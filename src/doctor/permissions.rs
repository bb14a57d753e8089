//! What the key may see, in one scope, as far as questions that change nothing can show it.
//!
//! - A single connector is answered by permission first and existence second. So one that does not exist tells the two
//!   apart: "not found" is said only to those who may view.
//! - Secrets are looked for first, and lists leave out what may not be seen; all that shows is that some are seen.
//! - Without sight of connectors nothing works; what else is not seen only leaves the plan's look-ups without an answer.

use harness_platform::{
    Client, ConnectorRef, Operation, PlatformError, Scope, connectors, delegates, scopes, secrets,
};

use super::access::said;
use super::check::{Check, Subject};

/// An identifier that no connector has.
const NOBODY: &str = "terraform_provider_harness_doctor";
/// The organization that every account has at first; whether it is still there does not matter.
const DEFAULT_ORGANIZATION: &str = "default";

/// All checks of this module, not made for this reason.
pub(super) fn skipped(reason: &str) -> Vec<Check> {
    let subjects = [
        Subject::Connectors,
        Subject::Secrets,
        Subject::Delegates,
        Subject::Organizations,
    ];
    let skip = |subject| Check::skipped(subject, reason);
    subjects.into_iter().map(skip).collect()
}

/// Asks for one thing of each kind.
pub(super) async fn examine(client: &Client, scope: &Scope) -> Vec<Check> {
    let asker = Asker {
        client,
        scope,
        operation: Operation::default(),
    };
    vec![
        asker.connectors().await,
        asker.secrets().await,
        asker.delegates().await,
        asker.organizations().await,
    ]
}

struct Asker<'a> {
    client: &'a Client,
    scope: &'a Scope,
    operation: Operation,
}

impl Asker<'_> {
    async fn connectors(&self) -> Check {
        let subject = Subject::Connectors;
        let scope = self.scope;
        let nobody = ConnectorRef {
            scope: scope.clone(),
            identifier: NOBODY.to_owned(),
        };
        let one = self
            .client
            .send(connectors::get(&nobody), &self.operation)
            .await;
        let denial = match one {
            Ok(_) => None,
            Err(error) if error.is_not_found_connector(&nobody) => None,
            Err(error) if error.is_scope_not_found() => {
                return Check::failed(subject, said(&error))
                    .remedy("Check --org-id and --project-id: identifiers, not names.");
            }
            Err(error) if is_denial(&error) => Some(error),
            Err(error) => return unclear(subject, &error),
        };
        let seen = self
            .client
            .send(connectors::list(scope, None, 0), &self.operation)
            .await;
        match (denial, seen) {
            (None, Ok(page)) => Check::ok(
                subject,
                format!("the key may view them; the {scope} has {} of Bitbucket", page.value.total),
            ),
            (None, Err(error)) => unclear(subject, &error),
            (Some(denial), Ok(page)) if page.value.total > 0 => Check::warning(
                subject,
                format!(
                    "the key may view {} of Bitbucket in the {scope}, but not all: it lacks {} there",
                    page.value.total,
                    lacking(&denial, "core_connector_view")
                ),
            )
            .remedy("If it is to manage others, give its owner a role with that permission."),
            (Some(denial), _) => Check::failed(
                subject,
                format!(
                    "the key may not view any in the {scope}: it lacks {}",
                    lacking(&denial, "core_connector_view")
                ),
            )
            .remedy(format!(
                "Give its owner a role with that permission in the {scope}; if it is meant for one organization or \
                 project, name that with --org-id and --project-id."
            )),
        }
    }

    async fn secrets(&self) -> Check {
        let subject = Subject::Secrets;
        let scope = self.scope;
        let permission = "core_secret_view";
        match self.client.send(secrets::count(scope), &self.operation).await {
            Ok(count) if count.value.0 > 0 => {
                let count = count.value.0;
                Check::ok(subject, format!("the key may view {count}, in the {scope} and below"))
            }
            Ok(_) => Check::warning(
                subject,
                format!("the key sees none in the {scope}: there are none, or it lacks {permission}"),
            )
            .remedy(
                "If there are secrets, give its owner a role with that permission; without it, plans cannot check the \
                 secrets that connectors refer to.",
            ),
            Err(error) => refused(subject, &error, permission, "the secrets that connectors refer to"),
        }
    }

    async fn delegates(&self) -> Check {
        let subject = Subject::Delegates;
        let scope = self.scope;
        match self
            .client
            .send(delegates::list(scope, []), &self.operation)
            .await
        {
            Ok(delegates) => {
                let all = &delegates.value.0;
                let connected = all.iter().filter(|delegate| delegate.connected).count();
                let found = format!(
                    "the {scope} has {}, of which {connected} connected",
                    all.len()
                );
                // An organization's or project's connectors can use those of the account.
                if connected > 0 || *scope != Scope::Account {
                    Check::ok(subject, found)
                } else {
                    Check::warning(subject, found).remedy(
                        "Unless organizations and projects have their own, connectors work only with \
                         connectivity_mode = \"Platform\".",
                    )
                }
            }
            Err(error) => refused(subject, &error, "core_delegate_view", "delegate_selectors"),
        }
    }

    async fn organizations(&self) -> Check {
        let subject = Subject::Organizations;
        let org = self.scope.org().unwrap_or(DEFAULT_ORGANIZATION);
        match self
            .client
            .send(scopes::organization(org), &self.operation)
            .await
        {
            Ok(_) => Check::ok(subject, format!("the key may view \"{org}\"")),
            Err(error) if error.is_scope_not_found() && self.scope.org().is_none() => {
                Check::ok(subject, "the key may view them")
            }
            Err(error) if error.is_scope_not_found() => Check::failed(subject, said(&error))
                .remedy("Check --org-id: it is an identifier, not a name."),
            Err(error) => refused(
                subject,
                &error,
                "core_organization_view",
                "org_id and project_id",
            ),
        }
    }
}

/// Harness's own word that a permission is missing; a 403 of something on the way is none.
fn is_denial(error: &PlatformError) -> bool {
    error.is_forbidden()
        && error
            .refusal()
            .is_some_and(|refusal| !refusal.missing_permissions.is_empty())
}

/// The permissions that Harness names, or the one that was asked for.
fn lacking(error: &PlatformError, asked: &str) -> String {
    match error.refusal() {
        Some(refusal) if !refusal.missing_permissions.is_empty() => {
            refusal.missing_permissions.join(", ")
        }
        _ => asked.to_owned(),
    }
}

/// A question that was not answered, about something that only the plan's look-ups need.
fn refused(subject: Subject, error: &PlatformError, permission: &str, unchecked: &str) -> Check {
    if !is_denial(error) {
        return unclear(subject, error);
    }
    let lacking = lacking(error, permission);
    Check::warning(
        subject,
        format!("the key may not view them: it lacks {lacking}"),
    )
    .remedy(format!(
        "Give its owner a role with that permission; without it, plans cannot check {unchecked}."
    ))
}

fn unclear(subject: Subject, error: &PlatformError) -> Check {
    if error.is_unauthorized() {
        Check::failed(subject, said(error))
            .remedy("The key is not let in: see Authentication above.")
    } else if error.is_forbidden() {
        Check::failed(subject, said(error)).remedy(
            "No permission is named, so that this may be an allow-list of addresses, a proxy or a firewall on the way.",
        )
    } else {
        Check::warning(subject, format!("not established: {}", said(error))).remedy("Try again.")
    }
}
