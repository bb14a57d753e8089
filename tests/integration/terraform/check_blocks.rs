//! Check blocks: the connection test as a condition that warns and never stops a run.

use harness_sandbox::{Action, Fault};
use serde_json::json;

use super::cli::{Finding, Run, Workspace};
use super::hosts::test;

const DATA: &str = "data \"harness_bitbucket_connection_test\" \"cloud\" {\n  identifier = \"bitbucket_cloud\"\n}\n";

/// Nulls in a message would be errors, even if the check passes.
const ASSERTION: &str = r"
  assert {
    condition = data.harness_bitbucket_connection_test.cloud.success
    error_message = <<-EOT
      Harness cannot use bitbucket_cloud.
      ${data.harness_bitbucket_connection_test.cloud.error_summary}
      ${data.harness_bitbucket_connection_test.cloud.hint}
    EOT
  }
";

/// Returns a check with the data source inside.
fn nested() -> String {
    format!("check \"connection\" {{\n{DATA}{ASSERTION}}}\n")
}

/// Returns a check with the data source next to it.
fn beside() -> String {
    format!("{DATA}check \"connection\" {{\n{ASSERTION}}}\n")
}

/// Returns the diagnostics of a run about check blocks and their contents, each once.
fn warnings(run: &Run) -> Vec<Finding> {
    let mut warnings = run.diagnostics();
    warnings.dedup();
    for warning in &warnings {
        assert_eq!(warning.severity, "warning", "{run}");
    }
    warnings
}

#[test(needs(CheckBlocks))]
fn a_check_warns_with_cause_and_remedy_only_on_failure() {
    // With the data source inside the check, Terraform always plans to read it again: exit code 2.
    for (configuration, exit_code) in [(nested(), 2), (beside(), 0)] {
        let workspace = Workspace::new();
        workspace.write(&configuration);
        let passing = workspace.plan().ended_with(exit_code);
        assert_eq!(passing.diagnostics(), [], "{passing}");
        assert_eq!(workspace.try_apply().succeeded().diagnostics(), []);

        workspace.set(&json!({"test_outcomes": {"bitbucket_cloud": "not_authorized"}}));
        for failing in [
            workspace.plan().ended_with(exit_code),
            workspace.try_apply().succeeded(),
        ] {
            let found = warnings(&failing);
            assert_eq!(found.len(), 1, "{found:#?}");
            found[0].says(
                "Check block assertion failed",
                &[
                    "Harness cannot use bitbucket_cloud.",
                    "Provided credentials are not authorized: not authorized: \
                     https://bitbucket.org/example-works/website.git",
                    "with an access token, `x-token-auth`",
                    "Please ensure that the credentials are correct.",
                ],
            );
        }
    }
}

#[test(needs(CheckBlocks))]
fn a_failing_check_shows_what_to_do_on_the_terminal() {
    let workspace = Workspace::new();
    workspace.write(&beside());
    workspace.set(&json!({"test_outcomes": {"bitbucket_cloud": "timeout"}}));
    let run = workspace
        .run(&["plan", "-no-color", "-input=false"])
        .succeeded();
    let (_, warning) = run
        .stdout
        .split_once("\nWarning: Check block assertion failed")
        .unwrap_or_else(|| panic!("a warning is expected\n{run}"));
    let expected = r#"

  on main.tf line 7, in check "connection":
   7:     condition = data.harness_bitbucket_connection_test.cloud.success
    ├────────────────
    │ data.harness_bitbucket_connection_test.cloud.success is false

Harness cannot use bitbucket_cloud.
Git connection timed out: Couldn't connect to given repo:
https://bitbucket.org/example-works/website.git
"#;
    assert!(warning.starts_with(expected), "{run}");
}

