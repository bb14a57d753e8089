//! Rules about every argument whose name ends in `_ref`.
//!
//! What stands there by mistake may be a password: findings show it only where it has the form of a reference.
//!
//! The file is longer than most because half of it is words and tables: what the rules say, and what they find where.

#[cfg(test)]
pub(crate) mod tests;

use tf_provider::diagnostic::Severity;
use tf_provider::value::{Path, Step};

use crate::bitbucket_connector::checks::offline::input::{Findings, Input, Reference, Rule};
use crate::harness::leaked_secret::Pasted;
use crate::harness::rule::{Example, Strict};
use crate::harness::secret_ref::{Level, SecretRef, SecretRefError};
use crate::harness::wording::hcl;

const SETTING: &str = "*_ref";

/// HTTP credentials with this password reference, for the examples.
macro_rules! password_ref {
    ($reference:literal) => {
        concat!(
            "credentials {\n  http {\n    username     = \"jdoe\"\n    password_ref = ",
            $reference,
            "\n  }\n}"
        )
    };
    ($reference:literal in $scope:literal) => {
        concat!($scope, "\n", password_ref!($reference))
    };
}

const MENDED: &str = password_ref!("\"account.bitbucket_token\"");

pub(crate) static RULES: &[Rule] = &[
    Rule {
        id: "W01",
        setting: SETTING,
        severity: Severity::Error,
        strict: Strict::Same,
        says: "The text is not a reference to a secret.",
        why: "A reference is the Id of a secret: a letter or `_`, then letters, digits, `_`, `$` or `-`; before it \
              `account.` for secrets of the account, `org.` for those of the organization, nothing for those of the \
              project.",
        example: Example {
            wrong: password_ref!("\"account.bitbucket#token\""),
            mended: MENDED,
        },
        after: &[],
        check: is_malformed,
    },
    Rule {
        id: "W02",
        setting: SETTING,
        severity: Severity::Error,
        strict: Strict::Same,
        says: "The reference begins with `project.`.",
        why: "Secrets of the project are referred to without a prefix; Harness refuses this one.",
        example: Example {
            wrong: password_ref!("\"project.bitbucket_token\"" in "org_id     = \"default\"\nproject_id = \"web\""),
            mended: password_ref!("\"bitbucket_token\"" in "org_id     = \"default\"\nproject_id = \"web\""),
        },
        after: &[],
        check: has_project_prefix,
    },
    Rule {
        id: "W03",
        setting: SETTING,
        severity: Severity::Error,
        strict: Strict::Same,
        says: "What stands before the dot is not a scope, or there are several dots.",
        why: "The scopes are `account` and `org`. Which organization or project is meant follows from the connector; it \
              is not named in the reference.",
        example: Example {
            wrong: password_ref!("\"organization.bitbucket_token\"" in "org_id = \"default\""),
            mended: password_ref!("\"org.bitbucket_token\"" in "org_id = \"default\""),
        },
        after: &[],
        check: has_unknown_scope,
    },
    Rule {
        id: "W04",
        setting: SETTING,
        severity: Severity::Error,
        strict: Strict::Same,
        says: "A connector of the account refers to a secret of an organization or project.",
        why: "Everybody in the account can use the connector, and not everybody may use that secret. Harness refuses \
              the reference.",
        example: Example {
            wrong: password_ref!("\"bitbucket_token\""),
            mended: MENDED,
        },
        after: &[],
        check: is_too_narrow_for_account,
    },
    Rule {
        id: "W05",
        setting: SETTING,
        severity: Severity::Error,
        strict: Strict::Same,
        says: "A connector of an organization refers to a secret of a project.",
        why: "Every project of the organization can use the connector, and not every one may use that secret. Harness \
              refuses the reference.",
        example: Example {
            wrong: password_ref!("\"bitbucket_token\"" in "org_id = \"default\""),
            mended: password_ref!("\"org.bitbucket_token\"" in "org_id = \"default\""),
        },
        after: &[],
        check: is_too_narrow_for_organization,
    },
    Rule {
        id: "W06",
        setting: SETTING,
        severity: Severity::Error,
        strict: Strict::Same,
        says: "A token or key stands where a reference to it belongs.",
        why: "Values belong in Harness secrets. In the configuration they end up in the state, in plans and in version \
              control; consider it leaked, and make a new one.",
        example: Example {
            wrong: password_ref!("\"ATATT3xFfGF0T4JNjZRlV2hLk0dummy\""),
            mended: MENDED,
        },
        after: &[],
        check: is_secret,
    },
    Rule {
        id: "W07",
        setting: SETTING,
        severity: Severity::Error,
        strict: Strict::Same,
        says: "The reference is wrapped into `<+secrets.getValue(…)>`.",
        why: "That is how pipelines read a secret. A connector takes the reference itself.",
        example: Example {
            wrong: password_ref!("\"<+secrets.getValue(\\\"account.bitbucket_token\\\")>\""),
            mended: MENDED,
        },
        after: &[],
        check: is_secret_expression,
    },
    Rule {
        id: "W08",
        setting: SETTING,
        severity: Severity::Error,
        strict: Strict::Same,
        says: "A Harness expression or a template stands where a reference belongs.",
        why: "Settings of connectors are fixed: Harness resolves no expressions and asks for no inputs in them.",
        example: Example {
            wrong: password_ref!("\"<+input>\""),
            mended: MENDED,
        },
        after: &[],
        check: is_expression,
    },
    Rule {
        id: "W09",
        setting: SETTING,
        severity: Severity::Warning,
        strict: Strict::Same,
        says: "The scope is written with capitals.",
        why: "Harness understands it and writes it in lower case, as the documentation does.",
        example: Example {
            wrong: password_ref!("\"Account.bitbucket_token\""),
            mended: MENDED,
        },
        after: &["W04", "W05"],
        check: has_capitals,
    },
    Rule {
        id: "W10",
        setting: SETTING,
        severity: Severity::Error,
        strict: Strict::Same,
        says: "An address stands where a reference belongs, such as a path in a vault.",
        why: "Pipelines can read vaults by such paths; connectors cannot. A Harness secret can point to the path.",
        example: Example {
            wrong: password_ref!("\"hashicorpvault://vault/bitbucket#token\""),
            mended: MENDED,
        },
        after: &[],
        check: is_address,
    },
    Rule {
        id: "W11",
        setting: SETTING,
        severity: Severity::Error,
        strict: Strict::Same,
        says: "There are blanks in the reference.",
        why: "Names of secrets may have spaces, their Ids have none; a reference is made of the Id.",
        example: Example {
            wrong: password_ref!("\"Bitbucket Token\""),
            mended: MENDED,
        },
        after: &[],
        check: has_blanks,
    },
];

