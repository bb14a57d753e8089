//! Import with the command and with blocks, with existing and with generated configuration, and with invalid ids.

use std::collections::BTreeMap;

use harness_sandbox::{Action, Answer, Fault, Kind, Scope};
use serde_json::{Value, json};

use super::cli::{Finding, Run, TYPE, Workspace, address};
use super::hcl::{self, Connector};
use super::hosts::test;

/// Returns every Bitbucket connector of the sandbox's account: a label, and its import id.
fn in_the_account(workspace: &Workspace) -> BTreeMap<String, String> {
    let state = workspace.platform.state();
    let connectors = state["connectors"]
        .as_array()
        .expect("there are connectors");
    connectors
        .iter()
        .map(|item| &item["connector"])
        .filter(|connector| connector["type"] == "Bitbucket")
        .map(|connector| {
            let part = |name: &str| connector[name].as_str();
            let scope = Scope::of(part("orgIdentifier"), part("projectIdentifier"));
            let identifier = part("identifier").expect("it has an identifier");
            let id = scope.path_of(identifier);
            (id.replace('/', "_"), id)
        })
        .collect()
}

/// Returns the platform's contents, without secrets and without the times of its own bookkeeping.
fn platform(workspace: &Workspace) -> Value {
    workspace.platform.state()["connectors"].clone()
}

#[test(needs(GeneratedConfiguration))]
fn generated_configuration_of_every_imported_kind_plans_clean() {
    let workspace = Workspace::new();
    let before = platform(&workspace);
    let mut connectors = in_the_account(&workspace);
    assert!(connectors.len() >= 13, "{connectors:?}");
    // The platform has a URL type that the provider cannot set. Its configuration can be generated, with a message
    // about what to change, so it is a separate case.
    let project = connectors.remove("bitbucket_project").expect("it exists");

    let blocks: String = connectors
        .iter()
        .map(|(label, id)| hcl::import(label, id))
        .collect();
    workspace.write(&blocks);
    let run = workspace.generate().finds_changes();
    let actions = run.actions();
    assert_eq!(actions.len(), connectors.len(), "{run}");
    assert!(
        actions.values().all(|action| action == "import"),
        "{actions:?}\n{run}"
    );
    let generated = workspace.read_file("generated.tf");
    assert_eq!(generated.matches("resource \"").count(), connectors.len());

    // It does not contain what only the platform decides.
    for computed in [" id ", " ref "] {
        assert!(!generated.contains(computed), "{generated}");
    }

    workspace.run(&["validate", "-no-color"]).succeeded();
    let formatted = workspace
        .run(&["fmt", "-check", "generated.tf"])
        .succeeded();
    assert_eq!(formatted.stdout, "", "{formatted}");
    let run = workspace.try_apply().succeeded();
    assert!(
        run.actions().values().all(|action| action == "import"),
        "{run}"
    );
    assert_eq!(workspace.state().len(), connectors.len());
    // Even without the import blocks, the generated file describes what exists.
    workspace.write("");
    workspace.settled();
    assert_eq!(platform(&workspace), before);

    let other = workspace.beside();
    other.write(&hcl::import("project", &project));
    let run = other.generate().failed();
    let findings = run.diagnostics();
    for (summary, detail) in [
        (
            "Unknown URL type",
            "`lifecycle { ignore_changes = [url_type, url, test_repository] }`",
        ),
        (
            "Invalid url_type",
            "`url_type` is \"Project\". This provider cannot set that type.",
        ),
    ] {
        let finding = findings.iter().find(|found| found.summary == summary);
        finding.expect(summary).says(summary, &[detail]);
    }
    assert!(other.state().is_empty());
    assert_eq!(platform(&workspace), before);
}

#[test]
fn an_import_of_unknown_credentials_says_how_to_keep_them() {
    let workspace = Workspace::new();
    let scope = Scope::account();
    let mut made = workspace
        .stored(&scope, "bitbucket_cloud")
        .expect("the account has it");
    made["spec"]["authentication"] = json!({"type": "Kerberos", "spec": {}});
    workspace
        .platform
        .put(Kind::Connector, &scope, "kerberos", made)
        .expect("the connector has the form");
    workspace.configure([&Connector::new("kerberos")]);
    let run = workspace.run(&["import", "-no-color", &address("kerberos"), "kerberos"]);
    let run = run.succeeded();
    let said = "Credentials of an unknown type";
    assert!(run.stdout.contains(said), "{run}");
    assert!(run.stdout.contains("\"Kerberos\""), "{run}");
}

