//! One case: an operation of the resource with a fault, followed by Terraform's next run without one.

use std::sync::Arc;
use std::time::Duration;

use harness_platform::testing::Trial;
use harness_platform::{ApiKey, ClientConfig, Endpoint};
use harness_sandbox::{Account, Action, Fault as Scripted, Kind, Options, Running, Sandbox, Scope};
use serde_json::{Value as Json, json};
use terraform_provider_harness::bitbucket_connector::queries::list_resource::list_resources;
use terraform_provider_harness::bitbucket_connector::resource::BitbucketConnectorResource;
use terraform_provider_harness::harness::plan_queries::PlanQueries;
use terraform_provider_harness::harness::provider_data::{
    ConnectionTestMode, ProviderData, SharedProviderData,
};
use tf_provider::diagnostic::Diagnostic;
use tf_provider::list_resource::{ListRequest, ListResource, Listed};
use tf_provider::provider::Named;
use tf_provider::resource::{ApplyRequest, Context, NewState, PlanRequest, Resource};
use tf_provider::value::{Type, Value};
use tokio::sync::mpsc;

use super::case::{
    CONNECTORS, Existing, Extent, IDENTIFIER, OTHER_SECRET, Operation, Outcome, Step, Stored,
};
use super::fault::{Fault, How, THEIRS};
use crate::protocol::connector::{block, with_texts};

/// The retry time of an operation.
pub(super) const BUDGET: Duration = Duration::from_millis(2_500);
/// The timeout for a response that may not come.
pub(crate) const SILENCE: Duration = Duration::from_secs(1);
/// The timeout for a response that is certain to come.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// A platform, and what Terraform has planned for it.
pub(super) struct Stage {
    sandbox: Arc<Running>,
    /// The provider without faults.
    healthy: Served,
    former: Value,
    changed: Value,
    /// The plan with a reference to another secret.
    referring: Value,
}

/// What the provider offers, with access to one endpoint.
pub(crate) struct Served {
    pub(crate) resource: BitbucketConnectorResource,
    lists: Named<dyn ListResource>,
    trial: Trial,
    provider_data: SharedProviderData,
}

impl Served {
    /// Configures the provider as a host does at the beginning of a run.
    pub(crate) fn configure(&self, connection_test: ConnectionTestMode) {
        self.provider_data.open(ProviderData {
            client: self.trial.client.clone(),
            connection_test,
            plan_queries: Some(PlanQueries::new(self.trial.client.clone())),
        });
    }
}

impl Stage {
    pub(super) fn new() -> Self {
        let sandbox = Arc::new(Sandbox::start(Options::default()).unwrap());
        let healthy = config(&sandbox, &sandbox.endpoint(), None, PATIENCE);
        let healthy = serve(healthy, ConnectionTestMode::Off);
        let former = connector(&healthy.resource);
        let referring = {
            let ty = healthy.resource.schema().block.ty();
            let credentials = http(&ty, &format!("account.{OTHER_SECRET}"));
            former.clone().with("credentials", credentials)
        };
        Self {
            sandbox,
            healthy,
            changed: with_texts(former.clone(), &[("description", "Changed")]),
            former,
            referring,
        }
    }

