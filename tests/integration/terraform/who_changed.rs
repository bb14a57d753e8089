//! Drift says who and when: what the audit trail adds to a refresh that has found a change, and to the refusal of an
//! apply.

use harness_sandbox::{Action, Answer, Fault, Kind, Scope};
use serde_json::{Value, json};

use super::cli::{Run, Workspace, address};
use super::hcl::Connector;
use super::hosts::test;

const LIST: &str = "/audit/api/audits/list";

/// Returns the summary of the warning about an account connector that was changed outside Terraform.
pub(super) fn drifted(label: &str) -> String {
    format!("Connector \"{label}\" was changed outside Terraform")
}

/// Returns that warning as [`Run::rules`] contains it.
pub(super) fn drift_of(label: &str) -> String {
    format!("{} {label}", drifted(label))
}

/// Runs a refresh-only plan.
fn look(workspace: &Workspace) -> Run {
    workspace.run(&[
        "plan",
        "-json",
        "-input=false",
        "-refresh-only",
        "-detailed-exitcode",
    ])
}

/// Makes changes as this person from now on.
fn act_as(workspace: &Workspace, who: &str) {
    workspace.set(&json!({"changes_by": who}));
}

/// Returns a text with each time replaced by `<moment>`.
fn without_moments(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(" UTC") {
        let start = at - "2026-11-27 22:14".len();
        let (before, moment) = rest[..at].split_at(start);
        let digits = moment.chars().filter(char::is_ascii_digit).count();
        assert_eq!(digits, 12, "{moment}");
        out.push_str(before);
        out.push_str("<moment>");
        rest = &rest[at + " UTC".len()..];
    }
    out + rest
}

fn warned(run: &Run, label: &str) -> (String, String) {
    let mut found = run.diagnostics();
    found.retain(|found| found.address == address(label));
    assert_eq!(found.len(), 1, "{label}: {run}");
    let found = found.remove(0);
    assert_eq!(found.severity, "warning", "{run}");
    (found.summary, without_moments(&found.detail))
}

#[test]
fn a_change_a_deletion_and_another_type_are_named_with_who_and_when() {
    let workspace = Workspace::new();
    workspace.configure(&[
        Connector::new("changed"),
        Connector::new("by_robot"),
        Connector::new("by_harness"),
        Connector::new("deleted"),
        Connector::new("left_alone"),
        Connector::new("in_project").with(&json!({"org_id": "platform", "project_id": "payments"})),
    ]);
    workspace.apply();
    let account = Scope::account();
    workspace.patch(&account, "changed", &json!({"description": "At night"}));
    workspace.patch(&account, "changed", &json!({"tags": {"a": "b"}}));
    workspace.patch(
        &account,
        "changed",
        &json!({"spec": {"url": "https://bitbucket.org/other/", "authentication": {"spec": {"spec": {"username": "me"}}}}}),
    );
    act_as(&workspace, "service_account:robot");
    workspace.patch(&account, "by_robot", &json!({"name": "Renamed"}));
    act_as(&workspace, "system");
    workspace.patch(&account, "by_harness", &json!({"spec": {"proxy": true}}));
    act_as(&workspace, "user");
    workspace
        .platform
        .delete(Kind::Connector, &account, "deleted")
        .expect("it exists");
    act_as(&workspace, "service_account:cleanup");
    workspace
        .platform
        .delete(Kind::Project, &Scope::organization("platform"), "payments")
        .expect("it exists");

    workspace.platform.clear_requests();
    let run = look(&workspace).finds_changes();
    let (summary, detail) = warned(&run, "changed");
    assert_eq!(
        summary,
        "Connector \"changed\" was changed outside Terraform"
    );
    assert_eq!(
        detail,
        "Changed outside Terraform on <moment> by dev@example.com (user). 3 changes since this state was written.\n\n\
         Harness and the state differ in `credentials.http.username`, `description`, `tags`, and `url` \
         (was \"https://bitbucket.org/acme/web.git\", is \"https://bitbucket.org/other/\")."
    );
    let (_, detail) = warned(&run, "by_robot");
    assert_eq!(
        detail,
        "Changed outside Terraform on <moment> by robot (service account). 1 change since this state was written.\n\n\
         Harness and the state differ in `name` (was \"by_robot\", is \"Renamed\")."
    );
    let (_, detail) = warned(&run, "by_harness");
    assert!(
        detail.starts_with("Changed outside Terraform on <moment> by Harness itself. 1 change")
            && detail.ends_with("the state differ in `unmanaged`."),
        "{detail}"
    );
    let (summary, detail) = warned(&run, "deleted");
    assert_eq!(
        summary,
        "Connector \"deleted\" was deleted outside Terraform"
    );
    assert_eq!(
        detail,
        "Deleted outside Terraform on <moment> by a user. 1 change since this state was written."
    );
    let (summary, detail) = warned(&run, "in_project");
    assert_eq!(
        summary,
        "Connector \"platform/payments/in_project\" was deleted outside Terraform"
    );
    assert_eq!(
        detail,
        "Deleted outside Terraform on <moment> together with its project \"payments\" by cleanup (service account)."
    );
    assert_eq!(run.diagnostics().len(), 5, "{run}");
    // One query for each, and two for the one that was deleted with its project.
    assert_eq!(workspace.requests("POST", LIST), 6);
}

