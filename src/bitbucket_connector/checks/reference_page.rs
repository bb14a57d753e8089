//! Writes `docs/guides/validation-rules.md` from the tables, and holds it to the tables: an index by id, then a chapter for
//! each argument with every rule about it once.

use std::collections::{BTreeMap, BTreeSet};

use tf_provider::diagnostic::Severity;

use super::api_errors::{CHANGES, ErrorRule, TESTS};
use super::example_pair::Pair;
use super::offline::EXISTING;
use super::offline::testing::rules;
use super::plan::testing::plan_rules;
use super::rule_links;
use crate::golden::{filled, up_to_date};
use crate::harness::rule::{Family, Rule, Strict};

/// The path of the page from the root of the repository.
const PAGE: &str = "docs/guides/validation-rules.md";

/// The page, with the subject of each letter of the ids.
const TEMPLATE: &str = include_str!("reference_page/page.md");
/// A chapter's sentence about rules in other chapters.
const SEE_ALSO: &str = include_str!("reference_page/see_also.md");
/// The section about a rule.
const RULE: &str = include_str!("reference_page/rule.md");
/// The example of a rule.
const EXAMPLE: &str = include_str!("reference_page/example.md");

/// Rules whose sentence shows all that their example would.
const CLEAR: [&str; 37] = [
    "A07", "A08", "A09", "A10", "A11", "C08", "C18", "C19", "E01", "E02", "E05", "G01", "G12",
    "I04", "I05", "I06", "I07", "K02", "K03", "N04", "N05", "P08", "P11", "P12", "R12", "T01",
    "T02", "T03", "T05", "U02", "U16", "U23", "U25", "U26", "U27", "W06", "X20",
];

/// Rules of the plan whose examples do not depend on what there is in Harness.
const CLEAR_WITHOUT_HARNESS: [&str; 2] = ["I14", "X21"];

#[test]
fn the_reference_page_says_what_the_rules_say() {
    up_to_date(PAGE, &page());
}

#[test]
fn every_rule_that_has_no_example_on_the_page_would_have_one() {
    let without: Vec<_> = CLEAR
        .into_iter()
        .filter(|id| {
            let rule = rules().find(|rule| rule.id == *id).expect(id);
            Pair::of(rule.wrong.text(), rule.fixed.text()).is_none()
        })
        .collect();
    assert_eq!(without, [""; 0], "these have none anyway");
    for id in CLEAR_WITHOUT_HARNESS {
        assert!(plan_rules().any(|rule| rule.id == id), "{id}");
    }
}

/// A rule as the page shows it.
struct Entry {
    id: &'static str,
    /// What it is about, as [`Rule::setting`] has it.
    about: &'static str,
    /// Its severity, and when it is checked.
    label: String,
    text: String,
    example: Option<Pair>,
    /// Harness's words, where Harness reports the mistake, each with what it means there.
    words: Vec<(String, &'static str)>,
}

fn page() -> String {
    let entries = entries();
    let chapters = by_argument(&entries).into_iter();
    let chapters = chapters.map(|(argument, entries)| chapter(argument, &entries));
    let index = index(&entries);
    let mut parts: Vec<_> = index
        .iter()
        .map(|(letter, links)| (letter.as_str(), links.clone()))
        .collect();
    parts.push(("chapters", paragraphs(chapters)));
    let page = filled(TEMPLATE, &parts);
    format!("{}\n", page.trim_end())
}

/// All rules, each id once: those of the configuration, those of the plan, then what Harness reports.
fn entries() -> Vec<Entry> {
    let mut entries: Vec<Entry> = rules()
        .map(|rule| {
            let is_clear = CLEAR.contains(&rule.id);
            entry(rule, label(rule), !is_clear)
        })
        .collect();
    entries.extend(plan_rules().map(|rule| {
        let label = format!("Plan {}", label(rule).to_lowercase());
        entry(rule, label, CLEAR_WITHOUT_HARNESS.contains(&rule.id))
    }));
    let own = entries.len();
    for (label, table) in [("Rejected", CHANGES), ("Failed test", TESTS)] {
        for (position, answer) in table.iter().enumerate() {
            let (says, advice) = (answer.says, answer.page_advice());
            // The last of a table takes whatever no other knows.
            let words = match answer.example.text() {
                _ if position + 1 == table.len() => "",
                words => words,
            };
            match entries.iter().position(|entry| entry.id == answer.id) {
                // A mistake that the provider finds itself.
                Some(known) if known < own => entries[known].words.push((String::new(), words)),
                Some(known) => {
                    let meaning = format!("{label}: {says} {advice}");
                    entries[known].words.push((meaning, words));
                }
                None => entries.push(Entry {
                    id: answer.id,
                    about: about(answer),
                    label: label.to_owned(),
                    text: format!("{says} {advice}"),
                    example: None,
                    words: vec![(String::new(), words)],
                }),
            }
        }
    }
    entries
}

fn entry<F: Family>(rule: &Rule<F>, label: String, has_example: bool) -> Entry {
    let example = || Pair::of(rule.wrong.text(), rule.fixed.text());
    Entry {
        id: rule.id,
        about: rule.setting.text(),
        label,
        text: format!("{} {}", rule.says, rule.because.text()),
        example: has_example.then(example).flatten(),
        words: Vec::new(),
    }
}

/// The arguments that an error response can be about; whatever Harness names is the connector.
fn about(answer: &ErrorRule) -> &'static str {
    match answer.about {
        "*" => "",
        about => about,
    }
}