#[test(needs(CheckBlocks))]
fn whatever_a_test_finds_is_a_result_of_the_data_source() {
    let workspace = Workspace::new();
    // Outcome, success, status, in the summary, in the hint; "" if there is none.
    let rows = [
        ("success", true, "SUCCESS", "", ""),
        ("partial", false, "PARTIAL", "", ""),
        ("unknown", false, "UNKNOWN", "", ""),
        (
            "bad_url",
            false,
            "FAILURE",
            "Provided repo url is invalid",
            "or `url`",
        ),
        (
            "no_delegate",
            false,
            "FAILURE",
            "No Delegate Found",
            "No connected delegate",
        ),
        (
            "missing_secret",
            false,
            "FAILURE",
            "No secret configured",
            "",
        ),
        ("unexpected", false, "FAILURE", "Unexpected Error", ""),
    ];
    for no_delegate_status in [200, 400] {
        for (outcome, success, status, summary, hint) in rows {
            workspace.set(&json!({
                "test_outcomes": {"bitbucket_cloud": outcome}, "no_delegate_status": no_delegate_status,
            }));
            workspace.write(
                "data \"harness_bitbucket_connection_test\" \"cloud\" {\n  identifier = \"bitbucket_cloud\"\n}\n",
            );
            let run = workspace.try_apply().succeeded();
            assert_eq!(run.diagnostics(), [], "{run}");
            let found = &workspace.state()["data.harness_bitbucket_connection_test.cloud"];
            assert_eq!(found["success"], success, "{outcome}");
            assert_eq!(found["status"], status, "{outcome}");
            for (name, part) in [("error_summary", summary), ("hint", hint)] {
                let text = found[name].as_str().expect("never null");
                assert!(text.contains(part), "{outcome}: {text}");
            }
            if success {
                assert_eq!(
                    (&found["error_summary"], &found["hint"]),
                    (&json!(""), &json!(""))
                );
            }
            let errors = found["errors"].as_array().expect("a list");
            assert_eq!(
                errors.is_empty(),
                summary.is_empty(),
                "{outcome}: {errors:?}"
            );
            assert!(
                errors
                    .iter()
                    .all(|error| error["message"].is_string() || error["reason"].is_string()),
                "{outcome}: {errors:?}"
            );
            let tested_at = found["tested_at"].as_str().unwrap_or_default();
            assert!(tested_at.ends_with('Z'), "{outcome}: {found}");
        }
    }
}

#[test(needs(CheckBlocks))]
fn an_untestable_connector_is_an_error_but_a_warning_in_a_check() {
    let workspace = Workspace::new();
    workspace.write(&nested().replace("= \"bitbucket_cloud\"", "= \"bitbucket_clod\""));
    let found = warnings(&workspace.plan().ended_with(2));
    assert!(
        found
            .iter()
            .any(|it| it.summary == "Connector not found"
                && it.detail.contains("\"bitbucket_cloud\"")),
        "{found:#?}"
    );

    let rows = [
        ("missing", "bitbucket_clod", "Connector not found"),
        ("other_type", "github_mirror", "Connector is of type Github"),
        (
            "refused",
            "bitbucket_oauth",
            "Connection could not be tested",
        ),
    ];
    workspace.script(
        Fault::on(
            "POST",
            "/ng/api/connectors/testConnection/bitbucket_oauth",
            Action::Html(403),
        )
        .times(0),
    );
    let blocks: Vec<String> = rows
        .iter()
        .map(|(label, identifier, _)| {
            format!("data \"harness_bitbucket_connection_test\" \"{label}\" {{\n  identifier = \"{identifier}\"\n}}\n")
        })
        .collect();
    workspace.write(&blocks.concat());
    let run = workspace.plan().failed();
    let errors = run.diagnostics();
    assert_eq!(errors.len(), rows.len(), "{run}");
    for (label, _, summary) in rows {
        let error = errors.iter().find(|error| error.address.ends_with(label));
        assert_eq!(
            error.map(|error| error.summary.as_str()),
            Some(summary),
            "{run}"
        );
    }
}

#[test(needs(CheckBlocks))]
fn a_plan_runs_the_test_once() {
    for configuration in [nested(), beside()] {
        let workspace = Workspace::new();
        workspace.write(&configuration);
        workspace.run(&["plan", "-input=false"]).succeeded();
        let tests = workspace.requests("POST", "/ng/api/connectors/testConnection/");
        assert_eq!(tests, 1);
    }
}
