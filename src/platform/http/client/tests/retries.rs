//! What is sent again, when, and what a lost response means.

use super::*;

/// A resolver that resolves no name.
struct NoNames(AtomicUsize);

impl reqwest::dns::Resolve for NoNames {
    fn resolve(&self, _: reqwest::dns::Name) -> reqwest::dns::Resolving {
        self.0.fetch_add(1, Ordering::Relaxed);
        Box::pin(std::future::ready(Err("Name or service not known".into())))
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
    // The process-wide pause, or the wait that the response orders, each with some jitter.
    assert_eq!(clock.slept_ms(), [2_250, 7_250, 10_250]);
    get(&client).await.unwrap();
    assert_eq!(
        clock.slept_ms()[3..],
        [150],
        "the next request keeps its distance"
    );
    assert_eq!(server.requests().len(), 5);
}

#[tokio::test]
async fn a_503_is_retried_within_the_budget_and_the_last_one_is_reported() {
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
            "POST /ng/api/connectors → no response | the connection to 127.0.0.1:PORT was lost before a response \
             arrived",
        ),
        (
            Step::Cut(head),
            "POST /ng/api/connectors → no response | the connection to 127.0.0.1:PORT was lost in the middle of the \
             response",
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
            "POST /ng/api/connectors → 200, but the response is an HTML page instead of Harness's JSON: <html>",
        ),
    ] {
        let server = Server::start([step]).await;
        let (client, clock) = client(&server);
        let error = client
            .send(connectors::create(&raw()), &operation())
            .await
            .unwrap_err();
        assert!(error.outcome_unknown(), "{error}");
        let text = layers_at(server.port(), &error);
        assert!(text.starts_with(line), "{text}");
        assert_eq!(server.requests().len(), 1);
        assert_eq!(clock.slept_ms(), [0; 0]);
    }
}

#[tokio::test]
async fn only_the_platforms_own_word_says_that_a_change_was_not_made() {
    let number = |code: u16| json!({"code": code, "message": "Forbidden"});
    for (step, unknown) in [
        (reply(400, &refused("INVALID_REQUEST", "no")), false),
        (reply(401, &refused("INVALID_TOKEN", "no")), false),
        (reply(403, &refused("NG_ACCESS_DENIED", "no")), false),
        (reply(409, &refused("CONFLICT", "no")), false),
        (reply(400, &number(400)), false),
        (answer(429, "text/html", "", "<html>"), false),
        // The response comes from something else, or from the platform after it had begun.
        (reply(400, &number(403)), true),
        (
            reply(
                403,
                &json!({"code": "ACCESS_DENIED", "message": "blocked by the proxy"}),
            ),
            true,
        ),
        (
            reply(
                403,
                &json!({"status": 403, "code": "FORBIDDEN", "message": "Forbidden"}),
            ),
            true,
        ),
        (
            reply(
                400,
                &json!({"status": "ERROR", "code": "BLOCKED", "message": "no"}),
            ),
            true,
        ),
        (
            reply(
                409,
                &json!({"code": "DUPLICATE_FIELD", "message": "exists"}),
            ),
            true,
        ),
        (reply(403, &number(403)), true),
        (reply(404, &json!({"message": "no Route matched"})), true),
        (reply(200, &refused("UNKNOWN_ERROR", "Oops")), true),
        (answer(400, "", "", ""), true),
        (answer(401, "text/html", "", "<html>"), true),
        (answer(403, "text/html", "", "<html>"), true),
        (answer(404, "text/plain", "", "404 page not found"), true),
        (answer(407, "", "", ""), true),
        (answer(408, "", "", ""), true),
        (answer(302, "", "Location: /sign-in\r\n", ""), true),
        (answer(304, "", "", ""), true),
        (reply(501, &refused("UNKNOWN_ERROR", "Oops")), true),
    ] {
        let server = Server::start([step.clone(), step]).await;
        let mut config = config(&format!("http://127.0.0.1:{}", server.port()));
        config.retry_timeout = Duration::ZERO;
        let (client, _) = client_with(config);
        let request = connectors::create(&raw());
        let error = client.send(request, &operation()).await.unwrap_err();
        assert_eq!(error.outcome_unknown(), unknown, "{error}");
        // A request that only reads has no unknown outcome.
        let error = get(&client).await.unwrap_err();
        assert!(!error.outcome_unknown(), "{error}");
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
        "PUT /ng/api/connectors → no response, after 2 attempts; the last response was 503: down (correlation id c-9)"
    );
    assert_eq!(error.correlation_id(), Some("c-9"));
    assert!(error.outcome_unknown());
}

