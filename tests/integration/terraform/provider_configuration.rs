//! The provider block and the environment: unknown, missing, and wrong settings.

use serde_json::{Value, json};

use super::cli::Workspace;
use super::hcl::Connector;
use super::hosts::test;

#[test(needs(TerraformData))]
fn a_plan_with_an_unknown_provider_configuration_sends_nothing() {
    let workspace = Workspace::new();
    let settings = [
        ("account_id", workspace.platform.account_id().to_owned()),
        ("endpoint", workspace.platform.endpoint()),
        ("platform_api_key", workspace.platform.api_key().to_owned()),
    ];
    for (name, value) in settings {
        let workspace = workspace.beside();
        workspace.platform.clear_requests();
        let configuration = |generation: u32, description: &str| {
            format!(
                "resource \"terraform_data\" \"x\" {{\n  input = {}\n  triggers_replace = {generation}\n}}\n\
                 provider \"harness\" {{\n  {name} = terraform_data.x.output\n}}\n{}",
                Value::from(value.clone()),
                Connector::new("bb").with(&json!({"description": description}))
            )
        };
        workspace.write(&configuration(1, "Old"));
        let plan = workspace.plan().finds_changes();
        assert_eq!(plan.action("bb").as_deref(), Some("create"), "{plan}");
        assert_eq!(plan.diagnostics(), [], "{plan}");
        assert!(workspace.platform.requests().is_empty(), "{name}");
        workspace.apply();

        // Unknown once more, with a connector in the state: planned from the state, and updated once it is known.
        workspace.write(&configuration(2, "New"));
        workspace.platform.clear_requests();
        let plan = workspace.plan().finds_changes();
        assert_eq!(plan.action("bb").as_deref(), Some("update"), "{plan}");
        assert_eq!(plan.diagnostics(), [], "{plan}");
        assert!(workspace.platform.requests().is_empty(), "{name}");
        workspace.apply();
        assert_eq!(workspace.values("bb")["description"], "New");
        workspace.destroy();
    }
}

#[test(needs(TerraformData))]
fn what_must_be_read_during_the_plan_needs_a_known_configuration() {
    let workspace = Workspace::new();
    workspace.write(
        "resource \"terraform_data\" \"x\" {\n  input = \"acct\"\n}\n\
         provider \"harness\" {\n  account_id = terraform_data.x.output\n}\n\
         data \"harness_bitbucket_connectors\" \"all\" {}\n",
    );
    let run = workspace.plan().failed();
    run.error().says(
        "Provider configuration is not known yet",
        &["`account_id`", "-target="],
    );
    assert!(workspace.platform.requests().is_empty());
}

#[test]
fn a_missing_key_is_one_error_that_names_attribute_and_variable() {
    let workspace = Workspace::new().without_key();
    workspace.configure(&[Connector::new("bb")]);
    workspace.run(&["validate"]).succeeded();
    let run = workspace.try_apply().failed();
    // The plan was made without it, and says so.
    run.error_warned(&["L04 bb"]).says(
        "No access to Harness",
        &["HARNESS_PLATFORM_API_KEY", "`platform_api_key`"],
    );
    assert!(workspace.platform.requests().is_empty());
    assert!(workspace.state().is_empty());
}

#[test]
fn a_key_that_does_not_name_its_account_asks_for_the_account() {
    let workspace = Workspace::new().without_key();
    let key = "pat.000000000000000000000004.sandboxsandboxsandb0";
    let environment = [("HARNESS_PLATFORM_API_KEY", key)];
    workspace.configure(&[Connector::new("bb")]);
    let apply = ["apply", "-json", "-input=false", "-auto-approve"];
    let run = workspace.run_with(&environment, &apply).failed();
    run.error_warned(&["L04 bb"]).says(
        "No access to Harness",
        &["`account_id`", "HARNESS_ACCOUNT_ID"],
    );
    let account = workspace.platform.account_id();
    let environment = [environment[0], ("HARNESS_ACCOUNT_ID", account)];
    workspace.run_with(&environment, &apply).succeeded();
}

#[test]
fn every_form_of_the_endpoint_overrides_the_environment() {
    let workspace = Workspace::new();
    let base = workspace.platform.endpoint();
    let root = base.strip_suffix("/gateway").expect("the endpoint has it");
    for (index, endpoint) in [
        base.clone(),
        format!("{base}/"),
        root.to_owned(),
        format!("{root}/"),
    ]
    .iter()
    .enumerate()
    {
        workspace.write(&format!(
            "provider \"harness\" {{\n  endpoint = \"{endpoint}\"\n}}\n{}",
            Connector::new("bb").with(&json!({"description": endpoint}))
        ));
        let wrong = [("HARNESS_ENDPOINT", "http://127.0.0.1:9/gateway")];
        let apply = ["apply", "-json", "-input=false", "-auto-approve"];
        let run = workspace.run_with(&wrong, &apply).succeeded();
        assert_eq!(run.diagnostics(), [], "{run}");
        assert_eq!(workspace.values("bb")["description"], *endpoint, "{index}");
    }
    assert!(
        workspace
            .platform
            .requests()
            .iter()
            .all(|request| request.status == Some(200))
    );
}

#[test]
fn the_key_is_in_no_output_state_plan_or_log() {
    let workspace = Workspace::new();
    let key = workspace.platform.api_key().to_owned();
    workspace.write(&format!(
        "provider \"harness\" {{\n  platform_api_key = \"{key}\"\n}}\n{}",
        Connector::new("bb")
    ));
    let trace = [("TF_LOG", "trace")];
    let run = workspace
        .run_with(
            &trace,
            &["apply", "-no-color", "-input=false", "-auto-approve"],
        )
        .succeeded();
    assert!(run.stderr.contains("POST"), "the log has the request");
    assert!(
        run.stderr.contains("bitbucket_token"),
        "the log has the bodies"
    );
    let secret = key.rsplit('.').next().expect("a key has parts");
    for text in [&run.stdout, &run.stderr] {
        let line = text.lines().find(|line| line.contains(secret));
        assert_eq!(line, None);
    }
    assert!(!workspace.read_file("terraform.tfstate").contains(secret));
}

#[test]
fn a_refused_key_is_an_error_that_says_so_without_showing_it() {
    let workspace = Workspace::new().without_key();
    let account = workspace.platform.account_id();
    let key = format!("pat.{account}.0123456789abcdef01234567.wrongwrongwrongwron1");
    workspace.configure(&[Connector::new("bb")]);
    let run = workspace
        .run_with(
            &[("HARNESS_PLATFORM_API_KEY", &key)],
            &["apply", "-json", "-input=false", "-auto-approve"],
        )
        .failed();
    run.error_warned(&["L03 bb"])
        .says("Connector was not created", &["HARNESS_PLATFORM_API_KEY"]);
    assert!(!run.stdout.contains("wrongwrong"), "{run}");
}
