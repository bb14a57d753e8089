//! Properties of all rules, and the queries for each case; [`tables`] has a table for each rule. These test pure
//! functions over the platform's answers; [`lookups`](crate::harness::plan_queries::lookups) has the tests of actual
//! requests.

mod hints;
mod sandbox;
mod tables;

use std::collections::BTreeSet;

use harness_platform::{Scope, SecretKind};
use proptest::prelude::*;
use tf_provider::field::FromValue;
use tf_provider::value::{Path, Value};

use super::input::WithPlatform;
use super::queries::for_change;
use super::testing::{
    Account, change, checked, example_account, existing, found, found_in, plan_rules, planned,
    secret, unanswered_query,
};
use super::*;
use crate::bitbucket_connector::checks::offline::testing::{
    SOUND, all_places, any_config, apply, config, found as found_offline, ids, sentences,
};
use crate::bitbucket_connector::checks::offline::tests::{PLANTED, with_in_each_argument};
use crate::bitbucket_connector::connector::model::Model;
use crate::harness::plan_queries::answers::{Answers, Topic, Why};
use crate::harness::rule::{Finding, Strict};
use crate::harness::testing::is_short;

/// The rules in the decision table that query the platform, and this provider's own.
const DECISION_TABLE: &[&str] = &[
    "I09", "I10", "I13", "I14", "O04", "O05", "X21", "K04", "K05", "K06", "K07", "K08", "W12",
    "W13", "W14", "W15", "P13", "G08", "G09", "G10", "L01", "L02", "L03", "L04", "L05", "L06",
    "L07", "L08", "L09", "L10",
];

#[test]
fn every_rule_of_the_decision_table_that_asks_the_platform_is_here_once() {
    let mut here: Vec<&str> = plan_rules().map(|rule| rule.id).collect();
    here.sort_unstable();
    let mut expected = DECISION_TABLE.to_vec();
    expected.sort_unstable();
    assert_eq!(here, expected);
}

#[test]
fn each_example_breaks_only_its_rule_and_its_fix_breaks_none() {
    for rule in plan_rules() {
        let id = rule.id;
        let (wrong, fixed) = (rule.wrong.text(), rule.fixed.text());
        for hcl in [wrong, fixed] {
            assert_eq!(ids(&found_offline(hcl)), [""; 0], "{id}, offline");
        }
        let found = found_in(wrong, rule.circumstance.content());
        let found: Vec<_> = found.iter().map(|finding| finding.rule.id).collect();
        assert_eq!(found, [id]);
        // If no argument can fix it, the finding disappears with the circumstance.
        let circumstance = rule
            .fixed
            .content()
            .and_then(|_| rule.circumstance.content());
        assert_eq!(ids(&found_in(fixed, circumstance)), [""; 0], "{id}, fixed");
    }
}

/// Returns the findings of every example, and some more.
fn all_findings() -> Vec<Finding<WithPlatform>> {
    let examples =
        plan_rules().map(|rule| found_in(rule.wrong.text(), rule.circumstance.content()));
    let (prior, account) = (existing(), state_has_it());
    let more = [
        found(PlannedChange::Destruction { prior: &prior }, &account),
        found(PlannedChange::Creation { planned: &prior }, &account),
        found_in("delegate_selectors = [\"mars\"]", None),
        checked(
            PlannedChange::Creation { planned: &prior },
            Answers {
                unanswered: vec![unanswered_query(Why::Unauthorized, Topic::Secrets)],
                ..Answers::default()
            },
        ),
    ];
    examples.chain(more).flatten().collect()
}

/// Returns the account, with the example connector in it and in the state.
fn state_has_it() -> Account {
    Account {
        connectors: vec![("Bitbucket_Cloud", true)],
        ..example_account()
    }
}

#[test]
fn the_words_of_every_finding_are_sentences_and_end_with_the_rule() {
    for finding in all_findings() {
        let id = finding.rule.id;
        let detail = sentences(&finding.into_diagnostic(true).unwrap(), id);
        let is_list = detail.lines().last().unwrap().starts_with("- ");
        assert!(detail.ends_with('.') || is_list, "{id}: {detail}");
    }
}

