//! Many connectors in one configuration.

use serde_json::{Value, json};

use super::cli::{TYPE, Workspace};
use super::hosts::test;

fn configuration(count: usize, changed: usize) -> String {
    format!(
        r#"
resource "{TYPE}" "each" {{
  for_each = toset([for n in range({count}) : format("r%02d", n)])

  name            = each.key
  description     = each.key == "r{changed:02}" ? "Changed" : "Repository ${{each.key}}"
  url_type        = "Repository"
  connection_type = "HTTP"
  url             = "https://bitbucket.org/acme/${{each.key}}.git"

  credentials {{
    http {{
      username     = "jdoe"
      password_ref = "account.bitbucket_token"
    }}
  }}
}}

output "refs" {{
  value = [for connector in {TYPE}.each : connector.ref]
}}
"#
    )
}

#[test]
fn twenty_connectors_are_created_changed_thinned_out_and_destroyed_each_with_one_request() {
    let workspace = Workspace::new();
    let untouched = workspace.platform.state()["connectors"].clone();
    workspace.write(&configuration(20, 99));
    workspace.save_plan();
    let plan = workspace.shown_plan();
    // Everything about a connector is known before it exists, its reference included.
    assert_eq!(
        plan["planned_values"]["outputs"]["refs"]["value"]
            .as_array()
            .map(Vec::len),
        Some(20)
    );
    workspace.apply_saved_plan().succeeded();
    workspace.settled();
    let creations = workspace.platform.requests();
    let creations = creations
        .iter()
        .filter(|request| request.method == "POST" && request.path == "/ng/api/connectors");
    assert_eq!(creations.count(), 20);
    assert_eq!(workspace.state().len(), 20);

    workspace.platform.clear_requests();
    workspace.write(&configuration(20, 7));
    let run = workspace.apply();
    let changed = json!({format!("{TYPE}.each[\"r07\"]"): "update"});
    assert_eq!(Value::from_iter(run.actions()), changed);
    assert_eq!(workspace.requests("PUT", "/"), 1);

    workspace.write(&configuration(15, 7));
    let run = workspace.apply();
    assert!(run.actions().values().all(|action| action == "delete"));
    assert_eq!(workspace.requests("DELETE", "/"), 5);
    assert_eq!(workspace.state().len(), 15);

    workspace.destroy();
    assert_eq!(workspace.platform.state()["connectors"], untouched);
}

#[test]
fn one_refusal_keeps_none_of_the_others_from_being_created_and_only_the_refused_one_is_planned_again()
 {
    let workspace = Workspace::new();
    workspace.set(&json!({"governance": [{
        "policy": "Not this one", "severity": "error",
        "when": {"pointer": "/identifier", "matches": "^r03$"},
    }]}));
    workspace.write(&configuration(10, 99));
    let run = workspace.try_apply().failed();
    let error = run.error();
    error.says(
        "A policy denied the connector",
        &["policy \"Not this one\"", "(rule M01)"],
    );
    assert_eq!(error.address, format!("{TYPE}.each[\"r03\"]"));
    assert_eq!(workspace.state().len(), 9);

    workspace.set(&json!({"governance": []}));
    let run = workspace.apply();
    let created = json!({format!("{TYPE}.each[\"r03\"]"): "create"});
    assert_eq!(Value::from_iter(run.actions()), created);
}
