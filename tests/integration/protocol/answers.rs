//! Every RPC of protocol 5.11, with its response to a call about something that does not exist.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use tf_provider::proto::tfplugin5::{self as proto, Diagnostic};
use tonic::transport::Channel;

use super::process::Launch;
use super::session::{Session, TYPE_NAME, sentences};

type Client = proto::provider_client::ProviderClient<Channel>;

/// The protocol, one declaration per line.
const PROTOCOL: &str = include_str!(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/fixtures/protocol-5.11.txt"
));

/// Each RPC, called about `nothing`, and its response in one line: its contents, or its diagnostic.
const ANSWERS: [(&str, &str); 28] = [
    ("GetMetadata", "names: harness_bitbucket_connector"),
    ("GetSchema", "names: harness_bitbucket_connector"),
    (
        "GetResourceIdentitySchemas",
        "names: harness_bitbucket_connector",
    ),
    (
        "GetFunctions",
        "names: identifier_from_name, parse_bitbucket_url",
    ),
    ("PrepareProviderConfig", "no finding"),
    ("Configure", "no finding"),
    (
        "ValidateResourceTypeConfig",
        "error : No resource \"nothing\"",
    ),
    ("UpgradeResourceState", "error : No resource \"nothing\""),
    ("ReadResource", "error : No resource \"nothing\""),
    ("PlanResourceChange", "error : No resource \"nothing\""),
    ("ApplyResourceChange", "error : No resource \"nothing\""),
    ("ImportResourceState", "error : No resource \"nothing\""),
    ("MoveResourceState", "error : No resource \"nothing\""),
    ("UpgradeResourceIdentity", "error : No resource \"nothing\""),
    ("GenerateResourceConfig", "error : No resource \"nothing\""),
    (
        "ValidateDataSourceConfig",
        "error : No data source \"nothing\"",
    ),
    ("ReadDataSource", "error : No data source \"nothing\""),
    (
        "ValidateEphemeralResourceConfig",
        "error : No ephemeral resource \"nothing\"",
    ),
    (
        "OpenEphemeralResource",
        "error : No ephemeral resource \"nothing\"",
    ),
    (
        "RenewEphemeralResource",
        "error : No ephemeral resource \"nothing\"",
    ),
    (
        "CloseEphemeralResource",
        "error : No ephemeral resource \"nothing\"",
    ),
    (
        "ListResource",
        "event: error : No list resource \"nothing\"",
    ),
    (
        "ValidateListResourceConfig",
        "error : No list resource \"nothing\"",
    ),
    ("CallFunction", "function error: No function \"nothing\""),
    ("ValidateActionConfig", "error : No action \"nothing\""),
    ("PlanAction", "error : No action \"nothing\""),
    ("InvokeAction", "completed: error : No action \"nothing\""),
    ("Stop", "no error"),
];

/// Returns the diagnostics, without details.
fn summary(findings: &[Diagnostic]) -> String {
    let lines: Vec<String> = findings
        .iter()
        .map(|finding| {
            assert!(!finding.detail.is_empty(), "{finding:?}");
            let whole = sentences(std::slice::from_ref(finding)).remove(0);
            let end = whole.find(&finding.summary).unwrap() + finding.summary.len();
            whole.split_at(end).0.to_owned()
        })
        .collect();
    match lines.as_slice() {
        [] => "no finding".to_owned(),
        lines => lines.join("; "),
    }
}

fn names<'a>(names: impl Iterator<Item = &'a String>) -> String {
    let mut text = String::new();
    for name in names {
        write!(text, "{}{name}", if text.is_empty() { "" } else { ", " }).unwrap();
    }
    if text.is_empty() {
        "none".to_owned()
    } else {
        format!("names: {text}")
    }
}

/// Calls the RPC of this name about `nothing`, if its response has diagnostics.
macro_rules! findings {
    ($client:ident, $rpc:ident; $($name:literal => $method:ident($($argument:ident)?),)+) => {
        match $rpc {
            $($name => {
                let request = proto::$method::Request {
                    $($argument: "nothing".to_owned(),)?
                    ..Default::default()
                };
                summary(&$client.$method(request).await.unwrap().into_inner().diagnostics)
            })+
            unknown => panic!("this test does not know {unknown}"),
        }
    };
}