#[test]
fn a_secret_of_any_kind_in_any_argument_is_shown_by_no_finding() {
    let account = state_has_it();
    let prior = existing();
    let mut findings = 0;
    for secret in PLANTED {
        for (place, config) in with_in_each_argument(secret) {
            let Ok(model) = Model::from_value(&config) else {
                continue;
            };
            for change in [
                PlannedChange::Creation { planned: &model },
                change(&prior, &model),
                change(&model, &prior),
                PlannedChange::Destruction { prior: &model },
            ] {
                for finding in found(change, &account) {
                    findings += 1;
                    let diagnostic = finding.into_diagnostic(true).unwrap();
                    let words = format!("{} {}", diagnostic.summary, diagnostic.detail);
                    assert!(!words.contains("PLANTED"), "{place}: {words}");
                }
            }
        }
    }
    assert!(findings > 500, "only {findings} findings");
}

#[test]
fn strict_raises_the_rules_that_say_so_and_no_others() {
    for rule in plan_rules() {
        for finding in found_in(rule.wrong.text(), rule.circumstance.content()) {
            is_short(finding.summary());
            let severity = |strict| finding.clone().into_diagnostic(strict).unwrap().severity;
            assert_eq!(severity(false), rule.severity, "{}", rule.id);
            let raised = if rule.strict == Strict::Raised {
                Severity::Error
            } else {
                rule.severity
            };
            assert_eq!(severity(true), raised, "{}", rule.id);
        }
    }
    let raised = plan_rules().filter(|rule| rule.strict == Strict::Raised);
    let raised: Vec<_> = raised.map(|rule| rule.id).collect();
    assert_eq!(raised, ["I10", "G08", "K05", "L02", "L04"]);
}

#[test]
fn without_answers_there_is_no_opinion() {
    for rule in plan_rules() {
        let (prior, planned) = (existing(), planned(&config(rule.wrong.text())));
        for change in [
            PlannedChange::Creation { planned: &planned },
            change(&prior, &planned),
            PlannedChange::Destruction { prior: &planned },
        ] {
            let expected: &[&str] = match (rule.id, change) {
                // These need no circumstance.
                ("I09" | "I10" | "I14", PlannedChange::Replacement { .. }) => &["I09 identifier"],
                ("I13", PlannedChange::Creation { .. }) => &["I13 identifier"],
                ("I13", PlannedChange::Replacement { .. }) => &["I09 identifier", "I13 identifier"],
                _ => &[],
            };
            assert_eq!(
                ids(&checked(change, Answers::default())),
                expected,
                "{}",
                rule.id
            );
        }
    }
}

#[test]
fn without_access_only_a_plan_with_changes_has_a_warning() {
    let missing = Diagnostic::error("No access to Harness", "Set HARNESS_PLATFORM_API_KEY.");
    let prior = existing();
    let described = planned(&config("description = \"New\""));
    let moved = planned(&config("org_id = \"default\""));
    for (change, expected) in [
        (PlannedChange::Creation { planned: &prior }, &["L04"][..]),
        (change(&prior, &prior), &[]),
        (change(&prior, &described), &["L04"]),
        (change(&prior, &moved), &["L04"]),
        (PlannedChange::Destruction { prior: &prior }, &["L04"]),
    ] {
        for (strict, severity) in [(false, Severity::Warning), (true, Severity::Error)] {
            let found: Vec<_> = check_without_access(change, strict, &missing)
                .into_iter()
                .collect();
            assert_eq!(found.len(), expected.len(), "{change:?}");
            for finding in found {
                assert_eq!(finding.severity, severity);
                for part in [
                    "HARNESS_PLATFORM_API_KEY",
                    "checked offline only",
                    "`plan_checks = false`",
                ] {
                    assert!(finding.detail.contains(part), "{part}: {}", finding.detail);
                }
            }
        }
        let unasked = check_unasked(change, true);
        assert!(unasked.iter().all(|found| !found.detail.contains("L04")));
    }
}

