//! `harness_bitbucket_connectors`: all Bitbucket connectors of a scope, optionally with everything below it, filtered.

use harness_platform::Scope;
use tf_provider::data_source::Reading;
use tf_provider::diagnostic::Diagnostics;
use tf_provider::resource::Context;
use tf_provider::schema::{Attribute, Schema};
use tf_provider::typed::TypedDataSource;
use tf_provider::value::Value;

use crate::bitbucket_connector::connector::unmanaged::UnreadableParts;
use crate::bitbucket_connector::queries::coverage::Coverage;
use crate::bitbucket_connector::queries::filter::{self, FilterArguments};
use crate::bitbucket_connector::queries::pages::{self, Listing};
use crate::bitbucket_connector::queries::walk::{Step, Walk};
use crate::bitbucket_connector::queries::{find, view};
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
        let client = &task.provider_data.client;
        let operation = &task.operation;
        let mut found = Found::default();
        if arguments.is_recursive() {
            let failed = |error| find::not_read(&filter.scope, &error);
            let walk = Walk::begin(client, &filter, true, operation).await;
            let mut walk = walk.map_err(failed)?;
            let mut coverage = Coverage::of(&filter.scope);
            while let Some(step) = walk.next().await.map_err(failed)? {
                match step {
                    Step::Listed(scope, listing) => {
                        coverage.add_read();
                        found.add(&scope, &listing);
                    }
                    Step::Gap(gap) => coverage.add_gap(gap)?,
                }
            }
            found.diagnostics.extend(coverage.finish()?);
        } else {
            let listing = pages::all(client, &filter, operation).await;
            let listing = listing.map_err(|error| find::not_read(&filter.scope, &error))?;
            found.add(&filter.scope, &listing);
        }
        if found.connectors.is_empty() {
            find::see_scope(&task, &filter.scope).await?;
        }
        Ok(found.into_reading())
    }
}

/// The connectors found so far, in the order of the scopes.
#[derive(Default)]
struct Found {
    connectors: Vec<Value>,
    unreadable_parts: UnreadableParts,
    diagnostics: Diagnostics,
}

impl Found {
    fn add(&mut self, scope: &Scope, listing: &Listing) {
        let connectors = listing.connectors.iter();
        let described =
            connectors.map(|answer| view::describe(answer, scope, &mut self.unreadable_parts));
        self.connectors.extend(described);
        self.diagnostics.extend(listing.findings(scope));
    }

    fn into_reading(mut self) -> Reading {
        self.diagnostics
            .extend(self.unreadable_parts.into_warnings());
        Reading {
            state: Value::object([("connectors", Value::list(self.connectors))]),
            diagnostics: self.diagnostics,
        }
    }
}

/// Returns the declaration.
pub(super) fn schema() -> Schema {
    let mut attributes = filter::attributes();
    attributes.push(Attribute::objects(
        "connectors",
        view::attributes(),
        view::RESULT,
        "The connectors, sorted by scope (the account, then each organization before its projects) and then by `identifier`. \
         Each has the attributes of the data source `harness_bitbucket_connector`, except `last_modified_by` and \
         `last_change`, which need a request per connector.",
    ));
    Schema::new(
        "Lists the Bitbucket connectors of an account, organization, or project that the API key can view. With \
         `recursive`, also lists the connectors of the scopes below.",
        attributes,
    )
}
