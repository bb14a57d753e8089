//! What is sent and what is received.

use super::*;

#[tokio::test]
async fn a_request_carries_only_key_account_and_request_id() {
    let server = Server::start([reply(200, &found()), reply(200, &found())]).await;
    let (client, _) = client(&server);
    let answer = get(&client).await.unwrap();
    assert_eq!(answer.value.connector.identifier(), "bb");
    assert_eq!(answer.value.last_modified_at, Some(2));
    assert_eq!(answer.correlation_id.as_deref(), Some("c-1"));
    client
        .send(connectors::create(&raw()), &operation())
        .await
        .unwrap();

    let requests = server.requests();
    assert!(
        requests[0]
            .starts_with("GET /gateway/ng/api/connectors/bb?accountIdentifier=acct HTTP/1.1\r\n"),
        "{}",
        requests[0]
    );
    assert_eq!(header(&requests[0], "x-api-key").as_deref(), Some(KEY));
    assert_eq!(
        header(&requests[0], "user-agent").as_deref(),
        Some("terraform-provider-harness/0.0.0 Terraform/1.11.4")
    );
    assert_eq!(header(&requests[0], "content-type"), None);
    assert!(
        requests[1]
            .starts_with("POST /gateway/ng/api/connectors?accountIdentifier=acct HTTP/1.1\r\n")
    );
    assert_eq!(
        header(&requests[1], "content-type").as_deref(),
        Some("application/json")
    );
    assert!(
        requests[1]
            .ends_with("\r\n\r\n{\"connector\":{\"identifier\":\"bb\",\"type\":\"Bitbucket\"}}"),
        "{}",
        requests[1]
    );
    let ids: Vec<_> = requests
        .iter()
        .map(|request| header(request, "x-requestid").unwrap())
        .collect();
    assert_ne!(ids[0], ids[1]);
    assert_eq!(ids[0].len(), 36);
}

#[tokio::test]
async fn each_family_of_errors_becomes_one_line_with_the_correlation_id() {
    let unparsable = json!({"code": 400, "message": "Unable to process JSON", "details": "line 1"});
    let failure = json!({"status": "FAILURE", "code": "RESOURCE_NOT_FOUND_EXCEPTION", "correlationId": "c-2", "errors": null,
        "message": "Connector with identifier [bb] not found in account [acct]."});
    let denied = json!({"status": "ERROR", "code": "NG_ACCESS_DENIED", "message": "Missing permission core_connector_view",
        "correlationId": null, "responseMessages": null, "failedPermissionChecks": [{"permission": "core_connector_view"}]});
    for (step, line) in [
        (
            reply(400, &refused("INVALID_REQUEST", "Invalid request: no")),
            "GET /ng/api/connectors/bb → 400: no (correlation id c-9)",
        ),
        (
            reply(400, &failure),
            "GET /ng/api/connectors/bb → 400: Connector with identifier [bb] not found in account [acct]. (correlation id c-2)",
        ),
        (
            reply(403, &denied),
            "GET /ng/api/connectors/bb → 403: Missing permission core_connector_view (correlation id REQUEST)",
        ),
        (
            reply(400, &unparsable),
            "GET /ng/api/connectors/bb → 400: Unable to process JSON (line 1) (correlation id REQUEST)",
        ),
        (
            reply(401, &refused("INVALID_TOKEN", "Token is not valid.")),
            "GET /ng/api/connectors/bb → 401: Token is not valid. (correlation id c-9)",
        ),
        (
            answer(404, "text/html", "", "<html><title>Not Found</title>"),
            "GET /ng/api/connectors/bb → 404: an HTML page titled \"Not Found\" instead of Harness's JSON (correlation \
             id REQUEST)",
        ),
        (
            answer(404, "", "", ""),
            "GET /ng/api/connectors/bb → 404: an empty body (correlation id REQUEST)",
        ),
        (
            answer(200, "text/html", "", "<html><title>Login</title>"),
            "GET /ng/api/connectors/bb → 200, but the response is an HTML page titled \"Login\" instead of Harness's \
             JSON",
        ),
        (
            answer(200, "application/json", "", "{\"data\": {"),
            "GET /ng/api/connectors/bb → 200, but the response is truncated JSON: {\"data\": {",
        ),
        (
            answer(
                400,
                "text/plain",
                "",
                "upstream\u{1b}[1m said \r\n pat.acct.tokenid.hunter2hunter2",
            ),
            "GET /ng/api/connectors/bb → 400: a body that is not Harness's JSON: upstream<U+001B>[1m said (key \
             removed) (correlation id REQUEST)",
        ),
        (
            answer(200, "text/plain", "", "maintenance until noon"),
            "GET /ng/api/connectors/bb → 200, but the response is a body that is not Harness's JSON: maintenance until \
             noon",
        ),
        (
            answer(200, "application/json", "", ""),
            "GET /ng/api/connectors/bb → 200, but the response is an empty body",
        ),
        (
            answer(200, "application/json", "", "[]"),
            "GET /ng/api/connectors/bb → 200, but the response is JSON that is a list",
        ),
        (
            reply(
                200,
                &json!({"status": "SUCCESS", "data": null, "correlationId": "c-3"}),
            ),
            "GET /ng/api/connectors/bb → 200, but the response is JSON whose `data` is null (correlation id c-3)",
        ),
        (
            reply(200, &refused("UNKNOWN_ERROR", "Oops")),
            "GET /ng/api/connectors/bb → 200: Oops (correlation id c-9)",
        ),
    ] {
        let server = Server::start([step]).await;
        let (client, clock) = client(&server);
        let error = get(&client).await.unwrap_err();
        let id = header(&server.requests()[0], "x-requestid").unwrap();
        assert_eq!(error.to_string().replace(&id, "REQUEST"), line);
        assert_eq!(layers(&error), error.to_string());
        assert_eq!(clock.slept_ms(), [0; 0], "{line}");
        assert!(!error.outcome_unknown() && !error.is_transient());
    }
}

