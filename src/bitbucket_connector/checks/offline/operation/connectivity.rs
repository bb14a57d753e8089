//! Rules about `connectivity_mode` and `delegate_selectors`. Paths cannot point into sets, so findings about one tag
//! have the path of the set, and name the tag.

use std::net::Ipv4Addr;

use tf_provider::field::Field;
use tf_provider::value::Value;

use crate::bitbucket_connector::checks::offline::input::{Findings, Input, Rule};
use crate::bitbucket_connector::connector::url::BitbucketUrl;
use crate::bitbucket_connector::connector::words::ConnectivityMode;
use crate::harness::wording::{joined, named, odd_characters, written};

const SETTING: &str = "delegate_selectors";

pub(crate) static RULES: &[Rule] = &[
    Rule::warning("G01", SETTING, have_no_effect)
        .raised_by_strict()
        .says("`delegate_selectors` is set, but `connectivity_mode` is `Platform`.")
        .because("The Harness platform then connects without a delegate, and the selectors have no effect.")
        .example(
            "connectivity_mode  = \"Platform\"\ndelegate_selectors = [\"linux\"]",
            "connectivity_mode  = \"Delegate\"\ndelegate_selectors = [\"linux\"]",
        ),
    Rule::error("G03", SETTING, has_wrong_tag)
        .says("A delegate tag is empty or contains whitespace.")
        .because("No delegate has such a tag, so none would match.")
        .example(
            r#"delegate_selectors = ["linux arm64"]"#,
            r#"delegate_selectors = ["linux", "arm64"]"#,
        ),
    Rule::error("G04", SETTING, has_wrong_tag)
        .says("A delegate tag contains a comma.")
        .because("Commas separate the tags of a delegate, so no tag contains one. Write each tag as its own item.")
        .example(
            r#"delegate_selectors = ["linux,arm64"]"#,
            r#"delegate_selectors = ["linux", "arm64"]"#,
        ),
    Rule::error("G05", SETTING, has_wrong_tag)
        .says("A delegate tag is a Harness expression or a template.")
        .because("A connector takes fixed tags. Harness resolves expressions and runtime inputs only in pipelines.")
        .example(r#"delegate_selectors = ["<+input>"]"#, r#"delegate_selectors = ["linux"]"#),
    Rule::warning("G06", SETTING, has_wrong_tag)
        .says("A delegate tag contains an unusual character.")
        .because("The Harness UI accepts letters, digits, `-`, `_`, `.`, and `+`. Other characters are mostly typos.")
        .example(
            r#"delegate_selectors = ["linux#arm64"]"#,
            r#"delegate_selectors = ["linux-arm64"]"#,
        ),
    Rule::warning("G12", "connectivity_mode", is_out_of_reach)
        .says("`connectivity_mode` is `Platform`, but the host of `url` is in a private network.")
        .because("The Harness platform reaches only public hosts. Private hosts are addresses such as 10.0.0.5, names \
                  without a dot, and names that end in `.local` or `.internal`.")
        .example(
            "url               = \"https://bitbucket.internal/scm/\"\ntest_repository   = \"WEB/shop.git\"\nconnectivity_mode = \"Platform\"",
            "url               = \"https://bitbucket.internal/scm/\"\ntest_repository   = \"WEB/shop.git\"\nconnectivity_mode = \"Delegate\"",
        ),
];

fn is_platform(input: &Input<'_>) -> bool {
    ConnectivityMode::of(input.model) == Some(ConnectivityMode::Platform)
}

fn have_no_effect(input: &Input<'_>, findings: &mut Findings<'_>) {
    let is_given = input
        .model
        .delegate_selectors
        .known()
        .is_some_and(|tags| !tags.is_empty());
    if is_given && is_platform(input) {
        findings
            .push(
                SETTING,
                "Delegate selectors have no effect",
                "`delegate_selectors` is set, but `connectivity_mode` is \"Platform\". Remove it, or write \
                 `connectivity_mode = \"Delegate\"`. The Harness platform connects without a delegate.",
            )
            .suggest(SETTING, Value::Null);
    }
}

/// Why a text is not a tag; at most one mistake is reported per text.
#[derive(Clone, Copy)]
enum Mistake {
    Expression,
    Comma,
    Blank,
    Unusual,
}

impl Mistake {
    fn of(tag: &str) -> Option<Self> {
        if tag.contains("<+") || tag.contains("${") {
            Some(Self::Expression)
        } else if tag.contains(',') {
            Some(Self::Comma)
        } else if tag.is_empty() || tag.contains(char::is_whitespace) {
            Some(Self::Blank)
        } else if !tag.chars().all(is_usual) {
            Some(Self::Unusual)
        } else {
            None
        }
    }

    /// Returns the rule that reports it.
    fn rule(self) -> &'static str {
        match self {
            Self::Blank => "G03",
            Self::Comma => "G04",
            Self::Expression => "G05",
            Self::Unusual => "G06",
        }
    }

    /// Returns the summary, what is wrong with the tag, and what to write; `words` are the parts of the tag.
    fn description(self, tag: &str, words: &[&str]) -> (&'static str, String, String) {
        // If the tag must not be shown, because it may be a secret, neither must its parts.
        let list: Option<Vec<_>> = written(tag)
            .is_some()
            .then(|| words.iter().filter_map(|word| written(word)).collect());
        match self {
            Self::Expression => (
                "Expression in delegate tag",
                "is an expression or a template".to_owned(),
                "Write a fixed tag: Harness resolves expressions only in pipelines".to_owned(),
            ),
            Self::Comma | Self::Blank if words.is_empty() => empty_tag("is empty"),
            Self::Comma => (
                "Comma in delegate tag",
                "contains a comma".to_owned(),
                match list {
                    Some(list) => format!("Write each tag as its own item: {}", list.join(", ")),
                    None => "Write each tag as its own item".to_owned(),
                },
            ),
            Self::Blank => (
                "Whitespace in delegate tag",
                "contains whitespace".to_owned(),
                match list.as_deref() {
                    Some([word]) => format!("Write {word}"),
                    Some(several) => format!(
                        "Write each tag as its own item: {}. No delegate has a tag with whitespace",
                        several.join(", ")
                    ),
                    None => "Remove the whitespace: no delegate has a tag with whitespace".to_owned(),
                },
            ),
            Self::Unusual => (
                "Unusual delegate tag",
                format!(
                    "contains {}",
                    joined(&odd_characters(tag, is_usual), "and")
                ),
                "Compare it with the tags of your delegates: most consist of letters, digits, -, _, ., and +"
                    .to_owned(),
            ),
        }
    }
}

