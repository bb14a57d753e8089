//! Every argument changed, one at a time: what Terraform plans, what the platform then has, and that nothing else
//! changed.

use harness_sandbox::Scope;
use serde_json::{Value, json};

use super::cli::Workspace;
use super::hcl::Connector;
use super::hosts::test;

/// One connector with a change of one argument. If rules tie the argument to others, they change with it.
struct Case {
    /// The label, which is also the name and the identifier of the connector.
    label: &'static str,
    before: Value,
    after: Value,
    /// What changes on the platform, by JSON pointer.
    stored: Value,
}

/// Selects which of a case's arguments to configure.
type Arguments = fn(&Case) -> &Value;

fn case(label: &'static str, before: Value, after: Value, stored: Value) -> Case {
    Case {
        label,
        before,
        after,
        stored,
    }
}

fn http(user: &str, name: &str, password: &str) -> Value {
    json!({"credentials": {"http": {user: name, "password_ref": password}}})
}

/// Returns API access as an argument, without a delegate, because the sandbox's delegates are too old for some types.
fn access(kind: &str, members: &Value) -> Value {
    json!({"connectivity_mode": "Platform", "api_access": {kind: members}})
}

/// Returns API access with username and token, for Bitbucket Data Center, with the password as the token.
fn data_center(user: &str, name: &str, token: &str) -> Value {
    json!({
        "connectivity_mode": "Platform",
        "url": "https://bitbucket.acme.com/scm/WEB/web.git",
        "credentials": {"http": {user: name, "password_ref": token}},
        "api_access": {"username_token": {user: name, "token_ref": token}},
    })
}

/// Returns API access with an access token, with the matching username.
fn access_token(token: &str) -> Value {
    json!({
        "connectivity_mode": "Platform",
        "credentials": {"http": {"username": "x-token-auth", "password_ref": "account.bitbucket_token"}},
        "api_access": {"access_token": {"token_ref": token}},
    })
}

fn no_access() -> Value {
    json!({"connectivity_mode": "Platform"})
}

fn account_of(test_repository: &str) -> Value {
    json!({"url_type": "Account", "url": "https://bitbucket.org/acme/", "test_repository": test_repository})
}

fn overview() -> Vec<Case> {
    vec![
        case(
            "name",
            json!({}),
            json!({"name": "Another name"}),
            json!({"/name": "Another name"}),
        ),
        case(
            "description",
            json!({"description": "Old"}),
            json!({"description": "New, with \"quotes\", a $ and an é\nand two lines"}),
            json!({"/description": "New, with \"quotes\", a $ and an é\nand two lines"}),
        ),
        case(
            "description_given",
            json!({}),
            json!({"description": "Given"}),
            json!({"/description": "Given"}),
        ),
        case(
            "tags",
            json!({"tags": {"team": "web", "old": ""}}),
            json!({"tags": {"team": "payments", "critical": ""}}),
            json!({"/tags": {"team": "payments", "critical": ""}}),
        ),
        case(
            "tags_given",
            json!({}),
            json!({"tags": {"team": "web"}}),
            json!({"/tags": {"team": "web"}}),
        ),
    ]
}

fn details() -> Vec<Case> {
    vec![
        case(
            "url",
            json!({}),
            json!({"url": "https://bitbucket.org/acme/api.git"}),
            json!({"/spec/url": "https://bitbucket.org/acme/api.git"}),
        ),
        case(
            "url_type",
            json!({}),
            account_of("web.git"),
            json!({
                "/spec/type": "Account",
                "/spec/url": "https://bitbucket.org/acme/",
                "/spec/validationRepo": "web.git",
            }),
        ),
        case(
            "test_repository",
            account_of("web.git"),
            account_of("api.git"),
            json!({"/spec/validationRepo": "api.git"}),
        ),
        case(
            "connection_type",
            json!({}),
            json!({
                "connection_type": "SSH",
                "url": "git@bitbucket.org:acme/web.git",
                "credentials": {"ssh": {"ssh_key_ref": "account.bitbucket_ssh"}},
            }),
            json!({
                "/spec/url": "git@bitbucket.org:acme/web.git",
                "/spec/authentication": {"type": "Ssh", "spec": {"sshKeyRef": "account.bitbucket_ssh"}},
            }),
        ),
        case(
            "connectivity_mode",
            json!({}),
            json!({"connectivity_mode": "Platform"}),
            json!({"/spec/executeOnDelegate": false}),
        ),
        case(
            "delegate_selectors",
            json!({"delegate_selectors": ["eu", "amd64"]}),
            json!({"delegate_selectors": ["eu"]}),
            json!({"/spec/delegateSelectors": ["eu"]}),
        ),
        case(
            "delegate_selectors_given",
            json!({}),
            json!({"delegate_selectors": ["eu"]}),
            json!({"/spec/delegateSelectors": ["eu"]}),
        ),
    ]
}

