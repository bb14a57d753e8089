//! The form of a response: its status, its codes, and the names and types of its members, but no values.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

/// Members with codes of the platform as their values: they identify the kind of response, and reveal nothing about the
/// account.
const CODES: [&str; 6] = [
    "/status",
    "/code",
    "/errors/*/fieldId",
    "/failedPermissionChecks/*/permission",
    "/responseMessages/*/code",
    "/responseMessages/*/level",
];

/// The form of a response.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Answer {
    pub(super) status: u16,
    /// The media type, or an empty text.
    media_type: String,
    has_entity_tag: bool,
    /// By path; each code of a list once.
    codes: BTreeMap<String, BTreeSet<String>>,
    /// By path, with `*` for the elements of a list; several types if the elements differ.
    members: BTreeMap<String, BTreeSet<&'static str>>,
}

/// A difference between two responses.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Difference {
    /// What differs.
    pub(super) what: String,
    /// The account's form.
    pub(super) account: String,
    /// The sandbox's form.
    pub(super) sandbox: String,
}

impl Answer {
    /// Returns the form of a response with these headers and this body.
    pub(super) fn new(
        status: u16,
        content_type: Option<&str>,
        has_entity_tag: bool,
        body: &[u8],
    ) -> Self {
        let media_type = content_type.and_then(|it| it.split(';').next());
        let mut answer = Self {
            status,
            media_type: media_type.unwrap_or_default().trim().to_lowercase(),
            has_entity_tag,
            codes: BTreeMap::new(),
            members: BTreeMap::new(),
        };
        match serde_json::from_slice::<Value>(body) {
            Ok(json) => answer.read("", &json),
            Err(_) if body.is_empty() => answer.note("", "nothing"),
            Err(_) => answer.note("", "text"),
        }
        answer
    }

    fn note(&mut self, path: &str, kind: &'static str) {
        self.members
            .entry(path.to_owned())
            .or_default()
            .insert(kind);
    }

    fn read(&mut self, path: &str, value: &Value) {
        if CODES.contains(&path)
            && let Value::String(_) | Value::Number(_) = value
        {
            let code = value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned);
            self.codes.entry(path.to_owned()).or_default().insert(code);
        }
        match value {
            Value::Null => self.note(path, "null"),
            Value::Bool(_) => self.note(path, "boolean"),
            Value::Number(_) => self.note(path, "number"),
            Value::String(_) => self.note(path, "string"),
            Value::Array(items) => {
                self.note(path, "list");
                let elements = format!("{path}/*");
                for item in items {
                    self.read(&elements, item);
                }
            }
            Value::Object(members) => {
                self.note(path, "object");
                for (name, value) in members {
                    self.read(&format!("{path}/{name}"), value);
                }
            }
        }
    }

    /// Returns whether it is a page with content.
    pub(super) fn has_content(&self) -> bool {
        self.members.contains_key("/data/content/*")
    }

    /// Returns the form as it is recorded.
    pub(super) fn record(&self) -> Value {
        let members = self.members.iter();
        let members = members.map(|(path, kinds)| (path.clone(), json!(either(kinds))));
        json!({
            "status": self.status,
            "media_type": self.media_type,
            "entity_tag": self.has_entity_tag,
            "codes": self.codes,
            "members": members.collect::<serde_json::Map<_, _>>(),
        })
    }

    /// Returns the differences of the sandbox's response, except below the paths of `leeway`.
    pub(super) fn differences(&self, sandbox: &Self, leeway: &[&str]) -> Vec<Difference> {
        let mut differences = Vec::new();
        let mut compare = |what: &str, account: String, sandbox: String| {
            if account != sandbox {
                differences.push(Difference {
                    what: what.to_owned(),
                    account,
                    sandbox,
                });
            }
        };
        compare(
            "HTTP status",
            self.status.to_string(),
            sandbox.status.to_string(),
        );
        compare(
            "media type",
            self.media_type.clone(),
            sandbox.media_type.clone(),
        );
        let tag = |has: bool| if has { "present" } else { "absent" }.to_owned();
        compare(
            "header ETag",
            tag(self.has_entity_tag),
            tag(sandbox.has_entity_tag),
        );
        let is_free = |path: &str| leeway.iter().any(|free| path.starts_with(free));
        let words = |codes: Option<&BTreeSet<String>>| {
            let codes = codes.into_iter().flatten();
            codes.map(String::as_str).collect::<Vec<_>>().join(", ")
        };
        for path in CODES.iter().filter(|path| !is_free(path)) {
            let of = |answer: &Self| words(answer.codes.get(*path));
            compare(path, of(self), of(sandbox));
        }
        let paths: BTreeSet<&String> = self.members.keys().chain(sandbox.members.keys()).collect();
        for path in paths {
            // If only one side has something, its contents are not reported again.
            if is_free(path) || !self.can_hold(path) || !sandbox.can_hold(path) {
                continue;
            }
            let of = |answer: &Self| answer.members.get(path).map_or("absent".to_owned(), either);
            let name = if path.is_empty() { "body" } else { path };
            compare(name, of(self), of(sandbox));
        }
        differences
    }

    /// Returns whether a member of this path has a place: an object, or a list with elements.
    fn can_hold(&self, path: &str) -> bool {
        let Some((parent, member)) = path.rsplit_once('/') else {
            return true;
        };
        if member == "*" {
            return self.members.contains_key(path);
        }
        let kinds = self.members.get(parent);
        kinds.is_some_and(|kinds| kinds.contains("object"))
    }
}

