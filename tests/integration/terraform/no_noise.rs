//! No false drift: what Harness writes differently with an equivalent meaning never shows, however a connector came
//! into the state.

use harness_sandbox::Scope;
use serde_json::{Value, json};

use super::cli::Workspace;
use super::hcl::{self, Connector};
use super::hosts::test;
use super::moves::{HOST, OURS, Writer, moved, official, one, write_state};

/// Returns a label, the configuration, and what Harness has instead of what was sent, as a merge patch.
fn forms() -> Vec<(&'static str, Value, Value)> {
    let selectors = json!({"delegate_selectors": ["eu", "linux"]});
    let password = |reference: &str| json!({"credentials": {"http": {"username": "jdoe", "password_ref": reference}}});
    let ssh = json!({
        "connection_type": "SSH",
        "url": "git@bitbucket.org:acme/web.git",
        "credentials": {"ssh": {"ssh_key_ref": "Account.bitbucket_ssh"}},
    });
    let token = json!({"api_access": {"access_token": {"token_ref": "ACCOUNT.bitbucket_token"}}});
    vec![
        ("plain", json!({}), json!({})),
        (
            "selectors_in_another_order",
            selectors,
            json!({"spec": {"delegateSelectors": ["linux", "eu"]}}),
        ),
        (
            "secret_in_capitals",
            password("ACCOUNT.bitbucket_token"),
            json!({}),
        ),
        ("key_in_capitals", ssh, json!({})),
        ("token_in_capitals", token, json!({})),
        ("tags_null", json!({}), json!({"tags": null})),
        ("tags_empty", json!({}), json!({"tags": {}})),
        (
            "tag_without_a_value",
            json!({"tags": {"critical": ""}}),
            json!({"tags": {"critical": ""}}),
        ),
        ("description_empty", json!({}), json!({"description": ""})),
        ("description_null", json!({}), json!({"description": null})),
        (
            "spec_members_empty",
            json!({}),
            json!({"spec": {"apiAccess": null, "validationRepo": "", "delegateSelectors": []}}),
        ),
        (
            "members_of_others",
            json!({}),
            json!({"spec": {"ignoreTestConnection": true}}),
        ),
    ]
}

/// How a connector comes into the state.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Way {
    Created,
    Imported,
    Moved,
}

#[test]
fn what_only_looks_different_never_shows_after_a_creation() {
    never_shows_after(Way::Created);
}

#[test(needs(ImportBlocks))]
fn what_only_looks_different_never_shows_after_an_import() {
    never_shows_after(Way::Imported);
}

#[test(needs(MovedTypes))]
fn what_only_looks_different_never_shows_after_a_move() {
    never_shows_after(Way::Moved);
}

fn never_shows_after(way: Way) {
    let scope = Scope::account();
    let forms = forms();
    let connectors: Vec<_> = forms
        .iter()
        .map(|(label, configured, _)| Connector::new(label).with(configured))
        .collect();
    let made = Workspace::new();
    made.configure(&connectors);
    made.try_apply().succeeded();
    for (label, _, patch) in &forms {
        made.patch(&scope, label, patch);
    }
    let workspace = made.beside();
    workspace.install(&[OURS, &official(HOST)]);
    let mut configuration = String::new();
    for connector in &connectors {
        let label = connector.label();
        configuration += &connector.to_string();
        configuration += &match way {
            Way::Created => String::new(),
            Way::Imported => hcl::import(label, label),
            Way::Moved => moved(label),
        };
    }
    workspace.write(&configuration);
    let expected = match way {
        Way::Created => {
            workspace.write_file("terraform.tfstate", &made.read_file("terraform.tfstate"));
            None
        }
        Way::Imported => Some("import"),
        Way::Moved => {
            let states: Vec<_> = connectors
                .iter()
                .map(|made| one(HOST, &workspace, &scope, made.label(), Writer::Refresh))
                .collect();
            write_state(&workspace, &states);
            Some("move")
        }
    };
    let before = workspace.platform.state()["connectors"].clone();
    let plan = workspace.plan();
    let actions = plan.actions();
    assert_eq!(
        actions.len(),
        expected.map_or(0, |_| forms.len()),
        "{way:?}: {plan}"
    );
    for (address, action) in &actions {
        assert_eq!(Some(action.as_str()), expected, "{way:?} {address}: {plan}");
    }
    workspace.try_apply().succeeded();
    // A plan, a refresh-only plan with exit code 0, and another plan.
    workspace.settled();
    assert_eq!(workspace.platform.state()["connectors"], before, "{way:?}");
}
