//! Requests about organizations and projects: that they exist.

use reqwest::Method;
use serde_json::{Map, Value};

use crate::http::request::{Effect, Request};
use crate::response::answer::{AnswerProblem, FromAnswer, data};
use crate::response::json::Object;

/// Looks an organization up.
pub fn organization(org: &str) -> Request<Organization> {
    Request::new(Method::GET, Effect::Safe, "ng/api/organizations").segment(org)
}

/// Looks a project up. The organization is always sent: without one the platform would take `default`.
pub fn project(org: &str, project: &str) -> Request<Project> {
    Request::new(Method::GET, Effect::Safe, "ng/api/projects")
        .segment(project)
        .query("orgIdentifier", org)
}

/// An organization.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Organization {
    /// Its identifier.
    pub identifier: String,
    /// Its name.
    pub name: String,
}

/// A project.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Project {
    /// Its identifier.
    pub identifier: String,
    /// Its name.
    pub name: String,
}

impl FromAnswer for Organization {
    fn from_body(body: &Map<String, Value>) -> Result<Self, AnswerProblem> {
        let (identifier, name) = named(body, "organization")?;
        Ok(Self { identifier, name })
    }
}

impl FromAnswer for Project {
    fn from_body(body: &Map<String, Value>) -> Result<Self, AnswerProblem> {
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
    fn an_answer_is_read_by_its_own_member() {
        let body =
            json!({"data": {"project": {"orgIdentifier": "o", "identifier": "p", "name": "P"}}});
        let body = body.as_object().unwrap();
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
