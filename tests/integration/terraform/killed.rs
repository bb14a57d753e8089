//! Runs that are killed at the worst moment: after the platform has created the connector, and before the response
//! arrives. Nothing is created twice, nothing is left behind, and the next run reports what exists.

use harness_sandbox::{Action, Fault, Scope};

use super::cli::{Workspace, address};
use super::hcl::Connector;
use super::hosts::test;
use super::started::{Started, until};

const CONNECTORS: &str = "/ng/api/connectors";
const APPLY: [&str; 4] = ["apply", "-json", "-input=false", "-auto-approve"];

/// Returns a workspace in which the connector `bb` is being created, and exists, but without a response.
fn creating() -> (Workspace, Started) {
    let workspace = Workspace::new();
    workspace.write(&configuration());
    workspace.script(Fault::on("POST", CONNECTORS, Action::CommitThenHang));
    let apply = workspace.start(&APPLY);
    until("the creation", || exists(&workspace));
    (workspace, apply)
}

fn configuration() -> String {
    let provider = "provider \"harness\" {\n  request_timeout = \"1s\"\n}\n";
    format!("{provider}{}", Connector::new("bb"))
}

fn exists(workspace: &Workspace) -> bool {
    workspace.stored(&Scope::account(), "bb").is_some()
}

fn creations(workspace: &Workspace) -> usize {
    let requests = workspace.platform.requests();
    let creations = requests
        .iter()
        .filter(|request| request.method == "POST" && request.path == CONNECTORS);
    creations.count()
}

/// Asserts that the state does not contain the connector, the next plan says that it exists, an apply creates no second
/// one and says how to import it, and the import works.
/// to import it, and that is what it takes.
fn is_offered_for_import(workspace: &Workspace) {
    assert!(workspace.state().is_empty());
    workspace.platform.clear_requests();
    let plan = workspace.plan().finds_changes();
    plan.warning().says(
        "Identifier is taken",
        &[
            "terraform import harness_bitbucket_connector.<name> bb",
            "(rule I10)",
        ],
    );
    let apply = workspace.try_apply().failed();
    apply.error_warned(&["I10 bb"]).says(
        "Connector already exists",
        &["terraform import harness_bitbucket_connector.<name> bb"],
    );
    assert!(creations(workspace) <= 1, "{apply}");
    workspace.import("bb", "bb").succeeded();
    workspace.settled();
}

#[test]
fn a_provider_killed_during_a_creation_leaves_one_connector() {
    let (workspace, apply) = creating();
    Started::signal("KILL", apply.provider());
    apply.ended().run.failed();
    assert_eq!(creations(&workspace), 1);
    is_offered_for_import(&workspace);
}

#[test]
fn a_terraform_killed_during_a_creation_leaves_only_the_connector() {
    let (workspace, apply) = creating();
    apply.signal_cli("KILL");
    let ended = apply.ended();
    assert_eq!(ended.left_behind, Vec::<std::path::PathBuf>::new());
    assert_eq!(creations(&workspace), 1);
    is_offered_for_import(&workspace);
}

#[test]
fn ctrl_c_during_a_creation_ends_it_with_the_connector_in_the_state() {
    let (workspace, apply) = creating();
    apply.interrupt();
    let ended = apply.ended();
    let run = ended.run.failed();
    assert_eq!(ended.left_behind, Vec::<std::path::PathBuf>::new());
    assert!(
        run.diagnostics()
            .iter()
            .any(|found| found.summary == "The connector may have been created"),
        "{run}"
    );
    assert_eq!(creations(&workspace), 1);
    assert_eq!(workspace.state().len(), 1, "{run}");
    // It was never confirmed, so Terraform considers it incomplete and replaces it.
    workspace.platform.clear_requests();
    let plan = workspace.plan().finds_changes();
    assert_eq!(plan.action("bb").as_deref(), Some("replace"), "{plan}");
    workspace.apply_warned(&["I10 bb"]);
    assert_eq!(
        (workspace.requests("DELETE", "/"), creations(&workspace)),
        (1, 1)
    );
}

#[test]
fn ctrl_c_just_before_the_response_completes_the_creation() {
    let workspace = Workspace::new();
    workspace.write(&configuration());
    workspace.script(Fault::on("POST", CONNECTORS, Action::DelayMs(300)));
    let apply = workspace.start(&APPLY);
    until("the request", || creations(&workspace) == 1);
    apply.interrupt();
    let ended = apply.ended();
    assert_eq!(ended.left_behind, Vec::<std::path::PathBuf>::new());
    assert_eq!(workspace.state().len(), 1, "{}", ended.run);
    assert!(exists(&workspace));
    workspace.settled();
}

#[test]
fn ctrl_c_twice_during_a_creation_loses_nothing() {
    let (workspace, apply) = creating();
    apply.interrupt();
    apply.interrupt();
    let ended = apply.ended();
    assert_eq!(
        ended.left_behind,
        Vec::<std::path::PathBuf>::new(),
        "{}",
        ended.run
    );
    assert_eq!(creations(&workspace), 1);
    // Terraform itself says that an immediate end may lose state. What it has not written is offered for import.
    match workspace.state().get(&address("bb")) {
        None => is_offered_for_import(&workspace),
        Some(values) => {
            assert_eq!(values["identifier"], "bb");
            workspace.apply_warned(&["I10 bb"]);
        }
    }
}
