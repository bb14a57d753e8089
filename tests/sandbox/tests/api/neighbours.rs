//! Secrets, organizations, projects, delegates, and who is calling.

use serde_json::{Value, json};

use crate::client::{ACCOUNT, Client, READER, SERVICE};

#[tokio::test]
async fn a_secret_is_answered_without_its_value() {
    let client = Client::start();
    let answer = client
        .call("GET", "/v2/secrets/bitbucket_token", None)
        .await
        .succeeded();
    let secret = answer.at("/data/secret").as_object().unwrap();
    assert_eq!(secret["type"], "SecretText");
    assert_eq!(
        secret["spec"],
        json!({"secretManagerIdentifier": "harnessSecretManager", "valueType": "Inline", "value": null})
    );
    assert!(!secret.contains_key("orgIdentifier") && !secret.contains_key("description"));
    assert!(!answer.text.contains("not-a-real-token"));
    let ssh = client
        .call("GET", "/v2/secrets/bitbucket_ssh", None)
        .await
        .succeeded();
    assert_eq!(ssh.at("/data/secret/type"), "SSHKey");
    assert_eq!(
        ssh.at("/data/secret/spec/auth/spec/credentialType"),
        "KeyReference"
    );
    assert_eq!(ssh.at("/data/secret/spec/auth/spec/spec/userName"), "git");
    let scoped = client
        .call(
            "GET",
            "/v2/secrets/payments_token?orgIdentifier=platform&projectIdentifier=payments",
            None,
        )
        .await;
    assert_eq!(
        scoped.succeeded().at("/data/secret/projectIdentifier"),
        "payments"
    );
}

#[tokio::test]
async fn a_missing_secret_is_400_and_a_hidden_one_403() {
    let client = Client::start();
    for path in ["/v2/secrets/nope", "/v2/secrets/payments_token"] {
        let answer = client.call("GET", path, None).await;
        let identifier = path.rsplit('/').next().unwrap();
        let message =
            format!("Secret with identifier [{identifier}] is not found in the given scope");
        answer.is_failure(400, "RESOURCE_NOT_FOUND_EXCEPTION", &message);
    }
    client
        .call_as(READER, "GET", "/v2/secrets/bitbucket_token", None)
        .await
        .is_denied("core_secret_view");
    assert_eq!(
        client
            .call_as(READER, "GET", "/v2/secrets/nope", None)
            .await
            .status,
        400
    );
}

#[tokio::test]
async fn secrets_are_listed_by_scope_identifier_and_type() {
    let client = Client::start();
    for (query, filter, count) in [
        ("", json!({"secretTypes": ["WinRmCredentials"]}), 1),
        (
            "",
            json!({"identifiers": ["bitbucket_token", "payments_token"]}),
            1,
        ),
        ("?orgIdentifier=platform", json!({}), 4),
        (
            "?orgIdentifier=platform",
            json!({"includeAllSecretsAccessibleAtScope": true, "identifiers": ["bitbucket_token"]}),
            2,
        ),
        (
            "",
            json!({"includeSecretsFromEverySubScope": true, "searchTerm": "payments"}),
            5,
        ),
    ] {
        let answer = client
            .call("POST", &format!("/v2/secrets/list{query}"), Some(&filter))
            .await
            .succeeded();
        assert_eq!(answer.at("/data/totalItems"), count, "{query} {filter}");
    }
}

#[tokio::test]
async fn organizations_and_projects_have_an_entity_tag_and_their_own_ways_to_be_missing() {
    let client = Client::start();
    let org = client
        .call("GET", "/organizations/platform", None)
        .await
        .succeeded();
    assert_eq!(org.at("/data/organization/name"), "Platform Engineering");
    assert_eq!(org.headers["etag"], "W/\"0\"");
    let missing = client.call("GET", "/organizations/nope", None).await;
    let no_org = "Organization with identifier [nope] not found";
    missing.is_failure(400, "RESOURCE_NOT_FOUND_EXCEPTION", no_org);
    let project = client
        .call("GET", "/projects/payments?orgIdentifier=platform", None)
        .await
        .succeeded();
    assert_eq!(project.at("/data/project/orgIdentifier"), "platform");
    assert!(project.headers.contains_key("etag"));
    client
        .call("GET", "/projects/default_project", None)
        .await
        .succeeded();
    let missing = client.call("GET", "/projects/payments", None).await;
    let message = "Project with orgIdentifier [default] and identifier [payments] not found";
    missing.is_error(404, "ENTITY_NOT_FOUND", message);
    let missing = client
        .call("GET", "/projects/payments?orgIdentifier=nope", None)
        .await;
    missing.is_failure(400, "RESOURCE_NOT_FOUND_EXCEPTION", no_org);
}

