//! `identifier`, `org_id`, and `project_id` where they do not declare a connector but refer to one: in data sources and
//! actions.
//!
//! The grammar is that of the resource's rules. The advice differs, because nothing is created here.

use harness_platform::Scope;
use tf_provider::diagnostic::{Diagnostic, Diagnostics};
use tf_provider::field::Field;
use tf_provider::schema::{Attribute, Mode};
use tf_provider::value::{Path, Type};

use super::identifier::{self, IdentifierError, MAX_LENGTH};
use super::wording::{hcl, is_shown, joined, shown};
use super::{entity_id, leaked_secret};

/// Returns the arguments `org_id` and `project_id`.
pub(crate) fn scope_arguments() -> Vec<Attribute> {
    let text = |name, description| Attribute::new(name, Type::String, Mode::Optional, description);
    vec![
        text(
            "org_id",
            "Identifier (not name) of the organization to look in.",
        )
        .fallback("the account itself")
        .example("\"platform\""),
        text(
            "project_id",
            "Identifier (not name) of the project to look in. Requires `org_id`.",
        )
        .fallback("the organization or account itself")
        .example("\"payments\""),
    ]
}

/// Returns the arguments `identifier`, `org_id`, and `project_id` of something that is about exactly one connector.
pub(crate) fn connector_arguments() -> Vec<Attribute> {
    let identifier = Attribute::new(
        "identifier",
        Type::String,
        Mode::Required,
        "Identifier of the connector, shown as *Id* below its name in Harness.",
    );
    let mut attributes = vec![identifier.example("\"Bitbucket_Cloud\"")];
    attributes.extend(scope_arguments());
    attributes
}

/// Checks an `identifier` that refers to a connector. An unknown or missing one is not checked.
pub(crate) fn check_identifier(setting: &Field<String>) -> Option<Diagnostic> {
    let text = setting.text()?;
    if let Some(pasted) = leaked_secret::recognize_for_identifier(text) {
        let detail = format!(
            "`identifier` contains what looks like {pasted}. Its value is not shown here; treat it as leaked. Write \
             the connector's Id, shown next to its name in Harness."
        );
        let finding = Diagnostic::error("Secret in identifier", detail);
        return Some(finding.at(Path::root().attribute("identifier")));
    }
    let detail = match identifier::check(text) {
        Ok(()) => return None,
        Err(IdentifierError::Empty) => {
            "`identifier` is empty. Write the connector's Id, shown next to its name in Harness."
                .to_owned()
        }
        Err(error @ (IdentifierError::Reserved | IdentifierError::SecretManager)) => format!(
            "`identifier` is {}, which no Bitbucket connector can have: {error}. Write the connector's Id, shown next \
             to its name in Harness.",
            shown(text)
        ),
        Err(IdentifierError::Malformed) => {
            format!("`identifier` is {}, {}", shown(text), what_was_meant(text))
        }
    };
    let summary = if text.is_empty() {
        "Empty identifier"
    } else {
        "Invalid identifier"
    };
    Some(Diagnostic::error(summary, detail).at(Path::root().attribute("identifier")))
}

/// What a malformed identifier is, and what to write: other names of connectors are often mistaken for it. Ends a sentence.
fn what_was_meant(text: &str) -> String {
    let is_identifier = |text: &str| identifier::check(text).is_ok() && is_shown(text);
    if let Some(identifier) = text.strip_prefix("account.").filter(|it| is_identifier(it)) {
        return format!(
            "which is how a pipeline refers to a connector of the account. Write {}, and omit `org_id` and `project_id`.",
            hcl(identifier)
        );
    }
    if let Some(identifier) = text.strip_prefix("org.").filter(|it| is_identifier(it)) {
        return format!(
            "which is how a pipeline refers to a connector of its organization. Write {}, and set `org_id` to the \
             organization.",
            hcl(identifier)
        );
    }
    if let Some((scope, identifier)) = entity_id::read(text).filter(|_| is_shown(text)) {
        let mut arguments = vec![format!("`identifier = {}`", hcl(&identifier))];
        arguments.extend(scope.org().map(|org| format!("`org_id = {}`", hcl(org))));
        arguments.extend(
            scope
                .project()
                .map(|project| format!("`project_id = {}`", hcl(project))),
        );
        return format!(
            "which looks like an import id. Write {}.",
            joined(&arguments, "and")
        );
    }
    format!(
        "which no connector can have. Write the connector's Id (not its name), shown next to its name in Harness: it starts \
         with a letter or _ and has only letters, digits, _, and $, at most {MAX_LENGTH} characters."
    )
}

/// Returns the scope of two known settings.
///
/// # Errors
/// Returns an error for a project without an organization, which validation also reports.
pub(crate) fn scope(
    org_id: &Field<String>,
    project_id: &Field<String>,
) -> Result<Scope, Diagnostics> {
    Scope::from_ids(org_id.text(), project_id.text()).map_err(|error| {
        Diagnostic::error("Project without organization", format!("The {error}."))
            .at(Path::root().attribute("project_id"))
            .into()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(setting: &Field<String>) -> String {
        check_identifier(setting).map_or_else(String::new, |finding| {
            assert_eq!(finding.path, Some(Path::root().attribute("identifier")));
            format!("{}: {}", finding.summary, finding.detail)
        })
    }

    #[test]
    fn an_invalid_identifier_is_an_error_and_an_unknown_one_is_not() {
        assert_eq!(found(&Field::Null), "");
        assert_eq!(found(&Field::Unknown), "");
        for good in ["bb", "_", "a$b", "New"] {
            assert_eq!(found(&Field::Known(good.to_owned())), "", "{good}");
        }
        for (text, part) in [
            (
                "",
                "Empty identifier: `identifier` is empty. Write the connector's Id",
            ),
            (
                "my-conn",
                "Invalid identifier: `identifier` is \"my-conn\", which no connector can have",
            ),
            ("My Connector", "Write the connector's Id (not its name)"),
            ("account.bb", "Write \"bb\", and omit `org_id`"),
            (
                "org.bb",
                "Write \"bb\", and set `org_id` to the organization",
            ),
            (
                "default/web/bb",
                "Write `identifier = \"bb\"`, `org_id = \"default\"`, and `project_id = \"web\"`.",
            ),
            ("account.", "Write the connector's Id (not its name)"),
            ("a//b", "Write the connector's Id (not its name)"),
            ("org", "it is a reserved word"),
            ("harnessSecretManager", "built-in secret manager"),
            (
                "account.ATATT3xFfGF0q1w2e3",
                "what looks like an Atlassian API token",
            ),
        ] {
            let found = found(&Field::Known(text.to_owned()));
            assert!(found.contains(part), "{text}: {found}");
        }
    }

    #[test]
    fn a_pasted_secret_is_found_and_not_shown() {
        for text in [
            "account.ATATT3xFfGF0q1w2e3",
            "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
            "glpat-q3zT9sXyWvU7SrQpOnMl",
            "d41d8cd98f00b204e9800998ecf8427e",
            "jdoe:hunter2secret",
        ] {
            let found = found(&Field::Known(text.to_owned()));
            assert!(found.starts_with("Secret in identifier: "), "{found}");
            let end = text.get(10..).unwrap();
            assert!(!found.contains(end), "{found}");
        }
    }
}
