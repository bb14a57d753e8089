//! The action `harness_bitbucket_connector_test` with a host of protocol 5.11. Terraform runs actions since version
//! 1.14; here the tests' client does, over the real handshake.

use std::time::{Duration, Instant};

use harness_sandbox::{Action, Fault};
use serde_json::json;
use tf_provider::proto::tfplugin5::{self as proto, Diagnostic};
use tf_provider::value::{Type, Value};

use super::process::{PROMPTLY, until};
use super::session::{Session, block_type, encode, null_object, sentences};

const ACTION: &str = "harness_bitbucket_connector_test";
const TEST: &str = "/ng/api/connectors/testConnection/bitbucket_cloud";

/// Returns the type of the action's configuration, according to its schema.
pub(super) async fn ty(session: &Session) -> Type {
    let request = proto::get_provider_schema::Request {};
    let mut client = session.host.provider.clone();
    let schema = client.get_schema(request).await.unwrap().into_inner();
    let action = schema.action_schemas[ACTION].clone();
    block_type(&action.schema.unwrap().block.unwrap())
}

pub(super) fn config(ty: &Type, arguments: &[(&str, Value)]) -> proto::DynamicValue {
    let none = null_object(ty);
    let config = arguments.iter().fold(none, |config, (name, value)| {
        config.with(*name, value.clone())
    });
    encode(&config, ty)
}

pub(super) async fn validate(session: &Session, config: proto::DynamicValue) -> Vec<Diagnostic> {
    let request = proto::validate_action_config::Request {
        action_type: ACTION.to_owned(),
        config: Some(config),
    };
    let mut client = session.host.provider.clone();
    let answer = client.validate_action_config(request).await;
    answer.unwrap().into_inner().diagnostics
}

pub(super) async fn plan(session: &Session, config: proto::DynamicValue) -> Vec<Diagnostic> {
    let request = proto::plan_action::Request {
        action_type: ACTION.to_owned(),
        config: Some(config),
        ..Default::default()
    };
    let mut client = session.host.provider.clone();
    let answer = client.plan_action(request).await;
    answer.unwrap().into_inner().diagnostics
}

/// Invokes the action, and returns the events until its stream ends.
pub(super) async fn invoke(session: &Session, config: proto::DynamicValue) -> String {
    use proto::invoke_action::event::Type;
    let request = proto::invoke_action::Request {
        action_type: ACTION.to_owned(),
        config: Some(config),
        ..Default::default()
    };
    let mut client = session.host.provider.clone();
    let mut events = client.invoke_action(request).await.unwrap().into_inner();
    let mut received = Vec::new();
    while let Some(event) = events.message().await.unwrap() {
        received.push(match event.r#type.unwrap() {
            Type::Progress(progress) => format!("progress: {}", progress.message),
            Type::Completed(completed) if completed.diagnostics.is_empty() => {
                "completed".to_owned()
            }
            Type::Completed(completed) => {
                format!(
                    "completed: {}",
                    sentences(&completed.diagnostics).join("\n")
                )
            }
        });
    }
    received.join("\n")
}

#[tokio::test]
async fn a_test_that_passes_is_progress_and_an_end_without_findings() {
    let session = Session::start().await;
    let ty = ty(&session).await;
    for (arguments, place) in [
        (
            vec![("identifier", Value::string("bitbucket_cloud"))],
            "\"bitbucket_cloud\" in the account",
        ),
        (
            vec![
                ("identifier", Value::string("payments_repo")),
                ("org_id", Value::string("platform")),
                ("project_id", Value::string("payments")),
            ],
            "\"payments_repo\" in the project \"payments\" of organization \"platform\"",
        ),
    ] {
        let config = config(&ty, &arguments);
        assert_eq!(
            sentences(&validate(&session, config.clone()).await),
            [""; 0]
        );
        assert_eq!(sentences(&plan(&session, config.clone()).await), [""; 0]);
        assert_eq!(
            invoke(&session, config).await,
            format!(
                "progress: Testing Bitbucket connector {place}\nprogress: The connection works\ncompleted"
            )
        );
    }
    session.shut_down().await;
}

