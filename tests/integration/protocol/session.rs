//! Terraform's side of the work: it proposes, the provider plans, Terraform checks; it applies, and checks again.
//!
//! Every plan and every apply in the tests passes the checks of [`agreement`](super::agreement).

use harness_sandbox::{Options, Running, Sandbox};
use tf_provider::proto::tfplugin5::diagnostic::Severity;
use tf_provider::proto::tfplugin5::schema::Block;
use tf_provider::proto::tfplugin5::{
    self as proto, AttributePath, Diagnostic, DynamicValue, RawState, ResourceIdentityData,
    ResourceIdentitySchema,
};
use tf_provider::value::{Path, Step, Type, Value, json, msgpack};
use tonic::Status;

use super::agreement::{check_compatible, check_plan, proposed_new};
use super::host::Host;
use super::process::{Launch, in_time};
use crate::troubleshooting;

pub(super) const TYPE_NAME: &str = "harness_bitbucket_connector";

/// A provider that was started and configured, as Terraform sees it.
pub(super) struct Session {
    pub(super) host: Host,
    /// The resource's block.
    pub(super) block: Block,
    /// The resource's type.
    pub(super) ty: Type,
    /// The type of the resource's identity.
    pub(super) identity_ty: Type,
    /// The type of the provider's own block.
    pub(super) provider_ty: Type,
    sandbox: Option<Running>,
}

/// What Terraform stores about a resource.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct State {
    pub(super) value: Value,
    pub(super) private: Vec<u8>,
    /// The identity; null while none is known.
    pub(super) identity: Value,
}

/// A planned change.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) prior: State,
    pub(super) planned: State,
    pub(super) requires_replace: Vec<String>,
    pub(super) findings: Vec<Diagnostic>,
}

/// The result of a read, an import, or an apply.
#[derive(Clone, Debug)]
pub(super) struct Outcome {
    pub(super) state: State,
    pub(super) findings: Vec<Diagnostic>,
}

impl State {
    /// Returns the state in which nothing exists.
    pub(super) fn none() -> Self {
        Self {
            value: Value::Null,
            private: Vec::new(),
            identity: Value::Null,
        }
    }

    /// Returns the text at a path such as `credentials.http.username`.
    pub(super) fn text(&self, path: &str) -> Option<&str> {
        self.value.get_path(&attribute_path(path))?.as_str()
    }
}

impl Plan {
    /// Returns the plan, which must have no diagnostics.
    pub(super) fn clean(self) -> Self {
        assert_eq!(sentences(&self.findings), [""; 0]);
        self
    }
}

impl Outcome {
    /// Returns the state; there must be no diagnostics.
    pub(super) fn clean(self) -> State {
        assert_eq!(sentences(&self.findings), [""; 0]);
        self.state
    }
}

impl Session {
    /// Starts a sandbox, and a provider that is configured for it.
    pub(super) async fn start() -> Self {
        Self::launch(Launch::by_terraform(), &[]).await
    }

    /// Starts a session with these additional settings in the provider block.
    pub(super) async fn launch(launch: Launch, settings: &[(&str, &str)]) -> Self {
        let session = Self::unconfigured(launch).await;
        session.configure_for_sandbox(settings).await;
        session
    }

    /// Starts a sandbox and a provider, and reads the provider's schema.
    pub(super) async fn unconfigured(launch: Launch) -> Self {
        let sandbox = Sandbox::start(Options::default()).unwrap();
        Self::before(sandbox, launch).await
    }

    /// Ends the provider and starts another one with these settings for the same platform: Terraform's next run.
    pub(super) async fn restarted(self, settings: &[(&str, &str)]) -> Self {
        self.host.shut_down().await;
        let sandbox = self.sandbox.expect("the sandbox was not ended");
        let session = Self::before(sandbox, Launch::by_terraform()).await;
        session.configure_for_sandbox(settings).await;
        session
    }

