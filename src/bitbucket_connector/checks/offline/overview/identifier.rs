//! Rules about `identifier`, given or derived from the name.

use tf_provider::field::Field;
use tf_provider::value::Value;

use super::{name, push_text};
use crate::bitbucket_connector::checks::offline::input::{Findings, Input, Rule, is_blank};
use crate::harness::identifier::{self, IdentifierError, MAX_LENGTH};
use crate::harness::wording::{named, shown};

const SETTING: &str = "identifier";

pub(crate) static RULES: &[Rule] = &[
    Rule::error("I01", SETTING, is_empty)
        .says("`identifier` is empty.")
        .because("An identifier has at least one character. Without the argument, it is derived from the name.")
        .example(r#"identifier = """#, r#"identifier = "bitbucket""#),
    Rule::error("I02", SETTING, is_malformed)
        .summary("Invalid identifier")
        .after(&["E05"])
        .says("`identifier` is malformed.")
        .because("An identifier starts with a letter or `_`, followed by letters, digits, `_`, or `$`, at most 128 \
                  characters. Harness refuses anything else.")
        .example(r#"identifier = "bitbucket.eu""#, r#"identifier = "bitbucket_eu""#),
    Rule::error("I03", SETTING, has_hyphen)
        .summary("Hyphen in identifier")
        .after(&["E05"])
        .says("`identifier` contains a hyphen.")
        .because("Harness allows hyphens only in the identifiers of secrets.")
        .example(r#"identifier = "bitbucket-eu""#, r#"identifier = "bitbucket_eu""#),
    Rule::error("I04", SETTING, is_reserved)
        .says("`identifier` is a reserved word.")
        .because("Harness reserves the words of its expression language: `or`, `and`, `eq`, `ne`, `lt`, `gt`, `le`, \
                  `ge`, `div`, `mod`, `not`, `null`, `true`, `false`, `new`, `var`, `return`, `step`, `parallel`, \
                  `stepGroup`, `org`, `account`, `class`, `shellScriptProvisioner`, `status`, `liteEngineTask`. The \
                  comparison is case-sensitive.")
        .example(r#"identifier = "account""#, r#"identifier = "account_connector""#),
    Rule::error("I05", SETTING, is_secret_manager)
        .says("`identifier` is `harnessSecretManager`.")
        .because("The secret manager that is built into every account has this identifier.")
        .example(r#"identifier = "harnessSecretManager""#, r#"identifier = "bitbucket""#),
    Rule::warning("I06", SETTING, has_dollar)
        .summary("Dollar sign in identifier")
        .says("`identifier` contains a `$`.")
        .because("Harness's API accepts it, but its UI has refused it since 2023.")
        .example(r#"identifier = "bitbucket$eu""#, r#"identifier = "bitbucket_eu""#),
    Rule::warning("I07", SETTING, is_of_the_system)
        .summary("Reserved prefix in identifier")
        .says("`identifier` starts with `_harness_system`.")
        .because("Harness reserves this prefix for its own connectors.")
        .example(r#"identifier = "_harness_system_bitbucket""#, r#"identifier = "bitbucket""#),
    Rule::error("I08", SETTING, cannot_be_derived)
        .says("`identifier` is not set and cannot be derived from the name.")
        .because("The derived identifier is the name without leading digits and without the characters that an \
                  identifier cannot contain. Here, nothing remains or the result is a reserved word.")
        .example(r#"name = "42""#, "name       = \"42\"\nidentifier = \"bitbucket_42\""),
];

/// Returns the identifier, if it is given and not empty.
fn given<'a>(input: &Input<'a>) -> Option<&'a str> {
    let text = input.model.identifier.text()?;
    (!text.trim().is_empty()).then_some(text)
}

/// Returns `text` with all invalid characters replaced, if that yields an identifier.
fn fixed(text: &str) -> Option<String> {
    let mut proposal: String = text
        .trim()
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || c == '$' {
                c
            } else {
                '_'
            }
        })
        .collect();
    if proposal.starts_with(|c: char| c.is_ascii_digit() || c == '$') {
        proposal.insert(0, '_');
    }
    proposal.truncate(MAX_LENGTH);
    let has_substance = proposal.contains(|c: char| c.is_ascii_alphanumeric());
    (has_substance && identifier::check(&proposal).is_ok()).then_some(proposal)
}

fn is_empty(input: &Input<'_>, findings: &mut Findings<'_>) {
    if is_blank(&input.model.identifier) {
        findings
            .push(
                SETTING,
                "Empty identifier",
                "`identifier` is empty. Remove it to derive the identifier from `name`, or write one, such as \
                 \"bitbucket\".",
            )
            .suggest(SETTING, Value::Null);
    }
}

fn only_fault_is_a_hyphen(text: &str) -> bool {
    text.contains('-')
        && identifier::check(&text.replace('-', "_")) != Err(IdentifierError::Malformed)
}

fn is_malformed(input: &Input<'_>, findings: &mut Findings<'_>) {
    let Some(text) = given(input) else { return };
    if identifier::check(text) != Err(IdentifierError::Malformed) || only_fault_is_a_hyphen(text) {
        return;
    }
    let why = format!(
        "An identifier starts with a letter or _, followed by letters, digits, _, or $, at most {MAX_LENGTH} characters."
    );
    push_text(findings, SETTING, text, ".", fixed(text), &why);
}

fn has_hyphen(input: &Input<'_>, findings: &mut Findings<'_>) {
    let Some(text) = given(input) else { return };
    if only_fault_is_a_hyphen(text) {
        let why = "Harness allows hyphens only in the identifiers of secrets.";
        // What remains without hyphens may be reserved.
        push_text(
            findings,
            SETTING,
            text,
            ", which contains a hyphen.",
            fixed(text),
            why,
        );
    }
}

fn is_reserved(input: &Input<'_>, findings: &mut Findings<'_>) {
    let Some(text) = given(input) else { return };
    if identifier::check(text) == Err(IdentifierError::Reserved) {
        let proposal = format!("{text}_connector");
        findings
            .push(
                SETTING,
                "Reserved identifier",
                format!(
                    "`identifier` is \"{text}\", a reserved word of Harness's expressions. Write another one, such as \
                     \"{proposal}\"."
                ),
            )
            .suggest(SETTING, proposal);
    }
}

fn is_secret_manager(input: &Input<'_>, findings: &mut Findings<'_>) {
    let Some(text) = given(input) else { return };
    if identifier::check(text) == Err(IdentifierError::SecretManager) {
        findings
            .push(
                SETTING,
                "Reserved identifier",
                "`identifier` is \"harnessSecretManager\", the built-in secret manager of every account. Write another \
                 one, such as \"bitbucket\".",
            )
            .suggest(SETTING, "bitbucket");
    }
}

fn has_dollar(input: &Input<'_>, findings: &mut Findings<'_>) {
    let Some(text) = given(input) else { return };
    if identifier::check(text).is_ok() && text.contains('$') {
        let why = "If the connector already exists, keep its identifier: a new one replaces the connector. Harness's API \
                   accepts a \"$\", but its UI does not.";
        push_text(
            findings,
            SETTING,
            text,
            ", which contains a \"$\".",
            fixed(&text.replace('$', "_")),
            why,
        );
    }
}

fn is_of_the_system(input: &Input<'_>, findings: &mut Findings<'_>) {
    let Some(text) = given(input) else { return };
    let Some(rest) = text.strip_prefix("_harness_system") else {
        return;
    };
    let rest = rest.trim_start_matches('_');
    let is_usable = identifier::check(rest).is_ok() && !rest.starts_with("_harness_system");
    let found = if is_usable {
        "."
    } else {
        ". Write one without the prefix \"_harness_system\"."
    };
    let fixed = is_usable.then(|| rest.to_owned());
    let why = "Harness reserves the prefix \"_harness_system\" for its own connectors.";
    push_text(findings, SETTING, text, found, fixed, why);
}

fn cannot_be_derived(input: &Input<'_>, findings: &mut Findings<'_>) {
    let (Field::Null, Some(name)) = (&input.model.identifier, input.model.name.text()) else {
        return;
    };
    // A name that must be changed anyway will yield another identifier.
    if name.trim().is_empty() || !name::is_well_formed(name) {
        return;
    }
    let Err(error) = identifier::from_name(name) else {
        return;
    };
    let (reason, proposal) = underivable(["none", "the one"], name, error);
    findings
        .push(
            SETTING,
            "Identifier cannot be derived from name",
            format!(
                "`identifier` is not set, and {reason}. Write one, such as `identifier = {}`.",
                shown(&proposal)
            ),
        )
        .suggest(SETTING, proposal);
}

/// Returns why no identifier can be derived from `name`, as a part of a sentence in which `none` and `the_one` stand
/// for it, and an identifier to write instead.
pub(crate) fn underivable(
    [none, the_one]: [&str; 2],
    name: &str,
    error: IdentifierError,
) -> (String, String) {
    let (reason, proposal) = match error {
        IdentifierError::Reserved | IdentifierError::SecretManager => (
            format!(
                "{the_one} derived from the {} cannot be used: {error}",
                named("name", name)
            ),
            format!("{}_connector", name.trim().replace(' ', "_")),
        ),
        IdentifierError::Empty | IdentifierError::Malformed => (
            format!(
                "the {} yields {none}: nothing remains without leading digits and special characters",
                named("name", name)
            ),
            format!("bitbucket_{}", name.trim()),
        ),
    };
    let proposal = Some(proposal)
        .filter(|proposal| identifier::check(proposal).is_ok())
        .unwrap_or_else(|| "bitbucket".to_owned());
    (reason, proposal)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bitbucket_connector::checks::offline::testing::expect;

    #[test]
    fn identifiers_are_checked_whether_given_or_derived() {
        let long = |length: usize| format!("identifier = \"{}\"", "i".repeat(length));
        expect(&[
            ("identifier = null", &[]),
            ("identifier = var.id", &[]),
            ("identifier = \"Bitbucket_1\"", &[]),
            ("identifier = \"New\"", &[]),
            ("identifier = \"\"", &["I01 identifier"]),
            ("identifier = \" \"", &["I01 identifier"]),
            ("identifier = \"a.b\"", &["I02 identifier"]),
            ("identifier = \"1a\"", &["I02 identifier"]),
            ("identifier = \"$a\"", &["I02 identifier"]),
            ("identifier = \" a\"", &["I02 identifier"]),
            ("identifier = \"a-b c\"", &["I02 identifier"]),
            (&long(128), &[]),
            (&long(129), &["I02 identifier"]),
            ("identifier = \"a-b\"", &["I03 identifier"]),
            ("identifier = \"stepGroup\"", &["I04 identifier"]),
            ("identifier = \"liteEngineTask\"", &["I04 identifier"]),
            ("identifier = \"harnessSecretManager\"", &["I05 identifier"]),
            ("identifier = \"a$b\"", &["I06 identifier"]),
            ("identifier = \"_harness_system_x\"", &["I07 identifier"]),
            ("name = \"42\"", &["I08 identifier"]),
            ("name = \"new\"", &["I08 identifier"]),
            ("name = \"harnessSecretManager\"", &["I08 identifier"]),
            ("name = \"42\"\nidentifier = var.id", &[]),
            ("name = var.name", &[]),
            // The name is the mistake.
            ("name = \"\u{43d}\u{43e}\u{432}\"", &["N03 name"]),
        ]);
    }

    #[test]
    fn a_proposal_keeps_what_can_be_kept() {
        for (text, proposal) in [
            ("my.id", Some("my_id")),
            ("9 lives", Some("_9_lives")),
            (" a.b ", Some("a_b")),
            ("...", None),
            ("", None),
        ] {
            assert_eq!(fixed(text).as_deref(), proposal, "{text}");
        }
    }
}
