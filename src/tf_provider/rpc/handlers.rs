//! The work behind each RPC that this provider offers: decode, call, encode.

use super::super::diagnostic::{Diagnostic, Diagnostics};
use super::super::proto::tfplugin5 as proto;
use super::super::provider::Provider;
use super::super::resource::{ApplyRequest, Context, NewState, PlanRequest, Resource};
use super::super::schema::planning;
use super::super::value::{Value, json};
use super::convert::{self, decode, decode_object, encode};

type Answer<A> = Result<A, Diagnostics>;

/// What this server can do beyond the first version of the protocol.
fn capabilities() -> proto::ServerCapabilities {
    proto::ServerCapabilities {
        plan_destroy: true,
        get_provider_schema_optional: true,
        move_resource_state: false,
        generate_resource_config: false,
    }
}

fn resource<'a>(provider: &'a impl Provider, type_name: &str) -> Answer<&'a dyn Resource> {
    let resources = &provider.offers().resources;
    if let Some(resource) = resources.get(type_name) {
        return Ok(&**resource);
    }
    let known: Vec<_> = resources.keys().copied().collect();
    Err(Diagnostic::error(
        format!("No resource \"{type_name}\""),
        format!(
            "Version {} of this provider has no resource of that name. It has: {}.",
            env!("CARGO_PKG_VERSION"),
            known.join(", ")
        ),
    )
    .into())
}

pub(super) fn metadata(provider: &impl Provider) -> proto::get_metadata::Response {
    proto::get_metadata::Response {
        server_capabilities: Some(capabilities()),
        resources: provider
            .offers()
            .resources
            .keys()
            .map(|name| proto::get_metadata::ResourceMetadata {
                type_name: (*name).to_owned(),
            })
            .collect(),
        ..Default::default()
    }
}

pub(super) fn schema(provider: &impl Provider) -> proto::get_provider_schema::Response {
    proto::get_provider_schema::Response {
        provider: Some(convert::schema(provider.schema())),
        resource_schemas: provider
            .offers()
            .resources
            .iter()
            .map(|(name, resource)| ((*name).to_owned(), convert::schema(resource.schema())))
            .collect(),
        server_capabilities: Some(capabilities()),
        ..Default::default()
    }
}

pub(super) fn prepare_provider_config(
    provider: &impl Provider,
    request: proto::prepare_provider_config::Request,
) -> Answer<proto::prepare_provider_config::Response> {
    let config = decode("config", request.config.as_ref(), &provider.schema().ty())?;
    Ok(proto::prepare_provider_config::Response {
        prepared_config: request.config,
        diagnostics: convert::diagnostics(provider.validate(&config)),
    })
}

pub(super) fn validate_resource(
    provider: &impl Provider,
    request: &proto::validate_resource_type_config::Request,
) -> Answer<proto::validate_resource_type_config::Response> {
    let resource = resource(provider, &request.type_name)?;
    let config = decode_object("config", request.config.as_ref(), &resource.schema().ty())?;
    Ok(proto::validate_resource_type_config::Response {
        diagnostics: convert::diagnostics(resource.validate(&config)),
    })
}

pub(super) fn upgrade_resource_state(
    provider: &impl Provider,
    request: &proto::upgrade_resource_state::Request,
) -> Answer<proto::upgrade_resource_state::Response> {
    let resource = resource(provider, &request.type_name)?;
    let schema = resource.schema();
    if request.version > schema.version {
        return Err(Diagnostic::error(
            "State of a newer provider",
            format!(
                "The state has version {} of the schema of {}; this provider knows versions up to {}. Use the provider \
                 version that wrote the state, or a newer one.",
                request.version, request.type_name, schema.version
            ),
        )
        .into());
    }
    let ty = schema.ty();
    let state = match &request.raw_state {
        None => Value::Null,
        Some(raw) if !raw.json.is_empty() => json::decode_lenient(&raw.json, &ty)
            .map_err(|error| unreadable_state(request, &error))?,
        Some(_) => {
            return Err(unreadable_state(
                request,
                &"it is in the form that Terraform wrote before version 0.12",
            ));
        }
    };
    Ok(proto::upgrade_resource_state::Response {
        upgraded_state: Some(encode(&state, &ty)?),
        diagnostics: Vec::new(),
    })
}

fn unreadable_state(
    request: &proto::upgrade_resource_state::Request,
    reason: &dyn std::fmt::Display,
) -> Diagnostics {
    Diagnostic::error(
        "State cannot be read",
        format!(
            "The stored state of a {} does not fit its schema: {reason}. Nothing was changed. Restore the state from a \
             backup, or remove the object from the state (`terraform state rm`) and import it again.",
            request.type_name
        ),
    )
    .into()
}

