//! The list resource `harness_bitbucket_connector`: what there is to be imported, for `terraform query`.
//!
//! Page by page, so that a listing with a limit asks for no more than it needs.

use std::collections::BTreeMap;

use async_trait::async_trait;
use harness_platform::{ConnectorAnswer, ConnectorRef, Scope};
use tf_provider::diagnostic::Diagnostics;
use tf_provider::field::ToValue;
use tf_provider::list_resource::{ListRequest, ListResource, Listed, ListedObject};
use tf_provider::provider::Named;
use tf_provider::resource::Context;
use tf_provider::schema::{Block, Schema};
use tf_provider::value::Value;
use tokio::sync::mpsc::Sender;

use super::pages::Pages;
use super::{filter, find};
use crate::bitbucket_connector::connector::model::Model;
use crate::bitbucket_connector::connector::{TYPE_NAME, named, unmanaged};
use crate::bitbucket_connector::resource::{convert, identity};
use crate::harness::provider_data::SharedProviderData;

/// All list resources, by their type names; `access` is opened when the provider is configured.
pub(crate) fn list_resources(access: &SharedProviderData) -> Named<dyn ListResource> {
    let connectors: Box<dyn ListResource> = Box::new(ConnectorList {
        schema: schema(),
        access: access.clone(),
    });
    BTreeMap::from([(TYPE_NAME, connectors)])
}

/// The list resource.
#[derive(Debug)]
struct ConnectorList {
    schema: Schema,
    access: SharedProviderData,
}

fn schema() -> Schema {
    Schema {
        version: 0,
        block: Block {
            description: "Lists the Bitbucket connectors of an account, an organization or a project, with the identities \
                          by which they can be imported: exactly there, not in what is above or below it, and only those \
                          that the API key may see.",
            attributes: filter::arguments(),
            blocks: Vec::new(),
        },
    }
}

impl ConnectorList {
    async fn send_all(
        &self,
        request: &ListRequest,
        found: &Sender<Listed>,
        context: &Context,
    ) -> Result<(), Diagnostics> {
        let search = filter::read(&request.config)?;
        let task = find::task(&self.access, context)?;
        let client = &task.configured.client;
        let mut pages = Pages::of(client, &search, &task.operation);
        let limit = request.limit.unwrap_or(u64::MAX);
        let mut left = limit;
        while left > 0 {
            let page = pages.next().await;
            let page = page.map_err(|error| find::not_read(&search.scope, &error))?;
            let Some(page) = page else {
                if left == limit {
                    find::see_scope(&task, &search.scope).await?;
                }
                return Ok(());
            };
            let findings = page.findings(&search.scope);
            if !findings.is_empty() && !send(found, None, findings).await {
                return Ok(());
            }
            for answer in page.connectors {
                let (object, findings) = describe(
                    client.account_id(),
                    &search.scope,
                    &answer,
                    request.include_resource,
                );
                left -= 1;
                if !send(found, Some(object), findings).await || left == 0 {
                    return Ok(());
                }
            }
        }
        Ok(())
    }
}

/// The connector for an event, and what it has that the resource cannot show.
fn describe(
    account_id: &str,
    scope: &Scope,
    answer: &ConnectorAnswer,
    include_resource: bool,
) -> (ListedObject, Diagnostics) {
    let identifier = answer.connector.identifier();
    let name = answer.connector.name();
    let mut object = ListedObject {
        identity: identity::found(account_id, scope, identifier),
        display_name: if name.is_empty() { identifier } else { name }.to_owned(),
        resource: None,
    };
    if !include_resource {
        return (object, Diagnostics::new());
    }
    let reading = answer.connector.bitbucket();
    let model = convert::observed(&reading, scope, &Model::default());
    object.resource = Some(model.to_value());
    let connector = ConnectorRef::new(scope.clone(), identifier);
    (object, unmanaged::of_import(&named(&connector), &reading))
}

/// Sends an event; false if nobody listens any more.
async fn send(
    found: &Sender<Listed>,
    object: Option<ListedObject>,
    diagnostics: Diagnostics,
) -> bool {
    let listed = Listed {
        object,
        diagnostics,
    };
    found.send(listed).await.is_ok()
}

#[async_trait]
impl ListResource for ConnectorList {
    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn validate(&self, config: &Value) -> Diagnostics {
        filter::check(config)
    }

    async fn list(&self, request: ListRequest, found: Sender<Listed>, context: &Context) {
        if let Err(findings) = self.send_all(&request, &found, context).await {
            send(&found, None, findings).await;
        }
    }
}