#[test]
fn another_type_under_the_identifier_is_an_error_that_names_who_it_was() {
    let workspace = Workspace::new();
    workspace.configure(&[Connector::new("bb")]);
    workspace.apply();
    workspace.replace_by_github("bb");
    let error = workspace.plan().failed().error();
    assert_eq!(error.summary, "Connector is of type Github");
    let detail = without_moments(&error.detail);
    assert!(
        detail.ends_with(
            "\n\nChanged outside Terraform on <moment> by dev@example.com (user). 1 change since this state was written."
        ),
        "{detail}"
    );
}

#[test]
fn a_refusal_to_overwrite_or_delete_names_who_it_was() {
    let workspace = Workspace::new();
    let configure = |text: &str| {
        let connectors = ["kept", "removed"]
            .iter()
            .filter(|label| !(text == "New" && **label == "removed"))
            .map(|label| Connector::new(label).with(&json!({"description": text})))
            .collect::<Vec<_>>();
        workspace.configure(&connectors);
    };
    configure("Old");
    workspace.apply();
    configure("New");
    workspace.save_plan();
    for label in ["kept", "removed"] {
        workspace.patch(&Scope::account(), label, &json!({"tags": {"by": "hand"}}));
    }
    let run = workspace.apply_saved_plan().failed();
    let errors = run.diagnostics();
    assert_eq!(errors.len(), 2, "{run}");
    for error in errors {
        assert_eq!(
            error.summary,
            "Connector was changed after the plan was made"
        );
        let detail = without_moments(&error.detail);
        assert!(
            detail.ends_with(
                "to see the change.\n\nChanged outside Terraform on <moment> by dev@example.com (user). 1 change since this \
                 state was written."
            ),
            "{detail}"
        );
    }
}

#[test]
fn drift_says_when_without_the_permission_or_with_a_late_trail() {
    let workspace = Workspace::new();
    workspace.configure(&[Connector::new("bb"), Connector::new("gone")]);
    workspace.apply();
    let account = Scope::account();
    workspace.patch(&account, "bb", &json!({"description": "At night"}));
    workspace
        .platform
        .delete(Kind::Connector, &account, "gone")
        .expect("it exists");
    let settings = "\n\nHarness and the state differ in `description`.";

    workspace.set(&json!({"audit_delay_ms": 3_600_000}));
    let run = look(&workspace).finds_changes();
    assert_eq!(
        warned(&run, "bb").1,
        format!(
            "Changed outside Terraform on <moment>. The audit trail does not show yet who it was; that can take some minutes.{settings}"
        )
    );
    assert_eq!(
        warned(&run, "gone").1,
        "Deleted outside Terraform. The audit trail does not show yet who it was; that can take some minutes."
    );

    workspace.set(
        &json!({"audit_delay_ms": 0, "denied_permissions": {"developer": ["core_audit_view"]}}),
    );
    workspace.platform.clear_requests();
    let run = look(&workspace).finds_changes();
    assert_eq!(
        warned(&run, "bb").1,
        format!("Changed outside Terraform on <moment>.{settings}")
    );
    // Only that it is gone is known, which the drift itself says.
    assert_eq!(run.diagnostics().len(), 1, "{run}");

    // Whatever the response is: no error, and no warning about it.
    workspace.set(&json!({"denied_permissions": {"developer": null}}));
    for action in [
        Action::Html(502),
        Action::Html(403),
        Action::ResetBefore,
        Action::Answer(Answer::json(
            200,
            json!({"status": "SUCCESS", "data": null}),
        )),
        Action::Answer(Answer::json(
            401,
            json!({"code": "INVALID_TOKEN", "message": "no"}),
        )),
    ] {
        workspace.platform.clear_faults();
        workspace.script(Fault::on("POST", LIST, action).times(0));
        let run = look(&workspace).finds_changes();
        assert_eq!(
            warned(&run, "bb").1,
            format!("Changed outside Terraform on <moment>.{settings}")
        );
        assert_eq!(run.diagnostics().len(), 1, "{run}");
    }
}

