//! Moves from the official provider: with a `moved` block, the state of its `harness_platform_connector_bitbucket`
//! becomes ours, and nothing happens to the connector.
//!
//! The states are written as that provider writes them, from what the platform has. The provider itself is not needed:
//! Terraform passes its state as stored, and never uses its schema. But Terraform requires *something* to be installed
//! under each address in a state, so the binary of this build takes its place. The last chapter covers what Terraform
//! reports without it, and what it needs it for.
//!
//! This file is long because its tests share the states that the other provider writes.

use std::collections::{BTreeMap, BTreeSet};

use harness_sandbox::Scope;
use serde_json::{Map, Value, json};

use super::cli::{Run, TYPE, Workspace, address};
use super::drift_matrix::differences;
use super::hcl::{self, Connector};
use super::hosts::test;
use super::left_alone::with_lifecycle;
use super::scopes_and_credentials::{ACCOUNT, ORGANIZATION, PROJECT, Place};

const OFFICIAL: &str = "harness_platform_connector_bitbucket";
pub(super) const HOST: &str = "registry.terraform.io";
pub(super) const OURS: &str = "harness-rs/harness";

/// The origin of a state.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Writer {
    /// A creation: unset collections are null.
    Creation,
    /// A refresh: unset collections are empty.
    Refresh,
    /// A release that had username and token as the only API access, and stored no type of it.
    OldRelease,
}

/// Returns the attributes that the official provider stores for a connector of the platform.
fn attributes(stored: &Value, writer: Writer) -> Value {
    let text = |pointer: &str| stored.pointer(pointer).and_then(Value::as_str);
    let or_empty = |pointer: &str| text(pointer).unwrap_or_default();
    let elements = |found: Vec<String>| match writer {
        Writer::Creation if found.is_empty() => Value::Null,
        _ => json!(found),
    };
    let tags = stored["tags"].as_object().cloned().unwrap_or_default();
    let tags = tags
        .iter()
        .map(|(key, value)| match value.as_str().unwrap_or_default() {
            "" if writer == Writer::Creation => key.clone(),
            value => format!("{key}:{value}"),
        });
    let selectors = stored["spec"]["delegateSelectors"].as_array();
    let selectors = selectors.into_iter().flatten().filter_map(Value::as_str);
    let spec = |member: &str| format!("/spec/authentication/spec/{member}");
    let credentials = match or_empty("/spec/authentication/type") {
        "Ssh" => json!({"http": [], "ssh": [{"ssh_key_ref": or_empty(&spec("sshKeyRef"))}]}),
        _ => json!({"ssh": [], "http": [{
            "username": or_empty(&spec("spec/username")),
            "username_ref": or_empty(&spec("spec/usernameRef")),
            "password_ref": or_empty(&spec("spec/passwordRef")),
        }]}),
    };
    let access = text("/spec/apiAccess/type").map(|kind| {
        let spec = |member: &str| or_empty(&format!("/spec/apiAccess/spec/{member}"));
        let mut access = json!({
            "username": spec("username"),
            "username_ref": spec("usernameRef"),
            "token_ref": spec("tokenRef"),
        });
        if writer != Writer::OldRelease {
            access["auth_type"] = json!(kind);
            access["email"] = json!(spec("email"));
            access["email_ref"] = json!(spec("emailRef"));
        }
        access
    });
    json!({
        "id": or_empty("/identifier"),
        "identifier": or_empty("/identifier"),
        "name": or_empty("/name"),
        "description": or_empty("/description"),
        "org_id": or_empty("/orgIdentifier"),
        "project_id": or_empty("/projectIdentifier"),
        "tags": elements(tags.collect()),
        "url": or_empty("/spec/url"),
        "connection_type": or_empty("/spec/type"),
        "validation_repo": or_empty("/spec/validationRepo"),
        "delegate_selectors": elements(selectors.map(str::to_owned).collect()),
        "credentials": [credentials],
        "api_authentication": access.map_or(json!([]), |access| json!([access])),
    })
}

