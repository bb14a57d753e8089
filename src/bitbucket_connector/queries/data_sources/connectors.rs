//! `harness_bitbucket_connectors`: all Bitbucket connectors of a scope, filtered.

use tf_provider::data_source::Reading;
use tf_provider::diagnostic::Diagnostics;
use tf_provider::resource::Context;
use tf_provider::schema::{Attribute, Schema};
use tf_provider::typed::TypedDataSource;
use tf_provider::value::Value;

use crate::bitbucket_connector::connector::unmanaged::UnreadableParts;
use crate::bitbucket_connector::queries::filter::{self, FilterArguments};
use crate::bitbucket_connector::queries::{find, pages, view};
use crate::harness::provider_data::SharedProviderData;

pub(crate) const TYPE_NAME: &str = "harness_bitbucket_connectors";

/// The data source `harness_bitbucket_connectors`.
#[derive(Debug)]
pub(super) struct ConnectorsDataSource(pub(super) SharedProviderData);

impl TypedDataSource for ConnectorsDataSource {
    type Arguments = FilterArguments;

    async fn read(
        &self,
        arguments: FilterArguments,
        context: &Context,
    ) -> Result<Reading, Diagnostics> {
        let filter = arguments.filter()?;
        let task = find::task(&self.0, context)?;
        let listing = pages::all(&task.provider_data.client, &filter, &task.operation)
            .await
            .map_err(|error| find::not_read(&filter.scope, &error))?;
        if listing.connectors.is_empty() {
            find::see_scope(&task, &filter.scope).await?;
        }
        let mut unreadable_parts = UnreadableParts::default();
        let connectors = listing
            .connectors
            .iter()
            .map(|answer| view::describe(answer, &filter.scope, &mut unreadable_parts));
        let state = Value::object([("connectors", Value::list(connectors))]);
        let mut diagnostics = listing.findings(&filter.scope);
        diagnostics.extend(unreadable_parts.into_warnings());
        Ok(Reading { state, diagnostics })
    }
}

/// Its declaration.
pub(super) fn schema() -> Schema {
    let mut attributes = filter::attributes();
    attributes.push(Attribute::objects(
        "connectors",
        view::attributes(),
        view::RESULT,
        "The connectors, sorted by `identifier`, each with the attributes of the data source \
         `harness_bitbucket_connector` except `last_modified_by` and `last_change`, which cost a request for each connector.",
    ));
    Schema::new(
        "Lists the Bitbucket connectors of an account, an organization or a project: exactly there, not \
         in what is above or below it, and only those that the API key may see.",
        attributes,
    )
}
