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
            Ok(Err(findings)) => A::of(self.context.explained.tell(findings)),
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
                Ok(Err(findings)) => explained.tell(findings),
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

macro_rules! of_findings {
    ($($answer:ident),+ $(,)?) => {
        #[allow(clippy::needless_update, reason = "some answers have diagnostics only")]
        const _: () = {
        $(impl OfFindings for proto::$answer::Response {
            fn of(findings: Diagnostics) -> Self {
                Self { diagnostics: convert::diagnostics(findings), ..Self::default() }
            }
        })+
        };
    };
}

of_findings!(
    get_metadata,
    get_provider_schema,
    get_resource_identity_schemas,
    get_functions,
    prepare_provider_config,
    validate_resource_type_config,
    validate_data_source_config,
    validate_ephemeral_resource_config,
    validate_list_resource_config,
    validate_action_config,
    upgrade_resource_state,
    upgrade_resource_identity,
    configure,
    read_resource,
    plan_resource_change,
    apply_resource_change,
    import_resource_state,
    move_resource_state,
    generate_resource_config,
    read_data_source,
    open_ephemeral_resource,
    renew_ephemeral_resource,
    close_ephemeral_resource,
    plan_action,
);

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

#[async_trait]
impl Rpc for Server {
    async fn get_metadata(
        &self,
        request: Request<proto::get_metadata::Request>,
    ) -> Result<Response<proto::get_metadata::Response>, Status> {
        self.answer_now("GetMetadata", request, discovery::metadata)
            .await
    }

    async fn get_schema(
        &self,
        request: Request<proto::get_provider_schema::Request>,
    ) -> Result<Response<proto::get_provider_schema::Response>, Status> {
        self.answer_now("GetSchema", request, discovery::schema)
            .await
    }

    async fn get_resource_identity_schemas(
        &self,
        request: Request<proto::get_resource_identity_schemas::Request>,
    ) -> Result<Response<proto::get_resource_identity_schemas::Response>, Status> {
        self.answer_now(
            "GetResourceIdentitySchemas",
            request,
            discovery::identity_schemas,
        )
        .await
    }

    async fn get_functions(
        &self,
        request: Request<proto::get_functions::Request>,
    ) -> Result<Response<proto::get_functions::Response>, Status> {
        self.answer_now("GetFunctions", request, discovery::functions)
            .await
    }

    async fn prepare_provider_config(
        &self,
        request: Request<proto::prepare_provider_config::Request>,
    ) -> Result<Response<proto::prepare_provider_config::Response>, Status> {
        self.answer_now("PrepareProviderConfig", request, provider_config::prepare)
            .await
    }

    async fn configure(
        &self,
        request: Request<proto::configure::Request>,
    ) -> Result<Response<proto::configure::Response>, Status> {
        self.answer("Configure", request, provider_config::configure)
            .await
    }

    async fn validate_resource_type_config(
        &self,
        request: Request<proto::validate_resource_type_config::Request>,
    ) -> Result<Response<proto::validate_resource_type_config::Response>, Status> {
        self.answer_now("ValidateResourceTypeConfig", request, resource::validate)
            .await
    }

    async fn read_resource(
        &self,
        request: Request<proto::read_resource::Request>,
    ) -> Result<Response<proto::read_resource::Response>, Status> {
        self.answer("ReadResource", request, resource::read).await
    }

    async fn plan_resource_change(
        &self,
        request: Request<proto::plan_resource_change::Request>,
    ) -> Result<Response<proto::plan_resource_change::Response>, Status> {
        self.answer("PlanResourceChange", request, resource::plan)
            .await
    }

    async fn apply_resource_change(
        &self,
        request: Request<proto::apply_resource_change::Request>,
    ) -> Result<Response<proto::apply_resource_change::Response>, Status> {
        let prior = resource::Prior::of(request.get_ref());
        let mut response = self
            .answer("ApplyResourceChange", request, resource::apply)
            .await?;
        prior.complete(response.get_mut());
        Ok(response)
    }

    async fn upgrade_resource_state(
        &self,
        request: Request<proto::upgrade_resource_state::Request>,
    ) -> Result<Response<proto::upgrade_resource_state::Response>, Status> {
        self.answer_now("UpgradeResourceState", request, state::upgrade)
            .await
    }

