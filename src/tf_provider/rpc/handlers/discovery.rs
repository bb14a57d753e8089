//! What the provider offers: names, schemas, signatures, and capabilities.

use std::collections::BTreeMap;

use crate::proto::tfplugin5 as proto;
use crate::provider::{Named, Provider};
use crate::rpc::answer::Answer;
use crate::rpc::schemas;

/// Returns what this server supports beyond the first version of the protocol.
fn capabilities() -> proto::ServerCapabilities {
    proto::ServerCapabilities {
        plan_destroy: true,
        get_provider_schema_optional: true,
        move_resource_state: true,
        generate_resource_config: true,
    }
}

/// Returns a message for each item, by name.
fn by_name<T: ?Sized, M>(things: &Named<T>, message: impl Fn(&T) -> M) -> BTreeMap<String, M> {
    let things = things.iter();
    things
        .map(|(name, thing)| ((*name).to_owned(), message(thing)))
        .collect()
}

/// Returns a message for each name, in order.
fn names<T: ?Sized, M>(things: &Named<T>, message: impl Fn(String) -> M) -> Vec<M> {
    things
        .keys()
        .map(|name| message((*name).to_owned()))
        .collect()
}

pub(crate) fn metadata(
    provider: &dyn Provider,
    _request: proto::get_metadata::Request,
) -> Answer<proto::get_metadata::Response> {
    use proto::get_metadata::{
        ActionMetadata, DataSourceMetadata, FunctionMetadata, ListResourceMetadata,
        ResourceMetadata,
    };
    let offers = provider.offers();
    Ok(proto::get_metadata::Response {
        server_capabilities: Some(capabilities()),
        diagnostics: Vec::new(),
        data_sources: names(&offers.data_sources, |type_name| DataSourceMetadata {
            type_name,
        }),
        resources: names(&offers.resources, |type_name| ResourceMetadata {
            type_name,
        }),
        functions: names(&offers.functions, |name| FunctionMetadata { name }),
        ephemeral_resources: Vec::new(),
        list_resources: names(&offers.list_resources, |type_name| ListResourceMetadata {
            type_name,
        }),
        actions: names(&offers.actions, |type_name| ActionMetadata { type_name }),
    })
}

pub(crate) fn schema(
    provider: &dyn Provider,
    _request: proto::get_provider_schema::Request,
) -> Answer<proto::get_provider_schema::Response> {
    let offers = provider.offers();
    Ok(proto::get_provider_schema::Response {
        provider: Some(schemas::schema(provider.schema())),
        resource_schemas: by_name(&offers.resources, |it| schemas::schema(it.schema())),
        data_source_schemas: by_name(&offers.data_sources, |it| schemas::schema(it.schema())),
        diagnostics: Vec::new(),
        provider_meta: None,
        server_capabilities: Some(capabilities()),
        functions: by_name(&offers.functions, |it| schemas::function(it.signature())),
        ephemeral_resource_schemas: BTreeMap::new(),
        list_resource_schemas: by_name(&offers.list_resources, |it| schemas::schema(it.schema())),
        action_schemas: by_name(&offers.actions, |it| proto::ActionSchema {
            schema: Some(schemas::schema(it.schema())),
        }),
    })
}

pub(crate) fn identity_schemas(
    provider: &dyn Provider,
    _request: proto::get_resource_identity_schemas::Request,
) -> Answer<proto::get_resource_identity_schemas::Response> {
    let resources = provider.offers().resources.iter();
    let identity_schemas = resources.filter_map(|(name, resource)| {
        let schema = resource.identity_schema()?;
        Some(((*name).to_owned(), schemas::identity(schema)))
    });
    Ok(proto::get_resource_identity_schemas::Response {
        identity_schemas: identity_schemas.collect(),
        diagnostics: Vec::new(),
    })
}

pub(crate) fn functions(
    provider: &dyn Provider,
    _request: proto::get_functions::Request,
) -> Answer<proto::get_functions::Response> {
    Ok(proto::get_functions::Response {
        functions: by_name(&provider.offers().functions, |it| {
            schemas::function(it.signature())
        }),
        diagnostics: Vec::new(),
    })
}
