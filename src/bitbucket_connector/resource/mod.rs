//! The resource type: Terraform's calls, each passed to the module that handles it.

pub(crate) mod connection_test;
pub(crate) mod convert;
mod drift;
pub(crate) mod identity;
pub(crate) mod lifecycle;
mod listing;
mod move_state;
pub(crate) mod plan;
pub(super) mod private_state;
pub(super) mod task;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use harness_platform::{ConnectorRef, Scope};
use tf_provider::diagnostic::{Diagnostic, Diagnostics};
use tf_provider::field::{Field, FromValue, ToValue};
use tf_provider::resource::{
    ApplyRequest, Context, IdentitySchema, MoveSource, NewState, PlanRequest, Resource,
};
use tf_provider::schema::{Schema, placeholder, planning};
use tf_provider::value::Value;

use super::checks::plan::PlannedChange;
use super::checks::{self, offline};
use super::connector::model::Model;
use super::connector::{TYPE_NAME, schema, unmanaged};
use crate::harness::entity_id;
use crate::harness::provider_data::{NoProviderData, ProviderData, SharedProviderData};
use listing::Listings;
use move_state::{itself, official};
use private_state::Private;
use task::{Task, TimeLimit};

/// `harness_bitbucket_connector`.
#[derive(Debug)]
pub struct BitbucketConnectorResource {
    schema: Schema,
    identity_schema: IdentitySchema,
    provider_data: SharedProviderData,
    /// The private state of the connectors that this process has refreshed. Hosts plan the replacement of a tainted
    /// connector as a creation, without its private state; its deletion gets what that plan returns.
    refreshed: Mutex<BTreeMap<ConnectorRef, Vec<u8>>>,
    listings: Listings,
}

impl BitbucketConnectorResource {
    /// Creates the resource type; `provider_data` is opened when the provider is configured.
    pub fn new(provider_data: SharedProviderData) -> Self {
        Self {
            schema: schema::schema(),
            identity_schema: identity::schema(),
            provider_data,
            refreshed: Mutex::default(),
            listings: Listings::default(),
        }
    }

    fn provider_data(&self, model: &Model) -> Result<Arc<ProviderData>, Diagnostic> {
        let provider_data = self.provider_data.get();
        provider_data.map_err(|none| none.into_finding(checks::plan::input::object(model)))
    }

    /// Checks a planned change beyond its configuration.
    async fn check(&self, change: PlannedChange<'_>, context: &Context) -> Diagnostics {
        let strict = self.provider_data.is_strict();
        match self.provider_data.get() {
            Ok(provider_data) => match &provider_data.plan_queries {
                Some(queries) => {
                    if context.is_apply {
                        queries.begin_applying();
                    }
                    let cancellation = context.cancellation.clone();
                    checks::plan::check(change, queries, strict, cancellation).await
                }
                None => checks::plan::check_unasked(change, strict),
            },
            Err(none) => {
                tracing::debug!(
                    "The plan is made without lookups: there is no access to the platform"
                );
                match none {
                    NoProviderData::Incomplete {
                        finding,
                        plan_checks: true,
                    } => checks::plan::check_without_access(change, strict, &finding),
                    NoProviderData::Incomplete { .. }
                    | NoProviderData::Unknown(_)
                    | NoProviderData::NotConfigured(_) => {
                        checks::plan::check_unasked(change, strict)
                    }
                }
            }
        }
    }

    fn refreshed(&self) -> MutexGuard<'_, BTreeMap<ConnectorRef, Vec<u8>>> {
        self.refreshed
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the private state that a plan passes to the apply. For a creation it is empty, unless the connector is a
    /// tainted one in the state.
    fn planned_private(&self, private: Vec<u8>, planned: &Model) -> Vec<u8> {
        if !private.is_empty() {
            return private;
        }
        let connector = connector_ref(planned).ok();
        let stored = connector.and_then(|connector| self.refreshed().get(&connector).cloned());
        stored.unwrap_or_default()
    }

    /// Refuses a connector in another account than the provider's.
    fn check_account(&self, private: &[u8]) -> Result<(), Diagnostic> {
        match self.provider_data.get() {
            Ok(provider_data) => {
                Private::read(private).check_account(provider_data.client.account_id())
            }
            // The account is unknown, so nothing is changed there.
            Err(_) => Ok(()),
        }
    }

