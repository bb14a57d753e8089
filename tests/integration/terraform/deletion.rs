//! Destruction of connectors that are in use, already gone, or possibly gone.

use harness_sandbox::{Action, Answer, Fault, Kind, Scope};
use serde_json::json;

use super::cli::{Workspace, address};
use super::hcl::Connector;
use super::hosts::{Product, current, test};

fn used(workspace: &Workspace) {
    let pipelines: Vec<_> = ["Release web", "Nightly"]
        .iter()
        .map(|name| json!({"type": "Pipelines", "name": name, "identifier": "p", "orgIdentifier": "platform"}))
        .collect();
    workspace
        .platform
        .put(Kind::Usage, &Scope::account(), "bb", json!(pipelines))
        .expect("the usage has the form");
}

#[test]
fn a_connector_that_is_used_stays_and_the_error_says_by_whom() {
    let workspace = Workspace::new();
    workspace.configure(&[Connector::new("bb")]);
    workspace.apply();
    used(&workspace);
    let state = workspace.state();
    let run = workspace.try_destroy().failed();
    run.error_warned(&["L01 bb"]).says(
        "Connector is still in use",
        &[
            "- Pipeline \"Release web\" (platform)",
            "- Pipeline \"Nightly\" (platform)",
            "force_delete = true",
        ],
    );
    assert_eq!(workspace.state(), state);
    assert!(workspace.stored(&Scope::account(), "bb").is_some());

    workspace
        .platform
        .delete(Kind::Usage, &Scope::account(), "bb")
        .expect("it is used");
    workspace.destroy();
    assert_eq!(workspace.stored(&Scope::account(), "bb"), None);
}

#[test]
fn force_delete_needs_the_account_setting_and_then_deletes_what_is_used() {
    let workspace = Workspace::new();
    workspace.configure(&[Connector::new("bb").with(&json!({"force_delete": true}))]);
    workspace.apply();
    used(&workspace);
    let run = workspace.try_destroy().failed();
    run.error_warned(&["L01 bb"])
        .says("Connector was not deleted", &["Enable Force Delete"]);
    assert_eq!(workspace.state().len(), 1);

    workspace.set(&json!({"force_delete": true}));
    workspace.platform.clear_requests();
    workspace.destroy();
    assert_eq!(workspace.stored(&Scope::account(), "bb"), None);
    let deletions: Vec<_> = workspace.platform.requests();
    let forced = deletions
        .iter()
        .find(|request| request.method == "DELETE")
        .map(|request| request.query["forceDelete"].clone());
    assert_eq!(forced, Some(json!("true")));
}

#[test]
fn a_deletion_with_a_lost_response_ends_with_the_connector_gone() {
    for action in [
        Action::CommitThenReset,
        Action::CommitThenAnswer(Answer::status(503)),
        Action::ResetBefore,
        Action::Html(502),
    ] {
        let name = format!("{action:?}");
        let workspace = Workspace::new();
        workspace.configure(&[Connector::new("bb")]);
        workspace.try_apply().succeeded();
        workspace.script(Fault::on("DELETE", "/ng/api/connectors/bb", action));
        workspace.destroy();
        assert_eq!(workspace.stored(&Scope::account(), "bb"), None, "{name}");
        assert!(workspace.state().is_empty(), "{name}");
    }
}

#[test]
fn a_project_that_is_gone_has_taken_its_connectors_with_it() {
    for names_scope in [false, true] {
        let workspace = Workspace::new();
        workspace.set(&json!({"scope_filter": names_scope}));
        workspace.configure(&[
            Connector::new("bb").with(&json!({"org_id": "platform", "project_id": "payments"}))
        ]);
        workspace.try_apply().succeeded();
        workspace
            .platform
            .delete(Kind::Project, &Scope::organization("platform"), "payments")
            .expect("it exists");
        workspace
            .run(&["destroy", "-auto-approve", "-input=false", "-refresh=false"])
            .succeeded();
        assert!(workspace.state().is_empty());
    }
}

/// Applies a `removed` block with these lines for the connector `bb`, which is in the state.
fn removed(lines: &str) -> Workspace {
    let workspace = Workspace::new();
    workspace.configure(&[Connector::new("bb")]);
    workspace.try_apply().succeeded();
    workspace.write(&format!(
        "removed {{\n  from = {}\n{lines}}}\n",
        address("bb")
    ));
    workspace.try_apply().succeeded();
    assert!(workspace.state().is_empty());
    workspace
}

#[test(needs(RemovedWithLifecycle))]
fn a_removed_block_that_says_so_forgets_the_connector_and_leaves_it_alone() {
    let workspace = removed("  lifecycle {\n    destroy = false\n  }\n");
    assert!(workspace.stored(&Scope::account(), "bb").is_some());
}

/// The guides warn about this.
#[test(needs(RemovedBlocks))]
fn an_empty_removed_block_destroys_only_under_terraform() {
    let workspace = removed("");
    let is_destroyed = workspace.stored(&Scope::account(), "bb").is_none();
    assert_eq!(is_destroyed, current().product == Product::Terraform);
}