fn credentials() -> Vec<Case> {
    let token = "account.bitbucket_token";
    vec![
        case(
            "username",
            http("username", "jdoe", token),
            http("username", "asmith", token),
            json!({"/spec/authentication/spec/spec/username": "asmith"}),
        ),
        case(
            "username_ref",
            http("username", "jdoe", token),
            http("username_ref", "account.bitbucket_username", token),
            json!({
                "/spec/authentication/spec/spec/username": null,
                "/spec/authentication/spec/spec/usernameRef": "account.bitbucket_username",
            }),
        ),
        case(
            "password_ref",
            http("username", "jdoe", token),
            http("username", "jdoe", "account.bitbucket_refresh_token"),
            json!({"/spec/authentication/spec/spec/passwordRef": "account.bitbucket_refresh_token"}),
        ),
        case(
            "ssh_key_ref",
            json!({
                "connection_type": "SSH",
                "url": "git@bitbucket.org:acme/web.git",
                "credentials": {"ssh": {"ssh_key_ref": "account.bitbucket_ssh"}},
            }),
            json!({
                "connection_type": "SSH",
                "url": "git@bitbucket.org:acme/web.git",
                "credentials": {"ssh": {"ssh_key_ref": "account.rotated_ssh"}},
            }),
            json!({"/spec/authentication/spec/sshKeyRef": "account.rotated_ssh"}),
        ),
    ]
}

fn api_access() -> Vec<Case> {
    let token = "account.bitbucket_token";
    let other = "account.bitbucket_refresh_token";
    let stored = |kind: &str, spec: Value| json!({"type": kind, "spec": spec});
    vec![
        case(
            "api_access",
            no_access(),
            access("access_token", &json!({"token_ref": other})),
            json!({"/spec/apiAccess": stored("AccessToken", json!({"tokenRef": other}))}),
        ),
        case(
            "api_access_kind",
            access("access_token", &json!({"token_ref": other})),
            access(
                "email_and_api_token",
                &json!({"email": "j@acme.com", "token_ref": token}),
            ),
            json!({"/spec/apiAccess": stored(
                "EmailAndApiToken",
                json!({"email": "j@acme.com", "emailRef": null, "tokenRef": token})
            )}),
        ),
        case(
            "access_token_ref",
            access_token(token),
            access_token(other),
            json!({"/spec/apiAccess/spec/tokenRef": other}),
        ),
        case(
            "api_username",
            data_center("username", "jdoe", token),
            {
                let mut after = data_center("username", "jdoe", token);
                after["api_access"]["username_token"]["username"] = json!("asmith");
                after
            },
            json!({"/spec/apiAccess/spec/username": "asmith"}),
        ),
        case(
            "api_token_ref",
            data_center("username", "jdoe", token),
            data_center("username", "jdoe", other),
            json!({
                "/spec/authentication/spec/spec/passwordRef": other,
                "/spec/apiAccess/spec/tokenRef": other,
            }),
        ),
        case(
            "email",
            access(
                "email_and_api_token",
                &json!({"email": "j@acme.com", "token_ref": token}),
            ),
            access(
                "email_and_api_token",
                &json!({"email": "a@acme.com", "token_ref": token}),
            ),
            json!({"/spec/apiAccess/spec/email": "a@acme.com"}),
        ),
        case(
            "email_ref",
            access(
                "email_and_api_token",
                &json!({"email": "j@acme.com", "token_ref": token}),
            ),
            access(
                "email_and_api_token",
                &json!({"email_ref": "account.bitbucket_email", "token_ref": token}),
            ),
            json!({
                "/spec/apiAccess/spec/email": null,
                "/spec/apiAccess/spec/emailRef": "account.bitbucket_email",
            }),
        ),
        case(
            "email_token_ref",
            access(
                "email_and_api_token",
                &json!({"email": "j@acme.com", "token_ref": token}),
            ),
            access(
                "email_and_api_token",
                &json!({"email": "j@acme.com", "token_ref": other}),
            ),
            json!({"/spec/apiAccess/spec/tokenRef": other}),
        ),
    ]
}

