//! `POST /connectors`: what is refused, with which messages, and in which order.

use serde_json::{Value, json};

use crate::client::{ACCOUNT, Client, connector, connector_with};

#[tokio::test]
async fn what_cannot_be_read_gets_the_body_of_the_web_framework() {
    let client = Client::start();
    let path = format!("/ng/api/connectors?accountIdentifier={ACCOUNT}");
    let key = [("x-api-key", client.sandbox.api_key())];
    client
        .raw("POST", &path, &key, Some("{\"connector\":".into()))
        .await
        .is_unprocessable("end of input");
    for (change, details) in [
        (("/type", json!("Bitbukcet")), "Bitbukcet"),
        (("/name", json!({})), "connector.name"),
        (("/tags", json!([])), "connector.tags"),
        (("/spec/type", json!("Repository")), "connector.spec.type"),
        (
            ("/spec/executeOnDelegate", json!("perhaps")),
            "connector.spec.executeOnDelegate",
        ),
        (
            ("/spec/delegateSelectors", json!("linux")),
            "connector.spec.delegateSelectors",
        ),
        (
            ("/spec/authentication/type", json!("HTTP")),
            "connector.spec.authentication.type",
        ),
        (
            ("/spec/authentication/spec/type", json!("OAuth")),
            "connector.spec.authentication.spec.type",
        ),
        (
            ("/spec/apiAccess", json!({"type": "Token", "spec": {}})),
            "connector.spec.apiAccess.type",
        ),
        (
            (
                "/spec/authentication/spec/spec/passwordRef",
                json!("team.x"),
            ),
            "No scope found for string: team",
        ),
        (
            (
                "/spec/authentication/spec/spec/passwordRef",
                json!("project.x"),
            ),
            "Invalid Secret Reference",
        ),
    ] {
        client
            .create(&connector_with("a", &[change]))
            .await
            .is_unprocessable(details);
    }
}

#[tokio::test]
async fn broken_constraints_are_reported_all_at_once() {
    let client = Client::start();
    let spec = "connector.spec";
    let inner = "connector.spec.authentication.spec.spec";
    let at_inner = "/spec/authentication/spec/spec";
    let both_names = json!({"username": "", "usernameRef": "account.bitbucket_username", "passwordRef": "account.bitbucket_token"});
    for (change, field, message) in [
        (
            ("/identifier", json!("my-id")),
            "connector.identifier",
            "can be 128 characters long",
        ),
        (
            ("/identifier", json!("stepGroup")),
            "connector.identifier",
            "stepGroup is a keyword",
        ),
        (
            ("/identifier", Value::Null),
            "connector.identifier",
            "cannot be empty",
        ),
        (("/name", json!("  ")), "connector.name", "cannot be empty."),
        (
            ("/name", json!("a:b")),
            "connector.name",
            "can only contain alphanumeric",
        ),
        (("/type", Value::Null), "connector.type", "must not be null"),
        (("/spec", Value::Null), spec, "must not be null"),
        (
            ("/spec/url", Value::Null),
            "connector.spec.url",
            "must not be blank",
        ),
        (
            ("/spec/type", Value::Null),
            "connector.spec.type",
            "must not be null",
        ),
        (
            ("/spec/authentication", Value::Null),
            "connector.spec.authentication",
            "must not be null",
        ),
        (
            ("/spec/authentication/spec", Value::Null),
            "connector.spec.authentication.spec",
            "must not be null",
        ),
        ((at_inner, Value::Null), inner, "must not be null"),
        (
            (at_inner, json!({"passwordRef": "account.bitbucket_token"})),
            inner,
            "Maximum one of fields:",
        ),
        ((at_inner, both_names), inner, "Maximum one of fields:"),
        (
            (at_inner, json!({"username": "u"})),
            "connector.spec.authentication.spec.spec.passwordRef",
            "must not be null",
        ),
        (
            ("/spec/authentication", json!({"type": "Ssh", "spec": {}})),
            "connector.spec.authentication.spec.sshKeyRef",
            "must not be null",
        ),
        (
            (
                "/spec/apiAccess",
                json!({"type": "AccessToken", "spec": {}}),
            ),
            "connector.spec.apiAccess.spec.tokenRef",
            "must not be null",
        ),
        (
            ("/spec/apiAccess", json!({"type": "OAuth", "spec": {}})),
            "connector.spec.apiAccess.spec.refreshTokenRef",
            "must not be null",
        ),
        (
            (
                "/spec/apiAccess",
                json!({"type": "EmailAndApiToken", "spec": {"tokenRef": "account.bitbucket_token"}}),
            ),
            "connector.spec.apiAccess.spec",
            "Maximum one of fields:",
        ),
    ] {
        client
            .create(&connector_with("a", &[change]))
            .await
            .violates(field, message);
    }
    let two = client
        .create(&connector_with("a-b", &[("/name", json!(""))]))
        .await;
    two.violates("connector.identifier", "alphanumeric");
    two.violates("connector.name", "empty");
}

