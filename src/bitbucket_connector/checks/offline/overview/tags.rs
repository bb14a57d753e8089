//! Rules about `tags`.

use std::collections::BTreeMap;

use tf_provider::field::{Field, ToValue};
use tf_provider::value::{Path, Value};

use crate::bitbucket_connector::checks::offline::input::{Findings, Input, Rule};
use crate::harness::rule::at;
use crate::harness::wording::{is_shown, joined, odd_characters, shown};

pub(crate) static RULES: &[Rule] = &[
    Rule::error("T01", "tags", are_too_many)
        .says("There are more than 128 tags.")
        .because("Harness stores at most 128 tags on a connector.")
        .example(
            r#"tags = { for number in range(129) : "tag${number}" => "" }"#,
            r#"tags = { for number in range(128) : "tag${number}" => "" }"#,
        ),
    Rule::error("T02", "tags", has_empty_key)
        .says("A tag has an empty key.")
        .because("Harness finds connectors by the keys of their tags. Values may be empty, keys may not.")
        .example(r#"tags = { "" = "payments" }"#, r#"tags = { team = "payments" }"#),
    Rule::error("T03", "tags", has_expression)
        .says("A tag has a Harness expression in it (`<+…>`).")
        .because("Tags are fixed texts: Harness resolves no expressions and asks for no inputs in them.")
        .example(r#"tags = { team = "<+input>" }"#, r#"tags = { team = "payments" }"#),
    Rule::warning("T04", "tags", is_unusual)
        .after(&["T02", "T03", "T05"])
        .says("A tag is outside the form that Harness recommends.")
        .because("Harness describes keys of 1 to 128 letters, digits, spaces, `_`, `-` and `/`, and values of at most \
                  256 characters. Others are stored; whether filters find them is not promised.")
        .example(r#"tags = { "cost:center" = "4711" }"#, r#"tags = { cost_center = "4711" }"#),
    Rule::warning("T05", "tags", is_of_the_system)
        .after(&["T03"])
        .says("A tag begins with `harness.io/` or `system/`.")
        .because("Harness keeps these beginnings for tags of its own.")
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

/// All the tags with one key renamed, unless the new key is taken.
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
                "`tags` has {count} entries, and Harness stores at most {MOST} on a connector. Remove {} of them.",
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
            "`tags` has an entry with an empty key. Give it one, as in `tags = { team = \"payments\" }`; a tag that is \
             a single word is a key with the value \"\".",
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
                    "The tag {} has \"<+\" in it. Harness resolves expressions and runtime inputs in pipelines, not in \
                     tags. Write a fixed text.",
                    shown(key)
                ),
            );
        }
    }
}

fn is_recommended(character: char) -> bool {
    character.is_ascii_alphanumeric() || " _-/".contains(character)
}

/// Why a tag is unusual, by the odd characters of its key and the lengths of key and value.
fn unusual(odd: &[String], key: usize, value: usize) -> Option<String> {
    Some(if !odd.is_empty() {
        format!(
            "has {} in its key; letters, digits, spaces, _, - and / are recommended",
            joined(odd, "and")
        )
    } else if key > LONGEST_KEY {
        format!("has a key of {key} characters; at most {LONGEST_KEY} are recommended")
    } else if value > LONGEST_VALUE {
        format!("has a value of {value} characters; at most {LONGEST_VALUE} are recommended")
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
        let Some(reason) = unusual(&odd, key.chars().count(), value_length) else {
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
            format!(" Write, for example, {} for the key.", shown(&other))
        } else {
            String::new()
        };
        let pushed = findings.push(
            path(key),
            "Unusual tag",
            format!(
                "The tag {} {reason}. Harness stores it, but filtering may not find it.{write}",
                shown(key)
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
            format!(" Write {} for the key.", shown(rest))
        } else {
            " Choose another key.".to_owned()
        };
        let pushed = findings.push(
            path(key),
            "Tag reserved for Harness",
            format!(
                "The tag {} begins with \"{prefix}\", which Harness keeps for its own tags.{write}",
                shown(key)
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
