//! The connection test after a create or update: skipped, a warning with a remedy, or required.

use harness_sandbox::{Action, Answer, Fault, Scope};
use serde_json::{Value, json};

use super::cli::{Workspace, address};
use super::hcl::Connector;
use super::hosts::test;

const TEST: &str = "/ng/api/connectors/testConnection/";

fn connector(description: &str, mode: Option<&str>) -> Connector {
    Connector::new("bb").with(&json!({"description": description, "connection_test": mode}))
}

fn provider(mode: &str) -> String {
    format!("provider \"harness\" {{\n  connection_test = \"{mode}\"\n}}\n")
}

#[test]
fn the_resources_test_mode_overrides_the_providers() {
    // The provider's mode, the resource's, and how many tests a creation and an update then run.
    for (of_provider, of_resource, tests) in [
        ("off", None, 0),
        ("require", Some("off"), 0),
        ("off", Some("warn"), 2),
        ("warn", None, 2),
    ] {
        let workspace = Workspace::new();
        for description in ["Old", "New"] {
            let block = connector(description, of_resource);
            workspace.write(&format!("{}{block}", provider(of_provider)));
            workspace.try_apply().succeeded();
        }
        assert_eq!(
            workspace.requests("POST", TEST),
            tests,
            "{of_provider}, {of_resource:?}"
        );
        // What concerns only the provider is not tested; neither are plans and refreshes.
        let block = connector("New", of_resource).with(&json!({"force_delete": true}));
        workspace.write(&format!("{}{block}", provider(of_provider)));
        workspace.apply();
        assert_eq!(workspace.requests("POST", TEST), tests);
    }
}

#[test]
fn a_failed_test_is_a_warning_with_a_cause_and_a_remedy() {
    // What the test finds, and what the warning must contain.
    let outcomes = [
        (
            "bad_url",
            "Provided repo url is invalid",
            "https://bitbucket.org/acme/web.git",
        ),
        (
            "unknown_host",
            "Provided repo url is invalid",
            "could not find the host",
        ),
        (
            "not_authorized",
            "credentials are not authorized",
            "`x-token-auth`",
        ),
        ("app_password", "CHANGE-3222", "Store an API token"),
        (
            "token_expired",
            "potential token expiration issue",
            "has probably expired",
        ),
        ("across_workspaces", "CHANGE-2770", "Update the delegate"),
        (
            "api_not_authorized",
            "api access credentials",
            "`api_access`",
        ),
        (
            "ssh_key_malformed",
            "incorrect format",
            "ssh-keygen -p -m PEM",
        ),
        (
            "ssh_refused",
            "ssh credentials are not authorized",
            "username `git`",
        ),
        ("timeout", "Git connection timed out", "host and port"),
        (
            "no_delegate",
            "No Delegate Found",
            "connectivity_mode = \"Platform\"",
        ),
        ("no_eligible_delegate", "No Delegate Eligible", "delegate"),
        ("unknown", "UNKNOWN", "UNKNOWN"),
    ];
    let workspace = Workspace::new();
    let chosen: Value = outcomes
        .iter()
        .map(|(outcome, ..)| ((*outcome).to_owned(), json!(outcome)))
        .collect();
    workspace.set(&json!({"test_outcomes": chosen}));
    let connectors: Vec<_> = outcomes
        .iter()
        .map(|(outcome, ..)| Connector::new(outcome))
        .collect();
    workspace.configure(&connectors);
    let run = workspace.try_apply().succeeded();
    let warnings = run.diagnostics();
    assert_eq!(warnings.len(), outcomes.len(), "{run}");
    for (outcome, cause, remedy) in outcomes {
        let warning = warnings
            .iter()
            .find(|warning| warning.address == address(outcome))
            .unwrap_or_else(|| panic!("a warning about {outcome}\n{run}"));
        assert_eq!(warning.severity, "warning");
        warning.says(
            "Connection test failed",
            &["The connector was saved.", cause, remedy],
        );
    }
    workspace.settled();
}

