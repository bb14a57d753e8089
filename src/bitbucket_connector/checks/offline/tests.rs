//! Properties of all rules. The tables of single rules are next to them.

use std::collections::BTreeSet;

use proptest::prelude::*;
use tf_provider::diagnostic::Severity;
use tf_provider::field::FromValue;
use tf_provider::value::{Type, Value};

use super::testing::{
    SOUND, VALID, all_places, any_config, apply, config, found, found_in, ids, rules, sentences,
};
use super::*;
use crate::bitbucket_connector::checks::offline::input::{Finding, Offline};
use crate::bitbucket_connector::connector::schema;
use crate::harness::rule::{Family, Strict, at, find, position};
use crate::harness::wording;

/// The ids of all offline rules in the platform's decision table that this provider does not have, and why.
const NOT_APPLICABLE: &[(&str, &str)] = &[
    ("T06", "tags are a map here, not texts with a colon"),
    (
        "P01",
        "each type of API access is a block of its own; E04 says when none or several are given",
    ),
    (
        "P02",
        "there is no block for OAuth, which is set up in the Harness UI",
    ),
    (
        "P05",
        "the block `access_token` has no other argument than `token_ref`",
    ),
    (
        "G02",
        "no delegate selectors means any delegate; there is no switch beside them",
    ),
    ("G11", "there is no argument for Secure Connect (`proxy`)"),
    (
        "M10",
        "there is no argument `ignore_test_connection`; `connection_test` is this provider's own",
    ),
];

/// The first and last rule numbers per letter in the decision table that can be decided offline, with the numbers in
/// between that query the platform or find nothing.
const DECISION_TABLE: &[(char, u32, &[u32])] = &[
    ('N', 5, &[]),
    ('I', 8, &[]),
    ('O', 2, &[]),
    ('T', 6, &[]),
    ('U', 27, &[]),
    ('C', 19, &[]),
    ('X', 20, &[]),
    ('R', 13, &[]),
    ('A', 13, &[]),
    ('K', 3, &[]),
    ('W', 11, &[]),
    ('P', 12, &[]),
    ('G', 12, &[7, 8, 9, 10]),
    ('M', 10, &[1, 2, 3, 4, 5, 6, 7, 8, 9]),
];

/// Rules of this provider's own.
const OWN: &[&str] = &["E01", "E02", "E03", "E04", "E05"];

#[test]
fn every_offline_rule_of_the_decision_table_is_here_or_said_not_to_apply() {
    let expected: BTreeSet<String> = DECISION_TABLE
        .iter()
        .flat_map(|(letter, last, elsewhere)| {
            (1..=*last)
                .filter(|number| !elsewhere.contains(number))
                .map(move |number| format!("{letter}{number:02}"))
        })
        .chain(OWN.iter().map(|id| (*id).to_owned()))
        .collect();
    let here = rules().map(|rule| rule.id.to_owned());
    let elsewhere = NOT_APPLICABLE.iter().map(|(id, _)| (*id).to_owned());
    let ids: Vec<String> = here.chain(elsewhere).collect();
    let covered: BTreeSet<String> = ids.iter().cloned().collect();
    assert_eq!(covered.len(), ids.len(), "an id is given twice");
    assert_eq!(covered, expected);
}

#[test]
fn a_rule_is_silent_only_after_rules_that_exist() {
    let ids: BTreeSet<_> = rules().map(|rule| rule.id).collect();
    for rule in rules() {
        assert!(
            rule.after
                .iter()
                .all(|id| ids.contains(id) && *id != rule.id),
            "{}",
            rule.id
        );
    }
}

#[test]
fn the_order_of_the_findings_is_that_of_the_arguments_in_the_schema() {
    let arguments = Offline::arguments();
    let attributes = schema::schema().block.attributes.len();
    assert!(arguments.starts_with(&["name", "identifier", "description"]));
    assert!(arguments.ends_with(&["credentials", "api_access", "timeouts"]));
    for computed in ["id", "ref", "unmanaged"] {
        assert!(!arguments.contains(&computed), "{computed}");
    }
    // All other attributes, and three blocks.
    assert_eq!(arguments.len(), attributes - 3 + 3);
}

#[test]
fn the_connector_of_the_examples_has_nothing_wrong() {
    assert_eq!(ids(&found("")), [""; 0], "{VALID}");
}

