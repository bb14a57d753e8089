//! `GET /connectors/{identifier}` and `validateUniqueIdentifier`.

use harness_sandbox::{Kind, Scope};
use serde_json::{Value, json};

use crate::client::{ACCOUNT, Client, connector};

#[tokio::test]
async fn what_is_missing_is_400_in_words_of_its_scope_or_404_by_switch() {
    let client = Client::start();
    for (query, place) in [
        ("", format!("in account [{ACCOUNT}]")),
        ("?orgIdentifier=platform", "in org [platform]".into()),
        (
            "?orgIdentifier=platform&projectIdentifier=payments",
            "in project [payments] and org [platform]".into(),
        ),
    ] {
        let message = format!("Connector with identifier [nope] not found {place}.");
        for status in [400, 404] {
            client
                .sandbox
                .change_settings(&json!({"not_found_status": status}))
                .unwrap();
            let answer = client.get(&format!("nope{query}")).await;
            answer.is_failure(status, "RESOURCE_NOT_FOUND_EXCEPTION", &message);
        }
    }
}

#[tokio::test]
async fn a_connector_is_found_in_exactly_its_scope() {
    let client = Client::start();
    for (path, status) in [
        (
            "payments_repo?orgIdentifier=platform&projectIdentifier=payments",
            200,
        ),
        ("payments_repo?orgIdentifier=platform", 400),
        ("payments_repo", 400),
        ("bitbucket_cloud?orgIdentifier=platform", 400),
        ("bitbucket_cloud?orgIdentifier=&projectIdentifier=", 200),
    ] {
        assert_eq!(client.get(path).await.status, status, "{path}");
    }
}

#[tokio::test]
async fn a_malformed_identifier_is_a_broken_constraint() {
    let client = Client::start();
    for identifier in ["account.foo", "my-conn", "1a"] {
        client
            .get(identifier)
            .await
            .violates("connectorIdentifier", "alphanumeric");
    }
}

#[tokio::test]
async fn a_connector_of_another_type_is_answered_with_its_own_spec() {
    let answer = Client::start().get("github_mirror").await.succeeded();
    assert_eq!(answer.at("/data/connector/type"), "Github");
    assert_eq!(
        answer.at("/data/connector/spec/authentication/spec/type"),
        "UsernameToken"
    );
}

#[tokio::test]
async fn unknown_members_of_a_stored_connector_are_answered() {
    let client = Client::start();
    let patch = json!({"spec": {"invented": 1, "proxy": true, "apiAccess": {"type": "Sky", "spec": {"hookRef": "x"}}}});
    client
        .sandbox
        .patch(
            Kind::Connector,
            &Scope::account(),
            "bitbucket_cloud",
            &patch,
        )
        .unwrap();
    let answer = client.get("bitbucket_cloud").await.succeeded();
    assert_eq!(answer.at("/data/connector/spec/invented"), 1);
    assert_eq!(answer.at("/data/connector/spec/proxy"), true);
    assert_eq!(
        answer.at("/data/connector/spec/apiAccess/spec/hookRef"),
        "x"
    );
    assert_eq!(answer.at("/data/connector/spec/executeOnDelegate"), false);
}

#[tokio::test]
async fn the_scope_filter_answers_first_by_switch() {
    let client = Client::start();
    let path = "nope?orgIdentifier=nowhere&projectIdentifier=payments";
    assert!(
        client
            .get(path)
            .await
            .at("/message")
            .as_str()
            .unwrap()
            .starts_with("Connector with")
    );
    client
        .sandbox
        .change_settings(&json!({"scope_filter": true}))
        .unwrap();
    let answer = client.get(path).await;
    answer.is_failure(
        400,
        "RESOURCE_NOT_FOUND_EXCEPTION",
        "Organization with identifier [nowhere] not found",
    );
    let list = client
        .call(
            "POST",
            "/connectors/listV2?orgIdentifier=nowhere",
            Some(&json!({"filterType": "Connector"})),
        )
        .await;
    list.is_failure(
        400,
        "RESOURCE_NOT_FOUND_EXCEPTION",
        "Organization with identifier [nowhere] not found",
    );
}

#[tokio::test]
async fn an_identifier_is_free_or_taken_or_kept() {
    let client = Client::start();
    for (query, free) in [
        ("identifier=fresh", true),
        ("identifier=bitbucket_cloud", false),
        ("identifier=bitbucket_cloud&orgIdentifier=platform", true),
        ("identifier=bitbucket_server&orgIdentifier=platform", false),
        ("identifier=harnessSecretManager", false),
    ] {
        let answer = client
            .get(&format!("validateUniqueIdentifier?{query}"))
            .await
            .succeeded();
        assert_eq!(answer.at("/data"), &json!(free), "{query}");
    }
    client
        .get("validateUniqueIdentifier?identifier=a-b")
        .await
        .violates("identifier", "alphanumeric");
}

#[tokio::test]
async fn a_deleted_identifier_is_free_at_once() {
    let client = Client::start();
    client.create(&connector("a")).await.succeeded();
    client
        .call("DELETE", "/connectors/a", None)
        .await
        .succeeded();
    assert_eq!(
        client
            .get("validateUniqueIdentifier?identifier=a")
            .await
            .at("/data"),
        true
    );
    let again = client.create(&connector("a")).await.succeeded();
    assert_ne!(again.at("/data/connector"), &Value::Null);
}
