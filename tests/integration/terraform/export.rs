//! `export` under each host: its output is formatted, and its plan imports everything and changes nothing.

use std::collections::{BTreeMap, BTreeSet};

use harness_sandbox::{Kind, Scope};
use serde_json::{Value, json};

use super::cli::{Run, Workspace, address};
use super::hosts::test;
use super::moves::{HOST, OURS, Writer, official, one, write_state};
use super::review::in_shell;

const OFFICIAL: &str = "harness_platform_connector_bitbucket";
const PROGRAM: &str = env!("CARGO_BIN_EXE_terraform-provider-harness");

/// Runs `export` in the directory of a workspace.
fn export(workspace: &Workspace, arguments: &str) -> Run {
    in_shell(workspace, &format!("'{PROGRAM}' export {arguments}"), &[])
}

fn put(workspace: &Workspace, scope: &Scope, identifier: &str, connector: Value) {
    workspace
        .platform
        .put(Kind::Connector, scope, identifier, connector)
        .expect("the connector has the form");
}

/// Returns a connector over HTTP with members changed by a patch.
fn connector(patch: &Value) -> Value {
    let mut connector = json!({
        "name": "Odd", "type": "Bitbucket",
        "spec": {
            "url": "https://bitbucket.org/example-works/website.git", "type": "Repo", "executeOnDelegate": true,
            "authentication": {"type": "Http", "spec": {"type": "UsernamePassword", "spec": {
                "username": "x-token-auth", "passwordRef": "account.bitbucket_token"}}},
        },
    });
    merge(&mut connector, patch);
    connector
}

fn merge(target: &mut Value, patch: &Value) {
    match (target, patch) {
        (Value::Object(target), Value::Object(patch)) => {
            for (name, value) in patch {
                merge(target.entry(name).or_insert(Value::Null), value);
            }
        }
        (target, patch) => *target = patch.clone(),
    }
}

/// Fills an account with what people and other programs create. Returns how many connectors can be exported.
fn fill(workspace: &Workspace) -> usize {
    workspace.set(&json!({"store_unknown_members": true}));
    let organization = Scope::organization("default");
    let odd = [
        (
            "for",
            json!({"description": "$${a} $$${b} %%{c} ${path.root} %{ if true }\n\"quoted\" \\ $${x} $$${y}\tEOF"}),
        ),
        (
            "tagged",
            json!({"tags": {"for": "", "null": "x", "größe": "漢字", "e\u{301}👩‍💻": "y", "a.b/c": "${z}"}}),
        ),
        (
            "price$",
            json!({"name": "Price", "description": "\u{202e}hidden\u{200b} \u{7f}"}),
        ),
        (
            "price_",
            json!({"description": "Heredoc\n<<EOF\n  x\nEOF\n"}),
        ),
        // What rules refuse although Harness has it.
        (
            "browsed",
            json!({"spec": {"url": "https://bitbucket.org/example-works/website/src/main"}}),
        ),
        ("nowhere", json!({"spec": {"url": "nowhere"}})),
        (
            "pasted",
            json!({"spec": {"url": "https://jane:hunter2@bitbucket.org/example-works/website.git"}}),
        ),
        ("tested", json!({"spec": {"validationRepo": "website.git"}})),
        (
            "selected",
            json!({"spec": {"executeOnDelegate": false, "delegateSelectors": ["linux"]}}),
        ),
        (
            "untested",
            json!({"spec": {"url": "https://bitbucket.org/example-works/", "type": "Account"}}),
        ),
        (
            "telepathic",
            json!({"spec": {"apiAccess": {"type": "Telepathy", "spec": {}}}}),
        ),
        (
            "proxied",
            json!({"spec": {"proxy": true, "ignoreTestConnection": true}}),
        ),
        (
            "mail",
            json!({"spec": {"authentication": {"spec": {"spec": {"username": "jane@example.com"}}}}}),
        ),
    ];
    for (identifier, patch) in &odd {
        put(workspace, &organization, identifier, connector(patch));
    }
    // Its name is that of an organization's connector.
    // The others are keywords.
    let words = ["default_for", "for", "each", "count"];
    for identifier in words {
        put(
            workspace,
            &Scope::account(),
            identifier,
            connector(&json!({})),
        );
    }
    // Cannot be exported, like `bitbucket_project`.
    let passkey =
        json!({"spec": {"authentication": {"type": "Passkey", "spec": {"challenge": 7}}}});
    put(workspace, &organization, "passkey", connector(&passkey));
    // The connectors that every sandbox account has, and these.
    12 + odd.len() + words.len()
}

/// Asserts the counts of a plan, and its warnings by resource.
fn assert_imports(run: &Run, count: usize) {
    let actions = run.actions();
    let others: BTreeMap<_, _> = actions
        .iter()
        .filter(|(_, action)| *action != "import")
        .collect();
    assert!(others.is_empty(), "{others:?}\n{run}");
    assert_eq!(actions.len(), count, "{run}");
    let messages = run.messages();
    let summary = messages.iter().find(|it| it["type"] == "change_summary");
    let changes = &summary.expect("there is a summary")["changes"];
    for (kind, expected) in [("import", count), ("add", 0), ("change", 0), ("remove", 0)] {
        assert_eq!(changes[kind], expected, "{kind}\n{run}");
    }
}

