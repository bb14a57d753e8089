//! What a provider has to offer: its own configuration, and what it serves.

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
    /// The declaration of the `provider` block.
    fn schema(&self) -> &Schema;

    /// Judges the `provider` block without asking anybody. Values may be unknown: no opinion on those.
    fn validate(&self, config: &Value) -> Diagnostics;

    /// Takes the `provider` block over, before any call that needs it. Values may be unknown while a plan is made.
    async fn configure(&self, config: Value, terraform_version: &str) -> Diagnostics;

    /// What is served.
    fn offers(&self) -> &Offers;
}

/// What a provider serves, each kind by its full name, such as `cloud_network`.
#[derive(Default)]
pub struct Offers {
    /// `resource` blocks.
    pub resources: Named<dyn Resource>,
    /// `data` blocks.
    pub data_sources: Named<dyn DataSource>,
    /// Functions, by the name behind `provider::<provider>::`.
    pub functions: Named<dyn Function>,
    /// `list` blocks; each has the name of a resource.
    pub list_resources: Named<dyn ListResource>,
    /// `action` blocks.
    pub actions: Named<dyn Action>,
}

/// Things by their name, in the order in which everybody sees them.
pub type Named<T> = BTreeMap<&'static str, Box<T>>;
