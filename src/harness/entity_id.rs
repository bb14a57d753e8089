//! The names of a connector: its import id, its reference in pipelines, and parsing the import id.
//!
//! ```text
//! import id := [ org "/" [ project "/" ] ] identifier
//! ref       := "account." identifier | "org." identifier | identifier
//! ```
//!
//! For any other text, the error says which import id was probably meant: people paste references, addresses, and names.

use harness_platform::Scope;
use tf_provider::diagnostic::Diagnostic;
use tf_provider::visible::visible;

use super::identifier::{self, IdentifierError};
use super::leaked_secret::{self, Pasted};

/// Returns `identifier`, `org/identifier`, or `org/project/identifier`.
pub(crate) fn format(scope: &Scope, identifier: &str) -> String {
    match scope {
        Scope::Account => identifier.to_owned(),
        Scope::Organization { org } => format!("{org}/{identifier}"),
        Scope::Project { org, project } => format!("{org}/{project}/{identifier}"),
    }
}

/// Returns the reference that pipelines use for the connector.
pub(crate) fn reference(scope: &Scope, identifier: &str) -> String {
    match scope {
        Scope::Account => format!("account.{identifier}"),
        Scope::Organization { .. } => format!("org.{identifier}"),
        Scope::Project { .. } => identifier.to_owned(),
    }
}

/// Parses an import id of a resource of the type `resource_type`.
///
/// # Errors
/// Returns an error if the text has none of the three forms; it says which one was probably meant.
pub(crate) fn parse(text: &str, resource_type: &str) -> Result<(Scope, String), Diagnostic> {
    if let Some(pasted) = leaked_secret::recognize_for_identifier(text) {
        return Err(secret(pasted));
    }
    one_of_the_forms(text).ok_or_else(|| malformed(text, resource_type))
}

const FORMS: &str = "An import id is \"<identifier>\" (account), \"<org_id>/<identifier>\" (organization) or \
                     \"<org_id>/<project_id>/<identifier>\" (project). Harness shows the Id of a connector next to its name.";

/// Returns the diagnostic about an import id that must not be repeated.
fn secret(pasted: Pasted) -> Diagnostic {
    Diagnostic::error(
        "Malformed import id",
        format!(
            "The import id contains what looks like {pasted} (not shown here). Consider it leaked: the history of your shell \
             may also contain it. If a colon separates the parts of the id, write / instead.\n\n{FORMS}"
        ),
    )
}

/// Parses an import id. Returns `None` for any other text, and for a secret.
pub(super) fn read(text: &str) -> Option<(Scope, String)> {
    leaked_secret::recognize_for_identifier(text)
        .is_none()
        .then(|| one_of_the_forms(text))?
}

fn one_of_the_forms(text: &str) -> Option<(Scope, String)> {
    let parts: Vec<&str> = text.split('/').collect();
    if !parts.iter().all(|part| is_identifier(part)) {
        return None;
    }
    let scope = match parts.as_slice() {
        [_] => Scope::Account,
        [org, _] => Scope::Organization {
            org: (*org).to_owned(),
        },
        [org, project, _] => Scope::Project {
            org: (*org).to_owned(),
            project: (*project).to_owned(),
        },
        _ => return None,
    };
    parts
        .last()
        .map(|identifier| (scope, (*identifier).to_owned()))
}

fn is_identifier(text: &str) -> bool {
    // A reserved word is a valid organization, and a connector with that name cannot exist anyway.
    matches!(
        identifier::check(text),
        Ok(()) | Err(IdentifierError::Reserved)
    )
}

fn malformed(text: &str, resource_type: &str) -> Diagnostic {
    Diagnostic::error(
        "Malformed import id",
        format!(
            "The import id is \"{}\". {}\n\n{FORMS}",
            visible(text).escape_debug(),
            hint(text, resource_type)
        ),
    )
}