/// Returns a resource of the official provider in a state: its type, its label, and its instances by key.
fn resource(host: &str, kind: &str, label: &str, instances: Vec<(Value, Value)>) -> Value {
    let instances = instances.into_iter().map(|(key, attributes)| {
        let mut instance = Map::new();
        if !key.is_null() {
            instance.insert("index_key".to_owned(), key);
        }
        instance.insert("schema_version".to_owned(), json!(0));
        instance.insert("attributes".to_owned(), attributes);
        instance.insert("private".to_owned(), json!("bnVsbA=="));
        Value::from(instance)
    });
    json!({
        "mode": "managed",
        "type": kind,
        "name": label,
        "provider": format!("provider[\"{host}/harness/harness\"]"),
        "instances": instances.collect::<Vec<_>>(),
    })
}

/// Writes these resources as the state.
pub(super) fn write_state(workspace: &Workspace, resources: &[Value]) {
    let state = json!({
        "version": 4,
        "terraform_version": "1.8.0",
        "serial": 1,
        "lineage": "3f1d6c0e-5b0a-4f0e-9d0e-0d6f3b1c2a77",
        "outputs": {},
        "resources": resources,
    });
    workspace.write_file("terraform.tfstate", &state.to_string());
}

/// Returns the state of one connector of the platform, with the same label.
pub(super) fn one(
    host: &str,
    workspace: &Workspace,
    scope: &Scope,
    label: &str,
    writer: Writer,
) -> Value {
    let stored = workspace.stored(scope, label).expect(label);
    let instance = (Value::Null, attributes(&stored, writer));
    resource(host, OFFICIAL, label, vec![instance])
}

pub(super) fn moved(label: &str) -> String {
    format!("moved {{\n  from = {OFFICIAL}.{label}\n  to   = {TYPE}.{label}\n}}\n")
}

/// Returns the address of the official provider from this registry. OpenTofu treats the address of Terraform's registry
/// in a state as its own, so the default of either is written without a host.
pub(super) fn official(host: &str) -> String {
    format!("{host}/harness/harness")
        .trim_start_matches(&format!("{HOST}/"))
        .to_owned()
}

/// Asserts that the platform was only read.
#[track_caller]
fn assert_only_read(workspace: &Workspace, run: &Run) {
    for request in workspace.platform.requests() {
        assert_eq!(request.method, "GET", "{}\n{run}", request.path);
    }
}

/// Asserts that every planned action is this one.
#[track_caller]
fn assert_all(run: &Run, count: usize, expected: &str) {
    let actions = run.actions();
    assert_eq!(actions.len(), count, "{run}");
    assert!(
        actions.values().all(|action| action == expected),
        "{actions:?}\n{run}"
    );
}

/// Moves every kind of connector of a place, each time from a state of this origin and registry.
fn every_kind_moves(place: &Place, origins: &[(&str, Writer)]) {
    let scope = place.scope();
    let made = Workspace::new();
    let mut cases = place.cases();
    for case in cases.iter_mut().step_by(2) {
        let described = json!({
            "description": "Moved",
            "tags": {"team": "payments:eu", "blue": ""},
        });
        case.connector = case.connector.clone().with(&described);
    }
    made.configure(cases.iter().map(|case| &case.connector));
    made.try_apply().succeeded();
    let created = made.state();

    for &(host, writer) in origins {
        let workspace = made.beside();
        workspace.install(&[OURS, &official(host)]);
        let mut configuration = String::new();
        let mut states = Vec::new();
        let mut warnings = BTreeSet::new();
        for case in &cases {
            let kind = case.api_access["type"].as_str().unwrap_or("UsernameToken");
            if writer == Writer::OldRelease && kind != "UsernameToken" {
                continue;
            }
            let label = case.connector.label();
            configuration += &case.connector.to_string();
            configuration += &moved(label);
            states.push(one(host, &workspace, &scope, label, writer));
            warnings.extend(case.warned_by.map(|rule| format!("{rule} {label}")));
        }
        write_state(&workspace, &states);
        workspace.write(&configuration);
        workspace.platform.clear_requests();

        let plan = workspace.plan().finds_changes();
        assert_all(&plan, states.len(), "move");
        assert_eq!(plan.rules(), warnings, "{plan}");
        let run = workspace.try_apply().succeeded();
        assert_only_read(&workspace, &run);

        // The state is the one after a creation, and contains nothing of the old provider.
        let state = workspace.state();
        assert_eq!(state.len(), states.len());
        for (address, values) in &state {
            assert_eq!(values, &created[address], "{address}, {host}, {writer:?}");
        }
        assert!(!workspace.read_file("terraform.tfstate").contains(OFFICIAL));
        workspace.install(&[OURS]);
        workspace.settled();
    }
}

