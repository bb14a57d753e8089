//! Which rules check an argument, for the pages that describe it.

use std::fmt::Write;

use super::api_errors::{CHANGES, TESTS};
use super::offline::SCOPE_RULES;
use super::offline::testing::rules;
use super::plan::testing::plan_rules;
use super::reference_page::anchor_of_argument;
use crate::harness::rule::{Family, Rule};

/// More rules than these are not named one by one.
const MANY: usize = 12;

/// The rules about the argument at `path`, such as `credentials.http.username`, as links into the page at `page`: those about
/// the configuration, then those that ask Harness, then Harness's own answers. Empty if there are none.
pub(crate) fn of_argument(path: &str, page: &str) -> String {
    let offline = rules()
        .filter(|rule| is_about(rule, path))
        .map(|rule| rule.id);
    let look_ups = plan_rules()
        .filter(|rule| is_about(rule, path))
        .map(|rule| rule.id);
    let answers = CHANGES.iter().chain(TESTS);
    let answers = answers
        .filter(|answer| names(answer.about, path))
        .map(|answer| answer.id);
    let mut links = links(offline.chain(look_ups).chain(answers), path, page);
    if path.ends_with("_ref") {
        let anchor = anchor_of_argument("*_ref");
        let all = format!("[those about references to secrets]({page}#{anchor})");
        links = match links.as_str() {
            "" => format!("Rules: {all}."),
            links => format!("{} and {all}.", links.trim_end_matches('.')),
        };
    }
    links
}

/// The same for `org_id` and `project_id` where they say where to look.
pub(crate) fn of_scope(path: &str, page: &str) -> String {
    let rules = SCOPE_RULES.iter().filter(|rule| is_about(rule, path));
    links(rules.map(|rule| rule.id), path, page)
}

fn links(ids: impl Iterator<Item = &'static str>, path: &str, page: &str) -> String {
    let mut once: Vec<&str> = Vec::new();
    for id in ids {
        if !once.contains(&id) {
            once.push(id);
        }
    }
    if once.is_empty() {
        return String::new();
    }
    if once.len() > MANY {
        let (number, anchor) = (once.len(), anchor_of_argument(path));
        return format!("Rules: [{number} about `{path}`]({page}#{anchor}).");
    }
    let mut links = "Rules: ".to_owned();
    for (position, id) in once.iter().enumerate() {
        let comma = if position == 0 { "" } else { ", " };
        let anchor = id.to_lowercase();
        write!(links, "{comma}[{id}]({page}#{anchor})").unwrap();
    }
    links.push('.');
    links
}

fn is_about<F: Family>(rule: &Rule<F>, path: &str) -> bool {
    names(rule.setting.text(), path)
}

/// Whether one of the paths in `settings` is `path`. In a longer path `*` stands for any one step; alone it stands for whatever
/// Harness names, which says nothing about this argument.
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
        let links = of_argument(path, "p.md");
        let found: Vec<_> = links
            .split("](p.md#")
            .filter_map(|it| it.rsplit('[').next())
            .collect();
        let found: Vec<_> = found.into_iter().filter(|it| it.len() == 3).collect();
        assert_eq!(found.join(" "), expected, "{links}");
    }
    assert!(of_argument("url", "p.md").ends_with("about `url`](p.md#url)."));
    assert!(of_argument("credentials.http.username_ref", "p.md").contains("references to secrets"));
}