    async fn before(sandbox: Running, launch: Launch) -> Self {
        let host = Host::launch(launch).await;
        let request = proto::get_provider_schema::Request {};
        let schema = host.provider.clone().get_schema(request).await;
        let schema = schema.unwrap().into_inner();
        let block = schema.resource_schemas[TYPE_NAME].block.clone().unwrap();
        let request = proto::get_resource_identity_schemas::Request {};
        let mut client = host.provider.clone();
        let identities = client.get_resource_identity_schemas(request).await;
        let identities = identities.unwrap().into_inner().identity_schemas;
        Self {
            identity_ty: identity_type(&identities[TYPE_NAME]),
            ty: block_type(&block),
            provider_ty: block_type(&schema.provider.unwrap().block.unwrap()),
            block,
            host,
            sandbox: Some(sandbox),
        }
    }

    async fn configure_for_sandbox(&self, settings: &[(&str, &str)]) {
        let sandbox = self.sandbox();
        let access = [
            ("endpoint", sandbox.endpoint()),
            ("account_id", sandbox.account_id().to_owned()),
            ("platform_api_key", sandbox.api_key().to_owned()),
        ];
        let access = access.iter().map(|(name, value)| (*name, value.as_str()));
        let config = access
            .chain(settings.iter().copied())
            .fold(null_object(&self.provider_ty), |config, (name, value)| {
                config.with(name, Value::string(value))
            });
        assert_eq!(sentences(&self.prepare(&config).await), [""; 0]);
        assert_eq!(sentences(&self.configure(&config).await), [""; 0]);
    }

    /// Returns the platform.
    pub(super) fn sandbox(&self) -> &Running {
        self.sandbox.as_ref().expect("the sandbox was not ended")
    }

    /// Ends the platform.
    pub(super) fn end_sandbox(&mut self) {
        self.sandbox = None;
    }

    pub(super) fn encode(&self, value: &Value) -> DynamicValue {
        encode(value, &self.ty)
    }

    fn decode(&self, value: Option<&DynamicValue>) -> Value {
        value.map_or(Value::Null, |value| {
            msgpack::decode(&value.msgpack, &self.ty).unwrap()
        })
    }

    /// Returns an identity as Terraform sends it, or nothing if there is none.
    pub(super) fn encode_identity(&self, identity: &Value) -> Option<ResourceIdentityData> {
        (!identity.is_null()).then(|| ResourceIdentityData {
            identity_data: Some(encode(identity, &self.identity_ty)),
        })
    }

    pub(super) fn decode_identity(&self, data: Option<&ResourceIdentityData>) -> Value {
        let data = data.and_then(|data| data.identity_data.as_ref());
        data.map_or(Value::Null, |data| {
            msgpack::decode(&data.msgpack, &self.identity_ty).unwrap()
        })
    }

    /// Calls PrepareProviderConfig.
    pub(super) async fn prepare(&self, config: &Value) -> Vec<Diagnostic> {
        let request = proto::prepare_provider_config::Request {
            config: Some(encode(config, &self.provider_ty)),
        };
        let mut client = self.host.provider.clone();
        let answer = client.prepare_provider_config(request).await;
        answer.unwrap().into_inner().diagnostics
    }

    /// Calls Configure.
    pub(super) async fn configure(&self, config: &Value) -> Vec<Diagnostic> {
        let request = proto::configure::Request {
            terraform_version: "1.11.4".to_owned(),
            config: Some(encode(config, &self.provider_ty)),
            client_capabilities: None,
        };
        let mut client = self.host.provider.clone();
        let answer = client.configure(request).await;
        answer.unwrap().into_inner().diagnostics
    }

    /// Calls ValidateResourceTypeConfig.
    pub(super) async fn validate(&self, config: &Value) -> Vec<Diagnostic> {
        let request = proto::validate_resource_type_config::Request {
            type_name: TYPE_NAME.to_owned(),
            config: Some(self.encode(config)),
            client_capabilities: None,
        };
        let mut client = self.host.provider.clone();
        let answer = client.validate_resource_type_config(request).await;
        answer.unwrap().into_inner().diagnostics
    }

