//! A panic becomes a diagnostic that asks for a bug report. The product offers no way to provoke one, so the server
//! gets a provider that panics wherever it can, and is called directly.

use std::collections::BTreeMap;

use async_trait::async_trait;
use tf_provider::action::Action;
use tf_provider::data_source::{DataSource, Reading};
use tf_provider::diagnostic::Diagnostics;
use tf_provider::function::{Function, FunctionError, Signature};
use tf_provider::list_resource::{ListRequest, ListResource, Listed};
use tf_provider::proto::tfplugin5::provider_server::Provider as Rpc;
use tf_provider::proto::tfplugin5::{self as proto, Diagnostic, DynamicValue};
use tf_provider::provider::{Offers, Provider};
use tf_provider::resource::{
    ApplyRequest, Context, GeneratedConfig, IdentityAttribute, IdentitySchema, MoveSource,
    NewState, PlanRequest, Resource,
};
use tf_provider::rpc::Server;
use tf_provider::schema::{Attribute, Block, Mode, Schema};
use tf_provider::value::{Type, Value};
use tokio::sync::mpsc;
use tokio_stream::StreamExt as _;
use tonic::Request;

use super::session::{encode, sentences};

/// A provider and a resource type that panic in every method, except those that Terraform always needs.
struct Panicking {
    schema: Schema,
    offers: Offers,
}

/// Panics wherever a resource, a data source, a function, a list resource, or an action can.
struct PanickingThing {
    schema: Schema,
    identity: IdentitySchema,
    signature: Signature,
}

fn panicking() -> PanickingThing {
    PanickingThing {
        schema: schema(),
        identity: IdentitySchema {
            version: 0,
            attributes: vec![IdentityAttribute {
                name: "name",
                ty: Type::String,
                required_for_import: true,
                description: "",
            }],
        },
        signature: Signature {
            summary: "",
            description: "",
            parameters: Vec::new(),
            returns: Type::String,
        },
    }
}

fn schema() -> Schema {
    let name = Attribute::new("name", Type::String, Mode::Required, "");
    Schema {
        version: 0,
        block: Block {
            attributes: vec![name],
            ..Block::default()
        },
    }
}

fn server() -> Server {
    let resource: Box<dyn Resource> = Box::new(panicking());
    let data_source: Box<dyn DataSource> = Box::new(panicking());
    let function: Box<dyn Function> = Box::new(panicking());
    let list_resource: Box<dyn ListResource> = Box::new(panicking());
    let action: Box<dyn Action> = Box::new(panicking());
    Server::new(Panicking {
        schema: schema(),
        offers: Offers {
            resources: BTreeMap::from([("thing", resource)]),
            data_sources: BTreeMap::from([("thing", data_source)]),
            functions: BTreeMap::from([("thing", function)]),
            list_resources: BTreeMap::from([("thing", list_resource)]),
            actions: BTreeMap::from([("thing", action)]),
        },
    })
}

#[async_trait]
impl Provider for Panicking {
    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn validate(&self, _: &Value) -> Diagnostics {
        panic!("the secret is hunter2")
    }

    async fn configure(&self, _: Value, _: &str) -> Diagnostics {
        panic!("the secret is hunter2")
    }

    fn offers(&self) -> &Offers {
        &self.offers
    }
}

#[async_trait]
impl Resource for PanickingThing {
    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn validate(&self, _: &Value) -> Diagnostics {
        panic!("the secret is hunter2")
    }

    async fn plan(&self, _: PlanRequest, _: &Context) -> NewState {
        panic!("the secret is hunter2")
    }

    async fn create(&self, _: ApplyRequest, _: &Context) -> NewState {
        panic!("the secret is hunter2")
    }

    async fn read(&self, _: Value, _: Vec<u8>, _: &Context) -> NewState {
        panic!("the secret is hunter2")
    }

    async fn update(&self, _: ApplyRequest, _: &Context) -> NewState {
        panic!("the secret is hunter2")
    }

    async fn delete(&self, _: Value, _: Vec<u8>, _: &Context) -> NewState {
        panic!("the secret is hunter2")
    }

    async fn import(&self, _: &str, _: &Context) -> Result<NewState, Diagnostics> {
        panic!("the secret is hunter2")
    }