#[test]
fn each_example_is_found_by_its_rule_alone_and_fixed_by_none() {
    for rule in rules() {
        let wrong = found(rule.wrong.content().unwrap());
        assert!(
            !wrong.is_empty() && wrong.iter().all(|finding| finding.rule.id == rule.id),
            "{}: {:?}",
            rule.id,
            ids(&wrong)
        );
        let fixed = found(rule.fixed.content().unwrap());
        assert_eq!(ids(&fixed), [""; 0], "{}", rule.id);
    }
}

/// Returns configurations with mistakes of every kind: the examples, and those in the tables of the modules.
fn mistakes() -> Vec<Value> {
    let own = [
        "name = \" a/b \"",
        "name = \"Bitbucket: payments\"",
        "name = \"new\"",
        "identifier = \"_harness_system$x\"",
        "identifier = \"9\"",
        "tags = { \"a:b\" = \"1\", \"c.d\" = \"2\", \"system/e\" = var.value }",
        "delegate_selectors = [\"a,b\", \" c \", \"d e\", null, \"\", \"f#g\", var.tag]",
        "org_id = \"My Organization\"\nproject_id = \"My Project\"",
        "timeouts {\n create = \"30\"\n read = \"2 hours\"\n update = \"soon\"\n delete = \"0\"\n}",
        "connection_type = \"https\"\nurl_type = \"workspace\"\nconnectivity_mode = \"manager\"\nconnection_test = \"on\"",
    ];
    let examples = rules().map(|rule| rule.wrong.content().unwrap());
    examples.chain(own).map(config).collect()
}

#[test]
fn what_a_finding_suggests_makes_it_go_away_and_brings_no_other() {
    let mut suggestions = 0;
    for config in mistakes() {
        let before = found_in(&config);
        for finding in before
            .iter()
            .filter(|finding| !finding.suggestion.is_empty())
        {
            suggestions += 1;
            let after = ids(&found_in(&apply(&config, &finding.suggestion)));
            let before = ids(&before);
            let count = |ids: &[String], id: &str| ids.iter().filter(|other| *other == id).count();
            let id = format!("{} {}", finding.rule.id, finding.path);
            assert!(
                count(&after, &id) < count(&before, &id),
                "{id} is still there: {after:?}"
            );
            assert!(
                after.iter().all(|other| before.contains(other)),
                "{id}: {before:?} became {after:?}"
            );
        }
    }
    assert!(
        suggestions > 40,
        "only {suggestions} suggestions were tried"
    );
}

#[test]
fn what_a_finding_suggests_stands_in_its_words() {
    for config in mistakes() {
        for finding in found_in(&config) {
            let detail = diagnostic(&finding).detail;
            for (path, value) in &finding.suggestion {
                if let Some(text) = value.as_str().filter(|text| text.len() <= 60) {
                    let literal = wording::literal(&wording::without_emails(text));
                    let shown = detail.contains(literal.trim_matches('"'));
                    assert!(
                        shown,
                        "{} at {path}: {literal} is not in: {detail}",
                        finding.rule.id
                    );
                }
            }
        }
    }
}

fn diagnostic(finding: &Finding) -> tf_provider::diagnostic::Diagnostic {
    finding.clone().into_diagnostic(true).unwrap()
}

/// Returns summary and detail of each finding in a configuration; none if it cannot be read.
fn words_about(config: &Value) -> Vec<String> {
    let Ok(model) = Model::from_value(config) else {
        return Vec::new();
    };
    let findings = find(rules(), &Input::new(&model)).into_iter();
    let diagnostics = findings.map(|finding| diagnostic(&finding));
    diagnostics
        .map(|it| format!("{} {}", it.summary, it.detail))
        .collect()
}

#[test]
fn the_words_of_every_finding_are_sentences_and_end_with_the_rule() {
    for config in mistakes() {
        for finding in found_in(&config) {
            let detail = sentences(&diagnostic(&finding), finding.rule.id);
            assert!(detail.ends_with(['.', '}']), "{detail}");
        }
    }
}

/// Returns the lines that a terminal of 80 columns shows of a text beside Terraform's border, without examples to copy
/// and blank lines.
fn shown_lines(text: &str) -> usize {
    let prose = text.lines().filter(|line| !line.starts_with(' '));
    let words = prose.filter(|line| !line.is_empty()).map(|line| {
        let lengths = line.split(' ').map(|word| word.chars().count());
        let lines = lengths.fold((1, 0), |(lines, width), length| match width {
            0 => (lines, length),
            _ if width + 1 + length <= 77 => (lines, width + 1 + length),
            _ => (lines + 1, length),
        });
        lines.0
    });
    words.sum()
}