#[test(needs(MovedTypes))]
fn every_kind_of_connector_of_the_account_moves_without_a_change() {
    let origins = [
        (HOST, Writer::Creation),
        ("registry.opentofu.org", Writer::Refresh),
        ("mirror.example.com", Writer::OldRelease),
    ];
    every_kind_moves(&ACCOUNT, &origins);
}

#[test(needs(MovedTypes))]
fn every_kind_of_connector_of_an_organization_moves_without_a_change() {
    every_kind_moves(&ORGANIZATION, &[("registry.opentofu.org", Writer::Refresh)]);
}

#[test(needs(MovedTypes))]
fn every_kind_of_connector_of_a_project_moves_without_a_change() {
    every_kind_moves(&PROJECT, &[(HOST, Writer::Creation)]);
}

/// The differences of the configuration from the connector that moves, the changes on the platform since the old
/// provider read it, and what the plan then shows, by path.
struct Difference {
    label: &'static str,
    configured: Value,
    since: Value,
    shown: Value,
    /// Whether it is written to the platform.
    is_written: bool,
}

fn differently(label: &'static str, configured: Value, shown: Value) -> Difference {
    Difference {
        label,
        configured,
        since: json!({}),
        shown,
        is_written: true,
    }
}

fn managed_otherwise(label: &'static str, configured: Value, shown: Value) -> Difference {
    Difference {
        is_written: false,
        ..differently(label, configured, shown)
    }
}

fn changed_since(label: &'static str, since: Value, shown: Value) -> Difference {
    Difference {
        since,
        ..differently(label, json!({}), shown)
    }
}

