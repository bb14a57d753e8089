//! The action: a connection test on request, or after a change.

use std::fs;
use std::path::Path;

use harness_sandbox::Scope;
use serde_json::json;

use super::cli::{Run, TYPE, Workspace, address};
use super::hcl::Connector;
use super::hosts::test;

const ACTION: &str = "action.harness_bitbucket_connector_test";
const TESTS: &str = "/ng/api/connectors/testConnection/";

fn example() -> String {
    let example = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("examples/actions/harness_bitbucket_connector_test/action.tf");
    fs::read_to_string(example).expect("it can be read")
}

/// Runs one action, with any outcome.
fn invoke(workspace: &Workspace, label: &str) -> Run {
    let invoke = format!("-invoke={ACTION}.{label}");
    let apply = ["apply", "-json", "-input=false", "-auto-approve", &invoke];
    workspace.run_with(&[("TF_VAR_token_version", "1")], &apply)
}

/// Returns the progress messages of actions.
fn progress(run: &Run) -> Vec<String> {
    let messages = run.messages();
    let progress = messages
        .iter()
        .filter(|message| message["type"] == "action_progress")
        .filter_map(|message| message.pointer("/hook/message")?.as_str());
    progress.map(str::to_owned).collect()
}

#[test(needs(Actions))]
fn an_action_that_is_invoked_tests_its_connector_and_changes_nothing() {
    let workspace = Workspace::new();
    workspace.write(&example());
    for (label, place) in [
        ("cloud", "\"bitbucket_cloud\" in the account"),
        (
            "payments",
            "\"payments_repo\" in the project \"payments\" of organization \"platform\"",
        ),
    ] {
        workspace.platform.clear_requests();
        let run = invoke(&workspace, label).succeeded();
        assert_eq!(run.diagnostics(), [], "{run}");
        assert_eq!(
            progress(&run),
            [
                format!("Testing Bitbucket connector {place}"),
                "The connection works".to_owned(),
            ],
            "{run}"
        );
        assert_eq!(workspace.requests("POST", TESTS), 1);
        assert!(workspace.state().is_empty(), "{run}");
    }
}

#[test(needs(Actions))]
fn an_invoked_action_that_fails_is_an_error_with_a_remedy() {
    let workspace = Workspace::new();
    workspace.write(&example());
    workspace.set(&json!({"test_outcomes": {"bitbucket_cloud": "not_authorized"}}));
    let run = invoke(&workspace, "cloud").failed();
    let error = run.error();
    for part in [
        "Provided credentials are not authorized.",
        "`x-token-auth` with an access token",
    ] {
        assert!(
            format!("{}\n{}", error.summary, error.detail).contains(part),
            "{run}"
        );
    }
}

#[test(needs(Actions))]
fn an_action_in_a_trigger_runs_after_the_change_and_at_no_other_time() {
    let workspace = Workspace::new();
    workspace.write(&example());
    let apply = |version: &str| {
        let apply = ["apply", "-json", "-input=false", "-auto-approve"];
        workspace.run_with(&[("TF_VAR_token_version", version)], &apply)
    };
    apply("1").succeeded();
    assert_eq!(workspace.requests("POST", TESTS), 0);
    let run = apply("2").succeeded();
    assert_eq!(
        progress(&run).last().map(String::as_str),
        Some("The connection works"),
        "{run}"
    );
    assert_eq!(workspace.requests("POST", TESTS), 1);
    apply("2").succeeded();
    assert_eq!(workspace.requests("POST", TESTS), 1);

    // A change is kept if the test finds that the connector does not work.
    workspace.set(&json!({"test_outcomes": {"platform/payments/payments_repo": "not_authorized"}}));
    let run = apply("3").failed();
    assert!(run.error().detail.contains("not authorized"), "{run}");
    assert_eq!(
        workspace.state()["terraform_data.token_version"]["input"],
        "3"
    );
}

#[test(needs(Actions))]
fn a_connector_can_trigger_the_test_of_itself() {
    let workspace = Workspace::new();
    let configure = |description: &str| {
        let connector = Connector::new("bb")
            .with(&json!({"description": description, "connection_test": "off"}))
            .to_string();
        let end = connector.rfind('}').expect("a block ends");
        workspace.write(&format!(
            "{}  lifecycle {{\n    action_trigger {{\n      events  = [after_create, after_update]\n      \
             actions = [{ACTION}.bb]\n    }}\n  }}\n}}\n\n\
             action \"harness_bitbucket_connector_test\" \"bb\" {{\n  config {{\n    \
             identifier = {TYPE}.bb.identifier\n  }}\n}}\n",
            &connector[..end]
        ));
    };
    for (number, description) in ["Old", "New"].into_iter().enumerate() {
        configure(description);
        let plan = workspace.plan().finds_changes();
        assert!(plan.actions().contains_key(&address("bb")), "{plan}");
        assert_eq!(plan.diagnostics(), [], "{plan}");
        assert_eq!(workspace.requests("POST", TESTS), number);
        workspace.apply();
        assert_eq!(workspace.requests("POST", TESTS), number + 1);
    }
    let stored = workspace
        .stored(&Scope::account(), "bb")
        .expect("it exists");
    assert_eq!(stored["description"], "New");
}
