//! What was changed, added, removed, or deleted outside Terraform shows in the plan, and an apply repairs it.

use std::collections::BTreeSet;

use harness_sandbox::{Action, Answer, Fault, Kind, Scope};
use serde_json::json;

use super::cli::Workspace;
use super::hcl::Connector;
use super::hosts::test;
use super::who_changed::drift_of;

#[test]
fn what_only_looks_different_is_no_drift() {
    let workspace = Workspace::new();
    workspace
        .configure(&[Connector::new("bb").with(&json!({"delegate_selectors": ["eu", "linux"]}))]);
    workspace.apply();
    for patch in [
        json!({"spec": {"delegateSelectors": ["linux", "eu"]}}),
        json!({"description": ""}),
        json!({"tags": null}),
        json!({"tags": {}, "description": null}),
        json!({"spec": {"apiAccess": null, "validationRepo": ""}}),
        json!({"inventedLater": true, "spec": {"proxy": false, "ignoreTestConnection": false}}),
    ] {
        workspace.patch(&Scope::account(), "bb", &patch);
        let run = workspace.plan().succeeded();
        assert!(run.drifted().is_empty(), "{patch}: {run}");
    }
}

#[test]
fn a_secret_scope_may_be_written_in_capitals() {
    let workspace = Workspace::new();
    let token = json!({"token_ref": "ACCOUNT.bitbucket_token"});
    let http = Connector::new("http").with(&json!({
        "credentials": {"http": {
            "username_ref": "Account.bitbucket_username",
            "password_ref": "ACCOUNT.bitbucket_token",
        }},
        "api_access": {"access_token": token},
    }));
    let ssh = Connector::new("ssh").with(&json!({
        "connection_type": "SSH",
        "url": "git@bitbucket.org:acme/web.git",
        "credentials": {"ssh": {"ssh_key_ref": "Account.bitbucket_ssh"}},
    }));
    workspace.configure(&[http, ssh]);
    workspace.apply_warned(&["W09 http", "W09 ssh"]);
    let stored = workspace.stored(&Scope::account(), "http").expect("http");
    assert_eq!(
        stored["spec"]["apiAccess"]["spec"]["tokenRef"],
        "account.bitbucket_token"
    );
}

#[test]
fn a_connector_deleted_alone_or_with_its_project_is_planned_again() {
    let project = Scope::project("platform", "payments");
    // The platform says "not found" with 400 or with 404, and names the missing scope or only the connector.
    for (status, names_scope) in [(400, false), (404, true)] {
        let workspace = Workspace::new();
        workspace.set(&json!({"not_found_status": status, "scope_filter": names_scope}));
        workspace.configure(&[
            Connector::new("deleted"),
            Connector::new("with_project")
                .with(&json!({"org_id": "platform", "project_id": "payments"})),
        ]);
        workspace.apply();
        workspace
            .platform
            .delete(Kind::Connector, &Scope::account(), "deleted")
            .expect("it exists");
        workspace
            .platform
            .delete(Kind::Project, &Scope::organization("platform"), "payments")
            .expect("it exists");

        let plan = workspace.plan().finds_changes();
        for label in ["deleted", "with_project"] {
            assert_eq!(plan.action(label).as_deref(), Some("create"), "{plan}");
        }
        // That there is no project in which to create it again is reported in any case.
        let deleted = |id: &str| format!("Connector \"{id}\" was deleted outside Terraform");
        let mut expected = BTreeSet::from([
            "O05 with_project".to_owned(),
            format!("{} deleted", deleted("deleted")),
        ]);
        let with_scope = if names_scope {
            "Connector is gone with its scope".to_owned()
        } else {
            deleted("platform/payments/with_project")
        };
        expected.insert(format!("{with_scope} with_project"));
        assert_eq!(plan.rules(), expected, "{plan}");

        let project_again =
            json!({"orgIdentifier": "platform", "identifier": "payments", "name": "Payments"});
        workspace
            .platform
            .put(Kind::Project, &project, "payments", project_again)
            .expect("the project has the form");
        workspace.try_apply().succeeded();
        workspace.settled();
        assert!(workspace.stored(&project, "with_project").is_some());
    }
}

