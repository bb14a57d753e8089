//! Many connectors on the platform, and what Terraform knows about them.

use std::sync::Arc;
use std::time::Duration;

use harness_platform::ClientConfig;
use harness_sandbox::{Kind, Options, Running, Sandbox, Scope};
use serde_json::{Value as Json, json};
use terraform_provider_harness::bitbucket_connector::resource::BitbucketConnectorResource;
use terraform_provider_harness::harness::provider_data::ConnectionTestMode;
use tf_provider::resource::{Context, NewState, Resource};
use tokio::task::JoinSet;

use crate::fault_matrix::stage::{PATIENCE, Served, config, serve};

/// The path of the request that lists a scope.
pub(super) const LIST: &str = "/ng/api/connectors/listV2";

/// Many connectors of one scope, on a platform and in a state.
pub(super) struct World {
    pub(super) sandbox: Arc<Running>,
    pub(super) scope: Scope,
    pub(super) states: Vec<NewState>,
}

/// The cost of a refresh.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Cost {
    pub(super) reads: usize,
    pub(super) pages: usize,
}

/// Returns the identifier of one of many connectors.
pub(super) fn identifier(number: usize) -> String {
    format!("many_{number:05}")
}

impl World {
    /// Creates a project with this many connectors, each of which Terraform has read.
    pub(super) async fn with(count: usize) -> Self {
        let sandbox = Arc::new(Sandbox::start(Options::default()).unwrap());
        let scope = Scope::project("default", "default_project");
        for number in 0..count {
            let put = sandbox.put(
                Kind::Connector,
                &scope,
                &identifier(number),
                connector(number),
            );
            put.unwrap();
        }
        let mut world = Self {
            sandbox,
            scope,
            states: Vec::new(),
        };
        let served = world.serve();
        for number in 0..count {
            let id = format!("default/default_project/{}", identifier(number));
            let context = Context::default();
            let state = served.resource.import(&id, &context).await.unwrap();
            let read = served.resource.read(state.state, state.private, &context);
            world.states.push(NewState {
                diagnostics: [].into_iter().collect(),
                ..read.await
            });
        }
        world.sandbox.clear_requests();
        world
    }

    /// Returns the provider in a new process.
    pub(super) fn serve(&self) -> Served {
        serve(self.config(PATIENCE), ConnectionTestMode::Off)
    }

    /// Returns a client with this response timeout.
    pub(super) fn config(&self, silence: Duration) -> ClientConfig {
        config(&self.sandbox, &self.sandbox.endpoint(), None, silence)
    }

    /// Refreshes the first connectors one after the other, and then all others at the same time.
    pub(super) async fn refresh(&self, served: Served, one_by_one: usize) -> Vec<NewState> {
        refresh(&self.states, &Arc::new(served), one_by_one).await
    }

    /// Refreshes each connector in its own process, where nothing is listed.
    pub(super) async fn refresh_without_listing(&self) -> Vec<NewState> {
        let mut refreshed = Vec::new();
        for state in &self.states {
            refreshed.push(read(&self.serve().resource, state).await);
        }
        refreshed
    }

    /// Returns the cost of the requests since the last call, without lookups of who changed something.
    pub(super) fn cost(&self) -> Cost {
        let requests = self.sandbox.requests();
        self.sandbox.clear_requests();
        let (mut reads, mut pages) = (0, 0);
        for request in requests {
            match (request.method.as_str(), request.path.as_str()) {
                ("POST", LIST) => pages += 1,
                ("POST", "/audit/api/audits/list") => {}
                ("GET", _) => reads += 1,
                other => panic!("{other:?}"),
            }
        }
        Cost { reads, pages }
    }

    /// Returns the platform's response about a connector.
    pub(super) fn answer(&self, number: usize) -> Option<Json> {
        self.sandbox.connector(&self.scope, &identifier(number))
    }
}

/// Refreshes the first of these connectors one after the other, and then all others at the same time.
pub(super) async fn refresh(
    states: &[NewState],
    served: &Arc<Served>,
    one_by_one: usize,
) -> Vec<NewState> {
    let (first, others) = states.split_at(one_by_one);
    let mut refreshed = Vec::new();
    for state in first {
        refreshed.push(read(&served.resource, state).await);
    }
    let mut under_way = JoinSet::new();
    for (number, state) in others.iter().enumerate() {
        let (served, state) = (Arc::clone(served), state.clone());
        under_way.spawn(async move { (number, read(&served.resource, &state).await) });
    }
    let mut others = under_way.join_all().await;
    others.sort_by_key(|(number, _)| *number);
    refreshed.extend(others.into_iter().map(|(_, state)| state));
    refreshed
}

async fn read(resource: &BitbucketConnectorResource, state: &NewState) -> NewState {
    let (state, private) = (state.state.clone(), state.private.clone());
    resource.read(state, private, &Context::default()).await
}

/// Returns one of many connectors, as on the platform.
pub(super) fn connector(number: usize) -> Json {
    json!({
        "name": format!("Many {number}"),
        "type": "Bitbucket",
        "tags": {"team": "web"},
        "spec": {
            "url": format!("https://bitbucket.org/acme/web-{number}.git"),
            "type": "Repo",
            "authentication": {"type": "Http", "spec": {"type": "UsernamePassword",
                "spec": {"username": "x-token-auth", "passwordRef": "account.bitbucket_token"}}},
            "executeOnDelegate": true,
            "delegateSelectors": ["linux"],
        },
    })
}
