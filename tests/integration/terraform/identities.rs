//! Import by identity: the parts of an id by name.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde_json::json;

use super::cli::{Workspace, address};
use super::hcl::Connector;
use super::hosts::test;

/// Returns the block that imports the connector with this identity to this label.
fn import(label: &str, identity: &[(&str, &str)]) -> String {
    let mut block = format!("import {{\n  to = {}\n  identity = {{\n", address(label));
    for (name, value) in identity {
        writeln!(block, "    {name} = \"{value}\"").expect("a text takes text");
    }
    block + "  }\n}\n"
}

#[test(needs(Identity))]
fn the_identity_example_imports_the_resource_example() {
    let workspace = Workspace::new();
    let example = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("examples/resources/harness_bitbucket_connector");
    let read = |name: &str| fs::read_to_string(example.join(name)).expect("it can be read");
    workspace.write(&read("resource.tf"));
    workspace.try_apply().succeeded();
    let created = workspace.values("project");

    // Someone else has the other two in their state, and imports the third.
    let elsewhere = workspace.beside();
    elsewhere.write(&read("resource.tf"));
    for label in ["cloud", "data_center"] {
        let id = workspace.values(label)["id"].clone();
        elsewhere
            .import(label, id.as_str().expect("an id"))
            .succeeded();
    }
    let before = workspace.platform.state()["connectors"].clone();
    elsewhere.write(&(read("resource.tf") + &read("import-by-identity.tf")));
    elsewhere.try_apply().succeeded();
    elsewhere.settled();
    assert_eq!(elsewhere.values("project"), created);
    assert_eq!(workspace.platform.state()["connectors"], before);
}

#[test(needs(Identity))]
fn an_identity_imports_from_each_scope_with_or_without_account() {
    let workspace = Workspace::new();
    let account = workspace.platform.account_id().to_owned();
    let connector = |label: &str, scope: &serde_json::Value| {
        Connector::new(label)
            .with(scope)
            .with(&json!({"name": "same", "identifier": "same"}))
    };
    let organization = json!({"org_id": "platform"});
    let project = json!({"org_id": "platform", "project_id": "website"});
    let connectors = [
        connector("account", &json!({})),
        connector("organization", &organization),
        connector("project", &project),
    ];
    workspace.configure(&connectors);
    workspace.apply();

    let identities: [&[(&str, &str)]; 3] = [
        &[("identifier", "same")],
        &[
            ("account_id", &account),
            ("org_id", "platform"),
            ("identifier", "same"),
        ],
        &[
            ("org_id", "platform"),
            ("project_id", "website"),
            ("identifier", "same"),
        ],
    ];
    let elsewhere = workspace.beside();
    let blocks = connectors.iter().zip(identities);
    let blocks = blocks
        .map(|(connector, identity)| format!("{connector}{}", import(connector.label(), identity)));
    elsewhere.write(&blocks.collect::<String>());
    let plan = elsewhere.plan().finds_changes();
    let actions = plan.actions();
    assert_eq!(actions.len(), 3, "{plan}");
    assert!(actions.values().all(|action| action == "import"), "{plan}");
    elsewhere.apply();
    assert_eq!(elsewhere.state(), workspace.state());
}

#[test(needs(Identity))]
fn an_identity_that_names_nothing_is_an_error_that_says_what_to_write() {
    let workspace = Workspace::new();
    let rows: [(&[(&str, &str)], &str); 4] = [
        (
            &[("identifier", "bb"), ("project_id", "payments")],
            "org_id",
        ),
        (&[("identifier", "account.bb")], "Write \"bb\""),
        (
            &[("identifier", "bb"), ("account_id", "another")],
            "names the account \"another\"",
        ),
        (&[("identifier", "nowhere")], "\"nowhere\""),
    ];
    for (identity, detail) in rows {
        workspace.write(&format!(
            "{}{}",
            Connector::new("bb"),
            import("bb", identity)
        ));
        let run = workspace.plan().failed();
        let error = run.error();
        assert!(error.detail.contains(detail), "{run}");
    }
    assert!(workspace.state().is_empty());
}