#[tokio::test]
async fn delegates_are_listed_in_the_exact_scope_with_all_tags() {
    let client = Client::start();
    for (query, filter, names) in [
        (
            "",
            json!({}),
            vec!["Main-Delegate", "arm-builder", "us-delegate"],
        ),
        (
            "",
            json!({"delegateTags": ["linux", "eu"]}),
            vec!["Main-Delegate", "arm-builder"],
        ),
        (
            "",
            json!({"delegateTags": ["main-delegate"]}),
            vec!["Main-Delegate"],
        ),
        ("", json!({"delegateTags": ["Main-Delegate"]}), vec![]),
        (
            "",
            json!({"status": "CONNECTED", "delegateTags": ["us"]}),
            vec![],
        ),
        (
            "?orgIdentifier=platform",
            json!({}),
            vec!["platform-delegate"],
        ),
    ] {
        let mut body = filter;
        body["filterType"] = json!("Delegate");
        let answer = client
            .call(
                "POST",
                &format!("/delegate-setup/listDelegates{query}"),
                Some(&body),
            )
            .await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.at("/responseMessages"), &json!([]));
        assert!(answer.body.get("metaData").is_some() && answer.body.get("status").is_none());
        let found: Vec<&Value> = answer
            .at("/resource")
            .as_array()
            .unwrap()
            .iter()
            .map(|item| &item["name"])
            .collect();
        assert_eq!(found, names, "{query} {body}");
    }
    let body = json!({"filterType": "Delegate", "delegateTags": ["arm64"]});
    let answer = client
        .call("POST", "/delegate-setup/listDelegates", Some(&body))
        .await;
    let delegate = answer.at("/resource/0");
    assert_eq!(
        delegate["tags"],
        json!(["linux", "arm64", "eu", "arm-builder"])
    );
    assert_eq!(delegate["connected"], true);
    assert_eq!(delegate["delegateReplicas"][0]["version"], "26.01.88100");
    client
        .call("POST", "/delegate-setup/listDelegates", Some(&json!({})))
        .await
        .is_unprocessable("filterType");
}

#[tokio::test]
async fn a_group_that_nobody_is_in_is_an_error() {
    let client = Client::start();
    let path = "/delegate-group-tags/delegate-groups";
    let found = client
        .call("POST", path, Some(&json!({"tags": ["linux", "us"]})))
        .await;
    assert_eq!(found.at("/resource/0/identifier"), "us_delegate");
    let none = client
        .call("POST", path, Some(&json!({"tags": ["linux", "mars"]})))
        .await;
    let message = "Invalid request: Could not find a delegate group for given parameters.";
    none.is_error(400, "INVALID_REQUEST", message);
    let one = client
        .call("GET", "/delegate-group-tags/us_delegate", None)
        .await;
    assert_eq!(
        one.at("/resource/tags"),
        &json!(["linux", "amd64", "us", "us-delegate"])
    );
    client
        .call("GET", "/delegate-group-tags/nope", None)
        .await
        .is_error(400, "INVALID_REQUEST", message);
}

#[tokio::test]
async fn a_token_is_validated_for_people_and_service_accounts() {
    let client = Client::start();
    let path = format!("/ng/api/token/validate?accountIdentifier={ACCOUNT}");
    for (key, kind) in [
        (client.sandbox.api_key().to_owned(), "USER"),
        (SERVICE.to_owned(), "SERVICE_ACCOUNT"),
    ] {
        let headers = [("x-api-key", key.as_str()), ("content-type", "text/plain")];
        let answer = client
            .raw("POST", &path, &headers, Some(key.clone()))
            .await
            .succeeded();
        assert_eq!(answer.at("/data/apiKeyType"), kind);
        assert_eq!(
            (
                answer.at("/data/valid"),
                answer.at("/data/accountIdentifier")
            ),
            (&json!(true), &json!(ACCOUNT))
        );
        assert!(!answer.text.contains(&key));
    }
    let headers = [
        ("x-api-key", client.sandbox.api_key()),
        ("content-type", "text/plain"),
    ];
    let answer = client
        .raw("POST", &path, &headers, Some("pat.a.b.c".into()))
        .await;
    answer.is_error(401, "INVALID_TOKEN", "Token is not valid.");
    let log = serde_json::to_string(&client.sandbox.requests()).unwrap();
    assert!(!log.contains("sandboxsandboxsandb0"));
}

#[tokio::test]
async fn the_account_and_the_user_are_for_those_who_may_see_them() {
    let client = Client::start();
    let path = format!("/accounts/{ACCOUNT}");
    assert_eq!(
        client
            .call("GET", &path, None)
            .await
            .succeeded()
            .at("/data/name"),
        "Sandbox"
    );
    let without_query = [("x-api-key", client.sandbox.api_key())];
    client
        .raw("GET", &format!("/ng/api{path}"), &without_query, None)
        .await
        .succeeded();
    client
        .call_as(SERVICE, "GET", &path, None)
        .await
        .is_denied("core_account_view");
    let user = client
        .call("GET", "/user/currentUser", None)
        .await
        .succeeded();
    assert_eq!(user.at("/data/email"), "ada@example.com");
    let service = client
        .call_as(SERVICE, "GET", "/user/currentUser", None)
        .await;
    let message = "Invalid request: Current user can be accessed only by 'USER' principal type";
    service.is_error(400, "INVALID_REQUEST", message);
}