fn all_differences() -> Vec<Difference> {
    let http = |user: &Value| {
        let mut block = user.clone();
        block["password_ref"] = json!("account.bitbucket_token");
        json!({"http": block})
    };
    let other_token = "account.bitbucket_refresh_token";
    vec![
        differently("name", json!({"name": "Other"}), json!({"name": "Other"})),
        differently(
            "description",
            json!({"description": null}),
            json!({"description": null}),
        ),
        differently(
            "tag_less",
            json!({"tags": {"team": "payments"}}),
            json!({"tags.blue": null}),
        ),
        differently(
            "tag_changed",
            json!({"tags": {"team": "web", "blue": ""}}),
            json!({"tags.team": "web"}),
        ),
        differently(
            "url",
            json!({"url": "https://bitbucket.example.com/scm/PLAT/other.git"}),
            json!({"url": "https://bitbucket.example.com/scm/PLAT/other.git"}),
        ),
        differently(
            "url_type",
            json!({
                "url_type": "Account",
                "url": "https://bitbucket.example.com/scm/",
                "test_repository": "PLAT/tools.git",
            }),
            json!({
                "url_type": "Account",
                "url": "https://bitbucket.example.com/scm/",
                "test_repository": "PLAT/tools.git",
            }),
        ),
        differently(
            "username",
            json!({"credentials": http(&json!({"username": "other"}))}),
            json!({"credentials.http.username": "other"}),
        ),
        differently(
            "password_ref",
            json!({"credentials": {"http": {"username": "jdoe", "password_ref": other_token}}}),
            json!({"credentials.http.password_ref": other_token}),
        ),
        differently(
            "api_access",
            json!({"api_access": null}),
            json!({
                "api_access.username_token.username": null,
                "api_access.username_token.token_ref": null,
            }),
        ),
        differently(
            "selectors",
            json!({"delegate_selectors": ["eu"]}),
            json!({"delegate_selectors": ["eu"]}),
        ),
        differently(
            "connectivity_mode",
            json!({"connectivity_mode": "Platform", "delegate_selectors": null}),
            json!({"connectivity_mode": "Platform", "delegate_selectors": null}),
        ),
        managed_otherwise(
            "force_delete",
            json!({"force_delete": true}),
            json!({"force_delete": true}),
        ),
        managed_otherwise(
            "connection_test",
            json!({"connection_test": "off"}),
            json!({"connection_test": "off"}),
        ),
        managed_otherwise(
            "timeouts",
            json!({"timeouts": {"create": "5m"}}),
            json!({"timeouts.create": "5m"}),
        ),
        changed_since(
            "described_since",
            json!({"description": "Theirs"}),
            json!({"description": "Ours"}),
        ),
        changed_since(
            "on_the_platform_since",
            json!({"spec": {"executeOnDelegate": false}}),
            json!({"connectivity_mode": "Delegate"}),
        ),
        changed_since(
            "retagged_since",
            json!({"tags": {"team": null, "more": "x"}}),
            json!({"tags.team": "payments", "tags.more": null}),
        ),
    ]
}

#[test(needs(MovedTypes))]
fn a_move_shows_only_configuration_differences_and_later_changes() {
    let scope = Scope::account();
    let connector = |label: &str| {
        Connector::new(label).with(&json!({
            "description": "Ours",
            "tags": {"team": "payments", "blue": ""},
            "url": "https://bitbucket.example.com/scm/PLAT/tools.git",
            "delegate_selectors": ["eu", "linux"],
            "api_access": {"username_token": {
                "username": "jdoe", "token_ref": "account.bitbucket_token",
            }},
            "identifier": label,
        }))
    };
    let given = |label: &str, configured: &Value| {
        let nulls = configured.as_object().expect("arguments").iter();
        let block = connector(label).with(configured);
        nulls.fold(block, |block, (name, value)| {
            if value.is_null() {
                block.without(name)
            } else {
                block
            }
        })
    };
    let differences_of = all_differences();
    let made = Workspace::new();
    let labels: Vec<&str> = differences_of.iter().map(|row| row.label).collect();
    let connectors: Vec<_> = labels.iter().map(|label| connector(label)).collect();
    made.configure(&connectors);
    made.try_apply().succeeded();

    let workspace = made.beside();
    workspace.install(&[OURS, &official(HOST)]);
    let states: Vec<_> = labels
        .iter()
        .map(|label| one(HOST, &workspace, &scope, label, Writer::Refresh))
        .collect();
    write_state(&workspace, &states);
    let mut configuration = String::new();
    for row in &differences_of {
        configuration += &given(row.label, &row.configured).to_string();
        configuration += &moved(row.label);
        if row.since != json!({}) {
            workspace.patch(&scope, row.label, &row.since);
        }
    }
    workspace.write(&configuration);
    workspace.save_plan();
    let plan = workspace.shown_plan();
    let changes = plan["resource_changes"].as_array().expect("changes");
    let changes: BTreeMap<_, _> = changes
        .iter()
        .map(|change| (change["address"].as_str().unwrap_or_default(), change))
        .collect();
    assert_eq!(changes.len(), differences_of.len());
    for row in &differences_of {
        let label = row.label;
        let change = changes[address(label).as_str()];
        assert_eq!(change["previous_address"], format!("{OFFICIAL}.{label}"));
        let change = &change["change"];
        assert_eq!(change["actions"], json!(["update"]), "{label}");
        let found = differences(&change["before"], &change["after"]);
        assert_eq!(found, row.shown, "{label}");
    }

    workspace.platform.clear_requests();
    workspace.apply_saved_plan().succeeded();
    let written = differences_of.iter().filter(|row| row.is_written);
    assert_eq!(workspace.requests("PUT", "/"), written.count());
    workspace.settled();
}