    /// Calls PlanResourceChange, for a configuration or, if that is null, for a destroy. The plan is checked.
    pub(super) async fn plan(&self, prior: &State, config: &Value) -> Plan {
        let proposed = if config.is_null() {
            Value::Null
        } else {
            proposed_new(&self.block, &prior.value, config)
        };
        let request = proto::plan_resource_change::Request {
            type_name: TYPE_NAME.to_owned(),
            prior_state: Some(self.encode(&prior.value)),
            proposed_new_state: Some(self.encode(&proposed)),
            config: Some(self.encode(config)),
            prior_private: prior.private.clone(),
            prior_identity: self.encode_identity(&prior.identity),
            ..Default::default()
        };
        let mut client = self.host.provider.clone();
        let answer = client.plan_resource_change(request).await;
        let answer = answer.unwrap().into_inner();
        let planned = self.decode(answer.planned_state.as_ref());
        if !has_errors(&answer.diagnostics) {
            check_plan(&self.block, &prior.value, config, &planned, &Path::root());
        }
        Plan {
            prior: prior.clone(),
            planned: State {
                value: planned,
                private: answer.planned_private,
                identity: self.decode_identity(answer.planned_identity.as_ref()),
            },
            requires_replace: answer.requires_replace.iter().map(path_text).collect(),
            findings: answer.diagnostics,
        }
    }

    /// Applies a plan as Terraform does: plans once more with what has become known, which must agree with the first
    /// plan; then calls ApplyResourceChange, whose result must agree with the second.
    pub(super) async fn apply(&self, first: &Plan, config: &Value) -> Outcome {
        let plan = self.plan(&first.prior, config).await.clean();
        check_compatible(&first.planned.value, &plan.planned.value, &Path::root());
        assert_eq!(first.requires_replace, plan.requires_replace);
        self.apply_once(&plan, config).await
    }

    /// Calls ApplyResourceChange.
    async fn apply_once(&self, plan: &Plan, config: &Value) -> Outcome {
        let answer = self.call_apply(plan, config).await.unwrap();
        let value = self.decode(answer.new_state.as_ref());
        if !has_errors(&answer.diagnostics) {
            check_compatible(&plan.planned.value, &value, &Path::root());
        }
        assert!(value.is_wholly_known(), "an unknown value in a new state");
        let identity = self.decode_identity(answer.new_identity.as_ref());
        if !value.is_null() {
            check_identity(&plan.planned.identity, &identity);
        }
        Outcome {
            state: State {
                value,
                private: answer.private,
                identity,
            },
            findings: answer.diagnostics,
        }
    }

    /// Calls ApplyResourceChange, and returns a future of its response.
    pub(super) fn call_apply(
        &self,
        plan: &Plan,
        config: &Value,
    ) -> impl Future<Output = Result<proto::apply_resource_change::Response, Status>> + use<> {
        let request = proto::apply_resource_change::Request {
            type_name: TYPE_NAME.to_owned(),
            prior_state: Some(self.encode(&plan.prior.value)),
            planned_state: Some(self.encode(&plan.planned.value)),
            config: Some(self.encode(config)),
            planned_private: plan.planned.private.clone(),
            planned_identity: self.encode_identity(&plan.planned.identity),
            ..Default::default()
        };
        let mut client = self.host.provider.clone();
        async move {
            let answer = client.apply_resource_change(request).await?;
            Ok(answer.into_inner())
        }
    }

    /// Plans and applies, and expects no findings.
    pub(super) async fn bring(&self, prior: &State, config: &Value) -> State {
        let plan = self.plan(prior, config).await.clean();
        self.apply(&plan, config).await.clean()
    }

