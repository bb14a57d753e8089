//! From the official provider to this one: its state is taken over by `moved`, or forgotten and imported.

use super::cli::{Workspace, address};
use super::hcl::Connector;
use super::scopes_and_credentials::{ACCOUNT, Case, ORGANIZATION, PROJECT, Place, configure};
use serde_json::{Value, json};

/// The official provider's resource type.
const OFFICIAL: &str = "harness_platform_connector_bitbucket";

/// A text as the official provider stores it: unset is empty.
fn stored_text(value: &Value) -> Value {
    value.as_str().map_or_else(|| json!(""), |text| json!(text))
}

/// What the official provider stores of a connector that the platform has like this. Written by hand from its schema, so
/// that it does not follow what this provider believes.
fn official_attributes(connector: &Value) -> Value {
    let spec = &connector["spec"];
    let authentication = &spec["authentication"];
    let credentials = if authentication["type"] == "Ssh" {
        let key = &authentication["spec"]["sshKeyRef"];
        json!({"http": [], "ssh": [{"ssh_key_ref": key}]})
    } else {
        let user = &authentication["spec"]["spec"];
        json!({
            "http": [{
                "username": stored_text(&user["username"]),
                "username_ref": stored_text(&user["usernameRef"]),
                "password_ref": user["passwordRef"],
            }],
            "ssh": [],
        })
    };
    let access = &spec["apiAccess"];
    let api_authentication = match access["type"].as_str() {
        None => json!([]),
        Some(kind) => json!([{
            "auth_type": kind,
            "username": stored_text(&access["spec"]["username"]),
            "username_ref": stored_text(&access["spec"]["usernameRef"]),
            "email": stored_text(&access["spec"]["email"]),
            "email_ref": stored_text(&access["spec"]["emailRef"]),
            "token_ref": access["spec"]["tokenRef"],
        }]),
    };
    json!({
        "id": connector["identifier"],
        "identifier": connector["identifier"],
        "name": connector["name"],
        "description": stored_text(&connector["description"]),
        "org_id": stored_text(&connector["orgIdentifier"]),
        "project_id": stored_text(&connector["projectIdentifier"]),
        "tags": [],
        "url": spec["url"],
        "connection_type": spec["type"],
        "validation_repo": stored_text(&spec["validationRepo"]),
        "delegate_selectors": [],
        "credentials": [credentials],
        "api_authentication": api_authentication,
    })
}

/// The state of the official provider, from a registry on `host`, with one connector for each label.
fn official_state<'a>(
    host: &str,
    connectors: impl IntoIterator<Item = (&'a str, Value)>,
) -> String {
    let resources: Vec<Value> = connectors
        .into_iter()
        .map(|(label, attributes)| {
            json!({
                "mode": "managed",
                "type": OFFICIAL,
                "name": label,
                "provider": format!("provider[\"{host}/harness/harness\"]"),
                "instances": [{"schema_version": 0, "attributes": attributes, "sensitive_attributes": []}],
            })
        })
        .collect();
    let state = json!({
        "version": 4,
        "terraform_version": "1.8.0",
        "serial": 7,
        "lineage": "5d9d1a1e-6a4f-3f0c-7a55-5f4c0b8c1d2e",
        "outputs": {},
        "resources": resources,
    });
    state.to_string()
}

fn moved(label: &str) -> String {
    format!(
        "moved {{\n  from = {OFFICIAL}.{label}\n  to = {}\n}}\n",
        address(label)
    )
}

/// Connectors that exist, and a configuration in another directory, whose state says that the official provider has them.
fn of_the_official_provider(host: &str, place: &Place, cases: &[Case]) -> Workspace {
    let makers = Workspace::new();
    configure(&makers, cases);
    makers.try_apply().succeeded();
    let workspace = makers.beside();
    let connectors = cases.iter().map(|case| {
        let label = case.connector.label();
        let stored = makers.stored(&place.scope(), label).expect(label);
        (label, official_attributes(&stored))
    });
    // Terraform insists that the provider of every resource in the state is there, though it never asks the old one.
    // Here this build stands in its place, which knows nothing of the old type.
    workspace.install(&["harness-rs/harness", &format!("{host}/harness/harness")]);
    workspace.write_file("terraform.tfstate", &official_state(host, connectors));
    workspace
}

fn with_moved_blocks<'a>(connectors: impl IntoIterator<Item = &'a Connector>) -> String {
    let blocks: Vec<String> = connectors
        .into_iter()
        .map(|connector| format!("{connector}\n{}", moved(connector.label())))
        .collect();
    blocks.concat()
}

fn is_taken_over_without_a_change(host: &str, place: &Place) {
    let cases = place.cases();
    let workspace = of_the_official_provider(host, place, &cases);
    workspace.write(&with_moved_blocks(cases.iter().map(|case| &case.connector)));
    let before = workspace.platform.state()["connectors"].clone();

    let plan = workspace.plan();
    let actions = plan.actions();
    assert_eq!(actions.len(), cases.len(), "{plan}");
    assert!(actions.values().all(|action| action == "move"), "{plan}");

    workspace.try_apply().succeeded();
    assert_eq!(workspace.platform.state()["connectors"], before);
    let state = workspace.state();
    assert_eq!(state.len(), cases.len());
    for case in &cases {
        let label = case.connector.label();
        let id = format!("{}{label}", place.id_prefix);
        assert_eq!(state[&address(label)]["id"], id);
    }
    workspace.settled();
}

