//! One case: an operation of the resource meets a fault, and afterwards, when all is well again, Terraform's next run.

use super::fault::{Fault, How};
use crate::bitbucket_connector::model::Model;
use crate::bitbucket_connector::private::Private;
use crate::bitbucket_connector::rules::testing::config;
use crate::bitbucket_connector::setting::{Member, Setting};
use crate::bitbucket_connector::{
    Access, BitbucketConnectorResource, Configured, ConnectionTestMode, plan,
};
use crate::platform::testing::Trial;
use crate::platform::{ApiKey, ClientConfig, Endpoint};
use crate::tf_provider::diagnostic::Diagnostic;
use crate::tf_provider::resource::{ApplyRequest, Context, NewState, Resource};
use crate::tf_provider::value::Value;
use harness_sandbox::{Action, Fault as Scripted, Kind, Options, Running, Sandbox, Scope};
use serde_json::Value as Json;
use std::time::Duration;

/// The identifier of the connector in every case.
pub(super) const IDENTIFIER: &str = "Bitbucket_Cloud";
/// How long an operation may keep trying.
pub(super) const BUDGET: Duration = Duration::from_millis(2_500);
/// How long an answer is waited for that may not come.
const SILENCE: Duration = Duration::from_secs(1);
/// How long an answer is waited for that is sure to come.
const PATIENCE: Duration = Duration::from_secs(30);
const CONNECTORS: &str = "/ng/api/connectors";

/// What Terraform asks the resource to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Operation {
    Create,
    Read,
    Update,
    Delete,
    /// The connection test after a create, whose failure is a warning.
    Test,
    /// The connection test after a create, whose failure undoes the create.
    RequiredTest,
    /// The connection test after an update, whose failure undoes the update.
    RequiredTestOfUpdate,
}

impl Operation {
    /// As the page and the table call it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Read => "read",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::Test => "test",
            Self::RequiredTest => "required test",
            Self::RequiredTestOfUpdate => "required test of an update",
        }
    }

    /// Method and path of its main request.
    fn request(self) -> (&'static str, String) {
        match self {
            Self::Create => ("POST", CONNECTORS.to_owned()),
            Self::Read => ("GET", format!("{CONNECTORS}/{IDENTIFIER}")),
            Self::Update => ("PUT", CONNECTORS.to_owned()),
            Self::Delete => ("DELETE", format!("{CONNECTORS}/{IDENTIFIER}")),
            Self::Test | Self::RequiredTest | Self::RequiredTestOfUpdate => {
                ("POST", format!("{CONNECTORS}/testConnection/{IDENTIFIER}"))
            }
        }
    }

    /// Whether there is a connector before it.
    fn has_prior(self) -> bool {
        matches!(
            self,
            Self::Read | Self::Update | Self::Delete | Self::RequiredTestOfUpdate
        )
    }

    fn test_mode(self) -> ConnectionTestMode {
        match self {
            Self::Test => ConnectionTestMode::Warn,
            Self::RequiredTest | Self::RequiredTestOfUpdate => ConnectionTestMode::Require,
            _ => ConnectionTestMode::Off,
        }
    }
}

/// How much a fault meets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Extent {
    /// The operation's main request, once.
    Once,
    /// Its main request, every time.
    Main,
    /// All its requests (of a connection test: that of the test, and all after it).
    All,
}

impl Extent {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Once => "once",
            Self::Main => "always",
            Self::All => "everything",
        }
    }
}

/// What the state has afterwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stored {
    Nothing,
    /// What it had before.
    Former,
    /// What was planned.
    Planned,
    /// What was planned, as something that may exist.
    Unconfirmed,
}

/// What the platform has afterwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Existing {
    Nothing,
    Former,
    Planned,
}

/// What came of a case.
#[derive(Clone, Debug)]
pub(super) struct Outcome {
    pub(super) findings: Vec<Diagnostic>,
    pub(super) stored: Stored,
    pub(super) existing: Existing,
    /// How many requests were sent; where there is no platform, how many were tried.
    pub(super) requests: usize,
    /// How long was waited between them.
    pub(super) waited: Duration,
    /// What the next run does when all is well again.
    pub(super) next: &'static str,
}

impl Outcome {
    pub(super) fn failed(&self) -> bool {
        let severity = crate::tf_provider::diagnostic::Severity::Error;
        self.findings
            .iter()
            .any(|finding| finding.severity == severity)
    }
}

