//! The list resource `harness_bitbucket_connector`: what can be imported, for `terraform query`.
//!
//! It lists page by page, so that a listing with a limit requests no more than it needs, and lists scopes below one by
//! one.

use std::collections::BTreeMap;

use harness_platform::{ConnectorAnswer, ConnectorRef, Scope};
use tf_provider::diagnostic::Diagnostics;
use tf_provider::field::ToValue;
use tf_provider::list_resource::{ListRequest, ListResource, Listed, ListedObject};
use tf_provider::provider::Named;
use tf_provider::resource::Context;
use tf_provider::schema::Schema;
use tf_provider::typed::{Typed, TypedListResource};
use tokio::sync::mpsc::Sender;

use super::coverage::Coverage;
use super::filter::{self, Filter, FilterArguments};
use super::find;
use super::pages::{Listing, Pages};
use super::walk::{Step, Walk};
use crate::bitbucket_connector::connector::model::Model;
use crate::bitbucket_connector::connector::{TYPE_NAME, named, unmanaged};
use crate::bitbucket_connector::resource::task::Task;
use crate::bitbucket_connector::resource::{convert, identity};
use crate::harness::provider_data::SharedProviderData;

/// Returns all list resources, by type name; `provider_data` is set when the provider is configured.
pub fn list_resources(provider_data: &SharedProviderData) -> Named<dyn ListResource> {
    let schema = Schema::new(
        "Lists the Bitbucket connectors of an account, organization, or project that the API key can view, with their \
         identities for import. With `recursive`, also lists the connectors of the scopes below.",
        filter::attributes(),
    );
    let connectors: Box<dyn ListResource> =
        Box::new(Typed::new(schema, ConnectorList(provider_data.clone())));
    BTreeMap::from([(TYPE_NAME, connectors)])
}

/// The list resource.
#[derive(Debug)]
struct ConnectorList(SharedProviderData);

impl TypedListResource for ConnectorList {
    type Arguments = FilterArguments;

    async fn list(
        &self,
        arguments: FilterArguments,
        request: &ListRequest,
        found: &Sender<Listed>,
        context: &Context,
    ) -> Result<(), Diagnostics> {
        let filter = arguments.filter()?;
        let task = find::task(&self.0, context)?;
        if arguments.is_recursive() {
            return list_below(&task, &filter, request, found).await;
        }
        let client = &task.provider_data.client;
        let mut pages = Pages::of(client, &filter, &task.operation);
        let mut output = Output::of(&task, request, found);
        while output.left > 0 {
            let page = pages.next().await;
            let page = page.map_err(|error| find::not_read(&filter.scope, &error))?;
            let Some(page) = page else {
                // The platform returns an empty list for a scope that does not exist.
                if output.is_empty() {
                    find::see_scope(&task, &filter.scope).await?;
                }
                return Ok(());
            };
            if !output.send(&filter.scope, &page).await {
                return Ok(());
            }
        }
        Ok(())
    }
}

/// Lists a scope and everything below it, one scope after the other.
async fn list_below(
    task: &Task,
    filter: &Filter,
    request: &ListRequest,
    found: &Sender<Listed>,
) -> Result<(), Diagnostics> {
    let client = &task.provider_data.client;
    let failed = |error| find::not_read(&filter.scope, &error);
    let walk = Walk::begin(client, filter, true, &task.operation).await;
    let mut walk = walk.map_err(failed)?;
    let mut coverage = Coverage::of(&filter.scope);
    let mut output = Output::of(task, request, found);
    while output.left > 0
        && let Some(step) = walk.next().await.map_err(failed)?
    {
        match step {
            Step::Listed(scope, listing) => {
                coverage.add_read();
                if !output.send(&scope, &listing).await {
                    return Ok(());
                }
            }
            Step::Gap(gap) => coverage.add_gap(gap)?,
        }
    }
    if let Some(warning) = coverage.finish()? {
        Listed::findings(warning.into()).send(found).await;
    }
    if output.is_empty() {
        find::see_scope(task, &filter.scope).await?;
    }
    Ok(())
}

/// The events of a listing.
struct Output<'a> {
    account_id: &'a str,
    request: &'a ListRequest,
    found: &'a Sender<Listed>,
    /// How many connectors may still be sent.
    left: u64,
}

impl<'a> Output<'a> {
    fn of(task: &'a Task, request: &'a ListRequest, found: &'a Sender<Listed>) -> Self {
        Self {
            account_id: task.provider_data.client.account_id(),
            request,
            found,
            left: request.limit.unwrap_or(u64::MAX),
        }
    }

    /// Returns whether no connector has been sent.
    fn is_empty(&self) -> bool {
        self.left == self.request.limit.unwrap_or(u64::MAX)
    }

    /// Sends the connectors of a scope, up to the limit, after the warnings about them. Returns `false` if the host has
    /// disconnected.
    async fn send(&mut self, scope: &Scope, listing: &Listing) -> bool {
        let findings = listing.findings(scope);
        if !findings.is_empty() && !Listed::findings(findings).send(self.found).await {
            return false;
        }
        for answer in &listing.connectors {
            if self.left == 0 {
                break;
            }
            let include_resource = self.request.include_resource;
            let listed = describe(self.account_id, scope, answer, include_resource);
            if !listed.send(self.found).await {
                return false;
            }
            self.left -= 1;
        }
        true
    }
}

/// Returns the connector for an event, with diagnostics about what the resource cannot represent.
fn describe(
    account_id: &str,
    scope: &Scope,
    answer: &ConnectorAnswer,
    include_resource: bool,
) -> Listed {
    let identifier = answer.connector.identifier();
    let name = answer.connector.name();
    let mut object = ListedObject {
        identity: identity::found(account_id, scope, identifier),
        display_name: if name.is_empty() { identifier } else { name }.to_owned(),
        resource: None,
    };
    if !include_resource {
        return Listed::object(object, Diagnostics::new());
    }
    let reading = answer.connector.bitbucket();
    let model = convert::observed(&reading, scope, &Model::default());
    object.resource = Some(model.to_value());
    let connector = ConnectorRef::new(scope.clone(), identifier);
    Listed::object(object, unmanaged::of_import(&named(&connector), &reading))
}
