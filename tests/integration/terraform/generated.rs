//! `terraform plan -generate-config-out`: Terraform writes the configuration of connectors that exist already.

use super::cli::{TYPE, Workspace, address};
use super::hcl;
use serde_json::Value;
use std::collections::BTreeSet;

/// A connector whose URL is that of a project. Harness's interface offers no such type, and this provider sets none.
const OF_A_PROJECT: &str = "bitbucket_project";

/// Every Bitbucket connector of the sandbox's account that can be managed: a label, and its import id.
fn connectors(workspace: &Workspace) -> Vec<(String, String)> {
    let state = workspace.platform.state();
    let all = state["connectors"].as_array().expect("a list");
    let bitbucket = all
        .iter()
        .map(|each| &each["connector"])
        .filter(|each| each["type"] == "Bitbucket");
    bitbucket
        .map(|connector| {
            let part = |name: &str| connector[name].as_str().map(str::to_owned);
            let parts = ["orgIdentifier", "projectIdentifier", "identifier"].map(part);
            let identifier = parts[2].clone().expect("a connector has an identifier");
            let id: Vec<String> = parts.into_iter().flatten().collect();
            (identifier, id.join("/"))
        })
        .filter(|(label, _)| label != OF_A_PROJECT)
        .collect()
}

#[test]
fn the_configuration_that_terraform_writes_for_every_connector_of_the_account_is_valid_and_plans_nothing()
 {
    let workspace = Workspace::new();
    let connectors = connectors(&workspace);
    assert!(connectors.len() > 10, "{connectors:?}");
    let before = workspace.platform.state()["connectors"].clone();
    let imports: Vec<String> = connectors
        .iter()
        .map(|(label, id)| hcl::import(label, id))
        .collect();
    workspace.write(&imports.concat());

    let generate = [
        "plan",
        "-json",
        "-input=false",
        "-generate-config-out=generated.tf",
    ];
    let plan = workspace.run(&generate).succeeded();
    let imported: BTreeSet<String> = connectors.iter().map(|(label, _)| address(label)).collect();
    let actions = plan.actions();
    assert_eq!(actions.keys().cloned().collect::<BTreeSet<_>>(), imported);
    assert!(actions.values().all(|action| action == "import"), "{plan}");

    let written = workspace.read_file("generated.tf");
    assert_eq!(
        written.matches(&format!("resource \"{TYPE}\"")).count(),
        connectors.len()
    );
    // What only the platform decides is not in it.
    for computed in [" id ", " ref "] {
        assert!(!written.contains(computed), "{written}");
    }
    let validation = workspace.run(&["validate", "-json"]).succeeded();
    let validation: Value = serde_json::from_str(&validation.stdout).expect("JSON");
    assert_eq!(validation["error_count"], 0, "{validation:#}\n{written}");

    let run = workspace.try_apply().succeeded();
    assert!(
        run.actions().values().all(|action| action == "import"),
        "{run}"
    );
    workspace.settled();
    assert_eq!(workspace.platform.state()["connectors"], before);
}

#[test]
fn import_blocks_with_for_each_take_over_many_connectors_at_once() {
    let workspace = Workspace::new();
    let payments = r#"
locals {
  existing = {
    payments_repo = {
      url = "https://bitbucket.org/example-works/payments.git"
    }
    second = {
      url = "https://bitbucket.org/example-works/second.git"
    }
  }
}

resource "harness_bitbucket_connector" "team" {
  for_each = local.existing

  name            = each.key
  identifier      = each.key
  org_id          = "platform"
  project_id      = "payments"
  url_type        = "Repository"
  connection_type = "HTTP"
  url             = each.value.url

  credentials {
    http {
      username     = "payments-bot"
      password_ref = "payments_token"
    }
  }
}
"#;
    workspace.write(payments);
    workspace
        .run(&[
            "apply",
            "-json",
            "-input=false",
            "-auto-approve",
            "-target=harness_bitbucket_connector.team[\"second\"]",
        ])
        .succeeded();
    let elsewhere = workspace.beside();
    elsewhere.write(&format!(
        "{payments}\nimport {{\n  for_each = local.existing\n  to = harness_bitbucket_connector.team[each.key]\n  id = \"platform/payments/${{each.key}}\"\n}}\n"
    ));
    let run = elsewhere.try_apply().succeeded();
    let actions = run.actions();
    assert_eq!(actions.len(), 2, "{run}");
    assert_eq!(
        actions["harness_bitbucket_connector.team[\"second\"]"],
        "import"
    );
    elsewhere.settled();
}

#[test]
fn a_connector_whose_url_type_cannot_be_set_is_named_in_a_warning_with_what_to_do() {
    let workspace = Workspace::new();
    workspace.write(&hcl::import(OF_A_PROJECT, OF_A_PROJECT));
    let generate = [
        "plan",
        "-json",
        "-input=false",
        "-generate-config-out=generated.tf",
    ];
    let plan = workspace.run(&generate).failed();
    let findings = plan.diagnostics();
    let warning = findings
        .iter()
        .find(|found| found.summary == "URL type of an unknown kind");
    warning.expect("the warning").says(
        "URL type of an unknown kind",
        &[
            "\"Project\"",
            "leave the connector out of the configuration",
        ],
    );
}
