//! What a managed resource has to offer, in Terraform's own terms and without a trace of the wire.
//!
//! The layer above decodes requests into these types, calls one method, and encodes the answer. States are objects of
//! the schema's type, or null where nothing exists. *Private* bytes belong to the resource: Terraform stores them beside
//! the state and hands them back unread.

use super::diagnostic::Diagnostics;
use super::schema::Schema;
use super::value::Value;
use async_trait::async_trait;
use tokio_util::sync::CancellationToken;

/// A resource type.
#[async_trait]
pub trait Resource: Send + Sync {
    /// The declaration, of which type and planning follow.
    fn schema(&self) -> &Schema;

    /// Judges a configuration without asking anybody. Values may be unknown: no opinion on those.
    fn validate(&self, config: &Value) -> Diagnostics;

    /// Refines the plan that the schema yields (see [`planning`](super::schema::planning)) and repeats the judgement on
    /// what has become known. Called for creation and update, not for destruction. Changes nothing anywhere.
    async fn plan(&self, request: PlanRequest, context: &Context) -> NewState;

    /// Says what the destruction of the object means. Changes nothing anywhere.
    async fn plan_destroy(&self, _prior: &Value, _context: &Context) -> Diagnostics {
        Diagnostics::new()
    }

    /// Creates what is planned. When it fails half-way, whatever exists is in the answer.
    async fn create(&self, request: ApplyRequest, context: &Context) -> NewState;

    /// Looks at the object. Null means: it is certain that it does not exist any more.
    async fn read(&self, current: Value, private: Vec<u8>, context: &Context) -> NewState;

    /// Brings the object from its prior to its planned state. When it fails, the answer is what exists.
    async fn update(&self, request: ApplyRequest, context: &Context) -> NewState;

    /// Removes the object; null says that it is gone.
    async fn delete(&self, prior: Value, private: Vec<u8>, context: &Context) -> NewState;

    /// Finds the object that an import id names; Terraform reads it afterwards.
    ///
    /// # Errors
    /// The id has none of the accepted forms.
    async fn import(&self, id: &str, context: &Context) -> Result<NewState, Diagnostics>;
}

/// What surrounds a call: how it learns that Terraform wants to stop.
#[derive(Clone, Debug, Default)]
pub struct Context {
    /// Cancelled when the user interrupts the run.
    pub cancellation: CancellationToken,
}

/// Input of [`Resource::plan`].
#[derive(Clone, Debug)]
pub struct PlanRequest {
    /// As written; values may be unknown.
    pub config: Value,
    /// The state before; null on creation.
    pub prior: Value,
    /// The state that the schema's planning steps yield.
    pub planned: Value,
    /// What the resource stored beside the prior state.
    pub private: Vec<u8>,
}

/// Input of [`Resource::create`] and [`Resource::update`].
#[derive(Clone, Debug)]
pub struct ApplyRequest {
    /// The state before; null on creation.
    pub prior: Value,
    /// The state to reach; unknown where the plan left it open.
    pub planned: Value,
    /// What the plan handed on.
    pub private: Vec<u8>,
}

/// A state, what is stored beside it, and the findings on the way there.
#[derive(Clone, Debug)]
pub struct NewState {
    /// The object as it is (or is planned) now; null when it does not exist.
    pub state: Value,
    /// The resource's own bytes beside it.
    pub private: Vec<u8>,
    /// Findings; an error among them makes the operation a failure, and the state still counts.
    pub diagnostics: Diagnostics,
}

impl NewState {
    /// A state without findings.
    pub fn of(state: Value, private: Vec<u8>) -> Self {
        Self {
            state,
            private,
            diagnostics: Diagnostics::new(),
        }
    }

    /// The object does not exist any more.
    pub fn gone() -> Self {
        Self::of(Value::Null, Vec::new())
    }

    /// The same, with findings added.
    #[must_use]
    pub fn with(
        mut self,
        diagnostics: impl IntoIterator<Item = super::diagnostic::Diagnostic>,
    ) -> Self {
        self.diagnostics.extend(diagnostics);
        self
    }
}
