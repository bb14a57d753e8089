//! Rules about every argument with a name that ends in `_ref`.
//!
//! A misplaced value may be a password, so diagnostics show it only if it has the form of a reference.
//!
//! The file is longer than most because half of it is text and tables: the rules' messages, and what they find where.

#[cfg(test)]
pub(crate) mod tests;

use tf_provider::field::Field;

use crate::bitbucket_connector::checks::examples::{HTTP, http_with};
use crate::bitbucket_connector::checks::offline::input::{Findings, Input, Reference, Rule};
use crate::harness::leaked_secret::Pasted;
use crate::harness::secret_ref::{Level, SecretRef, SecretRefError};
use crate::harness::wording::hcl;

const SETTING: &str = "*_ref";

/// HTTP credentials in an organization or a project.
macro_rules! http_in {
    ($scope:literal, $password_ref:literal) => {
        concat!($scope, "\n", http_with!($password_ref))
    };
}

pub(crate) static RULES: &[Rule] = &[
    Rule::error("W01", SETTING, is_wrong)
        .says("The text is not a reference to a secret.")
        .because("A reference is the Id of a secret: a letter or `_`, followed by letters, digits, `_`, `$`, or `-`. The \
                  prefix `account.` refers to secrets of the account, `org.` to those of the organization, and no \
                  prefix to those of the project.")
        .example(http_with!("\"account.bitbucket#token\""), HTTP),
    Rule::error("W02", SETTING, is_wrong)
        .says("The reference starts with `project.`.")
        .because("References to secrets of a project have no prefix. Harness refuses this one.")
        .example(
            http_in!("org_id     = \"default\"\nproject_id = \"web\"", "\"project.bitbucket_api_token\""),
            http_in!("org_id     = \"default\"\nproject_id = \"web\"", "\"bitbucket_api_token\""),
        ),
    Rule::error("W03", SETTING, is_wrong)
        .says("The text before the dot is not a scope, or the reference contains several dots.")
        .because("The scopes are `account` and `org`. The organization and the project follow from the connector, not \
                  from the reference.")
        .example(
            http_in!("org_id = \"default\"", "\"organization.bitbucket_api_token\""),
            http_in!("org_id = \"default\"", "\"org.bitbucket_api_token\""),
        ),
    Rule::error("W04", SETTING, is_too_narrow_for_account)
        .says("A connector of the account references a secret of an organization or project.")
        .because("All users of the account can use the connector, but not all may use that secret. Harness refuses the \
                  reference.")
        .example(http_with!("\"bitbucket_api_token\""), HTTP),
    Rule::error("W05", SETTING, is_too_narrow_for_organization)
        .says("A connector of an organization references a secret of a project.")
        .because("All projects of the organization can use the connector, but not all may use that secret. Harness \
                  refuses the reference.")
        .example(
            http_in!("org_id = \"default\"", "\"bitbucket_api_token\""),
            http_in!("org_id = \"default\"", "\"org.bitbucket_api_token\""),
        ),
    Rule::error("W06", SETTING, is_wrong)
        .says("The text is a token or key instead of a reference.")
        .because("Tokens and keys belong in Harness secrets. A value in the configuration ends up in the state, in plans, \
                  and in version control, so consider it leaked and create a new one.")
        .example(http_with!("\"ATATT3xFfGF0T4JNjZRlV2hLk0dummy\""), HTTP),
    Rule::error("W07", SETTING, is_wrong)
        .says("The reference is inside `<+secrets.getValue(…)>`.")
        .because("Only pipelines read secrets this way. A connector takes the reference alone.")
        .example(http_with!("\"<+secrets.getValue(\\\"account.bitbucket_api_token\\\")>\""), HTTP),
    Rule::error("W08", SETTING, is_wrong)
        .says("The text is a Harness expression or a template instead of a reference.")
        .because("Connector settings are fixed. Harness resolves expressions and runtime inputs only in pipelines.")
        .example(http_with!("\"<+input>\""), HTTP),
    Rule::warning("W09", SETTING, has_capitals)
        .after(&["W04", "W05"])
        .says("The scope contains uppercase letters.")
        .because("Harness accepts it, but writes scopes in lowercase.")
        .example(http_with!("\"Account.bitbucket_api_token\""), HTTP),
    Rule::error("W10", SETTING, is_wrong)
        .says("The text is a URL, such as a vault path, instead of a reference.")
        .because("Only pipelines can read vaults by path. For a connector, create a Harness secret that points to the \
                  path.")
        .example(http_with!("\"hashicorpvault://vault/bitbucket#token\""), HTTP),
    Rule::error("W11", SETTING, is_wrong)
        .says("The reference contains whitespace.")
        .because("A reference contains the secret's Id, not its name. Names can contain spaces; Ids cannot.")
        .example(http_with!("\"Bitbucket Token\""), HTTP),
];

