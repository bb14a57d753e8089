//! Managed resources: validation, refresh, plan, apply.

use std::sync::Arc;

use super::offered;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::proto::tfplugin5 as proto;
use crate::provider::Provider;
use crate::resource::{ApplyRequest, Context, PlanRequest, Resource};
use crate::rpc::answer::Answer;
use crate::rpc::convert::{self, decode, decode_object, encode};
use crate::rpc::identity;
use crate::schema::{placeholder, planning};
use crate::value::Value;

pub(crate) fn validate(
    provider: &dyn Provider,
    request: proto::validate_resource_type_config::Request,
) -> Answer<proto::validate_resource_type_config::Response> {
    let resource = offered::resource(provider, &request.type_name)?;
    let schema = resource.schema();
    let config = decode_object("config", request.config.as_ref(), &schema.ty())?;
    let config = placeholder::undecided_as_unknown(&schema.block, config);
    Ok(proto::validate_resource_type_config::Response {
        diagnostics: convert::diagnostics(resource.validate(&config)),
    })
}

pub(crate) async fn read(
    provider: Arc<dyn Provider>,
    request: proto::read_resource::Request,
    context: Context,
) -> Answer<proto::read_resource::Response> {
    context.phase.has_read();
    let resource = offered::resource(&*provider, &request.type_name)?;
    let ty = resource.schema().ty();
    let current = decode_object("current_state", request.current_state.as_ref(), &ty)?;
    let prior_identity = request.current_identity.as_ref();
    let prior_identity = identity::decode(resource, "current_identity", prior_identity)?;
    identity::check(resource, prior_identity.as_ref(), &current)?;

    let before = (current.clone(), request.private.clone());
    let read = resource.read(current, request.private, &context).await;
    identity::check(resource, prior_identity.as_ref(), &read.state).map_err(|_| {
        let what = "The provider read an object with another identity than the stored one";
        Diagnostics::from(Diagnostic::own_bug(what))
    })?;
    // Hosts compare identities when they look for drift. A state without an identity, written by an older host, gets
    // one with the next change, not with a refresh.
    let is_unchanged = before.0 == read.state && before.1 == read.private;
    let new_identity = if read.state.is_null() || (prior_identity.is_none() && is_unchanged) {
        None
    } else {
        prior_identity.or_else(|| identity::known(resource, &read.state))
    };
    Ok(proto::read_resource::Response {
        new_state: Some(encode(&read.state, &ty)?),
        private: read.private,
        diagnostics: convert::diagnostics(context.explained.report(read.diagnostics)),
        deferred: None,
        new_identity: identity::encode(resource, new_identity.as_ref())?,
    })
}

pub(crate) async fn plan(
    provider: Arc<dyn Provider>,
    request: proto::plan_resource_change::Request,
    mut context: Context,
) -> Answer<proto::plan_resource_change::Response> {
    let capabilities = request.client_capabilities.as_ref();
    context.is_apply = context.phase.is_apply(capabilities);
    let resource = offered::resource(&*provider, &request.type_name)?;
    let block = &resource.schema().block;
    let ty = block.ty();
    let prior = decode("prior_state", request.prior_state.as_ref(), &ty)?;
    let proposed = request.proposed_new_state.as_ref();
    let proposed = decode("proposed_new_state", proposed, &ty)?;
    let prior_identity = request.prior_identity.as_ref();
    let prior_identity = identity::decode(resource, "prior_identity", prior_identity)?;
    identity::check(resource, prior_identity.as_ref(), &prior)?;

    if proposed.is_null() {
        let private = request.prior_private;
        return plan_destroy(resource, &prior, prior_identity.as_ref(), private, &context).await;
    }

    let config = decode_object("config", request.config.as_ref(), &ty)?;
    let planned = planning::planned_state(block, &prior, &config, &proposed);
    let request = PlanRequest {
        config: placeholder::undecided_as_unknown(block, config),
        prior: prior.clone(),
        planned,
        private: request.prior_private,
    };
    // When an object is replaced, Terraform plans the new one as a creation with the old one's private bytes, and shows
    // no warnings from that plan.
    let is_second_half = prior.is_null() && !request.private.is_empty();
    let plan = resource.plan(request, &context).await;
    let diagnostics = if is_second_half {
        context.explained.report_errors(plan.diagnostics)
    } else {
        context.explained.report(plan.diagnostics)
    };
    let requires_replace = planning::replacements(block, &prior, &plan.state);
    let planned_identity = if prior.is_null() {
        // Parts may be known only after apply. OpenTofu 1.12 cannot store such an identity, and no host needs one.
        identity::known(resource, &plan.state)
    } else {
        // For a replacement, Terraform plans again, as for a creation.
        prior_identity.or_else(|| identity::known(resource, &prior))
    };
    Ok(proto::plan_resource_change::Response {
        planned_state: Some(encode(&plan.state, &ty)?),
        requires_replace: requires_replace.iter().map(convert::path).collect(),
        planned_private: plan.private,
        diagnostics: convert::diagnostics(diagnostics),
        legacy_type_system: false,
        deferred: None,
        planned_identity: identity::encode(resource, planned_identity.as_ref())?,
    })
}