/// Returns what prevents a test from being run, and how often it is sent during that time.
fn obstacles() -> [(&'static str, Action, std::ops::RangeInclusive<usize>); 6] {
    let denied = json!({"status": "ERROR", "code": "NG_ACCESS_DENIED", "message": "Missing permission core_secret_access",
        "failedPermissionChecks": [{"permission": "core_secret_access"}]});
    [
        ("a limit", Action::Answer(Answer::status(429)), 1..=9),
        ("an outage", Action::Html(503), 2..=12),
        (
            "an internal error",
            Action::Answer(Answer::status(500)),
            3..=3,
        ),
        ("a proxy's refusal", Action::Html(403), 3..=3),
        (
            "a permission that is missing",
            Action::Answer(Answer::json(403, denied)),
            3..=3,
        ),
        ("a connection that is reset", Action::ResetBefore, 2..=12),
    ]
}

fn hasty(mode: &str, strict: bool) -> String {
    format!(
        "provider \"harness\" {{\n  connection_test = \"{mode}\"\n  strict = {strict}\n  retry_timeout = \"2500ms\"\n}}\n"
    )
}

#[test]
fn a_test_that_could_not_be_run_is_tried_again_and_then_said_to_be_none() {
    let (workspace, bb) = (Workspace::new(), Connector::new("bb"));
    let test = format!("{TEST}bb");
    for (number, (what, action, sent)) in obstacles().into_iter().enumerate() {
        // Nothing is known about the connector, so it is not an error under `strict`.
        let strict = number % 2 == 0;
        workspace.script(Fault::on("POST", &test, action.clone()).times(0));
        workspace.platform.clear_requests();
        let described = |text: String| bb.clone().with(&json!({"description": text}));
        workspace.write(&format!(
            "{}{}",
            hasty("warn", strict),
            described(what.to_owned())
        ));
        let run = workspace.try_apply().succeeded();
        run.warning().says(
            "Connection could not be tested",
            &["The connector was saved."],
        );
        let tests = workspace.requests("POST", &test);
        assert!(sent.contains(&tests), "{what}: {tests} tests");

        // If it passes in time, nothing is reported.
        workspace.platform.clear_faults();
        workspace.script(Fault::on("POST", &test, action));
        workspace.write(&format!(
            "{}{}",
            hasty("require", strict),
            described(format!("{what}, once"))
        ));
        let run = workspace.try_apply().succeeded();
        assert_eq!(run.diagnostics(), [], "{what}: {run}");
        workspace.platform.clear_faults();
        workspace.settled();
    }
}

#[test]
fn a_required_test_that_fails_after_creation_deletes_the_connector_again() {
    let workspace = Workspace::new();
    let scope = Scope::account();
    let before = workspace.platform.state()["connectors"].clone();
    workspace.set(&json!({"test_outcomes": {"bb": "not_authorized"}}));
    workspace.configure(&[connector("Text", Some("require"))]);
    let run = workspace.try_apply().failed();
    run.error().says(
        "Connection test failed; connector deleted",
        &["`x-token-auth`"],
    );
    assert_eq!(workspace.platform.state()["connectors"], before);
    assert!(workspace.state().is_empty());

    let plan = workspace.plan().finds_changes();
    assert_eq!(plan.action("bb").as_deref(), Some("create"), "{plan}");
    workspace.set(&json!({"test_outcomes": null}));
    workspace.apply();
    assert!(workspace.stored(&scope, "bb").is_some());
}

#[test]
fn a_failed_required_test_restores_the_previous_settings() {
    let workspace = Workspace::new();
    let scope = Scope::account();
    workspace.set(&json!({"store_unknown_members": true}));
    workspace.configure(&[connector("Old", Some("require"))]);
    workspace.apply();
    workspace.patch(&scope, "bb", &json!({"spec": {"invented": "kept"}}));
    let (before, values) = (workspace.stored(&scope, "bb"), workspace.values("bb"));

    workspace.set(&json!({"test_outcomes": {"bb": "timeout"}}));
    workspace.configure(&[connector("New", Some("require")).with(&json!({"tags": {"a": "b"}}))]);
    let run = workspace.try_apply().failed();
    run.error()
        .says("Connection test failed; update undone", &["host and port"]);
    assert_eq!(workspace.stored(&scope, "bb"), before);
    assert_eq!(workspace.values("bb"), values);
    assert_eq!(workspace.requests("PUT", "/"), 2);

    let plan = workspace.plan().finds_changes();
    assert_eq!(plan.action("bb").as_deref(), Some("update"), "{plan}");
    assert!(plan.drifted().is_empty(), "{plan}");
    workspace.set(&json!({"test_outcomes": null}));
    workspace.apply();
    let stored = workspace.stored(&scope, "bb").expect("it exists");
    assert_eq!(stored["description"], "New");
    assert_eq!(stored["spec"]["invented"], "kept");
}

/// What exists after a required test has failed, in the state and on the platform: the description of the connector,
/// and whether Terraform considers it tainted.
#[derive(Debug, Eq, PartialEq)]
enum Left {
    Nothing,
    Connector(String),
    Tainted(String),
}

fn left_in_state(workspace: &Workspace) -> Left {
    let state: Value =
        serde_json::from_str(&workspace.read_file("terraform.tfstate")).expect("the state is JSON");
    let Some(instance) = state.pointer("/resources/0/instances/0") else {
        return Left::Nothing;
    };
    let description = instance["attributes"]["description"].as_str();
    let description = description.unwrap_or_default().to_owned();
    if instance["status"] == "tainted" {
        Left::Tainted(description)
    } else {
        Left::Connector(description)
    }
}

fn left_on_the_platform(workspace: &Workspace) -> Left {
    match workspace.stored(&Scope::account(), "bb") {
        Some(stored) => Left::Connector(
            stored["description"]
                .as_str()
                .unwrap_or_default()
                .to_owned(),
        ),
        None => Left::Nothing,
    }
}

#[test]
fn error_state_and_platform_agree_after_every_undo() {
    const CONNECTORS: &str = "/ng/api/connectors";
    const CONNECTOR: &str = "/ng/api/connectors/bb";
    let old = || Left::Connector("Old".to_owned());
    let new = || Left::Connector("New".to_owned());
    let deleted = "Connection test failed; connector deleted";
    let back = "Connection test failed; update undone";
    // Whether it existed before; the outcome of the undo; the error's text; the platform; the state; the next plan.
    let cases = [
        (
            false,
            None,
            deleted,
            Left::Nothing,
            Left::Nothing,
            Some("create"),
        ),
        (
            false,
            Some(Fault::on("DELETE", CONNECTOR, Action::CommitThenReset)),
            deleted,
            Left::Nothing,
            Left::Nothing,
            Some("create"),
        ),
        (
            false,
            Some(Fault::on("DELETE", CONNECTOR, Action::Html(403)).times(0)),
            "Connection test failed; connector not deleted",
            new(),
            Left::Tainted("New".to_owned()),
            Some("replace"),
        ),
        (true, None, back, old(), old(), Some("update")),
        (
            true,
            Some(Fault::on("PUT", CONNECTORS, Action::CommitThenReset).after(1)),
            back,
            old(),
            old(),
            Some("update"),
        ),
        (
            true,
            Some(
                Fault::on("PUT", CONNECTORS, Action::Html(403))
                    .after(1)
                    .times(0),
            ),
            "Connection test failed; update not undone",
            new(),
            new(),
            None,
        ),
    ];
    for (existed, undo, summary, platform, state, next) in cases {
        let workspace = Workspace::new();
        if existed {
            workspace.configure([&connector("Old", Some("require"))]);
            workspace.apply();
        }
        let name = format!("{existed}, {undo:?}");
        let undo_fails = undo.is_some() && summary.contains(" not ");
        if let Some(fault) = undo {
            workspace.script(fault);
        }
        workspace.set(&json!({"test_outcomes": {"bb": "not_authorized"}}));
        workspace.configure([&connector("New", Some("require"))]);
        let run = workspace.try_apply().failed();
        // The cause of the failed test and its remedy are reported in any case, and why nothing could be undone.
        let error = run.error();
        error.says(
            summary,
            &["connection_test = \"require\"", "`x-token-auth`"],
        );
        assert_eq!(error.detail.contains("→ 403"), undo_fails, "{name}: {run}");
        let says_none = error.detail.contains("the next plan shows no change");
        assert_eq!(says_none, next.is_none(), "{name}: {run}");
        assert_eq!(left_on_the_platform(&workspace), platform, "{name}");
        assert_eq!(left_in_state(&workspace), state, "{name}");

        workspace.platform.clear_faults();
        let plan = workspace.plan();
        assert_eq!(plan.action("bb").as_deref(), next, "{name}: {plan}");
        assert!(plan.drifted().is_empty(), "{name}: {plan}");
        // When Bitbucket accepts Harness again, an apply brings the wanted settings.
        workspace.set(&json!({"test_outcomes": null}));
        workspace.try_apply().succeeded();
        workspace.settled();
        assert_eq!(left_on_the_platform(&workspace), new(), "{name}");
        assert_eq!(left_in_state(&workspace), new(), "{name}");
    }
}

#[test]
fn a_connector_whose_deletion_is_not_confirmed_is_tainted() {
    const CONNECTOR: &str = "/ng/api/connectors/bb";
    let workspace = Workspace::new();
    workspace.set(&json!({"test_outcomes": {"bb": "not_authorized"}}));
    // The connector is read before the deletion, and can no longer be read after it.
    workspace.script(Fault::on("DELETE", CONNECTOR, Action::CommitThenReset));
    let unreadable = Fault::on("GET", CONNECTOR, Action::Html(403));
    workspace.script(unreadable.after(1).times(0));
    workspace.configure([&connector("New", Some("require"))]);
    let run = workspace.try_apply().failed();
    run.error().says(
        "Connection test failed; deletion not confirmed",
        &[
            "`x-token-auth`",
            "the next plan finds out whether it exists",
        ],
    );
    assert_eq!(left_on_the_platform(&workspace), Left::Nothing);
    assert_eq!(left_in_state(&workspace), Left::Tainted("New".to_owned()));

    workspace.platform.clear_faults();
    workspace.set(&json!({"test_outcomes": null}));
    let run = workspace.try_apply().succeeded();
    assert_eq!(run.action("bb").as_deref(), Some("create"), "{run}");
    workspace.settled();
}

#[test]
fn an_undo_of_an_update_that_is_not_confirmed_says_what_the_next_plan_shows() {
    const CONNECTOR: &str = "/ng/api/connectors/bb";
    const CONNECTORS: &str = "/ng/api/connectors";
    let workspace = Workspace::new();
    workspace.configure([&connector("Old", Some("require"))]);
    workspace.apply();
    workspace.set(&json!({"test_outcomes": {"bb": "not_authorized"}}));
    workspace.configure([&connector("New", Some("require"))]);
    let before = workspace.requests("GET", CONNECTOR);
    let undone = workspace.try_apply().failed();
    let summary = "Connection test failed; update undone";
    undone.error().says(summary, &["shows the change again"]);
    let reads = workspace.requests("GET", CONNECTOR) - before;

    // The same again, but the second write, which is the undo, is not confirmed, and no read answers after it.
    workspace.script(Fault::on("PUT", CONNECTORS, Action::CommitThenReset).after(1));
    let unreadable = Fault::on("GET", CONNECTOR, Action::Html(403));
    let reads = u64::try_from(reads).expect("there are few");
    workspace.script(unreadable.after(reads).times(0));
    let run = workspace.try_apply().failed();
    run.error().says(
        "Connection test failed; undo not confirmed",
        &["`x-token-auth`", "The state has the new settings"],
    );
    let of = |description: &str| Left::Connector(description.to_owned());
    assert_eq!(left_on_the_platform(&workspace), of("Old"));
    assert_eq!(left_in_state(&workspace), of("New"));

    workspace.platform.clear_faults();
    workspace.set(&json!({"test_outcomes": null}));
    workspace.try_apply().succeeded();
    assert_eq!(left_on_the_platform(&workspace), of("New"));
    workspace.settled();
}

#[test]
fn a_required_test_that_could_not_be_run_has_not_passed() {
    for (what, action, _) in obstacles() {
        let workspace = Workspace::new();
        workspace.script(Fault::on("POST", &format!("{TEST}bb"), action).times(0));
        let with = |text| format!("{}{}", hasty("require", false), connector(text, None));
        workspace.write(&with("New"));
        let run = workspace.try_apply().failed();
        run.error().says(
            "Connection could not be tested; connector deleted",
            &["The new connector was deleted"],
        );
        assert_eq!(left_on_the_platform(&workspace), Left::Nothing, "{what}");
        assert_eq!(left_in_state(&workspace), Left::Nothing, "{what}");

        let faults = workspace.platform.faults();
        workspace.platform.clear_faults();
        workspace.write(&with("Old"));
        workspace.try_apply().succeeded();
        workspace.script(faults[0].fault.clone());
        workspace.write(&with("New"));
        let run = workspace.try_apply().failed();
        run.error().says(
            "Connection could not be tested; update undone",
            &["The previous settings were restored"],
        );
        let old = || Left::Connector("Old".to_owned());
        assert_eq!(left_on_the_platform(&workspace), old(), "{what}");
        assert_eq!(left_in_state(&workspace), old(), "{what}");
    }
}
