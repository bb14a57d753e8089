//! Rules about `org_id` and `project_id`, the connector's scope, and about invalid ids.

use tf_provider::field::Field;

use crate::bitbucket_connector::checks::offline::input::{Findings, Input, Rule};
use crate::harness::identifier::{self, IdentifierError};
use crate::harness::leaked_secret;
use crate::harness::wording::{hcl, shown};

pub(crate) static RULES: &[Rule] = &[
    Rule::error("O01", "project_id", lacks_organization)
        .after(&["E05"])
        .says("`project_id` is set without `org_id`.")
        .because("Project Ids are unique only within an organization, so Harness needs both.")
        .example(r#"project_id = "web""#, "org_id     = \"default\"\nproject_id = \"web\""),
    Rule::error("O02", "org_id, project_id", is_no_identifier)
        .after(&["E05"])
        .says("`org_id` or `project_id` is not an Id.")
        .because("These arguments take Ids, not names. The Harness UI shows each Id next to the name. An Id contains \
                  no spaces or hyphens.")
        .example(
            "org_id = \"My Organization\"\ncredentials {\n  http {\n    username     = \"jdoe\"\n    password_ref = \"account.bitbucket_api_token\"\n  }\n}",
            "org_id = \"My_Organization\"\ncredentials {\n  http {\n    username     = \"jdoe\"\n    password_ref = \"account.bitbucket_api_token\"\n  }\n}",
        ),
    Rule::error("E05", "identifier, org_id, project_id", is_secret)
        .says("`identifier`, `org_id`, or `project_id` looks like a token, a password, or a key.")
        .because("Harness shows identifiers to all users, and Terraform stores them in its state. The rule recognizes \
                  the tokens of Atlassian, Harness, GitHub, GitLab, and AWS, long hexadecimal and base64 texts, and \
                  `user:password`. It accepts UUIDs, and names that end with a hash.")
        .example(r#"identifier = "AKIAIOSFODNN7EXAMPLE""#, r#"identifier = "bitbucket""#),
];

fn lacks_organization(input: &Input<'_>, findings: &mut Findings<'_>) {
    if let (Field::Null, Field::Known(project)) = (&input.model.org_id, &input.model.project_id) {
        findings.push(
            "project_id",
            "Project without organization",
            format!(
                "`project_id` is {}, but `org_id` is not set. Set `org_id` to the Id of the project's organization. The \
                 address of the project's page in Harness contains it after `/orgs/`.",
                shown(project)
            ),
        );
    }
}

fn is_no_identifier(input: &Input<'_>, findings: &mut Findings<'_>) {
    for (name, article, kind, setting) in [
        ("org_id", "an", "organization", &input.model.org_id),
        ("project_id", "a", "project", &input.model.project_id),
    ] {
        let Some(text) = setting.text() else { continue };
        match identifier::check(text) {
            Err(IdentifierError::Empty) => {
                findings.push(
                    name,
                    format!("Empty {name}"),
                    format!(
                        "`{name}` is empty. Write the Id of the {kind}, or remove the argument if the connector does not \
                         belong to {article} {kind}."
                    ),
                );
            }
            Err(IdentifierError::Malformed) => {
                // Harness derives the Ids of organizations and projects from their names in the same way.
                let likely = identifier::from_name(text)
                    .ok()
                    .filter(|_| leaked_secret::recognize_for_identifier(text).is_none());
                let default = likely.as_deref().map_or_else(String::new, |likely| {
                    format!(", by default {}", hcl(likely))
                });
                let found = format!(
                    "`{name}` is {}, which is not an Id. Write the Id of the {kind}{default}. Harness shows the Id next to \
                     the name. An Id starts with a letter or _, followed by letters, digits, _, or $.",
                    shown(text)
                );
                let pushed = findings.push(name, format!("Invalid {name}"), found);
                if let Some(likely) = likely {
                    pushed.suggest(name, likely);
                }
            }
            Ok(()) | Err(IdentifierError::Reserved | IdentifierError::SecretManager) => {}
        }
    }
}

fn is_secret(input: &Input<'_>, findings: &mut Findings<'_>) {
    for (name, setting) in [
        ("identifier", &input.model.identifier),
        ("org_id", &input.model.org_id),
        ("project_id", &input.model.project_id),
    ] {
        if let Some(pasted) = setting
            .text()
            .and_then(leaked_secret::recognize_for_identifier)
        {
            findings.push(
                name,
                format!("Secret in {name}"),
                format!(
                    "`{name}` contains what looks like {pasted} (not shown here). Write an Id instead. Consider the value \
                     leaked: revoke it, and store a new one in a Harness secret if the connector needs it."
                ),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::bitbucket_connector::checks::offline::testing::{expect, found, ids};

    #[test]
    fn organization_and_project_are_ids_and_a_project_has_an_organization() {
        expect(&[
            ("org_id = null\nproject_id = null", &[]),
            ("org_id = var.org\nproject_id = var.project", &[]),
            ("org_id = \"default\"\nproject_id = var.project", &[]),
            ("org_id = var.org\nproject_id = \"web\"", &[]),
            ("org_id = \"default\"\nproject_id = \"web\"", &[]),
            // Reserved words are reserved only for connectors.
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

    #[test]
    fn what_looks_like_a_secret_is_no_id_and_is_not_repeated() {
        for secret in [
            "ATATT3xFfGF0q1w2e3r4t5z6",
            "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
            "glpat-q3zT9sXyWvU7SrQpOnMl",
            "AKIAIOSFODNN7EXAMPLE",
            "d41d8cd98f00b204e9800998ecf8427e",
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            "jdoe:hunter2secret",
            "pat.acc0unt.id.s3cr3tvalue",
        ] {
            let found = found(&format!(
                "identifier = \"{secret}\"\norg_id = \"{secret}\"\nproject_id = \"{secret}\""
            ));
            assert_eq!(
                ids(&found),
                ["E05 identifier", "E05 org_id", "E05 project_id"],
                "{secret}"
            );
            for finding in found {
                let said = finding.into_diagnostic(true).unwrap();
                let end = secret.get(8..).unwrap();
                assert!(!format!("{said:?}").contains(end), "{said:?}");
            }
        }
        expect(&[
            ("identifier = \"a50e8400e29b41d4a716446655440000\"", &[]),
            (
                "identifier = \"bb_da39a3ee5e6b4b0d3255bfef95601890afd80709\"",
                &[],
            ),
            (
                "identifier = \"BitbucketConnectorOfTeamPaymentsProduction2024\"",
                &[],
            ),
            ("org_id = \"ghp_teams\"", &[]),
        ]);
    }
}