    /// Runs a case. Returns `None` if the fault cannot affect this much of the operation.
    pub(super) async fn play(
        &self,
        fault: &Fault,
        operation: Operation,
        extent: Extent,
    ) -> Option<Outcome> {
        // Without another request, the main request is the only one.
        let alone = matches!(
            operation,
            Operation::Read | Operation::Test | Operation::Lookups | Operation::List
        );
        if !fault.happens_to.contains(&operation)
            || !fault.extents.contains(&extent)
            || (extent == Extent::Main && alone)
        {
            return None;
        }
        self.sandbox.reset();
        let prior = self.prior(operation).await;
        let before = self.stored_by_platform();
        let others = self.others();
        let there_are = match operation {
            Operation::List => list(&self.healthy).await.0,
            _ => 0,
        };
        let (mut platform, mut way) = (Arc::clone(&self.sandbox), None);
        match &fault.how {
            How::At(place) => way = Some(place.open().await),
            How::By(action) => self.script(action(), operation, extent),
            How::CarriedOut(answer) => {
                self.script(Action::CommitThenAnswer(answer()), operation, extent);
            }
            How::Nothing | How::Meanwhile(_) | How::TakenOver(_) => {}
            How::OtherAccount => platform = other_account(),
        }
        let (endpoint, authority) = match way {
            Some(way) => (way.endpoint, way.authority),
            None => (platform.endpoint(), None),
        };
        let mode = operation.test_mode();
        // A busy machine must not be mistaken for a platform that does not respond.
        let patience = if fault.is_silence { SILENCE } else { PATIENCE };
        let served = serve(config(&platform, &endpoint, authority, patience), mode);
        self.sandbox.clear_requests();
        if let How::Meanwhile(act) | How::TakenOver(act) = fault.how {
            self.interfere(&served, act, operation);
        }
        let mut listed = None;
        let new = if operation == Operation::List {
            let (found, findings) = list(&served).await;
            listed = Some((found, there_are));
            prior.clone().with(findings)
        } else {
            self.run(&served.resource, operation, &prior).await
        };
        self.sandbox.clear_faults();
        let settings = json!({"test_outcomes": null});
        self.sandbox.change_settings(&settings).unwrap();

        assert_eq!(self.others(), others, "something else was made or deleted");
        let requests = self.sandbox.requests();
        let met = requests.iter().filter(|request| request.fault.is_some());
        let lost = match fault.how {
            How::At(_) => 0,
            _ => served.trial.unanswered().saturating_sub(met.count()),
        };
        Some(Outcome {
            lost,
            stored: self.stored_after(operation, &new),
            existing: self.existing_after(before.as_ref()),
            listed,
            requests: served.trial.requests(),
            steps: self.steps(),
            waited: served.trial.waited(),
            next: self.next(operation, &new).await,
            findings: new.diagnostics.iter().cloned().collect(),
        })
    }

    fn script(&self, action: Action, operation: Operation, extent: Extent) {
        let (method, path) = operation.request();
        let scripted = match extent {
            Extent::Once => Scripted::on(method, &path, action),
            Extent::Main => Scripted::on(method, &path, action).times(0),
            Extent::All => {
                let passes = match operation {
                    Operation::Test | Operation::RequiredTest => 1,
                    Operation::RequiredTestOfUpdate => 2,
                    _ => 0,
                };
                Scripted::anywhere(action).after(passes).times(0)
            }
        };
        self.sandbox.script([scripted]).unwrap();
    }

    /// Lets someone change the connector before the operation, or before the test of a change that is then undone.
    fn interfere(&self, served: &Served, act: fn(&Running), operation: Operation) {
        let sandbox = Arc::clone(&self.sandbox);
        let before = match operation {
            Operation::RequiredTest => 2,
            Operation::RequiredTestOfUpdate => 3,
            _ => 1,
        };
        let fails = json!({"test_outcomes": {IDENTIFIER: "not_authorized"}});
        served.trial.before_request(before, move || {
            act(&sandbox);
            sandbox.change_settings(&fails).unwrap();
        });
    }

    fn planned(&self, operation: Operation) -> &Value {
        match operation {
            Operation::Update | Operation::RequiredTestOfUpdate => &self.changed,
            Operation::Lookups => &self.referring,
            _ => &self.former,
        }
    }

    fn stored_after(&self, operation: Operation, new: &NewState) -> Stored {
        if new.state.is_null() {
            Stored::Nothing
        } else if is_unconfirmed(&new.private) {
            Stored::Unconfirmed
        } else if operation.has_prior() && new.state == self.former {
            Stored::Former
        } else {
            assert_eq!(new.state, *self.planned(operation));
            Stored::Planned
        }
    }

    fn existing_after(&self, before: Option<&Json>) -> Existing {
        match self.stored_by_platform() {
            None => Existing::Nothing,
            Some(now) if now["description"] == THEIRS => Existing::Theirs,
            now if now.as_ref() == before => Existing::Former,
            Some(now) if before.is_none() || now["description"] == "Changed" => Existing::Planned,
            // Written a second time, to undo a change.
            Some(now) => {
                assert_eq!(now["description"], before.unwrap()["description"]);
                Existing::Former
            }
        }
    }

    async fn prior(&self, operation: Operation) -> NewState {
        if !operation.has_prior() {
            return NewState::gone();
        }
        let request = ApplyRequest {
            prior: Value::Null,
            planned: self.former.clone(),
            private: Vec::new(),
        };
        let created = self
            .healthy
            .resource
            .create(request, &Context::default())
            .await;
        assert!(created.diagnostics.is_empty(), "{created:?}");
        created
    }