async fn plan_destroy(
    resource: &dyn Resource,
    prior: &Value,
    identity: Option<&Value>,
    private: Vec<u8>,
    context: &Context,
) -> Answer<proto::plan_resource_change::Response> {
    let diagnostics = resource.plan_destroy(prior, &private, context).await;
    Ok(proto::plan_resource_change::Response {
        planned_state: Some(encode(&Value::Null, &resource.schema().ty())?),
        planned_private: private,
        diagnostics: convert::diagnostics(context.explained.report(diagnostics)),
        planned_identity: identity::encode(resource, identity)?,
        ..Default::default()
    })
}

pub(crate) async fn apply(
    provider: Arc<dyn Provider>,
    request: proto::apply_resource_change::Request,
    context: Context,
) -> Answer<proto::apply_resource_change::Response> {
    let resource = offered::resource(&*provider, &request.type_name)?;
    let ty = resource.schema().ty();
    let planned = decode("planned_state", request.planned_state.as_ref(), &ty)?;
    let prior = decode("prior_state", request.prior_state.as_ref(), &ty)?;
    let prior_identity = request.planned_identity.as_ref();
    let prior_identity = identity::decode(resource, "planned_identity", prior_identity)?;
    // Nothing changes if the provider is configured for another account than the state's.
    let before = if prior.is_null() { &planned } else { &prior };
    identity::check(resource, prior_identity.as_ref(), before)?;

    let private = request.planned_private;
    let applied = if planned.is_null() {
        let prior = decode_object("prior_state", request.prior_state.as_ref(), &ty)?;
        resource.delete(prior, private, &context).await
    } else {
        let creation = prior.is_null();
        let request = ApplyRequest {
            prior,
            planned,
            private,
        };
        if creation {
            resource.create(request, &context).await
        } else {
            resource.update(request, &context).await
        }
    };
    // A stored identity never changes. Parts that the plan left open are known from the new state.
    let new_identity = if applied.state.is_null() {
        None
    } else {
        prior_identity
            .filter(Value::is_wholly_known)
            .or_else(|| identity::known(resource, &applied.state))
    };
    Ok(proto::apply_resource_change::Response {
        new_state: Some(encode(&applied.state, &ty)?),
        private: applied.private,
        diagnostics: convert::diagnostics(context.explained.report(applied.diagnostics)),
        legacy_type_system: false,
        new_identity: identity::encode(resource, new_identity.as_ref())?,
    })
}

/// What existed before an apply. Terraform stores the response's state even if there are errors; without a state, it
/// would forget the object.
pub(crate) struct Prior {
    state: Option<proto::DynamicValue>,
    private: Vec<u8>,
    identity: Option<proto::ResourceIdentityData>,
}

impl Prior {
    pub(crate) fn of(request: &proto::apply_resource_change::Request) -> Self {
        let nothing = request.prior_state.as_ref().is_none_or(convert::is_null);
        Self {
            state: request.prior_state.clone(),
            private: request.planned_private.clone(),
            // The identity of an object to be created may be partly unknown.
            identity: request.planned_identity.clone().filter(|_| !nothing),
        }
    }

    /// Fills in a response without a state with what existed before.
    pub(crate) fn complete(self, answer: &mut proto::apply_resource_change::Response) {
        if answer.new_state.is_none() {
            answer.new_state = self.state;
            answer.private = self.private;
            answer.new_identity = self.identity;
        }
    }
}
