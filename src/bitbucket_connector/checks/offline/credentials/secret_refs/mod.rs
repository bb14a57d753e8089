//! Rules about every argument whose name ends in `_ref`.
//!
//! What stands there by mistake may be a password: findings show it only where it has the form of a reference.
//!
//! The file is longer than most because half of it is words and tables: what the rules say, and what they find where.

#[cfg(test)]
pub(crate) mod tests;

use tf_provider::field::Field;

use crate::bitbucket_connector::checks::examples::{HTTP, http_with};
use crate::bitbucket_connector::checks::offline::input::{Findings, Input, Reference, Rule};
use crate::harness::leaked_secret::Pasted;
use crate::harness::secret_ref::{Level, SecretRef, SecretRefError};
use crate::harness::wording::hcl;

const SETTING: &str = "*_ref";

/// The same in an organization or a project.
macro_rules! http_in {
    ($scope:literal, $password_ref:literal) => {
        concat!($scope, "\n", http_with!($password_ref))
    };
}

pub(crate) static RULES: &[Rule] = &[
    Rule::error("W01", SETTING, is_wrong)
        .says("The text is not a reference to a secret.")
        .because("A reference is the Id of a secret: a letter or `_`, then letters, digits, `_`, `$` or `-`; before it \
                  `account.` for secrets of the account, `org.` for those of the organization, nothing for those of \
                  the project.")
        .example(http_with!("\"account.bitbucket#token\""), HTTP),
    Rule::error("W02", SETTING, is_wrong)
        .says("The reference begins with `project.`.")
        .because("Secrets of the project are referred to without a prefix; Harness refuses this one.")
        .example(
            http_in!("org_id     = \"default\"\nproject_id = \"web\"", "\"project.bitbucket_api_token\""),
            http_in!("org_id     = \"default\"\nproject_id = \"web\"", "\"bitbucket_api_token\""),
        ),
    Rule::error("W03", SETTING, is_wrong)
        .says("What stands before the dot is not a scope, or there are several dots.")
        .because("The scopes are `account` and `org`. Which organization or project is meant follows from the \
                  connector; it is not named in the reference.")
        .example(
            http_in!("org_id = \"default\"", "\"organization.bitbucket_api_token\""),
            http_in!("org_id = \"default\"", "\"org.bitbucket_api_token\""),
        ),
    Rule::error("W04", SETTING, is_too_narrow_for_account)
        .says("A connector of the account refers to a secret of an organization or project.")
        .because("Everybody in the account can use the connector, and not everybody may use that secret. Harness \
                  refuses the reference.")
        .example(http_with!("\"bitbucket_api_token\""), HTTP),
    Rule::error("W05", SETTING, is_too_narrow_for_organization)
        .says("A connector of an organization refers to a secret of a project.")
        .because("Every project of the organization can use the connector, and not every one may use that secret. \
                  Harness refuses the reference.")
        .example(
            http_in!("org_id = \"default\"", "\"bitbucket_api_token\""),
            http_in!("org_id = \"default\"", "\"org.bitbucket_api_token\""),
        ),
    Rule::error("W06", SETTING, is_wrong)
        .says("A token or key stands where a reference to it belongs.")
        .because("Values belong in Harness secrets. In the configuration they end up in the state, in plans and in \
                  version control; consider it leaked, and make a new one.")
        .example(http_with!("\"ATATT3xFfGF0T4JNjZRlV2hLk0dummy\""), HTTP),
    Rule::error("W07", SETTING, is_wrong)
        .says("The reference is wrapped into `<+secrets.getValue(…)>`.")
        .because("That is how pipelines read a secret. A connector takes the reference itself.")
        .example(http_with!("\"<+secrets.getValue(\\\"account.bitbucket_api_token\\\")>\""), HTTP),
    Rule::error("W08", SETTING, is_wrong)
        .says("A Harness expression or a template stands where a reference belongs.")
        .because("Settings of connectors are fixed: Harness resolves no expressions and asks for no inputs in them.")
        .example(http_with!("\"<+input>\""), HTTP),
    Rule::warning("W09", SETTING, has_capitals)
        .after(&["W04", "W05"])
        .says("The scope is written with capitals.")
        .because("Harness understands it and writes it in lower case, as the documentation does.")
        .example(http_with!("\"Account.bitbucket_api_token\""), HTTP),
    Rule::error("W10", SETTING, is_wrong)
        .says("An address stands where a reference belongs, such as a path in a vault.")
        .because("Pipelines can read vaults by such paths; connectors cannot. A Harness secret can point to the path.")
        .example(http_with!("\"hashicorpvault://vault/bitbucket#token\""), HTTP),
    Rule::error("W11", SETTING, is_wrong)
        .says("There are blanks in the reference.")
        .because("Names of secrets may have spaces, their Ids have none; a reference is made of the Id.")
        .example(http_with!("\"Bitbucket Token\""), HTTP),
];

