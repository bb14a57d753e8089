//! The rules that check an argument, for the pages that describe it.

use super::api_errors::{CHANGES, TESTS};
use super::offline::SCOPE_RULES;
use super::offline::testing::rules;
use super::plan::testing::plan_rules;
use super::reference_page::{anchor, has_chapter};
use crate::harness::rule::{Family, Rule};

/// The ids of the rules about the argument at `path`, such as `credentials.http.username`, each once: those about the
/// configuration, those of the plan, then what Harness reports.
pub(super) fn about(path: &str) -> Vec<&'static str> {
    let offline = rules()
        .filter(|rule| is_about(rule, path))
        .map(|rule| rule.id);
    let plan = plan_rules()
        .filter(|rule| is_about(rule, path))
        .map(|rule| rule.id);
    let answers = CHANGES.iter().chain(TESTS);
    let answers = answers
        .filter(|answer| names(answer.about, path))
        .map(|answer| answer.id);
    let mut once = Vec::new();
    for id in offline.chain(plan).chain(answers) {
        if !once.contains(&id) {
            once.push(id);
        }
    }
    once
}

/// A sentence that leads from the argument at `path` to its chapter of the page at `page`. Empty if no rule is about it.
pub(crate) fn of_argument(path: &str, page: &str) -> String {
    let about = about(path);
    let mut links = match &about[..] {
        [] => Vec::new(),
        ids if has_chapter(path) => {
            let checks = if ids.len() == 1 { "check" } else { "checks" };
            vec![format!("[{} {checks}]({page}#{})", ids.len(), anchor(path))]
        }
        ids => vec![named(ids, page)],
    };
    if path.ends_with("_ref") {
        let link = format!("[secret references]({page}#{})", anchor("*_ref"));
        links.push(match links[..] {
            [] => format!("Checks: {link}"),
            _ => link,
        });
    }
    match &links[..] {
        [] => String::new(),
        links => format!("{}.", links.join(", ")),
    }
}

/// Like [`of_argument`], for `org_id` and `project_id` where they say where to look.
pub(crate) fn of_scope(path: &str, page: &str) -> String {
    let ids: Vec<_> = SCOPE_RULES
        .iter()
        .filter(|rule| is_about(rule, path))
        .map(|rule| rule.id)
        .collect();
    match &ids[..] {
        [] => String::new(),
        ids => format!("{}.", named(ids, page)),
    }
}

/// A few rules by their ids.
fn named(ids: &[&str], page: &str) -> String {
    let links: Vec<_> = ids
        .iter()
        .map(|id| format!("[{id}]({page}#{})", id.to_lowercase()))
        .collect();
    format!("Checks: {}", links.join(", "))
}

fn is_about<F: Family>(rule: &Rule<F>, path: &str) -> bool {
    names(rule.setting.text(), path)
}

/// Returns whether one of the paths in `settings` is `path`. In a longer path, `*` matches any single step; alone, it
/// stands for whatever Harness names, and matches nothing.
fn names(settings: &str, path: &str) -> bool {
    settings.split(", ").any(|setting| {
        let same_length = setting.split('.').count() == path.split('.').count();
        let mut steps = setting.split('.').zip(path.split('.'));
        setting != "*" && same_length && steps.all(|(step, own)| step == "*" || step == own)
    })
}

#[test]
fn every_rule_about_an_argument_is_found_under_its_path() {
    for (path, expected) in [
        ("name", "N01 N02 N03 N04 N05"),
        ("credentials", "A01 A02 P09 B09 B11"),
        ("api_access.access_token.token_ref", "P03 P14"),
        ("ref", ""),
    ] {
        assert_eq!(about(path).join(" "), expected);
    }
}

#[test]
fn an_argument_leads_to_its_chapter_or_to_its_few_rules() {
    let references = "[secret references](p.md#secret-references).";
    for (path, expected) in [
        ("name", "[5 checks](p.md#name).".to_owned()),
        (
            "connection_test",
            "[1 check](p.md#connection_test).".to_owned(),
        ),
        ("ref", String::new()),
        (
            "api_access.username_token.username_ref",
            format!("Checks: {references}"),
        ),
        (
            "credentials.http.username",
            format!(
                "[{} checks](p.md#credentials-http-username).",
                about("credentials.http.username").len()
            ),
        ),
        (
            "api_access.email_and_api_token.token_ref",
            format!("Checks: [P03](p.md#p03), {references}"),
        ),
    ] {
        assert_eq!(of_argument(path, "p.md"), expected);
    }
    assert_eq!(
        of_scope("org_id", "p.md"),
        "Checks: [O02](p.md#o02), [E05](p.md#e05)."
    );
}