    /// Calls ReadResource, and returns its response unchanged.
    pub(super) async fn read_raw(&self, state: &State) -> proto::read_resource::Response {
        let request = proto::read_resource::Request {
            type_name: TYPE_NAME.to_owned(),
            current_state: Some(self.encode(&state.value)),
            private: state.private.clone(),
            current_identity: self.encode_identity(&state.identity),
            ..Default::default()
        };
        let mut client = self.host.provider.clone();
        client.read_resource(request).await.unwrap().into_inner()
    }

    /// Calls ReadResource.
    pub(super) async fn read(&self, state: &State) -> Outcome {
        let answer = self.read_raw(state).await;
        let value = self.decode(answer.new_state.as_ref());
        let identity = self.decode_identity(answer.new_identity.as_ref());
        if !value.is_null() {
            check_identity(&state.identity, &identity);
        }
        Outcome {
            state: State {
                value,
                private: answer.private,
                identity,
            },
            findings: answer.diagnostics,
        }
    }

    /// Calls ImportResourceState with an id; the state is null if nothing was imported.
    pub(super) async fn import(&self, id: &str) -> Outcome {
        self.call_import(id, &Value::Null).await
    }

    /// Calls ImportResourceState with an identity.
    pub(super) async fn import_identity(&self, identity: &Value) -> Outcome {
        self.call_import("", identity).await
    }

    async fn call_import(&self, id: &str, identity: &Value) -> Outcome {
        let request = proto::import_resource_state::Request {
            type_name: TYPE_NAME.to_owned(),
            id: id.to_owned(),
            identity: self.encode_identity(identity),
            ..Default::default()
        };
        let mut client = self.host.provider.clone();
        let answer = client.import_resource_state(request).await;
        let answer = answer.unwrap().into_inner();
        let imported = answer.imported_resources.first();
        Outcome {
            state: State {
                value: self.decode(imported.and_then(|imported| imported.state.as_ref())),
                private: imported
                    .map(|imported| imported.private.clone())
                    .unwrap_or_default(),
                identity: self
                    .decode_identity(imported.and_then(|imported| imported.identity.as_ref())),
            },
            findings: answer.diagnostics,
        }
    }

    /// Calls UpgradeResourceState.
    pub(super) async fn upgrade(&self, version: i64, raw: RawState) -> Outcome {
        let request = proto::upgrade_resource_state::Request {
            type_name: TYPE_NAME.to_owned(),
            version,
            raw_state: Some(raw),
        };
        let mut client = self.host.provider.clone();
        let answer = client.upgrade_resource_state(request).await;
        let answer = answer.unwrap().into_inner();
        Outcome {
            state: State {
                value: self.decode(answer.upgraded_state.as_ref()),
                private: Vec::new(),
                identity: Value::Null,
            },
            findings: answer.diagnostics,
        }
    }

    /// Calls MoveResourceState to this resource type, from a type of the provider at this address.
    pub(super) async fn move_state(&self, address: &str, type_name: &str, from: &State) -> Outcome {
        let json = |value: &Value, ty: &Type| RawState {
            json: json::encode(value, ty).unwrap(),
            ..RawState::default()
        };
        let request = proto::move_resource_state::Request {
            source_provider_address: address.to_owned(),
            source_type_name: type_name.to_owned(),
            source_state: Some(json(&from.value, &self.ty)),
            source_private: from.private.clone(),
            source_identity: (!from.identity.is_null())
                .then(|| json(&from.identity, &self.identity_ty)),
            target_type_name: TYPE_NAME.to_owned(),
            ..Default::default()
        };
        self.call_move(request).await
    }

    /// Calls MoveResourceState with this request.
    pub(super) async fn call_move(&self, request: proto::move_resource_state::Request) -> Outcome {
        let mut client = self.host.provider.clone();
        let answer = client.move_resource_state(request).await;
        let answer = answer.unwrap().into_inner();
        Outcome {
            state: State {
                value: self.decode(answer.target_state.as_ref()),
                private: answer.target_private,
                identity: self.decode_identity(answer.target_identity.as_ref()),
            },
            findings: answer.diagnostics,
        }
    }

