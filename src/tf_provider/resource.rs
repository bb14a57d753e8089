//! What a managed resource has to offer, in Terraform's own terms and without a trace of the wire.
//!
//! The layer above decodes requests into these types, calls one method, and encodes the answer. States are objects of
//! the schema's type, or null where nothing exists. *Private* bytes belong to the resource: Terraform stores them beside
//! the state and hands them back unread.

use async_trait::async_trait;
use tokio_util::sync::CancellationToken;

use super::diagnostic::{Diagnostic, Diagnostics};
use super::explained::Explained;
use super::phase::Phase;
use super::schema::{Schema, generation};
use super::value::{Type, Value};

/// A resource type.
#[async_trait]
pub trait Resource: Send + Sync {
    /// The declaration, of which type and planning follow.
    fn schema(&self) -> &Schema;

    /// Judges a configuration without asking anybody. Values may be unknown: no opinion on those. A block that may turn
    /// out to be absent is unknown as a whole (see [`placeholder`](super::schema::placeholder)).
    fn validate(&self, config: &Value) -> Diagnostics;

    /// Refines the plan that the schema yields (see [`planning`](super::schema::planning)) and repeats the judgement on
    /// what has become known. Called for creation and update, not for destruction. Changes nothing anywhere.
    async fn plan(&self, request: PlanRequest, context: &Context) -> NewState;

    /// Says what the destruction of the object means; `private` is what is stored beside it. Changes nothing anywhere.
    async fn plan_destroy(
        &self,
        _prior: &Value,
        _private: &[u8],
        _context: &Context,
    ) -> Diagnostics {
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

    /// The declaration of the identity that its objects have; `None` if they have none.
    fn identity_schema(&self) -> Option<&IdentitySchema> {
        None
    }

    /// The identity of the object that `state` describes (never null). What follows from something unknown, in the state
    /// or in the provider's configuration, is unknown. `None` where nothing can be said, as before the provider is
    /// configured.
    fn identity(&self, _state: &Value) -> Option<Value> {
        None
    }

    /// Finds the object that an identity names; Terraform reads it afterwards. The identity is wholly known and has all
    /// that is required for an import.
    ///
    /// # Errors
    /// The identity names nothing that this provider can reach.
    async fn import_identity(
        &self,
        _identity: &Value,
        _context: &Context,
    ) -> Result<NewState, Diagnostics> {
        Err(Diagnostic::own_bug("A resource without an identity was imported by identity").into())
    }

    /// The configuration that would produce `state`, an object of the schema's type. The schema alone says most of it
    /// ([`generation`]); a resource refines it where its own rules ask for more.
    fn generate_config(&self, state: &Value) -> GeneratedConfig {
        GeneratedConfig::of(generation::config(&self.schema().block, state))
    }

    /// Brings a stored state up to this version of the provider: an object of the schema's type, in which members that the
    /// state lacks are null. Called before the provider is configured.
    fn upgrade_state(&self, state: Value) -> Value {
        state
    }

    /// Makes the state of another resource type into a state of this one, without asking anybody.
    ///
    /// # Errors
    /// There is no way from that type to this one, or the state is not what that type stores.
    fn move_state(&self, source: &MoveSource) -> Result<NewState, Diagnostics> {
        Err(source.refused().into())
    }
}

/// Configuration that was made from a state.
#[derive(Clone, Debug)]
pub struct GeneratedConfig {
    /// The configuration: null is what it leaves out.
    pub config: Value,
    /// What a person should know before using it.
    pub diagnostics: Diagnostics,
}

impl GeneratedConfig {
    /// A configuration about which there is nothing to say.
    pub fn of(config: Value) -> Self {
        Self {
            config,
            diagnostics: Diagnostics::new(),
        }
    }
}

/// The declaration of an identity: what tells one object from all others, in every account.
#[derive(Clone, Debug)]
pub struct IdentitySchema {
    /// Raised whenever stored identities need an upgrade.
    pub version: i64,
    /// The attributes, in the order of the documentation.
    pub attributes: Vec<IdentityAttribute>,
}

impl IdentitySchema {
    /// The object type of every identity.
    pub fn ty(&self) -> Type {
        Type::object(
            self.attributes
                .iter()
                .map(|attribute| (attribute.name, attribute.ty.clone())),
        )
    }
}

/// One attribute of an identity.
#[derive(Clone, Debug)]
pub struct IdentityAttribute {
    /// As written in an `import` block's `identity`.
    pub name: &'static str,
    /// Its type.
    pub ty: Type,
    /// Whether an import has to name it; it may leave out the others.
    pub required_for_import: bool,
    /// Plain text, for the documentation and for editors.
    pub description: &'static str,
}

/// Input of [`Resource::move_state`].
#[derive(Clone, Debug)]
pub struct MoveSource {
    /// The source address of the provider that wrote the state: in full, such as `registry.terraform.io/hashicorp/local`,
    /// or as little of it as the host sends. OpenTofu 1.10.0 to 1.12.3 sends the last part alone.
    pub provider_address: String,
    /// The resource type that wrote it.
    pub type_name: String,
    /// The version of that type's schema.
    pub schema_version: i64,
    /// The state as it is stored: JSON, to be read with [`json::decode_lenient`](super::value::json::decode_lenient).
    pub state: Vec<u8>,
    /// What that type stored beside the state.
    pub private: Vec<u8>,
    /// The resource type that is to go on with it.
    pub target_type_name: String,
}

impl MoveSource {
    /// The error that says that there is no way from this source to its target.
    pub fn refused(&self) -> Diagnostic {
        Diagnostic::error(
            "State cannot be moved",
            format!(
                "A {} (provider {}) cannot become a {}. Instead, use a `removed` block with `destroy = false` for the \
                 old resource, and an `import` block for the new one.",
                self.type_name, self.provider_address, self.target_type_name
            ),
        )
    }
}

/// What surrounds a call: how it learns that Terraform wants to stop, and what other calls have explained.
#[derive(Clone, Debug, Default)]
pub struct Context {
    /// Cancelled when the user interrupts the run.
    pub cancellation: CancellationToken,
    /// What the calls of this process have explained so far.
    pub explained: Explained,
    /// What this process knows of its phase.
    pub phase: Phase,
    /// Whether it is certain that the host applies what this call plans as soon as it is answered.
    pub is_apply: bool,
}

/// Input of [`Resource::plan`].
#[derive(Clone, Debug)]
pub struct PlanRequest {
    /// As written; values may be unknown. A block that may turn out to be absent is unknown as a whole (see
    /// [`placeholder`](super::schema::placeholder)).
    pub config: Value,
    /// The state before; null on creation.
    pub prior: Value,
    /// The state that the schema's planning steps yield. A block that may turn out to be absent stands in it as Terraform
    /// sent it, with unknown arguments.
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
#[derive(Clone, Debug, Eq, PartialEq)]
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
    pub fn with(mut self, diagnostics: impl IntoIterator<Item = Diagnostic>) -> Self {
        self.diagnostics.extend(diagnostics);
        self
    }
}
