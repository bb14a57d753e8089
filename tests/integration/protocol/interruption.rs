//! Stop during a request: the response comes soon after, and the state contains whatever exists.

use std::time::{Duration, Instant};

use harness_sandbox::{Action, Answer, Fault, Scope};
use tf_provider::value::Value;

use super::connector::{on_platform, small};
use super::process::{PROMPTLY, until};
use super::session::{Outcome, Plan, Session, State, has_errors, sentences};

const CREATE: (&str, &str) = ("POST", "/ng/api/connectors");

/// Applies a plan with a request that meets a fault, calls Stop once the platform has the request, and returns the
/// outcome and how long it took after the Stop.
async fn stopped(
    session: &Session,
    plan: &Plan,
    config: &Value,
    (method, path): (&str, &str),
    action: Action,
) -> (Outcome, Duration) {
    let fault = Fault::on(method, path, action).times(0);
    session.sandbox().script([fault]).unwrap();
    session.sandbox().clear_requests();
    let arrived = || {
        let requests = session.sandbox().requests();
        requests
            .iter()
            .any(|it| it.method == method && it.path == path)
    };
    let stop = async {
        until("the request", arrived).await;
        session.stop().await;
        Instant::now()
    };
    let apply = async {
        let outcome = session.apply(plan, config).await;
        (outcome, Instant::now())
    };
    let ((outcome, end), stop) = tokio::join!(apply, stop);
    session.sandbox().clear_faults();
    (outcome, end.saturating_duration_since(stop))
}

async fn creation(action: Action) -> (Session, Outcome, Duration) {
    let session = Session::start().await;
    let config = small(&session.ty);
    let plan = session.plan(&State::none(), &config).await.clean();
    let (outcome, took) = stopped(&session, &plan, &config, CREATE, action).await;
    (session, outcome, took)
}

fn exists(session: &Session) -> bool {
    on_platform(session.sandbox(), &Scope::account(), "Bitbucket_Cloud").is_some()
}

/// Returns the state after a refresh by the next process, without findings.
async fn refreshed_by_another_process(session: Session, state: &State) -> Value {
    let session = session.restarted(&[]).await;
    let read = session.read(state).await.clean();
    session.shut_down().await;
    read.value
}

#[tokio::test]
async fn a_creation_that_is_answered_just_after_the_stop_is_in_the_state() {
    let (session, outcome, took) = creation(Action::DelayMs(200)).await;
    assert!(took < PROMPTLY, "{took:?}");
    assert!(exists(&session));
    assert!(!has_errors(&outcome.findings), "it was created");
    assert_eq!(outcome.state.text("identifier"), Some("Bitbucket_Cloud"));

    let refreshed = refreshed_by_another_process(session, &outcome.state).await;
    assert_eq!(refreshed, outcome.state.value);
}

#[tokio::test]
async fn a_creation_without_response_is_found_by_the_next_refresh() {
    let (session, outcome, took) = creation(Action::CommitThenHang).await;
    assert!(took < PROMPTLY, "{took:?}");
    assert!(exists(&session));
    let said = sentences(&outcome.findings);
    assert!(
        said[0].contains("The connector may have been created"),
        "{said:#?}"
    );
    assert_eq!(outcome.state.text("identifier"), Some("Bitbucket_Cloud"));

    let refreshed = refreshed_by_another_process(session, &outcome.state).await;
    assert_eq!(refreshed, outcome.state.value);
}

#[tokio::test]
async fn a_creation_that_never_happened_is_dropped_by_the_next_refresh() {
    let (session, outcome, took) = creation(Action::Hang).await;
    assert!(took < PROMPTLY, "{took:?}");
    assert!(!exists(&session));
    assert!(has_errors(&outcome.findings));

    let refreshed = refreshed_by_another_process(session, &outcome.state).await;
    assert_eq!(refreshed, Value::Null);
}

#[tokio::test]
async fn a_wait_before_the_next_attempt_ends_at_once() {
    let busy = Answer::status(429).with_header("Retry-After", "60");
    let (session, outcome, took) = creation(Action::Answer(busy)).await;
    assert!(took < PROMPTLY, "{took:?}");
    assert!(has_errors(&outcome.findings));
    assert_eq!(
        outcome.state.value,
        Value::Null,
        "it certainly does not exist"
    );
    assert!(!exists(&session));
    session.shut_down().await;
}

#[tokio::test]
async fn an_update_and_a_deletion_that_are_stopped_keep_the_state() {
    let session = Session::start().await;
    let config = small(&session.ty);
    let state = session.bring(&State::none(), &config).await;
    let renamed = config.clone().with("name", Value::string("Renamed"));
    let update = session.plan(&state, &renamed).await.clean();
    let put = ("PUT", "/ng/api/connectors");
    let (outcome, took) = stopped(&session, &update, &renamed, put, Action::Hang).await;
    assert!(took < PROMPTLY, "{took:?}");
    assert!(has_errors(&outcome.findings));
    assert_eq!(outcome.state, state);

    let session = session.restarted(&[]).await;
    let destroy = session.plan(&state, &Value::Null).await.clean();
    let delete = ("DELETE", "/ng/api/connectors/Bitbucket_Cloud");
    let (outcome, took) = stopped(&session, &destroy, &Value::Null, delete, Action::Hang).await;
    assert!(took < PROMPTLY, "{took:?}");
    assert!(has_errors(&outcome.findings));
    assert_eq!(outcome.state, state);
    session.shut_down().await;
}

#[tokio::test]
async fn a_shutdown_during_an_apply_ends_the_provider() {
    let session = Session::start().await;
    let config = small(&session.ty);
    let plan = session.plan(&State::none(), &config).await.clean();
    let fault = Fault::on(CREATE.0, CREATE.1, Action::Hang).times(0);
    session.sandbox().script([fault]).unwrap();
    let under_way = tokio::spawn(session.call_apply(&plan, &config));
    until("the request", || {
        session
            .sandbox()
            .requests()
            .iter()
            .any(|it| it.method == "POST")
    })
    .await;
    session.shut_down().await;
    assert!(under_way.await.unwrap().is_err(), "the call was cut off");
}