/// A platform, and what Terraform is to make of it.
pub(super) struct Stage {
    sandbox: Running,
    /// The resource on a day on which nothing goes wrong.
    healthy: BitbucketConnectorResource,
    former: Value,
    changed: Value,
}

impl Stage {
    pub(super) fn new() -> Self {
        let with = |description: &str| {
            let hcl = format!(
                "connectivity_mode = \"Delegate\"\nidentifier = \"{IDENTIFIER}\"\ndescription = {description}\n"
            );
            let mut model = Model::read(&config(&hcl)).unwrap();
            // What a plan leaves to the provider.
            model.id = Setting::Unknown;
            model.reference = Setting::Unknown;
            plan::complete(model).write()
        };
        let sandbox = Sandbox::start(Options::default()).unwrap();
        let (healthy, _) = resource(
            &sandbox,
            &sandbox.endpoint(),
            None,
            ConnectionTestMode::Off,
            PATIENCE,
        );
        Self {
            sandbox,
            healthy,
            former: with("null"),
            changed: with("\"Changed\""),
        }
    }

    /// Plays a case; `None` where the fault cannot happen to the operation to this extent.
    pub(super) async fn play(
        &self,
        fault: &Fault,
        operation: Operation,
        extent: Extent,
    ) -> Option<Outcome> {
        // Without another request, its main request is everything.
        let alone = matches!(operation, Operation::Read | Operation::Test);
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
        let (endpoint, authority) = match &fault.how {
            How::At(place) => {
                let way = place.open().await;
                (way.endpoint, way.authority)
            }
            How::By(action) => {
                self.script(action(), operation, extent);
                (self.sandbox.endpoint(), None)
            }
        };
        let mode = operation.test_mode();
        let (resource, trial) = resource(&self.sandbox, &endpoint, authority, mode, SILENCE);
        let new = self.run(&resource, operation, &prior).await;
        self.sandbox.clear_faults();

        assert_eq!(self.others(), others, "something else was made or deleted");
        Some(Outcome {
            stored: self.judge_state(operation, &new),
            existing: self.judge_platform(before.as_ref()),
            requests: trial.requests(),
            waited: trial.waited(),
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

    fn planned(&self, operation: Operation) -> &Value {
        match operation {
            Operation::Update | Operation::RequiredTestOfUpdate => &self.changed,
            _ => &self.former,
        }
    }

    fn judge_state(&self, operation: Operation, new: &NewState) -> Stored {
        if new.state.is_null() {
            Stored::Nothing
        } else if Private::read(&new.private).unconfirmed {
            Stored::Unconfirmed
        } else if operation.has_prior() && new.state == self.former {
            Stored::Former
        } else {
            assert_eq!(new.state, *self.planned(operation));
            Stored::Planned
        }
    }

    fn judge_platform(&self, before: Option<&Json>) -> Existing {
        match self.stored_by_platform() {
            None => Existing::Nothing,
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
        let created = self.healthy.create(request, &Context::default()).await;
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
        }
    }

    /// The next run, in which nothing goes wrong: a refresh, and what is then left to do. Afterwards the platform has what
    /// the configuration says, and so has the state.
    async fn next(&self, operation: Operation, after: &NewState) -> &'static str {
        let (resource, context) = (&self.healthy, Context::default());
        let planned = self.planned(operation);
        let mut known = after.clone();
        if !known.state.is_null() {
            known = resource.read(known.state, known.private, &context).await;
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
            // Somebody said that it does not exist, and it does.
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

    fn stored_by_platform(&self) -> Option<Json> {
        self.sandbox
            .object(Kind::Connector, &Scope::account(), IDENTIFIER)
    }

    /// All other connectors.
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

/// The resource with access to an endpoint.
fn resource(
    sandbox: &Running,
    endpoint: &str,
    authority: Option<Vec<u8>>,
    connection_test: ConnectionTestMode,
    silence: Duration,
) -> (BitbucketConnectorResource, Trial) {
    let config = ClientConfig {
        endpoint: Endpoint::parse(endpoint).unwrap(),
        account_id: sandbox.account_id().to_owned(),
        api_key: ApiKey::parse(sandbox.api_key()).unwrap(),
        user_agent: "matrix".to_owned(),
        request_timeout: silence,
        retry_timeout: BUDGET,
        max_requests_per_minute: None,
        ca_certificate_pem: authority,
    };
    let trial = Trial::new(config, silence).unwrap();
    let access = Access::default();
    access.open(Configured {
        client: trial.client.clone(),
        connection_test,
        plan_checks: None,
    });
    (BitbucketConnectorResource::new(access), trial)
}