/// Returns an account in which the valid connectors have no findings.
fn sound_account() -> Account {
    let mut account = example_account();
    account.organizations.insert("default", vec!["web"]);
    for (identifier, kind) in [
        ("key", SecretKind::SshKey),
        ("http_token", SecretKind::Text),
        ("api_token", SecretKind::Text),
        ("user", SecretKind::Text),
        ("token", SecretKind::Text),
    ] {
        let secret = secret(identifier, kind);
        account.secrets.push((secret, Scope::Account, ""));
    }
    account
        .delegates
        .retain(|(_, delegate)| delegate.name == "main-delegate");
    account
}

#[test]
fn sound_connectors_have_no_findings_whatever_is_unknown() {
    let account = sound_account();
    for hcl in SOUND {
        let config = config(hcl);
        for path in std::iter::once(Path::root()).chain(all_places()) {
            let (parent, _) = path.steps().split_at(path.steps().len().saturating_sub(1));
            let is_there = config
                .get_path(&parent.iter().cloned().collect())
                .is_some_and(|parent| !parent.is_null());
            if !is_there {
                continue;
            }
            let config = if path.steps().is_empty() {
                config.clone()
            } else {
                apply(&config, &[(path.clone(), Value::unknown())])
            };
            let planned = planned(&config);
            let found = found(PlannedChange::Creation { planned: &planned }, &account);
            assert_eq!(ids(&found), [""; 0], "{path} unknown in\n{hcl}");
        }
    }
}

#[test]
fn what_is_unknown_is_not_asked_and_what_is_known_is() {
    let asked = |hcl: &str| {
        let planned = planned(&config(hcl));
        let questions = for_change(&PlannedChange::Creation { planned: &planned });
        questions.iter().map(text).collect::<Vec<_>>()
    };
    let in_project = "org_id = \"o\"\nproject_id = \"p\"\n";
    assert_eq!(
        asked(in_project),
        [
            "scope project \"p\" of organization \"o\"",
            "identifier Bitbucket_Cloud of project \"p\" of organization \"o\"",
            "secret bitbucket_api_token of account",
            "delegates of account",
            "delegates of organization \"o\"",
            "delegates of project \"p\" of organization \"o\"",
        ]
    );
    assert_eq!(
        asked("org_id = \"o\"\nproject_id = var.p"),
        [
            "scope organization \"o\"",
            "secret bitbucket_api_token of account"
        ]
    );
    assert_eq!(
        asked("org_id = var.o\nproject_id = \"p\""),
        ["secret bitbucket_api_token of account"]
    );
    for (hcl, missing) in [
        ("identifier = var.i", "identifier"),
        ("name = var.n", "identifier"),
        ("identifier = \"not-one\"", "identifier"),
        ("connectivity_mode = var.m", "delegates"),
        ("connectivity_mode = \"Platform\"", "delegates"),
        ("credentials = var.c", "secret"),
        (
            "credentials {\n http {\n username = \"j\"\n password_ref = var.s\n }\n}",
            "secret",
        ),
        // An invalid reference, or one that points nowhere from this scope, is reported offline.
        (
            "credentials {\n http {\n username = \"j\"\n password_ref = \"my token\"\n }\n}",
            "secret",
        ),
        (
            "credentials {\n http {\n username = \"j\"\n password_ref = \"token\"\n }\n}",
            "secret",
        ),
    ] {
        let all = asked("");
        let expected = all
            .into_iter()
            .filter(|question| !question.starts_with(missing));
        assert_eq!(asked(hcl), expected.collect::<Vec<_>>(), "{hcl}");
    }
    assert_eq!(
        asked(
            "connection_type = \"SSH\"\ncredentials {\n ssh {\n ssh_key_ref = \"account.k\"\n }\n}"
        )[1],
        "SSH credential k of account"
    );
}

/// Returns a query as text.
fn text(question: &Query) -> String {
    match question {
        Query::Scope(scope) => format!("scope {scope}"),
        Query::Identifier(connector) => {
            format!("identifier {} of {}", connector.identifier, connector.scope)
        }
        Query::Secret(secret) => format!("secret {} of {}", secret.identifier, secret.scope),
        Query::SshCredential(secret) => {
            format!("SSH credential {} of {}", secret.identifier, secret.scope)
        }
        Query::Delegates(scope) => format!("delegates of {scope}"),
        Query::Usage(connector) => format!("usage of {connector}"),
        Query::SecretsInReach { from, instead_of } => {
            format!("secrets in reach of {from} instead of {instead_of}")
        }
        Query::Organizations => "organizations".to_owned(),
        Query::Projects { org } => format!("projects of {org}"),
    }
}