    /// Creates a task that changes something.
    fn change_task(
        &self,
        context: &Context,
        model: &Model,
        private: &Private,
        limit: TimeLimit,
    ) -> Result<Task, Diagnostic> {
        let task = self.task(context, model, private, limit)?;
        self.listings.close(&task);
        if let Some(queries) = &task.provider_data.plan_queries {
            queries.begin_applying();
        }
        Ok(task)
    }

    fn task(
        &self,
        context: &Context,
        model: &Model,
        private: &Private,
        limit: TimeLimit,
    ) -> Result<Task, Diagnostic> {
        let provider_data = self.provider_data(model)?;
        private.check_account(provider_data.client.account_id())?;
        Ok(
            Task::new(provider_data, context.cancellation.clone(), model, limit)
                .strict(self.provider_data.is_strict()),
        )
    }
}

/// Returns the model of a value whose type has been checked.
fn model(value: &Value) -> Result<Model, Diagnostic> {
    Model::from_value(value).map_err(Diagnostic::own_bug)
}

/// Returns the reference to a state's connector.
fn connector_ref(model: &Model) -> Result<ConnectorRef, Diagnostic> {
    let scope = model.scope().map_err(Diagnostic::own_bug)?;
    match (scope, model.identifier.text()) {
        (Some(scope), Some(identifier)) => Ok(ConnectorRef::new(scope, identifier)),
        _ => Err(Diagnostic::error(
            "State without an identifier",
            "The stored state does not say which connector it describes. Remove it from the state (`terraform state rm`) and \
             import the connector again.",
        )),
    }
}

/// Returns a state that only says which connector to read.
fn importing(scope: &Scope, identifier: String) -> NewState {
    let model = Model {
        id: Field::Known(entity_id::format(scope, &identifier)),
        identifier: Field::Known(identifier),
        org_id: scope.org().map(str::to_owned).into(),
        project_id: scope.project().map(str::to_owned).into(),
        ..Model::default()
    };
    let private = Private {
        importing: true,
        ..Private::default()
    };
    NewState::of(model.to_value(), private.write())
}

#[async_trait]
impl Resource for BitbucketConnectorResource {
    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn validate(&self, config: &Value) -> Diagnostics {
        match model(config) {
            // The provider is not configured yet; the plan reports what `strict` adds.
            Ok(model) => offline::validate(&model),
            Err(finding) => finding.into(),
        }
    }

    async fn plan(&self, request: PlanRequest, context: &Context) -> NewState {
        let models = model(&request.config).and_then(|config| {
            let prior = (!request.prior.is_null()).then(|| model(&request.prior));
            Ok((config, prior.transpose()?, model(&request.planned)?))
        });
        let (config, prior, planned) = match models {
            Ok(models) => models,
            Err(finding) => return NewState::of(request.planned, request.private).with([finding]),
        };
        // For the second half of a replacement, Terraform sends the private state of the first.
        if let Some(Err(finding)) = prior.as_ref().map(|_| self.check_account(&request.private)) {
            return NewState::of(request.planned, request.private).with([finding]);
        }
        // The provider only fills in what the configuration leaves out: an identifier that is known after apply must
        // not be derived from the name.
        let planned = if config.identifier.is_unknown() {
            planned
        } else {
            plan::complete(planned)
        };
        let planned = match &prior {
            Some(prior) => plan::keep_forms(planned, prior),
            None => planned,
        };
        let state = planned.to_value();
        let decided = placeholder::undecided_as_unknown(&self.schema.block, state.clone());
        let mut planned = match model(&decided) {
            Ok(planned) => planned,
            Err(finding) => return NewState::of(state, request.private).with([finding]),
        };
        planned.unmanaged = match &prior {
            Some(prior) => unmanaged::kept(prior, &planned),
            // A new connector only has what this provider writes.
            None => Field::Known(Vec::new()),
        };
        let state = state.with("unmanaged", planned.unmanaged.to_value());
        let replaces =
            !planning::replacements(&self.schema.block, &request.prior, &state).is_empty();
        let planned = &planned;
        let kept = prior.as_ref().filter(|_| !replaces);
        let findings = offline::plan(&config, kept, self.provider_data.is_strict());
        let change = match &prior {
            None => PlannedChange::Creation { planned },
            Some(prior) if replaces => PlannedChange::Replacement { prior, planned },
            Some(prior) => PlannedChange::Update { prior, planned },
        };
        let more = self.check(change, context).await;
        NewState::of(state, self.planned_private(request.private, planned))
            .with(findings)
            .with(more)
    }