#[test(needs(ImportBlocks))]
fn the_plan_of_an_export_imports_everything_and_changes_nothing() {
    let workspace = Workspace::new();
    let count = fill(&workspace);
    // The key cannot see the connectors of a project.
    let hidden = ["payments_repo", "payments_ssh"].map(|id| format!("core_connector_view:{id}"));
    workspace.set(&json!({"denied_permissions": {"developer": hidden}}));
    let count = count - hidden.len();
    let before = workspace.platform.state();

    let run = export(&workspace, "--recursive --out .").succeeded();
    let said = run.flowing();
    for expected in [
        format!("{count} connectors exported"),
        "bitbucket_project".to_owned(),
        "Its URL type is \"Project\"".to_owned(),
        "default/passkey".to_owned(),
        "connectors of the project \"payments\" of organization \"platform\": The API key lacks core_connector_view".to_owned(),
        "bitbucket_oauth: `api_access`".to_owned(),
        format!("{count} to import, 0 to add, 0 to change, 0 to destroy"),
    ] {
        assert!(said.contains(&expected), "{expected}\n{run}");
    }
    let written = workspace.read_file("connectors.tf");
    assert!(!written.contains("hunter2"), "{written}");
    for comment in [
        "# Left out: bitbucket_project",
        "# Left out: default/passkey",
        "# Not read: connectors of the project \"payments\"",
    ] {
        assert!(written.contains(comment), "{written}");
    }
    let formatted = workspace.run(&["fmt", "-check", "-diff"]).succeeded();
    assert_eq!(formatted.stdout, "", "{formatted}");

    let plan = workspace.plan().finds_changes();
    assert_imports(&plan, count);
    // The report lists the plan's warnings, all of them.
    let findings = plan.diagnostics().into_iter();
    let shown: BTreeSet<String> = findings.map(|it| it.summary).collect();
    let json = export(&workspace, "--recursive --json").succeeded();
    let json: Value = serde_json::from_str(&json.stdout).expect("the report is JSON");
    let connectors = json["connectors"].as_array().into_iter().flatten();
    let warnings = connectors.flat_map(|it| it["warnings"].as_array().into_iter().flatten());
    let listed: BTreeSet<String> = warnings
        .map(|it| it.as_str().unwrap_or_default().to_owned())
        .collect();
    assert_eq!(listed, shown, "{plan}");
    let applied = workspace.try_apply().succeeded();
    assert_eq!(applied.actions().len(), count);
    workspace.write_file("imports.tf", "");
    workspace.settled();
    assert_eq!(workspace.state().len(), count);
    assert_eq!(
        workspace.platform.state()["connectors"],
        before["connectors"]
    );

    // Nothing is overwritten.
    let again = export(&workspace, "--recursive --out .").failed();
    assert!(again.stderr.contains("exists"), "{again}");
    assert_eq!(workspace.read_file("connectors.tf"), written);
    // A second export is identical.
    export(&workspace, "--recursive --out again").succeeded();
    assert_eq!(workspace.read_file("again/connectors.tf"), written);
}

#[test]
fn the_commands_of_an_export_import_under_every_host() {
    let workspace = Workspace::new();
    let run = export(
        &workspace,
        "--org platform --project payments --import-commands --out .",
    )
    .succeeded();
    assert!(run.stdout.contains("sh import.sh"), "{run}");
    let run = in_shell(&workspace, "sh import.sh", &[]).succeeded();
    assert_eq!(run.stdout.matches("Import successful!").count(), 2, "{run}");
    let labels: Vec<String> = workspace.state().into_keys().collect();
    let expected =
        ["payments_repo", "payments_ssh"].map(|id| address(&format!("platform_payments_{id}")));
    assert_eq!(labels, expected);
    workspace.settled();
}

