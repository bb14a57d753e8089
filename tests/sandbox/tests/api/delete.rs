//! `DELETE /connectors/{identifier}`, and the users of a connector.

use serde_json::json;

use crate::client::{ACCOUNT, Client};

const REFERENCED: &str =
    "/connectors/payments_repo?orgIdentifier=platform&projectIdentifier=payments";

#[tokio::test]
async fn a_connector_is_deleted_once() {
    let client = Client::start();
    let path = "/connectors/bitbucket_cloud";
    assert_eq!(
        client
            .call("DELETE", path, None)
            .await
            .succeeded()
            .at("/data"),
        true
    );
    let again = client.call("DELETE", path, None).await;
    again.is_error(
        400,
        "INVALID_REQUEST",
        "Invalid request: No such connector found",
    );
    let malformed = client
        .call("DELETE", "/connectors/not-an-identifier", None)
        .await;
    malformed.is_error(
        400,
        "INVALID_REQUEST",
        "Invalid request: No such connector found",
    );
}

#[tokio::test]
async fn a_referenced_connector_stays_unless_the_account_allows_force() {
    let client = Client::start();
    let message =
        "Could not delete the connector payments_repo as it is referenced by other entities";
    client.call("DELETE", REFERENCED, None).await.is_error(
        400,
        "ENTITY_REFERENCE_EXCEPTION",
        message,
    );
    let forced = format!("{REFERENCED}&forceDelete=true");
    let message = format!(
        "Invalid request: Parameter forcedDelete cannot be true. Force Delete is not enabled for account [{ACCOUNT}]"
    );
    client
        .call("DELETE", &forced, None)
        .await
        .is_error(400, "INVALID_REQUEST", &message);
    client.call("GET", REFERENCED, None).await.succeeded();
    client
        .sandbox
        .change_settings(&json!({"force_delete": true}))
        .unwrap();
    client.call("DELETE", &forced, None).await.succeeded();
    assert_eq!(client.call("GET", REFERENCED, None).await.status, 400);
}

#[tokio::test]
async fn the_usages_of_a_connector_are_listed() {
    let client = Client::start();
    let path = |scope: &str, name: &str| {
        format!("/entitySetupUsage?referredEntityType=Connectors{scope}&identifier={name}")
    };
    let payments = "&orgIdentifier=platform&projectIdentifier=payments";
    let used = client
        .call("GET", &path(payments, "payments_repo"), None)
        .await
        .succeeded();
    assert_eq!(used.at("/data/totalElements"), 1);
    let by = used.at("/data/content/0/referredByEntity");
    assert_eq!(
        (&by["type"], &by["name"]),
        (&json!("Pipelines"), &json!("Release payments"))
    );
    assert_eq!(by["entityRef"]["identifier"], "release_payments");
    assert_eq!(by["entityRef"]["projectIdentifier"], "payments");
    let free = client
        .call("GET", &path("", "bitbucket_cloud"), None)
        .await
        .succeeded();
    assert_eq!(free.at("/data/empty"), true);
    let searched = client
        .call(
            "GET",
            &(path(payments, "payments_repo") + "&searchTerm=nothing"),
            None,
        )
        .await;
    assert_eq!(searched.at("/data/totalElements"), 0);
}