#[tokio::test]
async fn domain_rules_come_after_constraints_and_have_their_own_words() {
    let client = Client::start();
    let mixed = json!({"type": "UsernameToken", "spec": {
        "usernameRef": "account.bitbucket_username", "tokenRef": "account.bitbucket_token"
    }});
    for (change, message) in [
        (
            ("/spec/url", json!("bitbucket.org/x")),
            "Invalid request: Invalid repo url  bitbucket.org/x,should start with either http:// , https:// , ssh:// or git@",
        ),
        (
            ("/spec/url", json!("https://h/a b")),
            "Invalid request: Invalid repo url  https://h/a b, It should not contain spaces in between",
        ),
        (
            ("/spec/apiAccess", mixed),
            "Invalid request: Both usernames should be set either as secret or plain text",
        ),
        (
            ("/identifier", json!("harnessSecretManager")),
            "Invalid request: harnessSecretManager cannot be used as connector identifier, as it is reserved by Harness",
        ),
        (
            ("/projectIdentifier", json!("payments")),
            "Invalid request: Project payments specified without the org Identifier",
        ),
        (
            ("/identifier", json!("bitbucket_cloud")),
            "Invalid request: Connector: My repository has been given an identifier: bitbucket_cloud that already exists. Please enter a unique ID.",
        ),
    ] {
        client
            .create(&connector_with("a", &[change]))
            .await
            .is_error(400, "INVALID_REQUEST", message);
    }
}

#[tokio::test]
async fn a_scope_that_does_not_exist_is_refused() {
    let client = Client::start();
    let org = client
        .create(&connector_with(
            "a",
            &[("/orgIdentifier", json!("nowhere"))],
        ))
        .await;
    org.is_failure(
        400,
        "RESOURCE_NOT_FOUND_EXCEPTION",
        "org [nowhere] not found.",
    );
    let in_scope = |org: &str, project: &str| {
        connector_with(
            "a",
            &[
                ("/orgIdentifier", json!(org)),
                ("/projectIdentifier", json!(project)),
            ],
        )
    };
    let project = client.create(&in_scope("platform", "nowhere")).await;
    project.is_failure(
        400,
        "RESOURCE_NOT_FOUND_EXCEPTION",
        "project [nowhere] not found.",
    );
    let message = "Oops, something went wrong on our end. Please contact Harness Support.";
    client
        .create(&in_scope("nowhere", "payments"))
        .await
        .is_error(500, "UNKNOWN_ERROR", message);
}