#[tokio::test]
async fn predicates_tell_refusals_apart() {
    type Predicate = fn(&PlatformError) -> bool;
    let predicates: [(&str, Predicate); 11] = [
        ("connector", |e| e.is_not_found_connector(&bb())),
        ("scope", PlatformError::is_scope_not_found),
        ("nothing to delete", PlatformError::is_nothing_to_delete),
        ("unauthorized", PlatformError::is_unauthorized),
        ("forbidden", PlatformError::is_forbidden),
        ("limited", PlatformError::is_rate_limited),
        ("exists", PlatformError::is_already_exists),
        ("referenced", PlatformError::is_still_referenced),
        ("force", PlatformError::is_force_delete_disabled),
        ("lock", PlatformError::is_optimistic_lock),
        ("transient", PlatformError::is_transient),
    ];
    for (status, code, message, true_ones) in [
        (
            400,
            "CONNECTOR_NOT_FOUND_EXCEPTION",
            "No connector found with identifier bb",
            vec!["connector", "nothing to delete"],
        ),
        (
            400,
            "RESOURCE_NOT_FOUND_EXCEPTION",
            "org [bb] not found.",
            vec!["scope"],
        ),
        (
            404,
            "ENTITY_NOT_FOUND",
            "Project with orgIdentifier [o] and identifier [p] not found",
            vec!["scope"],
        ),
        (
            400,
            "INVALID_REQUEST",
            "Invalid request: No such connector found",
            vec!["nothing to delete"],
        ),
        (
            400,
            "INVALID_REQUEST",
            "Invalid request: Connector: N has been given an identifier: bb that already exists. Please enter a unique ID.",
            vec!["exists"],
        ),
        (
            400,
            "DUPLICATE_FIELD",
            "Connector [bb] already exists",
            vec!["exists"],
        ),
        (
            400,
            "ENTITY_REFERENCE_EXCEPTION",
            "Could not delete the connector bb as it is referenced by other entities",
            vec!["referenced"],
        ),
        (
            400,
            "INVALID_REQUEST",
            "Invalid request: Parameter forcedDelete cannot be true. Force Delete is not enabled for account [a]",
            vec!["force"],
        ),
        (
            400,
            "OPTIMISTIC_LOCKING_EXCEPTION",
            "Request failed as you have an older version",
            vec!["lock"],
        ),
        (
            401,
            "INVALID_TOKEN",
            "Token is not valid.",
            vec!["unauthorized"],
        ),
        (403, "NG_ACCESS_DENIED", "no", vec!["forbidden"]),
        (
            400,
            "TOO_MANY_REQUESTS",
            "slow",
            vec!["limited", "transient"],
        ),
        (503, "UNKNOWN_ERROR", "x", vec!["transient"]),
        (501, "UNKNOWN_ERROR", "x", vec![]),
        (400, "INVALID_REQUEST", "no", vec![]),
    ] {
        let server = Server::start([reply(status, &refused(code, message))]).await;
        let mut config = config(&format!("http://127.0.0.1:{}", server.port()));
        config.retry_timeout = Duration::ZERO;
        let error = client_with(config)
            .0
            .send(connectors::delete(&bb(), false), &operation())
            .await
            .unwrap_err();
        let found: Vec<_> = predicates
            .iter()
            .filter(|(_, is)| is(&error))
            .map(|(name, _)| *name)
            .collect();
        assert_eq!(found, true_ones, "{error}");
        assert_eq!(error.outcome_unknown(), status >= 500, "{error}");
    }
}