/// Returns whether a text can be a delegate's tag, even an unusual one. The rules here report all others.
pub(crate) fn is_tag(text: &str) -> bool {
    matches!(Mistake::of(text), None | Some(Mistake::Unusual))
}

fn is_usual(character: char) -> bool {
    character.is_ascii_alphanumeric() || "-_.+".contains(character)
}

/// Returns the words in a text of several tags.
fn words(tag: &str) -> Vec<&str> {
    tag.split(|c: char| c == ',' || c.is_whitespace())
        .filter(|word| !word.is_empty())
        .collect()
}

/// Reports the tags with the rule's mistake.
fn has_wrong_tag(input: &Input<'_>, findings: &mut Findings<'_>) {
    let id = findings.rule().id;
    let Some(all) = input.model.delegate_selectors.known() else {
        return;
    };
    for (index, item) in all.iter().enumerate() {
        let tag = match item {
            Field::Known(tag) => tag.as_str(),
            Field::Null => "",
            Field::Unknown => continue,
        };
        let Some(mistake) = Mistake::of(tag).filter(|mistake| mistake.rule() == id) else {
            continue;
        };
        let words = words(tag);
        let (named, (summary, found, write)) = if item.is_null() {
            (
                "item null of `delegate_selectors`".to_owned(),
                empty_tag("is not a tag"),
            )
        } else {
            let named = match written(tag) {
                Some(tag) => format!("item {tag} of `delegate_selectors`"),
                None => named("item of `delegate_selectors`", tag),
            };
            (named, mistake.description(tag, &words))
        };
        let found = format!("The {named} {found}. {write}.");
        let pushed = findings.push(SETTING, summary, found);
        if matches!(mistake, Mistake::Comma | Mistake::Blank) {
            pushed.suggest(SETTING, with_words(all, index, &words));
        }
    }
}

fn empty_tag(found: &str) -> (&'static str, String, String) {
    (
        "Empty delegate tag",
        found.to_owned(),
        "Remove it: no delegate has such a tag".to_owned(),
    )
}

/// Returns the set with the item at `index` replaced by `words`.
fn with_words(all: &[Field<String>], index: usize, words: &[&str]) -> Value {
    let others = all.iter().enumerate().filter(|(other, _)| *other != index);
    let others = others.map(|(_, item)| match item {
        Field::Known(tag) => Value::string(tag.as_str()),
        Field::Null => Value::Null,
        Field::Unknown => Value::unknown(),
    });
    Value::set(others.chain(words.iter().map(|word| Value::string(*word))))
}