fn either(kinds: &BTreeSet<&'static str>) -> String {
    kinds.iter().copied().collect::<Vec<_>>().join(" or ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &Value) -> Answer {
        let content_type = Some("application/json;charset=utf-8");
        Answer::new(status, content_type, false, body.to_string().as_bytes())
    }

    fn found(account: &Value, sandbox: &Value, leeway: &[&str]) -> Vec<String> {
        let differences = answer(200, account).differences(&answer(200, sandbox), leeway);
        let differences = differences.into_iter();
        differences
            .map(|it| format!("{}: {} / {}", it.what, it.account, it.sandbox))
            .collect()
    }

    #[test]
    fn values_do_not_count_but_names_and_types_do() {
        let body = json!({"status": "SUCCESS", "data": {"name": "a", "tags": {}, "list": [1], "none": null}});
        for (other, expected) in [
            (
                json!({"status": "SUCCESS", "data": {"name": "b", "tags": {}, "list": [7, 8], "none": null}}),
                &[][..],
            ),
            (
                json!({"status": "SUCCESS", "data": {"tags": {}, "list": [], "none": {"x": 1}}}),
                &["/data/name: string / absent", "/data/none: null / object"],
            ),
            (
                json!({"status": "SUCCESS", "data": {"name": 1, "tags": {"a": ""}, "list": ["x"], "none": null}}),
                &[
                    "/data/list/*: number / string",
                    "/data/name: string / number",
                    "/data/tags/a: absent / string",
                ],
            ),
            (
                json!({"status": "FAILURE", "data": null}),
                &["/status: SUCCESS / FAILURE", "/data: object / null"],
            ),
            (
                json!("text"),
                &["/status: SUCCESS / ", "body: object / string"],
            ),
        ] {
            assert_eq!(found(&body, &other, &[]), expected);
        }
    }

    #[test]
    fn elements_of_a_list_are_one_form() {
        let account = json!({"data": {"content": [{"a": 1}, {"a": null, "b": []}]}});
        let sandbox = json!({"data": {"content": [{"a": null, "b": []}, {"a": 2, "b": []}]}});
        assert_eq!(found(&account, &sandbox, &[]), [""; 0]);
        assert!(answer(200, &account).has_content());
        let empty = json!({"data": {"content": []}});
        assert!(!answer(200, &empty).has_content());
        assert_eq!(found(&account, &empty, &[]), [""; 0]);
    }

    #[test]
    fn status_codes_and_fields_of_errors_are_compared() {
        let error = |code: &str, field: &str| {
            let code: Value = serde_json::from_str(code).unwrap();
            json!({"status": "FAILURE", "code": code, "errors": [{"fieldId": field, "error": "whatever"}]})
        };
        let account = error("\"INVALID_REQUEST\"", "connector.name");
        let sandbox = error("400", "name");
        assert_eq!(
            found(&account, &sandbox, &[]),
            [
                "/code: INVALID_REQUEST / 400",
                "/errors/*/fieldId: connector.name / name",
                "/code: string / number"
            ]
        );
        assert_eq!(found(&account, &sandbox, &["/code", "/errors"]), [""; 0]);
        let refused = answer(400, &account).differences(&answer(200, &account), &[]);
        assert_eq!(refused.len(), 1);
    }

    #[test]
    fn a_record_has_no_value_of_the_account() {
        let body =
            json!({"status": "ERROR", "code": "X", "message": "s3cret", "data": {"id": "s3cret"}});
        let record = answer(500, &body).record().to_string();
        assert!(!record.contains("s3cret"), "{record}");
        assert!(record.contains("\"/data/id\":\"string\"") && record.contains("ERROR"));
        let page = Answer::new(502, Some("text/html"), false, b"<html>s3cret</html>");
        assert!(!page.record().to_string().contains("s3cret"));
    }
}
