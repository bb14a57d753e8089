//! Keys, accounts, permissions, and what every endpoint has in common.

use serde_json::json;

use crate::client::{ACCOUNT, Client, READER, connector};

const PATH: &str = "/ng/api/connectors/bitbucket_cloud";

#[tokio::test]
async fn the_gateway_prefix_makes_no_difference() {
    let client = Client::start();
    let key = [("x-api-key", client.sandbox.api_key())];
    let query = format!("{PATH}?accountIdentifier={ACCOUNT}");
    let with = client.raw("GET", &query, &key, None).await.succeeded();
    let without = client.sandbox.endpoint().replace("/gateway", "") + &query;
    let without = client
        .send("GET", &without, &key, None)
        .await
        .unwrap()
        .succeeded();
    assert_eq!(with.at("/data"), without.at("/data"));
}

#[tokio::test]
async fn every_bad_key_gets_the_same_401() {
    let client = Client::start();
    for key in [
        "pat.SANDBOX_acct-00000001A.000000000000000000000001.sandboxsandboxsandb9",
        "pat.OTHER.000000000000000000000001.sandboxsandboxsandb0",
        "sat.SANDBOX_acct-00000001A.000000000000000000000001.sandboxsandboxsandb0",
        "pat.SANDBOX_acct-00000001A.000000000000000000000005.sandboxsandboxsandb0",
        "one.two",
        "a.b.c.d.e",
        "nonsense",
    ] {
        let answer = client
            .call_as(key, "GET", "/connectors/bitbucket_cloud", None)
            .await;
        answer.is_error(401, "INVALID_TOKEN", "Token is not valid.");
        assert_eq!(answer.at("/responseMessages").as_array().unwrap().len(), 1);
    }
    let path = format!("{PATH}?accountIdentifier={ACCOUNT}");
    client
        .raw("GET", &path, &[], None)
        .await
        .is_error(401, "INVALID_TOKEN", "Token is not valid.");
}

#[tokio::test]
async fn a_key_for_another_account_is_a_bad_key() {
    let client = Client::start();
    let key = [("x-api-key", client.sandbox.api_key())];
    let answer = client
        .raw(
            "GET",
            &format!("{PATH}?accountIdentifier=other"),
            &key,
            None,
        )
        .await;
    answer.is_error(401, "INVALID_TOKEN", "Token is not valid.");
}

#[tokio::test]
async fn a_key_of_the_old_form_is_accepted() {
    let key = "pat.000000000000000000000004.sandboxsandboxsandb0";
    Client::start()
        .call_as(key, "GET", "/connectors/bitbucket_cloud", None)
        .await
        .succeeded();
}

#[tokio::test]
async fn a_call_without_any_account_is_an_error() {
    let client = Client::start();
    let answer = client
        .raw(
            "GET",
            PATH,
            &[("x-api-key", client.sandbox.api_key())],
            None,
        )
        .await;
    answer.is_error(
        400,
        "INVALID_REQUEST",
        "Invalid request: Account detail is not present in the request",
    );
}

#[tokio::test]
async fn the_account_header_does_not_replace_the_query_parameter() {
    let client = Client::start();
    let headers = [
        ("x-api-key", client.sandbox.api_key()),
        ("Harness-Account", ACCOUNT),
    ];
    client
        .raw("GET", PATH, &headers, None)
        .await
        .violates("accountIdentifier", "must not be blank");
    let body = Some(json!({"connector": connector("a")}).to_string());
    let answer = client
        .raw("POST", "/ng/api/connectors", &headers, body)
        .await;
    answer.violates("accountIdentifier", "must not be blank");
    client
        .raw("GET", "/ng/api/user/currentUser", &headers, None)
        .await
        .succeeded();
}

