//! What a plan shows that only the platform knows, word for word; its cost in requests; and that it never gets in the
//! way.
//!
//! This file is long because its plans are compared word for word.

use harness_sandbox::{Action, Answer, Fault, Kind, Request, Scope};
use serde_json::json;

use super::cli::{Run, TYPE, Workspace};
use super::hcl::Connector;
use super::hosts::{self, test};

/// Returns the warnings and errors of a command without `-json`, as a person reads them. Terraform plans resources in
/// parallel, so they are sorted in the order of the configuration. Those about what is no longer in it come first,
/// sorted by text; those of one resource keep their order.
fn findings(run: &Run, configuration: &str) -> String {
    let mut findings: Vec<String> = Vec::new();
    for line in format!("{}\n{}", run.stdout, run.stderr).lines() {
        if line.starts_with("Warning: ") || line.starts_with("Error: ") {
            findings.push(String::new());
        }
        // A ruler or a summary ends a diagnostic.
        if line.starts_with("───") || line.starts_with("Plan: ") {
            findings.push(String::new());
        }
        if let Some(finding) = findings.last_mut() {
            finding.push_str(line);
            finding.push('\n');
        }
    }
    findings.retain(|finding| {
        (finding.starts_with("Warning: ") || finding.starts_with("Error: "))
            && !finding.starts_with("Warning: Provider development overrides")
    });
    findings.sort_by_key(|finding| match place(finding, configuration) {
        Some(place) => (Some(place), String::new()),
        None => (None, finding.clone()),
    });
    let findings: Vec<&str> = findings.iter().map(|finding| finding.trim()).collect();
    findings.join("\n\n")
}

/// Returns the position in the configuration of the diagnostic's resource.
fn place(finding: &str, configuration: &str) -> Option<usize> {
    let (_, about) = finding.split_once("in resource ")?;
    let (header, _) = about.split_once(':')?;
    configuration.find(header)
}

#[track_caller]
fn shows(run: &Run, configuration: &str, expected: &str) {
    let found = findings(run, configuration);
    assert!(
        found == expected.trim(),
        "--- found\n{found}\n--- expected\n{}\n{run}",
        expected.trim()
    );
}

/// Returns the requests in the log except for the refresh, as `METHOD path`, each as often as it was sent.
fn lookups(workspace: &Workspace) -> Vec<String> {
    let requests = workspace.platform.requests();
    // A refresh lists Bitbucket connectors; a lookup queries connectors of any type.
    let refreshes = |request: &&Request| {
        request.path.ends_with("/listV2") && request.body.get("types").is_some()
    };
    let mut lookups: Vec<_> = requests
        .iter()
        .filter(|request| !refreshes(request))
        .map(|request| format!("{} {}", request.method, request.path))
        .filter(|request| {
            !request.starts_with("GET /ng/api/connectors/") || request.ends_with("UniqueIdentifier")
        })
        .collect();
    lookups.sort();
    lookups
}

/// Returns the configuration with these provider settings at the beginning.
fn with_provider(settings: &str, connectors: &[Connector]) -> String {
    let blocks: Vec<String> = connectors.iter().map(Connector::to_string).collect();
    format!(
        "provider \"harness\" {{\n  {settings}\n}}\n{}",
        blocks.join("\n")
    )
}

fn with_secret(label: &str, reference: &str) -> Connector {
    Connector::new(label).with(&json!({
        "credentials": {"http": {"username": "jdoe", "password_ref": reference}},
    }))
}

const PLAN: [&str; 3] = ["plan", "-no-color", "-input=false"];

