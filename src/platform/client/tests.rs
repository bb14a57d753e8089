//! The client against a server on this machine: what goes out, what comes back, what is tried again.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use base64::Engine;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_util::sync::CancellationToken;

use super::super::connectors;
use super::super::refusal::Missing;
use super::super::transport::{TransportError, TransportKind};
use super::super::{ConnectorAnswer, ConnectorRef, RawConnector, Scope};
use super::test_server::{Server, SkippingClock, Step, answer, json as reply};
use super::*;

const KEY: &str = "pat.acct.tokenid.hunter2hunter2";

fn config(endpoint: &str) -> ClientConfig {
    ClientConfig {
        endpoint: Endpoint::parse(endpoint).unwrap(),
        account_id: "acct".to_owned(),
        api_key: ApiKey::parse(KEY).unwrap(),
        user_agent: "terraform-provider-harness/0.0.0 Terraform/1.11.4".to_owned(),
        request_timeout: Duration::from_secs(20),
        retry_timeout: Duration::from_mins(2),
        max_requests_per_minute: None,
        ca_certificate_pem: None,
    }
}

fn client(server: &Server) -> (Client, Arc<SkippingClock>) {
    client_with(config(&format!(
        "http://127.0.0.1:{}/gateway/",
        server.port()
    )))
}

fn client_with(config: ClientConfig) -> (Client, Arc<SkippingClock>) {
    let clock = SkippingClock::new();
    let shared: Arc<dyn Clock> = Arc::<SkippingClock>::clone(&clock);
    (
        Client::with(config, RetryPolicy::default(), shared).unwrap(),
        clock,
    )
}

fn operation() -> Operation {
    Operation::new(CancellationToken::new())
}

fn bb() -> ConnectorRef {
    ConnectorRef::new(Scope::Account, "bb")
}

fn raw() -> RawConnector {
    let Value::Object(members) = json!({"identifier": "bb", "type": "Bitbucket"}) else {
        unreachable!()
    };
    RawConnector::from_members(members)
}

fn found() -> Value {
    json!({"status": "SUCCESS", "correlationId": "c-1", "metaData": null, "data": {
        "connector": {"identifier": "bb", "type": "Bitbucket"}, "createdAt": 1, "lastModifiedAt": 2}})
}

fn refused(code: &str, message: &str) -> Value {
    json!({"status": "ERROR", "code": code, "message": message, "correlationId": "c-9", "responseMessages": []})
}

async fn get(client: &Client) -> Result<Answer<ConnectorAnswer>, PlatformError> {
    client.send(connectors::get(&bb()), &operation()).await
}

/// The value of a header of a request, by its name in lower case.
fn header(request: &str, name: &str) -> Option<String> {
    let mut lines = request.lines().take_while(|line| !line.is_empty());
    lines.find_map(|line| {
        let (found, value) = line.split_once(':')?;
        (found.to_ascii_lowercase() == name).then(|| value.trim().to_owned())
    })
}