#[tokio::test]
async fn the_request_id_comes_back_as_correlation_id_and_is_made_up_if_absent() {
    let client = Client::start();
    let path = format!("{PATH}?accountIdentifier={ACCOUNT}");
    let headers = [
        ("x-api-key", client.sandbox.api_key()),
        ("X-requestId", "my-request"),
    ];
    assert_eq!(
        client
            .raw("GET", &path, &headers, None)
            .await
            .at("/correlationId"),
        "my-request"
    );
    let first = client.get("bitbucket_cloud").await;
    let second = client.get("nope").await;
    assert_eq!(first.at("/correlationId").as_str().unwrap().len(), 36);
    assert_ne!(first.at("/correlationId"), second.at("/correlationId"));
}

#[tokio::test]
async fn a_foreign_media_type_is_415() {
    let client = Client::start();
    let path = format!("/ng/api/connectors?accountIdentifier={ACCOUNT}");
    let headers = [
        ("x-api-key", client.sandbox.api_key()),
        ("content-type", "application/xml"),
    ];
    let answer = client
        .raw("POST", &path, &headers, Some("<connector/>".into()))
        .await;
    answer.is_failure(
        415,
        "MEDIA_NOT_SUPPORTED",
        "HTTP 415 Unsupported Media Type",
    );
}

#[tokio::test]
async fn an_unknown_path_of_the_api_is_404_and_any_other_path_an_html_page() {
    let client = Client::start();
    let answer = client.call("GET", "/no/such/endpoint", None).await;
    answer.is_failure(404, "RESOURCE_NOT_FOUND_EXCEPTION", "HTTP 404 Not Found");
    let answer = client.raw("GET", "/elsewhere", &[], None).await;
    assert_eq!(
        (
            answer.status,
            answer.headers["content-type"].to_str().unwrap()
        ),
        (404, "text/html")
    );
    let answer = client.call("PATCH", "/connectors", None).await;
    answer.is_failure(
        405,
        "RESOURCE_NOT_FOUND_EXCEPTION",
        "HTTP 405 Method Not Allowed",
    );
}

#[tokio::test]
async fn a_key_without_permission_gets_403_whether_or_not_the_connector_exists() {
    let client = Client::start();
    let body = json!({"connector": connector("a")});
    client
        .call_as(READER, "POST", "/connectors", Some(&body))
        .await
        .is_denied("core_connector_edit");
    client
        .call_as(READER, "PUT", "/connectors", Some(&body))
        .await
        .is_denied("core_connector_edit");
    for identifier in ["bitbucket_cloud", "nope"] {
        let path = format!("/connectors/{identifier}");
        client
            .call_as(READER, "DELETE", &path, None)
            .await
            .is_denied("core_connector_delete");
    }
    client
        .sandbox
        .change_settings(&json!({"denied_permissions": {"reader": ["core_connector_view"]}}))
        .unwrap();
    for identifier in ["bitbucket_cloud", "nope"] {
        let answer = client
            .call_as(READER, "GET", &format!("/connectors/{identifier}"), None)
            .await;
        answer.is_denied("core_connector_view");
        assert_eq!(
            answer.at("/message"),
            &format!(
                "Principal of type SERVICE_ACCOUNT with identifier reader : Missing permission core_connector_view \
                 on connector with identifier {identifier}"
            )
        );
    }
}

#[tokio::test]
async fn requests_above_the_limit_get_429_without_retry_after() {
    let client = Client::start();
    client
        .sandbox
        .change_settings(&json!({"rate_limit": 2}))
        .unwrap();
    let mut answers = Vec::new();
    for _ in 0..4 {
        answers.push(client.get("bitbucket_cloud").await);
    }
    assert_eq!(
        answers
            .iter()
            .map(|answer| answer.status)
            .collect::<Vec<_>>(),
        [200, 200, 429, 429]
    );
    let refused = &answers[2..];
    assert!(
        refused
            .iter()
            .all(|answer| !answer.headers.contains_key("retry-after"))
    );
    assert!(
        refused
            .iter()
            .any(|answer| answer.text.starts_with("<html>"))
    );
    assert!(refused.iter().any(|answer| answer.text.is_empty()));
    client
        .call_as(READER, "GET", "/connectors/bitbucket_cloud", None)
        .await
        .succeeded();
}