#[test(needs(ImportForEach))]
fn import_blocks_with_for_each_take_over_what_was_made_by_hand() {
    let workspace = Workspace::new();
    let scope = Scope::project("platform", "payments");
    let mirror = workspace
        .stored(&scope, "payments_repo")
        .expect("the account has it");
    for n in 0..12 {
        let mut made = mirror.clone();
        made["name"] = json!(format!("Service {n}"));
        made["description"] = Value::Null;
        made["spec"]["url"] = json!(format!("https://bitbucket.org/acme/service_{n}.git"));
        workspace
            .platform
            .put(Kind::Connector, &scope, &format!("service_{n}"), made)
            .expect("the connector has the form");
    }
    let before = platform(&workspace);
    workspace.write(&format!(
        r#"
locals {{
  services = toset([for n in range(12) : "service_${{n}}"])
}}

import {{
  for_each = local.services
  to       = {TYPE}.each[each.key]
  id       = "platform/payments/${{each.key}}"
}}

resource "{TYPE}" "each" {{
  for_each = local.services

  identifier         = each.key
  name               = "Service ${{trimprefix(each.key, "service_")}}"
  org_id             = "platform"
  project_id         = "payments"
  url_type           = "Repository"
  connection_type    = "HTTP"
  url                = "https://bitbucket.org/acme/${{each.key}}.git"
  delegate_selectors = ["pci"]

  credentials {{
    http {{
      username     = "payments-bot"
      password_ref = "payments_token"
    }}
  }}
}}
"#
    ));
    let run = workspace.apply();
    let actions = run.actions();
    assert_eq!(actions.len(), 12, "{run}");
    assert!(
        actions.values().all(|action| action == "import"),
        "{actions:?}\n{run}"
    );
    assert_eq!(platform(&workspace), before);
}

/// Invalid ids, and the message about each.
const MALFORMED: [(&str, &str); 11] = [
    (
        "account.bb",
        "is how a pipeline refers to a connector of the account. Write \"bb\".",
    ),
    ("org.bb", "Write \"<org_id>/bb\"."),
    ("platform/org.bb", "Write \"platform/bb\"."),
    ("project.bb", "Write \"<org_id>/<project_id>/bb\"."),
    ("a/b/c/d", "It has 4 parts; at most three are allowed."),
    (
        "platform//bb",
        "One of its parts is empty. Write \"platform/bb\".",
    ),
    ("platform.payments.bb", "Write \"platform/payments/bb\"."),
    (
        "https://app.harness.io/ng/account/A/all/orgs/platform/settings/connectors/bb",
        "It is the address of a page in Harness. Write \"platform/bb\".",
    ),
    ("https://app.harness.io/x", "It looks like a URL."),
    (
        "harness_bitbucket_connector.bb",
        "terraform import harness_bitbucket_connector.bb <id>",
    ),
    ("My Bitbucket", "the Id is \"My_Bitbucket\" by default"),
];

#[track_caller]
fn says_what_to_write(run: &Run, id: &str, hint: &str) {
    let said = run.flowing();
    assert!(said.contains("Error: Malformed import id"), "{run}");
    assert!(said.contains(hint), "{id}: {run}");
    // All of them show the three forms.
    assert!(
        said.contains("\"<org_id>/<project_id>/<identifier>\" (project)"),
        "{run}"
    );
}

#[test]
fn a_malformed_import_id_of_the_command_is_an_error_with_advice() {
    let workspace = Workspace::new();
    workspace.configure(&[Connector::new("bb")]);
    for (id, hint) in MALFORMED {
        says_what_to_write(&workspace.import("bb", id).failed(), id, hint);
    }
    assert!(workspace.state().is_empty());
    assert!(workspace.platform.requests().is_empty());
}

