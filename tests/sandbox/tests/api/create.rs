//! `POST /connectors`: what becomes of an accepted connector.

use harness_sandbox::{Kind, Scope};
use serde_json::{Value, json};

use crate::client::{ACCOUNT, Client, connector, connector_with, eventually};

#[tokio::test]
async fn an_accepted_connector_is_answered_with_200_pending_and_all_nulls() {
    let client = Client::start();
    let created = client.create(&connector("mine")).await.succeeded();
    assert_eq!(
        created.at("/data/connector"),
        &json!({
            "name": "My repository", "identifier": "mine", "description": null, "accountIdentifier": ACCOUNT,
            "orgIdentifier": null, "projectIdentifier": null, "tags": {}, "type": "Bitbucket",
            "spec": {
                "url": "https://bitbucket.org/example-works/website.git", "type": "Repo", "validationRepo": null,
                "authentication": {"type": "Http", "spec": {"type": "UsernamePassword", "spec": {
                    "username": "sandbox-bot", "usernameRef": null, "passwordRef": "account.bitbucket_token"
                }}},
                "apiAccess": null, "delegateSelectors": [], "executeOnDelegate": true,
                "ignoreTestConnection": false, "proxy": false,
            },
        })
    );
    assert_eq!(created.at("/data/status/status"), "PENDING");
    assert_eq!(
        created.at("/data/createdAt"),
        created.at("/data/lastModifiedAt")
    );
    assert_eq!(created.at("/data/harnessManaged"), false);
    let data = created.at("/data").as_object().unwrap();
    assert!(data["governanceMetadata"].is_null() && data["isFavorite"].is_null());
}

#[tokio::test]
async fn the_background_test_sets_only_the_status() {
    let client = Client::start();
    for (identifier, change, status) in [
        ("good", ("/description", json!("")), "SUCCESS"),
        (
            "bad",
            (
                "/spec/url",
                json!("https://bitbucket.org/example-works/missing.git"),
            ),
            "FAILURE",
        ),
    ] {
        let created = client
            .create(&connector_with(identifier, &[change]))
            .await
            .succeeded();
        let tested = eventually(
            || client.get(identifier),
            |answer| answer.at("/data/status/status") != "PENDING",
        )
        .await;
        assert_eq!(tested.at("/data/status/status"), status);
        assert_eq!(
            tested.at("/data/lastModifiedAt"),
            created.at("/data/lastModifiedAt")
        );
        assert!(tested.at("/data/status/testedAt").as_i64().unwrap() > 0);
    }
}

#[tokio::test]
async fn what_is_sent_comes_back_by_the_platforms_echo_rules() {
    let client = Client::start();
    for (identifier, sent, path, answered) in [
        ("d1", ("/description", json!("")), "/description", json!("")),
        (
            "d2",
            ("/description", json!("text")),
            "/description",
            json!("text"),
        ),
        (
            "o1",
            ("/orgIdentifier", json!("")),
            "/orgIdentifier",
            Value::Null,
        ),
        (
            "t1",
            ("/tags", json!({"a": "", "b": "c"})),
            "/tags",
            json!({"a": "", "b": "c"}),
        ),
        (
            "e1",
            ("/spec/executeOnDelegate", json!(false)),
            "/spec/executeOnDelegate",
            json!(false),
        ),
        (
            "p1",
            ("/spec/proxy", json!(true)),
            "/spec/proxy",
            json!(false),
        ),
        (
            "i1",
            ("/spec/ignoreTestConnection", json!(true)),
            "/spec/ignoreTestConnection",
            json!(true),
        ),
        (
            "v1",
            ("/spec/validationRepo", json!("x.git")),
            "/spec/validationRepo",
            json!("x.git"),
        ),
        (
            "u1",
            ("/spec/url", json!("https://Bitbucket.org/x/")),
            "/spec/url",
            json!("https://Bitbucket.org/x/"),
        ),
        (
            "x1",
            ("/spec/gitConnectionUrl", json!("x")),
            "/spec/gitConnectionUrl",
            Value::Null,
        ),
        (
            "x2",
            ("/surprise", json!({"a": 1})),
            "/surprise",
            Value::Null,
        ),
        (
            "s1",
            (
                "/spec/authentication/spec/spec/passwordRef",
                json!("Account.bitbucket_token"),
            ),
            "/spec/authentication/spec/spec/passwordRef",
            json!("account.bitbucket_token"),
        ),
    ] {
        client
            .create(&connector_with(identifier, &[sent]))
            .await
            .succeeded();
        let read = client.get(identifier).await.succeeded();
        assert_eq!(
            read.at(&format!("/data/connector{path}")),
            &answered,
            "{identifier}"
        );
    }
}

#[tokio::test]
async fn selectors_come_back_once_each_and_in_another_order() {
    let client = Client::start();
    let selectors = json!(["eu", "amd64", "linux", "eu"]);
    client
        .create(&connector_with(
            "sel",
            &[("/spec/delegateSelectors", selectors)],
        ))
        .await
        .succeeded();
    let read = client.get("sel").await;
    let back: Vec<&str> = read
        .at("/data/connector/spec/delegateSelectors")
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .collect();
    assert_ne!(back, ["eu", "amd64", "linux"]);
    let mut sorted = back;
    sorted.sort_unstable();
    assert_eq!(sorted, ["amd64", "eu", "linux"]);
}

