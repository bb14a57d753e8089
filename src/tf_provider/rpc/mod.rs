//! tfplugin5 ↔ domain: one thin function per RPC.
//!
//! [`Server`] implements the generated trait of protocol 5.11. Each function decodes its request, calls the
//! [`Provider`], and encodes the answer; nothing is decided here. Every RPC is answered: of what this provider does not
//! offer (data sources, functions, ephemeral resources, identities, lists, actions, moves) the answer says so in the
//! form that Terraform shows to a person.
//!
//! The work of each RPC runs in a task of its own ([`answer`](Server::answer)). So a panic ends that task alone and
//! becomes a diagnostic, and an apply is carried to its end even when the host hangs up.

mod convert;
mod handlers;
mod unoffered;

use super::diagnostic::{Diagnostic, Diagnostics};
use super::proto::tfplugin5 as proto;
use super::provider::Provider;
use super::resource::Context;
use proto::provider_server::Provider as Rpc;
use std::future::Future;
use std::sync::Arc;
use std::time::Instant;
use tonic::{Request, Response, Status, async_trait};
use tracing::Instrument;

/// Serves a [`Provider`] over tfplugin5.
#[derive(Debug)]
pub struct Server<P> {
    provider: Arc<P>,
    context: Context,
}

impl<P: Provider> Server<P> {
    /// A server of `provider`; nothing is called yet.
    pub fn new(provider: P) -> Self {
        Self {
            provider: Arc::new(provider),
            context: Context::default(),
        }
    }

    /// Runs `work` in a task of its own and turns its diagnostics, or its panic, into an answer.
    async fn answer<A>(
        &self,
        rpc: &'static str,
        work: impl Future<Output = Result<A, Diagnostics>> + Send + 'static,
    ) -> Result<Response<A>, Status>
    where
        A: WithDiagnostics + Send + 'static,
    {
        let span = tracing::debug_span!("rpc", tf_rpc = rpc);
        let task = tokio::spawn(
            async move {
                tracing::trace!("received");
                let begin = Instant::now();
                let outcome = work.await;
                let duration_us = u64::try_from(begin.elapsed().as_micros()).unwrap_or(u64::MAX);
                tracing::debug!(duration_us, "served");
                outcome
            }
            .instrument(span),
        );
        let answer = match task.await {
            Ok(Ok(answer)) => answer,
            Ok(Err(diagnostics)) => A::of(convert::diagnostics(diagnostics)),
            Err(_) => A::of(convert::diagnostics(panicked(rpc).into())),
        };
        Ok(Response::new(answer))
    }
}

fn panicked(rpc: &str) -> Diagnostic {
    Diagnostic::own_bug(format_args!("The provider panicked in {rpc}"))
}

/// Answers that can consist of diagnostics alone.
trait WithDiagnostics: Default {
    fn of(diagnostics: Vec<proto::Diagnostic>) -> Self;
}

macro_rules! with_diagnostics {
    ($($answer:ident),+ $(,)?) => {
        #[allow(clippy::needless_update, reason = "some answers have diagnostics only")]
        const _: () = {
        $(impl WithDiagnostics for proto::$answer::Response {
            fn of(diagnostics: Vec<proto::Diagnostic>) -> Self {
                Self { diagnostics, ..Self::default() }
            }
        })+
        };
    };
}

with_diagnostics!(
    get_metadata,
    get_provider_schema,
    prepare_provider_config,
    validate_resource_type_config,
    upgrade_resource_state,
    configure,
    read_resource,
    plan_resource_change,
    apply_resource_change,
    import_resource_state,
);

#[async_trait]
impl<P: Provider> Rpc for Server<P> {
    async fn get_metadata(
        &self,
        _request: Request<proto::get_metadata::Request>,
    ) -> Result<Response<proto::get_metadata::Response>, Status> {
        let provider = Arc::clone(&self.provider);
        self.answer(
            "GetMetadata",
            async move { Ok(handlers::metadata(&*provider)) },
        )
        .await
    }

    async fn get_schema(
        &self,
        _request: Request<proto::get_provider_schema::Request>,
    ) -> Result<Response<proto::get_provider_schema::Response>, Status> {
        let provider = Arc::clone(&self.provider);
        self.answer("GetSchema", async move { Ok(handlers::schema(&*provider)) })
            .await
    }

