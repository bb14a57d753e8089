//! The entities that use an object, from the platform's records. The records are delayed, and do not include uses
//! through expressions and input sets.

use serde_json::{Map, Value};

use crate::response::answer::{AnswerProblem, FromAnswer, data};
use crate::response::json::Object;
use crate::response::text::harmless;

/// The entities that use an object.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Usage {
    /// The first entities.
    pub referrers: Vec<Referrer>,
    /// The total number of entities.
    pub total: u64,
}

/// An entity that uses an object.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Referrer {
    /// `type`, such as `Pipelines`.
    pub kind: String,
    /// The name, or the identifier if there is no name.
    pub name: String,
    /// Its organization; `None` at account level, which the platform also writes as null or `""`.
    pub organization: Option<String>,
    /// Its project; `None` outside of projects, which the platform also writes as null or `""`.
    pub project: Option<String>,
}

impl FromAnswer for Usage {
    fn from_body(body: &mut Map<String, Value>) -> Result<Self, AnswerProblem> {
        let data = data(body)?;
        let Some(content) = data.get("content").and_then(Value::as_array) else {
            return Err(AnswerProblem::Unexpected(
                "JSON without a page in `data`".to_owned(),
            ));
        };
        let mut referrers = Vec::new();
        for item in content {
            let entity = Object::of(item).object("referredByEntity");
            let reference = entity.object("entityRef");
            let name = entity
                .filled("name")
                .or_else(|| reference.filled("identifier"));
            let id = |member| reference.filled(member).map(|id| harmless(&id, 200));
            referrers.push(Referrer {
                kind: harmless(&entity.filled("type").unwrap_or_default(), 100),
                name: harmless(&name.unwrap_or_default(), 200),
                organization: id("orgIdentifier"),
                project: id("projectIdentifier"),
            });
        }
        let object = Object::of(data);
        // This endpoint uses its framework's name for the count, unlike every other.
        let total = object
            .integer("totalElements")
            .or_else(|| object.integer("totalItems"));
        Ok(Self {
            total: total
                .and_then(|total| u64::try_from(total).ok())
                .unwrap_or_else(|| u64::try_from(content.len()).unwrap_or(0)),
            referrers,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(mut body: Value) -> Usage {
        Usage::from_body(body.as_object_mut().unwrap()).unwrap()
    }

    #[test]
    fn usage_names_who_refers_and_where_that_is() {
        let usage = read(json!({"data": {"totalItems": 12, "content": [
            {"referredByEntity": {"type": "Pipelines", "name": "build", "entityRef":
                {"identifier": "build_1", "orgIdentifier": "platform", "projectIdentifier": "website"}}},
            {"referredByEntity": {"type": "Triggers", "name": null, "entityRef":
                {"identifier": "push", "orgIdentifier": "platform", "projectIdentifier": null}}},
            {"referredByEntity": {"type": "Template", "name": "t", "entityRef":
                {"orgIdentifier": "", "projectIdentifier": ""}}},
            {"referredByEntity": {"type": "Service", "name": "s"}},
            null]}}));
        let found: Vec<_> = usage
            .referrers
            .iter()
            .map(|r| {
                let (organization, project) = (r.organization.as_deref(), r.project.as_deref());
                (r.kind.as_str(), r.name.as_str(), organization, project)
            })
            .collect();
        assert_eq!(
            found,
            [
                ("Pipelines", "build", Some("platform"), Some("website")),
                ("Triggers", "push", Some("platform"), None),
                ("Template", "t", None, None),
                ("Service", "s", None, None),
                ("", "", None, None)
            ]
        );
        assert_eq!(usage.total, 12);
    }
}