/// The official provider cannot read such a connector. Its state, from before, is moved all the same.
#[test(needs(MovedTypes))]
fn oauth_api_access_is_replaced_in_a_move_unless_it_is_ignored() {
    let scope = Scope::account();
    let block = Connector::new("bb").with(&json!({
        "api_access": {"access_token": {"token_ref": "account.bitbucket_token"}},
    }));
    let made = Workspace::new();
    made.configure([&block]);
    made.try_apply().succeeded();
    let before = one(HOST, &made, &scope, "bb", Writer::Refresh);
    let oauth = json!({"type": "OAuth", "spec": {
        "tokenRef": "account.bitbucket_token", "refreshTokenRef": "account.bitbucket_refresh_token"}});
    made.patch(&scope, "bb", &json!({"spec": {"apiAccess": oauth}}));

    let workspace = made.beside();
    workspace.install(&[OURS, &official(HOST)]);
    write_state(&workspace, &[before]);
    workspace.write(&format!("{block}{}", moved("bb")));
    let plan = workspace.plan().finds_changes();
    assert_all(&plan, 1, "update");
    assert!(plan.rules().contains("L05 bb"), "{plan}");
    let kept = with_lifecycle(&block, "ignore_changes = [api_access]");
    for kept in [kept, block.without("api_access").to_string()] {
        workspace.write(&format!("{kept}{}", moved("bb")));
        let plan = workspace.plan().finds_changes();
        assert_all(&plan, 1, "move");
        assert!(!plan.rules().contains("L05 bb"), "{plan}");
    }
    workspace.try_apply().succeeded();
    let stored = workspace.stored(&scope, "bb").expect("it is there");
    assert_eq!(stored["spec"]["apiAccess"]["type"], "OAuth");
}

#[test(needs(MovedTypes))]
fn one_block_moves_all_instances_offline_with_their_keys() {
    let made = Workspace::new();
    made.configure(&[Connector::new("web"), Connector::new("api")]);
    made.try_apply().succeeded();
    let instance = |key: Value, label: &str| {
        let stored = made.stored(&Scope::account(), label).expect(label);
        (key, attributes(&stored, Writer::Refresh))
    };
    for (keys, repetition, name) in [
        (
            [json!("web"), json!("api")],
            "for_each = toset([\"web\", \"api\"])",
            "each.key",
        ),
        (
            [json!(0), json!(1)],
            "count = 2",
            "[\"web\", \"api\"][count.index]",
        ),
    ] {
        let workspace = made.beside();
        workspace.install(&[OURS, &official(HOST)]);
        let [first, second] = keys.clone();
        let instances = vec![instance(first, "web"), instance(second, "api")];
        write_state(
            &workspace,
            &[resource(HOST, OFFICIAL, "all", instances.clone())],
        );
        let block = Connector::new("all").to_string();
        let block = block.replace(
            "name = \"all\"",
            &format!("{repetition}\n  name = {name}\n  identifier = {name}"),
        );
        workspace.write(&format!("{block}{}", moved("all")));
        workspace.platform.clear_requests();
        let workspace = workspace.without_key();
        let offline = [
            "plan",
            "-json",
            "-input=false",
            "-refresh=false",
            "-detailed-exitcode",
        ];
        let plan = workspace.run(&offline).finds_changes();
        assert_all(&plan, 2, "move");
        assert!(workspace.platform.requests().is_empty(), "{plan}");
        for key in keys {
            let instance = format!("{TYPE}.all[{key}]");
            assert!(plan.actions().contains_key(&instance), "{plan}");
        }
    }
}