/// Calls the RPC about `nothing`.
async fn answer(client: &mut Client, rpc: &str) -> String {
    match rpc {
        "GetMetadata" => {
            let request = proto::get_metadata::Request {};
            let answer = client.get_metadata(request).await.unwrap().into_inner();
            names(answer.resources.iter().map(|resource| &resource.type_name))
        }
        "GetSchema" => {
            let request = proto::get_provider_schema::Request {};
            let answer = client.get_schema(request).await.unwrap().into_inner();
            names(answer.resource_schemas.keys())
        }
        "GetResourceIdentitySchemas" => {
            let request = proto::get_resource_identity_schemas::Request {};
            let answer = client.get_resource_identity_schemas(request).await;
            names(answer.unwrap().into_inner().identity_schemas.keys())
        }
        "GetFunctions" => {
            let request = proto::get_functions::Request {};
            let answer = client.get_functions(request).await.unwrap().into_inner();
            let sorted: BTreeSet<String> = answer.functions.into_keys().collect();
            names(sorted.iter())
        }
        "ListResource" => listed(client).await,
        "InvokeAction" => invoked(client).await,
        "CallFunction" => called(client).await,
        "Stop" => {
            let answer = client.stop(proto::stop::Request {}).await.unwrap();
            match answer.into_inner().error.as_str() {
                "" => "no error".to_owned(),
                error => error.to_owned(),
            }
        }
        _ => findings! { client, rpc;
            "PrepareProviderConfig" => prepare_provider_config(),
            "Configure" => configure(),
            "ValidateResourceTypeConfig" => validate_resource_type_config(type_name),
            "UpgradeResourceState" => upgrade_resource_state(type_name),
            "ReadResource" => read_resource(type_name),
            "PlanResourceChange" => plan_resource_change(type_name),
            "ApplyResourceChange" => apply_resource_change(type_name),
            "ImportResourceState" => import_resource_state(type_name),
            "MoveResourceState" => move_resource_state(target_type_name),
            "UpgradeResourceIdentity" => upgrade_resource_identity(type_name),
            "GenerateResourceConfig" => generate_resource_config(type_name),
            "ValidateDataSourceConfig" => validate_data_source_config(type_name),
            "ReadDataSource" => read_data_source(type_name),
            "ValidateEphemeralResourceConfig" => validate_ephemeral_resource_config(type_name),
            "OpenEphemeralResource" => open_ephemeral_resource(type_name),
            "RenewEphemeralResource" => renew_ephemeral_resource(type_name),
            "CloseEphemeralResource" => close_ephemeral_resource(type_name),
            "ValidateListResourceConfig" => validate_list_resource_config(type_name),
            "ValidateActionConfig" => validate_action_config(action_type),
            "PlanAction" => plan_action(action_type),
        },
    }
}

async fn called(client: &mut Client) -> String {
    let request = proto::call_function::Request {
        name: "nothing".to_owned(),
        arguments: Vec::new(),
    };
    let answer = client.call_function(request).await.unwrap().into_inner();
    assert_eq!(answer.result, None);
    let error = answer.error.unwrap();
    assert_eq!(error.function_argument, None);
    let summary = error.text.split_once(": ").unwrap().0;
    format!("function error: {summary}")
}

/// Returns the only event of a list.
async fn listed(client: &mut Client) -> String {
    let request = proto::list_resource::Request {
        type_name: "nothing".to_owned(),
        ..Default::default()
    };
    let mut events = client.list_resource(request).await.unwrap().into_inner();
    let event = events.message().await.unwrap().unwrap();
    assert_eq!(events.message().await.unwrap(), None);
    assert_eq!((event.identity, event.resource_object), (None, None));
    format!("event: {}", summary(&event.diagnostic))
}

