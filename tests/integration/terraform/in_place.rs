//! A change in place that removes what the users of a connector rely on lists them in the plan.

use std::collections::BTreeSet;

use harness_sandbox::{Kind, Scope};
use serde_json::{Value, json};

use super::cli::Workspace;
use super::hcl::Connector;
use super::hosts::test;

const USAGE: &str = "/ng/api/entitySetupUsage";

fn with_api_access(label: &str) -> Connector {
    Connector::new(label).with(
        &json!({"api_access": {"access_token": {"token_ref": "account.bitbucket_refresh_token"}}}),
    )
}

fn users(workspace: &Workspace, label: &str, kinds: &[&str]) {
    let users: Vec<Value> = kinds
        .iter()
        .map(|kind| {
            json!({"type": kind, "name": "Build", "identifier": "build",
                   "orgIdentifier": "platform", "projectIdentifier": "website"})
        })
        .collect();
    workspace
        .platform
        .put(Kind::Usage, &Scope::account(), label, json!(users))
        .expect("the usage has the form");
}

#[test]
fn who_is_hit_by_a_change_in_place_is_said_once_for_each_connector() {
    let workspace = Workspace::new();
    workspace.configure(&[
        Connector::new("moved"),
        Connector::new("unused"),
        Connector::new("over_ssh"),
        with_api_access("bare"),
        with_api_access("migrated"),
    ]);
    workspace.try_apply().succeeded();
    for label in ["moved", "over_ssh", "bare", "migrated"] {
        users(&workspace, label, &["Pipelines"]);
    }
    workspace.platform.clear_requests();
    let elsewhere = json!({
        "url_type": "Account", "url": "https://bitbucket.org/other/", "test_repository": "web.git",
        "connectivity_mode": "Platform",
    });
    workspace.configure(&[
        Connector::new("moved").with(&elsewhere),
        Connector::new("unused").with(&elsewhere),
        Connector::new("over_ssh").with(&json!({
            "connection_type": "SSH", "url": "git@bitbucket.org:acme/web",
            "credentials": {"ssh": {"ssh_key_ref": "account.bitbucket_ssh"}},
        })),
        Connector::new("bare"),
        Connector::new("migrated").with(&json!({"api_access": {"email_and_api_token": {
            "email": "jane@acme.com", "token_ref": "account.bitbucket_refresh_token"}}})),
    ]);
    let run = workspace.save_plan();
    let is_about_users = |rule: &String| ["L06", "L07", "L08", "L09"].contains(&&rule[..3]);
    let found: BTreeSet<String> = run.rules().into_iter().filter(is_about_users).collect();
    let expected = ["L06 moved", "L07 moved", "L08 moved", "L09 bare"];
    assert_eq!(found, expected.map(str::to_owned).into(), "{run}");
    // They are listed once for each connector, and looked up only if they are affected.
    let named = run
        .diagnostics()
        .iter()
        .filter(|finding| {
            finding
                .detail
                .contains("- Pipeline \"Build\" (platform/website)\n")
        })
        .count();
    assert_eq!(named, 2, "{run}");
    assert_eq!(workspace.requests("GET", USAGE), 3);
}

#[test]
fn under_strict_api_access_is_not_taken_from_a_trigger() {
    let workspace = Workspace::new();
    workspace.configure(&[with_api_access("bb")]);
    workspace.try_apply().succeeded();
    let without = format!(
        "provider \"harness\" {{\n  strict = true\n}}\n{}",
        Connector::new("bb")
    );
    workspace.write(&without);
    users(&workspace, "bb", &["Pipelines"]);
    let run = workspace.plan().finds_changes();
    assert!(run.rules().contains("L09 bb"), "{run}");
    users(&workspace, "bb", &["Pipelines", "Triggers"]);
    let run = workspace.plan().failed();
    let error = run.diagnostics();
    let error = error.iter().find(|finding| finding.severity == "error");
    error.expect("an error").says(
        "Connector \"bb\" in use will lose API access",
        &["- Trigger \"Build\" (platform/website)", "(rule L09)"],
    );
}