/// OpenTofu stores the provider's address once for all instances of a resource: as soon as one has moved, the others
/// arrive with the old type and the new address. Which instance is first is random.
#[test(needs(MovedTypes))]
fn twenty_instances_move_with_one_block_or_with_one_block_each() {
    let made = Workspace::new();
    made.configure(&[Connector::new("web")]);
    made.try_apply().succeeded();
    let stored = made.stored(&Scope::account(), "web").expect("web");
    let name = |number: usize| format!("bb{number}");
    let instances: Vec<(Value, Value)> = (0..20)
        .map(|number| {
            let mut attributes = attributes(&stored, Writer::Refresh);
            for member in ["id", "identifier", "name"] {
                attributes[member] = json!(name(number));
            }
            (json!(number), attributes)
        })
        .collect();
    let one_each: Vec<String> = (0..instances.len())
        .map(|number| {
            format!(
                "moved {{\n  from = {OFFICIAL}.all[{number}]\n  to   = {TYPE}.all[{number}]\n}}\n"
            )
        })
        .collect();
    for blocks in [moved("all"), one_each.concat()] {
        let workspace = made.beside();
        workspace.install(&[OURS, &official(HOST)]);
        write_state(
            &workspace,
            &[resource(HOST, OFFICIAL, "all", instances.clone())],
        );
        let block = Connector::new("all").to_string().replace(
            "name = \"all\"",
            "count = 20\n  name = \"bb${count.index}\"\n  identifier = \"bb${count.index}\"",
        );
        workspace.write(&format!("{block}{blocks}"));
        let plan = workspace
            .run(&["plan", "-json", "-input=false", "-refresh=false"])
            .succeeded();
        assert_all(&plan, instances.len(), "move");
    }
}

#[test(needs(MovedTypes))]
fn a_move_works_if_the_official_provider_keeps_the_name_harness() {
    // It has everything that the old provider stores in another form.
    let connector = Connector::new("bb").with(&json!({
        "description": "Every form",
        "tags": {"team": "payments", "blue": "", "path": "a:b"},
        "url_type": "Account",
        "url": "https://bitbucket.org/acme/",
        "test_repository": "web.git",
        "delegate_selectors": ["linux", "eu"],
    }));
    let workspace = Workspace::new();
    workspace.configure([&connector]);
    workspace.apply();
    workspace.install(&[OURS, &official(HOST)]);
    workspace.write_file(
        "versions.tf",
        r#"
terraform {
  required_providers {
    harness = {
      source = "harness/harness"
    }
    bitbucket = {
      source = "harness-rs/harness"
    }
  }
}
"#,
    );
    let state = one(HOST, &workspace, &Scope::account(), "bb", Writer::Creation);
    write_state(&workspace, &[state]);
    let block = connector.to_string();
    let block = block.replace("  name =", "  provider = bitbucket\n  name =");
    workspace.write(&format!("{block}{}", moved("bb")));
    let plan = workspace.plan().finds_changes();
    assert_all(&plan, 1, "move");
    workspace.try_apply().succeeded();
    workspace.settled();
}

#[test(needs(MovedTypes))]
fn the_mode_that_the_official_provider_does_not_store_is_no_drift() {
    let connector = Connector::new("bb").with(&json!({"connectivity_mode": "Platform"}));
    let workspace = Workspace::new();
    workspace.configure([&connector]);
    workspace.apply();
    workspace.install(&[OURS, &official(HOST)]);
    let state = one(HOST, &workspace, &Scope::account(), "bb", Writer::Refresh);
    write_state(&workspace, std::slice::from_ref(&state));
    workspace.write(&format!("{connector}{}", moved("bb")));
    let review = super::review::report(&workspace);
    assert_eq!(review["drift"], json!([]), "{review:#}");

    // What it stores and someone changed since is.
    let mut renamed = state;
    renamed["instances"][0]["attributes"]["name"] = json!("Former");
    write_state(&workspace, &[renamed]);
    let review = super::review::report(&workspace);
    let settings = &review["drift"][0]["settings"];
    assert_eq!(settings.as_array().map(Vec::len), Some(1), "{review:#}");
    assert_eq!(settings[0]["setting"], "name", "{review:#}");
}