/// The references that could be read.
fn right<'s, 'a>(input: &'s Input<'a>) -> impl Iterator<Item = (&'s Reference<'a>, &'s SecretRef)> {
    input
        .references
        .iter()
        .filter_map(|reference| Some((reference, reference.read.as_ref().ok()?)))
}

/// What is referred to by `reference`, at a level that the connector may use.
fn usable(reference: &SecretRef, input: &Input<'_>) -> SecretRef {
    match input.level {
        Some(level) if reference.level() > level => reference.moved_to(level),
        _ => reference.clone(),
    }
}

/// How a reference is written in a connector of this level.
fn forms(level: Option<Level>) -> &'static str {
    match level {
        Some(Level::Account) => "\"account.<id>\" with the Id of a secret of the account",
        Some(Level::Organization) => {
            "\"org.<id>\" with the Id of a secret of the organization, or \"account.<id>\" with one of the account"
        }
        Some(Level::Project) | None => {
            "\"<id>\" with the Id of a secret of the project, \"org.<id>\" with one of its organization, or \
             \"account.<id>\" with one of the account"
        }
    }
}

/// Pushes the references that could not be read for the reason of the rule.
fn is_wrong(input: &Input<'_>, findings: &mut Findings<'_>) {
    for reference in &input.references {
        let Err(error) = &reference.read else {
            continue;
        };
        let (id, summary, meant) = classified(error);
        // K02 and K03 know more about keys.
        let is_of_keys = reference.is_ssh_key
            && matches!(
                error,
                SecretRefError::File | SecretRefError::Pasted(Pasted::PrivateKey)
            );
        if id != findings.rule().id || is_of_keys {
            continue;
        }
        let (found, meant) = match of_own_scope(reference, error, input) {
            Some((found, meant)) => (found, Some(meant)),
            None => (found(reference, error), meant.cloned()),
        };
        let meant = meant.map(|meant| usable(&meant, input).to_string());
        let found = match &meant {
            Some(_) => found,
            None => format!("{found} Write {}.", forms(input.level)),
        };
        findings.push(&reference.path, summary, found).fix(meant);
    }
}

/// What to say about a reference that begins with the Id of the connector's own organization or project, and what it means.
fn of_own_scope(
    reference: &Reference<'_>,
    error: &SecretRefError,
    input: &Input<'_>,
) -> Option<(String, SecretRef)> {
    if !matches!(error, SecretRefError::UnknownScope(None)) {
        return None;
    }
    let (scope, identifier) = reference.text.split_once('.')?;
    let is = |id: &Field<String>| id.text() == Some(scope);
    let (kind, level) = if is(&input.model.org_id) {
        (
            "organization's secrets have the prefix `org.`",
            Level::Organization,
        )
    } else if is(&input.model.project_id) {
        ("project's secrets have no prefix", Level::Project)
    } else {
        return None;
    };
    let meant = SecretRef::parse(&format!("{}{identifier}", level.prefix())).ok()?;
    let found = format!("{}. The {kind}, whatever its Id is.", reference.is());
    Some((found, meant))
}

/// The rule about an error of the parser, the finding's summary, and what to write instead, if that is certain.
fn classified(error: &SecretRefError) -> (&'static str, &'static str, Option<&SecretRef>) {
    match error {
        SecretRefError::Empty => ("W01", "Empty reference", None),
        SecretRefError::Malformed => ("W01", "Not a reference to a secret", None),
        SecretRefError::File => ("W01", "File instead of a reference", None),
        SecretRefError::Slash(meant) => ("W01", "Slash instead of a dot", Some(meant)),
        SecretRefError::ProjectPrefix(plain) => {
            ("W02", "Prefix that Harness does not know", Some(plain))
        }
        SecretRefError::UnknownScope(meant) => ("W03", "Not a scope of secrets", meant.as_ref()),
        SecretRefError::TooManyParts => ("W03", "Not a scope of secrets", None),
        SecretRefError::Pasted(_) => ("W06", "Secret instead of a reference", None),
        SecretRefError::SecretExpression(meant) => {
            ("W07", "Expression instead of a reference", meant.as_ref())
        }
        SecretRefError::Expression => ("W08", "Expression instead of a reference", None),
        SecretRefError::Address => ("W10", "Address instead of a reference", None),
        SecretRefError::Blanks(meant) => ("W11", "Blanks in a reference", meant.as_ref()),
    }
}

