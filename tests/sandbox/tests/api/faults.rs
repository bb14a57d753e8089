//! Scripted faults: what a client sees, and what the platform has done by then.

use std::time::Duration;

use harness_sandbox::{Action, Answer as Scripted, Fault, Scope};
use serde_json::{Value, json};

use crate::client::{ACCOUNT, Client, connector, eventually};

const POST: &str = "/ng/api/connectors";

/// Sends a creation of connector `a` that may fail.
async fn try_create(client: &Client) -> reqwest::Result<crate::client::Answer> {
    let url = format!(
        "{}{POST}?accountIdentifier={ACCOUNT}",
        client.sandbox.endpoint()
    );
    let body = json!({"connector": connector("a")}).to_string();
    client
        .send(
            "POST",
            &url,
            &[("x-api-key", client.sandbox.api_key())],
            Some(body),
        )
        .await
}

fn exists(client: &Client) -> bool {
    client.sandbox.connector(&Scope::account(), "a").is_some()
}

fn script(client: &Client, action: Action) {
    client
        .sandbox
        .script([Fault::on("POST", POST, action)])
        .unwrap();
}

#[tokio::test]
async fn a_scripted_answer_has_status_headers_and_body_and_nothing_is_done() {
    let client = Client::start();
    let answer = Scripted::json(503, json!({"busy": true})).with_header("retry-after", "7");
    script(&client, Action::Answer(answer));
    let answered = try_create(&client).await.unwrap();
    assert_eq!((answered.status, answered.at("/busy")), (503, &json!(true)));
    assert_eq!(
        (
            &answered.headers["retry-after"],
            &answered.headers["content-type"]
        ),
        (&"7".parse().unwrap(), &"application/json".parse().unwrap())
    );
    assert!(!exists(&client));
    try_create(&client).await.unwrap().succeeded();
    assert_eq!(client.sandbox.requests()[0].fault.as_deref(), Some("0"));
    assert_eq!(client.sandbox.requests()[1].fault, None);
}

#[tokio::test]
async fn an_html_page_and_a_body_of_any_size_can_be_answered() {
    let client = Client::start();
    script(&client, Action::Html(502));
    let page = try_create(&client).await.unwrap();
    assert_eq!(
        (page.status, page.headers["content-type"].to_str().unwrap()),
        (502, "text/html")
    );
    assert!(page.text.contains("502 Bad Gateway"));
    let size = 3_000_001;
    script(
        &client,
        Action::Answer(Scripted {
            status: 200,
            body_size: Some(size),
            ..Scripted::default()
        }),
    );
    assert_eq!(try_create(&client).await.unwrap().text.len(), 3_000_001);
}

#[tokio::test]
async fn a_reset_before_does_nothing_and_one_after_has_done_everything() {
    let client = Client::start();
    script(&client, Action::ResetBefore);
    assert!(try_create(&client).await.unwrap_err().is_request());
    assert!(!exists(&client));
    script(&client, Action::CommitThenReset);
    let error = try_create(&client).await.unwrap_err();
    assert!(is_reset(&error), "{error:?}");
    assert!(exists(&client));
    assert_eq!(client.sandbox.requests()[1].status, None);
}

fn is_reset(error: &reqwest::Error) -> bool {
    let mut source: Option<&dyn std::error::Error> = Some(error);
    while let Some(cause) = source {
        let io = cause.downcast_ref::<std::io::Error>();
        if io.is_some_and(|io| io.kind() == std::io::ErrorKind::ConnectionReset) {
            return true;
        }
        source = cause.source();
    }
    false
}

#[tokio::test]
async fn a_request_can_be_carried_out_and_then_denied() {
    let client = Client::start();
    script(&client, Action::CommitThenAnswer(Scripted::status(504)));
    assert_eq!(try_create(&client).await.unwrap().status, 504);
    assert!(exists(&client));
}

#[tokio::test]
async fn a_cut_body_announces_more_than_it_brings() {
    let client = Client::start();
    script(&client, Action::CutBody);
    let error = try_create(&client).await.unwrap_err();
    assert!(error.is_body() || error.is_decode(), "{error:?}");
    assert!(exists(&client));
}