#[tokio::test]
async fn a_refused_connection_is_retried_even_for_a_create() {
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
        layers_at(port, &error).starts_with(
            "POST /ng/api/connectors → no response, after 2 attempts | the connection to 127.0.0.1:PORT was refused | \
             Connection refused"
        ),
        "{}",
        layers(&error)
    );
    assert!(!error.outcome_unknown() && error.is_transient());
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
    let around = Circumstances {
        host: "nowhere.example:80",
        is_https: false,
        proxy: None,
        connect_limit: Duration::from_secs(1),
        limit: Duration::from_secs(2),
        has_left: true,
        answering: false,
    };
    let error = TransportError::classify(error, around);
    assert_eq!(
        layers(&error),
        "the host name in nowhere.example:80 cannot be resolved | Name or service not known"
    );
    assert!(error.never_sent() && error.is_transient());
}

#[tokio::test]
async fn a_callers_own_next_attempt_shares_the_budget_and_the_waits() {
    let server = Server::start([Step::Silence]).await;
    let mut config = config(&format!("http://127.0.0.1:{}", server.port()));
    config.retry_timeout = Duration::from_secs(10);
    let (client, clock) = client_with(config);
    let lost = operation();
    let meanwhile = async {
        server.arrival().await;
        clock.sleep(Duration::from_secs(10)).await;
        tokio::time::pause();
    };
    let ((), result) = tokio::join!(meanwhile, client.send(connectors::create(&raw()), &lost));
    tokio::time::resume();
    let error = result.unwrap_err();
    assert!(error.outcome_unknown());
    assert!(
        !client.pause(&lost, 1, &error).await,
        "the lost attempt took all of the budget"
    );
    let another = operation();
    assert!(client.pause(&another, 1, &error).await);
    assert!(client.pause(&another, 3, &error).await);
    assert_eq!(
        clock.slept_ms()[1..],
        [250, 1_000],
        "another operation has its own"
    );

    let token = CancellationToken::new();
    token.cancel();
    assert!(!client.pause(&Operation::new(token), 1, &error).await);
    let over = operation().with_time_limit(Duration::from_millis(1));
    clock.sleep(Duration::from_secs(10)).await;
    assert!(!client.pause(&over, 1, &error).await);
}

#[tokio::test]
async fn a_callers_own_next_attempt_comes_only_where_it_can_end_otherwise() {
    for (step, most) in [
        (reply(503, &refused("UNKNOWN_ERROR", "down")), u32::MAX),
        (reply(500, &refused("UNKNOWN_ERROR", "Oops")), 2),
        (reply(501, &refused("UNKNOWN_ERROR", "never")), 0),
        (answer(200, "text/html", "", "<html>"), 2),
        (answer(404, "text/plain", "", "no such route"), 2),
        (answer(302, "", "", ""), 2),
        (reply(200, &refused("UNKNOWN_ERROR", "Oops")), 2),
        // A permission may take effect with a delay.
        (reply(403, &refused("NG_ACCESS_DENIED", "no")), 2),
        (reply(400, &refused("INVALID_REQUEST", "no")), 0),
        (reply(401, &refused("INVALID_TOKEN", "no")), 0),
    ] {
        let server = Server::start([step]).await;
        let (client, _) = client(&server);
        let create = connectors::create(&raw());
        let error = client.send(create, &operation()).await.unwrap_err();
        for attempt in 1..5 {
            let again = client.pause(&operation(), attempt, &error).await;
            assert_eq!(again, attempt <= most, "{error}, {attempt}");
        }
    }
}

#[tokio::test]
async fn the_time_of_failed_attempts_counts_against_the_budget() {
    let server = Server::start([Step::Silence, Step::Silence]).await;
    let mut config = config(&format!("http://127.0.0.1:{}", server.port()));
    config.retry_timeout = Duration::from_secs(11);
    let (client, clock) = client_with(config);
    let meanwhile = async {
        for _ in 0..2 {
            server.arrival().await;
            clock.sleep(Duration::from_secs(10)).await;
            // The limit of this attempt ends at once; the wait before the next one lets time go on.
            clock.during_next_sleep(tokio::time::resume);
            tokio::time::pause();
        }
    };
    let ((), result) = tokio::join!(meanwhile, get(&client));
    assert_eq!(result.unwrap_err().attempts(), 2);
}

#[tokio::test]
async fn a_request_in_the_queue_waits_after_a_429_of_another() {
    let server = Server::start([reply(200, &found()), reply(200, &found())]).await;
    let mut config = config(&format!("http://127.0.0.1:{}", server.port()));
    config.max_requests_per_minute = Some(60);
    let (client, clock) = client_with(config);
    get(&client).await.unwrap();
    let (limited, at) = (client.clone(), Arc::<SkippingClock>::clone(&clock));
    clock.during_next_sleep(move || {
        let mut throttle = limited.shared.throttle();
        let place = throttle.reserve(at.now());
        throttle.limited(place, at.now(), None);
    });
    get(&client).await.unwrap();
    assert_eq!(clock.slept_ms(), [1_000, 2_000]);
}