#[test]
fn the_words_of_every_finding_are_read_at_a_glance() {
    for config in mistakes() {
        for finding in found_in(&config) {
            let diagnostic = diagnostic(&finding);
            let (summary, detail) = (diagnostic.summary, diagnostic.detail);
            assert!(summary.split(' ').count() <= 8, "{summary}");
            assert!(shown_lines(&detail) <= 6, "{detail}");
        }
    }
}

#[test]
fn sound_connectors_have_no_findings_whatever_is_unknown() {
    for hcl in SOUND {
        let config = config(hcl);
        assert_eq!(ids(&found_in(&config)), [""; 0], "{hcl}");
        for path in all_places() {
            // An unknown member of an absent block would make the block present.
            let (parent, _) = path.steps().split_at(path.steps().len() - 1);
            if config
                .get_path(&parent.iter().cloned().collect())
                .is_none_or(Value::is_null)
            {
                continue;
            }
            let config = apply(&config, &[(path.clone(), Value::unknown())]);
            assert_eq!(ids(&found_in(&config)), [""; 0], "{path} unknown in\n{hcl}");
        }
    }
}

#[test]
fn where_all_is_unknown_nothing_is_found() {
    let Value::Object(members) = config("") else {
        unreachable!()
    };
    let unknown = members.keys().map(|name| (name.as_str(), Value::unknown()));
    assert_eq!(ids(&found_in(&Value::object(unknown))), [""; 0]);
    let changes: Vec<_> = all_places()
        .into_iter()
        .filter(|path| {
            let text = path.to_string();
            text.starts_with("credentials.http.") || !text.contains('.') && text != "credentials"
        })
        .map(|path| (path, Value::unknown()))
        .collect();
    assert_eq!(ids(&found_in(&apply(&config(""), &changes))), [""; 0]);
}

#[test]
fn what_is_known_is_checked_beside_what_is_not() {
    for rule in rules() {
        let config = config(rule.wrong.content().unwrap());
        // No rule about another argument involves these.
        let changes = ["description", "force_delete"].map(|name| (at(name), Value::unknown()));
        assert_eq!(
            ids(&found_in(&apply(&config, &changes))),
            ids(&found_in(&config)),
            "{}",
            rule.id
        );
    }
    let config = config(
        "name = \"\"\nurl = var.url\ntags = { \"\" = \"x\", team = var.team }\ndelegate_selectors = [var.tag, \"a,b\"]",
    );
    assert_eq!(
        ids(&found_in(&config)),
        ["N01 name", "T02 tags[\"\"]", "G04 delegate_selectors"]
    );
}

#[test]
fn a_secret_in_any_argument_is_shown_by_no_finding() {
    for secret in [
        "ATATT3xFfGF0PLANTED1q2w3e4r5t6z7u8i9o0p",
        "ATCTT3xFfGN0PLANTED1q2w3e4r5t6z7u8i9o0p",
        "ATBBPLANTED1q2w3e4r5t6z7u8i9o0p",
        "BBDC-PLANTED1q2w3e4r5t6z7u8i9o0p",
        "pat.PLANTED.1q2w3e4r5t6z.7u8i9o0p",
        "-----BEGIN OPENSSH PRIVATE KEY-----\nPLANTED\n-----END OPENSSH PRIVATE KEY-----",
        "jdoe:PLANTED",
        "PLANTED correct horse",
        "PLANTED#pa55word!",
    ] {
        for hcl in SOUND {
            for path in all_places() {
                let is_secret_place =
                    path.to_string().ends_with("_ref") || path.to_string().contains("username");
                let is_token = secret.starts_with(['A', 'B', 'p', '-']);
                if !is_secret_place && !is_token || path.to_string() == "timeouts" {
                    continue;
                }
                let Some(Value::String(_)) = config(hcl).get_path(&path).cloned() else {
                    continue;
                };
                let config = apply(&config(hcl), &[(path.clone(), Value::string(secret))]);
                for words in words_about(&config) {
                    assert!(!words.contains("PLANTED"), "{path}: {words}");
                }
            }
        }
    }
}