    async fn get_resource_identity_schemas(
        &self,
        _request: Request<proto::get_resource_identity_schemas::Request>,
    ) -> Result<Response<proto::get_resource_identity_schemas::Response>, Status> {
        Ok(Response::new(unoffered::identity_schemas()))
    }

    async fn prepare_provider_config(
        &self,
        request: Request<proto::prepare_provider_config::Request>,
    ) -> Result<Response<proto::prepare_provider_config::Response>, Status> {
        let provider = Arc::clone(&self.provider);
        self.answer("PrepareProviderConfig", async move {
            handlers::prepare_provider_config(&*provider, request.into_inner())
        })
        .await
    }

    async fn validate_resource_type_config(
        &self,
        request: Request<proto::validate_resource_type_config::Request>,
    ) -> Result<Response<proto::validate_resource_type_config::Response>, Status> {
        let provider = Arc::clone(&self.provider);
        self.answer("ValidateResourceTypeConfig", async move {
            handlers::validate_resource(&*provider, &request.into_inner())
        })
        .await
    }

    async fn validate_data_source_config(
        &self,
        request: Request<proto::validate_data_source_config::Request>,
    ) -> Result<Response<proto::validate_data_source_config::Response>, Status> {
        Ok(Response::new(unoffered::validate_data_source(
            &request.into_inner().type_name,
        )))
    }

    async fn upgrade_resource_state(
        &self,
        request: Request<proto::upgrade_resource_state::Request>,
    ) -> Result<Response<proto::upgrade_resource_state::Response>, Status> {
        let provider = Arc::clone(&self.provider);
        self.answer("UpgradeResourceState", async move {
            handlers::upgrade_resource_state(&*provider, &request.into_inner())
        })
        .await
    }

    async fn upgrade_resource_identity(
        &self,
        request: Request<proto::upgrade_resource_identity::Request>,
    ) -> Result<Response<proto::upgrade_resource_identity::Response>, Status> {
        Ok(Response::new(unoffered::upgrade_identity(
            &request.into_inner().type_name,
        )))
    }

    async fn configure(
        &self,
        request: Request<proto::configure::Request>,
    ) -> Result<Response<proto::configure::Response>, Status> {
        let provider = Arc::clone(&self.provider);
        self.answer("Configure", async move {
            handlers::configure(&*provider, request.into_inner()).await
        })
        .await
    }

    async fn read_resource(
        &self,
        request: Request<proto::read_resource::Request>,
    ) -> Result<Response<proto::read_resource::Response>, Status> {
        let provider = Arc::clone(&self.provider);
        let context = self.context.clone();
        self.answer("ReadResource", async move {
            handlers::read_resource(&*provider, request.into_inner(), &context).await
        })
        .await
    }

    async fn plan_resource_change(
        &self,
        request: Request<proto::plan_resource_change::Request>,
    ) -> Result<Response<proto::plan_resource_change::Response>, Status> {
        let provider = Arc::clone(&self.provider);
        let context = self.context.clone();
        self.answer("PlanResourceChange", async move {
            handlers::plan_resource_change(&*provider, request.into_inner(), &context).await
        })
        .await
    }

    async fn apply_resource_change(
        &self,
        request: Request<proto::apply_resource_change::Request>,
    ) -> Result<Response<proto::apply_resource_change::Response>, Status> {
        let provider = Arc::clone(&self.provider);
        let context = self.context.clone();
        let mut request = request.into_inner();
        // Terraform takes the answer's state even when there are errors: without one it would forget the object.
        let prior_state = request.prior_state.clone();
        let private = std::mem::take(&mut request.planned_private);
        let handed_on = private.clone();
        let mut response = self
            .answer("ApplyResourceChange", async move {
                handlers::apply_resource_change(&*provider, request, handed_on, &context).await
            })
            .await?;
        let answer = response.get_mut();
        if answer.new_state.is_none() {
            answer.new_state = prior_state;
            answer.private = private;
        }
        Ok(response)
    }

    async fn import_resource_state(
        &self,
        request: Request<proto::import_resource_state::Request>,
    ) -> Result<Response<proto::import_resource_state::Response>, Status> {
        let provider = Arc::clone(&self.provider);
        let context = self.context.clone();
        self.answer("ImportResourceState", async move {
            handlers::import_resource_state(&*provider, request.into_inner(), &context).await
        })
        .await
    }

