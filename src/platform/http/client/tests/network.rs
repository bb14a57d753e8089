//! Failed connections, proxies, and responses that were altered in transit.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::*;
use crate::http::proxy::Proxy;

/// Returns a configuration that reaches this endpoint through a proxy on this machine.
fn through(port: u16, endpoint: &str) -> ClientConfig {
    let proxy = format!("http://me:hunter2pass@127.0.0.1:{port}");
    ClientConfig {
        proxy: Some(Proxy::parse(&proxy).unwrap()),
        retry_timeout: Duration::from_secs(1),
        ..config(endpoint)
    }
}

/// Returns the error of a create that certainly created nothing, and checks that it contains no password.
async fn nothing_created(config: ClientConfig, port: u16) -> (PlatformError, String) {
    let (client, _) = client_with(config);
    let create = connectors::create(&raw());
    let error = client.send(create, &operation()).await.unwrap_err();
    let text = layers_at(port, &error);
    assert!(!error.outcome_unknown(), "{text}");
    assert!(!text.contains("hunter2"), "{text}");
    (error, text)
}

/// Returns a proxy's response that is only a status line.
fn proxys(status: &str) -> Step {
    Step::Cut(format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n").into_bytes())
}

#[tokio::test(start_paused = true)]
async fn connecting_has_a_limit_of_its_own_and_sends_nothing() {
    // Accepts connections but never responds: no TLS, no response to CONNECT.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = silent.local_addr().unwrap().port();
    let direct = ClientConfig {
        retry_timeout: Duration::from_secs(1),
        ..config(&format!("https://localhost:{port}"))
    };
    let proxied = through(port, "https://h.example");
    let proxy = "through the proxy http://127.0.0.1:PORT ";
    for (mut config, target) in [
        (direct, "localhost:PORT ".to_owned()),
        (proxied, format!("h.example:443 {proxy}")),
    ] {
        config.request_timeout = Duration::from_millis(200);
        let (error, text) = nothing_created(config.clone(), port).await;
        let expected = format!("timed out connecting to {target}after 0.1 s");
        assert!(text.contains(&expected), "{text}");
        assert!(error.attempts() > 1, "{text}");
        assert!(error.is_transient());

        // A request without a body, too.
        let (client, _) = client_with(config.clone());
        let delete = connectors::delete(&bb(), false);
        let error = client.send(delete, &operation()).await.unwrap_err();
        let text = layers_at(port, &error);
        assert!(
            text.contains(&expected) && !error.outcome_unknown(),
            "{text}"
        );

        // The operation's limit may come first.
        config.request_timeout = Duration::from_secs(20);
        let (client, _) = client_with(config.clone());
        let short = operation().with_time_limit(Duration::from_millis(50));
        let create = connectors::create(&raw());
        let error = client.send(create, &short).await.unwrap_err();
        let text = layers_at(port, &error);
        let expected = format!("timed out connecting to {target}after 0.05 s");
        assert!(
            text.contains(&expected) && !error.outcome_unknown(),
            "{text}"
        );

        // And so may a cancellation.
        let token = CancellationToken::new();
        let operation = Operation::new(token.clone());
        let stop = async {
            tokio::time::sleep(Duration::from_millis(30)).await;
            token.cancel();
        };
        let create = client.send(connectors::create(&raw()), &operation);
        let ((), result) = tokio::join!(stop, create);
        let error = result.unwrap_err();
        assert!(error.is_cancelled() && !error.outcome_unknown(), "{error}");
    }
}

#[tokio::test]
async fn a_proxy_that_refuses_its_user_is_asked_once() {
    let challenge = "407 Proxy Authentication Required\r\nProxy-Authenticate: Basic";
    for (endpoint, refusal) in [
        ("https://h.example", proxys(challenge)),
        ("http://h.example", proxys(challenge)),
        // Some responses have no reason.
        ("http://h.example", answer(407, "text/plain", "", "no")),
    ] {
        let proxy = Server::start([refusal]).await;
        let (error, text) = nothing_created(through(proxy.port(), endpoint), proxy.port()).await;
        assert!(
            text.contains("the proxy http://127.0.0.1:PORT on the way to h.example:")
                && text.contains("requires a username and password, or rejected those in its URL"),
            "{text}"
        );
        assert!(!error.is_transient());
        assert_eq!(error.attempts(), 1);
        let requests = proxy.requests();
        assert_eq!(requests.len(), 1, "{endpoint}");
        let password = header(&requests[0], "proxy-authorization");
        assert_eq!(password.as_deref(), Some("Basic bWU6aHVudGVyMnBhc3M="));
        assert_eq!(requests[0].contains(KEY), endpoint.starts_with("http:"));
    }
}

#[tokio::test]
async fn no_request_tries_the_user_again_that_the_proxy_has_refused() {
    let refusal = || proxys("407 Proxy Authentication Required\r\nProxy-Authenticate: Basic");
    for endpoint in ["https://h.example", "http://h.example"] {
        let proxy = Server::start([refusal()]).await;
        let (client, _) = client_with(through(proxy.port(), endpoint));
        let mut said = Vec::new();
        for _ in 0..3 {
            let error = get(&client).await.unwrap_err();
            assert!(!error.outcome_unknown());
            said.push(error.source().unwrap().to_string());
        }
        said.dedup();
        assert_eq!(said.len(), 1, "{said:?}");
        assert_eq!(proxy.requests().len(), 1);
    }
}

#[tokio::test]
async fn parallel_requests_send_a_wrong_proxy_password_only_once() {
    let refusal = proxys("407 Proxy Authentication Required\r\nProxy-Authenticate: Basic");
    let proxy = Server::start([refusal]).await;
    let (client, _) = client_with(through(proxy.port(), "https://h.example"));
    let mut ten = tokio::task::JoinSet::new();
    for _ in 0..10 {
        let client = client.clone();
        ten.spawn(async move { client.send(connectors::create(&raw()), &operation()).await });
    }
    for result in ten.join_all().await {
        let error = result.unwrap_err();
        let said = layers(&error);
        assert!(said.contains("requires a username and password"), "{said}");
        assert!(!error.outcome_unknown(), "{said}");
    }
    assert_eq!(proxy.requests().len(), 1);

    let proxy = Server::start((0..10).map(|_| reply(200, &found()))).await;
    let (client, _) = client_with(through(proxy.port(), "http://h.example"));
    let mut ten = tokio::task::JoinSet::new();
    for _ in 0..10 {
        let client = client.clone();
        ten.spawn(async move { get(&client).await });
    }
    for result in ten.join_all().await {
        result.unwrap();
    }
}

#[tokio::test]
async fn a_proxy_that_takes_its_time_does_not_hold_up_those_behind_the_first() {
    let answers = std::iter::once(Step::Silence).chain([reply(200, &found())]);
    let proxy = Server::start(answers).await;
    let mut config = through(proxy.port(), "http://h.example");
    config.retry_timeout = Duration::ZERO;
    config.request_timeout = Duration::from_secs(4);
    let (client, _) = client_with(config);
    let second = async {
        proxy.arrival().await;
        let start = Instant::now();
        get(&client).await.unwrap();
        start.elapsed()
    };
    let create = connectors::create(&raw());
    let operation = operation();
    let first = client.send(create, &operation);
    let (first, second) = tokio::join!(first, second);
    assert!(first.unwrap_err().outcome_unknown());
    assert!(second < Duration::from_millis(3_500), "{second:?}");
}

#[tokio::test]
async fn user_and_password_reach_the_proxy_as_they_are_meant() {
    for (url, sent) in [
        ("me:p%40ss%3Aw@127.0.0.1", "me:p@ss:w"),
        ("http://me:p@ss@127.0.0.1", "me:p@ss"),
        ("me@127.0.0.1", "me:"),
    ] {
        let proxy = Server::start([reply(200, &found())]).await;
        let mut config = through(proxy.port(), "http://h.example");
        let url = format!("{url}:{}", proxy.port());
        config.proxy = Some(Proxy::parse(&url).unwrap());
        get(&client_with(config).0).await.unwrap();
        let header = header(&proxy.requests()[0], "proxy-authorization").unwrap();
        let base64 = base64::engine::general_purpose::STANDARD.encode(sent);
        assert_eq!(header, format!("Basic {base64}"), "{url}");
    }
}

#[tokio::test]
async fn a_proxy_that_is_not_there_ends_the_request_at_once() {
    let port = {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        listener.local_addr().unwrap().port()
    };
    for endpoint in ["https://h.example", "http://h.example"] {
        let (error, text) = nothing_created(through(port, endpoint), port).await;
        assert!(
            text.contains(
                "the connection to the proxy http://127.0.0.1:PORT on the way to h.example:"
            ),
            "{text}"
        );
        assert_eq!(
            (error.attempts(), error.is_transient()),
            (1, false),
            "{text}"
        );

        let mut config = through(port, endpoint);
        config.proxy = Some(Proxy::parse("proxy.invalid:3128").unwrap());
        let (error, text) = nothing_created(config, port).await;
        assert!(
            text.contains(
                "the host name of the proxy http://proxy.invalid:3128 on the way to h.example:"
            ),
            "{text}"
        );
        assert_eq!(
            (error.attempts(), error.is_transient()),
            (1, false),
            "{text}"
        );
    }
    // An unreachable platform may come back.
    let mut config = config(&format!("http://127.0.0.1:{port}"));
    config.retry_timeout = Duration::from_secs(1);
    let (error, text) = nothing_created(config, port).await;
    assert!(
        text.contains("the connection to 127.0.0.1:PORT was refused"),
        "{text}"
    );
    assert!(error.attempts() > 1 && error.is_transient(), "{text}");
}

#[tokio::test]
async fn a_proxy_that_opens_no_connection_is_named_and_asked_again() {
    let steps = (0..20).map(|_| proxys("503 Service Unavailable"));
    let proxy = Server::start(steps).await;
    let (error, text) =
        nothing_created(through(proxy.port(), "https://h.example"), proxy.port()).await;
    assert!(
        text.contains(
            "the proxy http://127.0.0.1:PORT on the way to h.example:443 did not open a connection"
        ),
        "{text}"
    );
    assert!(error.attempts() > 1 && error.is_transient(), "{text}");
}

#[tokio::test]
async fn a_proxy_that_should_speak_tls_and_does_not_is_named() {
    let proxy = Server::start([]).await;
    let answering = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = answering.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = answering.accept().await {
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        }
    });
    for endpoint in ["https://h.example", "http://h.example"] {
        let mut config = through(proxy.port(), endpoint);
        config.proxy = Some(Proxy::parse(&format!("https://127.0.0.1:{port}")).unwrap());
        let (error, text) = nothing_created(config, port).await;
        assert!(
            text.contains(
                "no secure connection to the proxy https://127.0.0.1:PORT on the way to h.example:"
            ),
            "{text}"
        );
        assert_eq!(error.attempts(), 1);
    }
}