/// Secrets of every kind that is recognized in any text. Each contains `PLANTED`, or `planted` in base64.
pub(crate) const PLANTED: [&str; 14] = [
    "ATATT3xFfGF0PLANTED1q2w3e4r5t6z7u8i9o0p",
    "ATATT3xFfGF0PLANTED1q2w3e4r5t6z7u8i9o0p=0123",
    "ATCTT3xFfGN0PLANTED1q2w3e4r5t6z7u8i9o0p",
    "ATBBPLANTED1q2w3e4r5t6z7u8i9o0p",
    "BBDC-PLANTED1q2w3e4r5t6z7u8i9o0p",
    "pat.PLANTED.1q2w3e4r5t6z.7u8i9o0p",
    "ghp_PLANTED1q2w3e4r5t6z7u8i9o0pA1b2C3d4E5",
    "glpat-PLANTED1q2w3e4r5t6z",
    "AKIAPLANTEDQ2W3E4R5T",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJQTEFOVEVEIn0.PLANTED1q2w3e4r5t6z",
    "PLANTED1q2w3e4r5t6z7u8i9o0pA1b2C3d4E5f6G7h8",
    "-----BEGIN OPENSSH PRIVATE KEY-----\nPLANTED\n-----END OPENSSH PRIVATE KEY-----",
    "bot:s3cr3tPLANTED",
    "https://bot:s3cr3tPLANTED@bitbucket.org/acme/",
];

/// Returns a configuration for each argument, with the text in it; of `tags` one for the keys and one for the values.
pub(crate) fn with_in_each_argument(text: &str) -> Vec<(String, Value)> {
    let block = schema::schema().block;
    let mut configs = Vec::new();
    for (hcl, path) in SOUND
        .iter()
        .flat_map(|hcl| all_places().into_iter().map(move |path| (hcl, path)))
    {
        let config = config(hcl);
        let is_nested = path.steps().len() > 1;
        let attribute = block.attributes.iter().find(|it| path == at(it.name));
        // What the provider computes is not an argument.
        if attribute.is_some_and(|it| ["id", "ref", "unmanaged"].contains(&it.name)) {
            continue;
        }
        let values = match attribute.map(|it| &it.ty) {
            Some(Type::Map(_)) => vec![
                Value::Map([(text.to_owned(), Value::string("x"))].into()),
                Value::Map([(format!("system/{text}#"), Value::string(text))].into()),
                Value::Map([(text.to_owned(), Value::string("<+x>"))].into()),
            ],
            Some(Type::Set(_)) => vec![
                Value::set([Value::string(text)]),
                Value::set([Value::string(format!("{text} {text}"))]),
                Value::set([Value::string(format!("{text},#"))]),
            ],
            Some(Type::String) => vec![Value::string(text), Value::string(format!(" {text} "))],
            None if is_nested && matches!(config.get_path(&path), Some(Value::String(_))) => {
                vec![Value::string(text)]
            }
            _ => continue,
        };
        for value in values {
            configs.push((
                format!("{path} = {value:?}"),
                apply(&config, &[(path.clone(), value)]),
            ));
        }
    }
    configs
}

#[test]
fn a_secret_of_any_kind_in_any_argument_is_shown_by_no_finding() {
    let mut findings = 0;
    for secret in PLANTED {
        for (place, config) in with_in_each_argument(secret) {
            // A repository may have a long run as its name.
            if secret.starts_with("PLANTED1") && place.starts_with("test_repository") {
                continue;
            }
            for words in words_about(&config) {
                findings += 1;
                assert!(!words.contains("PLANTED"), "{place}: {words}");
                assert!(
                    !words.contains("The item what") && !words.contains("tag what"),
                    "{words}"
                );
            }
        }
    }
    assert!(findings > 500, "only {findings} findings");
}

#[test]
fn of_an_id_that_is_a_password_only_that_is_reported() {
    assert_eq!(
        ids(&found("org_id = null\nproject_id = \"bot:hunter2secret\"")),
        ["E05 project_id"]
    );
}

#[test]
fn a_hidden_delegate_tag_fits_the_sentence() {
    let found = found("delegate_selectors = [\"ATATT3xFfGF0q1w2e3r4t5z6=01\"]");
    let detail = diagnostic(&found[0]).detail;
    assert!(
        detail.starts_with(
            "The item of `delegate_selectors` that looks like an Atlassian API token (not shown here) contains \"=\"."
        ),
        "{detail}"
    );
}

