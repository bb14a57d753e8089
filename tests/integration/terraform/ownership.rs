//! Connectors of others are never overwritten or deleted: not one of another account, not one that a lost creation did
//! not create, not one that was replaced or changed after the plan was made.

use std::thread;
use std::time::Duration;

use harness_sandbox::{Account, Action, Answer, Fault, Kind, Options, Running, Sandbox, Scope};
use serde_json::{Value, json};

use super::cli::{Run, Workspace, address};
use super::hcl::Connector;
use super::hosts::test;

const CONNECTOR: &str = "/ng/api/connectors/bb";
const CHANGED: &str = "Connector was changed after the plan was made";
/// The error, by the account in private state or, if the host has identities, by those.
const IS_REFUSED: [&str; 2] = [
    "Connector of another account",
    "Identity does not match the state",
];
const NOT_OURS: &str = "Connector was created by someone else";

fn described(text: &str) -> Connector {
    Connector::new("bb").with(&json!({"description": text}))
}

/// Returns someone else's connector with the identifier of ours.
fn theirs() -> Value {
    json!({
        "name": "Theirs", "identifier": "bb", "type": "Bitbucket", "description": "Theirs",
        "spec": {
            "url": "https://bitbucket.org/theirs/web.git", "type": "Repo", "executeOnDelegate": true,
            "authentication": {"type": "Ssh", "spec": {"sshKeyRef": "account.bitbucket_ssh"}},
        },
    })
}

fn put(platform: &Running, object: Value) {
    let put = platform.put(Kind::Connector, &Scope::account(), "bb", object);
    put.expect("the connector has the form");
}

/// Returns a platform with another account that has a connector with the same identifier.
fn another_account() -> Running {
    let built_in = Account::built_in().expect("the built-in account");
    let mut account = Account {
        identifier: "ANOTHER_acct-00000001B".to_owned(),
        ..built_in
    };
    for key in &mut account.keys {
        key.token = key
            .token
            .replace("SANDBOX_acct-00000001A", "ANOTHER_acct-00000001B");
    }
    let options = Options {
        account: Some(account),
        ..Options::default()
    };
    let platform = Sandbox::start(options).expect("the sandbox starts");
    put(&platform, theirs());
    platform
}

/// Returns the variables for this platform instead of the workspace's own.
fn access_to<'a>(platform: &'a Running, endpoint: &'a str) -> [(&'static str, &'a str); 2] {
    [
        ("HARNESS_ENDPOINT", endpoint),
        ("HARNESS_PLATFORM_API_KEY", platform.api_key()),
    ]
}

/// Asserts that a plan made for the workspace's own account is refused when it is applied with another account's key.
#[track_caller]
fn applies_no_saved_plan(workspace: &Workspace, other: &Running) -> Run {
    workspace.save_plan();
    let endpoint = other.endpoint();
    let apply = ["apply", "-json", "-input=false", "saved.tfplan"];
    let run = workspace
        .run_with(&access_to(other, &endpoint), &apply)
        .failed();
    let findings = run.diagnostics();
    let is_refused = |summary: &str| IS_REFUSED.contains(&summary);
    assert!(
        findings.iter().any(|found| is_refused(&found.summary)),
        "{run}"
    );
    run
}

/// Removes the identities from the state, as in a host before Terraform 1.12.
fn without_identities(workspace: &Workspace) {
    let text = workspace.read_file("terraform.tfstate");
    let mut state: Value = serde_json::from_str(&text).expect("the state is JSON");
    for resource in state["resources"].as_array_mut().expect("resources") {
        for instance in resource["instances"].as_array_mut().expect("instances") {
            let instance = instance.as_object_mut().expect("an instance");
            instance.remove("identity");
            instance.remove("identity_schema_version");
        }
    }
    workspace.write_file("terraform.tfstate", &state.to_string());
}