#[tokio::test]
async fn a_test_that_fails_ends_with_the_finding_and_its_remedy() {
    let session = Session::start().await;
    let ty = ty(&session).await;
    let outcomes = json!({"test_outcomes": {"bitbucket_cloud": "not_authorized"}});
    session.sandbox().change_settings(&outcomes).unwrap();
    let config = config(&ty, &[("identifier", Value::string("bitbucket_cloud"))]);
    let received = invoke(&session, config).await;
    let (progress, completed) = received.split_once("\ncompleted: ").unwrap();
    assert_eq!(
        progress,
        "progress: Testing Bitbucket connector \"bitbucket_cloud\" in the account"
    );
    for part in [
        "error : Connection test failed",
        "Provided credentials are not authorized.",
        "with an access token, `x-token-auth`",
    ] {
        assert!(
            completed.contains(part),
            "\"{part}\" is missing in {completed}"
        );
    }
    session.shut_down().await;
}

#[tokio::test]
async fn what_cannot_be_tested_is_an_error() {
    let session = Session::start().await;
    let ty = ty(&session).await;
    for (identifier, expected) in [
        ("bitbucket_clod", "error identifier: Connector not found"),
        (
            "github_mirror",
            "error identifier: Connector is of type Github",
        ),
        ("my-connector", "error identifier: Invalid identifier"),
    ] {
        let config = config(&ty, &[("identifier", Value::string(identifier))]);
        let received = invoke(&session, config).await;
        assert!(received.contains(expected), "{identifier}: {received}");
    }
    session.shut_down().await;
}

#[tokio::test]
async fn planning_an_action_ignores_unknown_values_and_sends_nothing() {
    let session = Session::start().await;
    let ty = ty(&session).await;
    session.sandbox().clear_requests();
    let unknown = Value::unknown;
    for (arguments, expected) in [
        (vec![("identifier", unknown())], vec![]),
        (
            vec![
                ("identifier", unknown()),
                ("org_id", unknown()),
                ("project_id", unknown()),
            ],
            vec![],
        ),
        // The connector may be created in the same run.
        (vec![("identifier", Value::string("not_there_yet"))], vec![]),
        (
            vec![
                ("identifier", unknown()),
                ("project_id", Value::string("web")),
            ],
            vec!["error project_id: Project without organization."],
        ),
        (
            vec![
                ("identifier", Value::string("account.bb")),
                ("org_id", unknown()),
            ],
            vec!["error identifier: Invalid identifier."],
        ),
    ] {
        let config = config(&ty, &arguments);
        for found in [
            validate(&session, config.clone()).await,
            plan(&session, config.clone()).await,
        ] {
            let found = sentences(&found);
            assert_eq!(found.len(), expected.len(), "{found:#?}");
            assert!(
                found
                    .iter()
                    .zip(&expected)
                    .all(|(found, start)| found.starts_with(start)),
                "{found:#?}"
            );
        }
    }
    assert!(session.sandbox().requests().is_empty());
    session.shut_down().await;
}

#[tokio::test]
async fn a_test_that_is_stopped_ends_promptly() {
    let session = Session::start().await;
    let ty = ty(&session).await;
    let fault = Fault::on("POST", TEST, Action::Hang).times(0);
    session.sandbox().script([fault]).unwrap();
    let arrived = || {
        session
            .sandbox()
            .requests()
            .iter()
            .any(|it| it.path == TEST)
    };
    let stop = async {
        until("the request", arrived).await;
        session.stop().await;
        Instant::now()
    };
    let invocation = async {
        let config = config(&ty, &[("identifier", Value::string("bitbucket_cloud"))]);
        (invoke(&session, config).await, Instant::now())
    };
    let ((received, end), stop): ((String, Instant), Instant) = tokio::join!(invocation, stop);
    let took: Duration = end.saturating_duration_since(stop);
    assert!(took < PROMPTLY, "{took:?}");
    assert!(
        received.contains("completed: error") && received.contains("canceled"),
        "{received}"
    );
    session.shut_down().await;
}
