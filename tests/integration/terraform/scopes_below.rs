//! The data source for many connectors, for all scopes below its own, and with filters.

use serde_json::{Value, json};

use super::cli::Workspace;
use super::data_sources::{MANY, both, data, found};
use super::hosts::test;

/// Returns the import ids that a data block has found.
fn ids(found: &Value) -> Vec<&str> {
    let connectors = found["connectors"].as_array().expect("a list").iter();
    connectors
        .map(|connector| connector["id"].as_str().expect("a text"))
        .collect()
}

#[test]
fn connectors_are_found_by_api_access_and_deployment_in_all_scopes_below() {
    let workspace = Workspace::new();
    let of = |arguments: Value| both(&json!({"recursive": true}), &arguments);
    let rows = [
        (
            "app_passwords",
            of(json!({"api_access_type": "username_token", "deployment": "Cloud"})),
            vec!["platform/website/website_username_token"],
        ),
        (
            "servers",
            of(json!({"deployment": "DataCenter"})),
            vec![
                "bitbucket_project",
                "platform/bitbucket_server",
                "platform/bitbucket_server_ssh",
            ],
        ),
        (
            "oauth",
            of(json!({"api_access_type": "oauth"})),
            vec!["bitbucket_oauth", "platform/website/website_ssh_oauth"],
        ),
        (
            "organization",
            of(json!({"org_id": "platform", "api_access_type": "none"})),
            vec![
                "platform/payments/payments_repo",
                "platform/payments/payments_ssh",
            ],
        ),
        // There is nothing below a project.
        (
            "project",
            of(json!({"org_id": "platform", "project_id": "payments"})),
            vec![
                "platform/payments/payments_repo",
                "platform/payments/payments_ssh",
            ],
        ),
        (
            "account_alone",
            json!({"recursive": false, "api_access_type": "access_token"}),
            vec!["bitbucket_cloud"],
        ),
        ("nothing_below", of(json!({"org_id": "default"})), vec![]),
    ];
    let blocks = rows
        .iter()
        .map(|(label, arguments, _)| data(MANY, label, arguments));
    workspace.write(&(blocks.collect::<String>() + &data(MANY, "all", &of(json!({})))));
    let run = workspace.try_apply().succeeded();
    assert_eq!(run.diagnostics(), [], "{run}");
    for (label, _, expected) in rows {
        assert_eq!(ids(&found(&workspace, MANY, label)), expected, "{label}");
    }
    // Sorted by scope, then by identifier; each contains its scope.
    let all = found(&workspace, MANY, "all");
    let all = ids(&all);
    assert_eq!(all.len(), 13, "{all:?}");
    assert_eq!(all.first(), Some(&"bitbucket_cloud"));
    assert_eq!(
        all[5..7],
        ["platform/bitbucket_server", "platform/bitbucket_server_ssh"]
    );
    assert_eq!(all.last(), Some(&"platform/website/website_username_token"));
}

#[test]
fn unreadable_scopes_are_listed_and_wrong_arguments_are_errors() {
    let workspace = Workspace::new();
    let everything = json!({"recursive": true, "api_access_type": "username_token"});
    workspace.write(&data(MANY, "all", &everything));
    let hidden = ["bitbucket_server", "bitbucket_server_ssh"];
    let mut denied: Vec<String> = hidden.map(|id| format!("core_connector_view:{id}")).into();
    workspace.set(&json!({"denied_permissions": {"developer": denied}}));
    let run = workspace.try_apply().succeeded();
    run.warning().says(
        "Some connectors could not be listed",
        &[
            "connectors of the organization \"platform\": The API key lacks core_connector_view",
            "connectors of the project \"default_project\" of organization \"default\": ",
            "Harness may also refuse such a key",
        ],
    );
    let all = found(&workspace, MANY, "all");
    assert_eq!(ids(&all), ["platform/website/website_username_token"]);

    // A key that can see nothing at all gets an error rather than an empty list.
    denied.push("core_connector_view".to_owned());
    workspace.set(&json!({"denied_permissions": {"developer": denied}}));
    let run = workspace.plan().failed();
    let error = run.error();
    assert!(
        error.summary.starts_with("Connectors could not be read"),
        "{run}"
    );
    workspace.set(&json!({"denied_permissions": {}}));

    for (arguments, summary, details) in [
        (
            json!({"recursive": true, "org_id": "nowhere"}),
            "Organization not found",
            &["There is no organization \"nowhere\""][..],
        ),
        (
            json!({"api_access_type": "UsernameToken"}),
            "Invalid api_access_type",
            &[
                "\"oauth\" for what the Harness UI sets up",
                "Write \"username_token\".",
            ],
        ),
        (
            json!({"deployment": "Server"}),
            "Invalid deployment",
            &["\"Cloud\" for bitbucket.org", "Write \"DataCenter\"."],
        ),
    ] {
        workspace.write(&data(MANY, "all", &arguments));
        workspace.plan().failed().error().says(summary, details);
    }
}
