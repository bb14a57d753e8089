//! What the key can see in one scope, as far as requests that change nothing can show it.
//!
//! - For a single connector, Harness checks the permission before the existence. So a request for a connector that does
//!   not exist shows whether the key has the permission: only then is the response "not found".
//! - Secrets are looked up before permissions are checked, and lists leave out what the key cannot see. So it only
//!   shows whether the key can see some of them.
//! - Without the permission to view connectors nothing works. Missing other permissions only disables plan-time
//!   lookups.

use harness_platform::{
    Client, ConnectorRef, Operation, PlatformError, Scope, connectors, delegates, scopes, secrets,
};

use super::check::{Check, CheckId};
use crate::harness::platform_error::said;
use crate::harness::wording::joined;

/// An identifier that no connector has.
const NONEXISTENT: &str = "terraform_provider_harness_doctor";
/// The organization that every account initially has. It may have been deleted.
const DEFAULT_ORGANIZATION: &str = "default";

/// Returns all checks of this module as skipped for this reason.
pub(super) fn skipped(reason: &str) -> Vec<Check> {
    let subjects = [
        CheckId::Connectors,
        CheckId::Secrets,
        CheckId::Delegates,
        CheckId::Organizations,
    ];
    let skip = |id| Check::skipped(id, reason);
    subjects.into_iter().map(skip).collect()
}

/// Requests one object of each kind.
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
        let id = CheckId::Connectors;
        let scope = self.scope;
        // Harness checks the permission before the existence, so the response about a connector that does not exist
        // shows whether the key has it.
        let nonexistent = ConnectorRef {
            scope: scope.clone(),
            identifier: NONEXISTENT.to_owned(),
        };
        let one = self
            .client
            .send(connectors::get(&nonexistent), &self.operation)
            .await;
        let denial = match one {
            Ok(_) => None,
            Err(error) if error.is_not_found_connector(&nonexistent) => None,
            Err(error) if error.is_scope_not_found() => {
                return Check::failed(id, said(&error))
                    .remedy("Check --org-id and --project-id. They take Ids, not names.");
            }
            Err(error) if is_denial(&error) => Some(error),
            Err(error) => return unclear(id, &error),
        };
        // The permission may be limited to some connectors. A list then contains only those.
        let seen = self
            .client
            .send(connectors::list(scope, None, 0), &self.operation)
            .await;
        match (denial, seen) {
            (None, Ok(page)) => Check::ok(
                id,
                format!("the key may view them; the {scope} has {} for Bitbucket", page.value.total),
            ),
            (None, Err(error)) => unclear(id, &error),
            (Some(denial), Ok(page)) if page.value.total > 0 => Check::warning(
                id,
                format!(
                    "the key may view {} for Bitbucket in the {scope}, but not all: it lacks {} there",
                    page.value.total,
                    lacking(&denial, "core_connector_view")
                ),
            )
            .remedy("To manage the others, give its owner a role with that permission."),
            (Some(denial), _) => Check::failed(
                id,
                format!(
                    "the key may not view any in the {scope}: it lacks {}",
                    lacking(&denial, "core_connector_view")
                ),
            )
            .remedy(format!(
                "Give its owner a role with that permission in the {scope}. If the key is for one organization or \
                 project, set --org-id and --project-id."
            )),
        }
    }

    async fn secrets(&self) -> Check {
        let id = CheckId::Secrets;
        let scope = self.scope;
        let permission = "core_secret_view";
        match self.client.send(secrets::count(scope), &self.operation).await {
            Ok(count) if count.value.0 > 0 => {
                let count = count.value.0;
                Check::ok(id, format!("the key may view {count} in the {scope} and below"))
            }
            Ok(_) => Check::warning(
                id,
                format!("the key sees none in the {scope}: there are none, or it lacks {permission}"),
            )
            .remedy(
                "If there are secrets, give its owner a role with that permission. Without it, plans cannot check the \
                 secrets that connectors use.",
            ),
            Err(error) => refused(id, &error, permission, "the secrets that connectors use"),
        }
    }

    async fn delegates(&self) -> Check {
        let id = CheckId::Delegates;
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
                    "the {scope} has {}, {connected} of them connected",
                    all.len()
                );
                // Connectors of an organization or a project can use those of the account.
                if connected > 0 || *scope != Scope::Account {
                    Check::ok(id, found)
                } else {
                    Check::warning(id, found).remedy(
                        "Unless organizations and projects have delegates of their own, connectors work only with \
                         connectivity_mode = \"Platform\".",
                    )
                }
            }
            Err(error) => refused(id, &error, "core_delegate_view", "delegate_selectors"),
        }
    }

    async fn organizations(&self) -> Check {
        let id = CheckId::Organizations;
        let org = self.scope.org().unwrap_or(DEFAULT_ORGANIZATION);
        match self
            .client
            .send(scopes::organization(org), &self.operation)
            .await
        {
            Ok(_) => self.project(format!("the key may view \"{org}\"")).await,
            Err(error) if error.is_scope_not_found() && self.scope.org().is_none() => {
                Check::ok(id, "the key may view them")
            }
            Err(error) if error.is_scope_not_found() => Check::failed(id, said(&error))
                .remedy("Check --org-id. It takes an Id, not a name."),
            Err(error) => refused(
                id,
                &error,
                "core_organization_view",
                "org_id and project_id",
            ),
        }
    }

    /// Returns the check of the organization that was `found`, with the project of the scope, if it is one. Lists of what
    /// is in a project that does not exist are empty, not errors.
    async fn project(&self, found: String) -> Check {
        let id = CheckId::Organizations;
        let Scope::Project { org, project } = self.scope else {
            return Check::ok(id, found);
        };
        let request = scopes::project(org, project);
        match self.client.send(request, &self.operation).await {
            Ok(_) => Check::ok(id, format!("{found} and its project \"{project}\"")),
            Err(error) if error.is_scope_not_found() => Check::failed(id, said(&error))
                .remedy("Check --project-id. It takes an Id, not a name."),
            Err(error) => refused(id, &error, "core_project_view", "org_id and project_id"),
        }
    }
}

/// Returns whether Harness itself reports a missing permission, rather than something on the way.
fn is_denial(error: &PlatformError) -> bool {
    error.is_forbidden()
        && error
            .refusal()
            .is_some_and(|refusal| !refusal.missing_permissions.is_empty())
}

/// Returns the permissions that Harness names, or the requested one.
fn lacking(error: &PlatformError, asked: &str) -> String {
    match error.refusal() {
        Some(refusal) if !refusal.missing_permissions.is_empty() => {
            joined(&refusal.missing_permissions, "and")
        }
        _ => asked.to_owned(),
    }
}

/// Returns the check for a failed request about something that only plan-time lookups need.
fn refused(id: CheckId, error: &PlatformError, permission: &str, unchecked: &str) -> Check {
    if !is_denial(error) {
        return unclear(id, error);
    }
    let lacking = lacking(error, permission);
    Check::warning(id, format!("the key may not view them: it lacks {lacking}")).remedy(format!(
        "Give its owner a role with that permission. Without it, plans cannot check {unchecked}."
    ))
}

fn unclear(id: CheckId, error: &PlatformError) -> Check {
    if error.is_unauthorized() {
        Check::failed(id, said(error)).remedy("Harness refused the key: see Authentication above.")
    } else if error.is_forbidden() {
        Check::failed(id, said(error)).remedy(
            "Harness named no missing permission. Check for an IP allowlist, a proxy, or a firewall.",
        )
    } else {
        Check::warning(id, format!("not checked: {}", said(error))).remedy("Try again.")
    }
}