    async fn upgrade_resource_identity(
        &self,
        request: Request<proto::upgrade_resource_identity::Request>,
    ) -> Result<Response<proto::upgrade_resource_identity::Response>, Status> {
        self.answer_now("UpgradeResourceIdentity", request, state::upgrade_identity)
            .await
    }

    async fn import_resource_state(
        &self,
        request: Request<proto::import_resource_state::Request>,
    ) -> Result<Response<proto::import_resource_state::Response>, Status> {
        self.answer("ImportResourceState", request, state::import)
            .await
    }

    async fn move_resource_state(
        &self,
        request: Request<proto::move_resource_state::Request>,
    ) -> Result<Response<proto::move_resource_state::Response>, Status> {
        self.answer_now("MoveResourceState", request, state::move_state)
            .await
    }

    async fn generate_resource_config(
        &self,
        request: Request<proto::generate_resource_config::Request>,
    ) -> Result<Response<proto::generate_resource_config::Response>, Status> {
        self.answer_now("GenerateResourceConfig", request, state::generate_config)
            .await
    }

    async fn validate_data_source_config(
        &self,
        request: Request<proto::validate_data_source_config::Request>,
    ) -> Result<Response<proto::validate_data_source_config::Response>, Status> {
        self.answer_now("ValidateDataSourceConfig", request, data_source::validate)
            .await
    }

    async fn read_data_source(
        &self,
        request: Request<proto::read_data_source::Request>,
    ) -> Result<Response<proto::read_data_source::Response>, Status> {
        self.answer("ReadDataSource", request, data_source::read)
            .await
    }

    async fn call_function(
        &self,
        request: Request<proto::call_function::Request>,
    ) -> Result<Response<proto::call_function::Response>, Status> {
        self.answer_now("CallFunction", request, function::call)
            .await
    }

    async fn validate_list_resource_config(
        &self,
        request: Request<proto::validate_list_resource_config::Request>,
    ) -> Result<Response<proto::validate_list_resource_config::Response>, Status> {
        self.answer_now(
            "ValidateListResourceConfig",
            request,
            list_resource::validate,
        )
        .await
    }

    type ListResourceStream = Events<proto::list_resource::Event>;

    async fn list_resource(
        &self,
        request: Request<proto::list_resource::Request>,
    ) -> Result<Response<Self::ListResourceStream>, Status> {
        Ok(self.stream("ListResource", request, list_resource::list))
    }

    async fn validate_action_config(
        &self,
        request: Request<proto::validate_action_config::Request>,
    ) -> Result<Response<proto::validate_action_config::Response>, Status> {
        self.answer_now("ValidateActionConfig", request, action::validate)
            .await
    }

    async fn plan_action(
        &self,
        request: Request<proto::plan_action::Request>,
    ) -> Result<Response<proto::plan_action::Response>, Status> {
        self.answer("PlanAction", request, action::plan).await
    }

    type InvokeActionStream = Events<proto::invoke_action::Event>;

    async fn invoke_action(
        &self,
        request: Request<proto::invoke_action::Request>,
    ) -> Result<Response<Self::InvokeActionStream>, Status> {
        Ok(self.stream("InvokeAction", request, action::invoke))
    }

    async fn validate_ephemeral_resource_config(
        &self,
        request: Request<proto::validate_ephemeral_resource_config::Request>,
    ) -> Result<Response<proto::validate_ephemeral_resource_config::Response>, Status> {
        self.answer_now(
            "ValidateEphemeralResourceConfig",
            request,
            ephemeral::validate,
        )
        .await
    }

    async fn open_ephemeral_resource(
        &self,
        request: Request<proto::open_ephemeral_resource::Request>,
    ) -> Result<Response<proto::open_ephemeral_resource::Response>, Status> {
        self.answer_now("OpenEphemeralResource", request, ephemeral::open)
            .await
    }

    async fn renew_ephemeral_resource(
        &self,
        request: Request<proto::renew_ephemeral_resource::Request>,
    ) -> Result<Response<proto::renew_ephemeral_resource::Response>, Status> {
        self.answer_now("RenewEphemeralResource", request, ephemeral::renew)
            .await
    }

    async fn close_ephemeral_resource(
        &self,
        request: Request<proto::close_ephemeral_resource::Request>,
    ) -> Result<Response<proto::close_ephemeral_resource::Response>, Status> {
        self.answer_now("CloseEphemeralResource", request, ephemeral::close)
            .await
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
