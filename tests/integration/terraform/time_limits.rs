//! The resource's `timeouts`, and how Terraform waits for long operations.

use harness_sandbox::{Action, Fault, Scope};
use serde_json::{Value, json};

use super::cli::{Run, Workspace, address};
use super::hcl::Connector;
use super::hosts::test;

const CONNECTORS: &str = "/ng/api/connectors";
const CONNECTOR: &str = "/ng/api/connectors/bb";
/// Shorter than Harness is silent, and longer than a response takes on a busy machine.
const LIMIT: &str = "2s";

fn connector(description: &str, limits: &Value) -> Connector {
    Connector::new("bb").with(&json!({"description": description, "timeouts": limits}))
}

#[test]
fn every_limit_ends_its_operation_and_the_error_names_the_limit() {
    // The limit, whether the connector exists before, the lasting fault, and what is not done.
    let cases = [
        (
            "create",
            "POST",
            CONNECTORS,
            Action::Hang,
            "The connector may have been created",
        ),
        (
            "create",
            "POST",
            CONNECTORS,
            Action::Html(503),
            "The connector may have been created",
        ),
        (
            "read",
            "GET",
            CONNECTOR,
            Action::Hang,
            "Connector could not be read",
        ),
        (
            "read",
            "GET",
            CONNECTOR,
            Action::Html(503),
            "Connector could not be read",
        ),
        (
            "update",
            "PUT",
            CONNECTORS,
            Action::Hang,
            "The connector may have been updated",
        ),
        (
            "delete",
            "DELETE",
            CONNECTOR,
            Action::Hang,
            "The connector may have been deleted",
        ),
    ];
    for (limit, method, path, action, summary) in cases {
        let name = format!("{limit}, {action:?}");
        let workspace = Workspace::new();
        let limits = json!({limit: LIMIT});
        if limit != "create" {
            workspace.configure([&connector("Old", &limits)]);
            workspace.try_apply().succeeded();
        }
        workspace.script(Fault::on(method, path, action.clone()).times(0));
        if limit == "create" && !matches!(action, Action::Hang) {
            // The check whether it exists also fails.
            workspace.script(Fault::on("GET", CONNECTOR, action).times(0));
        }
        workspace.configure([&connector("New", &limits)]);
        let run: Run = match limit {
            "read" => workspace.plan(),
            "delete" => workspace.try_destroy(),
            _ => workspace.try_apply(),
        };
        let run = run.failed();
        run.error().says(
            summary,
            &[&format!("Timed out after {LIMIT} (`timeouts.{limit}`)")],
        );
        let others = ["`request_timeout`", "`retry_timeout`"];
        let detail = run.error().detail;
        assert!(!others.iter().any(|other| detail.contains(other)), "{run}");
        // Once Harness responds, what was left undone is planned again.
        workspace.platform.clear_faults();
        workspace.try_apply().succeeded();
        workspace.settled();
        let stored = workspace.stored(&Scope::account(), "bb");
        assert_eq!(stored.expect(&name)["description"], "New", "{name}");
    }
}

#[test]
fn a_limit_of_the_provider_is_named_by_the_error_that_it_causes() {
    let workspace = Workspace::new();
    workspace.configure([&connector("Old", &json!({}))]);
    workspace.try_apply().succeeded();
    for (action, request, retry, named) in [
        (Action::Hang, "2s", "1ms", "`request_timeout`"),
        (Action::Hang, "1s", "5s", "`retry_timeout`"),
        (Action::Html(503), "30s", "2s", "`retry_timeout`"),
    ] {
        workspace.write(&format!(
            "provider \"harness\" {{\n  request_timeout = \"{request}\"\n  retry_timeout = \"{retry}\"\n}}\n{}",
            connector("Old", &json!({}))
        ));
        workspace.script(Fault::on("GET", CONNECTOR, action).times(0));
        let run = workspace.plan().failed();
        run.error().says("Connector could not be read", &[named]);
        let limits = ["`request_timeout`", "`retry_timeout`", "`timeouts`"];
        let said = limits.map(|limit| run.error().detail.matches(limit).count());
        assert_eq!(said.iter().sum::<usize>(), 1, "{run}");
        workspace.platform.clear_faults();
    }
}

#[test]
fn a_request_that_would_come_too_late_is_not_sent() {
    let workspace = Workspace::new();
    // The second connector's turn comes a minute later.
    let create = json!({"connection_test": "off", "timeouts": {"create": "30s"}});
    let connectors = ["first", "second"].map(|name| Connector::new(name).with(&create).to_string());
    workspace.write(&format!(
        "provider \"harness\" {{\n  max_requests_per_minute = 1\n  plan_checks = false\n}}\n{}",
        connectors.join("\n")
    ));
    let run = workspace.try_apply().failed();
    run.error().says(
        "Connector was not created",
        &["was not sent, because the operation timed out"],
    );
    assert_eq!(workspace.requests("POST", CONNECTORS), 1);
    assert_eq!(workspace.state().len(), 1, "{run}");
}

#[test]
fn a_limit_that_was_not_reached_is_not_blamed() {
    let workspace = Workspace::new();
    let limits = json!({"create": "5m", "read": "5m"});
    workspace.configure([&connector("New", &limits)]);
    workspace.script(Fault::on("POST", CONNECTORS, Action::Html(403)).times(0));
    let run = workspace.try_apply().failed();
    let error = run.error();
    error.says("Connector was not created", &["403"]);
    assert!(!error.detail.contains("timeouts"), "{run}");
}

#[test]
fn terraform_reports_progress_during_a_slow_connection_test() {
    let workspace = Workspace::new();
    // Terraform prints a message every ten seconds.
    workspace.set(&json!({"test_delay_ms": 10_500}));
    // The limit of the creation does not apply to the test.
    workspace.configure([&connector("New", &json!({"create": "9s"}))]);
    let run = workspace.try_apply().succeeded();
    assert_eq!(run.diagnostics(), [], "{run}");
    let progress = run.messages().into_iter().find(|message| {
        message["type"] == "apply_progress" && message["hook"]["resource"]["addr"] == address("bb")
    });
    let progress = progress.unwrap_or_else(|| panic!("no progress is shown\n{run}"));
    let said = progress["@message"].as_str().unwrap_or_default();
    assert!(said.contains("Still creating..."), "{said}");
    workspace.settled();
}
