//! Rules about `org_id` and `project_id`, which say where the connector lives.

use super::at;
use super::rule::{Example, Findings, Rule, Strict};
use super::subject::Subject;
use super::words::shown;
use crate::bitbucket_connector::identifier::{self, IdentifierError};
use crate::bitbucket_connector::setting::Setting;
use crate::tf_provider::diagnostic::Severity;

pub(super) static RULES: &[Rule] = &[
    Rule {
        id: "O01",
        setting: "project_id",
        severity: Severity::Error,
        strict: Strict::Same,
        says: "`project_id` is given without `org_id`.",
        why: "Projects have their identifiers within an organization: without it Harness does not know which project is \
              meant.",
        example: Example {
            wrong: r#"project_id = "web""#,
            mended: "org_id     = \"default\"\nproject_id = \"web\"",
        },
        after: &[],
        check: lacks_organization,
    },
    Rule {
        id: "O02",
        setting: "org_id, project_id",
        severity: Severity::Error,
        strict: Strict::Same,
        says: "`org_id` or `project_id` is not an identifier.",
        why: "Harness shows organizations and projects by their names; here it takes their Ids, which stand beside the \
              names in the UI and never have spaces or hyphens in them.",
        example: Example {
            wrong: "org_id = \"My Organization\"\ncredentials {\n  http {\n    username     = \"jdoe\"\n    password_ref = \"account.bitbucket_token\"\n  }\n}",
            mended: "org_id = \"My_Organization\"\ncredentials {\n  http {\n    username     = \"jdoe\"\n    password_ref = \"account.bitbucket_token\"\n  }\n}",
        },
        after: &[],
        check: is_no_identifier,
    },
];

fn lacks_organization(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    if let (Setting::Null, Setting::Known(project)) =
        (&subject.model.org_id, &subject.model.project_id)
    {
        findings.push(
            at("project_id"),
            "Project without organization",
            format!(
                "`project_id` is {} and `org_id` is not given. Give the organization of the project too, for example \
                 `org_id = \"default\"`.",
                shown(project)
            ),
        );
    }
}

fn is_no_identifier(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for (name, kind, setting) in [
        ("org_id", "organization", &subject.model.org_id),
        ("project_id", "project", &subject.model.project_id),
    ] {
        let Some(text) = setting.text() else { continue };
        match identifier::check(text) {
            Err(IdentifierError::Empty) => {
                findings.push(
                    at(name),
                    format!("Empty {name}"),
                    format!(
                        "`{name}` is given and empty. Write the Id of the {kind}, or leave the argument out if the \
                         connector does not belong to one."
                    ),
                );
            }
            Err(IdentifierError::Malformed) => {
                // Harness derives the Ids of organizations and projects from their names in the same way.
                let likely = identifier::from_name(text).ok();
                findings.push_mended(
                    at(name),
                    format!("Invalid {name}"),
                    format!(
                        "`{name}` is {}, which is not an Id: that begins with a letter or _, then come letters, digits, \
                         _ or $. The Id of the {kind} stands beside its name in Harness; it is made of the name when the \
                         {kind} is created.",
                        shown(text)
                    ),
                    (text, likely),
                );
            }
            Ok(()) | Err(IdentifierError::Reserved | IdentifierError::SecretManager) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::expect;

    #[test]
    fn organization_and_project_are_ids_and_a_project_has_an_organization() {
        expect(&[
            ("org_id = null\nproject_id = null", &[]),
            ("org_id = var.org\nproject_id = var.project", &[]),
            ("org_id = \"default\"\nproject_id = var.project", &[]),
            ("org_id = var.org\nproject_id = \"web\"", &[]),
            ("org_id = \"default\"\nproject_id = \"web\"", &[]),
            // Reserved words are reserved for connectors.
            ("org_id = \"org\"\nproject_id = \"account\"", &[]),
            ("project_id = \"web\"", &["O01 project_id"]),
            ("org_id = \"My Org\"", &["O02 org_id"]),
            (
                "org_id = \"my-org\"\nproject_id = \"my web\"",
                &["O02 org_id", "O02 project_id"],
            ),
            ("org_id = \"\"", &["O02 org_id"]),
            ("org_id = var.org\nproject_id = \"\"", &["O02 project_id"]),
        ]);
    }
}
