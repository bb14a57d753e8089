//! What a user sees of a platform that fails longer than the retry time: every operation with one fault of each kind.
//! The whole matrix, without the CLI, is in `fault_matrix`.

use std::ops::RangeInclusive;

use harness_sandbox::{Action, Answer, Fault, Scope};
use serde_json::{Value, json};

use super::cli::Workspace;
use super::hcl::Connector;
use super::hosts::test;

const CONNECTORS: &str = "/ng/api/connectors";
const CONNECTOR: &str = "/ng/api/connectors/bb";

/// A lasting fault.
struct Row {
    what: &'static str,
    action: fn() -> Action,
    /// What every message about it contains.
    says: &'static [&'static str],
    /// How often the affected request is sent. Waits are random, so their number within a time is not exact.
    requests: RangeInclusive<usize>,
    /// How often a creation is sent; it is repeated after a check has shown that it was not carried out.
    creations: RangeInclusive<usize>,
}

const ONCE: RangeInclusive<usize> = 1..=1;
const THRICE: RangeInclusive<usize> = 3..=3;
const FEW: RangeInclusive<usize> = 2..=12;

const ROWS: &[Row] = &[
    Row {
        what: "a key that is not valid",
        action: || {
            let body = json!({"status": "ERROR", "code": "INVALID_TOKEN", "message": "Token is not valid.",
                "correlationId": "c-401", "responseMessages": []});
            Action::Answer(Answer::json(401, body))
        },
        says: &["401", "Token is not valid", "c-401"],
        requests: ONCE,
        creations: ONCE,
    },
    Row {
        what: "a permission that is missing",
        action: || {
            let body = json!({"status": "ERROR", "code": "NG_ACCESS_DENIED", "correlationId": "c-403",
                "message": "Missing permission core_connector_edit",
                "failedPermissionChecks": [{"permission": "core_connector_edit"}]});
            Action::Answer(Answer::json(403, body))
        },
        says: &["403", "core_connector_edit", "c-403"],
        requests: ONCE,
        creations: ONCE,
    },
    Row {
        what: "a proxy's page",
        action: || Action::Html(404),
        says: &["404", "an HTML page titled \"404 Not Found\""],
        requests: ONCE,
        creations: THRICE,
    },
    Row {
        what: "a page to sign in",
        action: || Action::Html(200),
        says: &["200, but the response is an HTML page"],
        requests: ONCE,
        creations: THRICE,
    },
    Row {
        what: "a redirect",
        action: || {
            let answer = Answer::status(302);
            Action::Answer(answer.with_header("Location", "https://login.example.com/sso?x=1"))
        },
        says: &["302, a redirect to https://login.example.com"],
        requests: ONCE,
        creations: THRICE,
    },
    Row {
        what: "a limit",
        action: || Action::Answer(Answer::status(429)),
        says: &["429"],
        // A pause of two seconds exceeds the retry time.
        requests: ONCE,
        creations: ONCE,
    },
    Row {
        what: "an outage",
        action: || Action::Html(503),
        says: &["503"],
        requests: FEW,
        creations: FEW,
    },
    Row {
        what: "silence",
        action: || Action::Hang,
        says: &["no response", "did not respond within"],
        requests: 1..=12,
        creations: 1..=12,
    },
];

fn configuration(description: &str) -> String {
    let provider = "provider \"harness\" {\n  retry_timeout = \"1500ms\"\n  request_timeout = \"700ms\"\n  plan_checks = false\n}\n";
    let connector = Connector::new("bb").with(&json!({"description": description}));
    format!("{provider}{connector}")
}

/// Creates a workspace with the connector, with the description "Old".
fn created() -> Workspace {
    let workspace = Workspace::new();
    workspace.write(&configuration("Old"));
    workspace.apply();
    workspace
}

fn description(connector: Option<Value>) -> Option<String> {
    Some(connector?["description"].as_str()?.to_owned())
}