/// Returns both usernames, which must both be plain or both be references on the platform.
fn both_usernames() -> Case {
    let token = "account.bitbucket_token";
    case(
        "both_usernames",
        data_center("username", "jdoe", token),
        data_center("username_ref", "account.bitbucket_username", token),
        json!({
            "/spec/authentication/spec/spec/username": null,
            "/spec/authentication/spec/spec/usernameRef": "account.bitbucket_username",
            "/spec/apiAccess/spec/username": null,
            "/spec/apiAccess/spec/usernameRef": "account.bitbucket_username",
        }),
    )
}

/// Returns the arguments that are not sent to the platform.
fn not_sent() -> Vec<Case> {
    let none = json!({});
    vec![
        case(
            "connection_test",
            json!({"connection_test": "off"}),
            json!({"connection_test": "require"}),
            none.clone(),
        ),
        case(
            "force_delete",
            json!({"force_delete": false}),
            json!({"force_delete": true}),
            none.clone(),
        ),
        case(
            "timeouts",
            json!({"timeouts": {"create": "1m", "read": "1m", "update": "1m", "delete": "1m"}}),
            json!({"timeouts": {"create": "2m", "read": "2m", "update": "2m", "delete": "2m"}}),
            none.clone(),
        ),
        case(
            "timeouts_given",
            json!({}),
            json!({"timeouts": {"update": "90s"}}),
            none,
        ),
    ]
}

/// Sets the values in `change`, by JSON pointer.
fn changed(mut stored: Value, change: &Value) -> Value {
    for (pointer, value) in change.as_object().expect("changes are an object") {
        let (parent, member) = pointer.rsplit_once('/').expect("a pointer");
        let parent = stored.pointer_mut(parent).expect("it is stored");
        parent[member] = value.clone();
    }
    stored
}

fn configure(workspace: &Workspace, cases: &[Case], arguments: Arguments) {
    let connectors: Vec<_> = cases
        .iter()
        .map(|case| Connector::new(case.label).with(arguments(case)))
        .collect();
    workspace.configure(&connectors);
}

/// Returns what the platform has besides the connectors of `cases`.
fn others(workspace: &Workspace, cases: &[Case]) -> Vec<Value> {
    let state = workspace.platform.state();
    let mut others = state["connectors"].as_array().expect("a list").clone();
    others.retain(|other| {
        !cases
            .iter()
            .any(|case| other.pointer("/connector/identifier") == Some(&json!(case.label)))
    });
    others
}

/// Returns whether a plan leaves anything to be known after apply.
fn has_unknown(after_unknown: &Value) -> bool {
    match after_unknown {
        Value::Bool(unknown) => *unknown,
        Value::Array(items) => items.iter().any(has_unknown),
        Value::Object(members) => members.values().any(has_unknown),
        _ => false,
    }
}

