//! A panic inside becomes a finding that asks for a report. The product offers no way to provoke one, so the server is
//! given a provider that panics wherever it can, and called directly.

use super::session::{encode, sentences};
use async_trait::async_trait;
use std::collections::BTreeMap;
use terraform_provider_harness::tf_provider::diagnostic::Diagnostics;
use terraform_provider_harness::tf_provider::proto::tfplugin5::provider_server::Provider as Rpc;
use terraform_provider_harness::tf_provider::proto::tfplugin5::{
    self as proto, Diagnostic, DynamicValue,
};
use terraform_provider_harness::tf_provider::provider::{Offers, Provider};
use terraform_provider_harness::tf_provider::resource::{
    ApplyRequest, Context, NewState, PlanRequest, Resource,
};
use terraform_provider_harness::tf_provider::rpc::Server;
use terraform_provider_harness::tf_provider::schema::{Attribute, Block, Mode, Schema};
use terraform_provider_harness::tf_provider::value::{Type, Value};
use tonic::Request;

/// A provider and a resource type of which every method panics, save those that Terraform cannot do without.
struct Panicking {
    schema: Schema,
    offers: Offers,
}

struct PanickingResource(Schema);

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

fn server() -> Server<Panicking> {
    let resource: Box<dyn Resource> = Box::new(PanickingResource(schema()));
    Server::new(Panicking {
        schema: schema(),
        offers: Offers {
            resources: BTreeMap::from([("thing", resource)]),
            ..Offers::default()
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
impl Resource for PanickingResource {
    fn schema(&self) -> &Schema {
        &self.0
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
}

fn thing(name: &str) -> DynamicValue {
    encode(
        &Value::object([("name", Value::string(name))]),
        &schema().ty(),
    )
}

/// The one finding names the call, asks for a report, and does not repeat what the panic said.
fn asks_for_a_report(rpc: &str, findings: &[Diagnostic]) {
    let said = sentences(findings);
    assert_eq!(said.len(), 1, "{rpc}: {said:#?}");
    for expected in [
        "error : Bug in the provider.",
        rpc,
        "Please report",
        "/issues",
    ] {
        assert!(said[0].contains(expected), "{rpc}: {said:#?}");
    }
    assert!(!said[0].contains("hunter2"), "{rpc}: {said:#?}");
}

#[tokio::test]
async fn a_panic_in_any_call_is_a_finding_and_the_server_goes_on() {
    let server = server();
    let type_name = || "thing".to_owned();
    let request = proto::prepare_provider_config::Request {
        config: Some(thing("a")),
    };
    let answer = server.prepare_provider_config(Request::new(request)).await;
    asks_for_a_report(
        "PrepareProviderConfig",
        &answer.unwrap().into_inner().diagnostics,
    );

    let request = proto::configure::Request {
        config: Some(thing("a")),
        ..Default::default()
    };
    let answer = server.configure(Request::new(request)).await;
    asks_for_a_report("Configure", &answer.unwrap().into_inner().diagnostics);

    let request = proto::validate_resource_type_config::Request {
        type_name: type_name(),
        config: Some(thing("a")),
        client_capabilities: None,
    };
    let answer = server
        .validate_resource_type_config(Request::new(request))
        .await;
    asks_for_a_report(
        "ValidateResourceTypeConfig",
        &answer.unwrap().into_inner().diagnostics,
    );

    let request = proto::plan_resource_change::Request {
        type_name: type_name(),
        config: Some(thing("a")),
        proposed_new_state: Some(thing("a")),
        ..Default::default()
    };
    let answer = server.plan_resource_change(Request::new(request)).await;
    asks_for_a_report(
        "PlanResourceChange",
        &answer.unwrap().into_inner().diagnostics,
    );

    let request = proto::read_resource::Request {
        type_name: type_name(),
        current_state: Some(thing("a")),
        ..Default::default()
    };
    let answer = server.read_resource(Request::new(request)).await;
    asks_for_a_report("ReadResource", &answer.unwrap().into_inner().diagnostics);

    let request = proto::import_resource_state::Request {
        type_name: type_name(),
        id: "a".to_owned(),
        ..Default::default()
    };
    let answer = server.import_resource_state(Request::new(request)).await;
    asks_for_a_report(
        "ImportResourceState",
        &answer.unwrap().into_inner().diagnostics,
    );

    let request = proto::get_metadata::Request {};
    let answer = server.get_metadata(Request::new(request)).await.unwrap();
    assert_eq!(answer.into_inner().resources[0].type_name, "thing");
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
