//! A nightly drift check: `plan -refresh-only -detailed-exitcode` exits with 0 as long as no managed setting and
//! nothing `unmanaged` differs, and what only looks like a change does not stop an apply either.

use std::collections::BTreeSet;

use harness_sandbox::{Kind, Scope};
use serde_json::{Value, json};

use super::cli::{Finding, Workspace, address};
use super::drift_matrix::table::rows;
use super::hcl::Connector;
use super::hosts::test;
use super::who_changed::drift_of;

/// An event that does not change a managed setting: a name, and the connector before and after.
struct Night {
    name: &'static str,
    configured: Value,
    after: fn(&mut Value),
}

/// Returns all such events that can happen to any connector.
fn nights() -> Vec<Night> {
    let many = json!({
        "tags": {"a": "1", "b": "2", "c": ""},
        "delegate_selectors": ["linux", "eu", "pci"],
    });
    let night = |name, configured: &Value, after| Night {
        name,
        configured: configured.clone(),
        after,
    };
    let none = json!({});
    vec![
        night("saved_again", &many, |_| {}),
        night("selectors_in_another_order", &many, |stored| {
            let selectors = stored["spec"]["delegateSelectors"].as_array_mut();
            selectors.expect("a list").reverse();
        }),
        night("selectors_twice", &many, |stored| {
            let selectors = stored["spec"]["delegateSelectors"].as_array_mut();
            let selectors = selectors.expect("a list");
            selectors.push(selectors[0].clone());
        }),
        night("null_for_what_is_not_set", &none, |stored| {
            stored["description"] = Value::Null;
            stored["tags"] = Value::Null;
            stored["spec"]["delegateSelectors"] = Value::Null;
        }),
        night("empty_for_what_is_not_set", &none, |stored| {
            stored["description"] = json!("");
            stored["tags"] = json!({});
            stored["spec"]["delegateSelectors"] = json!([]);
            stored["spec"]["validationRepo"] = json!("");
        }),
        night("flags_that_are_off", &none, |stored| {
            stored["spec"]["proxy"] = json!(false);
            stored["spec"]["ignoreTestConnection"] = json!(false);
        }),
        night("scope_of_a_reference_in_capitals", &none, |stored| {
            stored["spec"]["authentication"]["spec"]["spec"]["passwordRef"] =
                json!("Account.bitbucket_token");
        }),
        night("later_members", &many, |stored| {
            stored["invented"] = json!({"deep": [1, "x"]});
            stored["spec"]["invented"] = json!(true);
            stored["spec"]["authentication"]["invented"] = json!("x");
            stored["spec"]["authentication"]["spec"]["spec"]["invented"] = json!(7);
        }),
    ]
}

const LOOK: [&str; 5] = [
    "plan",
    "-json",
    "-input=false",
    "-refresh-only",
    "-detailed-exitcode",
];

/// Returns the instances in the state file: attributes, private state, and identity of every connector.
fn instances(workspace: &Workspace) -> Value {
    let state = workspace.read_file("terraform.tfstate");
    let state: Value = serde_json::from_str(&state).expect("the state is JSON");
    state["resources"].clone()
}

fn put(workspace: &Workspace, label: &str, change: impl FnOnce(&mut Value)) {
    let scope = Scope::account();
    let mut object = workspace.stored(&scope, label).expect(label);
    change(&mut object);
    let put = workspace
        .platform
        .put(Kind::Connector, &scope, label, object);
    put.expect("the connector has the form");
}

