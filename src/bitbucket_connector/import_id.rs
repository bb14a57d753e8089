//! The three names of a connector: its import id, its reference in pipelines, and the way back from the first.
//!
//! ```text
//! import id := [ org "/" [ project "/" ] ] identifier
//! ref       := "account." identifier | "org." identifier | identifier
//! ```

use super::identifier;
use crate::platform::Scope;
use crate::tf_provider::diagnostic::Diagnostic;

/// `identifier`, `org/identifier` or `org/project/identifier`.
pub(super) fn format(scope: &Scope, identifier: &str) -> String {
    match scope {
        Scope::Account => identifier.to_owned(),
        Scope::Organization { org } => format!("{org}/{identifier}"),
        Scope::Project { org, project } => format!("{org}/{project}/{identifier}"),
    }
}

/// How a pipeline refers to the connector.
pub(super) fn reference(scope: &Scope, identifier: &str) -> String {
    match scope {
        Scope::Account => format!("account.{identifier}"),
        Scope::Organization { .. } => format!("org.{identifier}"),
        Scope::Project { .. } => identifier.to_owned(),
    }
}

/// Reads an import id.
///
/// # Errors
/// The text is none of the three forms; the finding says which one was probably meant.
pub(super) fn parse(text: &str) -> Result<(Scope, String), Diagnostic> {
    let parts: Vec<&str> = text.split('/').collect();
    let (scope, identifier) = match parts.as_slice() {
        [identifier] => (Scope::Account, *identifier),
        [org, identifier] => (
            Scope::Organization {
                org: (*org).to_owned(),
            },
            *identifier,
        ),
        [org, project, identifier] => (
            Scope::Project {
                org: (*org).to_owned(),
                project: (*project).to_owned(),
            },
            *identifier,
        ),
        _ => return Err(malformed(text)),
    };
    if parts.iter().any(|part| !is_identifier(part)) {
        return Err(malformed(text));
    }
    Ok((scope, identifier.to_owned()))
}

fn is_identifier(text: &str) -> bool {
    // A reserved word is a legal organization, and a connector of that name cannot exist anyway.
    matches!(
        identifier::check(text),
        Ok(()) | Err(identifier::IdentifierError::Reserved)
    )
}

fn malformed(text: &str) -> Diagnostic {
    let hint = if let Some(identifier) = text.strip_prefix("account.") {
        format!(
            " \"{text}\" is how a pipeline refers to a connector of the account; to import it, write \"{identifier}\"."
        )
    } else if let Some(identifier) = text.strip_prefix("org.") {
        format!(
            " \"{text}\" is how a pipeline refers to a connector of its organization; to import it, write \
             \"<org_id>/{identifier}\"."
        )
    } else if text.contains("://") {
        " This looks like an address; the Id of a connector stands below its name in Harness."
            .to_owned()
    } else {
        String::new()
    };
    Diagnostic::error(
        "Malformed import id",
        format!(
            "The import id is \"{}\". It must be \"<identifier>\" for a connector of the account, \
             \"<org_id>/<identifier>\" for one of an organization, or \"<org_id>/<project_id>/<identifier>\" for one of \
             a project.{hint}",
            text.escape_debug()
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_is_read_and_written_back() {
        for (id, reference_in_pipelines) in [
            ("bb", "account.bb"),
            ("default/bb", "org.bb"),
            ("default/web/bb", "bb"),
        ] {
            let (scope, identifier) = parse(id).unwrap();
            assert_eq!(format(&scope, &identifier), id);
            assert_eq!(reference(&scope, &identifier), reference_in_pipelines);
        }
    }

    #[test]
    fn a_malformed_id_is_told_the_form_that_was_meant() {
        for (id, hint) in [
            ("account.bb", "write \"bb\"."),
            ("org.bb", "write \"<org_id>/bb\"."),
            ("https://app.harness.io/x", "This looks like an address"),
            ("a/b/c/d", "\"<org_id>/<project_id>/<identifier>\""),
            ("default/", "\"<org_id>/<identifier>\""),
            ("/bb", "\"<org_id>/<identifier>\""),
            ("", "\"<identifier>\""),
            ("../bb", "\"<org_id>/<identifier>\""),
        ] {
            let detail = parse(id).unwrap_err().detail;
            assert!(detail.contains(hint), "{id}: {detail}");
        }
    }
}
