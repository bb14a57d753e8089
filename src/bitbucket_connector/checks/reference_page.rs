//! Writes `docs/guides/validation-rules.md` from the tables, and holds it to the tables.

use std::fmt::Write;

use tf_provider::diagnostic::Severity;

use super::api_errors::{CHANGES, ErrorRule, TESTS};
use super::offline::testing::{VALID, rules};
use super::offline::{self, EXISTING};
use super::plan::testing::{example_account, plan_rules};
use crate::golden::up_to_date;
use crate::harness::rule::{Family, Rule, Strict};

/// Where the page is, from the root of the repository.
const PAGE: &str = "docs/guides/validation-rules.md";

const OPENING: &str = r#"---
page_title: "Validation rules"
subcategory: ""
description: |-
  Every mistake that the provider finds in the configuration of a connector, why it is one, and how to fix it.
---

<!-- Written from the rules in src/bitbucket_connector/checks. Change them there, then run the tests with UPDATE_DOCS=1. -->

# Validation rules

The provider looks for these mistakes in every `harness_bitbucket_connector` when `terraform validate` and `terraform
plan` run, without asking Harness or Bitbucket. Those for which Harness has to be asked are found when the plan is made;
they have [a chapter of their own](#rules-that-ask-harness). A finding ends with the id of its rule, such as `(rule N01)`, which leads
to its explanation here. Values that are not known yet are not judged; they are when they become known.

An *error* stops the run. A *warning* is shown, and the run goes on. With `strict = true` in the provider's configuration
some warnings are errors: those of which it is almost certain that the connector will not work as intended. `terraform
validate` does not see the provider's configuration, so that these errors come with the plan.

A value that the connector already has in Harness and that the plan does not change, for instance because of `ignore_changes`,
stops no plan: the finding is a warning then, also with `strict`, and says so.

Each rule has an example: arguments with which the rule, and no other, finds something, and the same arguments fixed. They
replace those of this connector, with which nothing is wrong:

"#;

/// Begins with what the test of the corpus takes for the end of the offline rules.
const ANSWERS: &str = "## Answers of Harness

Harness checks a connector once more when it is saved, and the connection test tries it. What it answers stands in the finding
in its own words, at the argument that it is about, with what to do and with the correlation id by which Harness support finds
the request. Where Harness refuses several arguments, each has a finding of its own. Tokens, keys and whatever else looks like
a secret are removed from its words.

";

const CHANGES_OPENING: &str = "All of these are errors: nothing was saved or deleted.
";

const TESTS_OPENING: &str = "The test runs after a creation or an update, unless `connection_test` is `off`; the connector is
saved by then. With `connection_test = \"warn\"`, a test that fails is a warning, and with `strict = true` in the provider's
configuration an error. With `connection_test = \"require\"` it is an error, and the change is undone.
";

const TEST_SEVERITY: &str = "Warning, with `strict` or `connection_test = \"require\"` an error";

#[test]
fn the_reference_page_says_what_the_rules_say() {
    up_to_date(PAGE, &page());
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
    chapter_of_look_ups(&mut page);
    answers(&mut page);
    page.truncate(page.trim_end().len());
    page.push('\n');
    page
}

const LOOK_UPS: &str = "## Rules that ask Harness

What a configuration alone cannot show the provider looks up when the plan is made: of a connector that is created
everything, of one that is updated what concerns the settings that change, of one that is destroyed or replaced who uses
it. A plan without changes costs no look-up. They run side by side, take five seconds at most for one connector, and ask for
each thing once, however many connectors name it; none of them changes anything.

What is not found may be made in the same run, and what is taken may be removed by it: these are warnings. What is there and
of the wrong kind is an error. A look-up that fails is a warning. If there is no API key, or Harness answers nothing, one
warning says that the plan was checked offline only, and with `strict` this is an error. `plan_checks = false` in the
provider's configuration plans without look-ups.

While it applies, Terraform plans each connector a second time. From the first change on only secrets are looked up then, and
only errors are told; a warning about one of the first connectors may show a second time.

";

fn chapter_of_look_ups(page: &mut String) {
    page.push_str(LOOK_UPS);
    describe_account(page);
    page.push_str("| Rule | About | Severity | Found |\n|---|---|---|---|\n");
    for rule in plan_rules() {
        let (id, anchor) = (rule.id, rule.id.to_lowercase());
        let (about, severity, says) = (about(rule), severity(rule), rule.says);
        writeln!(
            page,
            "| [{id}](#{anchor}) | {about} | {severity} | {says} |"
        )
        .unwrap();
    }
    page.push('\n');
    for rule in plan_rules() {
        heading(page, rule);
        page.push_str("Found");
        if let Some(circumstance) = rule.circumstance.content() {
            write!(page, " {}", circumstance.words()).unwrap();
        }
        match rule.wrong.content() {
            Some(wrong) => {
                page.push_str(":\n\n");
                fence(page, wrong);
            }
            None => page.push_str(".\n\n"),
        }
        if let Some(fixed) = rule.fixed.content() {
            page.push_str("Fixed:\n\n");
            fence(page, fixed);
        }
    }
}

/// The account in which the examples are planned, which is that of the tests.
fn describe_account(page: &mut String) {
    let account = example_account();
    page.push_str("Their examples are planned for an account in which there are\n\n");
    for (secret, _, words) in &account.secrets {
        writeln!(
            page,
            "- the secret `account.{}`, {words},",
            secret.identifier
        )
        .unwrap();
    }
    for (org, projects) in &account.organizations {
        let projects: Vec<_> = projects
            .iter()
            .map(|project| format!("`{project}`"))
            .collect();
        let projects = projects.join(", ");
        writeln!(
            page,
            "- the organization `{org}` with the project {projects},"
        )
        .unwrap();
    }
    for (_, delegate) in &account.delegates {
        let name = &delegate.name;
        let tags: Vec<_> = delegate
            .tags
            .iter()
            .filter(|tag| *tag != name)
            .map(|tag| format!("`{tag}`"))
            .collect();
        let version = delegate.replicas[0].version.as_deref().unwrap();
        let connected = if delegate.connected {
            ""
        } else {
            ", which is not connected"
        };
        let tags = tags.join(", ");
        writeln!(
            page,
            "- the delegate `{name}` with the tags {tags} and version {version}{connected},"
        )
        .unwrap();
    }
    for (identifier, _) in &account.connectors {
        writeln!(
            page,
            "- a connector to GitHub with the identifier `{identifier}`,"
        )
        .unwrap();
    }
    page.truncate(page.trim_end().trim_end_matches(',').len());
    page.push_str(".\n\n");
}

/// What Harness answers when something is applied.
fn answers(page: &mut String) {
    page.push_str(ANSWERS);
    for (title, opening, severity, table) in [
        (
            "To a creation, update or deletion",
            CHANGES_OPENING,
            "Error",
            CHANGES,
        ),
        ("To a connection test", TESTS_OPENING, TEST_SEVERITY, TESTS),
    ] {
        write!(page, "### {title}\n\n{opening}\n").unwrap();
        page.push_str("| Rule | About | Harness says |\n|---|---|---|\n");
        for recogniser in table {
            let (id, example) = (recogniser.id, recogniser.example.text());
            let (about, anchor) = (settings(recogniser), id.to_lowercase());
            let example = example.replace('|', "\\|");
            writeln!(page, "| [{id}](#{anchor}) | {about} | {example} |").unwrap();
        }
        page.push('\n');
        for recogniser in table {
            // A mistake that the provider finds itself has its section further up; one of both tables in the first.
            let is_told = rules().any(|rule| rule.id == recogniser.id)
                || (std::ptr::eq(table, TESTS) && CHANGES.iter().any(|r| r.id == recogniser.id));
            if !is_told {
                let ErrorRule {
                    id, says, example, ..
                } = recogniser;
                let (says, example, advice) = (says, example.text(), recogniser.page_advice());
                let about = settings(recogniser);
                write!(
                    page,
                    "#### {id}\n\n{says} {advice}\n\n{severity}; about {about}. Harness says, for example:\n\n> {example}\n\n"
                )
                .unwrap();
            }
        }
    }
}

/// The arguments that a finding can be about.
fn settings(recogniser: &ErrorRule) -> String {
    match recogniser.about {
        "" => "the connector".to_owned(),
        "*" => "the argument that Harness names".to_owned(),
        settings => {
            let settings: Vec<_> = settings.split(", ").map(|s| format!("`{s}`")).collect();
            settings.join(" or ")
        }
    }
}

fn section(page: &mut String, rule: &offline::Rule) {
    heading(page, rule);
    page.push_str("Found:\n\n");
    fence(page, rule.wrong.content().unwrap());
    page.push_str("Fixed:\n\n");
    fence(page, rule.fixed.content().unwrap());
}

/// What the rule is about.
fn about<F: Family>(rule: &Rule<F>) -> String {
    let settings = rule.setting.text();
    if settings.is_empty() {
        return "the connector as a whole".to_owned();
    }
    let settings: Vec<_> = settings
        .split(", ")
        .map(|setting| format!("`{setting}`"))
        .collect();
    settings.join(" and ")
}

fn heading<F: Family>(page: &mut String, rule: &Rule<F>) {
    let (id, says, why) = (rule.id, rule.says, rule.because.text());
    write!(page, "### {id}\n\n{says} {why}\n\n").unwrap();
    write!(page, "{}; about {}.\n\n", severity(rule), about(rule)).unwrap();
}

fn fence(page: &mut String, hcl: &str) {
    write!(page, "```terraform\n{hcl}\n```\n\n").unwrap();
}

/// The rules by the argument that each names first, in the order of the table.
fn groups() -> Vec<(&'static str, Vec<&'static offline::Rule>)> {
    let mut groups: Vec<(&str, Vec<&offline::Rule>)> = Vec::new();
    for rule in rules() {
        let argument = rule.setting.text().split([',', '.']).next().unwrap();
        match groups.iter_mut().find(|(other, _)| *other == argument) {
            Some((_, rules)) => rules.push(rule),
            None => groups.push((argument, vec![rule])),
        }
    }
    groups
}

/// The anchor of the chapter about an argument, as it follows from its heading.
pub(super) fn anchor_of_argument(argument: &str) -> String {
    let text = title(argument).to_lowercase().replace(' ', "-");
    text.replace(['`', ':'], "")
}

fn title(argument: &str) -> String {
    match argument {
        "*_ref" => "References to secrets: every argument whose name ends in `_ref`".to_owned(),
        argument => format!("`{argument}`"),
    }
}

fn severity<F: Family>(rule: &Rule<F>) -> &'static str {
    if EXISTING.contains(&rule.id) {
        return "Warning, and in the plan an error, unless the connector exists so";
    }
    match (rule.strict, rule.severity) {
        (Strict::Same, Severity::Error) => "Error",
        (Strict::Same, Severity::Warning) => "Warning",
        (Strict::Raised, _) => "Warning, with `strict` an error",
        (Strict::Only, Severity::Warning) => "With `strict` a warning",
        (Strict::Only, Severity::Error) => "With `strict` an error",
    }
}
