//! The examples that Terraform 1.11 cannot run: their contents are sent to the provider, as a newer Terraform would.

use std::fs;
use std::path::Path;

use tf_provider::proto::tfplugin5 as proto;
use tf_provider::value::Value;

use super::session::{Session, TYPE_NAME, encode, null_object, sentences};
use super::{action, list};

fn example(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("examples")
        .join(path);
    fs::read_to_string(path).unwrap()
}

/// Returns the arguments in each block or object with this header, such as `config {`: texts, `true`, and maps of texts
/// on one line. Fails for anything else.
fn arguments(text: &str, header: &str) -> Vec<Vec<(String, Value)>> {
    let mut found = Vec::new();
    let mut lines = text.lines().map(str::trim);
    while let Some(line) = lines.next() {
        if line == header {
            let inner = lines.by_ref().take_while(|line| *line != "}");
            found.push(inner.map(argument).collect());
        }
    }
    found
}

fn argument(line: &str) -> (String, Value) {
    let (name, value) = line.split_once('=').unwrap();
    let value = value.trim();
    let value = match value
        .strip_prefix('{')
        .and_then(|map| map.strip_suffix('}'))
    {
        Some(map) => Value::map(map.split(',').map(argument)),
        None if value == "true" => Value::Bool(true),
        None => Value::string(
            value
                .strip_prefix('"')
                .and_then(|it| it.strip_suffix('"'))
                .unwrap(),
        ),
    };
    (name.trim().to_owned(), value)
}

fn borrowed(arguments: &[(String, Value)]) -> Vec<(&str, Value)> {
    let arguments = arguments.iter();
    arguments
        .map(|(name, value)| (name.as_str(), value.clone()))
        .collect()
}

#[tokio::test]
async fn the_actions_of_the_example_are_valid_and_pass() {
    let session = Session::start().await;
    let ty = action::ty(&session).await;
    let text = example("actions/harness_bitbucket_connector_test/action.tf");
    let configs = arguments(&text, "config {");
    assert_eq!(configs.len(), text.matches("\naction \"").count());
    for given in configs {
        let config = action::config(&ty, &borrowed(&given));
        assert_eq!(
            sentences(&action::validate(&session, config.clone()).await),
            [""; 0]
        );
        assert_eq!(
            sentences(&action::plan(&session, config.clone()).await),
            [""; 0]
        );
        let received = action::invoke(&session, config).await;
        assert!(received.ends_with("\ncompleted"), "{received}");
    }
    session.shut_down().await;
}

#[tokio::test]
async fn the_lists_of_the_example_are_valid_and_list_without_a_finding() {
    let session = Session::start().await;
    let text = example("list-resources/harness_bitbucket_connector/list-resource.tfquery.hcl");
    let configs = arguments(&text, "config {");
    assert_eq!(configs.len(), text.matches("\nlist \"").count());
    let ty = list::config_type(&session).await;
    for given in configs {
        let given = borrowed(&given);
        let config = given
            .iter()
            .fold(null_object(&ty), |config, (name, value)| {
                config.with(*name, value.clone())
            });
        let request = proto::validate_list_resource_config::Request {
            type_name: TYPE_NAME.to_owned(),
            config: Some(encode(&config, &ty)),
            ..Default::default()
        };
        let mut client = session.host.provider.clone();
        let answer = client.validate_list_resource_config(request).await.unwrap();
        assert_eq!(sentences(&answer.into_inner().diagnostics), [""; 0]);
        for event in list::listed(&session, &given, true, 0).await {
            assert_eq!(sentences(&event.diagnostic), [""; 0]);
        }
    }
    session.shut_down().await;
}

#[tokio::test]
async fn the_identity_of_the_example_is_one_that_can_be_imported() {
    let session = Session::start().await;
    let text = example("resources/harness_bitbucket_connector/import-by-identity.tf");
    let identities = arguments(&text, "identity = {");
    assert_eq!(identities.len(), 1);
    let nothing = ["account_id", "org_id", "project_id", "identifier"].map(|it| (it, Value::Null));
    for given in identities {
        let identity = given
            .iter()
            .fold(Value::object(nothing.clone()), |identity, (name, value)| {
                identity.with(name, value.clone())
            });
        let imported = session.import_identity(&identity).await.clean();
        assert_eq!(imported.text("id"), Some("platform/payments/payments_code"));
    }
    session.shut_down().await;
}