    async fn move_resource_state(
        &self,
        request: Request<proto::move_resource_state::Request>,
    ) -> Result<Response<proto::move_resource_state::Response>, Status> {
        Ok(Response::new(unoffered::move_state(&request.into_inner())))
    }

    async fn read_data_source(
        &self,
        request: Request<proto::read_data_source::Request>,
    ) -> Result<Response<proto::read_data_source::Response>, Status> {
        Ok(Response::new(unoffered::read_data_source(
            &request.into_inner().type_name,
        )))
    }

    async fn generate_resource_config(
        &self,
        request: Request<proto::generate_resource_config::Request>,
    ) -> Result<Response<proto::generate_resource_config::Response>, Status> {
        Ok(Response::new(unoffered::generate_config(
            &request.into_inner().type_name,
        )))
    }

    async fn validate_ephemeral_resource_config(
        &self,
        request: Request<proto::validate_ephemeral_resource_config::Request>,
    ) -> Result<Response<proto::validate_ephemeral_resource_config::Response>, Status> {
        Ok(Response::new(unoffered::validate_ephemeral(
            &request.into_inner().type_name,
        )))
    }

    async fn open_ephemeral_resource(
        &self,
        request: Request<proto::open_ephemeral_resource::Request>,
    ) -> Result<Response<proto::open_ephemeral_resource::Response>, Status> {
        Ok(Response::new(unoffered::open_ephemeral(
            &request.into_inner().type_name,
        )))
    }

    async fn renew_ephemeral_resource(
        &self,
        request: Request<proto::renew_ephemeral_resource::Request>,
    ) -> Result<Response<proto::renew_ephemeral_resource::Response>, Status> {
        Ok(Response::new(unoffered::renew_ephemeral(
            &request.into_inner().type_name,
        )))
    }

    async fn close_ephemeral_resource(
        &self,
        request: Request<proto::close_ephemeral_resource::Request>,
    ) -> Result<Response<proto::close_ephemeral_resource::Response>, Status> {
        Ok(Response::new(unoffered::close_ephemeral(
            &request.into_inner().type_name,
        )))
    }

    type ListResourceStream = unoffered::Events<proto::list_resource::Event>;

    async fn list_resource(
        &self,
        request: Request<proto::list_resource::Request>,
    ) -> Result<Response<Self::ListResourceStream>, Status> {
        Ok(Response::new(unoffered::list(
            &request.into_inner().type_name,
        )))
    }

    async fn validate_list_resource_config(
        &self,
        request: Request<proto::validate_list_resource_config::Request>,
    ) -> Result<Response<proto::validate_list_resource_config::Response>, Status> {
        Ok(Response::new(unoffered::validate_list(
            &request.into_inner().type_name,
        )))
    }

    async fn get_functions(
        &self,
        _request: Request<proto::get_functions::Request>,
    ) -> Result<Response<proto::get_functions::Response>, Status> {
        Ok(Response::new(unoffered::functions()))
    }

    async fn call_function(
        &self,
        request: Request<proto::call_function::Request>,
    ) -> Result<Response<proto::call_function::Response>, Status> {
        Ok(Response::new(unoffered::call_function(
            &request.into_inner().name,
        )))
    }

    async fn validate_action_config(
        &self,
        request: Request<proto::validate_action_config::Request>,
    ) -> Result<Response<proto::validate_action_config::Response>, Status> {
        Ok(Response::new(unoffered::validate_action(
            &request.into_inner().action_type,
        )))
    }

    async fn plan_action(
        &self,
        request: Request<proto::plan_action::Request>,
    ) -> Result<Response<proto::plan_action::Response>, Status> {
        Ok(Response::new(unoffered::plan_action(
            &request.into_inner().action_type,
        )))
    }

    type InvokeActionStream = unoffered::Events<proto::invoke_action::Event>;

    async fn invoke_action(
        &self,
        request: Request<proto::invoke_action::Request>,
    ) -> Result<Response<Self::InvokeActionStream>, Status> {
        Ok(Response::new(unoffered::invoke_action(
            &request.into_inner().action_type,
        )))
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