#[tokio::test]
async fn a_proxys_404_is_not_a_missing_connector() {
    let page =
        "<html><title>404</title>Connector with identifier [bb] not found in account [acct].";
    let server = Server::start([
        answer(404, "text/html", "", page),
        answer(404, "text/plain", "", "404 page not found"),
    ])
    .await;
    let (client, _) = client(&server);
    for _ in 0..2 {
        let error = get(&client).await.unwrap_err();
        assert!(
            !error.is_not_found_connector(&bb()) && error.missing() != Some(Missing::Connector),
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_policys_denial_is_an_error_of_its_own() {
    let denied = json!({"status": "SUCCESS", "correlationId": "c", "data": {"connector": null, "governanceMetadata": {
        "deny": true, "status": "error", "message": "2 policies failed",
        "details": [{"policySetName": "git", "policyMetadata": [{"policyName": "https-only", "status": "error", "denyMessages": ["no ssh"]}]}]}}});
    let server = Server::start([reply(200, &denied)]).await;
    let error = client(&server)
        .0
        .send(connectors::create(&raw()), &operation())
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "POST /ng/api/connectors → denied by the account's policies: 2 policies failed"
    );
    assert_eq!(error.denial().unwrap().findings[0].messages, ["no ssh"]);
    assert!(!error.outcome_unknown());
}

#[tokio::test]
async fn a_failed_connection_test_is_an_answer() {
    let hint = json!({"status": "ERROR", "code": "HINT", "message": "h", "correlationId": "c", "responseMessages": [
        {"code": "HINT", "level": "INFO", "message": "h"}, {"code": "EXPLANATION", "level": "INFO", "message": "e"}]});
    let server = Server::start([reply(400, &hint)]).await;
    let answer = client(&server)
        .0
        .send(connectors::test_connection(&bb()), &operation())
        .await
        .unwrap();
    assert_eq!(
        (answer.value.succeeded(), answer.value.hint.as_deref()),
        (false, Some("h"))
    );
    assert_eq!(answer.correlation_id.as_deref(), Some("c"));
}

#[tokio::test]
async fn an_oversized_answer_is_refused_announced_or_not() {
    let announced = b"HTTP/1.1 200 OK\r\nContent-Length: 8388609\r\n\r\n{".to_vec();
    let mut streamed = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n".to_vec();
    streamed.resize(streamed.len() + (8 << 20) + 1, b' ');
    for step in [Step::Reply(announced), Step::Cut(streamed)] {
        let server = Server::start([step]).await;
        let error = get(&client(&server).0).await.unwrap_err();
        assert_eq!(
            layers_at(server.port(), &error),
            "GET /ng/api/connectors/bb → no response | the response from 127.0.0.1:PORT is larger than 8 MiB, which no \
             Harness response is"
        );
        assert_eq!(server.requests().len(), 1, "it is not asked for again");
    }
}
