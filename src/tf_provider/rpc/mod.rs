//! tfplugin5 ↔ domain: one thin function per RPC.
//!
//! [`Server`] implements the generated trait of protocol 5.11. Each function passes its request to one of the
//! [`handlers`], which decodes it, calls the [`Provider`], and encodes the response; nothing is decided here. Every RPC
//! is implemented. For what a provider does not have, the response says so in the form that Terraform shows to users.
//!
//! Each RPC runs in its own task ([`answer`](Server::answer), [`stream`](Server::stream)). So a panic ends only that
//! task and becomes a diagnostic, and an apply runs to its end even if the host disconnects.
//!
//! Not available to providers: ephemeral resources, and the response `Deferred`.

mod answer;
mod convert;
mod handlers;
mod identity;
mod schemas;
mod stream;

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Instant;

use proto::provider_server::Provider as Rpc;
use tonic::{Request, Response, Status, async_trait};
use tracing::Instrument;

use super::diagnostic::{Diagnostic, Diagnostics};
use super::proto::tfplugin5 as proto;
use super::provider::Provider;
use super::resource::Context;
use answer::{Answer, OfFindings};
use handlers::{
    action, data_source, discovery, ephemeral, function, list_resource, provider_config, resource,
    state,
};
use stream::{Events, Outgoing};

/// Serves a [`Provider`] over tfplugin5.
pub struct Server {
    provider: Arc<dyn Provider>,
    context: Context,
}

impl Server {
    /// Creates a server for `provider`, without calling it yet.
    pub fn new(provider: impl Provider) -> Self {
        Self {
            provider: Arc::new(provider),
            context: Context::default(),
        }
    }

    /// Responds with the result of `work`, its diagnostics, or the diagnostic about its panic.
    async fn answer<Q, A, F>(
        &self,
        rpc: &'static str,
        request: Request<Q>,
        work: impl FnOnce(Arc<dyn Provider>, Q, Context) -> F,
    ) -> Result<Response<A>, Status>
    where
        A: OfFindings + Send + 'static,
        F: Future<Output = Answer<A>> + Send + 'static,
    {
        let work = work(
            Arc::clone(&self.provider),
            request.into_inner(),
            self.context.clone(),
        );
        let answer = match tokio::spawn(served(rpc, work)).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(findings)) => A::of(self.context.explained.report(findings)),
            Err(_) => A::of(panicked(rpc)),
        };
        Ok(Response::new(answer))
    }

    /// Like `answer`, for work that does not wait.
    async fn answer_now<Q, A>(
        &self,
        rpc: &'static str,
        request: Request<Q>,
        work: impl FnOnce(&dyn Provider, Q) -> Answer<A> + Send + 'static,
    ) -> Result<Response<A>, Status>
    where
        A: OfFindings + Send + 'static,
        Q: Send + 'static,
    {
        self.answer(rpc, request, |provider, request, _| async move {
            work(&*provider, request)
        })
        .await
    }

    /// Like `answer`, for an apply, which always responds with a state.
    async fn answer_apply<F>(
        &self,
        rpc: &'static str,
        request: Request<proto::apply_resource_change::Request>,
        work: impl FnOnce(Arc<dyn Provider>, proto::apply_resource_change::Request, Context) -> F,
    ) -> Result<Response<proto::apply_resource_change::Response>, Status>
    where
        F: Future<Output = Answer<proto::apply_resource_change::Response>> + Send + 'static,
    {
        let prior = resource::Prior::of(request.get_ref());
        let mut response = self.answer(rpc, request, work).await?;
        prior.complete(response.get_mut());
        Ok(response)
    }

    /// Streams the events that `work` sends. Its diagnostics, or the diagnostic about its panic, come last.
    fn stream<Q, E, F>(
        &self,
        rpc: &'static str,
        request: Request<Q>,
        work: impl FnOnce(Arc<dyn Provider>, Q, Context, Outgoing<E>) -> F,
    ) -> Response<Events<E>>
    where
        E: OfFindings + Send + 'static,
        F: Future<Output = Answer<()>> + Send + 'static,
    {
        let (outgoing, events) = stream::channel();
        let explained = self.context.explained.clone();
        let work = work(
            Arc::clone(&self.provider),
            request.into_inner(),
            self.context.clone(),
            outgoing.clone(),
        );
        tokio::spawn(async move {
            let last = match tokio::spawn(served(rpc, work)).await {
                Ok(Ok(())) => return,
                Ok(Err(findings)) => explained.report(findings),
                Err(_) => panicked(rpc),
            };
            outgoing.send(E::of(last)).await;
        });
        Response::new(events)
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("context", &self.context)
            .finish_non_exhaustive()
    }
}

/// Returns `work`, with its start and end logged.
fn served<A>(rpc: &'static str, work: impl Future<Output = A>) -> impl Future<Output = A> {
    let span = tracing::debug_span!("rpc", tf_rpc = rpc);
    async move {
        tracing::trace!("received");
        let begin = Instant::now();
        let outcome = work.await;
        let duration_us = u64::try_from(begin.elapsed().as_micros()).unwrap_or(u64::MAX);
        tracing::debug!(duration_us, "served");
        outcome
    }
    .instrument(span)
}