#[test]
fn of_an_existing_connector_only_what_changes_is_asked() {
    let prior = existing();
    for (hcl, expected) in [
        ("", &[][..]),
        ("name = \"Another\"\nidentifier = \"Bitbucket_Cloud\"", &[]),
        ("description = \"New\"\ntags = { a = \"b\" }", &[]),
        ("url = \"https://bitbucket.org/acme\"", &[]),
        (
            "url = \"https://bitbucket.org/other/\"",
            &["usage of connector \"Bitbucket_Cloud\" of account"],
        ),
        (
            "credentials {\n http {\n username = \"jane\"\n password_ref = \"account.bitbucket_api_token\"\n }\n}",
            &[],
        ),
        (
            "credentials {\n http {\n username = \"jane\"\n password_ref = \"account.new\"\n }\n}",
            &["secret new of account"],
        ),
        (
            "credentials {\n http {\n username_ref = \"account.u\"\n password_ref = \"account.bitbucket_api_token\"\n }\n}",
            &["secret u of account"],
        ),
        (
            "api_access {\n access_token {\n token_ref = \"account.bitbucket_access_token\"\n }\n}",
            &["secret bitbucket_access_token of account"],
        ),
        (
            "api_access {\n email_and_api_token {\n email = \"j@acme.com\"\n token_ref = \"account.t\"\n }\n}",
            &["secret t of account", "delegates of account"],
        ),
        ("delegate_selectors = [\"eu\"]", &["delegates of account"]),
        ("delegate_selectors = var.tags", &["delegates of account"]),
        (
            "connectivity_mode = \"Platform\"",
            &["usage of connector \"Bitbucket_Cloud\" of account"],
        ),
        // The old connector is checked as it is, and its replacement as a new one.
        (
            "identifier = \"other\"",
            &[
                "identifier other of account",
                "secret bitbucket_api_token of account",
                "delegates of account",
                "usage of connector \"Bitbucket_Cloud\" of account",
            ],
        ),
        (
            "identifier = var.i\nconnectivity_mode = \"Platform\"",
            &[
                "secret bitbucket_api_token of account",
                "usage of connector \"Bitbucket_Cloud\" of account",
            ],
        ),
        (
            "org_id = \"default\"\nconnectivity_mode = \"Platform\"",
            &[
                "scope organization \"default\"",
                "identifier Bitbucket_Cloud of organization \"default\"",
                "secret bitbucket_api_token of account",
                "usage of connector \"Bitbucket_Cloud\" of account",
            ],
        ),
    ] {
        let planned = planned(&config(hcl));
        let asked = for_change(&change(&prior, &planned));
        let asked: Vec<_> = asked.iter().map(text).collect();
        assert_eq!(asked, expected, "{hcl}");
    }
    let asked = for_change(&PlannedChange::Destruction { prior: &prior });
    let asked: Vec<_> = asked.iter().map(text).collect();
    assert_eq!(asked, ["usage of connector \"Bitbucket_Cloud\" of account"]);
}

proptest! {
    #[test]
    fn any_change_is_checked_without_a_panic_and_twice_alike(
        prior in any_config(),
        config in any_config(),
    ) {
        let account = example_account();
        let (prior, planned) = (Model::from_value(&prior).unwrap(), planned(&config));
        for change in [
            PlannedChange::Creation { planned: &planned },
            change(&prior, &planned),
            PlannedChange::Destruction { prior: &prior },
        ] {
            let asked: BTreeSet<Query> = for_change(&change);
            prop_assert_eq!(&asked, &for_change(&change));
            let found = ids(&found(change, &account));
            let again = ids(&checked(change, account.answers(asked)));
            prop_assert_eq!(found, again);
        }
    }
}
