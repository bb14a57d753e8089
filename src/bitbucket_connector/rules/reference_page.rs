//! Writes `docs/guides/validation-rules.md` from the table, and holds it to the table.

use super::rule::{Rule, Strict};
use super::testing::{VALID, rules};
use crate::tf_provider::diagnostic::Severity;
use std::fmt::Write;
use std::path::Path;

/// Where the page is, from the root of the repository.
const PAGE: &str = "docs/guides/validation-rules.md";
/// Set to anything, this environment variable has the test write the page.
const UPDATE: &str = "UPDATE_DOCS";

const OPENING: &str = r#"---
page_title: "Validation rules"
subcategory: ""
description: |-
  Every mistake that the provider finds in the configuration of a connector, why it is one, and how to mend it.
---

<!-- Written from the rules in src/bitbucket_connector/rules. Change them there, then run the tests with UPDATE_DOCS=1. -->

# Validation rules

The provider looks for these mistakes in every `harness_bitbucket_connector` when `terraform validate` and `terraform
plan` run, without asking Harness or Bitbucket. A finding ends with the id of its rule, such as `(rule N01)`, which leads
to its explanation here. Values that are not known yet are not judged; they are when they become known.

An *error* stops the run. A *warning* is shown, and the run goes on. With `strict = true` in the provider's configuration
some warnings are errors: those of which it is almost certain that the connector will not work as intended. `terraform
validate` does not see the provider's configuration, so that these errors come with the plan.

Each rule has an example: arguments with which the rule, and no other, finds something, and the same arguments mended. They
replace those of this connector, with which nothing is wrong:

"#;

#[test]
fn the_reference_page_says_what_the_rules_say() {
    let page = page();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(PAGE);
    if std::env::var_os(UPDATE).is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &page).unwrap();
    }
    let stored = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        stored == page,
        "{PAGE} is stale. Run this test with {UPDATE}=1 and commit the page."
    );
}

fn page() -> String {
    let mut page = OPENING.to_owned();
    let connector: String = VALID
        .lines()
        .map(|line| {
            if line.is_empty() {
                "\n".to_owned()
            } else {
                format!("  {line}\n")
            }
        })
        .collect();
    fence(
        &mut page,
        &format!("resource \"harness_bitbucket_connector\" \"example\" {{\n{connector}}}"),
    );
    let groups = groups();
    for (argument, rules) in &groups {
        write!(page, "## {}\n\n", title(argument)).unwrap();
        page.push_str("| Rule | Severity | Found |\n|---|---|---|\n");
        for rule in rules {
            let id = rule.id;
            let anchor = id.to_lowercase();
            let says = rule.says.replace('|', "\\|");
            writeln!(page, "| [{id}](#{anchor}) | {} | {says} |", severity(rule)).unwrap();
        }
        page.push('\n');
        for rule in rules {
            section(&mut page, rule);
        }
    }
    page.truncate(page.trim_end().len());
    page.push('\n');
    page
}

fn section(page: &mut String, rule: &Rule) {
    let Rule {
        id,
        setting,
        says,
        why,
        ..
    } = rule;
    write!(page, "### {id}\n\n{says} {why}\n\n").unwrap();
    let settings: Vec<_> = setting
        .split(", ")
        .map(|setting| format!("`{setting}`"))
        .collect();
    write!(
        page,
        "{}; about {}.\n\n",
        severity(rule),
        settings.join(" and ")
    )
    .unwrap();
    page.push_str("Found:\n\n");
    fence(page, rule.example.wrong);
    page.push_str("Mended:\n\n");
    fence(page, rule.example.mended);
}

fn fence(page: &mut String, hcl: &str) {
    write!(page, "```terraform\n{hcl}\n```\n\n").unwrap();
}

/// The rules by the argument that each names first, in the order of the table.
fn groups() -> Vec<(&'static str, Vec<&'static Rule>)> {
    let mut groups: Vec<(&str, Vec<&Rule>)> = Vec::new();
    for rule in rules() {
        let argument = rule.setting.split([',', '.']).next().unwrap();
        match groups.iter_mut().find(|(other, _)| *other == argument) {
            Some((_, rules)) => rules.push(rule),
            None => groups.push((argument, vec![rule])),
        }
    }
    groups
}

fn title(argument: &str) -> String {
    match argument {
        "*_ref" => "References to secrets: every argument whose name ends in `_ref`".to_owned(),
        argument => format!("`{argument}`"),
    }
}

fn severity(rule: &Rule) -> &'static str {
    match (rule.strict, rule.severity) {
        (Strict::Same, Severity::Error) => "Error",
        (Strict::Same, Severity::Warning) => "Warning",
        (Strict::Raised, _) => "Warning, with `strict` an error",
        (Strict::Only, Severity::Warning) => "With `strict` a warning",
        (Strict::Only, Severity::Error) => "With `strict` an error",
    }
}