/// Returns the valid references.
fn right<'s, 'a>(input: &'s Input<'a>) -> impl Iterator<Item = (&'s Reference<'a>, &'s SecretRef)> {
    input
        .references
        .iter()
        .filter_map(|reference| Some((reference, reference.read.as_ref().ok()?)))
}

/// Returns the secret that `reference` names, at a level that the connector may use.
fn usable(reference: &SecretRef, input: &Input<'_>) -> SecretRef {
    match input.level {
        Some(level) if reference.level() > level => reference.moved_to(level),
        _ => reference.clone(),
    }
}

/// Returns what to write where it is not known what was meant, up to the [`forms`] of a reference.
fn write(error: &SecretRefError) -> &'static str {
    match error {
        SecretRefError::Malformed
        | SecretRefError::File
        | SecretRefError::Pasted(_)
        | SecretRefError::Address => "Write that secret's reference:",
        _ => "Write the reference to a Harness secret:",
    }
}

/// Returns the forms of a reference for a connector at this level.
fn forms(level: Option<Level>) -> &'static str {
    match level {
        Some(Level::Account) => "\"account.<id>\"",
        Some(Level::Organization) => "\"org.<id>\" (organization) or \"account.<id>\" (account)",
        Some(Level::Project) | None => {
            "\"<id>\" (project), \"org.<id>\" (organization), or \"account.<id>\" (account)"
        }
    }
}

/// Reports the references that are invalid for the rule's reason.
fn is_wrong(input: &Input<'_>, findings: &mut Findings<'_>) {
    for reference in &input.references {
        let Err(error) = &reference.read else {
            continue;
        };
        let (id, summary, meant) = classified(error);
        // K02 and K03 have more specific messages about keys.
        let is_of_keys = reference.is_ssh_key
            && matches!(
                error,
                SecretRefError::File | SecretRefError::Pasted(Pasted::PrivateKey)
            );
        if id != findings.rule().id || is_of_keys {
            continue;
        }
        let (found, meant, why) = match of_own_scope(reference, error, input) {
            Some((meant, why)) => (format!("{}.", reference.is()), Some(meant), why),
            None => (found(reference, error), meant.cloned(), why(error)),
        };
        let meant = meant.map(|meant| usable(&meant, input).to_string());
        let found = match &meant {
            Some(_) => found,
            None => format!("{found} {} {}.", write(error), forms(input.level)),
        };
        let pushed = findings.push(&reference.path, summary, found).fix(meant);
        if !why.is_empty() {
            pushed.note(why);
        }
    }
}

/// Returns what is meant by a reference that begins with the Id of the connector's own organization or project, and why
/// it is wrong.
fn of_own_scope(
    reference: &Reference<'_>,
    error: &SecretRefError,
    input: &Input<'_>,
) -> Option<(SecretRef, &'static str)> {
    if !matches!(error, SecretRefError::UnknownScope(None)) {
        return None;
    }
    let (scope, identifier) = reference.text.split_once('.')?;
    let is = |id: &Field<String>| id.text() == Some(scope);
    let (why, level) = if is(&input.model.org_id) {
        (
            "References to secrets of the organization start with \"org.\", not with its Id.",
            Level::Organization,
        )
    } else if is(&input.model.project_id) {
        (
            "References to secrets of the project have no prefix.",
            Level::Project,
        )
    } else {
        return None;
    };
    let meant = SecretRef::parse(&format!("{}{identifier}", level.prefix())).ok()?;
    Some((meant, why))
}

/// Returns the rule for a parser error, the summary, and what to write instead, if that is certain.
fn classified(error: &SecretRefError) -> (&'static str, &'static str, Option<&SecretRef>) {
    match error {
        SecretRefError::Empty => ("W01", "Empty reference", None),
        SecretRefError::Malformed => ("W01", "Not a reference to a secret", None),
        SecretRefError::File => ("W01", "File instead of a reference", None),
        SecretRefError::Slash(meant) => ("W01", "Slash instead of a dot", Some(meant)),
        SecretRefError::ProjectPrefix(plain) => ("W02", "Unknown scope in reference", Some(plain)),
        SecretRefError::UnknownScope(meant) => {
            ("W03", "Unknown scope in reference", meant.as_ref())
        }
        SecretRefError::TooManyParts => ("W03", "Too many dots in reference", None),
        SecretRefError::Pasted(_) => ("W06", "Secret instead of a reference", None),
        SecretRefError::SecretExpression(meant) => {
            ("W07", "Expression instead of a reference", meant.as_ref())
        }
        SecretRefError::Expression => ("W08", "Expression instead of a reference", None),
        SecretRefError::Address => ("W10", "URL instead of a reference", None),
        SecretRefError::Blanks(meant) => ("W11", "Whitespace in reference", meant.as_ref()),
    }
}