#[test]
fn with_the_key_of_another_account_nothing_is_read_changed_or_deleted() {
    let other = another_account();
    for has_identity in [true, false] {
        let workspace = Workspace::new();
        workspace.configure(&[described("Old")]);
        workspace.apply();
        if !has_identity {
            without_identities(&workspace);
        }
        let (state, before) = (workspace.state(), other.state());
        let endpoint = other.endpoint();
        let environment = access_to(&other, &endpoint);
        workspace.configure(&[described("New")]);
        other.clear_requests();
        for command in [
            &["plan", "-json", "-input=false"][..],
            &["plan", "-json", "-input=false", "-refresh=false"],
            &["plan", "-json", "-input=false", "-refresh-only"],
            &["apply", "-json", "-input=false", "-auto-approve"],
            &[
                "apply",
                "-json",
                "-input=false",
                "-auto-approve",
                "-refresh=false",
            ],
            &["destroy", "-json", "-input=false", "-auto-approve"],
            &[
                "destroy",
                "-json",
                "-input=false",
                "-auto-approve",
                "-refresh=false",
            ],
        ] {
            let run = workspace.run_with(&environment, command).failed();
            let error = run.error();
            assert!(IS_REFUSED.contains(&error.summary.as_str()), "{run}");
            for account in [workspace.platform.account_id(), other.account_id()] {
                assert!(error.detail.contains(account), "{run}");
            }
        }
        applies_no_saved_plan(&workspace, &other);
        assert_eq!(workspace.state(), state);
        assert_eq!(other.state()["connectors"], before["connectors"]);
        let asked = other.requests();
        assert!(
            asked
                .iter()
                .all(|request| request.path != CONNECTOR && request.method == "GET"),
            "{asked:?}"
        );
    }
}

/// Returns a workspace with a creation without a response that could not be checked: nothing exists, and the state
/// records it.
fn unconfirmed() -> Workspace {
    let workspace = Workspace::new();
    workspace.configure(&[described("Ours")]);
    workspace.script(Fault::on("POST", "/ng/api/connectors", Action::ResetBefore).times(0));
    workspace.script(Fault::on("GET", CONNECTOR, Action::ResetBefore).times(0));
    workspace.write_file(
        "provider.tf",
        "provider \"harness\" {\n  retry_timeout = \"100ms\"\n}\n",
    );
    workspace.try_apply().failed();
    workspace.platform.clear_faults();
    assert_eq!(workspace.state().len(), 1);
    workspace
}

#[test]
fn what_a_lost_creation_did_not_make_is_never_deleted_or_overwritten() {
    for (commands, exit_code) in [
        (
            vec![vec![
                "destroy",
                "-json",
                "-input=false",
                "-auto-approve",
                "-refresh=false",
            ]],
            0,
        ),
        (
            vec![vec![
                "apply",
                "-json",
                "-input=false",
                "-auto-approve",
                "-refresh=false",
            ]],
            1,
        ),
        (
            vec![
                vec!["untaint", "harness_bitbucket_connector.bb"],
                vec![
                    "apply",
                    "-json",
                    "-input=false",
                    "-auto-approve",
                    "-refresh=false",
                ],
            ],
            1,
        ),
    ] {
        let workspace = unconfirmed();
        put(&workspace.platform, theirs());
        let before = workspace.stored(&Scope::account(), "bb");
        workspace.configure(&[described("New")]);
        let (last, first) = commands.split_last().expect("a command");
        for command in first {
            workspace.run(command).succeeded();
        }
        let run = workspace.run(last).ended_with(exit_code);
        assert!(
            run.diagnostics()
                .iter()
                .any(|found| found.summary == NOT_OURS),
            "{run}"
        );
        assert_eq!(workspace.stored(&Scope::account(), "bb"), before, "{run}");
        // Hosts keep the state of a failed update; the next refresh drops it.
        workspace.refresh();
        assert!(workspace.state().is_empty(), "{run}");
        assert_eq!(workspace.stored(&Scope::account(), "bb"), before);
    }
}

