//! `terraform query`: lists of connectors, and the configuration that Terraform generates from them.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use harness_sandbox::{Action, Answer, Fault, Kind, Scope};
use serde_json::{Value, json};

use super::cli::{Run, TYPE, Workspace};
use super::hosts::test;

/// Returns a list block with these lines, and these in its `config`.
fn list(label: &str, lines: &str, config: &str) -> String {
    format!(
        "list \"{TYPE}\" \"{label}\" {{\n  provider = harness\n  {lines}\n\n  config {{\n    {config}\n  }}\n}}\n"
    )
}

/// Runs the query, with any outcome.
fn query(workspace: &Workspace, blocks: &str) -> Run {
    workspace.write_file("main.tfquery.hcl", blocks);
    workspace.run(&["query", "-json"])
}

/// Returns what a query has found, in its order.
fn found(run: &Run) -> Vec<Value> {
    let messages = run.messages();
    let found = messages.into_iter().filter_map(|mut message| {
        let found = message.get_mut("list_resource_found")?;
        Some(found.take())
    });
    found.collect()
}

/// Returns the identifiers that the list with this label has found, in its order.
fn identifiers(run: &Run, label: &str) -> Vec<String> {
    let address = format!("list.{TYPE}.{label}");
    let found = found(run).into_iter();
    let found = found.filter(|found| found["address"] == address.as_str());
    found
        .map(|found| {
            let identifier = found["identity"]["identifier"].as_str();
            identifier
                .expect("an identity has an identifier")
                .to_owned()
        })
        .collect()
}

/// Runs a query with a list for each row (its label, its arguments, its configuration), which finds the connectors with
/// these identifiers.
fn lists(workspace: &Workspace, rows: &[(&str, &str, &str, Vec<&str>)]) -> Run {
    let blocks = rows
        .iter()
        .map(|(label, lines, config, _)| list(label, lines, config));
    let run = query(workspace, &blocks.collect::<String>()).succeeded();
    assert_eq!(run.diagnostics(), [], "{run}");
    for (label, _, _, expected) in rows {
        assert_eq!(identifiers(&run, label), *expected, "{label}: {run}");
    }
    run
}

#[test(needs(Lists))]
fn a_list_has_what_its_filters_and_its_limit_leave_of_its_scope() {
    let workspace = Workspace::new();
    let scope = "org_id = \"platform\"\n    project_id = \"website\"";
    let rows = [
        (
            "account",
            "",
            "",
            vec![
                "bitbucket_cloud",
                "bitbucket_cloud_api_token",
                "bitbucket_cloud_email_secret",
                "bitbucket_oauth",
                "bitbucket_project",
            ],
        ),
        (
            "organization",
            "",
            "org_id = \"platform\"",
            vec!["bitbucket_server", "bitbucket_server_ssh"],
        ),
        (
            "project",
            "",
            scope,
            vec![
                "website_ssh_access_token",
                "website_ssh_api_token",
                "website_ssh_oauth",
                "website_username_token",
            ],
        ),
        (
            "searched",
            "",
            "search_term = \"api_token\"",
            vec!["bitbucket_cloud_api_token"],
        ),
        (
            "tagged",
            "",
            "tags = { owner = \"platform\" }",
            vec!["bitbucket_cloud"],
        ),
        (
            "limited",
            "limit = 2",
            "",
            vec!["bitbucket_cloud", "bitbucket_cloud_api_token"],
        ),
        (
            "limited_and_searched",
            "limit = 1",
            &format!("{scope}\n    search_term = \"website_ssh\""),
            vec!["website_ssh_access_token"],
        ),
        ("nothing", "", "tags = { owner = \"no one\" }", vec![]),
    ];
    lists(&workspace, &rows);
}

#[test(needs(Lists))]
fn a_recursive_list_covers_scopes_below_and_reports_gaps() {
    let workspace = Workspace::new();
    let rows = [
        (
            "app_passwords",
            "",
            "recursive = true\n    api_access_type = \"username_token\"\n    deployment = \"Cloud\"",
            vec!["website_username_token"],
        ),
        (
            "organization",
            "",
            "recursive = true\n    org_id = \"platform\"\n    search_term = \"^payments\"",
            vec!["payments_repo", "payments_ssh"],
        ),
        (
            "limited",
            "limit = 6",
            "recursive = true",
            vec![
                "bitbucket_cloud",
                "bitbucket_cloud_api_token",
                "bitbucket_cloud_email_secret",
                "bitbucket_oauth",
                "bitbucket_project",
                "bitbucket_server",
            ],
        ),
    ];
    let run = lists(&workspace, &rows);
    let found = found(&run);
    let website = found
        .iter()
        .find(|found| found["identity"]["identifier"] == "website_username_token");
    let website = website.expect("it is found");
    assert_eq!(website["identity"]["org_id"], "platform");
    assert_eq!(website["identity"]["project_id"], "website");

    let denied = ["payments_repo", "payments_ssh"].map(|id| format!("core_connector_view:{id}"));
    workspace.set(&json!({"denied_permissions": {"developer": denied}}));
    let config = "recursive = true\n    org_id = \"platform\"";
    let run = query(&workspace, &list("partly", "", config)).succeeded();
    run.warning().says(
        "Some connectors could not be listed",
        &["connectors of the project \"payments\" of organization \"platform\""],
    );
    assert_eq!(identifiers(&run, "partly").len(), 6, "{run}");
}