#[tokio::test]
async fn a_dripped_body_arrives_whole() {
    let client = Client::start();
    let drip = Fault::on(
        "GET",
        "/ng/api/user/currentUser",
        Action::Drip { every_ms: 0 },
    );
    client.sandbox.script([drip]).unwrap();
    let answer = client
        .call("GET", "/user/currentUser", None)
        .await
        .succeeded();
    assert_eq!(answer.at("/data/email"), "ada@example.com");
}

#[tokio::test]
async fn hanging_means_no_answer_before_or_after_the_deed() {
    let client = Client::start();
    for (action, done) in [(Action::Hang, false), (Action::CommitThenHang, true)] {
        script(&client, action);
        let waited = tokio::time::timeout(Duration::from_millis(50), try_create(&client)).await;
        assert!(waited.is_err());
        if done {
            eventually(|| client.get("a"), |answer| answer.status == 200).await;
        } else {
            assert!(!exists(&client));
        }
    }
}

#[tokio::test]
async fn a_delayed_request_is_carried_out_although_the_client_has_gone() {
    let client = Client::start();
    script(&client, Action::DelayMs(300));
    let waited = tokio::time::timeout(Duration::from_millis(10), try_create(&client)).await;
    assert!(waited.is_err());
    eventually(|| client.get("a"), |answer| answer.status == 200).await;
}

#[tokio::test]
async fn faults_are_scripted_counted_and_cleared_over_http() {
    let client = Client::start();
    let faults = json!([
        {"name": "slow", "method": "GET", "path_regex": "^/ng/api/connectors/bitbucket", "skip": 1, "count": 2,
         "action": {"answer": {"status": 500, "body": "no"}}},
    ]);
    let scripted = client.control("POST", "/faults", Some(&faults)).await;
    assert_eq!(scripted.at("/0/fired"), 0, "{}", scripted.text);
    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(client.get("bitbucket_cloud").await.status);
    }
    assert_eq!(statuses, [200, 500, 500, 200]);
    let counts = client.control("GET", "/faults", None).await;
    assert_eq!(
        (counts.at("/0/seen"), counts.at("/0/fired")),
        (&json!(4), &json!(2))
    );
    assert_eq!(client.sandbox.requests()[1].fault.as_deref(), Some("slow"));
    client.control("DELETE", "/faults", None).await;
    assert_eq!(client.control("GET", "/faults", None).await.body, json!([]));
    let wrong = client
        .control("POST", "/faults", Some(&json!({"action": "explode"})))
        .await;
    assert_eq!(wrong.status, 400);
    assert!(wrong.at("/error").as_str().unwrap().contains("explode"));
}

#[tokio::test]
async fn the_control_surface_is_beyond_faults_and_the_log() {
    let client = Client::start();
    client
        .sandbox
        .script([Fault::anywhere(Action::ResetBefore).times(0)])
        .unwrap();
    assert_eq!(client.control("GET", "/state", None).await.status, 200);
    assert_eq!(client.sandbox.requests().len(), 0);
    assert!(
        client.sandbox.faults()[0].fired == 0 && client.sandbox.settings().rate_limit.is_none()
    );
    assert_eq!(
        client
            .control("GET", "/nothing", None)
            .await
            .at("/error")
            .as_str()
            .map(str::is_empty),
        Some(false)
    );
    assert_ne!(client.sandbox.state(), Value::Null);
}

#[tokio::test]
async fn every_answer_takes_as_much_longer_as_is_set() {
    let client = Client::start();
    client
        .sandbox
        .change_settings(&json!({"answer_delay_ms": 40}))
        .unwrap();
    client.create(&connector("a")).await.succeeded();
    script(&client, Action::Html(502));
    try_create(&client).await.unwrap();
    let requests = client.sandbox.requests();
    let took: Vec<_> = requests.iter().map(|request| request.took_ms).collect();
    assert_eq!(took.len(), 2);
    assert!(took.iter().all(|took| *took >= Some(40)), "{took:?}");
}