fn label<F: Family>(rule: &Rule<F>) -> String {
    if EXISTING.contains(&rule.id) {
        return "Error; a warning in `terraform validate` and if the connector already exists this way"
            .to_owned();
    }
    let label = match (rule.strict, rule.severity) {
        (Strict::Same, Severity::Error) => "Error",
        (Strict::Same, Severity::Warning) => "Warning",
        (Strict::Raised, _) => "Warning; error with `strict`",
        (Strict::Only, Severity::Warning) => "Warning, only with `strict`",
        (Strict::Only, Severity::Error) => "Error, only with `strict`",
    };
    label.to_owned()
}

/// The entries by the argument that each names first. Arguments inside a block follow it; the connector as a whole is last.
fn by_argument(entries: &[Entry]) -> Vec<(&'static str, Vec<&Entry>)> {
    let mut groups: Vec<(&str, Vec<&Entry>)> = Vec::new();
    for entry in entries {
        let argument = first(entry.about);
        match groups.iter_mut().find(|(other, _)| *other == argument) {
            Some((_, entries)) => entries.push(entry),
            None => groups.push((argument, vec![entry])),
        }
    }
    let top = |argument: &'static str| argument.split('.').next().unwrap_or_default();
    let order: Vec<&str> = groups.iter().map(|(argument, _)| top(argument)).collect();
    groups.sort_by_key(|(argument, _)| {
        let place = order.iter().position(|other| *other == top(argument));
        (argument.is_empty(), place, *argument)
    });
    groups
}

fn first(about: &'static str) -> &'static str {
    about.split(", ").next().unwrap_or_default()
}

/// Whether a chapter is about the argument at `path`, given as the declaration of a rule names it.
pub(super) fn has_chapter(path: &str) -> bool {
    entries().iter().any(|entry| first(entry.about) == path)
}

/// The links to the rules by the letter of their ids, which the template gives a subject.
fn index(entries: &[Entry]) -> Vec<(String, String)> {
    let mut ids: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for entry in entries {
        let letter = entry.id.trim_end_matches(|c: char| c.is_ascii_digit());
        ids.entry(letter).or_default().insert(entry.id);
    }
    let lines = ids.into_iter();
    lines
        .map(|(letter, ids)| (letter.to_owned(), links(ids, " ")))
        .collect()
}

fn links<'a>(ids: impl IntoIterator<Item = &'a str>, between: &str) -> String {
    let links = ids
        .into_iter()
        .map(|id| format!("[{id}](#{})", id.to_lowercase()));
    links.collect::<Vec<_>>().join(between)
}

/// The chapter about an argument.
fn chapter(argument: &'static str, entries: &[&Entry]) -> String {
    let here: Vec<_> = entries.iter().map(|entry| entry.id).collect();
    let rules = (
        "rules",
        paragraphs(entries.iter().map(|entry| section(entry))),
    );
    let about = rule_links::about(argument).into_iter();
    let elsewhere: Vec<_> = about.filter(|id| !here.contains(id)).collect();
    let see_also = match elsewhere[..] {
        [] => String::new(),
        _ => filled(SEE_ALSO, &[("rules", links(elsewhere, ", "))]),
    };
    let title = ("argument", argument.to_owned());
    match argument {
        "" => filled(include_str!("reference_page/connector.md"), &[rules]),
        "*_ref" => filled(
            include_str!("reference_page/secret_references.md"),
            &[rules],
        ),
        _ if argument.contains('.') => {
            let anchor = ("anchor", anchor(argument));
            let template = include_str!("reference_page/argument_of_block.md");
            filled(template, &[anchor, title, ("see_also", see_also), rules])
        }
        _ => {
            let template = include_str!("reference_page/argument.md");
            filled(template, &[title, ("see_also", see_also), rules])
        }
    }
}

/// The anchor of the chapter about an argument, or about those that a pattern names.
pub(super) fn anchor(argument: &str) -> String {
    match argument {
        "" => "the-connector-as-a-whole".to_owned(),
        "*_ref" => "secret-references".to_owned(),
        argument => argument.replace(".*", "").replace('.', "-"),
    }
}

fn section(entry: &Entry) -> String {
    let example = entry.example.as_ref().map(|Pair { wrong, fixed }| {
        filled(
            EXAMPLE,
            &[("wrong", wrong.clone()), ("fixed", fixed.clone())],
        )
    });
    let words = entry.words.iter().flat_map(|(meaning, words)| {
        let quote = (!words.is_empty()).then(|| format!("> {words}"));
        [Some(meaning.clone()), quote].into_iter().flatten()
    });
    let parts = [
        ("id", entry.id.to_owned()),
        ("label", entry.label.clone()),
        ("text", entry.text.clone()),
        ("example", example.unwrap_or_default()),
        ("words", paragraphs(words)),
    ];
    filled(RULE, &parts)
}

/// Joins paragraphs, without empty ones.
fn paragraphs(texts: impl IntoIterator<Item = String>) -> String {
    let texts = texts.into_iter().map(|text| text.trim_end().to_owned());
    let texts: Vec<_> = texts.filter(|text| !text.is_empty()).collect();
    texts.join("\n\n")
}