    async fn plan_destroy(&self, prior: &Value, private: &[u8], context: &Context) -> Diagnostics {
        if let Err(finding) = self.check_account(private) {
            return finding.into();
        }
        match model(prior) {
            Ok(prior) => {
                self.check(PlannedChange::Destruction { prior: &prior }, context)
                    .await
            }
            Err(finding) => finding.into(),
        }
    }

    async fn create(&self, request: ApplyRequest, context: &Context) -> NewState {
        let task = model(&request.planned).and_then(|planned| {
            let planned = plan::complete(planned);
            // The private state of the replaced object says nothing about this one.
            let private = Private::default();
            let task = self.change_task(context, &planned, &private, TimeLimit::Create)?;
            Ok((task, planned))
        });
        match task {
            Ok((task, planned)) => task.finish(lifecycle::create(&task, &planned).await),
            Err(finding) => NewState::gone().with([finding]),
        }
    }

    async fn read(&self, current: Value, private: Vec<u8>, context: &Context) -> NewState {
        let stored = Private::read(&private);
        let provider_data = self.provider_data.get();
        if let (Err(NoProviderData::Unknown(_)), false) = (&provider_data, stored.importing) {
            // This run itself determines part of the provider's configuration, so the plan uses the stored state.
            return NewState::of(current, private);
        }
        let task = model(&current).and_then(|model| {
            let connector = connector_ref(&model)?;
            let task = self.task(context, &model, &stored, TimeLimit::Read)?;
            Ok((task, connector, model))
        });
        match task {
            Ok((task, connector, model)) => {
                let read =
                    lifecycle::read(&task, &self.listings, &connector, &model, &private).await;
                if !read.state.is_null() {
                    let stored = read.private.clone();
                    self.refreshed().insert(connector.clone(), stored);
                }
                if let Some(queries) = &task.provider_data.plan_queries {
                    queries.add_in_state(connector);
                    if !read.diagnostics.has_errors() {
                        queries.platform_answers();
                    }
                }
                task.finish(read)
            }
            Err(finding) => NewState::of(current, private).with([finding]),
        }
    }

    async fn update(&self, request: ApplyRequest, context: &Context) -> NewState {
        let private = Private::read(&request.private);
        let task = model(&request.prior).and_then(|prior| {
            let planned = model(&request.planned)?;
            let task = self.change_task(context, &planned, &private, TimeLimit::Update)?;
            Ok((task, prior, planned))
        });
        match task {
            Ok((task, prior, planned)) => {
                task.finish(lifecycle::update(&task, &prior, &planned, &private).await)
            }
            Err(finding) => NewState::of(request.prior, request.private).with([finding]),
        }
    }

    async fn delete(&self, prior: Value, private: Vec<u8>, context: &Context) -> NewState {
        let stored = Private::of_deletion(&private);
        let task = model(&prior).and_then(|model| {
            let connector = connector_ref(&model)?;
            let task = self.change_task(context, &model, &stored, TimeLimit::Delete)?;
            Ok((task, connector, model))
        });
        match task {
            Ok((task, connector, model)) => {
                task.finish(lifecycle::delete(&task, &connector, &model, &stored).await)
            }
            Err(finding) => NewState::of(prior, private).with([finding]),
        }
    }

    async fn import(&self, id: &str, _context: &Context) -> Result<NewState, Diagnostics> {
        let (scope, identifier) = entity_id::parse(id, TYPE_NAME)?;
        Ok(importing(&scope, identifier))
    }

    fn identity_schema(&self) -> Option<&IdentitySchema> {
        Some(&self.identity_schema)
    }

    fn identity(&self, state: &Value) -> Option<Value> {
        // An invalid model is reported by the code that uses the state.
        identity::of(&model(state).ok()?, &self.provider_data)
    }

    async fn import_identity(
        &self,
        identity: &Value,
        _context: &Context,
    ) -> Result<NewState, Diagnostics> {
        let (scope, identifier) = identity::import(identity, &self.provider_data)?;
        Ok(importing(&scope, identifier))
    }

    fn upgrade_state(&self, state: Value) -> Value {
        // States of version 0.1.0 do not have it; the first refresh fills it in.
        match state.get("unmanaged") {
            Some(Value::Null) => state.with("unmanaged", Value::set([])),
            _ => state,
        }
    }

    fn move_state(&self, source: &MoveSource) -> Result<NewState, Diagnostics> {
        if itself::is_itself(source) {
            let moved = itself::move_state(source, &self.schema)?;
            return Ok(NewState {
                state: self.upgrade_state(moved.state),
                ..moved
            });
        }
        official::move_state(source, &self.schema)
    }
}
