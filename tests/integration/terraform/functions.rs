//! The provider's functions in configurations: their results, and the form of their errors.

use serde_json::{Value, json};

use super::cli::{TYPE, Workspace};
use super::hcl::Connector;
use super::hosts::test;

fn outputs(workspace: &Workspace) -> Value {
    let run = workspace.run(&["output", "-json"]).succeeded();
    let mut outputs: Value = serde_json::from_str(&run.stdout).expect("outputs are JSON");
    for output in outputs.as_object_mut().expect("an object").values_mut() {
        *output = output["value"].take();
    }
    outputs
}

fn call(function: &str, argument: &str) -> String {
    format!("provider::harness::{function}({})", Value::from(argument))
}

fn output(name: &str, expression: &str) -> String {
    format!("output \"{name}\" {{\n  value = {expression}\n}}\n")
}

#[test(needs(Functions))]
fn functions_agree_with_the_resource_and_need_no_key() {
    let workspace = Workspace::new().without_key();
    workspace.write(
        &[
            output(
                "identifier",
                &call("identifier_from_name", "1st repo (new)"),
            ),
            output(
                "cloud",
                &call("parse_bitbucket_url", "git@bitbucket.org:acme/web.git"),
            ),
            output(
                "server",
                &call(
                    "parse_bitbucket_url",
                    "https://acme.com:8443/stash/scm/~jdoe/web",
                ),
            ),
            output(
                "sum",
                &format!(
                    "{}.port + 1",
                    call(
                        "parse_bitbucket_url",
                        "ssh://git@bb.acme.com:7999/PROJ/web.git"
                    )
                ),
            ),
        ]
        .concat(),
    );
    workspace
        .run(&["apply", "-auto-approve", "-input=false"])
        .succeeded();
    let expected = json!({
        "identifier": "st_repo_new",
        "cloud": {
            "deployment": "Cloud", "protocol": "SSH", "host": "bitbucket.org", "port": null, "context_path": null,
            "workspace": "acme", "project": null, "repository": "web",
        },
        "server": {
            "deployment": "DataCenter", "protocol": "HTTP", "host": "acme.com", "port": 8443,
            "context_path": "/stash", "workspace": null, "project": "~jdoe", "repository": "web",
        },
        "sum": 8000,
    });
    assert_eq!(outputs(&workspace), expected);
    assert!(workspace.platform.requests().is_empty());
}

#[test(needs(Functions))]
fn the_function_and_the_resource_derive_one_identifier() {
    let workspace = Workspace::new();
    let name = "Payments-code v2";
    let connector = Connector::new("bb").with(&json!({"name": name}));
    let derived = call("identifier_from_name", name);
    workspace.write(&format!(
        "{connector}{}",
        output("same", &format!("{TYPE}.bb.identifier == {derived}"))
    ));
    workspace.try_apply().succeeded();
    assert_eq!(outputs(&workspace)["same"], true);
}

#[test(needs(Functions, TerraformData))]
fn an_argument_that_is_known_only_after_apply_is_computed_then() {
    let workspace = Workspace::new();
    workspace.write(&format!(
        "resource \"terraform_data\" \"later\" {{\n  input = \"My Bitbucket\"\n}}\n{}",
        output(
            "identifier",
            "provider::harness::identifier_from_name(terraform_data.later.output)"
        )
    ));
    let plan = workspace.plan().finds_changes();
    assert_eq!(plan.diagnostics(), [], "{plan}");
    workspace.try_apply().succeeded();
    assert_eq!(outputs(&workspace)["identifier"], "My_Bitbucket");
}

/// Returns what `plan` writes to standard error about an output with this value.
fn refused(value: &str) -> String {
    let workspace = Workspace::new().without_key();
    workspace.write(&format!(
        "output \"value\" {{\n  value = {value}\n  sensitive = true\n}}\n"
    ));
    let run = workspace.run(&["plan", "-no-color", "-input=false"]);
    run.failed().stderr.trim().to_owned()
}

#[test(needs(Functions))]
fn an_error_stands_where_the_argument_stands_and_says_what_to_write() {
    assert_eq!(
        refused(&call("identifier_from_name", "42")),
        r#"
Error: Invalid function argument

  on main.tf line 2, in output "value":
   2:   value = provider::harness::identifier_from_name("42")
    ├────────────────
    │ while calling provider::harness::identifier_from_name(name)

Invalid value for "name" parameter: the name "42" yields no identifier:
nothing remains without leading digits and special characters. Use another
name, or write an identifier instead of the function call, such as
"bitbucket_42".
"#
        .trim()
    );
    assert_eq!(
        refused(&call(
            "parse_bitbucket_url",
            "https://bitbucket.org/acme/web/src/main"
        )),
        r#"
Error: Invalid function argument

  on main.tf line 2, in output "value":
   2:   value = provider::harness::parse_bitbucket_url("https://bitbucket.org/acme/web/src/main")
    ├────────────────
    │ while calling provider::harness::parse_bitbucket_url(url)

Invalid value for "url" parameter: `url` is a browser address: "src" follows
the repository. Write "https://bitbucket.org/acme/web.git". Harness would
treat everything after the workspace as the name of the repository.
"#
        .trim()
    );
}

#[test(needs(Functions))]
fn a_password_in_a_url_is_not_repeated() {
    let workspace = Workspace::new().without_key();
    let parse = "provider::harness::parse_bitbucket_url(\"https://jdoe:${var.secret}@bitbucket.org/acme/\")";
    workspace.write(&format!(
        "variable \"secret\" {{\n  default = \"s3cr3t\"\n  sensitive = true\n}}\n\
         output \"value\" {{\n  value = {parse}\n  sensitive = true\n}}\n"
    ));
    let run = workspace
        .run(&["plan", "-no-color", "-input=false"])
        .failed();
    assert!(run.stderr.contains("contains a password or token"), "{run}");
    assert!(!run.to_string().contains("s3cr3t"), "{run}");
}

#[test(needs(FunctionsInConsole))]
fn functions_can_be_tried_in_the_console() {
    let workspace = Workspace::new().without_key();
    workspace.write("");
    let expression = call("identifier_from_name", "My Bitbucket");
    let run = workspace.ask("console", &expression).succeeded();
    assert_eq!(run.stdout.trim(), "\"My_Bitbucket\"", "{run}");
}