/// Returns the only event of an action.
async fn invoked(client: &mut Client) -> String {
    use proto::invoke_action::event::Type;
    let request = proto::invoke_action::Request {
        action_type: "nothing".to_owned(),
        ..Default::default()
    };
    let mut events = client.invoke_action(request).await.unwrap().into_inner();
    let event = events.message().await.unwrap().unwrap();
    assert_eq!(events.message().await.unwrap(), None);
    match event.r#type {
        Some(Type::Completed(completed)) => {
            format!("completed: {}", summary(&completed.diagnostics))
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_table_has_every_rpc_of_the_protocol() {
    let declared: BTreeSet<&str> = PROTOCOL
        .lines()
        .filter_map(|line| line.strip_prefix("rpc tfplugin5.Provider/"))
        .filter_map(|rest| rest.split(' ').next())
        .collect();
    let in_table: BTreeSet<&str> = ANSWERS.iter().map(|(rpc, _)| *rpc).collect();
    assert_eq!(in_table, declared);
}

#[tokio::test]
async fn every_rpc_is_answered_and_says_what_is_not_there() {
    let session = Session::unconfigured(Launch::by_terraform()).await;
    for (rpc, expected) in ANSWERS {
        let mut client = session.host.provider.clone();
        assert_eq!(answer(&mut client, rpc).await, expected, "{rpc}");
    }
    session.shut_down().await;
}

#[tokio::test]
async fn a_refusal_names_what_there_is() {
    let session = Session::unconfigured(Launch::by_terraform()).await;
    let request = proto::read_resource::Request {
        type_name: "harness_platform_connector_bitbucket".to_owned(),
        ..Default::default()
    };
    let mut client = session.host.provider.clone();
    let answer = client.read_resource(request).await.unwrap().into_inner();
    let said = sentences(&answer.diagnostics).join("\n");
    for expected in [
        "harness_platform_connector_bitbucket",
        TYPE_NAME,
        env!("CARGO_PKG_VERSION"),
    ] {
        assert!(said.contains(expected), "{said}");
    }

    let request = proto::move_resource_state::Request {
        source_provider_address: "registry.terraform.io/harness/harness".to_owned(),
        source_type_name: "harness_platform_connector_github".to_owned(),
        target_type_name: TYPE_NAME.to_owned(),
        source_state: Some(proto::RawState {
            json: b"{}".to_vec(),
            ..Default::default()
        }),
        ..Default::default()
    };
    let answer = client
        .move_resource_state(request)
        .await
        .unwrap()
        .into_inner();
    let said = sentences(&answer.diagnostics).join("\n");
    for expected in [
        "registry.terraform.io/harness/harness",
        "`removed` block",
        "`import` block",
    ] {
        assert!(said.contains(expected), "{said}");
    }
    session.shut_down().await;
}

#[tokio::test]
async fn metadata_and_schema_agree() {
    let session = Session::unconfigured(Launch::by_terraform()).await;
    let mut client = session.host.provider.clone();
    let metadata = client.get_metadata(proto::get_metadata::Request {}).await;
    let metadata = metadata.unwrap().into_inner();
    let schema = client
        .get_schema(proto::get_provider_schema::Request {})
        .await;
    let schema = schema.unwrap().into_inner();

    let capabilities = proto::ServerCapabilities {
        plan_destroy: true,
        get_provider_schema_optional: true,
        move_resource_state: true,
        generate_resource_config: true,
    };
    assert_eq!(metadata.server_capabilities, Some(capabilities));
    assert_eq!(schema.server_capabilities, Some(capabilities));
    let resources: BTreeSet<_> = metadata
        .resources
        .into_iter()
        .map(|it| it.type_name)
        .collect();
    assert_eq!(resources, schema.resource_schemas.into_keys().collect());
    let data_sources: BTreeSet<_> = metadata
        .data_sources
        .into_iter()
        .map(|it| it.type_name)
        .collect();
    assert_eq!(
        data_sources,
        schema.data_source_schemas.into_keys().collect()
    );
    let functions: BTreeSet<_> = metadata.functions.into_iter().map(|it| it.name).collect();
    assert_eq!(functions, schema.functions.into_keys().collect());
    assert_eq!(metadata.ephemeral_resources, []);
    assert!(schema.ephemeral_resource_schemas.is_empty());
    let lists: BTreeSet<_> = metadata
        .list_resources
        .into_iter()
        .map(|it| it.type_name)
        .collect();
    assert_eq!(lists, schema.list_resource_schemas.into_keys().collect());
    let actions: BTreeSet<_> = metadata
        .actions
        .into_iter()
        .map(|it| it.type_name)
        .collect();
    assert_eq!(actions, schema.action_schemas.into_keys().collect());
    session.shut_down().await;
}