/// Every layer of an error, joined as a printer of chains does it.
fn layers(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(" | ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
}

#[tokio::test]
async fn a_request_carries_the_key_the_account_and_its_own_id_and_nothing_it_need_not() {
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
            "GET /ng/api/connectors/bb → 404: an HTML page titled \"Not Found\" instead of the platform's JSON (correlation id REQUEST)",
        ),
        (
            answer(404, "", "", ""),
            "GET /ng/api/connectors/bb → 404: an empty body (correlation id REQUEST)",
        ),
        (
            answer(200, "text/html", "", "<html><title>Login</title>"),
            "GET /ng/api/connectors/bb → 200, but the answer is an HTML page titled \"Login\" instead of the platform's JSON",
        ),
        (
            answer(200, "application/json", "", "{\"data\": {"),
            "GET /ng/api/connectors/bb → 200, but the answer is JSON that is cut off",
        ),
        (
            answer(200, "application/json", "", ""),
            "GET /ng/api/connectors/bb → 200, but the answer is an empty body",
        ),
        (
            answer(200, "application/json", "", "[]"),
            "GET /ng/api/connectors/bb → 200, but the answer is JSON that is a list",
        ),
        (
            reply(
                200,
                &json!({"status": "SUCCESS", "data": null, "correlationId": "c-3"}),
            ),
            "GET /ng/api/connectors/bb → 200, but the answer is JSON whose `data` is null (correlation id c-3)",
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
        ("connector", |e| e.is_not_found_connector("bb")),
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
            !error.is_not_found_connector("bb") && error.missing() != Some(Missing::Connector),
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_429_is_waited_out_and_slows_the_requests_after_it() {
    let html = "<html>Too many requests";
    let server = Server::start([
        answer(429, "text/html", "", html),
        answer(429, "text/html", "Retry-After: 7\r\n", html),
        answer(
            429,
            "text/html",
            "Retry-After: Sun, 06 Nov 1994 08:49:47 GMT\r\n",
            html,
        ),
        reply(200, &found()),
        reply(200, &found()),
    ])
    .await;
    let (client, clock) = client(&server);
    client
        .send(connectors::create(&raw()), &operation())
        .await
        .unwrap();
    // Each wait of the request itself is as long as the process's pause at least, or is followed by the rest of it.
    assert_eq!(clock.slept_ms(), [1_500, 500, 7_250, 10_250]);
    get(&client).await.unwrap();
    assert_eq!(
        clock.slept_ms().len(),
        5,
        "the next request keeps its distance"
    );
    assert_eq!(server.requests().len(), 5);
}

#[tokio::test]
async fn a_503_is_tried_again_until_the_budget_is_spent_and_the_last_answer_is_told() {
    let down = || reply(503, &refused("UNKNOWN_ERROR", "down"));
    let server = Server::start([down(), down(), down(), reply(200, &found())]).await;
    let (client, clock) = client(&server);
    get(&client).await.unwrap();
    assert_eq!(clock.slept_ms(), [250, 500, 1_000]);

    let server = Server::start([down(), down(), down()]).await;
    let mut config = config(&format!("http://127.0.0.1:{}", server.port()));
    config.retry_timeout = Duration::from_secs(1);
    let error = get(&client_with(config).0).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "GET /ng/api/connectors/bb → 503: down (correlation id c-9), after 3 attempts"
    );
    assert_eq!((error.attempts(), error.is_transient()), (3, true));
}

#[tokio::test]
async fn the_budget_belongs_to_the_operation_not_to_the_request() {
    let down = || reply(503, &refused("UNKNOWN_ERROR", "down"));
    let server = Server::start([down(), reply(200, &found()), down()]).await;
    let mut config = config(&format!("http://127.0.0.1:{}", server.port()));
    config.retry_timeout = Duration::from_millis(400);
    let (client, _) = client_with(config);
    let operation = operation();
    client
        .send(connectors::get(&bb()), &operation)
        .await
        .unwrap();
    let error = client
        .send(connectors::get(&bb()), &operation)
        .await
        .unwrap_err();
    assert_eq!(error.attempts(), 1);
}

#[tokio::test]
async fn a_500_is_tried_again_twice() {
    let oops = || reply(500, &refused("UNKNOWN_ERROR", "Oops"));
    let server = Server::start([oops(), oops(), oops()]).await;
    let (client, _) = client(&server);
    let error = get(&client).await.unwrap_err();
    assert_eq!(error.attempts(), 3);
}

#[tokio::test]
async fn a_create_is_sent_once_and_its_outcome_unknown_if_the_answer_is_lost() {
    let head = b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n{\"data\":".to_vec();
    for (step, line) in [
        (
            Step::Cut(Vec::new()),
            "POST /ng/api/connectors → no answer | the connection to 127.0.0.1 was lost before an answer came",
        ),
        (
            Step::Cut(head),
            "POST /ng/api/connectors → no answer | the connection to 127.0.0.1 was lost in the middle of the answer",
        ),
        (
            reply(500, &refused("UNKNOWN_ERROR", "Oops")),
            "POST /ng/api/connectors → 500: Oops (correlation id c-9)",
        ),
        (
            reply(503, &refused("UNKNOWN_ERROR", "Oops")),
            "POST /ng/api/connectors → 503: Oops (correlation id c-9)",
        ),
        (
            answer(200, "text/html", "", "<html>"),
            "POST /ng/api/connectors → 200, but the answer is an HTML page instead of the platform's JSON",
        ),
    ] {
        let server = Server::start([step]).await;
        let (client, clock) = client(&server);
        let error = client
            .send(connectors::create(&raw()), &operation())
            .await
            .unwrap_err();
        assert!(error.outcome_unknown(), "{error}");
        assert!(layers(&error).starts_with(line), "{}", layers(&error));
        assert_eq!(server.requests().len(), 1);
        assert_eq!(clock.slept_ms(), [0; 0]);
    }
}

#[tokio::test]
async fn a_lost_connection_is_tried_again_and_an_earlier_answer_is_remembered() {
    let server = Server::start([Step::Cut(Vec::new()), reply(200, &found())]).await;
    get(&client(&server).0).await.unwrap();

    let server = Server::start([
        reply(503, &refused("UNKNOWN_ERROR", "down")),
        Step::Cut(Vec::new()),
    ])
    .await;
    let mut config = config(&format!("http://127.0.0.1:{}", server.port()));
    config.retry_timeout = Duration::from_millis(300);
    let error = client_with(config)
        .0
        .send(connectors::update(&raw()), &operation())
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "PUT /ng/api/connectors → no answer, after 2 attempts; the last answer was 503: down (correlation id c-9)"
    );
    assert_eq!(error.correlation_id(), Some("c-9"));
    assert!(error.outcome_unknown());
}

#[tokio::test]
async fn a_refused_connection_was_never_a_request_so_even_a_create_is_tried_again() {
    let port = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    };
    let mut config = config(&format!("http://127.0.0.1:{port}"));
    config.retry_timeout = Duration::from_millis(600);
    let error = client_with(config)
        .0
        .send(connectors::create(&raw()), &operation())
        .await
        .unwrap_err();
    assert!(
        layers(&error).starts_with("POST /ng/api/connectors → no answer, after 2 attempts | 127.0.0.1 refuses the connection | Connection refused"),
        "{}",
        layers(&error)
    );
    assert!(!error.outcome_unknown() && error.is_transient());
}

