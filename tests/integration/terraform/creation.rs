//! Creation with obstacles: never two connectors, never one that is not in the state, and an error that says what to
//! do.

use harness_sandbox::{Action, Answer, Fault, Scope};
use serde_json::json;

use super::cli::{Run, Workspace, address};
use super::hcl::Connector;
use super::hosts::{self, test};

const CONNECTORS: &str = "/ng/api/connectors";

#[test]
fn an_identifier_that_is_taken_is_an_error_with_the_import_command() {
    for (id, label, arguments) in [
        ("bitbucket_cloud", "bitbucket_cloud", json!({})),
        // Of another type; of an organization; of a project.
        ("github_mirror", "github_mirror", json!({})),
        (
            "platform/bitbucket_server",
            "bitbucket_server",
            json!({"org_id": "platform"}),
        ),
        (
            "platform/payments/payments_repo",
            "payments_repo",
            json!({"org_id": "platform", "project_id": "payments"}),
        ),
    ] {
        let workspace = Workspace::new();
        let before = workspace.platform.state();
        workspace.configure(&[Connector::new(label).with(&arguments)]);
        let run = workspace.try_apply().failed();
        let warned = format!("I10 {label}");
        run.error_warned(&[&warned]).says(
            "Connector already exists",
            &[&format!(
                "terraform import harness_bitbucket_connector.<name> {id}"
            )],
        );
        assert!(workspace.state().is_empty());
        assert_eq!(workspace.platform.state(), before);
    }
}

#[test]
fn a_policys_denial_is_an_error_with_its_name_and_its_words() {
    let workspace = Workspace::new();
    workspace.set(&json!({"governance": [
        {
            "policy": "No plain HTTP", "policy_set": "Security", "severity": "error",
            "messages": ["write https", "or ask security@example.com"],
            "when": {"pointer": "/spec/url", "matches": "^http:"},
        },
        {"policy": "Owner", "severity": "warning", "messages": ["name an owner"]},
    ]}));
    let connector = Connector::new("bb");
    workspace.configure(&[connector
        .clone()
        .with(&json!({"url": "http://bitbucket.example.com/scm/WEB/web.git"}))]);
    let run = workspace.try_apply().failed();
    assert_eq!(run.rules(), ["M01 bb", "U16 bb"].map(str::to_owned).into());
    let diagnostics = run.diagnostics();
    let denial = diagnostics.last().expect("there is an error");
    assert_eq!(denial.severity, "error");
    denial.says(
        "A policy denied the connector",
        &[
            "policy \"No plain HTTP\" in policy set \"Security\"",
            "write https; or ask security@example.com",
        ],
    );
    assert!(workspace.state().is_empty());
    assert_eq!(workspace.stored(&Scope::account(), "bb"), None);

    workspace.configure(&[connector]);
    workspace.try_apply().succeeded();
    workspace.settled();
    assert!(workspace.stored(&Scope::account(), "bb").is_some());
}

#[test]
fn a_connector_is_created_exactly_once_whatever_becomes_of_the_answer() {
    let unavailable = || Answer::json(503, json!({"message": "upstream connect error"}));
    let page = || Answer {
        body: Some("<!DOCTYPE html><title>Blocked</title>".to_owned()),
        ..Answer::status(403).with_header("Content-Type", "text/html")
    };
    let no_route = || Answer::json(404, json!({"message": "no Route matched"}));
    let sign_in = || Answer::status(302).with_header("Location", "https://login.example.com/sso");
    let error_inside = || {
        let body = json!({"status": "ERROR", "code": "UNKNOWN_ERROR", "message": "Oops"});
        Answer::json(200, body)
    };
    // What happens to the first POST, and how many are sent in the end.
    let faults = [
        ("cut_after", Action::CommitThenReset, 1),
        ("cut_within", Action::CutBody, 1),
        (
            "unavailable_after",
            Action::CommitThenAnswer(unavailable()),
            1,
        ),
        ("never_answered", Action::CommitThenHang, 1),
        ("cut_before", Action::ResetBefore, 2),
        ("unavailable", Action::Answer(unavailable()), 2),
        ("edge_page", Action::Html(502), 2),
        ("never_answered_before", Action::Hang, 2),
        // A response that is not Harness's says nothing, whatever its status.
        ("blocked_after", Action::CommitThenAnswer(page()), 1),
        ("no_route_after", Action::CommitThenAnswer(no_route()), 1),
        ("redirected_after", Action::CommitThenAnswer(sign_in()), 1),
        (
            "not_modified_after",
            Action::CommitThenAnswer(Answer::status(304)),
            1,
        ),
        (
            "timed_out_after",
            Action::CommitThenAnswer(Answer::status(408)),
            1,
        ),
        (
            "error_inside_after",
            Action::CommitThenAnswer(error_inside()),
            1,
        ),
        ("blocked", Action::Answer(page()), 2),
        ("no_route", Action::Answer(no_route()), 2),
        ("redirected", Action::Answer(sign_in()), 2),
        ("error_inside", Action::Answer(error_inside()), 2),
    ];
    let workspace = Workspace::new();
    let mut configuration = "provider \"harness\" {\n  request_timeout = \"500ms\"\n}\n".to_owned();
    for (label, action, posts) in faults {
        configuration.push_str(&Connector::new(label).to_string());
        workspace.write(&configuration);
        workspace.platform.clear_faults();
        workspace.script(Fault::on("POST", CONNECTORS, action));
        workspace.platform.clear_requests();
        let run = workspace.try_apply().succeeded();
        assert_eq!(run.diagnostics(), [], "{run}");
        assert_eq!(workspace.platform.faults()[0].fired, 1, "{label}");
        let sent = workspace.platform.requests();
        let sent = sent
            .iter()
            .filter(|request| request.method == "POST" && request.path == CONNECTORS);
        assert_eq!(sent.count(), posts, "{label}: {run}");
        assert!(workspace.stored(&Scope::account(), label).is_some());
        workspace.settled();
    }
}