/// The references that could not be read.
fn wrong<'s, 'a>(
    input: &'s Input<'a>,
) -> impl Iterator<Item = (&'s Reference<'a>, &'s SecretRefError)> {
    input
        .references
        .iter()
        .filter_map(|reference| Some((reference, reference.read.as_ref().err()?)))
}

/// The references that could be read.
fn right<'s, 'a>(input: &'s Input<'a>) -> impl Iterator<Item = (&'s Reference<'a>, &'s SecretRef)> {
    input
        .references
        .iter()
        .filter_map(|reference| Some((reference, reference.read.as_ref().ok()?)))
}

/// The argument's own name.
fn name(path: &Path) -> &str {
    match path.steps().last() {
        Some(Step::Attribute(name)) => name,
        _ => "reference",
    }
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

/// Pushes a finding; `meant` is what to write instead, if that is certain.
fn push(
    input: &Input<'_>,
    findings: &mut Findings<'_>,
    path: &Path,
    (summary, found): (&str, String),
    meant: Option<&SecretRef>,
) {
    let meant = meant.map(|meant| usable(meant, input).to_string());
    let write = match &meant {
        Some(meant) => hcl(meant),
        None => forms(input.level).to_owned(),
    };
    let pushed = findings.push(path.clone(), summary, format!("{found} Write {write}."));
    if let Some(meant) = meant {
        pushed.suggest(path.clone(), meant);
    }
}

fn is_malformed(input: &Input<'_>, findings: &mut Findings<'_>) {
    for (reference, error) in wrong(input) {
        let name = name(&reference.path);
        let (summary, found) = match error {
            SecretRefError::Empty => (
                "Empty reference",
                format!("`{name}` is given and empty; it takes the reference of a Harness secret."),
            ),
            SecretRefError::Malformed => (
                "Not a reference to a secret",
                format!(
                    "`{name}` (its value is not shown, it may be a password) is not of the form of a reference: an Id of \
                     a letter or _, then letters, digits, _, $ or -, and before it nothing, \"org.\" or \"account.\". \
                     Store a password or token in a Harness secret, and write the secret's Id."
                ),
            ),
            SecretRefError::File if !reference.is_ssh_key => (
                "File instead of a reference",
                format!(
                    "`{name}` looks like the name of a file, and takes the reference of a Harness secret. Store the \
                     content of the file in one."
                ),
            ),
            _ => continue,
        };
        push(input, findings, &reference.path, (summary, found), None);
    }
}

fn has_project_prefix(input: &Input<'_>, findings: &mut Findings<'_>) {
    for (reference, error) in wrong(input) {
        if let SecretRefError::ProjectPrefix(plain) = error {
            let found = format!(
                "`{}` is {}. Secrets of a project are referred to without a prefix.",
                name(&reference.path),
                hcl(reference.text)
            );
            let what = ("Prefix that Harness does not know", found);
            push(input, findings, &reference.path, what, Some(plain));
        }
    }
}

fn has_unknown_scope(input: &Input<'_>, findings: &mut Findings<'_>) {
    for (reference, error) in wrong(input) {
        let name = name(&reference.path);
        let (found, meant) = match error {
            SecretRefError::UnknownScope(meant) => (
                format!(
                    "What stands before the dot in `{name}` is not a scope (its value is not shown, it may be a \
                     password); the scopes are \"account.\" and \"org.\"."
                ),
                meant.as_ref(),
            ),
            SecretRefError::TooManyParts => (
                format!(
                    "`{name}` has more than one dot in it (its value is not shown, it may be a password). A reference \
                     names neither organization nor project; these follow from the connector."
                ),
                None,
            ),
            _ => continue,
        };
        let what = ("Not a scope of secrets", found);
        push(input, findings, &reference.path, what, meant);
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
        let mended = usable(secret, input);
        if mended == *secret {
            continue;
        }
        let whose = match secret.level() {
            Level::Account => "the account",
            Level::Organization => "an organization",
            Level::Project => "a project",
        };
        let mended = mended.to_string();
        findings
            .push(
                reference.path.clone(),
                "Secret out of the connector's reach",
                format!(
                    "`{}` is {}, a secret of {whose}. {place}. Write {}{alternative}; the secret has to exist there.",
                    name(&reference.path),
                    hcl(reference.text),
                    hcl(&mended),
                ),
            )
            .suggest(reference.path.clone(), mended);
    }
}

fn is_secret(input: &Input<'_>, findings: &mut Findings<'_>) {
    for (reference, error) in wrong(input) {
        if let SecretRefError::Pasted(pasted) = error
            && !(reference.is_ssh_key && *pasted == Pasted::PrivateKey)
        {
            let found = format!(
                "`{}` holds what looks like {pasted} (its value is not shown here; consider it leaked). {}, store it in \
                 a Harness secret, and refer to that.",
                name(&reference.path),
                pasted.replacement()
            );
            let what = ("Secret instead of a reference", found);
            push(input, findings, &reference.path, what, None);
        }
    }
}

fn is_secret_expression(input: &Input<'_>, findings: &mut Findings<'_>) {
    for (reference, error) in wrong(input) {
        if let SecretRefError::SecretExpression(meant) = error {
            let found = format!(
                "`{}` is an expression for pipelines; a connector takes the reference that is inside it.",
                name(&reference.path)
            );
            let what = ("Expression instead of a reference", found);
            push(input, findings, &reference.path, what, meant.as_ref());
        }
    }
}

fn is_expression(input: &Input<'_>, findings: &mut Findings<'_>) {
    for (reference, error) in wrong(input) {
        if *error == SecretRefError::Expression {
            let found = format!(
                "`{}` has \"<+\" or \"${{\" in it. Settings of connectors are fixed texts; Harness resolves expressions \
                 in pipelines only.",
                name(&reference.path)
            );
            let what = ("Expression instead of a reference", found);
            push(input, findings, &reference.path, what, None);
        }
    }
}

fn has_capitals(input: &Input<'_>, findings: &mut Findings<'_>) {
    for (reference, secret) in right(input) {
        let canonical = secret.to_string();
        if canonical != reference.text {
            findings
                .push(
                    reference.path.clone(),
                    "Scope with capitals",
                    format!(
                        "`{}` is {}. Harness writes scopes in lower case. Write {}.",
                        name(&reference.path),
                        hcl(reference.text),
                        hcl(&canonical)
                    ),
                )
                .suggest(reference.path.clone(), canonical);
        }
    }
}

fn is_address(input: &Input<'_>, findings: &mut Findings<'_>) {
    for (reference, error) in wrong(input) {
        if *error == SecretRefError::Address {
            let found = format!(
                "`{}` has \"://\" in it, like the path of a vault, and takes the reference of a Harness secret. Create a \
                 secret in Harness that points to the vault's path, and refer to that.",
                name(&reference.path)
            );
            let what = ("Address instead of a reference", found);
            push(input, findings, &reference.path, what, None);
        }
    }
}

fn has_blanks(input: &Input<'_>, findings: &mut Findings<'_>) {
    for (reference, error) in wrong(input) {
        if let SecretRefError::Blanks(meant) = error {
            let found = match meant {
                Some(_) => format!("`{}` has blanks around it.", name(&reference.path)),
                None => format!(
                    "`{}` has blanks in it (its value is not shown, it may be a password). If it is the name of a \
                     secret: Harness shows the Id beside the name, and the Id is what belongs here.",
                    name(&reference.path)
                ),
            };
            let what = ("Blanks in a reference", found);
            push(input, findings, &reference.path, what, meant.as_ref());
        }
    }
}
