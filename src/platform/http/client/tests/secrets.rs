//! The key is sent only where it belongs, and certificates are verified.

use super::*;

/// Everything that is logged, including fields and spans, as text.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<String>>);

impl tracing::field::Visit for Log {
    fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn fmt::Debug) {
        self.0
            .lock()
            .unwrap()
            .extend([" ", field.name(), "=", &format!("{value:?}")]);
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
            .extend(["\n", event.metadata().level().as_str()]);
        event.record(&mut self.clone());
    }
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
                "GET /ng/api/connectors/bb → {status}, a redirect to {origin} that is not followed"
            ),
            None => {
                format!("GET /ng/api/connectors/bb → {status}, a redirect without a valid Location")
            }
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
async fn an_altered_or_echoed_key_is_not_repeated() {
    let (client, _) = client_with(config("http://127.0.0.1:1"));
    let spelt = KEY.replace('h', "\\u0068");
    let refusal = format!(r#"{{"status": "ERROR", "code": "X", "message": "bad key {spelt}"}}"#);
    let tested = format!(
        r#"{{"status": "SUCCESS", "data": {{"status": "FAILURE", "errorSummary": "bad key {spelt}"}}}}"#
    );
    let other = format!(
        r#"{{"status": "SUCCESS", "data": {{"connector": {{"identifier": "{spelt}", "type": "Bitbucket"}}}}}}"#
    );
    let json = "application/json";
    for (status, body) in [(401, &refusal), (200, &refusal), (200, &other)] {
        let read = client.read(&connectors::get(&bb()), status, json, body.as_bytes());
        let error = read.unwrap_err();
        let text = format!("{error} {error:?}");
        assert!(
            !text.contains("hunter2") && text.contains("(key removed)"),
            "{text}"
        );
    }
    let test = connectors::test_connection(&bb());
    let test = client.read(&test, 200, json, tested.as_bytes()).unwrap();
    assert_eq!(
        test.value.details.error_summary.as_deref(),
        Some("bad key (key removed)")
    );
    // Connector settings are not changed, because an update would write them back.
    let of = |identifier: &str| ConnectorRef::new(Scope::Account, identifier);
    let kept = client.read(&connectors::get(&of(KEY)), 200, json, other.as_bytes());
    assert_eq!(kept.unwrap().value.connector.identifier(), KEY);
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
    let text = layers_at(server.port(), &error);
    assert!(
        text.starts_with(
            "GET /ng/api/connectors/bb → no response | no secure connection to localhost:PORT | "
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
async fn the_key_is_not_in_the_beginning_of_an_answer_wherever_it_stands() {
    let escaped = KEY
        .replacen('p', "\\u0070", 1)
        .replace("hunter", "h\\u0075nter");
    for status in [200, 400, 404] {
        for body in [
            format!("{{\"connector\": {{\"url\": \"{KEY}\"}}}}"),
            format!("{{\"{KEY}\": 1}}"),
            format!("{{\"connector\": \"{escaped}\"}}"),
            format!("[\"{escaped}\"]"),
            format!("\"{escaped}\""),
            format!("echo {KEY}"),
            format!("{{\"data\": {{\"connector\": \"{KEY}\""),
            format!("<html>{KEY}</html>"),
            format!("{{\"status\": \"ERROR\", \"connector\": \"{KEY}\"}}"),
        ] {
            let server = Server::start([answer(status, "text/plain", "", &body)]).await;
            let error = get(&client(&server).0).await.unwrap_err();
            let said = format!("{} {error:?}", layers(&error));
            assert!(!said.contains("hunter2"), "{status} {body}: {said}");
        }
    }
}

#[tokio::test]
async fn a_server_that_speaks_no_tls_gives_no_secure_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut greeting = [0; 1024];
        let _ = stream.read(&mut greeting).await;
        stream
            .write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            .await
            .unwrap();
        // Kept open until the client has disconnected.
        let _ = stream.read(&mut greeting).await;
    });
    let (client, _) = client_with(config(&format!("https://127.0.0.1:{port}")));
    let error = get(&client).await.unwrap_err();
    let text = layers_at(port, &error);
    assert!(
        text.starts_with(
            "GET /ng/api/connectors/bb → no response | no secure connection to 127.0.0.1:PORT | "
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
        "the User-Agent contains characters that a header cannot have"
    );
    assert_eq!(
        broken(|c| c.ca_certificate_pem = Some(b"nothing".to_vec())),
        "the CA file contains no certificate; it needs PEM blocks that start with `-----BEGIN CERTIFICATE-----`"
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

/// Sends an update that gets a 503, then a lost connection, with secrets in everything that is sent and received.
async fn update_with_secrets() {
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
    let Value::Object(mut members) = json!({"identifier": "bb", "type": "Bitbucket", "spec": {"username": "hunter2", "passwordRef": "account.pw"}})
    else {
        unreachable!()
    };
    members.insert("note".to_owned(), json!("https://me:hunter2@host"));
    let request = connectors::update(&RawConnector::from_members(members));
    client.send(request, &operation()).await.unwrap();
}

#[tokio::test]
async fn the_log_tells_each_request_and_at_no_level_a_secret() {
    use tracing_subscriber::layer::SubscriberExt;

    let log = Log::default();
    let _guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(log.clone()));
    // A log callsite that another test reaches first, on a thread without a log, would stay silent. So each is reached
    // once, and then all are re-evaluated.
    update_with_secrets().await;
    tracing::callsite::rebuild_interest_cache();
    log.0.lock().unwrap().clear();
    update_with_secrets().await;

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