/// What is wrong with a reference, in one or two sentences. Whatever has not the form of one may be a password, and is not
/// shown.
fn found(reference: &Reference<'_>, error: &SecretRefError) -> String {
    let name = reference.name();
    match error {
        SecretRefError::Empty => {
            format!("`{name}` is given and empty; it takes the reference of a Harness secret.")
        }
        SecretRefError::Malformed => format!(
            "`{name}` (its value is not shown, it may be a password) is not of the form of a reference: an Id of a letter \
             or _, then letters, digits, _, $ or -, and before it nothing, \"org.\" or \"account.\". Store a password or \
             token in a Harness secret, and write the secret's Id."
        ),
        SecretRefError::File => format!(
            "`{name}` looks like the name of a file, and takes the reference of a Harness secret. Store the content of the \
             file in one."
        ),
        SecretRefError::Slash(_) => format!(
            "{}. In a reference, a dot separates the scope from the secret's Id.",
            reference.is()
        ),
        SecretRefError::ProjectPrefix(_) => format!(
            "{}. Secrets of a project are referred to without a prefix.",
            reference.is()
        ),
        SecretRefError::UnknownScope(_) => format!(
            "What stands before the dot in `{name}` is not a scope (its value is not shown, it may be a password); the \
             scopes are \"account.\" and \"org.\"."
        ),
        SecretRefError::TooManyParts => format!(
            "`{name}` has more than one dot in it (its value is not shown, it may be a password). A reference names neither \
             organization nor project; these follow from the connector."
        ),
        SecretRefError::Pasted(pasted) => format!(
            "`{name}` holds what looks like {pasted} (its value is not shown here; consider it leaked). {}, store it in a \
             Harness secret, and refer to that.",
            pasted.replacement()
        ),
        SecretRefError::SecretExpression(_) => format!(
            "`{name}` is an expression for pipelines; a connector takes the reference that is inside it."
        ),
        SecretRefError::Expression => format!(
            "`{name}` has \"<+\" or \"${{\" in it. Settings of connectors are fixed texts; Harness resolves expressions in \
             pipelines only."
        ),
        SecretRefError::Address => format!(
            "`{name}` has \"://\" in it, like the path of a vault, and takes the reference of a Harness secret. Create a \
             secret in Harness that points to the vault's path, and refer to that."
        ),
        SecretRefError::Blanks(Some(_)) => format!("`{name}` has blanks around it."),
        SecretRefError::Blanks(None) => format!(
            "`{name}` has blanks in it (its value is not shown, it may be a password). If it is the name of a secret: \
             Harness shows the Id beside the name, and the Id is what belongs here."
        ),
    }
}

fn is_too_narrow_for_account(input: &Input<'_>, findings: &mut Findings<'_>) {
    if input.level == Some(Level::Account) {
        let place = "The connector belongs to the account (it has no `org_id`), and can use secrets of the account only";
        push_too_narrow(input, findings, place, "");
    }
}

fn is_too_narrow_for_organization(input: &Input<'_>, findings: &mut Findings<'_>) {
    if input.level == Some(Level::Organization) {
        let place = "The connector belongs to an organization (it has no `project_id`), and cannot use secrets of its projects";
        let alternative = ", or \"account.<id>\" if the secret is the account's";
        push_too_narrow(input, findings, place, alternative);
    }
}

fn push_too_narrow(input: &Input<'_>, findings: &mut Findings<'_>, place: &str, alternative: &str) {
    for (reference, secret) in right(input) {
        let fixed = usable(secret, input);
        if fixed == *secret {
            continue;
        }
        let means = match secret.level() {
            Level::Account => "which means a secret of the account",
            Level::Organization => "which means a secret of the organization",
            Level::Project => "which without a prefix means a secret of the project",
        };
        let fixed = fixed.to_string();
        findings
            .push(
                &reference.path,
                "Secret out of the connector's reach",
                format!(
                    "{}, {means}. {place}. Write {}{alternative}; the secret has to exist there.",
                    reference.is(),
                    hcl(&fixed)
                ),
            )
            .suggest(&reference.path, fixed);
    }
}

fn has_capitals(input: &Input<'_>, findings: &mut Findings<'_>) {
    for (reference, secret) in right(input) {
        let canonical = secret.to_string();
        if canonical != reference.text {
            let found = format!("{}. Harness writes scopes in lower case.", reference.is());
            findings
                .push(&reference.path, "Scope with capitals", found)
                .fix(Some(canonical));
        }
    }
}