    async fn run(
        &self,
        resource: &BitbucketConnectorResource,
        operation: Operation,
        prior: &NewState,
    ) -> NewState {
        let context = Context::default();
        let request = ApplyRequest {
            prior: prior.state.clone(),
            planned: self.planned(operation).clone(),
            private: prior.private.clone(),
        };
        match operation {
            Operation::Create | Operation::Test | Operation::RequiredTest => {
                resource.create(request, &context).await
            }
            Operation::Read => {
                let (state, private) = (prior.state.clone(), prior.private.clone());
                resource.read(state, private, &context).await
            }
            Operation::Update | Operation::RequiredTestOfUpdate => {
                resource.update(request, &context).await
            }
            Operation::Delete => {
                let (state, private) = (prior.state.clone(), prior.private.clone());
                resource.delete(state, private, &context).await
            }
            Operation::Lookups => {
                let plan = PlanRequest {
                    prior: request.prior,
                    config: self.referring.clone(),
                    planned: request.planned,
                    private: request.private,
                };
                let planned = resource.plan(plan, &context).await;
                assert_eq!(planned.state, self.referring, "a lookup changes no plan");
                prior.clone().with(planned.diagnostics)
            }
            Operation::List => unreachable!("no call of the resource"),
        }
    }

    /// Runs the next run without a fault: a refresh, and what is then left to do. Afterwards the platform and the state
    /// agree with the configuration.
    async fn next(&self, operation: Operation, after: &NewState) -> &'static str {
        let (resource, context) = (&self.healthy.resource, Context::default());
        let planned = self.planned(operation);
        let mut known = after.clone();
        if !known.state.is_null() {
            known = resource.read(known.state, known.private, &context).await;
            let stored = self.stored_by_platform();
            if stored.is_some_and(|stored| stored["type"] != "Bitbucket") {
                assert!(known.diagnostics.has_errors(), "{known:?}");
                return "an error";
            }
            assert!(!known.diagnostics.has_errors(), "{:?}", known.diagnostics);
        }
        let request = ApplyRequest {
            prior: known.state.clone(),
            planned: planned.clone(),
            private: known.private.clone(),
        };
        let (does, done) = match (operation, known.state.is_null()) {
            (Operation::Delete, true) => ("nothing", known),
            (Operation::Delete, false) => (
                "delete",
                resource.delete(known.state, known.private, &context).await,
            ),
            // The response said that it does not exist, but it does, or another one does.
            (_, true) if self.stored_by_platform().is_some() => {
                let taken = resource.create(request, &context).await;
                let said = taken.diagnostics.iter().next().unwrap();
                assert!(said.detail.contains("terraform import"), "{said:?}");
                return "import";
            }
            (_, true) => ("create", resource.create(request, &context).await),
            (_, false) if known.state == *planned => ("nothing", known),
            (_, false) => ("update", resource.update(request, &context).await),
        };
        assert!(!done.diagnostics.has_errors(), "{:?}", done.diagnostics);
        if operation == Operation::Delete {
            assert!(done.state.is_null());
        } else {
            assert_eq!(done.state, *planned);
            assert!(self.stored_by_platform().is_some());
        }
        does
    }

    /// Returns the requests about the connector.
    fn steps(&self) -> Vec<Step> {
        let own = format!("{CONNECTORS}/{IDENTIFIER}");
        let test = Operation::Test.request().1;
        let requests = self.sandbox.requests();
        let steps =
            requests
                .iter()
                .filter_map(|request| match (request.method.as_str(), &request.path) {
                    ("GET", path) if *path == own => Some(Step::Read),
                    ("DELETE", path) if *path == own => Some(Step::Delete),
                    ("POST", path) if *path == test => Some(Step::Test),
                    ("POST", path) if path == CONNECTORS => Some(Step::Create),
                    ("PUT", path) if path == CONNECTORS => Some(Step::Write),
                    _ => None,
                });
        steps.collect()
    }

    fn stored_by_platform(&self) -> Option<Json> {
        self.sandbox
            .object(Kind::Connector, &Scope::account(), IDENTIFIER)
    }

    /// Returns all other connectors.
    fn others(&self) -> Vec<Json> {
        let mut connectors = self.sandbox.state()["connectors"].take();
        let mut others = connectors.as_array_mut().unwrap().clone();
        others.retain(|connector| {
            connector
                .pointer("/connector/identifier")
                .or(connector.get("identifier"))
                != Some(&IDENTIFIER.into())
        });
        others
    }
}