pub(super) async fn configure(
    provider: &impl Provider,
    request: proto::configure::Request,
) -> Answer<proto::configure::Response> {
    let config = decode("config", request.config.as_ref(), &provider.schema().ty())?;
    let diagnostics = provider.configure(config, &request.terraform_version).await;
    Ok(proto::configure::Response {
        diagnostics: convert::diagnostics(diagnostics),
    })
}

pub(super) async fn read_resource(
    provider: &impl Provider,
    request: proto::read_resource::Request,
    context: &Context,
) -> Answer<proto::read_resource::Response> {
    let resource = resource(provider, &request.type_name)?;
    let ty = resource.schema().ty();
    let current = decode_object("current_state", request.current_state.as_ref(), &ty)?;
    let read = resource.read(current, request.private, context).await;
    Ok(proto::read_resource::Response {
        new_state: Some(encode(&read.state, &ty)?),
        private: read.private,
        diagnostics: convert::diagnostics(read.diagnostics),
        ..Default::default()
    })
}

pub(super) async fn plan_resource_change(
    provider: &impl Provider,
    request: proto::plan_resource_change::Request,
    context: &Context,
) -> Answer<proto::plan_resource_change::Response> {
    let resource = resource(provider, &request.type_name)?;
    let block = &resource.schema().block;
    let ty = block.ty();
    let prior = decode("prior_state", request.prior_state.as_ref(), &ty)?;
    let proposed = decode(
        "proposed_new_state",
        request.proposed_new_state.as_ref(),
        &ty,
    )?;
    if proposed.is_null() {
        let diagnostics = resource.plan_destroy(&prior, context).await;
        return Ok(proto::plan_resource_change::Response {
            planned_state: Some(encode(&Value::Null, &ty)?),
            planned_private: request.prior_private,
            diagnostics: convert::diagnostics(diagnostics),
            ..Default::default()
        });
    }

    let config = decode_object("config", request.config.as_ref(), &ty)?;
    let planned = planning::planned_state(block, &prior, &config, &proposed);
    let request = PlanRequest {
        config,
        prior: prior.clone(),
        planned,
        private: request.prior_private,
    };
    let plan = resource.plan(request, context).await;
    let requires_replace = planning::replacements(block, &prior, &plan.state);
    Ok(proto::plan_resource_change::Response {
        planned_state: Some(encode(&plan.state, &ty)?),
        requires_replace: requires_replace.iter().map(convert::path).collect(),
        planned_private: plan.private,
        diagnostics: convert::diagnostics(plan.diagnostics),
        ..Default::default()
    })
}

pub(super) async fn apply_resource_change(
    provider: &impl Provider,
    request: proto::apply_resource_change::Request,
    private: Vec<u8>,
    context: &Context,
) -> Answer<proto::apply_resource_change::Response> {
    let resource = resource(provider, &request.type_name)?;
    let ty = resource.schema().ty();
    let planned = decode("planned_state", request.planned_state.as_ref(), &ty)?;

    let applied = if planned.is_null() {
        let prior = decode_object("prior_state", request.prior_state.as_ref(), &ty)?;
        resource.delete(prior, private, context).await
    } else {
        let prior = decode("prior_state", request.prior_state.as_ref(), &ty)?;
        let creation = prior.is_null();
        let request = ApplyRequest {
            prior,
            planned,
            private,
        };
        if creation {
            resource.create(request, context).await
        } else {
            resource.update(request, context).await
        }
    };
    Ok(proto::apply_resource_change::Response {
        new_state: Some(encode(&applied.state, &ty)?),
        private: applied.private,
        diagnostics: convert::diagnostics(applied.diagnostics),
        ..Default::default()
    })
}

pub(super) async fn import_resource_state(
    provider: &impl Provider,
    request: proto::import_resource_state::Request,
    context: &Context,
) -> Answer<proto::import_resource_state::Response> {
    let resource = resource(provider, &request.type_name)?;
    let NewState {
        state,
        private,
        diagnostics,
    } = resource.import(&request.id, context).await?;
    let imported = proto::import_resource_state::ImportedResource {
        state: Some(encode(&state, &resource.schema().ty())?),
        type_name: request.type_name,
        private,
        identity: None,
    };
    Ok(proto::import_resource_state::Response {
        imported_resources: vec![imported],
        diagnostics: convert::diagnostics(diagnostics),
        deferred: None,
    })
}