#[test]
fn what_a_lost_creation_did_make_is_deleted_without_a_refresh() {
    let workspace = Workspace::new();
    workspace.configure(&[described("Ours")]);
    workspace.script(Fault::on(
        "POST",
        "/ng/api/connectors",
        Action::CommitThenReset,
    ));
    workspace.script(Fault::on("GET", CONNECTOR, Action::Html(403)).times(0));
    workspace.try_apply().failed();
    workspace.platform.clear_faults();
    assert!(workspace.stored(&Scope::account(), "bb").is_some());
    let destroy = [
        "destroy",
        "-json",
        "-input=false",
        "-auto-approve",
        "-refresh=false",
    ];
    workspace.run(&destroy).succeeded();
    assert_eq!(workspace.stored(&Scope::account(), "bb"), None);
}

#[test]
fn a_saved_plan_deletes_only_the_connector_that_it_was_made_for() {
    let github = json!({
        "name": "bb", "identifier": "bb", "type": "Github",
        "spec": {"url": "https://github.com/acme", "type": "Account"},
    });
    for (replaces, since, summary) in [
        (false, theirs(), CHANGED),
        (false, github.clone(), "Connector is of type Github"),
        (true, theirs(), CHANGED),
        (true, github, "Connector is of type Github"),
    ] {
        let workspace = Workspace::new();
        workspace.configure(&[described("Old")]);
        workspace.apply();
        let state = workspace.state();
        let plan = if replaces {
            let replace = format!("-replace={}", address("bb"));
            workspace.run(&["plan", "-input=false", "-out=saved.tfplan", &replace])
        } else {
            workspace.run(&["plan", "-input=false", "-out=saved.tfplan", "-destroy"])
        };
        plan.succeeded();
        put(&workspace.platform, since);
        let before = workspace.stored(&Scope::account(), "bb");
        let run = workspace.apply_saved_plan().failed();
        assert_eq!(run.error().summary, summary, "{run}");
        assert_eq!(workspace.stored(&Scope::account(), "bb"), before);
        assert_eq!(workspace.state(), state);
        assert_eq!(workspace.requests("DELETE", "/"), 0);
    }

    // A connector that is already gone counts as deleted.
    let workspace = Workspace::new();
    workspace.configure(&[described("Old")]);
    workspace.apply();
    let destroy = ["plan", "-input=false", "-out=saved.tfplan", "-destroy"];
    workspace.run(&destroy).succeeded();
    let deleted = workspace
        .platform
        .delete(Kind::Connector, &Scope::account(), "bb");
    deleted.expect("it exists");
    workspace.apply_saved_plan().succeeded();
    assert!(workspace.state().is_empty());
}

/// Returns the private state of the only connector, as text.
fn private(workspace: &Workspace) -> String {
    let state: Value =
        serde_json::from_str(&workspace.read_file("terraform.tfstate")).expect("JSON");
    let private = state.pointer("/resources/0/instances/0/private");
    private
        .and_then(Value::as_str)
        .expect("it is there")
        .to_owned()
}

