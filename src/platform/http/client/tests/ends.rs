//! Time limits and cancellation.

use super::*;

#[tokio::test]
async fn a_request_without_an_answer_ends_with_its_time_limit() {
    let server = Server::start([Step::Silence, Step::Silence]).await;
    let (client, clock) = client(&server);
    let (create, whole) = (connectors::create(&raw()), operation());
    let sending = client.send(create, &whole);
    let error = out_of_time(&server, &clock, sending).await.unwrap_err();
    assert!(
        layers_at(server.port(), &error).starts_with(
            "POST /ng/api/connectors → no response | 127.0.0.1:PORT did not respond within 20 s"
        ),
        "{}",
        layers(&error)
    );
    assert!(error.outcome_unknown());

    let (client, clock) = super::client(&server);
    let short = operation().with_time_limit(Duration::from_mins(1));
    let sending = client.send(connectors::test_connection(&bb()), &short);
    let error = out_of_time(&server, &clock, sending).await.unwrap_err();
    assert!(
        matches!(error.failure(), Failure::Transport(error) if matches!(error.kind(), TransportKind::TimedOut(_))),
        "{error}"
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
        "POST /ng/api/connectors was not sent, because the operation timed out"
    );
    assert!(!error.outcome_unknown());
    assert!(operation.was_cut_short());
    assert_eq!(server.requests().len(), 0);
}

#[tokio::test]
async fn cancelling_ends_the_request_in_flight_and_says_what_is_unknown() {
    for (create, line, unknown) in [
        (
            true,
            "POST /ng/api/connectors was canceled in progress",
            true,
        ),
        (
            false,
            "GET /ng/api/connectors/bb was canceled in progress",
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
    assert_eq!(error.to_string(), "POST /ng/api/connectors was canceled");
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
    // The real clock: without the cancellation, this would sleep for days.
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
            .starts_with("PUT /ng/api/connectors was canceled; the last response was 503"),
        "{error}"
    );
    assert!(error.outcome_unknown(), "a 503 to a change leaves it open");
}

#[tokio::test]
async fn optional_answers_arrive_one_after_the_other() {
    let beginning = b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n{".to_vec();
    let found = || reply(200, &found());
    let others = 10;
    let steps = std::iter::once(Step::Reply(beginning)).chain((0..=others).map(|_| found()));
    let server = Server::start(steps).await;
    let (client, _) = client(&server);
    let page = || connectors::get(&bb()).optional(Duration::from_mins(1));
    let ended = Mutex::new(Vec::new());
    let (stop, second_operation) = (CancellationToken::new(), operation());
    let first_operation = Operation::new(stop.clone());
    let first = async {
        let error = client.send(page(), &first_operation).await.unwrap_err();
        assert!(error.is_cancelled(), "{error}");
        ended.lock().unwrap().push("first");
    };
    let second = async {
        server.arrival().await;
        client.send(page(), &second_operation).await.unwrap();
        ended.lock().unwrap().push("second");
    };
    let others = async {
        while server.requests().len() < 2 {
            tokio::task::yield_now().await;
        }
        // Their answers come after that of the second page, which is not read yet.
        for _ in 0..others {
            get(&client).await.unwrap();
        }
        assert!(ended.lock().unwrap().is_empty());
        stop.cancel();
    };
    tokio::join!(first, second, others);
    assert_eq!(*ended.lock().unwrap(), ["first", "second"]);
}

#[tokio::test]
async fn an_answer_that_does_not_end_is_cut_off_by_the_time_limit() {
    let beginning = b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n{".to_vec();
    let server = Server::start([Step::Reply(beginning)]).await;
    let mut config = config(&format!("http://127.0.0.1:{}", server.port()));
    config.retry_timeout = Duration::ZERO;
    let (client, clock) = client_with(config);
    let (update, whole) = (connectors::update(&raw()), operation());
    let sending = client.send(update, &whole);
    let error = out_of_time(&server, &clock, sending).await.unwrap_err();
    let kind = TransportKind::TimedOut(Duration::from_secs(20));
    assert!(
        matches!(error.failure(), Failure::Transport(error) if error.kind() == kind),
        "{error}"
    );
    assert!(error.outcome_unknown());
}
