//! The trait for a provider: its own configuration, and what it offers.

use std::collections::BTreeMap;

use async_trait::async_trait;

use super::action::Action;
use super::data_source::DataSource;
use super::diagnostic::Diagnostics;
use super::function::Function;
use super::list_resource::ListResource;
use super::resource::Resource;
use super::schema::Schema;
use super::value::Value;

/// A provider.
#[async_trait]
pub trait Provider: Send + Sync + 'static {
    /// Returns the declaration of the `provider` block.
    fn schema(&self) -> &Schema;

    /// Validates the `provider` block offline. Values may be unknown, and unknown values are not checked.
    fn validate(&self, config: &Value) -> Diagnostics;

    /// Configures the provider, before any call that needs it. Values may be unknown during a plan.
    async fn configure(&self, config: Value, terraform_version: &str) -> Diagnostics;

    /// Returns what the provider offers.
    fn offers(&self) -> &Offers;
}

/// What a provider offers, by full name, such as `cloud_network`.
#[derive(Default)]
pub struct Offers {
    /// `resource` blocks.
    pub resources: Named<dyn Resource>,
    /// `data` blocks.
    pub data_sources: Named<dyn DataSource>,
    /// Functions, by the name after `provider::<provider>::`.
    pub functions: Named<dyn Function>,
    /// `list` blocks; each has the name of a resource.
    pub list_resources: Named<dyn ListResource>,
    /// `action` blocks.
    pub actions: Named<dyn Action>,
}

/// Items by name, in the order in which they are shown.
pub type Named<T> = BTreeMap<&'static str, Box<T>>;
