//! Lists of organizations and projects.
//!
//! What a key cannot see is silently left out, and if it can see nothing, the page is empty and has size 0. Unlike
//! lists of connectors, these never respond with 403. Listing a project requires only a permission on the project: its
//! organization may be missing from the other list.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use axum::extract::State;
use serde_json::Value;

use crate::account::{Organization, Project};
use crate::call::Call;
use crate::page::{Page, pattern};
use crate::platform::Platform;
use crate::reply::Reply;
use crate::scope::Scope;
use crate::structure::{organization_response, project_response};
use crate::world::{Dated, World};

/// `GET /organizations`
pub(crate) async fn organizations(
    State(platform): State<Platform>,
    call: Call,
) -> Result<Reply, Reply> {
    call.require_account_parameter()?;
    let window = Page::of(&call, 50, 100)?;
    let world = platform.world();
    let seen: Vec<_> = world
        .organizations
        .values()
        .filter(|found| may_see(&world, &call, "organization", &found.entry.identifier))
        .collect();
    if seen.is_empty() {
        return Ok(Reply::data(Page::nothing()));
    }
    let mut found = searched(seen, &call)?;
    sort(&mut found, &call, |a, b| {
        let managed = b.entry.harness_managed.cmp(&a.entry.harness_managed);
        managed.then_with(|| {
            let lower = |found: &Dated<Organization>| found.entry.name.to_lowercase();
            lower(a).cmp(&lower(b))
        })
    });
    let items: Vec<Value> = found.into_iter().map(organization_response).collect();
    Ok(Reply::data(window.envelope(&items)))
}

/// `GET /projects`: those of one organization or, without one, of all. For a single project, the default is `default`.
pub(crate) async fn projects(State(platform): State<Platform>, call: Call) -> Result<Reply, Reply> {
    let org = call.query("orgIdentifier").map(str::to_owned);
    if let Some(org) = &org
        && let Some(message) = platform.world().missing_scope(&Scope::organization(org))
    {
        return Err(Reply::resource_not_found(&message));
    }
    listed_projects(&platform, &call, &org.into_iter().collect::<Vec<_>>())
}

/// `GET /projects/list`: those of several organizations.
pub(crate) async fn projects_of(
    State(platform): State<Platform>,
    call: Call,
) -> Result<Reply, Reply> {
    let orgs: Vec<String> = call
        .query_all("orgIdentifiers")
        .map(str::to_owned)
        .collect();
    listed_projects(&platform, &call, &orgs)
}

fn listed_projects(platform: &Platform, call: &Call, orgs: &[String]) -> Result<Reply, Reply> {
    call.require_account_parameter()?;
    let window = Page::of(call, 50, 100)?;
    let world = platform.world();
    let seen: Vec<_> = world
        .projects
        .values()
        .filter(|found| orgs.is_empty() || orgs.contains(&found.entry.org_identifier))
        .filter(|found| may_see(&world, call, "project", &found.entry.identifier))
        .collect();
    if seen.is_empty() {
        return Ok(Reply::data(Page::nothing()));
    }
    let mut found = searched(seen, call)?;
    // Without `moduleType`, `hasModule` has no effect.
    if let Some(module) = call.query("moduleType") {
        let wanted = call.query("hasModule").is_none() || call.flag("hasModule");
        found.retain(|found| found.entry.modules.iter().any(|each| each == module) == wanted);
    }
    if call.flag("onlyFavorites") {
        found.clear();
    }
    sort(&mut found, call, |a, b| {
        b.last_modified_at.cmp(&a.last_modified_at)
    });
    let items: Vec<Value> = found.into_iter().map(project_response).collect();
    Ok(Reply::data(window.envelope(&items)))
}

fn may_see(world: &World, call: &Call, kind: &str, identifier: &str) -> bool {
    let account = call.query("accountIdentifier");
    account.is_none_or(|account| account == call.account)
        && !world.is_denied(&call.key, &format!("core_{kind}_view"), Some(identifier))
}

/// The properties by which lists of organizations and projects are searched and sorted.
trait Named {
    fn identifier(&self) -> &str;
    fn name(&self) -> &str;
    fn tags(&self) -> &BTreeMap<String, String>;
}

macro_rules! named {
    ($($kind:ty),+) => {$(
        impl Named for $kind {
            fn identifier(&self) -> &str {
                &self.identifier
            }

            fn name(&self) -> &str {
                &self.name
            }

            fn tags(&self) -> &BTreeMap<String, String> {
                &self.tags
            }
        }
    )+};
}

named!(Organization, Project);

/// Returns those with one of the `identifiers` and a match of `searchTerm` in their name, identifier, or tags.
fn searched<'a, T: Named>(
    seen: Vec<&'a Dated<T>>,
    call: &Call,
) -> Result<Vec<&'a Dated<T>>, Reply> {
    let identifiers: Vec<&str> = call.query_all("identifiers").collect();
    let search = call.query("searchTerm").map(pattern).transpose()?;
    let is_found = |entry: &T| {
        let texts = [entry.name(), entry.identifier()];
        let tags = entry.tags().iter().flat_map(|(key, value)| [key, value]);
        let mut texts = texts.into_iter().chain(tags.map(String::as_str));
        (identifiers.is_empty() || identifiers.contains(&entry.identifier()))
            && search
                .as_ref()
                .is_none_or(|search| texts.any(|text| search.is_match(text)))
    };
    let found = seen.into_iter().filter(|found| is_found(&found.entry));
    Ok(found.collect())
}

/// Sorts by the fields of `sortOrders` in order, each `field,ASC` or, without a direction, descending; by `usual` if
/// there are none. Clients cannot rely on the order of equal items.
fn sort<T: Named>(
    found: &mut [&Dated<T>],
    call: &Call,
    usual: impl Fn(&Dated<T>, &Dated<T>) -> Ordering,
) {
    let orders: Vec<&str> = call
        .query_all("sortOrders")
        .filter(|order| !order.is_empty())
        .collect();
    found.sort_by(|a, b| {
        if orders.is_empty() {
            return usual(a, b);
        }
        orders.iter().fold(Ordering::Equal, |so_far, order| {
            so_far.then_with(|| {
                let (field, direction) = order.split_once(',').unwrap_or((order, "DESC"));
                let ascending = match field {
                    "identifier" => a.entry.identifier().cmp(b.entry.identifier()),
                    "name" => a.entry.name().cmp(b.entry.name()),
                    "createdAt" => a.created_at.cmp(&b.created_at),
                    "lastModifiedAt" => a.last_modified_at.cmp(&b.last_modified_at),
                    _ => Ordering::Equal,
                };
                if direction.eq_ignore_ascii_case("ASC") {
                    ascending
                } else {
                    ascending.reverse()
                }
            })
        })
    });
}
