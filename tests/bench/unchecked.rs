//! The provider without its rules, to measure what the rules cost. Schemas and everything else that `terraform
//! validate` needs are the provider's, but resources are not checked.
//!
//! Terraform starts this benchmark's own program as the provider, so both are built with the same settings.

use std::collections::BTreeMap;
use std::process::ExitCode;

use terraform_provider_harness::PLUGIN;
use terraform_provider_harness::provider::HarnessProvider;
use tf_provider::diagnostic::Diagnostics;
use tf_provider::plugin;
use tf_provider::provider::{Offers, Provider};
use tf_provider::resource::{ApplyRequest, Context, NewState, PlanRequest, Resource};
use tf_provider::rpc::Server;
use tf_provider::schema::Schema;
use tf_provider::value::Value;

/// Serves the provider without rules, until Terraform ends it.
pub(super) fn serve() -> ExitCode {
    plugin::run(PLUGIN, &[], || Server::new(Unchecked::new()))
}

struct Unchecked {
    provider: HarnessProvider,
    offers: Offers,
}

impl Unchecked {
    fn new() -> Self {
        let provider = HarnessProvider::new();
        let resources = provider.offers().resources.iter();
        let resources: BTreeMap<&'static str, Box<dyn Resource>> = resources
            .map(|(name, resource)| {
                let unchecked: Box<dyn Resource> = Box::new(Declared(resource.schema().clone()));
                (*name, unchecked)
            })
            .collect();
        Self {
            provider,
            offers: Offers {
                resources,
                ..Offers::default()
            },
        }
    }
}

#[async_trait::async_trait]
impl Provider for Unchecked {
    fn schema(&self) -> &Schema {
        self.provider.schema()
    }

    fn validate(&self, config: &Value) -> Diagnostics {
        self.provider.validate(config)
    }

    async fn configure(&self, config: Value, terraform_version: &str) -> Diagnostics {
        self.provider.configure(config, terraform_version).await
    }

    fn offers(&self) -> &Offers {
        &self.offers
    }
}

/// A resource that has only its declaration, which is all that `terraform validate` needs.
struct Declared(Schema);

#[async_trait::async_trait]
impl Resource for Declared {
    fn schema(&self) -> &Schema {
        &self.0
    }

    fn validate(&self, _config: &Value) -> Diagnostics {
        Diagnostics::new()
    }

    async fn plan(&self, _request: PlanRequest, _context: &Context) -> NewState {
        unreachable!("the benchmark only validates")
    }

    async fn create(&self, _request: ApplyRequest, _context: &Context) -> NewState {
        unreachable!("the benchmark only validates")
    }

    async fn read(&self, _current: Value, _private: Vec<u8>, _context: &Context) -> NewState {
        unreachable!("the benchmark only validates")
    }

    async fn update(&self, _request: ApplyRequest, _context: &Context) -> NewState {
        unreachable!("the benchmark only validates")
    }

    async fn delete(&self, _prior: Value, _private: Vec<u8>, _context: &Context) -> NewState {
        unreachable!("the benchmark only validates")
    }

    async fn import(&self, _id: &str, _context: &Context) -> Result<NewState, Diagnostics> {
        unreachable!("the benchmark only validates")
    }
}