#[test]
fn a_night_without_a_change_of_a_setting_leaves_every_byte_as_it_was() {
    let workspace = Workspace::new();
    workspace.set(&json!({"store_unknown_members": true}));
    let nights = nights();
    let described = |text: &str| {
        let described = json!({"description": text});
        let of_night = |night: &Night| Connector::new(night.name).with(&night.configured);
        let of_row = |row: &super::drift_matrix::table::Row| {
            Connector::new(&row.label()).with(&row.configured)
        };
        let mut all: Vec<_> = nights.iter().map(of_night).collect();
        all.extend(rows().iter().map(of_row));
        if !text.is_empty() {
            all = all.into_iter().map(|it| it.with(&described)).collect();
        }
        all
    };
    workspace.configure(&described(""));
    workspace.try_apply().succeeded();
    let before = instances(&workspace);
    let labels: Vec<String> = rows()
        .iter()
        .map(super::drift_matrix::table::Row::label)
        .collect();
    for night in &nights {
        put(&workspace, night.name, night.after);
    }
    // In every case, it was saved again.
    for label in &labels {
        put(&workspace, label, |_| {});
    }

    workspace.run(&LOOK).ended_with(0);
    workspace.plan().ended_with(0);
    workspace.refresh();
    assert_eq!(instances(&workspace), before);

    // None of it is a reason to refuse an update or a destroy that was planned before.
    workspace.configure(&described("New"));
    workspace.save_plan();
    for night in &nights {
        put(&workspace, night.name, night.after);
    }
    for label in &labels {
        put(&workspace, label, |_| {});
    }
    workspace.apply_saved_plan().succeeded();
    workspace.settled();
    workspace
        .run(&["plan", "-input=false", "-destroy", "-out=saved.tfplan"])
        .succeeded();
    for label in &labels {
        put(&workspace, label, |_| {});
    }
    workspace.apply_saved_plan().succeeded();
}

#[test]
fn what_is_unmanaged_shows_once_and_its_content_is_no_drift() {
    let workspace = Workspace::new();
    let oauth = |token: &str| {
        json!({"spec": {"apiAccess": {"type": "OAuth", "spec": {
            "tokenRef": token, "refreshTokenRef": "account.bitbucket_refresh_token",
        }}}})
    };
    let scope = Scope::account();
    let changes = [
        (
            "oauth",
            oauth("account.bitbucket_token"),
            "api_access: OAuth",
        ),
        ("proxy", json!({"spec": {"proxy": true}}), "proxy"),
        (
            "ignoring",
            json!({"spec": {"ignoreTestConnection": true}}),
            "ignoreTestConnection",
        ),
        (
            "project",
            json!({"spec": {"type": "Project"}}),
            "url_type: Project",
        ),
        (
            "passkey",
            json!({"spec": {"authentication": {"type": "Passkey", "spec": null}}}),
            "credentials: Passkey",
        ),
    ];
    workspace.configure(&changes.clone().map(|(label, ..)| Connector::new(label)));
    workspace.apply();
    for (label, ..) in &changes {
        assert_eq!(workspace.values(label)["unmanaged"], json!([]), "{label}");
    }
    for (label, patch, _) in &changes {
        workspace.patch(&scope, label, patch);
    }
    let run = workspace.run(&LOOK).finds_changes();
    let drifted: BTreeSet<String> = run.drifted().into_iter().collect();
    let all: BTreeSet<String> = changes.iter().map(|(label, ..)| address(label)).collect();
    assert_eq!(drifted, all, "{run}");
    let said = changes.iter().map(|(label, ..)| drift_of(label));
    assert_eq!(run.rules(), said.collect(), "{run}");
    workspace.refresh();
    for (label, _, phrase) in &changes {
        let unmanaged = &workspace.values(label)["unmanaged"];
        assert_eq!(*unmanaged, json!([phrase]), "{label}");
    }
    // Once it is in the state, neither its existence nor its contents show again.
    workspace.patch(&scope, "oauth", &oauth("account.other_token"));
    workspace.run(&LOOK).ended_with(0);
}

#[test(needs(Identity))]
fn a_state_that_an_older_host_wrote_without_identities_is_no_drift() {
    let workspace = Workspace::new();
    workspace.configure(&[Connector::new("bb")]);
    workspace.apply();
    let text = workspace.read_file("terraform.tfstate");
    let mut state: Value = serde_json::from_str(&text).expect("the state is JSON");
    let instance = state.pointer_mut("/resources/0/instances/0");
    let instance = instance
        .and_then(Value::as_object_mut)
        .expect("an instance");
    instance.remove("identity").expect("it has an identity");
    instance.remove("identity_schema_version");
    workspace.write_file("terraform.tfstate", &state.to_string());
    workspace.settled();
    // The next change adds the identity.
    workspace.configure(&[Connector::new("bb").with(&json!({"description": "New"}))]);
    workspace.apply();
    let identity = instances(&workspace)[0]["instances"][0]["identity"].clone();
    assert_eq!(identity["identifier"], "bb");
}

