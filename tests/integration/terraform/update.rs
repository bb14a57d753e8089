//! Updates: changes by others in the meantime are never overwritten, and a failure leaves the prior state.

use harness_sandbox::{Action, Answer, Fault, Kind, Scope};
use serde_json::{Value, json};

use super::cli::Workspace;
use super::hcl::Connector;
use super::hosts::test;
use super::who_changed::drift_of;

fn described(text: &str) -> Connector {
    Connector::new("bb").with(&json!({"description": text}))
}

/// Returns a workspace with a connector with the description "Old", and a saved plan that changes it to "New".
fn planned() -> Workspace {
    let workspace = Workspace::new();
    workspace.configure(&[described("Old")]);
    workspace.apply();
    workspace.configure(&[described("New")]);
    workspace.save_plan();
    workspace
}

fn description(workspace: &Workspace) -> Value {
    let stored = workspace.stored(&Scope::account(), "bb");
    stored.expect("the connector exists")["description"].clone()
}

#[test]
fn a_connector_that_was_changed_after_the_plan_is_not_overwritten() {
    // Another setting, and the planned one.
    for patch in [
        json!({"tags": {"owner": "someone"}}),
        json!({"description": "Theirs"}),
    ] {
        let workspace = planned();
        let state = workspace.state();
        workspace.patch(&Scope::account(), "bb", &patch);
        let theirs = workspace.stored(&Scope::account(), "bb");
        workspace.platform.clear_requests();
        let run = workspace.apply_saved_plan().failed();
        run.error().says(
            "Connector was changed after the plan was made",
            &["terraform plan"],
        );
        assert_eq!(workspace.requests("PUT", "/"), 0);
        assert_eq!(workspace.stored(&Scope::account(), "bb"), theirs);
        assert_eq!(workspace.state(), state);

        // A new plan shows their change, and may be applied.
        workspace.apply_warned(&[&drift_of("bb")]);
        assert_eq!(description(&workspace), "New");
    }
}

#[test]
fn a_change_after_the_plan_of_what_is_not_managed_survives_the_apply() {
    let workspace = planned();
    let patch = json!({"spec": {"ignoreTestConnection": true}});
    workspace.patch(&Scope::account(), "bb", &patch);
    workspace.apply_saved_plan().succeeded();
    assert_eq!(description(&workspace), "New");
    let stored = workspace
        .stored(&Scope::account(), "bb")
        .expect("it exists");
    assert_eq!(stored["spec"]["ignoreTestConnection"], true);
    // The state has what was planned, and the next refresh shows the change in between.
    assert_eq!(workspace.values("bb")["unmanaged"], json!([]));
    workspace.try_apply().succeeded();
    let unmanaged = &workspace.values("bb")["unmanaged"];
    assert_eq!(*unmanaged, json!(["ignoreTestConnection"]));
    workspace.settled();
}

#[test]
fn a_connector_gone_after_the_plan_is_an_error_and_replanned() {
    let workspace = planned();
    let scope = Scope::account();
    workspace
        .platform
        .delete(Kind::Connector, &scope, "bb")
        .expect("it exists");
    let run = workspace.apply_saved_plan().failed();
    run.error()
        .says("Connector no longer exists", &["terraform plan"]);
    let plan = workspace.plan().finds_changes();
    assert_eq!(plan.action("bb").as_deref(), Some("create"), "{plan}");

    let workspace = planned();
    workspace.replace_by_github("bb");
    let theirs = workspace.stored(&scope, "bb");
    let run = workspace.apply_saved_plan().failed();
    run.error().says("Connector was replaced", &["Github"]);
    assert_eq!(workspace.stored(&scope, "bb"), theirs);
}

#[test]
fn a_refused_update_keeps_the_prior_state_and_is_planned_again() {
    let workspace = planned();
    let state = workspace.state();
    workspace.set(&json!({"governance": [{
        "policy": "No news", "severity": "error", "messages": ["keep it old"],
        "when": {"pointer": "/description", "matches": "^New$"},
    }]}));
    let run = workspace.apply_saved_plan().failed();
    run.error().says(
        "A policy denied the connector",
        &["policy \"No news\"", "keep it old"],
    );
    assert_eq!(workspace.state(), state);
    assert_eq!(description(&workspace), "Old");
    let plan = workspace.plan().finds_changes();
    assert_eq!(plan.action("bb").as_deref(), Some("update"), "{plan}");
}

#[test]
fn an_update_is_carried_out_whatever_becomes_of_its_answer() {
    for action in [
        Action::CommitThenReset,
        Action::CutBody,
        Action::CommitThenAnswer(Answer::status(503)),
        Action::ResetBefore,
        Action::Html(502),
    ] {
        let name = format!("{action:?}");
        let workspace = planned();
        workspace.script(Fault::on("PUT", "/ng/api/connectors", action));
        let run = workspace.apply_saved_plan().succeeded();
        assert_eq!(run.diagnostics(), [], "{name}: {run}");
        assert_eq!(description(&workspace), "New", "{name}");
        workspace.settled();
    }
}

#[test]
fn a_race_against_the_platforms_own_bookkeeping_is_run_again() {
    let workspace = planned();
    workspace.set(&json!({"lose_updates": 2}));
    workspace.apply_saved_plan().succeeded();
    assert_eq!(description(&workspace), "New");
    workspace.settled();
}

#[test]
fn a_tunnel_that_was_set_up_by_hand_survives_an_update() {
    let workspace = Workspace::new();
    workspace.set(&json!({"secure_connect": true}));
    let connector = |text: &str| described(text).with(&json!({"connectivity_mode": "Platform"}));
    workspace.configure(&[connector("Old")]);
    workspace.apply();
    let scope = Scope::account();
    workspace.patch(&scope, "bb", &json!({"spec": {"proxy": true}}));
    workspace.configure(&[connector("New")]);
    workspace.apply_warned(&[&drift_of("bb")]);
    let stored = workspace.stored(&scope, "bb").expect("it exists");
    assert_eq!(stored["description"], "New");
    assert_eq!(stored["spec"]["proxy"], true);
}