#[test]
fn each_argument_changes_in_place_and_changes_nothing_else() {
    let cases: Vec<Case> = [
        overview(),
        details(),
        credentials(),
        api_access(),
        vec![both_usernames()],
        not_sent(),
    ]
    .into_iter()
    .flatten()
    .collect();
    let scope = Scope::account();
    let workspace = Workspace::new();
    workspace.set(&json!({"store_unknown_members": true}));
    let untouched = others(&workspace, &cases);

    configure(&workspace, &cases, |case| &case.before);
    workspace.apply();
    // What no argument covers, known to the platform or not, must survive every change.
    for case in &cases {
        let mut spec = json!({"inventedToo": "kept", "ignoreTestConnection": true});
        for block in ["authentication", "apiAccess"] {
            let stored = workspace.stored(&scope, case.label).expect(case.label);
            let stays = case.stored.get(format!("/spec/{block}")).is_none();
            // Credentials of another type are replaced completely.
            if stays && stored["spec"][block].is_object() {
                spec[block] = json!({"invented": "here", "spec": {"invented": "and here"}});
            }
        }
        let patch = json!({"invented": {"later": [1, 2.50]}, "spec": spec});
        workspace.patch(&scope, case.label, &patch);
    }
    let before: Vec<Value> = cases
        .iter()
        .map(|case| workspace.stored(&scope, case.label).expect(case.label))
        .collect();

    let forth_and_back: [(Arguments, bool); 2] =
        [(|case| &case.after, true), (|case| &case.before, false)];
    for (arguments, forth) in forth_and_back {
        configure(&workspace, &cases, arguments);
        workspace.save_plan();
        let plan = workspace.shown_plan();
        let changes = plan["resource_changes"].as_array().expect("a list");
        assert_eq!(changes.len(), cases.len());
        for change in changes {
            let address = &change["address"];
            assert_eq!(change["change"]["actions"], json!(["update"]), "{address}");
            assert!(
                !has_unknown(&change["change"]["after_unknown"]),
                "{address}"
            );
        }
        workspace.platform.clear_requests();
        let run = workspace.apply_saved_plan().succeeded();
        assert_eq!(run.diagnostics(), [], "{run}");

        for (case, before) in cases.iter().zip(&before) {
            let expected = if forth {
                changed(before.clone(), &case.stored)
            } else {
                before.clone()
            };
            let stored = workspace.stored(&scope, case.label).expect(case.label);
            assert_eq!(stored, expected, "{}", case.label);
            let written = workspace.platform.requests().iter().any(|request| {
                request.method == "PUT"
                    && request.body.pointer("/connector/identifier") == Some(&json!(case.label))
            });
            assert_eq!(written, case.stored != json!({}), "{}", case.label);
        }
        assert_eq!(others(&workspace, &cases), untouched);
        workspace.settled();
    }
}

#[test]
fn what_locates_a_connector_replaces_it() {
    let workspace = Workspace::new();
    let (account, org, project, other_project) = (
        Scope::account(),
        Scope::organization("platform"),
        Scope::project("platform", "payments"),
        Scope::project("platform", "website"),
    );
    // The label, the arguments before and after, and the scope of the connector then.
    let cases = [
        (
            "identifier",
            json!({"identifier": "old"}),
            json!({"identifier": "other"}),
            (&account, "old"),
            (&account, "other"),
        ),
        (
            "given",
            json!({}),
            json!({"identifier": "chosen"}),
            (&account, "given"),
            (&account, "chosen"),
        ),
        (
            "org_id",
            json!({}),
            json!({"org_id": "platform"}),
            (&account, "org_id"),
            (&org, "org_id"),
        ),
        (
            "project_id",
            json!({"org_id": "platform", "project_id": "payments"}),
            json!({"org_id": "platform", "project_id": "website"}),
            (&project, "project_id"),
            (&other_project, "project_id"),
        ),
        (
            "up",
            json!({"org_id": "platform", "project_id": "payments"}),
            json!({}),
            (&project, "up"),
            (&account, "up"),
        ),
    ];
    let untouched = workspace.platform.state()["connectors"]
        .as_array()
        .map(Vec::len);
    let connectors: Vec<_> = cases
        .iter()
        .map(|(label, before, ..)| Connector::new(label).with(before))
        .collect();
    workspace.configure(&connectors);
    workspace.apply();
    let connectors: Vec<_> = cases
        .iter()
        .map(|(label, _, after, ..)| Connector::new(label).with(after))
        .collect();
    workspace.configure(&connectors);
    let run = workspace.apply_warned(&["I09 identifier", "I09 given"]);
    for (label, _, _, (old_scope, old), (new_scope, new)) in cases {
        assert_eq!(run.action(label).as_deref(), Some("replace"), "{run}");
        assert_eq!(workspace.stored(old_scope, old), None, "{label}");
        assert!(workspace.stored(new_scope, new).is_some(), "{label}");
        assert_eq!(workspace.values(label)["identifier"], new, "{label}");
    }
    workspace.write("");
    workspace.apply();
    assert_eq!(
        workspace.platform.state()["connectors"]
            .as_array()
            .map(Vec::len),
        untouched
    );
}

#[test]
fn reordered_selectors_and_tags_change_nothing() {
    let workspace = Workspace::new();
    let connector =
        |selectors: Value| Connector::new("bb").with(&json!({"delegate_selectors": selectors}));
    workspace.configure(&[connector(json!(["eu", "linux", "amd64"]))]);
    workspace.apply();
    workspace.configure(&[connector(json!(["amd64", "eu", "linux", "eu"]))]);
    workspace.settled();
}
