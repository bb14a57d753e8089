//! Absent, null, and empty are equivalent, in the configuration and on the platform: plans show no differences between
//! them that an apply does not settle, and none of them requires a write.

use harness_sandbox::{Kind, Scope};
use serde_json::{Value, json};

use super::cli::Workspace;
use super::hcl::{self, Connector};
use super::hosts::test;

/// Returns the arguments that can be empty, and their empty forms besides absent.
fn arguments() -> [(&'static str, [Value; 2], Value); 4] {
    [
        ("description", [Value::Null, json!("")], json!("Text")),
        ("tags", [Value::Null, json!({})], json!({"a": "b"})),
        (
            "delegate_selectors",
            [Value::Null, json!([])],
            json!(["eu"]),
        ),
        // An empty block is equivalent to no block.
        (
            "timeouts",
            [json!({}), json!({"read": null})],
            json!({"read": "1m"}),
        ),
    ]
}

/// Returns each argument in each empty form: the name of the argument, and the value; `None` if it is left out.
fn forms() -> Vec<(&'static str, Option<Value>)> {
    let mut forms = Vec::new();
    for (argument, values, _) in arguments() {
        forms.push((argument, None));
        forms.extend(values.map(|value| (argument, Some(value))));
    }
    forms
}

fn connector(label: &str, argument: &str, value: Option<&Value>) -> Connector {
    let connector = Connector::new(label);
    match value {
        Some(value) => connector.with(&json!({argument: value})),
        None => connector.without(argument),
    }
}

fn label(index: usize, argument: &str) -> String {
    format!("{argument}_{index}")
}

/// Configures every form, each shifted by `shift` among the forms of its argument.
fn configure(workspace: &Workspace, shift: usize) {
    let forms = forms();
    let connectors: Vec<_> = (0..forms.len())
        .map(|index| {
            let argument = forms[index].0;
            let shifted = index / 3 * 3 + (index + shift) % 3;
            connector(&label(index, argument), argument, forms[shifted].1.as_ref())
        })
        .collect();
    workspace.configure(&connectors);
}

/// Returns what the platform has of every form, without the connector's name.
fn stored(workspace: &Workspace) -> Vec<Value> {
    forms()
        .iter()
        .enumerate()
        .map(|(index, (argument, _))| {
            let label = label(index, argument);
            let mut stored = workspace.stored(&Scope::account(), &label).expect(&label);
            stored["name"] = Value::Null;
            stored["identifier"] = Value::Null;
            stored
        })
        .collect()
}

#[test]
fn empty_forms_are_created_alike_and_change_without_a_write() {
    let workspace = Workspace::new();
    configure(&workspace, 0);
    workspace.apply();
    let created = stored(&workspace);
    assert!(
        created.windows(2).all(|pair| pair[0] == pair[1]),
        "{created:#?}"
    );
    for shift in [1, 2, 0] {
        configure(&workspace, shift);
        workspace.apply();
        assert_eq!(stored(&workspace), created);
    }
    assert_eq!(workspace.requests("PUT", "/"), 0);
}

#[test]
fn every_empty_form_clears_what_was_set() {
    let workspace = Workspace::new();
    let forms = forms();
    let given: Vec<_> = forms
        .iter()
        .enumerate()
        .map(|(index, (argument, _))| {
            let (_, _, value) = arguments()
                .into_iter()
                .find(|(name, ..)| name == argument)
                .expect("it is listed");
            connector(&label(index, argument), argument, Some(&value))
        })
        .collect();
    workspace.configure(&given);
    workspace.apply();
    configure(&workspace, 0);
    let run = workspace.apply();
    assert_eq!(run.actions().len(), forms.len(), "{run}");
    for stored in stored(&workspace) {
        assert_eq!(stored["description"], Value::Null);
        assert_eq!(stored["tags"], json!({}));
        assert_eq!(stored["spec"]["delegateSelectors"], json!([]));
    }
}

#[test]
fn a_tag_without_a_value_is_the_same_with_null_and_with_an_empty_text() {
    let workspace = Workspace::new();
    workspace.configure(&[
        connector("by_null", "tags", Some(&json!({"critical": null}))),
        connector("by_text", "tags", Some(&json!({"critical": ""}))),
    ]);
    workspace.apply();
    for identifier in ["by_null", "by_text"] {
        let stored = workspace.stored(&Scope::account(), identifier);
        assert_eq!(stored.expect(identifier)["tags"], json!({"critical": ""}));
    }
}

#[test(needs(ImportBlocks))]
fn a_connector_from_the_web_interface_imports_without_a_difference() {
    let workspace = Workspace::new();
    let shapes = [
        ("absent", json!({}), json!({})),
        (
            "nulls",
            json!({"description": null, "tags": null}),
            json!({"validationRepo": null, "apiAccess": null, "delegateSelectors": null}),
        ),
        (
            "empty",
            json!({"description": "", "tags": {}}),
            json!({"validationRepo": "", "delegateSelectors": []}),
        ),
    ];
    // Each shape is combined with each way of writing nothing.
    let ways = [
        ("left_out", json!({})),
        (
            "null",
            json!({"description": null, "tags": null, "delegate_selectors": null}),
        ),
        (
            "empty",
            json!({"description": "", "tags": {}, "delegate_selectors": []}),
        ),
    ];
    let mut configuration = String::new();
    for (shape, connector, spec) in &shapes {
        for (way, arguments) in &ways {
            let label = format!("{shape}_{way}");
            workspace
                .platform
                .put(
                    Kind::Connector,
                    &Scope::account(),
                    &label,
                    made(connector, spec),
                )
                .expect("the connector has the form");
            let block = Connector::new(&label)
                .with(arguments)
                .with(&json!({"name": "Made by hand"}));
            configuration += &block.to_string();
            configuration += &hcl::import(&label, &label);
        }
    }
    workspace.write(&configuration);
    let before = workspace.platform.state()["connectors"].clone();
    let run = workspace.apply();
    assert_eq!(workspace.platform.state()["connectors"], before, "{run}");
    assert_eq!(workspace.state().len(), 9);
    for (label, action) in run.actions() {
        // Only an explicit empty value is a change, of the state alone.
        let expected = if label.ends_with("_empty") {
            "update"
        } else {
            "import"
        };
        assert_eq!(action, expected, "{label}: {run}");
    }
}

/// Returns a connector as the web interface creates it, with these members of the connector and of its spec.
fn made(connector: &Value, spec: &Value) -> Value {
    let mut made = json!({
        "name": "Made by hand",
        "type": "Bitbucket",
        "spec": {
            "url": "https://bitbucket.org/acme/web.git",
            "type": "Repo",
            "authentication": {"type": "Http", "spec": {"type": "UsernamePassword", "spec": {
                "username": "jdoe", "passwordRef": "account.bitbucket_token",
            }}},
            "executeOnDelegate": true,
        },
    });
    for (target, members) in [("", connector), ("/spec", spec)] {
        let target = made.pointer_mut(target).and_then(Value::as_object_mut);
        let members = members.as_object().expect("an object").clone();
        target.expect("an object").extend(members);
    }
    made
}