#[test]
fn a_response_about_another_object_keeps_the_state() {
    let workspace = Workspace::new();
    workspace.configure(&[Connector::new("bb")]);
    workspace.apply();
    let state = workspace.state();
    let json_404 =
        json!({"status": "ERROR", "code": "RESOURCE_NOT_FOUND_EXCEPTION", "message": "Not found"});
    for action in [
        Action::Html(404),
        Action::Html(403),
        Action::Answer(Answer::status(404)),
        Action::Answer(Answer::json(
            404,
            json!({"message": "no Route matched with those values"}),
        )),
        Action::Answer(Answer::json(404, json_404)),
        Action::Answer(Answer::json(
            200,
            json!({"status": "SUCCESS", "data": null}),
        )),
        Action::Answer(Answer::json(
            401,
            json!({"code": "INVALID_TOKEN", "message": "Token is not valid"}),
        )),
    ] {
        let name = format!("{action:?}");
        workspace.platform.clear_faults();
        let fault = Fault::on("GET", "/ng/api/connectors/bb", action).times(0);
        workspace.script(fault);
        let run = workspace.plan().failed();
        run.error().says("Connector could not be read", &[]);
        let run = workspace.try_apply().failed();
        assert!(run.actions().is_empty(), "{name}: {run}");
        assert_eq!(workspace.state(), state, "{name}");
    }
    workspace.platform.clear_faults();
    workspace.settled();
}

#[test]
fn a_connector_of_another_type_is_an_error_and_keeps_the_state() {
    let workspace = Workspace::new();
    workspace.configure(&[Connector::new("bb")]);
    workspace.apply();
    let state = workspace.state();
    workspace.replace_by_github("bb");
    for run in [workspace.plan().failed(), workspace.try_apply().failed()] {
        run.error()
            .says("Connector is of type Github", &["\"bb\"", "state rm"]);
    }
    assert_eq!(workspace.state(), state);
}

#[test]
fn oauth_api_access_is_unmanaged_and_survives_an_update_of_something_else() {
    let workspace = Workspace::new();
    let scope = Scope::account();
    let given =
        json!({"api_access": {"access_token": {"token_ref": "account.bitbucket_refresh_token"}}});
    let ignoring = |description: &str| {
        let connector = Connector::new("ignoring").with(&given);
        let text = connector
            .with(&json!({"description": description}))
            .to_string();
        let end = text.rfind('}').expect("a block ends");
        format!(
            "{}  lifecycle {{\n    ignore_changes = [api_access]\n  }}\n}}\n",
            &text[..end]
        )
    };
    let without = |description: &str| {
        Connector::new("without")
            .with(&json!({"description": description}))
            .to_string()
    };
    workspace.write(&(ignoring("Old") + &without("Old")));
    workspace.apply();
    let oauth = json!({"type": "OAuth", "spec": {
        "tokenRef": "account.bitbucket_token", "refreshTokenRef": "account.bitbucket_refresh_token",
    }});
    for label in ["ignoring", "without"] {
        workspace.patch(&scope, label, &json!({"spec": {"apiAccess": oauth}}));
    }
    let plan = workspace.plan().succeeded();
    let drift = ["ignoring", "without"].map(drift_of);
    assert_eq!(plan.rules(), BTreeSet::from(drift), "{plan}");

    workspace.write(&(ignoring("New") + &without("New")));
    let run = workspace.try_apply().succeeded();
    workspace.settled();
    for label in ["ignoring", "without"] {
        assert_eq!(run.action(label).as_deref(), Some("update"), "{run}");
        let stored = workspace.stored(&scope, label).expect(label);
        assert_eq!(stored["description"], "New");
        assert_eq!(stored["spec"]["apiAccess"], oauth, "{label}");
    }
}

