//! Data sources through the protocol: what Terraform's CLI cannot show, such as an interrupted read.

use std::time::Instant;

use harness_sandbox::{Action, Fault};
use tf_provider::proto::tfplugin5 as proto;
use tf_provider::value::{Type, Value, msgpack};

use super::process::{PROMPTLY, until};
use super::session::{Session, block_type, encode, null_object, sentences};

/// Every data source, with an argument, and the request that it sends.
const LOOKS: [(&str, (&str, &str), &str); 4] = [
    (
        "harness_bitbucket_connector",
        ("identifier", "bitbucket_cloud"),
        "/ng/api/connectors/bitbucket_cloud",
    ),
    (
        "harness_bitbucket_connector",
        ("name", "Bitbucket Cloud"),
        "/ng/api/connectors/listV2",
    ),
    (
        "harness_bitbucket_connectors",
        ("search_term", "cloud"),
        "/ng/api/connectors/listV2",
    ),
    (
        "harness_bitbucket_connection_test",
        ("identifier", "bitbucket_cloud"),
        "/ng/api/connectors/testConnection/bitbucket_cloud",
    ),
];

async fn ty(session: &Session, name: &str) -> Type {
    let request = proto::get_provider_schema::Request {};
    let mut client = session.host.provider.clone();
    let schema = client.get_schema(request).await.unwrap().into_inner();
    block_type(&schema.data_source_schemas[name].block.clone().unwrap())
}

fn config(ty: &Type, arguments: &[(&str, &str)]) -> Value {
    let none = null_object(ty);
    arguments.iter().fold(none, |config, (name, value)| {
        config.with(*name, Value::string(*value))
    })
}

/// Calls ReadDataSource. Returns the state, and the diagnostics as lines.
async fn read(session: &Session, name: &str, ty: &Type, config: &Value) -> (Value, Vec<String>) {
    let request = proto::read_data_source::Request {
        type_name: name.to_owned(),
        config: Some(encode(config, ty)),
        ..Default::default()
    };
    let mut client = session.host.provider.clone();
    let answer = client.read_data_source(request).await.unwrap().into_inner();
    let state = answer.state.map_or(Value::Null, |state| {
        msgpack::decode(&state.msgpack, ty).unwrap()
    });
    (state, sentences(&answer.diagnostics))
}

#[tokio::test]
async fn every_data_source_answers_with_its_arguments_and_known_results() {
    let session = Session::start().await;
    for (name, argument, _) in LOOKS {
        let (argument_name, value) = argument;
        let ty = ty(&session, name).await;
        let (state, findings) = read(&session, name, &ty, &config(&ty, &[argument])).await;
        assert_eq!(findings, [""; 0], "{name}");
        assert!(state.is_wholly_known());
        assert_eq!(
            state.get(argument_name),
            Some(&Value::string(value)),
            "{name}"
        );
    }
    session.shut_down().await;
}

#[tokio::test]
async fn a_look_that_is_stopped_ends_promptly_without_a_state() {
    for (name, argument, path) in LOOKS {
        let session = Session::start().await;
        let ty = ty(&session, name).await;
        let hang = Fault {
            path: Some(path.to_owned()),
            ..Fault::anywhere(Action::Hang).times(0)
        };
        session.sandbox().script([hang]).unwrap();
        let arrived = || {
            session
                .sandbox()
                .requests()
                .iter()
                .any(|it| it.path == path)
        };
        let stop = async {
            until("the request", arrived).await;
            session.stop().await;
            Instant::now()
        };
        let look = async {
            let outcome = read(&session, name, &ty, &config(&ty, &[argument])).await;
            (outcome, Instant::now())
        };
        let (((state, findings), end), stop) = tokio::join!(look, stop);
        let took = end.saturating_duration_since(stop);
        assert!(took < PROMPTLY, "{name}: {took:?}");
        assert_eq!(state, Value::Null, "{name}");
        assert!(findings[0].contains("canceled"), "{name}: {findings:?}");
        session.shut_down().await;
    }
}

#[tokio::test]
async fn unknown_arguments_are_never_checked() {
    let session = Session::start().await;
    for name in [
        "harness_bitbucket_connector",
        "harness_bitbucket_connectors",
        "harness_bitbucket_connection_test",
    ] {
        let ty = ty(&session, name).await;
        let Type::Object(attributes) = &ty else {
            panic!("{ty}");
        };
        let unknown = attributes
            .keys()
            .map(|name| (name.clone(), Value::unknown()));
        let request = proto::validate_data_source_config::Request {
            type_name: name.to_owned(),
            config: Some(encode(&Value::object(unknown), &ty)),
        };
        let mut client = session.host.provider.clone();
        let answer = client.validate_data_source_config(request).await;
        let findings = answer.unwrap().into_inner().diagnostics;
        assert_eq!(sentences(&findings), [""; 0], "{name}");
    }
    session.shut_down().await;
}
