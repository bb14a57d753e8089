//! Requests about organizations and projects: a single one, and lists of those that the key can see.
//!
//! The platform silently leaves out of a list what the key cannot see; a key that sees nothing gets an empty page. A
//! project may be listed even if its organization is not. If an organization or project is created, deleted, or changed
//! between two requests, others can move to another page, so the caller must skip duplicates.

use reqwest::Method;
use serde_json::{Map, Value};

use super::page::Page;
use crate::http::request::{Effect, Request};
use crate::response::answer::{AnswerProblem, FromAnswer, data};
use crate::response::json::Object;
use crate::scope::Scope;

const ORGANIZATIONS: &str = "ng/api/organizations";
const PROJECTS: &str = "ng/api/projects";

/// The number of organizations or projects on one page of a list: the most that the platform allows.
pub const SCOPES_PER_PAGE: u32 = 100;

/// Looks up an organization.
pub fn organization(org: &str) -> Request<Organization> {
    Request::new(Method::GET, Effect::Safe, ORGANIZATIONS).segment(org)
}

/// Looks up a project. The organization is always sent; without one, the platform would use `default`.
pub fn project(org: &str, project: &str) -> Request<Project> {
    Request::new(Method::GET, Effect::Safe, PROJECTS)
        .segment(project)
        .query("orgIdentifier", org)
}

/// Lists one page (counted from 0) of the account's organizations that the key can see, sorted by identifier.
pub fn organizations(page: u32) -> Request<ScopePage> {
    page_of(ORGANIZATIONS, page)
}

/// Lists one page (counted from 0) of the projects that the key can see, in one organization or in all of them, sorted
/// by identifier. Identifiers of projects are unique only within an organization.
pub fn projects(org: Option<&str>, page: u32) -> Request<ScopePage> {
    let request = page_of(PROJECTS, page);
    match org {
        // Unlike the request for a single project, the list has no default organization.
        None => request,
        Some(org) => request.query("orgIdentifier", org),
    }
}

/// Requests a page sorted by identifier. The platform's default order, by time of the last change, can change between
/// pages.
fn page_of(path: &'static str, page: u32) -> Request<ScopePage> {
    Request::new(Method::GET, Effect::Safe, path)
        .query("pageIndex", page.to_string())
        .query("pageSize", SCOPES_PER_PAGE.to_string())
        .query("sortOrders", "identifier,ASC")
}

/// An organization.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Organization {
    /// The identifier.
    pub identifier: String,
    /// The name.
    pub name: String,
}

/// A project.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Project {
    /// The identifier.
    pub identifier: String,
    /// The name.
    pub name: String,
}

/// One page of a list of organizations or projects.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ScopePage {
    /// The organizations or projects, in the platform's order.
    pub scopes: Vec<Scope>,
    /// The number of items on the page that could not be read as an organization or project.
    pub unreadable: usize,
    /// The total number on all pages.
    pub total: u64,
    /// The number of the next page, or `None` on the last page.
    pub next: Option<u32>,
}

impl FromAnswer for ScopePage {
    fn from_body(body: &mut Map<String, Value>) -> Result<Self, AnswerProblem> {
        let page = Page::of(body)?;
        let scopes: Vec<_> = page.content.iter().filter_map(listed).collect();
        Ok(Self {
            unreadable: page.content.len() - scopes.len(),
            total: page.total,
            next: page.next,
            scopes,
        })
    }
}

/// Returns the organization or project of an item. Its metadata, such as `harnessManaged`, does not matter: Harness's
/// own organization `default` contains connectors like any other.
fn listed(item: &Value) -> Option<Scope> {
    let item = Object::of(item);
    let (organization, project) = (item.object("organization"), item.object("project"));
    if project.is_present() {
        return Some(Scope::Project {
            org: project.filled("orgIdentifier")?,
            project: project.filled("identifier")?,
        });
    }
    let org = organization.filled("identifier")?;
    Some(Scope::Organization { org })
}

impl FromAnswer for Organization {
    fn from_body(body: &mut Map<String, Value>) -> Result<Self, AnswerProblem> {
        let (identifier, name) = named(body, "organization")?;
        Ok(Self { identifier, name })
    }
}

impl FromAnswer for Project {
    fn from_body(body: &mut Map<String, Value>) -> Result<Self, AnswerProblem> {
        let (identifier, name) = named(body, "project")?;
        Ok(Self { identifier, name })
    }
}