#[test]
fn the_audit_trail_is_queried_only_about_found_drift() {
    let workspace = Workspace::new();
    let connector = Connector::new("bb");
    workspace.configure([&connector]);
    workspace.try_apply().succeeded();
    workspace.plan().succeeded();
    let described = connector.with(&json!({"description": "New"}));
    workspace.configure([&described]);
    workspace.try_apply().succeeded();
    workspace.settled();
    // Saved again without a change.
    workspace.patch(&Scope::account(), "bb", &json!({}));
    workspace.settled();
    workspace.run(&["state", "rm", &address("bb")]).succeeded();
    workspace.import("bb", "bb").succeeded();
    assert_eq!(workspace.requests("POST", LIST), 0);

    // Something changed, but Harness is not queried.
    workspace.patch(&Scope::account(), "bb", &json!({"description": "At night"}));
    workspace.write(&format!(
        "provider \"harness\" {{\n  plan_checks = false\n}}\n{described}"
    ));
    let run = look(&workspace).finds_changes();
    assert_eq!(run.diagnostics(), [], "{run}");
    assert_eq!(workspace.requests("POST", LIST), 0);
    // A change without a trace in `lastModifiedAt` cannot be attributed.
    workspace.configure(&[described]);
    workspace.try_apply().succeeded();
    workspace
        .platform
        .patch_untouched(
            Kind::Connector,
            &Scope::account(),
            "bb",
            &json!({"description": "x"}),
        )
        .expect("it exists");
    let run = look(&workspace).finds_changes();
    assert_eq!(run.diagnostics(), [], "{run}");
}

#[test]
fn many_changed_connectors_cost_one_question_more_than_the_first_twenty() {
    let workspace = Workspace::new();
    let labels: Vec<String> = (1..=30).map(|number| format!("c{number}")).collect();
    let connectors: Vec<_> = labels.iter().map(|label| Connector::new(label)).collect();
    workspace.configure(&connectors);
    workspace.try_apply().succeeded();
    for label in &labels {
        workspace.patch(
            &Scope::account(),
            label,
            &json!({"description": "At night"}),
        );
    }
    workspace.platform.clear_requests();
    let run = look(&workspace).finds_changes();
    for label in &labels {
        let (summary, detail) = warned(&run, label);
        assert_eq!(
            summary,
            format!("Connector \"{label}\" was changed outside Terraform")
        );
        assert!(
            detail.starts_with(
                "Changed outside Terraform on <moment> by dev@example.com (user). 1 change since this state was written."
            ),
            "{detail}"
        );
    }
    assert_eq!(workspace.requests("POST", LIST), 21);
}

#[test]
fn the_warning_is_no_part_of_plan_and_state() {
    let workspace = Workspace::new();
    workspace.configure(&[Connector::new("bb")]);
    workspace.apply();
    workspace.patch(&Scope::account(), "bb", &json!({"description": "At night"}));
    let save = |name: &str| -> Value {
        let out = format!("-out={name}");
        let plan = ["plan", "-json", "-input=false", "-refresh-only", &out];
        workspace.run(&plan).succeeded();
        let shown = workspace.run(&["show", "-json", name]).succeeded();
        let mut shown: Value = serde_json::from_str(&shown.stdout).expect("the plan is JSON");
        shown["timestamp"].take();
        shown
    };
    let with_warning = save("with.tfplan");
    workspace.set(&json!({"denied_permissions": {"developer": ["core_audit_view"]}}));
    assert_eq!(save("without.tfplan"), with_warning);
}

#[test]
fn the_data_source_of_one_connector_says_who_changed_it_last() {
    let workspace = Workspace::new();
    let put = |label: &str, who: &str| {
        act_as(&workspace, who);
        workspace.patch(&Scope::account(), label, &json!({"description": "Saved"}));
    };
    put("bitbucket_cloud", "user:dev@example.com");
    put("github_mirror", "system");
    let write = |provider: &str| {
        workspace.write(&format!(
            "{provider}data \"harness_bitbucket_connector\" \"one\" {{\n  identifier = \"bitbucket_cloud\"\n}}\n\
             output \"one\" {{\n  value = [\n    data.harness_bitbucket_connector.one.last_modified_by,\n    \
             data.harness_bitbucket_connector.one.last_change,\n  ]\n}}\n"
        ));
    };
    let shown = || -> Value {
        workspace.try_apply().succeeded();
        let run = workspace.run(&["output", "-json", "one"]).succeeded();
        serde_json::from_str(&run.stdout).expect("the output is JSON")
    };
    write("");
    let one = shown();
    assert_eq!(one[0], "dev@example.com");
    let change = one[1].as_object().expect("an object");
    assert!(change["at"].as_str().expect("a moment").ends_with('Z'));
    let said = ["by", "kind", "action"].map(|name| change[name].as_str());
    assert_eq!(said, ["dev@example.com", "user", "updated"].map(Some));
    put("bitbucket_cloud", "service_account:robot");
    let one = shown();
    assert_eq!(
        (&one[0], &one[1]["kind"]),
        (&json!("robot"), &json!("service_account"))
    );

    // The result is empty if the trail is delayed, cannot be seen, or is not queried.
    let nothing = json!([null, null]);
    workspace.set(&json!({"audit_delay_ms": 3_600_000}));
    assert_eq!(shown(), nothing);
    workspace.set(
        &json!({"audit_delay_ms": 0, "denied_permissions": {"developer": ["core_audit_view"]}}),
    );
    assert_eq!(shown(), nothing);
    workspace.set(&json!({"denied_permissions": {"developer": null}}));
    workspace.platform.clear_requests();
    write("provider \"harness\" {\n  plan_checks = false\n}\n");
    assert_eq!(shown(), nothing);
    assert_eq!(workspace.requests("POST", LIST), 0);
}