/// Rewrites the state file with the connectors as version 0.1.0 wrote them.
fn as_version_0_1(workspace: &Workspace) {
    let text = workspace.read_file("terraform.tfstate");
    let mut state: Value = serde_json::from_str(&text).expect("the state is JSON");
    for resource in state["resources"].as_array_mut().expect("resources") {
        for instance in resource["instances"].as_array_mut().expect("instances") {
            let attributes = instance["attributes"].as_object_mut().expect("attributes");
            attributes.remove("unmanaged").expect("it has it");
            // {"last_modified_at":1750000000123}
            instance["private"] = json!("eyJsYXN0X21vZGlmaWVkX2F0IjoxNzUwMDAwMDAwMTIzfQ==");
        }
    }
    workspace.write_file("terraform.tfstate", &state.to_string());
}

#[test]
fn states_of_version_0_1_upgrade_cleanly_and_are_guarded() {
    let workspace = Workspace::new();
    let scope = Scope::account();
    let labels = ["untouched", "changed"];
    let described =
        |text: &str| labels.map(|label| Connector::new(label).with(&json!({"description": text})));
    workspace.configure(&described("Old"));
    workspace.apply();
    as_version_0_1(&workspace);
    workspace.settled();

    workspace.configure(&described("New"));
    workspace.save_plan();
    put(&workspace, "untouched", |_| {});
    workspace.patch(&scope, "changed", &json!({"tags": {"theirs": "x"}}));
    let run = workspace.apply_saved_plan().failed();
    let error = run.error();
    error.says("Connector was changed after the plan was made", &[]);
    assert_eq!(error.address, address("changed"), "{run}");
    let stored = |label| workspace.stored(&scope, label).expect(label);
    assert_eq!(stored("untouched")["description"], "New");
    assert_eq!(stored("changed")["description"], "Old");
}

#[test]
fn a_managed_setting_changed_after_the_plan_stops_the_apply() {
    let workspace = Workspace::new();
    let scope = Scope::account();
    let rows = rows();
    let configured = |more: &Value| -> Vec<Connector> {
        let connector = |row: &super::drift_matrix::table::Row| {
            Connector::new(&row.label())
                .with(&row.configured)
                .with(more)
        };
        rows.iter().map(connector).collect()
    };
    workspace.configure(&configured(&json!({})));
    workspace.try_apply().succeeded();
    workspace.configure(&configured(&json!({"name": "Another name"})));
    workspace.save_plan();
    workspace
        .run(&[
            "plan",
            "-json",
            "-input=false",
            "-destroy",
            "-out=destroy.tfplan",
        ])
        .succeeded();
    for row in &rows {
        workspace.patch(&scope, &row.label(), &row.patch);
    }
    let theirs: Vec<_> = rows
        .iter()
        .map(|row| workspace.stored(&scope, &row.label()))
        .collect();

    for plan in ["saved.tfplan", "destroy.tfplan"] {
        let run = workspace
            .run(&["apply", "-json", "-input=false", plan])
            .failed();
        let refused = run.diagnostics();
        assert_eq!(refused.len(), rows.len(), "{plan}: {run}");
        for row in &rows {
            // For a destroy, Terraform does not say which resource an error is about; the error does.
            let named = format!("Bitbucket connector \"{}\" in the account", row.label());
            let about = |found: &&Finding| found.detail.contains(&named);
            let found = refused.iter().find(about).expect(&named);
            found.says("Connector was changed after the plan was made", &[]);
        }
        let still: Vec<_> = rows
            .iter()
            .map(|row| workspace.stored(&scope, &row.label()))
            .collect();
        assert_eq!(still, theirs, "{plan}");
    }
}
