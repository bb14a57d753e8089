//! Many connectors in one configuration.

use harness_sandbox::{Action, Answer, Fault, Kind, Scope};
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
fn twenty_connectors_need_one_request_per_change() {
    let workspace = Workspace::new();
    let untouched = workspace.platform.state()["connectors"].clone();
    workspace.write(&configuration(20, 99));
    workspace.save_plan();
    let plan = workspace.shown_plan();
    // Everything about a connector is known before it exists, including its reference.
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
fn a_refused_connector_does_not_stop_the_others() {
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

#[test]
fn a_refresh_of_many_lists_their_scope_and_finds_each_drift() {
    let workspace = Workspace::new();
    workspace.write(&configuration(30, 99));
    workspace.apply();
    let (reads, pages) = ("/ng/api/connectors/r", "/ng/api/connectors/listV2");
    let cost = |workspace: &Workspace| {
        let cost = (
            workspace.requests("GET", reads),
            workspace.requests("POST", pages),
        );
        workspace.platform.clear_requests();
        cost
    };

    workspace.platform.clear_requests();
    workspace.plan().finds_nothing();
    assert_eq!(cost(&workspace), (9, 1));
    workspace.undrifted();
    assert_eq!(cost(&workspace), (9, 1));

    let changed = json!({"spec": {"url": "https://bitbucket.org/acme/other.git"}});
    workspace.patch(&Scope::account(), "r17", &changed);
    let deleted = workspace
        .platform
        .delete(Kind::Connector, &Scope::account(), "r23");
    deleted.unwrap();
    let run = workspace.plan();
    let expected = json!({
        format!("{TYPE}.each[\"r17\"]"): "update",
        format!("{TYPE}.each[\"r23\"]"): "create",
    });
    assert_eq!(Value::from_iter(run.actions()), expected);
    let (alone, listed) = cost(&workspace);
    // Terraform reads in its own order, and both are read individually, before the listing or after it.
    assert!(
        (9..=11).contains(&alone) && listed == 1,
        "{alone}, {listed}"
    );
}

#[test]
fn a_key_that_may_not_list_reads_one_by_one_without_a_message() {
    let workspace = Workspace::new();
    workspace.write(&configuration(15, 99));
    workspace.apply();
    let denied = json!({"status": "ERROR", "code": "NG_ACCESS_DENIED", "correlationId": "c-1",
        "message": "Missing permission core_connector_view on CONNECTOR", "metadata": null});
    let list = Fault::on(
        "POST",
        "/ng/api/connectors/listV2",
        Action::Answer(Answer::json(403, denied)),
    );
    workspace.script(list.times(0));
    workspace.platform.clear_requests();
    workspace.plan().finds_nothing();
    assert_eq!(workspace.requests("GET", "/ng/api/connectors/r"), 15);
    assert_eq!(workspace.requests("POST", "/ng/api/connectors/listV2"), 1);
}