/// Returns a workspace in which the official provider manages these two connectors.
fn managed_by_the_official_provider() -> (Workspace, [&'static str; 2]) {
    let workspace = Workspace::new();
    workspace.install(&[OURS, &official(HOST)]);
    let scope = Scope::project("platform", "payments");
    let ids = ["payments_repo", "payments_ssh"];
    let states = ids.map(|id| one(HOST, &workspace, &scope, id, Writer::Refresh));
    write_state(&workspace, &states);
    write_shown_state(&workspace, &states);
    (workspace, ids)
}

#[test(needs(MovedTypes))]
fn an_export_of_the_official_providers_state_moves_connectors() {
    let (workspace, ids) = managed_by_the_official_provider();
    let run = export(&workspace, "--from-official state.json --out .").succeeded();
    assert!(run.stdout.contains("2 connectors exported"), "{run}");
    let formatted = workspace.run(&["fmt", "-check", "-diff"]).succeeded();
    assert_eq!(formatted.stdout, "", "{formatted}");

    let plan = workspace.plan().finds_changes();
    let actions = plan.actions();
    let expected = ids.map(|id| (address(id), "move".to_owned()));
    assert_eq!(actions, BTreeMap::from(expected), "{plan}");
    workspace.try_apply().succeeded();
    workspace.install(&[OURS]);
    workspace.settled();
    assert!(!workspace.read_file("terraform.tfstate").contains(OFFICIAL));
}

/// Returns the lines of what to do next, from the report of an export.
fn next_steps(run: &Run) -> Vec<&str> {
    let (_, next) = run.stdout.split_once("\nNext").expect("there are steps");
    next.lines().collect()
}

#[test(needs(MovedTypes))]
fn an_export_for_another_directory_says_how_to_use_it_where_the_state_is() {
    let (workspace, ids) = managed_by_the_official_provider();
    // The requirements that are there need the other provider, too.
    let requirements = |others: &str| {
        format!(
            "terraform {{\n  required_providers {{\n    harness = {{\n      source = \"harness/harness\"\n    }}\n{others}  }}\n}}\n"
        )
    };
    workspace.write_file("versions.tf", &requirements(""));
    let run = export(
        &workspace,
        "--from-official state.json --provider bitbucket --out 'a b'",
    )
    .succeeded();
    let expected = [
        ", in the directory of the configuration that has the state:",
        "",
        "  cp 'a b/moved.tf' 'a b/connectors.tf' .",
        "  # Remove the harness_platform_connector_bitbucket resources, and add",
        "  # this provider to `required_providers` as moved.tf says.",
        "  terraform init",
        "  terraform plan    # 2 resources moved, nothing to change",
    ];
    assert_eq!(next_steps(&run), expected);
    in_shell(&workspace, expected[2], &[]).succeeded();
    let moved = workspace.read_file("moved.tf");
    let needed = moved.lines().filter_map(|line| line.strip_prefix("#   "));
    let needed: Vec<&str> = needed.collect();
    let needed = format!("    {}\n", needed.join("\n    "));
    workspace.write_file("versions.tf", &requirements(&needed));
    let formatted = workspace.run(&["fmt", "-check", "-diff"]).succeeded();
    assert_eq!(formatted.stdout, "", "{formatted}");
    let plan = workspace.plan().finds_changes();
    let expected = ids.map(|id| (address(id), "move".to_owned()));
    assert_eq!(plan.actions(), BTreeMap::from(expected), "{plan}");
    workspace.try_apply().succeeded();
    workspace.settled();

    // Beside the configuration, they are where they belong.
    let arguments = "--from-official state.json --import-commands --out .";
    let run = export(&workspace, arguments).failed();
    assert!(run.stderr.contains("exists"), "{run}");
    in_shell(&workspace, "rm moved.tf connectors.tf", &[]).succeeded();
    let run = export(&workspace, arguments).succeeded();
    let expected = [
        ":",
        "",
        "  # Remove the harness_platform_connector_bitbucket resources, and add",
        "  # this provider to `required_providers` as import.sh says.",
        "  terraform init",
        "  sh import.sh",
        "  terraform plan    # no changes",
    ];
    assert_eq!(next_steps(&run), expected);
}

/// Writes `state.json` as `terraform show -json` does where the official provider is installed.
pub(super) fn write_shown_state(workspace: &Workspace, states: &[Value]) {
    let resources = states.iter().map(|state| {
        json!({
            "mode": "managed", "type": OFFICIAL, "name": state["name"],
            "values": state["instances"][0]["attributes"],
        })
    });
    let resources: Vec<Value> = resources.collect();
    let shown =
        json!({"format_version": "1.0", "values": {"root_module": {"resources": resources}}});
    workspace.write_file("state.json", &shown.to_string());
}

#[test]
fn commands_migrate_official_connectors_under_every_host() {
    let workspace = Workspace::new();
    let scope = Scope::project("platform", "payments");
    workspace.install(&[OURS, &official(HOST)]);
    let ids = ["payments_repo", "payments_ssh"];
    let states = ids.map(|id| one(HOST, &workspace, &scope, id, Writer::Creation));
    write_state(&workspace, &states);
    write_shown_state(&workspace, &states);
    export(
        &workspace,
        "--from-official state.json --import-commands --out .",
    )
    .succeeded();
    let before = workspace.read_file("terraform.tfstate");
    // A failed import loses nothing.
    let key = [("HARNESS_PLATFORM_API_KEY", "pat.a.b.c")];
    in_shell(&workspace, "sh import.sh", &key).failed();
    assert_eq!(workspace.read_file("terraform.tfstate"), before);
    let run = in_shell(&workspace, "sh import.sh", &[]).succeeded();
    assert_eq!(run.stdout.matches("Import successful!").count(), 2, "{run}");
    workspace.install(&[OURS]);
    let labels: Vec<String> = workspace.state().into_keys().collect();
    assert_eq!(labels, ids.map(address));
    workspace.settled();
}
