//! Values that Harness has and the plan does not change: rules that refuse them warn, and stop nothing.

use std::collections::BTreeSet;

use harness_sandbox::{Kind, Scope};
use serde_json::{Value, json};

use super::cli::{Run, Workspace, address};
use super::hcl::{self, Connector};
use super::hosts::test;
use super::who_changed::drift_of;

const REFUSED: &str = "https://bitbucket.org/acme/web/src/main";

/// Returns the resource block of a connector with a `lifecycle` block of these lines.
pub(super) fn with_lifecycle(connector: &Connector, lines: &str) -> String {
    let block = connector.to_string();
    let body = block.trim_end().strip_suffix('}').expect("a block");
    format!("{body}  lifecycle {{\n    {lines}\n  }}\n}}\n")
}

/// Asserts that the output of a run consists of warnings of these rules, each with its connector, such as `C04 bb`, and
/// that one of them contains this text.
#[track_caller]
fn warns(run: &Run, rules: &[&str], words: &str) {
    let expected: BTreeSet<String> = rules.iter().copied().map(str::to_owned).collect();
    assert_eq!(run.rules(), expected, "{run}");
    let findings = run.diagnostics();
    assert!(findings.iter().all(|f| f.severity == "warning"), "{run}");
    assert!(findings.iter().any(|f| f.detail.contains(words)), "{run}");
}

/// Asserts that the only error of a run is of this rule.
#[track_caller]
fn refuses(run: &Run, rule: &str) {
    let mut errors = run.diagnostics();
    errors.retain(|finding| finding.severity == "error");
    assert_eq!(errors.len(), 1, "{run}");
    assert!(
        errors[0].detail.ends_with(&format!("(rule {rule})")),
        "{run}"
    );
}

const OF_HARNESS: &str = "Harness has this value";
const EXISTS_WITHOUT: &str = "unless the connector already exists without it";

#[test]
fn an_ignored_value_that_a_rule_refuses_is_a_warning() {
    for ignored in ["ignore_changes = [url]", "ignore_changes = all"] {
        let workspace = Workspace::new();
        let connector = Connector::new("bb");
        workspace.write(&with_lifecycle(&connector, ignored));
        workspace.apply();
        let at = Scope::account();
        workspace.patch(&at, "bb", &json!({"spec": {"url": REFUSED}}));

        let run = workspace.plan().succeeded();
        warns(&run, &["C04 bb", &drift_of("bb")], OF_HARNESS);

        // An update of something else keeps the value, and is not refused either.
        let changed = connector.with(&json!({"description": "changed", "connection_test": "off"}));
        workspace.write(&with_lifecycle(&changed, "ignore_changes = [url]"));
        let run = workspace.plan().finds_changes();
        warns(&run, &["C04 bb", &drift_of("bb")], OF_HARNESS);
        workspace.try_apply().succeeded();
        let stored = workspace.stored(&at, "bb").expect("it is there");
        assert_eq!(stored["spec"]["url"], REFUSED);
        assert_eq!(stored["description"], "changed");

        // What is no longer ignored is corrected silently.
        workspace.configure(&[changed]);
        workspace.try_apply().succeeded();
        workspace.settled();
    }
}

#[test]
fn under_strict_an_ignored_value_is_no_error_either() {
    let workspace = Workspace::new();
    let strict = "provider \"harness\" {\n  strict = true\n}\n";
    let configuration = with_lifecycle(&Connector::new("bb"), "ignore_changes = [credentials]");
    workspace.write(&format!("{strict}{configuration}"));
    workspace.apply();
    let email =
        json!({"spec": {"authentication": {"spec": {"spec": {"username": "jane@acme.com"}}}}});
    workspace.patch(&Scope::account(), "bb", &email);
    let run = workspace.plan().succeeded();
    warns(&run, &["A07 bb", &drift_of("bb")], OF_HARNESS);
}