#[test(needs(Lists))]
fn a_list_gives_names_identities_and_on_demand_every_setting() {
    let workspace = Workspace::new();
    let config = "org_id = \"platform\"\n    project_id = \"payments\"";
    let run = query(
        &workspace,
        &(list("bare", "", config) + &list("whole", "include_resource = true", config)),
    )
    .succeeded();
    let found = found(&run);
    assert_eq!(found.len(), 4, "{run}");
    for found in &found {
        let identity = &found["identity"];
        assert_eq!(identity["account_id"], workspace.platform.account_id());
        assert_eq!(identity["org_id"], "platform");
        assert_eq!(identity["project_id"], "payments");
        let scope = Scope::project("platform", "payments");
        let identifier = identity["identifier"].as_str().expect("an identifier");
        let stored = workspace.stored(&scope, identifier).expect(identifier);
        assert_eq!(found["display_name"], stored["name"]);
        let is_whole = found["address"] == format!("list.{TYPE}.whole");
        let url = is_whole.then(|| &stored["spec"]["url"]);
        assert_eq!(found.pointer("/resource_object/url"), url, "{found}");
    }
}

#[test(needs(Lists))]
fn what_a_query_writes_plans_as_imports_only() {
    let workspace = Workspace::new();
    // The provider cannot set this URL type, and says so; the imports cover this case.
    workspace
        .platform
        .delete(Kind::Connector, &Scope::account(), "bitbucket_project")
        .expect("it exists");
    let before = workspace.platform.state()["connectors"].clone();
    let in_project =
        |project: &str| format!("org_id = \"platform\"\n    project_id = \"{project}\"");
    workspace.write_file(
        "main.tfquery.hcl",
        &[
            list("account", "", ""),
            list(
                "organization",
                "include_resource = true",
                "org_id = \"platform\"",
            ),
            list("payments", "", &in_project("payments")),
            list("website", "include_resource = true", &in_project("website")),
        ]
        .concat(),
    );
    workspace
        .run(&["query", "-no-color", "-generate-config-out=generated.tf"])
        .succeeded();
    let generated = workspace.read_file("generated.tf");
    let number = generated.matches("\nimport {").count();
    assert_eq!(number, 12, "{generated}");
    assert_eq!(
        generated.matches(&format!("resource \"{TYPE}\"")).count(),
        number
    );

    workspace.run(&["validate", "-no-color"]).succeeded();
    let plan = workspace.plan().finds_changes();
    let actions = plan.actions();
    assert_eq!(actions.len(), number, "{plan}");
    assert!(
        actions.values().all(|action| action == "import"),
        "{actions:?}\n{plan}"
    );
    workspace.try_apply().succeeded();
    workspace.settled();
    assert_eq!(workspace.state().len(), number);
    assert_eq!(workspace.platform.state()["connectors"], before);
}

#[test(needs(Lists))]
fn the_example_of_a_list_finds_what_it_says() {
    let workspace = Workspace::new();
    let scope = Scope::organization("platform");
    workspace.patch(
        &scope,
        "bitbucket_server",
        &json!({"tags": {"team": "web"}}),
    );
    let example = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("examples/list-resources/harness_bitbucket_connector/list-resource.tfquery.hcl");
    let example = fs::read_to_string(example).expect("it can be read");
    let run = query(&workspace, &example).succeeded();
    assert_eq!(identifiers(&run, "web"), ["bitbucket_server"], "{run}");
    let app_passwords = identifiers(&run, "app_passwords");
    assert_eq!(app_passwords, ["website_username_token"], "{run}");
}

#[test(needs(Lists))]
fn mistakes_in_a_list_and_a_listing_that_fails_are_errors_that_say_so() {
    let workspace = Workspace::new();
    for (config, summary, detail) in [
        (
            "project_id = \"payments\"",
            "Project without organization",
            "Add `org_id` with the Id of the organization",
        ),
        (
            "org_id = \"nowhere\"",
            "Organization not found",
            "\"nowhere\"",
        ),
    ] {
        let run = query(&workspace, &list("all", "", config)).failed();
        run.error().says(summary, &[detail]);
    }
    let refused = Fault::on(
        "POST",
        "/ng/api/connectors/listV2",
        Action::Answer(Answer::status(403)),
    );
    workspace.script(refused);
    let run = query(&workspace, &list("all", "", "")).failed();
    let summaries: BTreeSet<String> = run.diagnostics().into_iter().map(|it| it.summary).collect();
    assert_eq!(
        summaries,
        ["Connectors could not be read".to_owned()].into(),
        "{run}"
    );
}