/// Returns what is wrong with a reference, and what to do before one can be written. Whatever does not have the form of
/// a reference may be a password, and is not shown.
fn found(reference: &Reference<'_>, error: &SecretRefError) -> String {
    const HIDDEN: &str = "(not shown here: it may be a password)";
    let name = reference.name();
    match error {
        SecretRefError::Empty => format!("`{name}` is empty."),
        SecretRefError::Malformed => format!(
            "`{name}` is not a reference {HIDDEN}. Store a password or token in a Harness secret."
        ),
        SecretRefError::File => {
            format!(
                "`{name}` looks like a file name. Store the file's content in a Harness secret."
            )
        }
        SecretRefError::Slash(_) | SecretRefError::ProjectPrefix(_) => {
            format!("{}.", reference.is())
        }
        SecretRefError::UnknownScope(_) => {
            format!("The text before the dot in `{name}` {HIDDEN} is not a scope.")
        }
        SecretRefError::TooManyParts => {
            format!("`{name}` {HIDDEN} contains more than one dot.")
        }
        SecretRefError::Pasted(pasted) => format!(
            "`{name}` contains what looks like {pasted} (not shown here). Consider it leaked. {} and store it in a Harness \
             secret.",
            pasted.replacement()
        ),
        SecretRefError::SecretExpression(_) => format!("`{name}` is a pipeline expression."),
        SecretRefError::Expression => format!("`{name}` contains \"<+\" or \"${{\"."),
        SecretRefError::Address => format!(
            "`{name}` contains \"://\", like a vault path. Create a Harness secret that points to the path."
        ),
        SecretRefError::Blanks(Some(_)) => format!("`{name}` starts or ends with whitespace."),
        SecretRefError::Blanks(None) => format!("`{name}` {HIDDEN} contains whitespace."),
    }
}

/// Returns why that is wrong, or what else there is to know.
fn why(error: &SecretRefError) -> &'static str {
    match error {
        SecretRefError::Malformed => {
            "An Id starts with a letter or _, followed by letters, digits, _, $, or -."
        }
        SecretRefError::Slash(_) => "A dot separates the scope from the secret's Id.",
        SecretRefError::ProjectPrefix(_) => {
            "The scopes are \"account.\" and \"org.\"; references to secrets of a project have no prefix."
        }
        SecretRefError::UnknownScope(_) => "The scopes are \"account.\" and \"org.\".",
        SecretRefError::TooManyParts => {
            "The organization and the project follow from the connector, not from the reference."
        }
        SecretRefError::SecretExpression(_) => {
            "A connector takes the reference alone, without <+secrets.getValue(…)>."
        }
        SecretRefError::Expression => "Harness resolves expressions only in pipelines.",
        SecretRefError::Blanks(None) => {
            "For a secret's name, write its Id, which Harness shows next to the name."
        }
        SecretRefError::Empty
        | SecretRefError::File
        | SecretRefError::Pasted(_)
        | SecretRefError::Address
        | SecretRefError::Blanks(Some(_)) => "",
    }
}

fn is_too_narrow_for_account(input: &Input<'_>, findings: &mut Findings<'_>) {
    if input.level == Some(Level::Account) {
        let why =
            "A connector of the account (without `org_id`) can use only secrets of the account.";
        push_too_narrow(input, findings, why, None);
    }
}

fn is_too_narrow_for_organization(input: &Input<'_>, findings: &mut Findings<'_>) {
    if input.level == Some(Level::Organization) {
        let why =
            "A connector of an organization (without `project_id`) cannot use secrets of projects.";
        push_too_narrow(input, findings, why, Some(Level::Account));
    }
}

/// Pushes the references to secrets that the connector cannot use; `wider` is where else the secret may be.
fn push_too_narrow(
    input: &Input<'_>,
    findings: &mut Findings<'_>,
    why: &str,
    wider: Option<Level>,
) {
    for (reference, secret) in right(input) {
        let fixed = usable(secret, input);
        if fixed == *secret {
            continue;
        }
        let means = match secret.level() {
            Level::Account => ", a secret of the account",
            Level::Organization => ", a secret of an organization",
            Level::Project => ": without a prefix, this means a secret of a project",
        };
        let fixed = fixed.to_string();
        let write = match wider.map(|level| secret.moved_to(level).to_string()) {
            Some(wider) => format!(
                "Write {} or {}, depending on where the secret is.",
                hcl(&fixed),
                hcl(&wider)
            ),
            None => format!(
                "Write {}, and make sure that this secret exists.",
                hcl(&fixed)
            ),
        };
        findings
            .push(
                &reference.path,
                "Secret outside the connector's scope",
                format!("{}{means}. {write} {why}", reference.is()),
            )
            .suggest(&reference.path, fixed);
    }
}

fn has_capitals(input: &Input<'_>, findings: &mut Findings<'_>) {
    for (reference, secret) in right(input) {
        let canonical = secret.to_string();
        if canonical != reference.text {
            findings
                .push(
                    &reference.path,
                    "Uppercase scope in reference",
                    format!("{}.", reference.is()),
                )
                .fix(Some(canonical))
                .note("Harness writes scopes in lowercase.");
        }
    }
}