fn named(body: &Map<String, Value>, what: &str) -> Result<(String, String), AnswerProblem> {
    let found = Object::of(data(body)?).object(what);
    match found.filled("identifier") {
        Some(identifier) => Ok((identifier, found.filled("name").unwrap_or_default())),
        None => Err(AnswerProblem::Unexpected(format!(
            "JSON without `{what}` in `data`"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::http::endpoint::Endpoint;

    #[test]
    fn requests_name_what_they_look_for() {
        let endpoint = Endpoint::parse("https://h.example").unwrap();
        assert_eq!(
            organization("o").url(&endpoint, "acct").unwrap().as_str(),
            "https://h.example/ng/api/organizations/o?accountIdentifier=acct"
        );
        assert_eq!(
            project("o", "p").url(&endpoint, "acct").unwrap().as_str(),
            "https://h.example/ng/api/projects/p?accountIdentifier=acct&orgIdentifier=o"
        );
    }

    #[test]
    fn a_list_is_asked_for_page_by_page_and_without_an_organization_for_all() {
        let endpoint = Endpoint::parse("https://h.example").unwrap();
        let page = "&pageSize=100&sortOrders=identifier%2CASC";
        for (request, path) in [
            (
                organizations(0),
                format!("organizations?accountIdentifier=acct&pageIndex=0{page}"),
            ),
            (
                projects(None, 2),
                format!("projects?accountIdentifier=acct&pageIndex=2{page}"),
            ),
            (
                projects(Some("o"), 0),
                format!("projects?accountIdentifier=acct&pageIndex=0{page}&orgIdentifier=o"),
            ),
        ] {
            let url = request.url(&endpoint, "acct").unwrap();
            assert_eq!(url.as_str(), format!("https://h.example/ng/api/{path}"));
            assert_eq!(request.method(), Method::GET);
            assert_eq!(request.effect(), Effect::Safe);
        }
    }

    fn page(data: &Value) -> Result<ScopePage, AnswerProblem> {
        ScopePage::from_body(json!({"data": data}).as_object_mut().unwrap())
    }

    #[test]
    fn a_page_lists_organizations_or_projects_with_their_organization() {
        let organizations = json!({
            "content": [
                {"organization": {"identifier": "default", "name": "Default", "tags": {}}, "harnessManaged": true},
                {"organization": {"identifier": "platform"}, "harnessManaged": null},
                {"organization": {"identifier": ""}},
                {"organization": null},
                7,
            ],
            "pageIndex": 0, "totalPages": 2, "totalItems": 101,
        });
        let org = |org: &str| Scope::from_ids(Some(org), None).unwrap();
        assert_eq!(
            page(&organizations),
            Ok(ScopePage {
                scopes: vec![org("default"), org("platform")],
                unreadable: 3,
                total: 101,
                next: Some(1),
            })
        );
        let projects = json!({
            "content": [
                {"project": {"orgIdentifier": "o", "identifier": "p", "modules": []}, "isFavorite": false},
                {"project": {"identifier": "without_organization"}},
            ],
            "pageIndex": 1, "totalPages": 2,
        });
        let listed = page(&projects).unwrap();
        assert_eq!(
            listed.scopes,
            [Scope::from_ids(Some("o"), Some("p")).unwrap()]
        );
        assert_eq!((listed.unreadable, listed.next), (1, None));
    }

    #[test]
    fn a_key_that_may_see_nothing_gets_an_empty_page_without_a_size() {
        let empty = json!({"content": [], "pageIndex": 0, "pageSize": 0, "totalPages": 1, "totalItems": 0, "empty": true});
        assert_eq!(page(&empty), Ok(ScopePage::default()));
        assert!(page(&json!({"content": null})).is_err());
        assert!(page(&json!([])).is_err());
    }

    #[test]
    fn an_answer_is_read_by_its_own_member() {
        let mut body =
            json!({"data": {"project": {"orgIdentifier": "o", "identifier": "p", "name": "P"}}});
        let body = body.as_object_mut().unwrap();
        assert_eq!(
            Project::from_body(body),
            Ok(Project {
                identifier: "p".to_owned(),
                name: "P".to_owned()
            })
        );
        assert_eq!(
            Organization::from_body(body),
            Err(AnswerProblem::Unexpected(
                "JSON without `organization` in `data`".to_owned()
            ))
        );
    }
}