#[test]
fn lookup_findings_are_shown_at_their_arguments() {
    let workspace = Workspace::new();
    let configuration = r#"
resource "harness_bitbucket_connector" "web" {
  name               = "Web"
  url_type           = "Repository"
  connection_type    = "SSH"
  url                = "git@bitbucket.org:acme/web.git"
  delegate_selectors = ["linux", "gpu"]

  credentials {
    ssh {
      ssh_key_ref = "account.bitbucket_token"
    }
  }
}

resource "harness_bitbucket_connector" "mirror" {
  name            = "mirror"
  identifier      = "github_mirror"
  url_type        = "Repository"
  connection_type = "HTTP"
  url             = "https://bitbucket.org/acme/web.git"

  credentials {
    http {
      username     = "jdoe"
      password_ref = "account.bitbucket_tokn"
    }
  }

  api_access {
    email_and_api_token {
      email     = "jane@acme.com"
      token_ref = "account.deploy_key_file"
    }
  }
}

resource "harness_bitbucket_connector" "project" {
  name               = "Project"
  org_id             = "platform"
  project_id         = "paymnts"
  url_type           = "Repository"
  connection_type    = "SSH"
  url                = "git@bitbucket.org:acme/web.git"
  delegate_selectors = ["us"]

  credentials {
    ssh {
      ssh_key_ref = "account.ubuntu_ssh"
    }
  }
}
"#
    .trim_start();
    workspace.write(configuration);
    let run = workspace.run(&PLAN).failed();
    shows(
        &run,
        configuration,
        r#"
Warning: No delegate has all tags: "gpu", "linux"

  with harness_bitbucket_connector.web,
  on main.tf line 6, in resource "harness_bitbucket_connector" "web":
   6:   delegate_selectors = ["linux", "gpu"]

No delegate in the account has all of the tags "gpu" and "linux". The nearest
is "Main-Delegate", which lacks "gpu"; one delegate must have all the tags.
Write tags that one delegate has (its name in lowercase is one of them), or
remove `delegate_selectors` to allow any delegate. Ignore this warning if the
run installs the delegate.
docs/guides/validation-rules.md#g08 (rule G08)

Error: "account.bitbucket_token" is not an SSH credential

  with harness_bitbucket_connector.web,
  on main.tf line 10, in resource "harness_bitbucket_connector" "web":
  10:       ssh_key_ref = "account.bitbucket_token"

`ssh_key_ref` is "account.bitbucket_token", which is a text secret; Git over
SSH needs an SSH credential. Create an SSH credential in Harness (New Secret,
SSH Credential) with the username `git` and the key in a file secret, and
write its reference. Harness would save the connector, but every use of it
would fail.
docs/guides/validation-rules.md#k04 (rule K04)

Warning: Identifier is taken

  with harness_bitbucket_connector.mirror,
  on main.tf line 17, in resource "harness_bitbucket_connector" "mirror":
  17:   identifier      = "github_mirror"

The account already has a connector "github_mirror", so Harness will refuse
this one, unless the run removes the other one first. Write another
`identifier`; or, if that is a Bitbucket connector that no resource manages
yet, import it:

  terraform import harness_bitbucket_connector.<name> github_mirror

Plan generated configuration together with its `import` blocks. Terraform
shows one of these warnings and counts the others.
docs/guides/validation-rules.md#i10 (rule I10)

Warning: Secret "account.bitbucket_tokn" not found

  with harness_bitbucket_connector.mirror,
  on main.tf line 25, in resource "harness_bitbucket_connector" "mirror":
  25:       password_ref = "account.bitbucket_tokn"

There is no secret "bitbucket_tokn" in the account. Did you mean
`account.bitbucket_token`? If this run creates it, refer to its resource or
use `depends_on`, so that Terraform creates it first. Otherwise, Harness will
refuse the connector.
docs/guides/validation-rules.md#w12 (rule W12)

Warning: Delegate "arm-builder" is too old for API tokens

  with harness_bitbucket_connector.mirror,
  on main.tf line 30, in resource "harness_bitbucket_connector" "mirror":
  30:     email_and_api_token {

Delegate "arm-builder" (version 26.01.88100) can serve this connector, but
`email_and_api_token` needs version 26.02.88600 or later. Upgrade it, or set
`delegate_selectors` to tags that only newer delegates have.
docs/guides/validation-rules.md#p13 (rule P13)

Warning: "account.deploy_key_file" is a file secret

  with harness_bitbucket_connector.mirror,
  on main.tf line 32, in resource "harness_bitbucket_connector" "mirror":
  32:       token_ref = "account.deploy_key_file"

`token_ref` is "account.deploy_key_file", which is a file secret. Store the
value in a text secret, and write its reference: a line break at the end of
the file would become part of the value.
docs/guides/validation-rules.md#w14 (rule W14)

Warning: Project "paymnts" not found

  with harness_bitbucket_connector.project,
  on main.tf line 40, in resource "harness_bitbucket_connector" "project":
  40:   project_id         = "paymnts"

The organization "platform" has no project "paymnts" that this API key can
see. Did you mean `project_id = "payments"`? If this run creates it, refer to
its resource or use `depends_on`, so that Terraform creates it first.
Otherwise, Harness will refuse the connector.
docs/guides/validation-rules.md#o05 (rule O05)

Warning: Delegate "us-delegate" is not connected

  with harness_bitbucket_connector.project,
  on main.tf line 44, in resource "harness_bitbucket_connector" "project":
  44:   delegate_selectors = ["us"]

Of the delegates in the project "paymnts", its organization "platform", or
the account, only "us-delegate" has all the tags, and it is not connected.
Start it, or select another delegate. Until then, Harness can neither test
nor use the connector.
docs/guides/validation-rules.md#g09 (rule G09)

Warning: SSH credential "account.ubuntu_ssh" is not for user git

  with harness_bitbucket_connector.project,
  on main.tf line 48, in resource "harness_bitbucket_connector" "project":
  48:       ssh_key_ref = "account.ubuntu_ssh"

The SSH credential "account.ubuntu_ssh" has the username "ubuntu", but
Bitbucket's SSH user is always `git`. Change the username to `git` in
Harness. If others need this one, create another credential for Bitbucket and
write its reference.
docs/guides/validation-rules.md#k05 (rule K05)
"#,
    );
}

#[test]
fn a_missing_secret_is_shown_once_and_hides_no_other() {
    let workspace = Workspace::new();
    let connectors = [
        with_secret("a", "account.one"),
        with_secret("b", "account.one"),
        with_secret("c", "account.one"),
        with_secret("d", "account.other"),
    ];
    workspace.configure(&connectors);
    let run = workspace.run(&PLAN).succeeded();
    let found = findings(&run, "");
    let summaries: Vec<_> = found
        .lines()
        .filter(|line| line.starts_with("Warning: ") || line.starts_with("(and "))
        .collect();
    assert_eq!(
        summaries,
        [
            "Warning: Secret \"account.one\" not found",
            "(and 2 more similar warnings elsewhere)",
            "Warning: Secret \"account.other\" not found",
        ],
        "{run}"
    );
}

fn used(workspace: &Workspace, scope: &Scope, identifier: &str, users: usize) {
    let users: Vec<_> = (1..=users)
        .map(|number| json!({"type": "Pipelines", "name": format!("Release {number}"), "identifier": format!("r{number}"),
            "orgIdentifier": "platform", "projectIdentifier": "payments"}))
        .collect();
    workspace
        .platform
        .put(Kind::Usage, scope, identifier, json!(users))
        .expect("the usage has the form");
}

#[test]
fn destroying_or_replacing_a_connector_says_who_uses_it() {
    let workspace = Workspace::new();
    let connectors = [
        Connector::new("removed"),
        Connector::new("forced").with(&json!({"force_delete": true})),
        Connector::new("moved"),
        Connector::new("renamed"),
        Connector::new("unused"),
    ];
    workspace.configure(&connectors);
    workspace.apply();
    let account = Scope::account();
    used(&workspace, &account, "removed", 12);
    for identifier in ["forced", "moved", "renamed"] {
        used(&workspace, &account, identifier, 1);
    }
    workspace.platform.clear_requests();
    let configuration = [
        Connector::new("moved").with(&json!({"org_id": "platform"})),
        Connector::new("renamed").with(&json!({"identifier": "other"})),
    ]
    .map(|connector| connector.to_string())
    .join("\n");
    workspace.write(&configuration);
    let run = workspace.run(&PLAN).succeeded();
    shows(
        &run,
        &configuration,
        r#"
Warning: Connector "forced" in use will be destroyed

The connector "forced" of the account will be destroyed, but 1 Harness entity
uses it:
- Pipeline "Release 1" (platform/payments)

`force_delete` is set: if the account allows it, Harness deletes the
connector anyway, and what refers to it fails when it next needs it. Remove
the references first.
docs/guides/validation-rules.md#l01 (rule L01)

Warning: Connector "removed" in use will be destroyed

The connector "removed" of the account will be destroyed, but 12 Harness
entities use it:
- Pipeline "Release 1" (platform/payments)
- Pipeline "Release 2" (platform/payments)
- Pipeline "Release 3" (platform/payments)
- Pipeline "Release 4" (platform/payments)
- Pipeline "Release 5" (platform/payments)
- Pipeline "Release 6" (platform/payments)
- Pipeline "Release 7" (platform/payments)
- Pipeline "Release 8" (platform/payments)
- Pipeline "Release 9" (platform/payments)
- Pipeline "Release 10" (platform/payments)
- and 2 more

Harness refuses to delete it while in use. Remove the references, in this run
or before it, or apply `force_delete = true` first if the account allows it.
docs/guides/validation-rules.md#l01 (rule L01)

Warning: Connector "moved" in use will be replaced

  with harness_bitbucket_connector.moved,
  on main.tf line 1, in resource "harness_bitbucket_connector" "moved":
   1: resource "harness_bitbucket_connector" "moved" {

The connector "moved" of the account will be replaced, but 1 Harness entity
uses it:
- Pipeline "Release 1" (platform/payments)

Harness refuses to delete it while in use. Remove the references, in this run
or before it, or apply `force_delete = true` first if the account allows it.
docs/guides/validation-rules.md#l01 (rule L01)

Warning: Identifier "renamed" changes to "other"

  with harness_bitbucket_connector.renamed,
  on main.tf line 23, in resource "harness_bitbucket_connector" "renamed":
  23:   identifier = "other"

Harness locks identifiers: to change "renamed" to "other", Terraform destroys
the connector and creates another one. To keep it, write `identifier =
"renamed"`; you can still change its `name`. 1 Harness entity uses the
connector:
- Pipeline "Release 1" (platform/payments)

Harness refuses to delete it while in use. Remove the references, in this run
or before it, or apply `force_delete = true` first if the account allows it.
docs/guides/validation-rules.md#i09 (rule I09)
"#,
    );
}

#[test]
fn a_destroy_looks_up_only_users_and_its_apply_nothing() {
    let workspace = Workspace::new();
    workspace.configure(&[Connector::new("one"), Connector::new("two")]);
    workspace.apply();
    workspace.platform.clear_requests();
    workspace
        .run(&["plan", "-destroy", "-input=false", "-out=saved.tfplan"])
        .succeeded();
    let usage = "GET /ng/api/entitySetupUsage";
    assert_eq!(lookups(&workspace), [usage, usage]);
    workspace.platform.clear_requests();
    workspace.apply_saved_plan().succeeded();
    assert!(
        lookups(&workspace)
            .iter()
            .all(|request| request.starts_with("DELETE "))
    );
}

#[test]
fn objects_created_in_the_same_run_are_only_a_plan_warning() {
    let workspace = Workspace::new();
    let connector = with_secret("bb", "org.new_token")
        .with(&json!({"org_id": "new_org", "delegate_selectors": ["new-delegate"]}));
    workspace.configure(&[connector]);
    let plan = workspace.save_plan();
    // The secret in a missing organization has no diagnostic of its own.
    let expected = ["O04 bb", "G08 bb"].map(str::to_owned);
    assert_eq!(plan.rules(), expected.into(), "{plan}");

    let org = Scope::organization("new_org");
    let make = |kind, scope: &Scope, identifier, object| {
        workspace
            .platform
            .put(kind, scope, identifier, object)
            .expect("the object has the form");
    };
    make(
        Kind::Organization,
        &Scope::account(),
        "new_org",
        json!({"identifier": "new_org", "name": "New"}),
    );
    make(
        Kind::Secret,
        &org,
        "new_token",
        json!({"type": "SecretText", "name": "New token"}),
    );
    make(
        Kind::Delegate,
        &org,
        "new-delegate",
        json!({"name": "new-delegate", "connected": true}),
    );
    let run = workspace.apply_saved_plan().succeeded();
    assert_eq!(run.diagnostics(), [], "{run}");
    workspace.settled();
}

#[test]
fn replacing_a_connector_under_its_identifier_is_not_an_error() {
    let workspace = Workspace::new();
    workspace.write(&with_provider("strict = true", &[Connector::new("bb")]));
    workspace.apply();
    let replace = format!("-replace={TYPE}.bb");
    // For replacements on demand, Terraform shows only errors about the new connector.
    let plan = workspace
        .run(&["plan", "-json", "-input=false", &replace])
        .succeeded();
    assert_eq!(plan.action("bb").as_deref(), Some("replace"), "{plan}");
    assert_eq!(plan.diagnostics(), [], "{plan}");

    workspace.run(&["taint", &format!("{TYPE}.bb")]).succeeded();
    workspace.apply_warned(&["I10 bb"]);

    // A connector that is not in the state is in the way.
    workspace.write(&with_provider(
        "strict = true",
        &[Connector::new("bb").with(&json!({"identifier": "github_mirror"}))],
    ));
    let plan = workspace.plan().failed();
    let error = plan.error_warned(&["I09 bb"]);
    error.says(
        "Identifier is taken",
        &["terraform import harness_bitbucket_connector.<name> github_mirror"],
    );
}

#[test]
fn a_strict_plan_fails_if_the_connector_will_almost_certainly_fail() {
    let workspace = Workspace::new();
    let ssh = Connector::new("ssh").with(&json!({
        "connection_type": "SSH",
        "url": "git@bitbucket.org:acme/web.git",
        "credentials": {"ssh": {"ssh_key_ref": "account.ubuntu_ssh"}},
    }));
    let selectors = Connector::new("selectors").with(&json!({"delegate_selectors": ["mars"]}));
    let missing = with_secret("missing", "account.nope");
    for (strict, severity) in [("false", "warning"), ("true", "error")] {
        workspace.write(&with_provider(
            &format!("strict = {strict}"),
            &[ssh.clone(), selectors.clone(), missing.clone()],
        ));
        let plan = workspace.plan();
        for found in plan.diagnostics() {
            let expected = if found.address.ends_with(".missing") {
                "warning"
            } else {
                severity
            };
            assert_eq!(found.severity, expected, "{plan}");
        }
        let expected = ["K05 ssh", "G08 selectors", "W12 missing"].map(str::to_owned);
        assert_eq!(plan.rules(), expected.into(), "{plan}");
    }
}

#[test]
fn each_object_is_looked_up_once_and_never_without_changes() {
    let workspace = Workspace::new();
    let connectors: Vec<_> = (0..20)
        .map(|number| {
            with_secret(&format!("c{number}"), "account.bitbucket_token")
                .with(&json!({"delegate_selectors": ["linux", "eu"]}))
        })
        .collect();
    workspace.configure(&connectors);
    let plan = workspace.plan().finds_changes();
    assert_eq!(plan.diagnostics(), [], "{plan}");
    // How many queries about identifiers were collected depends on the clock.
    let (own, shared): (Vec<_>, Vec<_>) = lookups(&workspace)
        .into_iter()
        .partition(|request| request.contains("/ng/api/connectors/"));
    assert!((1..20).contains(&own.len()), "{own:?}");
    assert_eq!(
        shared,
        [
            "GET /ng/api/v2/secrets/bitbucket_token",
            "POST /ng/api/delegate-setup/listDelegates",
        ]
    );

    workspace.apply();
    workspace.platform.clear_requests();
    workspace.plan().succeeded();
    assert_eq!(lookups(&workspace), [""; 0]);

    // One of them gets other credentials: only these are looked up.
    let changed = with_secret("c7", "account.revoked_token")
        .with(&json!({"delegate_selectors": ["linux", "eu"], "description": "Changed"}));
    let connectors: Vec<_> = connectors
        .into_iter()
        .map(|connector| {
            if connector.label() == "c7" {
                changed.clone()
            } else {
                connector
            }
        })
        .collect();
    workspace.configure(&connectors);
    workspace.plan().finds_changes();
    assert_eq!(
        lookups(&workspace),
        ["GET /ng/api/v2/secrets/revoked_token"]
    );
}

#[test]
fn without_plan_checks_or_without_a_key_nothing_is_looked_up() {
    let workspace = Workspace::new();
    let wrong = with_secret("bb", "account.bitbucket_ssh");
    workspace.write(&with_provider(
        "plan_checks = false",
        std::slice::from_ref(&wrong),
    ));
    let plan = workspace.plan().finds_changes();
    assert_eq!(plan.diagnostics(), [], "{plan}");
    assert!(workspace.platform.requests().is_empty());
    // What needs no lookup is still reported.
    workspace.try_apply().succeeded();
    let renamed = wrong.clone().with(&json!({"identifier": "other"}));
    workspace.write(&with_provider("plan_checks = false", &[renamed]));
    workspace.platform.clear_requests();
    let plan = workspace.plan().finds_changes();
    assert_eq!(plan.rules(), ["I09 bb".to_owned()].into(), "{plan}");
    assert_eq!(lookups(&workspace), [""; 0]);

    let workspace = workspace.beside().without_key();
    workspace.configure(&[wrong]);
    workspace.platform.clear_requests();
    let plan = workspace.plan().finds_changes();
    assert_eq!(plan.rules(), ["L04 bb".to_owned()].into(), "{plan}");
    assert!(workspace.platform.requests().is_empty());
}

#[test]
fn a_failed_lookup_is_one_warning_and_the_plan_continues() {
    let connectors: Vec<_> = (0..3)
        .map(|number| with_secret(&format!("c{number}"), &format!("account.s{number}")))
        .collect();
    let secrets = |action| Fault {
        method: None,
        path: None,
        path_regex: Some("/v2/secrets/".to_owned()),
        ..Fault::anywhere(action).times(0)
    };
    let in_front = "from something in front of Harness";
    for (action, title) in [
        (Action::Hang, "Harness did not respond in time"),
        (Action::ResetBefore, "The connection to Harness was lost"),
        (Action::Html(502), &format!("HTTP 502 {in_front}")),
        (
            Action::Answer(Answer::status(500)),
            &format!("HTTP 500 {in_front}"),
        ),
        (
            Action::Answer(Answer::json(200, json!({"data": {}}))),
            "Harness did not return the expected response",
        ),
    ] {
        let name = format!("{action:?}");
        let workspace = Workspace::new();
        // If there is a response, a slow machine must not be mistaken for a timeout.
        let patience = match action {
            Action::Hang => "request_timeout = \"100ms\"\n  ",
            _ => "",
        };
        let settings = format!("{patience}retry_timeout = \"1ms\"");
        workspace.write(&with_provider(&settings, &connectors));
        workspace.script(secrets(action));
        let plan = workspace.plan().finds_changes();
        plan.warning().says(title, &["plan_checks = false"]);
        assert_eq!(plan.actions().len(), 3, "{name}: {plan}");
    }
    let workspace = Workspace::new();
    let refused = json!({"denied_permissions": {"developer": ["core_secret_view"]}});
    workspace.set(&refused);
    let known = with_secret("known", "account.bitbucket_token");
    let other = with_secret("other", "account.revoked_token");
    workspace.configure(&[known, other]);
    let plan = workspace.plan().finds_changes();
    plan.warning()
        .says("No permission to look up secrets", &["core_secret_view"]);
}

#[test]
fn an_apply_repeats_warnings_only_if_the_host_hides_it() {
    let workspace = Workspace::new();
    let connectors: Vec<_> = (0..5)
        .map(|number| with_secret(&format!("c{number}"), "account.deploy_key_file"))
        .collect();
    workspace.configure(&connectors);
    let saved = ["plan", "-json", "-input=false", "-out=saved.tfplan"];
    let plan = workspace.run(&saved).succeeded();
    assert_eq!(plan.diagnostics().len(), 5, "{plan}");
    workspace.platform.clear_requests();
    let one_by_one = [
        "apply",
        "-json",
        "-input=false",
        "-parallelism=1",
        "saved.tfplan",
    ];
    let apply = workspace.run(&one_by_one).succeeded();
    let repeated: Vec<_> = apply.diagnostics();
    let of_rule = repeated
        .iter()
        .filter(|found| found.detail.ends_with("(rule W14)"));
    let (repeated, asked) = (of_rule.count(), lookups(&workspace));
    let asked = asked
        .iter()
        .filter(|request| !request.starts_with("POST /ng/api/connectors"));
    let asked: Vec<_> = asked.map(String::as_str).collect();
    let secret = "GET /ng/api/v2/secrets/deploy_key_file";
    let as_in_a_plan = [
        "GET /ng/api/connectors/validateUniqueIdentifier",
        secret,
        "POST /ng/api/delegate-setup/listDelegates",
    ];
    let expected = if hosts::current().tells_of_applies() {
        (0, &[secret][..])
    } else {
        (1, &as_in_a_plan[..])
    };
    assert_eq!((repeated, &asked[..]), expected, "{apply}");
}

#[test(needs(TerraformData))]
fn a_wrong_secret_that_becomes_known_during_apply_is_an_error() {
    let workspace = Workspace::new();
    let late = with_secret("late", "LATE").to_string();
    let late = late.replace("\"LATE\"", "terraform_data.secret.output");
    workspace.write(&format!(
        "resource \"terraform_data\" \"secret\" {{\n  input      = \"account.bitbucket_ssh\"\n  depends_on = \
         [{TYPE}.first]\n}}\n{}\n{late}",
        Connector::new("first")
    ));
    let plan = workspace.plan().finds_changes();
    assert_eq!(plan.diagnostics(), [], "{plan}");
    let run = workspace.try_apply().failed();
    let error = run.error();
    error.says(
        "\"account.bitbucket_ssh\" is not a text secret",
        &["Write the reference of a text secret"],
    );
    assert_eq!(error.address, format!("{TYPE}.late"));
    assert_eq!(workspace.stored(&Scope::account(), "late"), None);
    assert!(workspace.stored(&Scope::account(), "first").is_some());
}

#[test]
fn users_of_a_hundred_connectors_are_looked_up_and_others_counted() {
    let workspace = Workspace::new();
    let all = format!(
        "resource \"{TYPE}\" \"each\" {{\n  count = 105\n{}",
        Connector::new("each")
            .to_string()
            .split_once("{\n")
            .map_or("", |(_, arguments)| arguments)
            .replace("\"each\"", "\"each ${count.index}\"")
    );
    workspace.write(&all);
    workspace.apply();
    workspace.platform.clear_requests();
    let run = workspace
        .run(&["plan", "-destroy", "-no-color", "-input=false"])
        .succeeded();
    assert_eq!(workspace.requests("GET", "/ng/api/entitySetupUsage"), 100);
    let found = findings(&run, "");
    assert_eq!(found.matches("Warning: ").count(), 1, "{run}");
    for part in [
        "Users not looked up beyond 100 connectors",
        "(and 4 more similar warnings elsewhere)",
        "(rule L10)",
    ] {
        assert!(found.contains(part), "{part}: {run}");
    }
}