#[tokio::test]
async fn a_proxy_needs_a_tunnel_and_no_delegate() {
    let client = Client::start();
    client
        .sandbox
        .change_settings(&json!({"secure_connect": true}))
        .unwrap();
    for (identifier, on_delegate, proxy) in [("a", true, false), ("b", false, true)] {
        let sent = [
            ("/spec/proxy", json!(true)),
            ("/spec/executeOnDelegate", json!(on_delegate)),
        ];
        let created = client
            .create(&connector_with(identifier, &sent))
            .await
            .succeeded();
        assert_eq!(created.at("/data/connector/spec/proxy"), proxy);
    }
}

#[tokio::test]
async fn every_kind_of_credential_and_api_access_is_accepted() {
    let client = Client::start();
    let token = json!("account.bitbucket_token");
    let with_secret_name = json!({"type": "Http", "spec": {"type": "UsernamePassword", "spec": {
        "usernameRef": "account.bitbucket_username", "passwordRef": token
    }}});
    let ssh = json!({"type": "Ssh", "spec": {"sshKeyRef": "account.bitbucket_ssh"}});
    for (identifier, authentication, api_access) in [
        (
            "a",
            None,
            Some(
                json!({"type": "UsernameToken", "spec": {"username": "u", "usernameRef": null, "tokenRef": token}}),
            ),
        ),
        (
            "b",
            Some(&with_secret_name),
            Some(
                json!({"type": "UsernameToken", "spec": {"username": null, "usernameRef": "account.bitbucket_username", "tokenRef": token}}),
            ),
        ),
        (
            "c",
            Some(&ssh),
            Some(json!({"type": "AccessToken", "spec": {"tokenRef": token}})),
        ),
        (
            "d",
            Some(&ssh),
            Some(
                json!({"type": "EmailAndApiToken", "spec": {"email": "a@example.com", "emailRef": null, "tokenRef": token}}),
            ),
        ),
        (
            "e",
            None,
            Some(
                json!({"type": "EmailAndApiToken", "spec": {"email": null, "emailRef": "account.bitbucket_email", "tokenRef": token}}),
            ),
        ),
        (
            "f",
            None,
            Some(
                json!({"type": "OAuth", "spec": {"tokenRef": token, "refreshTokenRef": "account.bitbucket_refresh_token"}}),
            ),
        ),
        ("g", Some(&ssh), None),
    ] {
        let mut sent = connector(identifier);
        if let Some(authentication) = authentication {
            sent["spec"]["authentication"] = authentication.clone();
        }
        sent["spec"]["apiAccess"] = json!(api_access);
        client.create(&sent).await.succeeded();
        let read = client.get(identifier).await.succeeded();
        assert_eq!(
            read.at("/data/connector/spec/apiAccess"),
            &json!(api_access),
            "{identifier}"
        );
        assert_eq!(
            read.at("/data/connector/spec/authentication/type"),
            &sent["spec"]["authentication"]["type"]
        );
    }
}

#[tokio::test]
async fn a_text_secret_is_accepted_as_ssh_key() {
    let ssh = json!({"type": "Ssh", "spec": {"sshKeyRef": "account.bitbucket_token"}});
    Client::start()
        .create(&connector_with("a", &[("/spec/authentication", ssh)]))
        .await
        .succeeded();
}

#[tokio::test]
async fn a_warning_policy_saves_and_says_so() {
    let client = Client::start();
    let policy = json!({"governance": [{"policy": "Be careful", "severity": "warning"}]});
    client.sandbox.change_settings(&policy).unwrap();
    let saved = client.create(&connector("a")).await.succeeded();
    assert_eq!(saved.at("/data/connector/identifier"), "a");
    assert_eq!(saved.at("/data/governanceMetadata/status"), "warning");
    assert_eq!(saved.at("/data/governanceMetadata/deny"), false);
    let read = client.get("a").await.succeeded();
    assert!(read.at("/data/governanceMetadata").is_null());
}

#[tokio::test]
async fn an_identifier_is_free_in_another_scope() {
    let client = Client::start();
    let in_org = connector_with("bitbucket_cloud", &[("/orgIdentifier", json!("platform"))]);
    client.create(&in_org).await.succeeded();
}

#[tokio::test]
async fn every_built_in_connector_can_be_created_through_the_api() {
    let client = Client::start();
    let state = client.sandbox.state();
    for item in state["connectors"].as_array().unwrap() {
        let before = &item["connector"];
        let text = |member: &str| before[member].as_str();
        let scope = Scope::of(text("orgIdentifier"), text("projectIdentifier"));
        client
            .sandbox
            .delete(Kind::Connector, &scope, text("identifier").unwrap())
            .unwrap();
        let mut made = client
            .create(before)
            .await
            .succeeded()
            .at("/data/connector")
            .clone();
        let mut before = before.clone();
        for connector in [&mut made, &mut before] {
            if let Some(Value::Array(selectors)) = connector.pointer_mut("/spec/delegateSelectors")
            {
                selectors.sort_by_key(Value::to_string);
            }
        }
        assert_eq!(made, before);
    }
}
