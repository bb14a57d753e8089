//! Rules about `tags`.

use std::collections::BTreeMap;

use tf_provider::field::{Field, ToValue};
use tf_provider::value::{Path, Value};

use crate::bitbucket_connector::checks::offline::input::{Findings, Input, Rule};
use crate::harness::rule::at;
use crate::harness::wording::{is_shown, joined, named, odd_characters, shown};

pub(crate) static RULES: &[Rule] = &[
    Rule::error("T01", "tags", are_too_many)
        .says("There are more than 128 tags.")
        .because("Harness stores at most 128 tags for each connector.")
        .example(
            r#"tags = { for number in range(129) : "tag${number}" => "" }"#,
            r#"tags = { for number in range(128) : "tag${number}" => "" }"#,
        ),
    Rule::error("T02", "tags", has_empty_key)
        .says("A tag has an empty key.")
        .because("Harness finds connectors by the keys of their tags. A value can be empty; a key cannot.")
        .example(r#"tags = { "" = "payments" }"#, r#"tags = { team = "payments" }"#),
    Rule::error("T03", "tags", has_expression)
        .says("A tag contains a Harness expression (`<+…>`).")
        .because("Tags are fixed texts. Harness resolves expressions and runtime inputs only in pipelines.")
        .example(r#"tags = { team = "<+input>" }"#, r#"tags = { team = "payments" }"#),
    Rule::warning("T04", "tags", is_unusual)
        .after(&["T02", "T03", "T05"])
        .says("A tag does not have the recommended form.")
        .because("Harness recommends keys of 1 to 128 letters, digits, spaces, `_`, `-`, and `/`, and values of at most \
                  256 characters. It stores other tags, but filters may not find them.")
        .example(r#"tags = { "cost:center" = "4711" }"#, r#"tags = { cost_center = "4711" }"#),
    Rule::warning("T05", "tags", is_of_the_system)
        .after(&["T03"])
        .says("A tag starts with `harness.io/` or `system/`.")
        .because("Harness reserves these prefixes for its own tags.")
        .example(r#"tags = { "harness.io/team" = "payments" }"#, r#"tags = { team = "payments" }"#),
];

const MOST: usize = 128;
const LONGEST_KEY: usize = 128;
const LONGEST_VALUE: usize = 256;
const SYSTEM_PREFIXES: [&str; 2] = ["harness.io/", "system/"];

type Tags = BTreeMap<String, Field<String>>;

fn tags<'a>(input: &Input<'a>) -> impl Iterator<Item = (&'a str, &'a Field<String>)> {
    let tags = input.model.tags.known();
    tags.into_iter()
        .flatten()
        .map(|(key, value)| (key.as_str(), value))
}

fn path(key: &str) -> Path {
    at("tags").key(key)
}

/// Returns all tags with one key renamed, unless the new key is taken.
fn renamed(tags: &Tags, from: &str, to: &str) -> Option<Value> {
    if tags.contains_key(to) {
        return None;
    }
    let mut tags = tags.clone();
    let value = tags.remove(from)?;
    tags.insert(to.to_owned(), value);
    Some(tags.to_value())
}

fn are_too_many(input: &Input<'_>, findings: &mut Findings<'_>) {
    let count = tags(input).count();
    if count > MOST {
        findings.push(
            "tags",
            "Too many tags",
            format!(
                "`tags` has {count} entries. Remove {} of them: Harness stores at most {MOST} for each connector.",
                count - MOST
            ),
        );
    }
}

fn has_empty_key(input: &Input<'_>, findings: &mut Findings<'_>) {
    for (key, _) in tags(input).filter(|(key, _)| key.trim().is_empty()) {
        findings.push(
            path(key),
            "Tag without a key",
            "A tag has an empty key. Write a key, as in `tags = { team = \"payments\" }`. A tag that is a single word is \
             a key with the value \"\".",
        );
    }
}

fn has_expression(input: &Input<'_>, findings: &mut Findings<'_>) {
    for (key, value) in tags(input) {
        if key.contains("<+") || value.text().is_some_and(|text| text.contains("<+")) {
            findings.push(
                path(key),
                "Expression in a tag",
                format!(
                    "The {} contains \"<+\". Write a fixed text: Harness resolves expressions and runtime inputs only \
                     in pipelines.",
                    named("tag", key)
                ),
            );
        }
    }
}

fn is_recommended(character: char) -> bool {
    character.is_ascii_alphanumeric() || " _-/".contains(character)
}

/// Returns which part of a tag is unusual and why, and what Harness recommends for it, by the odd characters of the key and
/// the lengths of key and value.
fn unusual(odd: &[String], key: usize, value: usize) -> Option<(&'static str, String, String)> {
    Some(if !odd.is_empty() {
        (
            "key",
            format!("contains {}", joined(odd, "and")),
            "letters, digits, spaces, _, -, and /".to_owned(),
        )
    } else if key > LONGEST_KEY {
        (
            "key",
            format!("has {key} characters"),
            format!("at most {LONGEST_KEY} characters"),
        )
    } else if value > LONGEST_VALUE {
        (
            "value",
            format!("has {value} characters"),
            format!("at most {LONGEST_VALUE} characters"),
        )
    } else {
        return None;
    })
}

fn is_unusual(input: &Input<'_>, findings: &mut Findings<'_>) {
    let Some(all) = input.model.tags.known() else {
        return;
    };
    for (key, value) in all {
        let odd = odd_characters(key, is_recommended);
        let value_length = value.text().map_or(0, |text| text.chars().count());
        let Some((part, is, recommended)) = unusual(&odd, key.chars().count(), value_length) else {
            continue;
        };
        let other: String = key
            .chars()
            .map(|c| if is_recommended(c) { c } else { '_' })
            .collect();
        let suggestion = (is_shown(key) && !odd.is_empty() && value_length <= LONGEST_VALUE)
            .then(|| renamed(all, key, &other))
            .flatten();
        let write = if suggestion.is_some() {
            format!("Change it, for example to {}.", shown(&other))
        } else {
            format!("Change the {part}.")
        };
        let pushed = findings.push(
            path(key),
            "Unusual tag",
            format!(
                "The {part} of the {} {is}. {write} Harness recommends {recommended}; it stores other tags, but filters \
                 may not find them.",
                named("tag", key)
            ),
        );
        if let Some(value) = suggestion {
            pushed.suggest("tags", value);
        }
    }
}

fn is_of_the_system(input: &Input<'_>, findings: &mut Findings<'_>) {
    let Some(all) = input.model.tags.known() else {
        return;
    };
    for key in all.keys() {
        let Some((prefix, rest)) = SYSTEM_PREFIXES
            .iter()
            .find_map(|prefix| Some((prefix, key.strip_prefix(prefix)?)))
        else {
            continue;
        };
        let is_usable = is_shown(key)
            && rest.chars().all(is_recommended)
            && !rest.trim().is_empty()
            && !SYSTEM_PREFIXES
                .iter()
                .any(|prefix| rest.starts_with(prefix));
        let suggestion = is_usable.then(|| renamed(all, key, rest)).flatten();
        let write = if suggestion.is_some() {
            format!("Change the key to {}.", shown(rest))
        } else {
            "Change the key.".to_owned()
        };
        let pushed = findings.push(
            path(key),
            "Reserved prefix in a tag",
            format!(
                "The {} starts with \"{prefix}\". {write} Harness reserves this prefix for its own tags.",
                named("tag", key)
            ),
        );
        if let Some(value) = suggestion {
            pushed.suggest("tags", value);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::bitbucket_connector::checks::offline::testing::{expect, found};

    #[test]
    fn tags_are_checked_one_by_one() {
        let long = |key: usize, value: usize| {
            format!(
                "tags = {{ \"{}\" = \"{}\" }}",
                "k".repeat(key),
                "v".repeat(value)
            )
        };
        expect(&[
            ("tags = null", &[]),
            ("tags = var.tags", &[]),
            ("tags = {}", &[]),
            (
                "tags = { team = \"payments\", key = \"\", \"a/b c-d_e\" = null, later = var.value }",
                &[],
            ),
            ("tags = { for n in range(128) : \"t${n}\" => \"\" }", &[]),
            (
                "tags = { for n in range(129) : \"t${n}\" => \"\" }",
                &["T01 tags"],
            ),
            ("tags = { \"\" = \"x\" }", &["T02 tags[\"\"]"]),
            ("tags = { \" \" = var.value }", &["T02 tags[\" \"]"]),
            ("tags = { \"<+a>\" = var.value }", &["T03 tags[\"<+a>\"]"]),
            ("tags = { a = \"<+pipeline.name>\" }", &["T03 tags[\"a\"]"]),
            ("tags = { \"a:b\" = \"x\" }", &["T04 tags[\"a:b\"]"]),
            ("tags = { a = \"v:1.2\" }", &[]),
            (&long(128, 256), &[]),
            (
                "tags = { \"harness.io/a\" = \"x\" }",
                &["T05 tags[\"harness.io/a\"]"],
            ),
            (
                "tags = { \"system/a\" = \"x\" }",
                &["T05 tags[\"system/a\"]"],
            ),
        ]);
        for (key, value) in [(129, 0), (1, 257)] {
            let found = found(&long(key, value));
            assert_eq!(found.iter().map(|f| f.rule.id).collect::<Vec<_>>(), ["T04"]);
        }
    }
}