    /// Calls Stop.
    pub(super) async fn stop(&self) {
        let mut client = self.host.provider.clone();
        let answer = in_time("an answer to Stop", client.stop(proto::stop::Request {})).await;
        assert_eq!(answer.unwrap().into_inner().error, "");
    }

    /// Ends the provider, and checks that it ends well. Returns the log.
    pub(super) async fn shut_down(self) -> String {
        self.host.shut_down().await
    }
}

/// Returns a value as Terraform sends it.
pub(super) fn encode(value: &Value, ty: &Type) -> DynamicValue {
    DynamicValue {
        msgpack: msgpack::encode(value, ty).unwrap(),
        json: Vec::new(),
    }
}

/// Returns the object type of a block.
pub(super) fn block_type(block: &Block) -> Type {
    let attributes = block.attributes.iter().map(|attribute| {
        (
            attribute.name.clone(),
            Type::from_json(&attribute.r#type).unwrap(),
        )
    });
    let blocks = block.block_types.iter().map(|nested| {
        let inner = nested.block.as_ref().unwrap();
        (nested.type_name.clone(), block_type(inner))
    });
    Type::Object(attributes.chain(blocks).collect())
}

/// Returns the object type of an identity.
fn identity_type(schema: &ResourceIdentitySchema) -> Type {
    let attributes = schema.identity_attributes.iter();
    Type::object(attributes.map(|it| (it.name.as_str(), Type::from_json(&it.r#type).unwrap())))
}

/// Checks Terraform's rule: the known parts of an identity never change.
fn check_identity(before: &Value, after: &Value) {
    assert!(after.is_wholly_known(), "{after:?}");
    for (name, value) in before.as_object().into_iter().flatten() {
        if !value.is_unknown() {
            assert_eq!(after.get(name), Some(value), "{name} of the identity");
        }
    }
}

/// Returns an object without any values.
pub(super) fn null_object(ty: &Type) -> Value {
    let Type::Object(attributes) = ty else {
        panic!("{ty} is no object");
    };
    Value::object(attributes.keys().map(|name| (name.clone(), Value::Null)))
}

/// Returns `credentials.http` as a path of attributes.
pub(super) fn attribute_path(text: &str) -> Path {
    text.split('.')
        .map(|name| Step::Attribute(name.to_owned()))
        .collect()
}

/// Returns a path as a person would write it; keys and positions in brackets.
pub(super) fn path_text(path: &AttributePath) -> String {
    use proto::attribute_path::step::Selector;
    let steps = path
        .steps
        .iter()
        .map(|step| match step.selector.clone().unwrap() {
            Selector::AttributeName(name) => Step::Attribute(name),
            Selector::ElementKeyString(key) => Step::Key(key),
            Selector::ElementKeyInt(index) => Step::Index(index.try_into().unwrap()),
        });
    steps.collect::<Path>().to_string()
}

/// Returns diagnostics as lines: severity, place, summary, and detail.
pub(super) fn sentences(findings: &[Diagnostic]) -> Vec<String> {
    let sentences: Vec<String> = findings
        .iter()
        .map(|finding| {
            troubleshooting::is_short(&finding.summary);
            let severity = match finding.severity() {
                Severity::Error => "error",
                Severity::Warning => "warning",
                Severity::Invalid => panic!("a finding without severity"),
            };
            let place = finding
                .attribute
                .as_ref()
                .map(path_text)
                .unwrap_or_default();
            format!(
                "{severity} {place}: {}. {}",
                finding.summary, finding.detail
            )
        })
        .collect();
    troubleshooting::note(&sentences.join("\n"));
    sentences
}

pub(super) fn has_errors(findings: &[Diagnostic]) -> bool {
    sentences(findings);
    findings
        .iter()
        .any(|finding| finding.severity() == Severity::Error)
}