#[test]
fn every_kind_of_connector_of_the_account_is_taken_over_without_a_change() {
    is_taken_over_without_a_change("registry.terraform.io", &ACCOUNT);
}

#[test]
fn every_kind_of_connector_of_an_organization_is_taken_over_without_a_change() {
    is_taken_over_without_a_change("registry.opentofu.org", &ORGANIZATION);
}

#[test]
fn every_kind_of_connector_of_a_project_is_taken_over_without_a_change() {
    is_taken_over_without_a_change("registry.example.com", &PROJECT);
}

/// A connector with everything that the official provider stores in another form than this one, and that state.
fn with_all_forms() -> (Workspace, Connector) {
    let connector = Connector::new("all_forms").with(&json!({
        "name": "All forms",
        "identifier": "all_forms",
        "description": "Every form",
        "tags": {"team": "payments", "blue": "", "path": "a:b"},
        "url_type": "Account",
        "url": "https://bitbucket.org/acme/",
        "test_repository": "web.git",
        "delegate_selectors": ["eu", "linux"],
    }));
    let makers = Workspace::new();
    makers.configure([&connector]);
    makers.apply();
    let stored = makers.stored(&ACCOUNT.scope(), "all_forms");
    let mut attributes = official_attributes(&stored.expect("it was created"));
    attributes["tags"] = json!(["blue", "path:a:b", "team:payments"]);
    attributes["delegate_selectors"] = json!(["eu", "linux"]);
    let workspace = makers.beside();
    let host = "registry.terraform.io";
    workspace.install(&["harness-rs/harness", &format!("{host}/harness/harness")]);
    workspace.write_file(
        "terraform.tfstate",
        &official_state(host, [("all_forms", attributes)]),
    );
    (workspace, connector)
}

#[test]
fn tags_and_selectors_and_texts_take_their_new_forms_without_a_change() {
    let (workspace, connector) = with_all_forms();
    workspace.write(&with_moved_blocks([&connector]));
    let run = workspace.try_apply().succeeded();
    assert_eq!(run.diagnostics(), [], "{run}");
    assert_eq!(run.action("all_forms").as_deref(), Some("move"));
    workspace.settled();
}

#[test]
fn what_the_new_configuration_says_differently_is_all_that_the_plan_changes() {
    let (workspace, connector) = with_all_forms();
    let connector = connector.with(&json!({"description": "Moved", "connection_test": "off"}));
    workspace.write(&with_moved_blocks([&connector]));
    workspace.save_plan();
    let plan = workspace.shown_plan();
    let changes = plan["resource_changes"].as_array().expect("a list");
    let [change] = changes.as_slice() else {
        panic!("one change is expected: {plan:#}");
    };
    assert_eq!(change["previous_address"], format!("{OFFICIAL}.all_forms"));
    let change = &change["change"];
    assert_eq!(change["actions"], json!(["update"]));
    let mut before = change["before"].clone();
    before["description"] = json!("Moved");
    before["connection_test"] = json!("off");
    assert_eq!(change["after"], before);
    workspace.apply_saved_plan().succeeded();
    workspace.settled();
}

#[test]
fn what_was_changed_outside_since_shows_after_the_move() {
    let (workspace, connector) = with_all_forms();
    let scope = ACCOUNT.scope();
    workspace.patch(
        &scope,
        "all_forms",
        &json!({"spec": {"executeOnDelegate": false}}),
    );
    workspace.write(&with_moved_blocks([&connector]));
    let plan = workspace.plan().finds_changes();
    assert_eq!(plan.action("all_forms").as_deref(), Some("update"));
    workspace.try_apply().succeeded();
    workspace.settled();
}

/// The way for OpenTofu, whose `moved` does not change types, and for older versions. (The `removed` block in place of the
/// command asks the old provider for its schema, and that provider cannot be had without a registry.)
#[test]
fn forgetting_and_importing_takes_a_connector_over_as_well() {
    let (workspace, connector) = with_all_forms();
    let old = format!("{OFFICIAL}.all_forms");
    workspace.run(&["state", "rm", &old]).succeeded();
    let import = super::hcl::import("all_forms", "all_forms");
    workspace.write(&format!("{connector}\n{import}"));
    let run = workspace.try_apply().succeeded();
    assert_eq!(run.diagnostics(), [], "{run}");
    assert_eq!(run.action("all_forms").as_deref(), Some("import"), "{run}");
    assert_eq!(workspace.state().len(), 1);
    workspace.settled();
}

#[test]
fn a_state_that_is_not_of_the_official_provider_is_told_how_to_take_the_connector_over() {
    let (workspace, connector) = with_all_forms();
    let stranger = workspace
        .read_file("terraform.tfstate")
        .replace("harness/harness", "acme/harness");
    workspace.install(&["harness-rs/harness", "acme/harness"]);
    workspace.write_file("terraform.tfstate", &stranger);
    workspace.write(&with_moved_blocks([&connector]));
    let plan = workspace.plan().failed();
    plan.error().says(
        "State of another provider",
        &[
            "removed {",
            "import {",
            "to = harness_bitbucket_connector.<name>",
        ],
    );
}