#[test(needs(MovedTypes))]
fn other_sources_are_refused_and_stay_in_the_state() {
    let made = Workspace::new();
    made.configure(&[Connector::new("bb")]);
    made.try_apply().succeeded();
    let stored = made.stored(&Scope::account(), "bb").expect("it exists");
    let good = attributes(&stored, Writer::Refresh);
    let mut without_credentials = good.clone();
    without_credentials["credentials"] = json!([]);
    for (registry, kind, attributes, summary, detail) in [
        (
            HOST,
            "harness_platform_connector_github",
            &good,
            "State cannot be moved",
            "Only a harness_platform_connector_bitbucket of the provider harness/harness can be moved",
        ),
        (
            HOST,
            OFFICIAL,
            &without_credentials,
            "State cannot be moved",
            "`credentials` is not set",
        ),
        (
            "registry.terraform.io/acme",
            OFFICIAL,
            &good,
            "State of another provider",
            "/acme/harness ",
        ),
    ] {
        let workspace = made.beside();
        let instances = vec![(Value::Null, attributes.clone())];
        write_state(&workspace, &[resource(registry, kind, "bb", instances)]);
        let state = workspace.read_file("terraform.tfstate");
        // A registry may be followed by its own namespace here.
        let state = state.replace("/acme/harness/", "/acme/");
        workspace.write_file("terraform.tfstate", &state);
        workspace.install(&[OURS, &official(registry).replace("acme/harness/", "acme/")]);
        let before = workspace.read_file("terraform.tfstate");
        let from = moved("bb").replace(OFFICIAL, kind);
        workspace.write(&format!("{}{from}", Connector::new("bb")));
        for run in [workspace.plan().failed(), workspace.try_apply().failed()] {
            run.error().says(summary, &[detail]);
        }
        assert_eq!(workspace.read_file("terraform.tfstate"), before);
    }
}

/// The guide's advice about a provider that can no longer be installed depends on this: if a state names a provider,
/// Terraform requires it, for `moved` and `removed` blocks alike, but the commands do not.
#[test(needs(MovedTypes, RemovedWithLifecycle, ImportBlocks))]
fn commands_migrate_without_the_official_provider() {
    let workspace = Workspace::new();
    workspace.configure(&[Connector::new("bb")]);
    workspace.try_apply().succeeded();
    let created = workspace.state();
    let block = Connector::new("bb").to_string();
    let state = one(HOST, &workspace, &Scope::account(), "bb", Writer::Creation);
    write_state(&workspace, &[state]);
    let before = workspace.read_file("terraform.tfstate");
    let removed = format!(
        "removed {{\n  from = {OFFICIAL}.bb\n  lifecycle {{\n    destroy = false\n  }}\n}}\n"
    );
    for takeover in [moved("bb"), format!("{removed}{}", hcl::import("bb", "bb"))] {
        workspace.write(&format!("{block}{takeover}"));
        let run = workspace.plan().failed();
        let errors = run.diagnostics();
        assert!(!errors.is_empty(), "{run}");
        for error in errors {
            let said = format!("{} {}", error.summary, error.detail);
            assert!(said.contains("/harness/harness"), "{run}");
        }
        assert_eq!(workspace.read_file("terraform.tfstate"), before);
    }

    // Terraform can only forget a resource that it can read: a stand-in without the type is not enough.
    workspace.install(&[OURS, &official(HOST)]);
    workspace.try_apply().failed();
    assert!(workspace.read_file("terraform.tfstate").contains(OFFICIAL));
    workspace.install(&[OURS]);

    workspace.write(&block);
    let forgotten = format!("{OFFICIAL}.bb");
    workspace.run(&["state", "rm", &forgotten]).succeeded();
    workspace.import("bb", "bb").succeeded();
    workspace.settled();
    assert_eq!(workspace.state(), created);
}
