//! Configuration that the provider generates for a state, as Terraform 1.14 requests it.

use tf_provider::proto::tfplugin5 as proto;
use tf_provider::value::{Value, msgpack};

use super::session::{Session, TYPE_NAME, sentences};

/// Returns the configuration for a state.
async fn generated(session: &Session, state: &Value) -> Value {
    let request = proto::generate_resource_config::Request {
        type_name: TYPE_NAME.to_owned(),
        state: Some(session.encode(state)),
    };
    let mut client = session.host.provider.clone();
    let answer = client.generate_resource_config(request).await;
    let answer = answer.unwrap().into_inner();
    assert_eq!(sentences(&answer.diagnostics), [""; 0]);
    msgpack::decode(&answer.config.unwrap().msgpack, &session.ty).unwrap()
}

/// Import ids of the sandbox's connectors, one of each kind.
const CONNECTORS: [&str; 12] = [
    "bitbucket_cloud",
    "bitbucket_cloud_api_token",
    "bitbucket_cloud_email_secret",
    "bitbucket_oauth",
    "platform/bitbucket_server_ssh",
    "platform/bitbucket_server",
    "platform/payments/payments_repo",
    "platform/payments/payments_ssh",
    "platform/website/website_username_token",
    "platform/website/website_ssh_access_token",
    "platform/website/website_ssh_api_token",
    "platform/website/website_ssh_oauth",
];

#[tokio::test]
async fn generated_configuration_is_valid_and_changes_nothing() {
    let session = Session::start().await;
    for id in CONNECTORS {
        let imported = session.import(id).await.clean();
        let read = session.read(&imported).await.state;
        let config = generated(&session, &read.value).await;
        for computed in ["id", "ref"] {
            assert!(config.get(computed).is_some_and(Value::is_null), "{id}");
        }
        let errors: Vec<_> = sentences(&session.validate(&config).await)
            .into_iter()
            .filter(|finding| finding.starts_with("error"))
            .collect();
        assert_eq!(errors, [""; 0], "{id}");
        let plan = session.plan(&read, &config).await;
        assert_eq!(plan.planned.value, read.value, "{id}");
        assert_eq!(plan.requires_replace, [""; 0], "{id}");
    }
    session.shut_down().await;
}