#[tokio::test]
async fn a_redirect_is_an_error_and_the_key_never_travels() {
    let other = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    other.set_nonblocking(true).unwrap();
    let elsewhere = format!("http://localhost:{}", other.local_addr().unwrap().port());
    for (status, location, origin) in [
        (
            302,
            format!("{elsewhere}/steal?x=1"),
            Some(elsewhere.clone()),
        ),
        (
            307,
            "//evil.example/x".to_owned(),
            Some("http://evil.example".to_owned()),
        ),
        (
            301,
            "https://user:pw@evil.example:8443/x".to_owned(),
            Some("https://evil.example:8443".to_owned()),
        ),
        (308, "http://[".to_owned(), None),
    ] {
        let server = Server::start([answer(
            status,
            "text/html",
            &format!("Location: {location}\r\n"),
            "",
        )])
        .await;
        let error = get(&client(&server).0).await.unwrap_err();
        let line = match origin {
            Some(origin) => format!(
                "GET /ng/api/connectors/bb → {status}, a redirect to {origin} that is not followed; write the endpoint that answers itself"
            ),
            None => format!(
                "GET /ng/api/connectors/bb → {status}, a redirect without a readable Location"
            ),
        };
        assert_eq!(error.to_string(), line);
        assert_eq!(server.requests().len(), 1);
    }
    assert_eq!(
        other.accept().unwrap_err().kind(),
        std::io::ErrorKind::WouldBlock
    );
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
            layers(&error),
            "GET /ng/api/connectors/bb → no answer | the answer of 127.0.0.1 is larger than 8 MiB, which no answer of the platform is"
        );
        assert_eq!(server.requests().len(), 1, "it is not asked for again");
    }
}