fn panicked(rpc: &str) -> Diagnostics {
    Diagnostic::own_bug(format_args!("The provider panicked in {rpc}")).into()
}

impl OfFindings for proto::call_function::Response {
    fn of(findings: Diagnostics) -> Self {
        let findings: Vec<String> = findings
            .into_iter()
            .map(|finding| format!("{}: {}", finding.summary, finding.detail))
            .collect();
        function::failed(findings.join("\n"), None)
    }
}

impl OfFindings for proto::list_resource::Event {
    fn of(findings: Diagnostics) -> Self {
        Self {
            diagnostic: convert::diagnostics(findings),
            ..Self::default()
        }
    }
}

impl OfFindings for proto::invoke_action::Event {
    fn of(findings: Diagnostics) -> Self {
        use proto::invoke_action::event::{Completed, Type};
        let diagnostics = convert::diagnostics(findings);
        Self {
            r#type: Some(Type::Completed(Completed { diagnostics })),
        }
    }
}

/// The messages of each RPC, under the name of its function.
mod messages {
    pub(super) use super::proto::get_provider_schema as get_schema;
    pub(super) use super::proto::*;
}

/// Implements the generated trait from the table of RPCs. A row has the protocol's name, the function, the [`Server`]
/// method that responds, and the handler. The responses of rows have `diagnostics`; functions with other responses
/// follow the rows and are copied as they are.
macro_rules! rpcs {
    ($($rpc:ident: $function:ident => $answer:ident($handler:path);)+ { $($others:tt)+ }) => {
        $(#[allow(clippy::needless_update, reason = "some answers have diagnostics only")]
        impl OfFindings for messages::$function::Response {
            fn of(findings: Diagnostics) -> Self {
                Self { diagnostics: convert::diagnostics(findings), ..Self::default() }
            }
        })+

        #[async_trait]
        impl Rpc for Server {
            $(async fn $function(
                &self,
                request: Request<messages::$function::Request>,
            ) -> Result<Response<messages::$function::Response>, Status> {
                self.$answer(stringify!($rpc), request, $handler).await
            })+

            $($others)+
        }
    };
}

rpcs! {
    GetMetadata: get_metadata => answer_now(discovery::metadata);
    GetSchema: get_schema => answer_now(discovery::schema);
    GetResourceIdentitySchemas: get_resource_identity_schemas => answer_now(discovery::identity_schemas);
    GetFunctions: get_functions => answer_now(discovery::functions);
    PrepareProviderConfig: prepare_provider_config => answer_now(provider_config::prepare);
    Configure: configure => answer(provider_config::configure);
    ValidateResourceTypeConfig: validate_resource_type_config => answer_now(resource::validate);
    ReadResource: read_resource => answer(resource::read);
    PlanResourceChange: plan_resource_change => answer(resource::plan);
    ApplyResourceChange: apply_resource_change => answer_apply(resource::apply);
    UpgradeResourceState: upgrade_resource_state => answer_now(state::upgrade);
    UpgradeResourceIdentity: upgrade_resource_identity => answer_now(state::upgrade_identity);
    ImportResourceState: import_resource_state => answer(state::import);
    MoveResourceState: move_resource_state => answer_now(state::move_state);
    GenerateResourceConfig: generate_resource_config => answer_now(state::generate_config);
    ValidateDataSourceConfig: validate_data_source_config => answer_now(data_source::validate);
    ReadDataSource: read_data_source => answer(data_source::read);
    ValidateListResourceConfig: validate_list_resource_config => answer_now(list_resource::validate);
    ValidateActionConfig: validate_action_config => answer_now(action::validate);
    PlanAction: plan_action => answer(action::plan);
    ValidateEphemeralResourceConfig: validate_ephemeral_resource_config => answer_now(ephemeral::validate);
    OpenEphemeralResource: open_ephemeral_resource => answer_now(ephemeral::open);
    RenewEphemeralResource: renew_ephemeral_resource => answer_now(ephemeral::renew);
    CloseEphemeralResource: close_ephemeral_resource => answer_now(ephemeral::close);
    {
        async fn call_function(
            &self,
            request: Request<proto::call_function::Request>,
        ) -> Result<Response<proto::call_function::Response>, Status> {
            self.answer_now("CallFunction", request, function::call).await
        }

        type ListResourceStream = Events<proto::list_resource::Event>;

        async fn list_resource(
            &self,
            request: Request<proto::list_resource::Request>,
        ) -> Result<Response<Self::ListResourceStream>, Status> {
            Ok(self.stream("ListResource", request, list_resource::list))
        }

        type InvokeActionStream = Events<proto::invoke_action::Event>;

        async fn invoke_action(
            &self,
            request: Request<proto::invoke_action::Request>,
        ) -> Result<Response<Self::InvokeActionStream>, Status> {
            Ok(self.stream("InvokeAction", request, action::invoke))
        }

        async fn stop(
            &self,
            _request: Request<proto::stop::Request>,
        ) -> Result<Response<proto::stop::Response>, Status> {
            tracing::info!("Terraform asks to stop: operations end after their current request");
            self.context.cancellation.cancel();
            Ok(Response::new(proto::stop::Response::default()))
        }
    }
}