/// Returns what the text is instead, and what to write. The first match is used, from the most to the least certain.
fn hint(text: &str, resource_type: &str) -> String {
    empty(text)
        .or_else(|| quoted_or_padded(text))
        .or_else(|| address_of_connector(text))
        .or_else(|| address(text))
        .or_else(|| resource_address(text, resource_type))
        .or_else(|| reference_in_pipeline(text))
        .or_else(|| empty_part(text))
        .or_else(|| too_many_parts(text))
        .or_else(|| other_separator(text))
        .or_else(|| odd_part(text))
        .unwrap_or_else(|| "It does not have one of the three forms.".to_owned())
}

/// Returns `Write "…".` if the text is an import id.
fn write(id: &str) -> Option<String> {
    one_of_the_forms(id).map(|_| format!("Write \"{id}\"."))
}

fn empty(text: &str) -> Option<String> {
    text.trim().is_empty().then(|| "It is empty.".to_owned())
}

/// Recognizes spaces or quotes around a valid id, or around a part of it.
fn quoted_or_padded(text: &str) -> Option<String> {
    let bare = |part: &str| {
        let quotes = ['"', '\'', '`'];
        part.trim().trim_matches(quotes).trim().to_owned()
    };
    let parts: Vec<String> = bare(text).split('/').map(bare).collect();
    let id = parts.join("/");
    let write = write(&id)?;
    Some(format!("It contains whitespace or quotes. {write}"))
}

/// Recognizes the URL of a connector's page in Harness: `…/orgs/<org>/projects/<project>/…/connectors/<identifier>`.
fn address_of_connector(text: &str) -> Option<String> {
    let path = text.split_once("://")?.1.split(['?', '#']).next()?;
    let segments: Vec<&str> = path.split('/').collect();
    let after = |names: &[&str]| {
        let mut pairs = segments.iter().zip(segments.iter().skip(1));
        let (_, segment) = pairs.find(|(name, _)| names.contains(name))?;
        Some((*segment).to_owned())
    };
    let identifier = after(&["connectors"])?;
    let parts = [
        after(&["orgs", "organizations"]),
        after(&["projects"]),
        Some(identifier),
    ];
    let id = parts.into_iter().flatten().collect::<Vec<_>>().join("/");
    let write = write(&id)?;
    Some(format!("It is the address of a page in Harness. {write}"))
}

fn address(text: &str) -> Option<String> {
    let looks_so = text.contains("://") || text.starts_with("git@");
    looks_so.then(|| "It looks like a URL.".to_owned())
}

/// Recognizes `harness_bitbucket_connector.x`, the first argument of `terraform import` instead of the second.
fn resource_address(text: &str, resource_type: &str) -> Option<String> {
    text.contains(resource_type).then(|| {
        format!(
            "It is the address of a resource. Write the id after the address: terraform import {} <id>",
            visible(text).escape_debug()
        )
    })
}

/// Recognizes `account.x`, `org.x`, and similar references, whatever comes before them.
fn reference_in_pipeline(text: &str) -> Option<String> {
    let (scope, last) = text.rsplit_once('/').unwrap_or(("", text));
    let (prefix, identifier) = last.split_once('.')?;
    if !is_identifier(identifier) {
        return None;
    }
    let (whose, form) = match prefix.to_ascii_lowercase().as_str() {
        "account" => ("the account", identifier.to_owned()),
        "org" if is_identifier(scope) => ("its organization", format!("{scope}/{identifier}")),
        "org" => ("its organization", format!("<org_id>/{identifier}")),
        "project" => ("its project", format!("<org_id>/<project_id>/{identifier}")),
        _ => return None,
    };
    Some(format!(
        "\"{}\" is how a pipeline refers to a connector of {whose}. Write \"{form}\".",
        visible(last).escape_debug()
    ))
}

fn empty_part(text: &str) -> Option<String> {
    let filled: Vec<&str> = text.split('/').filter(|part| !part.is_empty()).collect();
    let id = filled.join("/");
    let write = write(&id).unwrap_or_default();
    (id != text).then(|| {
        let said = format!("One of its parts is empty. {write}");
        said.trim_end().to_owned()
    })
}