#[tokio::test]
async fn a_request_without_an_answer_ends_with_its_time_limit() {
    let server = Server::start([Step::Silence, Step::Silence]).await;
    let mut config = config(&format!("http://127.0.0.1:{}", server.port()));
    config.request_timeout = Duration::from_millis(50);
    let (client, _) = client_with(config);
    let error = client
        .send(connectors::create(&raw()), &operation())
        .await
        .unwrap_err();
    assert!(
        layers(&error).starts_with(
            "POST /ng/api/connectors → no answer | 127.0.0.1 did not answer within 0.05 s"
        ),
        "{}",
        layers(&error)
    );
    assert!(error.outcome_unknown());

    let error = client
        .send(
            connectors::test_connection(&bb()),
            &operation().with_time_limit(Duration::from_millis(60)),
        )
        .await
        .unwrap_err();
    assert!(
        matches!(error.failure(), Failure::Transport(error) if matches!(error.kind(), TransportKind::TimedOut(_)))
    );
}

#[tokio::test]
async fn an_operation_whose_time_is_up_sends_nothing() {
    let server = Server::start([]).await;
    let (client, clock) = client(&server);
    let operation = operation().with_time_limit(Duration::from_mins(1));
    clock.sleep(Duration::from_secs(90)).await;
    let error = client
        .send(connectors::create(&raw()), &operation)
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "POST /ng/api/connectors was not sent: the operation's time is up"
    );
    assert!(!error.outcome_unknown());
    assert_eq!(server.requests().len(), 0);
}

#[tokio::test]
async fn cancelling_ends_the_request_in_flight_and_says_what_is_unknown() {
    for (create, line, unknown) in [
        (
            true,
            "POST /ng/api/connectors was cancelled while it was under way",
            true,
        ),
        (
            false,
            "GET /ng/api/connectors/bb was cancelled while it was under way",
            false,
        ),
    ] {
        let server = Server::start([Step::Silence]).await;
        let (client, clock) = client(&server);
        let token = CancellationToken::new();
        let operation = Operation::new(token.clone());
        let cancel = async {
            server.arrival().await;
            token.cancel();
        };
        let send = async {
            if create {
                client
                    .send(connectors::create(&raw()), &operation)
                    .await
                    .unwrap_err()
            } else {
                client
                    .send(connectors::get(&bb()), &operation)
                    .await
                    .unwrap_err()
            }
        };
        let ((), error) = tokio::join!(cancel, send);
        assert_eq!(error.to_string(), line);
        assert_eq!(
            (error.is_cancelled(), error.outcome_unknown()),
            (true, unknown)
        );
        assert_eq!(clock.slept_ms(), [if create { 500 } else { 0 }]);
    }
}

#[tokio::test]
async fn a_cancelled_operation_sends_nothing_more() {
    let server = Server::start([]).await;
    let (client, _) = client(&server);
    let token = CancellationToken::new();
    token.cancel();
    let error = client
        .send(connectors::create(&raw()), &Operation::new(token))
        .await
        .unwrap_err();
    assert_eq!(error.to_string(), "POST /ng/api/connectors was cancelled");
    assert!(!error.outcome_unknown());
    assert_eq!(server.requests().len(), 0);
}

#[tokio::test]
async fn a_wait_ends_at_once_when_the_operation_is_cancelled() {
    let server = Server::start([reply(503, &refused("UNKNOWN_ERROR", "down"))]).await;
    let mut config = config(&format!("http://127.0.0.1:{}", server.port()));
    config.retry_timeout = Duration::from_hours(1_000);
    let policy = RetryPolicy {
        first_wait: Duration::from_hours(500),
        longest_wait: Duration::from_hours(500),
        ..RetryPolicy::default()
    };
    // The real clock: without the cancellation this would sleep for days.
    let client = Client::with(config, policy, Arc::new(SystemClock)).unwrap();
    let token = CancellationToken::new();
    let operation = Operation::new(token.clone());
    let cancel = async {
        server.arrival().await;
        token.cancel();
    };
    let ((), result) = tokio::join!(cancel, client.send(connectors::update(&raw()), &operation));
    let error = result.unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("PUT /ng/api/connectors was cancelled; the last answer was 503"),
        "{error}"
    );
    assert!(error.outcome_unknown(), "a 503 to a change leaves it open");
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
async fn a_key_that_a_proxy_echoes_is_not_repeated() {
    let page = format!("<html><title>x-api-key {KEY}</title>");
    let server = Server::start([
        answer(502, "text/html", "", &page),
        reply(400, &refused("INVALID_REQUEST", &format!("bad key {KEY}"))),
        answer(200, "text/html", "", &page),
        reply(200, &refused("INVALID_TOKEN", KEY)),
    ])
    .await;
    let mut config = config(&format!("http://127.0.0.1:{}", server.port()));
    config.retry_timeout = Duration::ZERO;
    let (client, _) = client_with(config);
    for _ in 0..4 {
        let error = get(&client).await.unwrap_err();
        let text = format!("{error} {error:?} {client:?}");
        assert!(
            !text.contains("hunter2") && text.contains("(key removed)"),
            "{text}"
        );
    }
}