#[tokio::test]
async fn a_secret_has_to_exist_in_the_connectors_scope_or_a_wider_one() {
    let client = Client::start();
    let in_org = ("/orgIdentifier", json!("platform"));
    let in_project = ("/projectIdentifier", json!("payments"));
    let reference = |text: &str| ("/spec/authentication/spec/spec/passwordRef", json!(text));
    for (changes, reason) in [
        (
            vec![reference("account.nope")],
            "No secret exists with the id nope",
        ),
        (
            vec![reference("")],
            "Empty identifier values are not supported",
        ),
        (
            vec![reference("bitbucket_token")],
            "The project level secret cannot be used at account level",
        ),
        (
            vec![reference("org.bitbucket_token")],
            "The org level secret cannot be used at account level",
        ),
        (
            vec![in_org.clone(), reference("bitbucket_token")],
            "The project level secret cannot be used at a org level",
        ),
        (
            vec![in_org.clone(), reference("org.nope")],
            "No secret exists with the id nope  in organization platform",
        ),
        (
            vec![in_org.clone(), in_project.clone(), reference("nope")],
            "No secret exists with the id nope  in organization platform in project payments",
        ),
    ] {
        let answer = client.create(&connector_with("a", &changes)).await;
        let inner = format!("Invalid request: {reason}");
        let outer = format!("Invalid request: Error while validating passwordRef field : {inner}");
        answer.is_error(400, "INVALID_REQUEST", &outer);
        let messages = answer.at("/responseMessages").as_array().unwrap();
        assert_eq!(
            messages
                .iter()
                .map(|message| &message["message"])
                .collect::<Vec<_>>(),
            [&outer, &inner]
        );
    }
    for (identifier, text) in [
        ("x", "account.bitbucket_token"),
        ("y", "org.bitbucket_token"),
        ("z", "payments_token"),
    ] {
        let changes = [in_org.clone(), in_project.clone(), reference(text)];
        client
            .create(&connector_with(identifier, &changes))
            .await
            .succeeded();
    }
}

#[tokio::test]
async fn a_denying_policy_answers_200_without_a_connector_and_saves_nothing() {
    let client = Client::start();
    let policy = json!({"governance": [{
        "policy": "No cloud", "policy_set": "Sources", "severity": "error", "messages": ["Use our own server"],
        "when": {"pointer": "/spec/url", "matches": "bitbucket\\.org"}
    }]});
    client.sandbox.change_settings(&policy).unwrap();
    let denied = client.create(&connector("a")).await.succeeded();
    assert!(denied.at("/data/connector").is_null());
    assert_eq!(denied.at("/data/governanceMetadata/deny"), true);
    assert_eq!(denied.at("/data/governanceMetadata/status"), "error");
    let detail = denied.at("/data/governanceMetadata/details/0");
    assert_eq!(
        (&detail["policySetName"], &detail["deny"]),
        (&json!("Sources"), &json!(true))
    );
    assert_eq!(detail["policyMetadata"][0]["policyName"], "No cloud");
    assert_eq!(
        detail["policyMetadata"][0]["denyMessages"],
        json!(["Use our own server"])
    );
    assert_eq!(client.get("a").await.status, 400);
    let elsewhere = connector_with(
        "a",
        &[("/spec/url", json!("https://git.example.com/scm/a/b.git"))],
    );
    let passed = client.create(&elsewhere).await.succeeded();
    assert_eq!(passed.at("/data/governanceMetadata/status"), "pass");
}

#[tokio::test]
async fn a_lost_race_for_the_identifier_is_a_duplicate_field() {
    let client = Client::start();
    client
        .sandbox
        .change_settings(&json!({"lose_creations": 1}))
        .unwrap();
    let answer = client.create(&connector("a")).await;
    answer.is_error(400, "DUPLICATE_FIELD", "Connector [a] already exists");
    client.create(&connector("a")).await.succeeded();
}

#[tokio::test]
async fn the_plans_limit_is_reported() {
    let client = Client::start();
    client
        .sandbox
        .change_settings(&json!({"connector_limit": 14}))
        .unwrap();
    let message = "Invalid request: Exceeded static limitation. Current Limit: 14";
    client
        .create(&connector("a"))
        .await
        .is_error(400, "INVALID_REQUEST", message);
}