fn is_out_of_reach(input: &Input<'_>, findings: &mut Findings<'_>) {
    let Some(host) = input.url().map(BitbucketUrl::host) else {
        return;
    };
    if is_platform(input) && is_private(host) {
        findings
            .push(
                "connectivity_mode",
                "Host in a private network",
                format!(
                    "`connectivity_mode` is \"Platform\", but \"{host}\" is in a private network. Write `connectivity_mode = \
                     \"Delegate\"`, and run a delegate in that network. The Harness platform reaches only public hosts."
                ),
            )
            .suggest("connectivity_mode", "Delegate");
    }
}

/// Returns whether a host is in a private network (RFC 1918 and the usual names). The machine itself is a separate
/// case.
fn is_private(host: &str) -> bool {
    if let Ok(address) = host.parse::<Ipv4Addr>() {
        return address.is_private();
    }
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    let domain = host.rsplit('.').next();
    host != "localhost"
        && !host.starts_with('[')
        && (!host.contains('.') || matches!(domain, Some("local" | "internal")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bitbucket_connector::checks::offline::testing::{expect, found, ids};

    #[test]
    fn delegate_selectors_are_single_fixed_words_for_a_delegate() {
        const AT: &str = "delegate_selectors";
        let rows = |rows: &[(&str, &[&str])]| {
            for (selectors, expected) in rows {
                let expected: Vec<_> = expected.iter().map(|id| format!("{id} {AT}")).collect();
                assert_eq!(
                    ids(&found(&format!("{AT} = {selectors}"))),
                    expected,
                    "{selectors}"
                );
            }
        };
        rows(&[
            ("null", &[]),
            ("var.selectors", &[]),
            ("[]", &[]),
            ("[var.tag]", &[]),
            ("[\"linux\", \"eu-1_a.b+c\"]", &[]),
            ("[\"\"]", &["G03"]),
            ("[null]", &["G03"]),
            ("[\"a b\"]", &["G03"]),
            ("[\" a\", \"b \"]", &["G03", "G03"]),
            ("[\"a,b\", var.tag]", &["G04"]),
            ("[\"a, b\"]", &["G04"]),
            ("[\",\"]", &["G04"]),
            ("[\"<+input>\"]", &["G05"]),
            ("[\"$${tag}\"]", &["G05"]),
            ("[\"a#b\"]", &["G06"]),
        ]);
    }

    #[test]
    fn the_platform_itself_uses_no_selectors_and_reaches_no_private_host() {
        let data_center = |host: &str, mode: &str| {
            format!(
                "url = \"https://{host}/scm/\"\ntest_repository = \"WEB/shop.git\"\nconnectivity_mode = {mode}"
            )
        };
        expect(&[
            ("connectivity_mode = \"Platform\"", &[]),
            (
                "connectivity_mode = \"Platform\"\ndelegate_selectors = []",
                &[],
            ),
            (
                "connectivity_mode = \"Platform\"\ndelegate_selectors = var.tags",
                &[],
            ),
            (
                "connectivity_mode = var.mode\ndelegate_selectors = [\"a\"]",
                &[],
            ),
            (
                "connectivity_mode = \"Platform\"\ndelegate_selectors = [\"a\"]",
                &["G01 delegate_selectors"],
            ),
            (
                "connectivity_mode = \"Platform\"\ndelegate_selectors = [var.tag]",
                &["G01 delegate_selectors"],
            ),
            (&data_center("10.0.0.5", "\"Delegate\""), &[]),
            (&data_center("10.0.0.5", "null"), &[]),
            (&data_center("10.0.0.5", "var.mode"), &[]),
            (&data_center("bb.acme.com", "\"Platform\""), &[]),
            (
                &data_center("10.0.0.5", "\"Platform\""),
                &["G12 connectivity_mode"],
            ),
            (
                &data_center("bitbucket", "\"Platform\""),
                &["G12 connectivity_mode"],
            ),
            ("url = var.url\nconnectivity_mode = \"Platform\"", &[]),
        ]);
    }

    #[test]
    fn private_hosts_are_distinguished_from_public_ones() {
        for host in [
            "10.0.0.5",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "bitbucket",
            "bb.local",
            "BB.Internal",
        ] {
            assert!(is_private(host), "{host}");
        }
        for host in [
            "bitbucket.org",
            "172.32.0.1",
            "8.8.8.8",
            "127.0.0.1",
            "localhost",
            "bb.acme.com",
            "internal.acme.com",
            "[::1]",
        ] {
            assert!(!is_private(host), "{host}");
        }
    }
}