#[tokio::test]
async fn a_fixed_cap_spaces_the_requests_of_all_clones() {
    let server = Server::start([
        reply(200, &found()),
        reply(200, &found()),
        reply(200, &found()),
    ])
    .await;
    let mut config = config(&format!("http://127.0.0.1:{}", server.port()));
    config.max_requests_per_minute = Some(60);
    let (client, clock) = client_with(config);
    for _ in 0..3 {
        get(&client.clone()).await.unwrap();
    }
    assert_eq!(clock.slept_ms(), [1_000, 1_000]);
}

#[tokio::test]
async fn a_certificate_is_trusted_only_if_its_authority_is_given() {
    let authority = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(authority.signing_key.serialize_der()).unwrap();
    let tls = ServerConfig::builder_with_provider(Arc::new(
        tokio_rustls::rustls::crypto::aws_lc_rs::default_provider(),
    ))
    .with_safe_default_protocol_versions()
    .unwrap()
    .with_no_client_auth()
    .with_single_cert(vec![authority.cert.der().clone()], key)
    .unwrap();
    let server = Server::serve(
        [reply(200, &found())],
        Some(TlsAcceptor::from(Arc::new(tls))),
    )
    .await;
    let mut config = config(&format!("https://localhost:{}", server.port()));
    config.retry_timeout = Duration::ZERO;
    let error = get(&client_with(config.clone()).0).await.unwrap_err();
    let text = layers(&error);
    assert!(
        text.starts_with(
            "GET /ng/api/connectors/bb → no answer | no secure connection to localhost | "
        ),
        "{text}"
    );
    assert!(text.contains("certificate"), "{text}");
    assert!(!error.is_transient() && !error.outcome_unknown());
    assert_eq!(server.requests().len(), 0);

    let der = base64::engine::general_purpose::STANDARD.encode(authority.cert.der());
    let pem = format!("-----BEGIN CERTIFICATE-----\n{der}\n-----END CERTIFICATE-----\n");
    config.ca_certificate_pem = Some(pem.into_bytes());
    get(&client_with(config).0).await.unwrap();
}

#[tokio::test]
async fn a_server_that_speaks_no_tls_gives_no_secure_connection() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut greeting = [0; 1024];
        let _ = stream.read(&mut greeting).await;
        stream
            .write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            .await
            .unwrap();
        // Kept open until the client has gone.
        let _ = stream.read(&mut greeting).await;
    });
    let (client, _) = client_with(config(&format!("https://127.0.0.1:{port}")));
    let error = get(&client).await.unwrap_err();
    let text = layers(&error);
    assert!(
        text.starts_with(
            "GET /ng/api/connectors/bb → no answer | no secure connection to 127.0.0.1 | "
        ),
        "{text}"
    );
    assert!(!error.is_transient() && !error.outcome_unknown());
}

#[test]
fn a_client_that_could_not_work_is_refused_when_it_is_made() {
    let broken = |change: fn(&mut ClientConfig)| {
        let mut config = config("https://localhost");
        change(&mut config);
        Client::new(config).unwrap_err().to_string()
    };
    assert_eq!(
        broken(|c| c.account_id = " ".to_owned()),
        "the account id is empty"
    );
    assert_eq!(
        broken(|c| c.max_requests_per_minute = Some(0)),
        "`max_requests_per_minute` is 0; it must be at least 1"
    );
    assert_eq!(
        broken(|c| c.user_agent = "a\nb".to_owned()),
        "the User-Agent holds characters that no header can carry"
    );
    assert_eq!(
        broken(|c| c.ca_certificate_pem = Some(b"nothing".to_vec())),
        "the CA file holds no certificate; it must hold PEM blocks that begin with `-----BEGIN CERTIFICATE-----`"
    );
    let pem = b"-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----\n";
    let message = {
        let mut config = config("https://localhost");
        config.ca_certificate_pem = Some(pem.to_vec());
        Client::new(config).unwrap_err().to_string()
    };
    assert!(
        message.starts_with("certificate 1 of the CA file cannot be used: "),
        "{message}"
    );
}