    fn identity_schema(&self) -> Option<&IdentitySchema> {
        Some(&self.identity)
    }

    async fn import_identity(&self, _: &Value, _: &Context) -> Result<NewState, Diagnostics> {
        panic!("the secret is hunter2")
    }

    fn generate_config(&self, _: &Value) -> GeneratedConfig {
        panic!("the secret is hunter2")
    }

    fn move_state(&self, _: &MoveSource) -> Result<NewState, Diagnostics> {
        panic!("the secret is hunter2")
    }
}

#[async_trait]
impl DataSource for PanickingThing {
    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn validate(&self, _: &Value) -> Diagnostics {
        panic!("the secret is hunter2")
    }

    async fn read(&self, _: Value, _: &Context) -> Reading {
        panic!("the secret is hunter2")
    }
}

impl Function for PanickingThing {
    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn call(&self, _: &[Value]) -> Result<Value, FunctionError> {
        panic!("the secret is hunter2")
    }
}

#[async_trait]
impl ListResource for PanickingThing {
    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn validate(&self, _: &Value) -> Diagnostics {
        panic!("the secret is hunter2")
    }

    async fn list(&self, _: ListRequest, _: mpsc::Sender<Listed>, _: &Context) {
        panic!("the secret is hunter2")
    }
}

#[async_trait]
impl Action for PanickingThing {
    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn validate(&self, _: &Value) -> Diagnostics {
        panic!("the secret is hunter2")
    }

    async fn plan(&self, _: &Value, _: &Context) -> Diagnostics {
        panic!("the secret is hunter2")
    }

    async fn invoke(&self, _: Value, _: mpsc::Sender<String>, _: &Context) -> Diagnostics {
        panic!("the secret is hunter2")
    }
}

fn thing(name: &str) -> DynamicValue {
    encode(
        &Value::object([("name", Value::string(name))]),
        &schema().ty(),
    )
}

/// Asserts that the only diagnostic names the call, asks for a report, and does not repeat the panic's message.
fn asks_for_a_report(rpc: &str, findings: &[Diagnostic]) {
    let said = sentences(findings);
    assert_eq!(said.len(), 1, "{rpc}: {said:#?}");
    for expected in [
        "error : Bug in the provider.",
        rpc,
        "Please report",
        "the provider's page of issues",
    ] {
        assert!(said[0].contains(expected), "{rpc}: {said:#?}");
    }
    assert!(!said[0].contains("hunter2"), "{rpc}: {said:#?}");
}

/// Calls an RPC with these members in the request, and expects only diagnostics.
macro_rules! findings_of {
    ($server:ident, $rpc:ident { $($member:ident: $value:expr),* $(,)? }) => {{
        #[allow(clippy::needless_update, reason = "of some requests all members are given")]
        let request = proto::$rpc::Request {
            $($member: $value,)*
            ..Default::default()
        };
        $server
            .$rpc(Request::new(request))
            .await
            .unwrap()
            .into_inner()
            .diagnostics
    }};
}