/// What the plan advises to ignore is kept by an update, for each of the settings that this provider cannot write.
#[test]
fn what_cannot_be_managed_is_kept_as_the_plan_advises() {
    let at = Scope::account();
    for (patch, ignored, pointer) in [
        (
            json!({"authentication": {"type": "Passkey", "spec": {"type": null, "spec": {"challenge": 7}}}}),
            "connection_type, credentials",
            "/spec/authentication/type",
        ),
        (
            json!({"authentication": {"type": "Http", "spec": {"type": "OAuth", "spec": {"tokenRef": "account.x"}}}}),
            "connection_type, credentials",
            "/spec/authentication/spec/type",
        ),
        (json!({"type": "Project"}), "url_type", "/spec/type"),
        (
            json!({"apiAccess": {"type": "Telepathy", "spec": {}}}),
            "api_access",
            "/spec/apiAccess/type",
        ),
    ] {
        let workspace = Workspace::new();
        workspace.set(&json!({"store_unknown_members": true}));
        let api_access = json!({"access_token": {"token_ref": "account.bitbucket_token"}});
        let connector = Connector::new("bb").with(&json!({"connection_test": "off"}));
        let connector = match ignored {
            "api_access" => connector.with(&json!({"api_access": api_access})),
            _ => connector,
        };
        workspace.configure([&connector]);
        workspace.try_apply().succeeded();
        workspace.patch(&at, "bb", &json!({"spec": patch}));
        let before = workspace.stored(&at, "bb").expect("it is there");
        let plan = workspace.plan().finds_changes();
        let advice = format!("ignore_changes = [{ignored}]");
        assert!(plan.flowing().contains(&advice), "{plan}");

        let changed = connector.with(&json!({"description": "changed"}));
        workspace.write(&with_lifecycle(&changed, &advice));
        workspace.try_apply().succeeded();
        let plan = workspace.plan().succeeded();
        // Nothing is said about the kept setting any more.
        let kept = ["A01 bb", "L05 bb", "U26 bb", "U27 bb"].map(str::to_owned);
        assert!(plan.rules().is_disjoint(&kept.into()), "{plan}");
        let after = workspace.stored(&at, "bb").expect("it is there");
        assert_eq!(after["description"], "changed");
        assert_eq!(after.pointer(pointer), before.pointer(pointer));
        assert_eq!(after["spec"], before["spec"], "{ignored}");
    }
}

#[test]
fn a_value_that_the_plan_would_change_is_refused_as_ever() {
    let workspace = Workspace::new();
    workspace.configure(&[Connector::new("bb")]);
    workspace.apply();
    workspace.configure(&[Connector::new("bb").with(&json!({"url": REFUSED}))]);
    let run = workspace.plan().failed();
    refuses(&run, "C04");
}

fn account_connector() -> Value {
    json!({
        "name": "acc", "identifier": "acc", "type": "Bitbucket",
        "spec": {
            "url": "https://bitbucket.org/acme/", "type": "Account", "executeOnDelegate": true,
            "authentication": {"type": "Http", "spec": {"type": "UsernamePassword", "spec": {
                "username": "jdoe", "passwordRef": "account.bitbucket_token"}}},
        },
    })
}

fn account(label: &str) -> Connector {
    Connector::new(label)
        .with(&json!({"url_type": "Account", "url": "https://bitbucket.org/acme/"}))
}

fn with_account_connector() -> Workspace {
    let workspace = Workspace::new();
    let object = account_connector();
    let put = workspace
        .platform
        .put(Kind::Connector, &Scope::account(), "acc", object);
    put.expect("the connector has the form");
    workspace
}

#[test]
fn a_connector_without_a_test_repository_is_imported_and_updated() {
    let workspace = with_account_connector();
    workspace.configure(&[account("acc")]);
    let run = workspace.import("acc", "acc").succeeded();
    assert!(run.stdout.contains("Import successful"), "{run}");
    let run = workspace.plan().succeeded();
    warns(&run, &["R01 acc"], EXISTS_WITHOUT);
    // Something else is changed.
    let changed = account("acc").with(&json!({"description": "changed", "connection_test": "off"}));
    workspace.configure(&[changed]);
    workspace.try_apply().succeeded();
    warns(&workspace.plan().succeeded(), &["R01 acc"], EXISTS_WITHOUT);
    workspace.run(&["validate", "-no-color"]).succeeded();
}

#[test(needs(GeneratedConfiguration))]
fn the_generated_configuration_of_such_a_connector_plans() {
    let workspace = with_account_connector();
    let import = hcl::import("acc", "acc");
    workspace.write(&import);
    let run = workspace.generate().finds_changes();
    assert_eq!(run.action("acc").as_deref(), Some("import"), "{run}");
    let run = workspace.try_apply().succeeded();
    assert_eq!(run.action("acc").as_deref(), Some("import"), "{run}");
    warns(&workspace.plan().succeeded(), &["R01 acc"], EXISTS_WITHOUT);
}

#[test]
fn a_new_connector_without_a_test_repository_is_refused_in_the_plan() {
    let workspace = Workspace::new();
    workspace.configure(&[account("acc")]);
    workspace.run(&["validate", "-no-color"]).succeeded();
    let run = workspace.plan().failed();
    refuses(&run, "R01");
    assert!(run.flowing().contains("Missing test_repository"), "{run}");

    // So is one that had a test repository, and one to be replaced by itself.
    workspace.configure(&[account("acc").with(&json!({"test_repository": "web.git"}))]);
    workspace.apply();
    workspace.configure(&[account("acc")]);
    let run = workspace.plan().failed();
    refuses(&run, "R01");
    let workspace = with_account_connector();
    workspace.configure(&[account("acc")]);
    workspace.import("acc", "acc").succeeded();
    let replace = format!("-replace={}", address("acc"));
    let run = workspace
        .run(&["plan", "-json", "-input=false", &replace])
        .failed();
    refuses(&run, "R01");
}