#[test]
fn no_finding_shows_a_whole_email_address_or_the_user_of_a_url() {
    let planted = [
        "planted@acme.com",
        " planted@acme.com",
        "Jane <planted@acme.com>",
        "planted@acme",
        "https://planted@bitbucket.org/acme/",
        "https://planted@bb.acme.com/scm/",
        "ssh://planted@bb.acme.com/scm/",
        "planted@bitbucket.org:acme/",
        "https://planted@github.com/acme/?x",
    ];
    let mut findings = 0;
    for (text, hcl) in planted
        .iter()
        .flat_map(|text| SOUND.iter().map(move |hcl| (text, hcl)))
    {
        for path in all_places() {
            let config = config(hcl);
            if !matches!(config.get_path(&path), Some(Value::String(_) | Value::Null))
                || path.steps().len() == 1
                    && !schema::schema()
                        .block
                        .attributes
                        .iter()
                        .any(|it| path == at(it.name))
                || ["tags", "delegate_selectors", "force_delete", "unmanaged"]
                    .iter()
                    .any(|it| path == at(it))
            {
                continue;
            }
            let config = apply(&config, &[(path.clone(), Value::string(*text))]);
            for words in words_about(&config) {
                findings += 1;
                let hidden = if path == at("url") {
                    "planted"
                } else {
                    "planted@"
                };
                assert!(!words.contains(hidden), "{path} = {text}: {words}");
            }
        }
    }
    assert!(findings > 200, "only {findings} findings");
}

#[test]
fn strict_raises_the_rules_that_say_so_and_no_others() {
    for rule in rules() {
        let model = Model::from_value(&config(rule.wrong.content().unwrap())).unwrap();
        let severities = |strict| {
            let findings = check(&model, strict);
            let mut severities: Vec<_> = findings.iter().map(|f| f.severity).collect();
            severities.dedup();
            severities
        };
        let (relaxed, strict) = match rule.strict {
            Strict::Same => (Some(rule.severity), rule.severity),
            Strict::Raised => (Some(Severity::Warning), Severity::Error),
            Strict::Only => (None, rule.severity),
        };
        assert_eq!(severities(false), Vec::from_iter(relaxed), "{}", rule.id);
        assert_eq!(severities(true), [strict], "{}", rule.id);
    }
}

#[test]
fn planning_repeats_no_warning_that_validation_gave() {
    let model = |hcl| Model::from_value(&config(hcl)).unwrap();
    let warning = model("name = \"a/b\"");
    assert_eq!(check(&warning, false).iter().count(), 1);
    assert!(plan(&warning, None, true).is_empty());
    let raised = model("connectivity_mode = \"Platform\"\ndelegate_selectors = [\"linux\"]");
    assert!(plan(&raised, None, false).is_empty());
    assert!(plan(&raised, None, true).has_errors());
    assert!(plan(&model("name = \"\""), None, false).has_errors());
}

proptest! {
    #[test]
    fn any_configuration_is_checked_without_a_panic_and_twice_alike(
        config in any_config()
    ) {
        let model = Model::from_value(&config).unwrap();
        let findings = check(&model, true);
        prop_assert_eq!(&findings, &check(&model, true));
        let places: Vec<_> = findings.iter().map(|d| position::<Offline>(d.path.as_ref().unwrap())).collect();
        prop_assert!(places.is_sorted());
    }
}

#[test]
fn one_mistake_is_one_finding_wherever_it_is_seen_from() {
    for (hcl, expected) in [
        // The connection type, which contradicts the URL and the credentials.
        ("connection_type = \"SSH\"", "U09 connection_type"),
        // The host, which determines the type of API access and the test repository.
        (
            "url = \"https://github.com/acme/\"\napi_access {\n access_token {\n token_ref = \"account.t\"\n }\n}",
            "U18 url",
        ),
        (
            "url = \"https://x-token-auth:PLANTED@bitbucket.org/acme/\"",
            "U13 url",
        ),
        // Empty arguments, so that there are too few or too many.
        (
            "credentials {\n http {\n username = \"\"\n username_ref = \"account.user\"\n password_ref = \"account.t\"\n }\n}",
            "A05 credentials.http.username",
        ),
        // The scope, which determines the reach of references.
        ("project_id = \"web\"\norg_id = null", "O01 project_id"),
        // The name, which determines the identifier.
        ("name = \"!\"", "N03 name"),
        ("connection_type = \"https\"", "U27 connection_type"),
        ("url_type = \"\"", "U26 url_type"),
        ("url = \"\"", "U01 url"),
        ("url = null", "U01 url"),
    ] {
        assert_eq!(ids(&found(hcl)), [expected], "{hcl}");
    }
}
