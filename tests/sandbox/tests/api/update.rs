//! `PUT /connectors`: full replacement.

use serde_json::{Value, json};

use crate::client::{ACCOUNT, Client, connector, connector_with, eventually};

#[tokio::test]
async fn an_update_replaces_everything_and_keeps_creation_time_and_status() {
    let client = Client::start();
    let full = connector_with(
        "a",
        &[
            ("/description", json!("text")),
            ("/tags", json!({"a": "b"})),
            ("/spec/validationRepo", json!("x.git")),
            ("/spec/executeOnDelegate", json!(false)),
            ("/spec/delegateSelectors", json!(["linux"])),
            ("/spec/ignoreTestConnection", json!(true)),
            (
                "/spec/apiAccess",
                json!({"type": "AccessToken", "spec": {"tokenRef": "account.bitbucket_token"}}),
            ),
        ],
    );
    client.create(&full).await.succeeded();
    let before = eventually(
        || client.get("a"),
        |answer| answer.at("/data/status/status") != "PENDING",
    )
    .await;
    client
        .update(&connector_with("a", &[("/name", json!("Another name"))]))
        .await
        .succeeded();
    let after = client.get("a").await.succeeded();
    for (pointer, value) in [
        ("/name", json!("Another name")),
        ("/description", Value::Null),
        ("/tags", json!({})),
        ("/spec/validationRepo", Value::Null),
        ("/spec/executeOnDelegate", json!(true)),
        ("/spec/delegateSelectors", json!([])),
        ("/spec/ignoreTestConnection", json!(false)),
        ("/spec/apiAccess", Value::Null),
    ] {
        assert_eq!(
            after.at(&format!("/data/connector{pointer}")),
            &value,
            "{pointer}"
        );
    }
    assert_eq!(after.at("/data/createdAt"), before.at("/data/createdAt"));
    assert_eq!(after.at("/data/status"), before.at("/data/status"));
    assert!(modified(&after.body) > modified(&before.body));
}

fn modified(body: &Value) -> i64 {
    body["data"]["lastModifiedAt"].as_i64().unwrap()
}

#[tokio::test]
async fn the_time_of_modification_strictly_increases() {
    let client = Client::start();
    let mut last = modified(&client.create(&connector("a")).await.body);
    for _ in 0..5 {
        let now = modified(&client.update(&connector("a")).await.body);
        assert!(now > last);
        last = now;
    }
}

#[tokio::test]
async fn what_is_not_there_is_not_found_in_the_words_of_an_update() {
    let client = Client::start();
    for (changes, place) in [
        (vec![], String::new()),
        (
            vec![("/orgIdentifier", json!("platform"))],
            ", organisation platform".into(),
        ),
        (
            vec![
                ("/orgIdentifier", json!("platform")),
                ("/projectIdentifier", json!("payments")),
            ],
            ", organisation platform, project payments".to_owned(),
        ),
    ] {
        let answer = client.update(&connector_with("nope", &changes)).await;
        let message =
            format!("No connector exists with the identifier nope in account {ACCOUNT}{place}");
        answer.is_error(400, "CONNECTOR_NOT_FOUND_EXCEPTION", &message);
    }
}

#[tokio::test]
async fn another_type_is_refused() {
    let answer = Client::start().update(&connector("github_mirror")).await;
    let message =
        "Invalid request: Connector already exists with identifier github_mirror with type Github";
    answer.is_error(400, "INVALID_REQUEST", message);
}

#[tokio::test]
async fn another_writer_wins_the_race() {
    let client = Client::start();
    client.create(&connector("a")).await.succeeded();
    client
        .sandbox
        .change_settings(&json!({"lose_updates": 1}))
        .unwrap();
    let message = "Request failed as you have an older version of entity, please reload the page and try again.";
    client
        .update(&connector("a"))
        .await
        .is_failure(400, "OPTIMISTIC_LOCKING_EXCEPTION", message);
    client.update(&connector("a")).await.succeeded();
}

#[tokio::test]
async fn an_update_is_checked_like_a_creation() {
    let client = Client::start();
    client.create(&connector("a")).await.succeeded();
    let before = client.get("a").await;
    client
        .update(&connector_with("a", &[("/name", json!(""))]))
        .await
        .violates("connector.name", "empty");
    client
        .update(&connector_with("a", &[("/spec/type", json!("x"))]))
        .await
        .is_unprocessable("x");
    assert_eq!(
        client
            .update(&connector_with("a", &[("/spec/url", json!("ftp://h"))]))
            .await
            .status,
        400
    );
    let reference = "/spec/authentication/spec/spec/passwordRef";
    assert_eq!(
        client
            .update(&connector_with("a", &[(reference, json!("account.nope"))]))
            .await
            .status,
        400
    );
    client
        .sandbox
        .change_settings(&json!({"governance": [{"policy": "Frozen", "severity": "error"}]}))
        .unwrap();
    assert!(
        client
            .update(&connector("a"))
            .await
            .succeeded()
            .at("/data/connector")
            .is_null()
    );
    assert_eq!(
        client.get("a").await.at("/data/connector"),
        before.at("/data/connector")
    );
    assert_eq!(
        modified(&client.get("a").await.body),
        modified(&before.body)
    );
}

#[tokio::test]
async fn unknown_members_are_dropped_or_stored_as_the_switch_says() {
    let client = Client::start();
    let api_access = json!({"type": "NewKind", "spec": {"tokenRef": "account.bitbucket_token"}});
    let sent = connector_with(
        "a",
        &[
            ("/spec/invented", json!({"deep": [1]})),
            ("/spec/authentication/spec/spec/invented", json!("x")),
            ("/alsoInvented", json!(true)),
        ],
    );
    let dropped = client.create(&sent).await.succeeded();
    assert!(dropped.at("/data/connector/spec/invented").is_null());
    client
        .sandbox
        .change_settings(&json!({"store_unknown_members": true}))
        .unwrap();
    client.update(&sent).await.succeeded();
    let stored = client.get("a").await;
    assert_eq!(
        stored.at("/data/connector/spec/invented"),
        &json!({"deep": [1]})
    );
    assert_eq!(
        stored.at("/data/connector/spec/authentication/spec/spec/invented"),
        "x"
    );
    assert_eq!(stored.at("/data/connector/alsoInvented"), true);
    assert_eq!(
        stored.at("/data/connector/spec/authentication/spec/spec/usernameRef"),
        &Value::Null
    );
    let new_kind = connector_with("a", &[("/spec/apiAccess", api_access.clone())]);
    let stored = client.update(&new_kind).await.succeeded();
    assert_eq!(stored.at("/data/connector/spec/apiAccess"), &api_access);
}