#[tokio::test]
#[allow(clippy::too_many_lines, reason = "a table with a row for each RPC")]
async fn a_panic_in_any_call_is_a_finding_and_the_server_goes_on() {
    let server = server();
    let name = || "thing".to_owned();
    let config = || Some(thing("a"));
    let json = || {
        Some(proto::RawState {
            json: br#"{"name":"a"}"#.to_vec(),
            ..Default::default()
        })
    };
    let identity = || {
        Some(proto::ResourceIdentityData {
            identity_data: config(),
        })
    };
    for (rpc, findings) in [
        (
            "PrepareProviderConfig",
            findings_of!(server, prepare_provider_config { config: config() }),
        ),
        (
            "Configure",
            findings_of!(server, configure { config: config() }),
        ),
        (
            "ValidateResourceTypeConfig",
            findings_of!(
                server,
                validate_resource_type_config {
                    type_name: name(),
                    config: config()
                }
            ),
        ),
        (
            "PlanResourceChange",
            findings_of!(
                server,
                plan_resource_change {
                    type_name: name(),
                    config: config(),
                    proposed_new_state: config(),
                }
            ),
        ),
        (
            "ReadResource",
            findings_of!(
                server,
                read_resource {
                    type_name: name(),
                    current_state: config()
                }
            ),
        ),
        (
            "ImportResourceState",
            findings_of!(
                server,
                import_resource_state {
                    type_name: name(),
                    id: name()
                }
            ),
        ),
        (
            "ImportResourceState",
            findings_of!(
                server,
                import_resource_state {
                    type_name: name(),
                    identity: identity()
                }
            ),
        ),
        (
            "MoveResourceState",
            findings_of!(
                server,
                move_resource_state {
                    target_type_name: name(),
                    source_state: json()
                }
            ),
        ),
        (
            "GenerateResourceConfig",
            findings_of!(
                server,
                generate_resource_config {
                    type_name: name(),
                    state: config()
                }
            ),
        ),
        (
            "ValidateDataSourceConfig",
            findings_of!(
                server,
                validate_data_source_config {
                    type_name: name(),
                    config: config()
                }
            ),
        ),
        (
            "ReadDataSource",
            findings_of!(
                server,
                read_data_source {
                    type_name: name(),
                    config: config()
                }
            ),
        ),
        (
            "ValidateListResourceConfig",
            findings_of!(
                server,
                validate_list_resource_config {
                    type_name: name(),
                    config: config()
                }
            ),
        ),
        (
            "ValidateActionConfig",
            findings_of!(
                server,
                validate_action_config {
                    action_type: name(),
                    config: config()
                }
            ),
        ),
        (
            "PlanAction",
            findings_of!(
                server,
                plan_action {
                    action_type: name(),
                    config: config()
                }
            ),
        ),
    ] {
        asks_for_a_report(rpc, &findings);
    }

    let request = proto::get_metadata::Request {};
    let answer = server.get_metadata(Request::new(request)).await.unwrap();
    assert_eq!(answer.into_inner().resources[0].type_name, "thing");
}

#[tokio::test]
async fn a_function_that_panics_is_an_error_of_the_function() {
    let request = proto::call_function::Request {
        name: "thing".to_owned(),
        arguments: Vec::new(),
    };
    let answer = server().call_function(Request::new(request)).await;
    let answer = answer.unwrap().into_inner();
    let text = answer.error.unwrap().text;
    assert_eq!(answer.result, None);
    assert!(text.contains("panicked in CallFunction"), "{text}");
    assert!(!text.contains("hunter2"), "{text}");
}

#[tokio::test]
async fn a_stream_whose_maker_panics_ends_with_the_finding() {
    let server = server();
    let request = proto::list_resource::Request {
        type_name: "thing".to_owned(),
        config: Some(thing("a")),
        ..Default::default()
    };
    let answer = server.list_resource(Request::new(request)).await.unwrap();
    let mut events: Vec<_> = answer.into_inner().collect().await;
    let last = events.pop().unwrap().unwrap();
    asks_for_a_report("ListResource", &last.diagnostic);
    assert!(events.is_empty());

    let request = proto::invoke_action::Request {
        action_type: "thing".to_owned(),
        config: Some(thing("a")),
        ..Default::default()
    };
    let answer = server.invoke_action(Request::new(request)).await.unwrap();
    let mut events: Vec<_> = answer.into_inner().collect().await;
    match events.pop().unwrap().unwrap().r#type {
        Some(proto::invoke_action::event::Type::Completed(completed)) => {
            asks_for_a_report("InvokeAction", &completed.diagnostics);
        }
        other => panic!("{other:?}"),
    }
    assert!(events.is_empty());
}

#[tokio::test]
async fn an_apply_that_panics_returns_the_prior_state_and_the_private_data() {
    let server = server();
    for (what, prior, planned) in [
        ("creation", None, Some(thing("b"))),
        ("update", Some(thing("a")), Some(thing("b"))),
        ("deletion", Some(thing("a")), None),
    ] {
        let request = proto::apply_resource_change::Request {
            type_name: "thing".to_owned(),
            prior_state: prior.clone(),
            planned_state: planned,
            planned_private: b"private".to_vec(),
            ..Default::default()
        };
        let answer = server.apply_resource_change(Request::new(request)).await;
        let answer = answer.unwrap().into_inner();
        asks_for_a_report("ApplyResourceChange", &answer.diagnostics);
        assert_eq!(answer.new_state, prior, "{what}");
        assert_eq!(answer.private, b"private", "{what}");
    }
}