fn too_many_parts(text: &str) -> Option<String> {
    let parts: Vec<&str> = text.split('/').collect();
    let count = parts.len();
    // Addresses of other tools begin with the account.
    let without_account = match parts.as_slice() {
        [_, org, project, identifier] => write(&[*org, *project, *identifier].join("/")),
        _ => None,
    };
    let or_else = without_account.map_or_else(String::new, |write| {
        format!(" Remove the account, which the provider knows. {write}")
    });
    (count > 3).then(|| format!("It has {count} parts; at most three are allowed.{or_else}"))
}

/// Recognizes parts with a separator other than `/`.
fn other_separator(text: &str) -> Option<String> {
    let separators = ['.', ':', ',', ';', '|', '\\'];
    let used = text.chars().find(|c| separators.contains(c))?;
    let id = text.replace(used, "/");
    let write = write(&id)?;
    Some(format!(
        "The separator of its parts is /, not {used}. {write}"
    ))
}

/// Returns the first part that is not an identifier, and why.
fn odd_part(text: &str) -> Option<String> {
    let parts: Vec<&str> = text.split('/').collect();
    let (position, part) = parts
        .iter()
        .enumerate()
        .find(|(_, part)| !is_identifier(part))?;
    let what = match (parts.len(), position) {
        (2 | 3, 0) => "an organization",
        (3, 1) => "a project",
        _ => "a connector",
    };
    let reason = identifier::check(part).err()?;
    let derived = identifier::from_name(part).ok();
    let instead = derived.map_or_else(String::new, |derived| {
        format!(" If it is a name, the Id is \"{derived}\" by default.")
    });
    Some(format!(
        "\"{}\" is not the Id of {what}: {reason}.{instead}",
        visible(part).escape_debug()
    ))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TYPE: &str = "harness_bitbucket_connector";

    #[test]
    fn each_form_is_read_and_written_back() {
        for (id, reference_in_pipelines) in [
            ("bb", "account.bb"),
            ("default/bb", "org.bb"),
            ("default/web/bb", "bb"),
            ("_$1/b$/A_1", "A_1"),
        ] {
            let (scope, identifier) = parse(id, TYPE).unwrap();
            assert_eq!(format(&scope, &identifier), id);
            assert_eq!(reference(&scope, &identifier), reference_in_pipelines);
        }
    }

    #[test]
    fn a_malformed_id_is_an_error_that_says_what_to_write() {
        let long = "x".repeat(129);
        for (id, hint) in [
            ("", "It is empty."),
            ("  ", "It is empty."),
            (" bb", "contains whitespace or quotes. Write \"bb\"."),
            ("'default/bb'\n", "Write \"default/bb\"."),
            ("default / web / bb", "Write \"default/web/bb\"."),
            (
                "https://app.harness.io/ng/account/Acc-1/all/orgs/default/projects/web/settings/connectors/bb?tab=1",
                "the address of a page in Harness. Write \"default/web/bb\".",
            ),
            (
                "https://app.harness.io/ng/account/Acc-1/all/settings/connectors/bb",
                "Write \"bb\".",
            ),
            ("https://app.harness.io/x", "It looks like a URL."),
            ("https://bitbucket.org/acme/web.git", "It looks like a URL."),
            ("git@bitbucket.org:acme/web.git", "It looks like a URL."),
            (
                "harness_bitbucket_connector.bb",
                "terraform import harness_bitbucket_connector.bb <id>",
            ),
            (
                "account.bb",
                "refers to a connector of the account. Write \"bb\".",
            ),
            ("Account.bb", "Write \"bb\"."),
            ("org.bb", "its organization. Write \"<org_id>/bb\"."),
            ("default/org.bb", "Write \"default/bb\"."),
            ("default/account.bb", "Write \"bb\"."),
            ("project.bb", "Write \"<org_id>/<project_id>/bb\"."),
            (
                "Acc-1/default/web/bb",
                "Remove the account, which the provider knows. Write \"default/web/bb\".",
            ),
            ("a/b/c/d e", "It has 4 parts; at most three are allowed."),
            ("a/b/c/d/e", "It has 5 parts; at most three are allowed."),
            ("/bb", "One of its parts is empty. Write \"bb\"."),
            (
                "default//bb",
                "One of its parts is empty. Write \"default/bb\".",
            ),
            (
                "default/web/bb/",
                "One of its parts is empty. Write \"default/web/bb\".",
            ),
            ("/", "One of its parts is empty."),
            (
                "default.web.bb",
                "separator of its parts is /, not .. Write \"default/web/bb\".",
            ),
            (
                "default;bb",
                "separator of its parts is /, not ;. Write \"default/bb\".",
            ),
            ("default\\web\\bb", "Write \"default/web/bb\"."),
            (
                "My Bitbucket",
                "\"My Bitbucket\" is not the Id of a connector: an identifier starts with a letter or _",
            ),
            ("My Bitbucket", "the Id is \"My_Bitbucket\" by default"),
            (
                "default/my-connector",
                "\"my-connector\" is not the Id of a connector",
            ),
            (
                "default/my-connector",
                "the Id is \"myconnector\" by default",
            ),
            ("my-org/bb", "\"my-org\" is not the Id of an organization"),
            (
                "default/my project/bb",
                "\"my project\" is not the Id of a project",
            ),
            ("1bb", "\"1bb\" is not the Id of a connector"),
            ("../bb", "\"..\" is not the Id of"),
            (
                "harnessSecretManager",
                "it names the built-in secret manager of Harness",
            ),
            (&long, "at most 128 characters"),
        ] {
            let finding = parse(id, TYPE).unwrap_err();
            assert_eq!(finding.summary, "Malformed import id");
            assert!(finding.detail.contains(hint), "{id}: {}", finding.detail);
            for form in [
                "\"<identifier>\"",
                "\"<org_id>/<identifier>\"",
                "\"<org_id>/<project_id>/<identifier>\"",
            ] {
                assert!(finding.detail.contains(form), "{id}: {}", finding.detail);
            }
        }
    }

    #[test]
    fn what_looks_like_a_secret_is_not_looked_up_and_not_repeated() {
        for id in [
            "ATATT3xFfGF0q1w2e3r4t5z6",
            "default/ghp_16C7e42F292c6912E7710c838347Ae178B4a",
            "default/web/glpat-q3zT9sXyWvU7SrQpOnMl",
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            "d41d8cd98f00b204e9800998ecf8427e",
            "default:bb",
            "jdoe:hunter2secret",
            "https://jdoe:hunter2secret@bitbucket.org/acme/web.git",
        ] {
            let finding = parse(id, TYPE).unwrap_err();
            let end = id.get(id.len() - 6..).unwrap();
            assert_eq!(finding.summary, "Malformed import id");
            assert!(!finding.detail.contains(end), "{}", finding.detail);
        }
        for id in [
            "a50e8400e29b41d4a716446655440000",
            "default/bb_da39a3ee5e6b4b0d3255bfef95601890afd80709",
            "My_Organization/Payments2024/BitbucketConnectorOfTeamPayments",
        ] {
            assert!(parse(id, TYPE).is_ok(), "{id}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_an_id_that_is_written_back_or_an_error(text in any::<String>()) {
            match parse(&text, TYPE) {
                Ok((scope, identifier)) => prop_assert_eq!(format(&scope, &identifier), text),
                Err(finding) => prop_assert!(finding.detail.lines().count() >= 3),
            }
        }

        #[test]
        fn what_a_hint_tells_to_write_is_an_import_id(text in "[ '\"]{0,2}[a-c./:-]{0,8}(account|org)?[a-c./: -]{0,6}") {
            if let Err(finding) = parse(&text, TYPE)
                && let Some((_, after)) = finding.detail.split_once("Write \"")
                && let Some((id, _)) = after.split_once('"')
                && !id.contains('<')
            {
                prop_assert!(parse(id, TYPE).is_ok(), "{}", id);
            }
        }
    }
}