/// Hosts plan the replacement of a tainted connector as a creation, without mentioning the existing one.
#[test]
fn a_tainted_connector_is_guarded_as_every_other() {
    let tainted = || {
        let workspace = Workspace::new();
        workspace.configure(&[described("Old")]);
        workspace.apply();
        workspace.run(&["taint", &address("bb")]).succeeded();
        let stored = private(&workspace);
        (workspace, stored)
    };
    let scope = Scope::account();

    // Changed after the plan was made.
    let (workspace, stored) = tainted();
    workspace.save_plan();
    workspace.patch(&scope, "bb", &json!({"description": "Theirs"}));
    let run = workspace.apply_saved_plan().failed();
    run.error().says(CHANGED, &[]);
    assert_eq!(private(&workspace), stored, "{run}");
    let found = workspace.stored(&scope, "bb").expect("it exists");
    assert_eq!(found["description"], "Theirs");

    // Applied with the key of another account, which has a connector with equal settings.
    let (workspace, stored) = tainted();
    let other = another_account();
    put(&other, workspace.stored(&scope, "bb").expect("it exists"));
    let before = other.state()["connectors"].clone();
    let run = applies_no_saved_plan(&workspace, &other);
    assert_eq!(other.state()["connectors"], before);
    assert_eq!(private(&workspace), stored, "{run}");

    // Refused by Harness: the state is unchanged.
    for more in [&[][..], &["-refresh=false"]] {
        let (workspace, stored) = tainted();
        let refused = Answer {
            status: 400,
            json: Some(json!({
                "status": "ERROR", "code": "ENTITY_REFERENCE_EXCEPTION", "correlationId": "c",
                "message": "Could not delete the connector bb as it is referenced by other entities",
            })),
            ..Answer::default()
        };
        workspace.script(Fault::on("DELETE", CONNECTOR, Action::Answer(refused)).times(0));
        let apply = ["apply", "-json", "-input=false", "-auto-approve"];
        workspace.run(&[&apply[..], more].concat()).failed();
        assert_eq!(private(&workspace), stored, "{more:?}");
    }
}

/// Runs an apply, and changes the connector during its test.
fn changed_during_the_test(
    workspace: &Workspace,
    summary: &str,
    change: impl FnOnce(&Running) + Send,
) {
    const TEST: &str = "/ng/api/connectors/testConnection/bb";
    let platform = &workspace.platform;
    let is_tested = || {
        let requests = platform.requests();
        requests.iter().any(|request| request.path == TEST)
    };
    thread::scope(|scope| {
        let watch = scope.spawn(|| {
            while !is_tested() {
                thread::sleep(Duration::from_millis(5));
            }
            change(platform);
        });
        let run = workspace.try_apply().failed();
        watch.join().expect("the connector was changed");
        run.error()
            .says(summary, &["`connection_test = \"require\"`"]);
    });
}

const LEFT_ALONE: &str = "Connection test failed; connector changed since";

#[test]
fn an_undo_keeps_what_someone_has_changed_that_is_not_managed() {
    let scope = Scope::account();
    let required = |text| described(text).with(&json!({"connection_test": "require"}));
    let workspace = Workspace::new();
    workspace.set(&json!({"store_unknown_members": true}));
    workspace.configure(&[required("Old")]);
    workspace.apply();
    workspace.platform.clear_requests();
    workspace.set(&json!({"test_outcomes": {"bb": "not_authorized"}, "test_delay_ms": 2000}));
    workspace.configure(&[required("New")]);
    let back = "Connection test failed; update undone";
    changed_during_the_test(&workspace, back, |platform| {
        let invented = json!({"spec": {"invented": "kept"}});
        let patched = platform.patch(Kind::Connector, &Scope::account(), "bb", &invented);
        patched.expect("it exists");
    });
    let stored = workspace.stored(&scope, "bb").expect("it exists");
    assert_eq!(stored["description"], "Old");
    assert_eq!(stored["spec"]["invented"], "kept");
}

#[test]
fn an_undo_leaves_alone_what_someone_else_has_changed_since() {
    let scope = Scope::account();
    let required = |text| described(text).with(&json!({"connection_test": "require"}));
    let failing = json!({"test_outcomes": {"bb": "not_authorized"}, "test_delay_ms": 2000});

    // The undo of an update.
    let workspace = Workspace::new();
    workspace.configure(&[required("Old")]);
    workspace.apply();
    workspace.platform.clear_requests();
    workspace.set(&failing);
    workspace.configure(&[required("New")]);
    changed_during_the_test(&workspace, LEFT_ALONE, |platform| put(platform, theirs()));
    let stored = workspace.stored(&scope, "bb").expect("it exists");
    assert_eq!(stored["description"], "Theirs");
    assert_eq!(workspace.values("bb")["description"], "New");

    // The undo of a creation: the connector is tainted in the state.
    let workspace = Workspace::new();
    workspace.set(&failing);
    workspace.configure(&[required("New")]);
    changed_during_the_test(&workspace, LEFT_ALONE, |platform| put(platform, theirs()));
    let stored = workspace.stored(&scope, "bb").expect("it exists");
    assert_eq!(stored["description"], "Theirs");
    assert_eq!(workspace.state().len(), 1);
}