#[test]
fn a_plan_that_replaces_settings_of_an_unknown_kind_says_so() {
    let workspace = Workspace::new();
    let scope = Scope::account();
    workspace.configure(&[Connector::new("bb")]);
    workspace.apply();
    let before = workspace.stored(&scope, "bb").expect("it was created");
    workspace.patch(
        &scope,
        "bb",
        &json!({"spec": {
            "authentication": {"type": "Passkey", "spec": {"type": null, "spec": {"challenge": 7}}},
            "apiAccess": {"type": "Telepathy", "spec": {}},
        }}),
    );
    let plan = workspace.plan().finds_changes();
    assert_eq!(plan.action("bb").as_deref(), Some("update"), "{plan}");
    // The configuration has credentials, and does not manage the API access.
    let expected = BTreeSet::from(["L05 bb".to_owned(), drift_of("bb")]);
    assert_eq!(plan.rules(), expected, "{plan}");
    let mut replaced = plan.diagnostics();
    replaced.retain(|finding| finding.detail.ends_with("(rule L05)"));
    replaced.remove(0).says(
        "Replaces `credentials: Passkey`",
        &["`lifecycle { ignore_changes = [connection_type, credentials] }`"],
    );
    workspace.set(&json!({"store_unknown_members": true}));
    workspace.try_apply().succeeded();
    workspace.settled();
    let stored = workspace.stored(&scope, "bb").expect("it was updated");
    assert_eq!(
        stored["spec"]["authentication"],
        before["spec"]["authentication"]
    );
    assert_eq!(stored["spec"]["apiAccess"]["type"], "Telepathy");
}

#[test]
fn null_members_are_warnings_and_new_ones_survive_an_update() {
    let scope = Scope::account();
    // What a newer Harness, or a person, has at a pointer into the connector, and whether the update must keep it. What
    // this provider manages is written; everything else is kept.
    let cases = [
        (
            "no_credentials",
            "/spec/authentication/spec",
            json!(null),
            false,
        ),
        (
            "new_http_credentials",
            "/spec/authentication/spec",
            json!({"type": "OAuth", "spec": {"tokenRef": "account.bitbucket_token"}}),
            false,
        ),
        (
            "no_api_access",
            "/spec/apiAccess",
            json!({"type": "UsernameToken", "spec": null}),
            false,
        ),
        (
            "new_api_access",
            "/spec/apiAccess",
            json!({"type": "Passkey", "spec": {"challenge": [1, {"deep": null}]}}),
            true,
        ),
        (
            "new_member",
            "/spec/invented",
            json!({"deep": [1, "x"]}),
            true,
        ),
        ("new_number", "/inventedToo", json!(7), true),
    ];
    let workspace = Workspace::new();
    workspace.set(&json!({"store_unknown_members": true}));
    let described = |text: &str| {
        let connectors = cases
            .iter()
            .map(|(label, ..)| Connector::new(label).with(&json!({"description": text})));
        connectors.collect::<Vec<_>>()
    };
    workspace.configure(&described("Old"));
    workspace.apply();
    for (label, pointer, value, _) in &cases {
        let mut object = workspace.stored(&scope, label).expect(label);
        let (parent, member) = pointer.rsplit_once('/').expect("a pointer");
        object.pointer_mut(parent).expect("it is there")[member] = value.clone();
        workspace
            .platform
            .put(Kind::Connector, &scope, label, object)
            .expect("the connector has the form");
    }

    let plan = workspace.plan().ended_with(2);
    let warned: BTreeSet<String> = plan
        .diagnostics()
        .into_iter()
        .inspect(|found| assert_eq!(found.severity, "warning", "{plan}"))
        .filter(|found| !found.summary.ends_with("was changed outside Terraform"))
        .map(|found| found.address)
        .collect();
    // What cannot be read, and what the apply replaces.
    let named = ["no_credentials", "new_http_credentials", "no_api_access"];
    let named: BTreeSet<String> = named.map(super::cli::address).into();
    assert_eq!(warned, named, "{plan}");

    workspace.configure(&described("New"));
    workspace.try_apply().succeeded();
    workspace.settled();
    for (label, pointer, value, is_kept) in &cases {
        let stored = workspace.stored(&scope, label).expect(label);
        assert_eq!(stored["description"], "New", "{label}");
        let now = stored.pointer(pointer);
        assert_eq!(now == Some(value), *is_kept, "{label}: {now:?}");
    }
}
