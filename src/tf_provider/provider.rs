//! What a provider has to offer: its own configuration, and the resource types that it serves.

use super::diagnostic::Diagnostics;
use super::resource::Resource;
use super::schema::Schema;
use super::value::Value;
use async_trait::async_trait;
use std::collections::BTreeMap;

/// A provider.
#[async_trait]
pub trait Provider: Send + Sync + 'static {
    /// The declaration of the `provider` block.
    fn schema(&self) -> &Schema;

    /// Judges the `provider` block without asking anybody. Values may be unknown: no opinion on those.
    fn validate(&self, config: &Value) -> Diagnostics;

    /// Takes the `provider` block over, before any call that needs it. Values may be unknown while a plan is made.
    async fn configure(&self, config: Value, terraform_version: &str) -> Diagnostics;

    /// The resource types by their full name, such as `harness_bitbucket_connector`.
    fn resources(&self) -> &BTreeMap<&'static str, Box<dyn Resource>>;
}
