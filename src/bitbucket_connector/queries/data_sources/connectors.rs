//! `harness_bitbucket_connectors`: all Bitbucket connectors of a scope, filtered.

use async_trait::async_trait;
use tf_provider::data_source::{DataSource, Reading};
use tf_provider::diagnostic::Diagnostics;
use tf_provider::resource::Context;
use tf_provider::schema::{Attribute, Block, Schema};
use tf_provider::value::Value;

use super::reading;
use crate::bitbucket_connector::connector::unmanaged_parts::UnmanagedParts;
use crate::bitbucket_connector::queries::{filter, find, pages, view};
use crate::harness::provider_data::SharedProviderData;

pub(crate) const TYPE_NAME: &str = "harness_bitbucket_connectors";

/// The data source `harness_bitbucket_connectors`.
#[derive(Debug)]
pub(super) struct ConnectorsDataSource {
    schema: Schema,
    access: SharedProviderData,
}

impl ConnectorsDataSource {
    pub(crate) fn new(access: SharedProviderData) -> Self {
        Self {
            schema: schema(),
            access,
        }
    }

    async fn look(
        &self,
        config: &Value,
        context: &Context,
    ) -> Result<(Value, Diagnostics), Diagnostics> {
        let search = filter::read(config)?;
        let task = find::task(&self.access, context)?;
        let listing = pages::all(&task.configured.client, &search, &task.operation)
            .await
            .map_err(|error| find::not_read(&search.scope, &error))?;
        if listing.connectors.is_empty() {
            find::see_scope(&task, &search.scope).await?;
        }
        let mut unmanaged_parts = UnmanagedParts::default();
        let connectors: Vec<Value> = listing
            .connectors
            .iter()
            .map(|answer| view::describe(answer, &search.scope, &mut unmanaged_parts))
            .collect();
        let state = config.clone().with("connectors", Value::List(connectors));
        let mut findings = listing.findings(&search.scope);
        findings.extend(unmanaged_parts.into_warnings());
        Ok((state, findings))
    }
}

fn schema() -> Schema {
    let mut attributes = filter::arguments();
    attributes.push(Attribute::objects(
        "connectors",
        view::attributes(),
        view::RESULT,
        "The connectors, sorted by `identifier`, each with the attributes of the data source \
         `harness_bitbucket_connector`.",
    ));
    Schema {
        version: 0,
        block: Block {
            description: "Lists the Bitbucket connectors of an account, an organization or a project: exactly there, not \
                          in what is above or below it, and only those that the API key may see.",
            attributes,
            blocks: Vec::new(),
        },
    }
}

#[async_trait]
impl DataSource for ConnectorsDataSource {
    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn validate(&self, config: &Value) -> Diagnostics {
        filter::check(config)
    }

    async fn read(&self, config: Value, context: &Context) -> Reading {
        reading(self.look(&config, context).await)
    }
}