#[test]
fn a_change_is_guarded_before_each_attempt_and_not_only_before_the_first() {
    const CONNECTORS: &str = "/ng/api/connectors";
    let scope = Scope::account();
    let busy = || Answer::status(503).with_header("Retry-After", "2");
    let github = || {
        json!({
            "name": "Theirs", "identifier": "bb", "type": "Github", "description": "Theirs",
            "spec": {
                "url": "https://github.com/theirs", "type": "Account", "executeOnDelegate": true,
                "authentication": {"type": "Ssh", "spec": {"sshKeyRef": "account.bitbucket_ssh"}},
            },
        })
    };
    let after_the_first = |workspace: &Workspace, method: &'static str, object: &Value| {
        let platform = &workspace.platform;
        let was_sent = || {
            let requests = platform.requests();
            requests.iter().any(|request| request.method == method)
        };
        while !was_sent() {
            thread::sleep(Duration::from_millis(5));
        }
        put(platform, object.clone());
    };
    for (method, path) in [("PUT", CONNECTORS), ("DELETE", CONNECTOR)] {
        for object in [theirs(), github()] {
            let workspace = Workspace::new();
            workspace.configure(&[described("Old")]);
            workspace.apply();
            workspace.platform.clear_requests();
            workspace.script(Fault::on(method, path, Action::Answer(busy())));
            workspace.configure(&[described("New")]);
            let run = thread::scope(|scope| {
                let meanwhile = scope.spawn(|| after_the_first(&workspace, method, &object));
                let run = if method == "PUT" {
                    workspace.try_apply()
                } else {
                    workspace.try_destroy()
                };
                meanwhile.join().expect("the connector was changed");
                run
            });
            let run = run.failed();
            run.error();
            assert_eq!(workspace.requests(method, "/"), 1, "{run}");
            let stored = workspace.stored(&scope, "bb").expect("it exists");
            assert_eq!(stored["description"], "Theirs", "{run}");
            assert_eq!(workspace.state().len(), 1, "{run}");
        }
    }

    // What an attempt without a response has done counts as done.
    for method in ["PUT", "DELETE"] {
        let path = if method == "PUT" {
            CONNECTORS
        } else {
            CONNECTOR
        };
        let workspace = Workspace::new();
        workspace.configure(&[described("Old")]);
        workspace.apply();
        workspace.script(Fault::on(method, path, Action::CommitThenAnswer(busy())));
        workspace.configure(&[described("New")]);
        workspace.platform.clear_requests();
        let run = if method == "PUT" {
            workspace.try_apply()
        } else {
            workspace.try_destroy()
        };
        let run = run.succeeded();
        assert_eq!(run.diagnostics(), [], "{run}");
        assert_eq!(workspace.requests(method, "/"), 1, "{run}");
    }
}

#[test]
fn a_creation_that_meets_its_own_connector_after_a_limit_takes_it() {
    let workspace = Workspace::new();
    let limited = Answer::status(429).with_header("Retry-After", "1");
    workspace.script(Fault::on(
        "POST",
        "/ng/api/connectors",
        Action::CommitThenAnswer(limited),
    ));
    workspace.configure(&[described("New")]);
    let run = workspace.try_apply().succeeded();
    assert_eq!(run.diagnostics(), [], "{run}");
    workspace.settled();
}
