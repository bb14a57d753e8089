//! Rules about `name`: what the platform accepts, and what its UI accepts beyond that.

use super::at;
use super::rule::{Example, Findings, Rule, Strict};
use super::subject::Subject;
use super::words::{hcl, joined, odd_characters, shown};
use crate::bitbucket_connector::identifier::MAX_LENGTH;
use crate::bitbucket_connector::setting::Setting;
use crate::tf_provider::diagnostic::Severity;

pub(super) static RULES: &[Rule] = &[
    Rule {
        id: "N01",
        setting: "name",
        severity: Severity::Error,
        strict: Strict::Same,
        says: "The name is not given, or has nothing but blanks in it.",
        why: "Harness shows connectors by their names and refuses one without.",
        example: Example {
            wrong: r#"name = """#,
            mended: r#"name = "Bitbucket""#,
        },
        after: &[],
        check: is_blank,
    },
    Rule {
        id: "N02",
        setting: "name",
        severity: Severity::Error,
        strict: Strict::Same,
        says: "The name has more than 128 characters.",
        why: "Harness refuses longer names.",
        example: Example {
            wrong: r#"name = "Bitbucket connector of the payments team, for the repositories of the checkout, the ledger, the invoices and the nightly reports of all""#,
            mended: r#"name = "Bitbucket of the payments team""#,
        },
        // The commas of a sentence are the smaller mistake.
        after: &[],
        check: is_long,
    },
    Rule {
        id: "N03",
        setting: "name",
        severity: Severity::Error,
        strict: Strict::Same,
        says: "The name has a character in it that Harness does not allow.",
        why: "Names of connectors consist of letters without accents, digits, spaces, and `-`, `_`, `.`, `/`; Harness \
              refuses others.",
        example: Example {
            wrong: r#"name = "Bitbucket (EU)""#,
            mended: r#"name = "Bitbucket EU""#,
        },
        after: &[],
        check: has_odd_characters,
    },
    Rule {
        id: "N04",
        setting: "name",
        severity: Severity::Warning,
        strict: Strict::Same,
        says: "The name has a `/` in it.",
        why: "The API accepts it and the Harness UI does not: nobody could edit the connector there.",
        example: Example {
            wrong: r#"name = "Bitbucket/EU""#,
            mended: r#"name = "Bitbucket-EU""#,
        },
        after: &[],
        check: has_slash,
    },
    Rule {
        id: "N05",
        setting: "name",
        severity: Severity::Warning,
        strict: Strict::Same,
        says: "The name begins or ends with a space.",
        why: "The Harness UI trims names, and refuses one that begins with a space: an edit there would show as a change \
              in the next plan.",
        example: Example {
            wrong: r#"name = "Bitbucket ""#,
            mended: r#"name = "Bitbucket""#,
        },
        after: &[],
        check: has_blanks_around,
    },
];

fn is_blank(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    let found = match &subject.model.name {
        Setting::Null => "is not given",
        Setting::Known(name) if name.trim().is_empty() => "has no text in it",
        _ => return,
    };
    findings.push(
        at("name"),
        "Empty name",
        format!(
            "`name` {found}, and Harness needs one: it is what people see. Write, for example, `name = \"Bitbucket\"`."
        ),
    );
}

fn is_long(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    let Some(name) = subject.model.name.text() else {
        return;
    };
    let length = name.chars().count();
    if length > MAX_LENGTH && !name.trim().is_empty() {
        let short: String = name.trim().chars().take(MAX_LENGTH).collect();
        findings
            .push(
                at("name"),
                "Name too long",
                format!(
                    "`name` has {length} characters, and Harness allows at most {MAX_LENGTH}. Shorten it; what does not \
                     fit has its place in `description`."
                ),
            )
            .suggest(at("name"), short.trim());
    }
}

/// What the platform allows.
fn is_allowed(character: char) -> bool {
    character.is_ascii_alphanumeric() || " -_./".contains(character)
}

/// Whether N03 has nothing to say about `name`.
pub(super) fn is_well_formed(name: &str) -> bool {
    name.trim().is_empty() || name.chars().all(is_allowed)
}

fn has_odd_characters(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    let Some(name) = subject.model.name.text() else {
        return;
    };
    if is_well_formed(name) {
        return;
    }
    let odd = odd_characters(name, is_allowed);
    let cleaned: String = name
        .chars()
        .map(|c| if is_allowed(c) { c } else { ' ' })
        .collect();
    let cleaned = cleaned.split_whitespace().collect::<Vec<_>>().join(" ");
    // A proposal that lost its letters helps nobody.
    let usable =
        cleaned.chars().filter(char::is_ascii_alphanumeric).count() * 2 > name.chars().count();
    let write = if usable {
        format!(" Write, for example, {}.", shown(&cleaned))
    } else {
        String::new()
    };
    let pushed = findings.push(
        at("name"),
        "Character not allowed in name",
        format!(
            "`name` is {} and has {} in it. Harness allows letters (a to z, A to Z), digits, spaces, and - _ . / \
             only.{write}",
            shown(name),
            joined(&odd, "and"),
        ),
    );
    if usable {
        pushed.suggest(at("name"), cleaned);
    }
}

fn has_slash(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    if let Some(name) = subject.model.name.text()
        && name.contains('/')
    {
        let other = name.replace('/', "-");
        findings
            .push(
                at("name"),
                "Name that the Harness UI refuses",
                format!(
                    "`name` is {} and has a \"/\" in it. The API accepts that, but the Harness UI refuses to edit a \
                     connector with such a name. Write, for example, {}.",
                    shown(name),
                    shown(&other)
                ),
            )
            .suggest(at("name"), other);
    }
}

fn has_blanks_around(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    if let Some(name) = subject.model.name.text()
        && (name.starts_with(' ') || name.ends_with(' '))
        && !name.trim().is_empty()
    {
        let trimmed = name.trim_matches(' ');
        findings
            .push(
                at("name"),
                "Spaces around the name",
                format!(
                    "`name` begins or ends with a space, which the Harness UI would trim at the next edit, so that the \
                     name would show as changed in your plan. Write {}.",
                    hcl(trimmed)
                ),
            )
            .suggest(at("name"), trimmed);
    }
}