#[test]
fn after_a_lost_response_the_connector_of_someone_else_is_left_alone() {
    let workspace = Workspace::new();
    let before = workspace.platform.state();
    workspace.configure(&[Connector::new("bitbucket_cloud")]);
    workspace.script(Fault::on("POST", CONNECTORS, Action::ResetBefore));
    let run = workspace.try_apply().failed();
    run.error_warned(&["I10 bitbucket_cloud"]).says(
        "Connector already exists",
        &["terraform import harness_bitbucket_connector.<name> bitbucket_cloud"],
    );
    assert!(workspace.state().is_empty());
    assert_eq!(workspace.platform.state(), before);
}

#[test]
fn what_could_not_be_found_out_at_creation_is_found_out_by_the_next_plan() {
    // Whether the platform carried out the creation, and what the next plan then does.
    for (action, exists, next, warned) in [
        // The replaced connector still has the identifier when that is planned.
        (Action::CommitThenReset, true, "replace", &["I10 bb"][..]),
        (Action::ResetBefore, false, "create", &[]),
    ] {
        let workspace = Workspace::new();
        workspace.write(&format!(
            "provider \"harness\" {{\n  retry_timeout = \"200ms\"\n}}\n{}",
            Connector::new("bb")
        ));
        workspace.script(Fault::on("POST", CONNECTORS, action));
        let look = format!("{CONNECTORS}/bb");
        workspace.script(Fault::on("GET", &look, Action::Html(503)).times(0));
        let run = workspace.try_apply().failed();
        run.error().says(
            "The connector may have been created",
            &[
                "did not confirm",
                "Run `terraform plan` when Harness is reachable",
            ],
        );
        assert_eq!(workspace.stored(&Scope::account(), "bb").is_some(), exists);
        assert_eq!(workspace.state().len(), 1);

        workspace.platform.clear_faults();
        let plan = workspace.plan().finds_changes();
        assert_eq!(plan.action("bb").as_deref(), Some(next), "{plan}");
        workspace.apply_warned(warned);
        assert!(workspace.stored(&Scope::account(), "bb").is_some());
    }
}

/// The API has its own paths where connectors are read. A connector with such an identifier can be created but not
/// read.
#[test]
fn an_identifier_that_is_an_api_path_is_a_warning_and_the_cause() {
    let workspace = Workspace::new();
    let identifiers = ["stats", "catalogue", "validateUniqueIdentifier", "listV2"];
    let shadowed: Vec<Connector> = identifiers.map(Connector::new).into();
    workspace.configure(&shadowed);
    let expected = [
        "I13 catalogue",
        "I13 listV2",
        "I13 stats",
        "I13 validateUniqueIdentifier",
    ];
    let run = workspace.plan().finds_changes();
    assert_eq!(run.rules(), expected.map(str::to_owned).into(), "{run}");
    workspace.try_apply().succeeded();
    let run = workspace.plan().failed();
    let findings = run.diagnostics();
    assert_eq!(findings.len(), identifiers.len(), "{run}");
    for finding in findings {
        let identifier = finding.address.rsplit('.').next().unwrap_or_default();
        let cause = format!("\"{identifier}\" is also a path of Harness's API");
        finding.says(
            "Connector could not be read",
            &[&cause, "another `identifier`"],
        );
        assert!(!finding.detail.contains("endpoint"), "{run}");
    }
}

/// With `create_before_destroy`, the new connector meets the one that it replaces, which has its identifier.
#[test]
fn a_connector_that_stands_in_its_own_way_is_not_to_be_imported() {
    let workspace = Workspace::new();
    let connector = Connector::new("bb").to_string();
    let body = connector.trim_end().strip_suffix('}').expect("a block");
    workspace.write(&format!(
        "{body}  lifecycle {{\n    create_before_destroy = true\n  }}\n}}\n"
    ));
    workspace.apply();
    let address = address("bb");
    let replace = format!("-replace={address}");
    let apply = ["apply", "-json", "-input=false", "-auto-approve"];
    // A plan knows that the connector is in the state; an apply does not, if the host does not reveal that it applies.
    let warned: &[&str] = if hosts::current().tells_of_applies() {
        &[]
    } else {
        &["I10 bb"]
    };
    let says = |run: &Run, warned: &[&str]| {
        let error = run.error_warned(warned);
        let summary = "Connector already exists";
        let way = error.detail.find("remove `create_before_destroy`");
        // The process that applies does not know what is replaced, so the other case comes second.
        assert!(
            way.is_some() && way < error.detail.find("no resource manages it yet"),
            "{run}"
        );
        error.says(summary, &["(rule I11)"]);
    };
    for refresh in ["-refresh=true", "-refresh=false"] {
        let arguments = [&apply[..], &[refresh, &replace]].concat();
        says(&workspace.run(&arguments).failed(), warned);
    }
    // A saved plan is applied by another process.
    let plan = [
        "plan",
        "-json",
        "-input=false",
        "-out=saved.tfplan",
        &replace,
    ];
    workspace.run(&plan).succeeded();
    says(&workspace.apply_saved_plan().failed(), warned);
    assert_eq!(workspace.state().len(), 1);

    // For a tainted connector, hosts show diagnostics in the plan.
    workspace.run(&["taint", &address]).succeeded();
    let run = workspace.plan().finds_changes();
    let said = run.warning().detail;
    assert!(said.contains("`create_before_destroy`"), "{run}");
    says(&workspace.try_apply().failed(), &["I10 bb"]);
}