#[test(needs(ImportBlocks))]
fn a_malformed_import_id_of_a_block_is_an_error_with_advice() {
    let workspace = Workspace::new();
    for (id, hint) in MALFORMED {
        let import = hcl::import("bb", id);
        workspace.write(&format!("{}{import}", Connector::new("bb")));
        let run = workspace.run(&["plan", "-input=false", "-no-color"]);
        says_what_to_write(&run.failed(), id, hint);
    }
    assert!(workspace.state().is_empty());
    assert!(workspace.platform.requests().is_empty());
}

#[test]
fn what_is_not_there_or_is_no_bitbucket_connector_is_not_imported() {
    let workspace = Workspace::new();
    workspace.configure(&[Connector::new("bb")]);
    let copy = workspace.stored(&Scope::account(), "bitbucket_cloud");
    let copy = copy.expect("it exists");
    for project in ["payments", "website"] {
        let scope = Scope::project("platform", project);
        let put = workspace
            .platform
            .put(Kind::Connector, &scope, "shared", copy.clone());
        put.expect("a valid connector");
    }
    for (id, said) in [
        (
            "bitbucket_clout",
            &[
                "Nothing to import",
                "The nearest is \"bitbucket_cloud\".",
                "Check the Id (not the name) and the scope.",
            ][..],
        ),
        (
            "default/nothing",
            &["Nothing to import", "The import id is \"<identifier>\""],
        ),
        // It exists, but elsewhere.
        (
            "payments_repo",
            &[
                "Nothing to import",
                "It exists in the project \"payments\" of organization \"platform\"",
                "terraform import harness_bitbucket_connector.<name> platform/payments/payments_repo",
            ],
        ),
        (
            "default/bitbucket_cloud",
            &[
                "It exists in the account",
                "terraform import harness_bitbucket_connector.<name> bitbucket_cloud",
            ],
        ),
        (
            "platform/shared",
            &[
                "2 connectors in other scopes have this identifier",
                "terraform import harness_bitbucket_connector.<name> platform/payments/shared",
                "terraform import harness_bitbucket_connector.<name> platform/website/shared",
            ],
        ),
        (
            "nowhere/payments_ssh",
            &["Nothing to import", "platform/payments/payments_ssh"],
        ),
        // Not one of those that could be imported.
        (
            "platform/github_mirror",
            &[
                "Nothing to import",
                "The data source `harness_bitbucket_connectors` lists",
            ],
        ),
        ("github_mirror", &["Connector is of type Github"]),
    ] {
        workspace.platform.clear_requests();
        let run = workspace.import("bb", id).failed();
        let text = run.flowing();
        assert!(said.iter().all(|part| text.contains(part)), "{id}: {run}");
        let requests = workspace.platform.requests();
        assert!(requests.len() <= 6, "{requests:#?}");
        // They only read.
        let lists = ["/ng/api/connectors/listV2", "/ng/api/connectors/listbyfqn"];
        let looks = |method: &str, path: &str| method == "GET" || lists.contains(&path);
        assert!(requests.iter().all(|it| looks(&it.method, &it.path)));
    }
    assert!(workspace.state().is_empty());
}

#[test]
fn a_failed_import_has_no_suggestions_without_permission() {
    let workspace = Workspace::new();
    workspace.configure(&[Connector::new("bb")]);
    for path in [
        "/ng/api/connectors/listV2",
        "/ng/api/connectors/listbyfqn",
        "/ng/api/organizations",
        "/ng/api/projects",
    ] {
        let refused = Action::Answer(Answer::status(403));
        workspace.script(Fault {
            method: None,
            ..Fault::on("", path, refused).times(0)
        });
    }
    let run = workspace.import("bb", "payments_repo").failed();
    let text = run.flowing();
    assert!(text.contains("Nothing to import"), "{run}");
    assert!(text.contains("The import id is \"<identifier>\""), "{run}");
    assert!(!text.contains("→ 403"), "{run}");
}