/// A resolver that knows no name.
struct NoNames(AtomicUsize);

impl reqwest::dns::Resolve for NoNames {
    fn resolve(&self, _: reqwest::dns::Name) -> reqwest::dns::Resolving {
        self.0.fetch_add(1, Ordering::Relaxed);
        Box::pin(std::future::ready(Err("Name or service not known".into())))
    }
}

#[tokio::test]
async fn a_name_that_is_not_resolved_was_never_a_request() {
    let http = reqwest::Client::builder()
        .no_proxy()
        .tls_certs_only([])
        .dns_resolver(Arc::new(NoNames(AtomicUsize::new(0))))
        .build()
        .unwrap();
    let error = http
        .get("http://nowhere.example/")
        .send()
        .await
        .unwrap_err();
    let error = TransportError::classify(error, "nowhere.example", Duration::from_secs(1), false);
    assert_eq!(
        layers(&error),
        "the host name nowhere.example cannot be resolved | Name or service not known"
    );
    assert!(error.never_sent() && error.is_transient());
}

/// Everything that is logged, fields and spans included, as text.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<String>>);

impl tracing::field::Visit for Log {
    fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn fmt::Debug) {
        self.0
            .lock()
            .unwrap()
            .push_str(&format!(" {field}={value:?}"));
    }
}

impl<S: tracing::Subscriber> tracing_subscriber::Layer<S> for Log {
    fn on_new_span(
        &self,
        span: &tracing::span::Attributes<'_>,
        _: &tracing::Id,
        _: tracing_subscriber::layer::Context<'_, S>,
    ) {
        span.record(&mut self.clone());
    }

    fn on_event(&self, event: &tracing::Event<'_>, _: tracing_subscriber::layer::Context<'_, S>) {
        self.0
            .lock()
            .unwrap()
            .push_str(&format!("\n{}", event.metadata().level()));
        event.record(&mut self.clone());
    }
}

#[tokio::test]
async fn the_log_tells_each_request_and_at_no_level_a_secret() {
    use tracing_subscriber::layer::SubscriberExt;

    let log = Log::default();
    let _guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(log.clone()));
    let mut body = found();
    body["data"]["connector"]["spec"] =
        json!({"password": "hunter2", "passwordRef": "account.pw", "key": KEY});
    body["data"]["echo"] = json!(KEY);
    let server = Server::start([
        reply(503, &refused("UNKNOWN_ERROR", KEY)),
        Step::Cut(Vec::new()),
        reply(200, &body),
    ])
    .await;
    let (client, _) = client(&server);
    let Value::Object(mut members) =
        json!({"identifier": "bb", "spec": {"username": "hunter2", "passwordRef": "account.pw"}})
    else {
        unreachable!()
    };
    members.insert("note".to_owned(), json!("https://me:hunter2@host"));
    let request = connectors::update(&RawConnector::from_members(members));
    client.send(request, &operation()).await.unwrap();

    let text = log.0.lock().unwrap().clone();
    for expected in [
        " method=\"PUT\" path=\"/ng/api/connectors\" attempt=1",
        " attempt=3",
        " message=answered status=503 duration_ms=",
        " correlation_id=\"c-9\"",
        " message=no answer duration_ms=",
        " message=the request will be sent again attempt=1 wait_ms=250",
        " message=answered status=200 duration_ms=",
        "\nTRACE message=request body",
        "account.pw",
    ] {
        assert!(text.contains(expected), "{expected} is not in {text}");
    }
    assert!(!text.contains("hunter2"), "{text}");
}
