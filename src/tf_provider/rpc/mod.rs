//! tfplugin5 ↔ domain: one thin function per RPC.
//!
//! [`Server`] implements the generated trait of protocol 5.11. Each function hands its request to one of the
//! [`handlers`], which decodes it, calls the [`Provider`], and encodes the answer; nothing is decided here. Every RPC is
//! answered: of what a provider does not have, the answer says so in the form that Terraform shows to a person.
//!
//! The work of each RPC runs in a task of its own ([`answer`](Server::answer), [`stream`](Server::stream)). So a panic
//! ends that task alone and becomes a diagnostic, and an apply is carried to its end even when the host hangs up.
//!
//! Not offered to any provider: ephemeral resources, and the answer `Deferred`.

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
use handlers::{
    action, data_source, discovery, ephemeral, function, list_resource, provider_config, resource,
    state,
};
use stream::{Events, Outgoing};

/// What comes of an RPC: its answer, or the findings that take its place.
type Answer<A> = Result<A, Diagnostics>;

/// Serves a [`Provider`] over tfplugin5.
pub struct Server {
    provider: Arc<dyn Provider>,
    context: Context,
}

impl Server {
    /// A server of `provider`; nothing is called yet.
    pub fn new(provider: impl Provider) -> Self {
        Self {
            provider: Arc::new(provider),
            context: Context::default(),
        }
    }

    /// Answers with what `work` makes of the request, its findings, or the finding about its panic.
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

    /// The same for work that waits for nothing.
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

    /// The same for an apply, whose answer has a state in any case.
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

    /// Answers with the events that `work` sends; its findings, or the finding about its panic, are the last of them.
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

/// `work`, with its beginning and end in the log.
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

/// Answers and events that can consist of findings alone.
trait OfFindings {
    fn of(findings: Diagnostics) -> Self;
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

/// Implements the generated trait from the table of the RPCs. A row has the name in the protocol, the function, which method
/// of [`Server`] answers, and with the work of which handler. The answers of rows have `diagnostics`; functions that answer
/// something else follow the rows and are copied as they are.
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