#[tokio::test]
async fn requests_go_through_the_proxy_and_only_the_proxy_is_asked() {
    let proxy = Server::start([reply(200, &found()), Step::Cut(Vec::new())]).await;
    let mut config = through(proxy.port(), "http://h.example/gateway");
    config.retry_timeout = Duration::ZERO;
    let (client, _) = client_with(config);
    get(&client).await.unwrap();
    assert!(
        proxy.requests()[0].starts_with("GET http://h.example/gateway/ng/api/connectors/bb?"),
        "{}",
        proxy.requests()[0]
    );
    let create = connectors::create(&raw());
    let error = client.send(create, &operation()).await.unwrap_err();
    let text = layers_at(proxy.port(), &error);
    assert!(
        text.contains(
            "the connection to h.example:80 through the proxy http://127.0.0.1:PORT was lost"
        ),
        "{text}"
    );
    assert!(error.outcome_unknown(), "the proxy may have passed it on");
}

#[tokio::test]
async fn an_answer_with_too_many_header_fields_is_named_and_not_asked_for_again() {
    let fields = |count: usize| "X-Field: 1\r\n".repeat(count);
    let many = |count| {
        answer(
            200,
            "application/json",
            &fields(count),
            &found().to_string(),
        )
    };
    // Every response of the server has two fields.
    let server = Server::start([many(98), many(99), many(99)]).await;
    let (client, _) = client(&server);
    get(&client).await.unwrap();
    let error = get(&client).await.unwrap_err();
    let text = layers_at(server.port(), &error);
    assert!(
        text.contains("the response from 127.0.0.1:PORT has more than 100 header fields"),
        "{text}"
    );
    assert!(!error.is_transient());
    let create = connectors::create(&raw());
    let error = client.send(create, &operation()).await.unwrap_err();
    assert!(
        error.outcome_unknown(),
        "the answer came, so something was done"
    );
    assert_eq!(server.requests().len(), 3);
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

fn encoded(status: u16, encoding: &str, body: &[u8]) -> Step {
    let head = format!(
        "HTTP/1.1 {status} Status\r\nContent-Type: application/json\r\nContent-Encoding: {encoding}\r\n\
         Content-Length: {}\r\n\r\n",
        body.len()
    );
    Step::Reply([head.as_bytes(), body].concat())
}

#[tokio::test]
async fn an_answer_is_asked_for_as_it_is_and_read_if_it_comes_compressed() {
    let text = found().to_string();
    let marked = format!("\u{feff}{text}");
    let missing = refused("INVALID_REQUEST", "Invalid request: no").to_string();
    let server = Server::start([
        encoded(200, "gzip", &gzip(text.as_bytes())),
        encoded(200, "gzip", &gzip(marked.as_bytes())),
        answer(200, "application/json", "", &marked),
        encoded(400, "gzip", &gzip(missing.as_bytes())),
        encoded(200, "br", &[0x8b, 0xff]),
        encoded(200, "br", &[0x8b, 0xff]),
        encoded(403, "br", &[0x8b, 0xff]),
        encoded(200, "gzip", &gzip(&vec![b' '; exchange::LARGEST_BODY + 1])),
    ])
    .await;
    let (client, _) = client(&server);
    for _ in 0..3 {
        let answer = get(&client).await.unwrap();
        assert_eq!(answer.value.connector.identifier(), "bb");
    }
    for said in [
        "→ 400: no (correlation id c-9)",
        "→ 200, but the response is compressed (Content-Encoding: br), although the provider did not ask for \
         compression",
    ] {
        let error = get(&client).await.unwrap_err();
        assert!(error.to_string().ends_with(said), "{error}");
    }
    let create = connectors::create(&raw());
    let error = client.send(create, &operation()).await.unwrap_err();
    assert!(error.outcome_unknown(), "{error}");
    let error = get(&client).await.unwrap_err();
    assert!(
        error.to_string().contains(
            "→ 403: a body that is not Harness's JSON: compressed (Content-Encoding: br), although the provider did \
             not ask for compression"
        ),
        "{error}"
    );
    let error = get(&client).await.unwrap_err();
    let kind = TransportKind::TooLarge(exchange::LARGEST_BODY);
    assert!(
        matches!(error.failure(), Failure::Transport(error) if error.kind() == kind),
        "{error}"
    );
    for request in server.requests() {
        assert_eq!(
            header(&request, "accept-encoding").as_deref(),
            Some("identity")
        );
    }
}