/// Returns whether the private state says that the connector may not exist.
fn is_unconfirmed(private: &[u8]) -> bool {
    let private: Json = serde_json::from_slice(private).unwrap();
    private["unconfirmed"] == true
}

/// Returns the planned connector of every case.
fn connector(resource: &BitbucketConnectorResource) -> Value {
    let reference = format!("account.{IDENTIFIER}");
    let ty = resource.schema().block.ty();
    with_texts(
        resource.schema().block.null_object(),
        &[
            ("id", IDENTIFIER),
            ("ref", &reference),
            ("identifier", IDENTIFIER),
            ("name", "Bitbucket Cloud"),
            ("url_type", "Account"),
            ("connection_type", "HTTP"),
            ("url", "https://bitbucket.org/acme/"),
            ("test_repository", "web.git"),
            ("connectivity_mode", "Delegate"),
        ],
    )
    .with("credentials", http(&ty, "account.bitbucket_token"))
    .with("unmanaged", Value::set([]))
}

/// Returns `credentials` with the block `http` and this secret as the password.
fn http(ty: &Type, password_ref: &str) -> Value {
    let http = with_texts(
        block(ty, &["credentials", "http"]),
        &[("username", "jdoe"), ("password_ref", password_ref)],
    );
    block(ty, &["credentials"]).with("http", http)
}

/// Returns a platform with another account that has a connector with the same identifier.
fn other_account() -> Arc<Running> {
    const OTHER: &str = "OTHER_acct-000000001B";
    let mut account = Account::built_in().unwrap();
    for key in &mut account.keys {
        key.token = key.token.replace(&account.identifier, OTHER);
    }
    OTHER.clone_into(&mut account.identifier);
    let options = Options {
        account: Some(account),
        ..Options::default()
    };
    Arc::new(Sandbox::start(options).unwrap())
}

/// Lists the connectors of the account: how many, and the diagnostics.
async fn list(served: &Served) -> (usize, Vec<Diagnostic>) {
    let resource = served.lists.values().next().unwrap();
    let request = ListRequest {
        config: resource.schema().block.null_object(),
        include_resource: true,
        limit: None,
    };
    let (send, mut receive) = mpsc::channel::<Listed>(1);
    let context = Context::default();
    let collected = async {
        let (mut found, mut findings) = (0, Vec::new());
        while let Some(listed) = receive.recv().await {
            found += usize::from(listed.object.is_some());
            // What this provider does not know about a connector of the sandbox does not belong to the fault.
            let of_itself = listed.object.is_none();
            findings.extend(listed.diagnostics.into_iter().filter(|_| of_itself));
        }
        (found, findings)
    };
    let ((), collected) = tokio::join!(resource.list(request, send, &context), collected);
    collected
}

/// Returns a client of the sandbox that uses an endpoint.
pub(crate) fn config(
    sandbox: &Running,
    endpoint: &str,
    authority: Option<Vec<u8>>,
    silence: Duration,
) -> ClientConfig {
    ClientConfig {
        endpoint: Endpoint::parse(endpoint).unwrap(),
        account_id: sandbox.account_id().to_owned(),
        api_key: ApiKey::parse(sandbox.api_key()).unwrap(),
        user_agent: "matrix".to_owned(),
        request_timeout: silence,
        retry_timeout: BUDGET,
        max_requests_per_minute: None,
        ca_certificate_pem: authority,
        proxy: None,
        log_filter: str::to_owned,
    }
}

/// Returns what the provider offers with such a client.
pub(crate) fn serve(config: ClientConfig, connection_test: ConnectionTestMode) -> Served {
    let silence = config.request_timeout;
    let trial = Trial::new(config, silence).unwrap();
    let provider_data = SharedProviderData::default();
    let served = Served {
        resource: BitbucketConnectorResource::new(provider_data.clone()),
        lists: list_resources(&provider_data),
        trial,
        provider_data,
    };
    served.configure(connection_test);
    served
}