#[test(needs(GeneratedConfiguration))]
fn generated_configuration_without_its_imports_is_explained_once() {
    let workspace = Workspace::new();
    let mut connectors = in_the_account(&workspace);
    connectors.remove("bitbucket_project").expect("it exists");
    let blocks = connectors.iter().map(|(label, id)| hcl::import(label, id));
    workspace.write(&blocks.collect::<String>());
    workspace
        .run(&["plan", "-input=false", "-generate-config-out=generated.tf"])
        .succeeded();
    // The import blocks are lost, and nothing is in the state.
    workspace.write("");
    let plan = workspace.plan().finds_changes();
    let taken: Vec<_> = plan
        .diagnostics()
        .into_iter()
        .filter(|found| found.detail.contains("(rule I10)"))
        .collect();
    assert_eq!(taken.len(), connectors.len(), "{plan}");
    assert!(
        taken
            .iter()
            .all(|found| found.summary == "Identifier is taken")
    );
    for id in connectors.values() {
        let named = |found: &Finding| found.detail.contains(&format!(" {id}"));
        assert!(taken.iter().any(named), "{id}: {plan}");
    }
    // A person sees one warning, and how many there are.
    let shown = workspace
        .run(&["plan", "-input=false", "-no-color"])
        .succeeded();
    assert_eq!(
        shown.stdout.matches("Warning: Identifier is taken").count(),
        1,
        "{shown}"
    );
    let text = shown.flowing();
    for part in [
        "together with its `import` blocks",
        "more similar warnings elsewhere",
    ] {
        assert!(text.contains(part), "{shown}");
    }
    // Errors are all shown: one explains, and the others name their connectors.
    workspace.write("provider \"harness\" {\n  strict = true\n}\n");
    let plan = workspace.plan().failed();
    let taken: Vec<_> = plan
        .diagnostics()
        .into_iter()
        .filter(|found| found.summary == "Identifier is taken")
        .collect();
    assert!(taken.len() > 1, "{plan}");
    assert!(
        taken.iter().all(|found| found.severity == "error"),
        "{plan}"
    );
    let explained = |found: &&Finding| found.detail.contains("together with its `import` blocks");
    assert_eq!(taken.iter().filter(explained).count(), 1, "{plan}");
}

#[test]
fn a_connector_that_is_managed_already_is_not_imported_twice() {
    let workspace = Workspace::new();
    workspace.configure(&[Connector::new("bb")]);
    workspace.apply();
    let state = workspace.state();
    let run = workspace.import("bb", "bb").failed();
    assert!(run.flowing().contains("already managed"), "{run}");
    assert_eq!(workspace.state(), state);
    assert_eq!(state.keys().next(), Some(&address("bb")));
}

#[test(needs(ImportBlocks))]
fn an_import_block_of_a_connector_that_is_managed_already_may_stay() {
    let workspace = Workspace::new();
    workspace.configure(&[Connector::new("bb")]);
    workspace.apply();
    let state = workspace.state();
    workspace.write(&format!(
        "{}{}",
        Connector::new("bb"),
        hcl::import("bb", "bb")
    ));
    workspace.settled();
    assert_eq!(workspace.state(), state);
}

#[test]
fn an_import_reads_every_setting_that_harness_has() {
    let workspace = Workspace::new();
    workspace.configure(&[Connector::new("bb")]);
    workspace
        .import("bb", "bitbucket_cloud_api_token")
        .succeeded();
    let expected = json!({
        "id": "bitbucket_cloud_api_token",
        "ref": "account.bitbucket_cloud_api_token",
        "identifier": "bitbucket_cloud_api_token",
        "name": "Bitbucket Cloud with API token",
        "description": null,
        "tags": null,
        "org_id": null,
        "project_id": null,
        "url_type": "Repository",
        "connection_type": "HTTP",
        "url": "https://bitbucket.org/example-works/website.git",
        "test_repository": null,
        "credentials": {
            "http": {
                "username": null,
                "username_ref": "account.bitbucket_username",
                "password_ref": "account.bitbucket_token",
            },
            "ssh": null,
        },
        "api_access": {
            "username_token": null,
            "email_and_api_token": {
                "email": "bot@example.com",
                "email_ref": null,
                "token_ref": "account.bitbucket_token",
            },
            "access_token": null,
        },
        "connectivity_mode": "Delegate",
        "delegate_selectors": ["amd64", "eu"],
        "connection_test": null,
        "force_delete": null,
        "timeouts": null,
        "unmanaged": [],
    });
    assert_eq!(workspace.values("bb"), expected);
}