/// Lets every request of this kind meet the fault, runs the command, and checks its messages and the number of
/// requests.
fn meets(
    workspace: &Workspace,
    row: &Row,
    (method, path, expected): (&str, &str, &RangeInclusive<usize>),
    summary: &str,
    run: impl FnOnce() -> super::cli::Run,
) {
    workspace.script(Fault::on(method, path, (row.action)()).times(0));
    workspace.platform.clear_requests();
    let run = run().failed();
    let error = run.error();
    assert_eq!(error.summary, summary, "{}: {run}", row.what);
    for part in row.says {
        assert!(error.detail.contains(part), "{}, {part}: {run}", row.what);
    }
    let requests = workspace.platform.requests();
    let met = requests
        .iter()
        .filter(|request| request.method == method && request.path == path);
    let met = met.count();
    assert!(expected.contains(&met), "{}: {met} requests", row.what);
    workspace.platform.clear_faults();
}

#[test]
fn a_creation_that_fails_makes_nothing_says_why_and_is_planned_again() {
    let workspace = Workspace::new();
    workspace.write(&configuration("Old"));
    for row in ROWS {
        let post = ("POST", CONNECTORS, &row.creations);
        meets(&workspace, row, post, "Connector was not created", || {
            workspace.try_apply()
        });
        assert!(workspace.state().is_empty(), "{}", row.what);
        assert_eq!(workspace.stored(&Scope::account(), "bb"), None);
        let plan = workspace.plan().finds_changes();
        assert_eq!(plan.action("bb").as_deref(), Some("create"), "{}", row.what);
    }
    workspace.apply();
}

#[test]
fn a_refresh_that_fails_ends_the_plan_and_forgets_nothing() {
    let workspace = created();
    let before = workspace.read_file("terraform.tfstate");
    for row in ROWS {
        let get = ("GET", CONNECTOR, &row.requests);
        meets(&workspace, row, get, "Connector could not be read", || {
            workspace.try_apply()
        });
        assert_eq!(
            workspace.read_file("terraform.tfstate"),
            before,
            "{}",
            row.what
        );
    }
    workspace.settled();
}

#[test]
fn an_update_that_fails_keeps_the_former_state_and_is_planned_again() {
    let workspace = created();
    workspace.write(&configuration("New"));
    for row in ROWS {
        let put = ("PUT", CONNECTORS, &row.requests);
        meets(&workspace, row, put, "Connector was not updated", || {
            workspace.try_apply()
        });
        assert_eq!(workspace.values("bb")["description"], "Old", "{}", row.what);
        let stored = workspace.stored(&Scope::account(), "bb");
        assert_eq!(description(stored).as_deref(), Some("Old"), "{}", row.what);
        let plan = workspace.plan().finds_changes();
        assert_eq!(plan.action("bb").as_deref(), Some("update"), "{}", row.what);
    }
    workspace.apply();
    assert_eq!(workspace.values("bb")["description"], "New");
}

#[test]
fn a_failed_deletion_keeps_the_state_until_it_is_confirmed() {
    let workspace = created();
    for row in ROWS {
        let delete = ("DELETE", CONNECTOR, &row.requests);
        meets(&workspace, row, delete, "Connector was not deleted", || {
            workspace.try_destroy()
        });
        assert_eq!(workspace.values("bb")["description"], "Old", "{}", row.what);
        assert!(workspace.stored(&Scope::account(), "bb").is_some());
    }
    workspace.settled();

    workspace.script(Fault::on("DELETE", CONNECTOR, Action::CommitThenReset).times(0));
    // The plan reads the connector, and so does the deletion; later requests are lost.
    workspace.script(
        Fault::on("GET", CONNECTOR, Action::ResetBefore)
            .after(2)
            .times(0),
    );
    let run = workspace.try_destroy().failed();
    run.error()
        .says("The connector may have been deleted", &["did not confirm"]);
    assert_eq!(workspace.state().len(), 1);
    assert_eq!(workspace.stored(&Scope::account(), "bb"), None);
    workspace.platform.clear_faults();
    let run = workspace.destroy();
    assert!(run.actions().is_empty(), "{run}");
    assert!(workspace.state().is_empty());
}
