//! The trait for managed resources, in Terraform's own terms and independent of the wire format.
//!
//! The layer above decodes requests into these types, calls one method, and encodes the result. States are objects of
//! the schema's type, or null if nothing exists. *Private* bytes belong to the resource: Terraform stores them next to
//! the state and returns them unread.

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
    /// Returns the declaration, which determines the type and the planning steps.
    fn schema(&self) -> &Schema;

    /// Validates a configuration offline. Values may be unknown, and unknown values are not checked. A block that may
    /// turn out to be absent is unknown as a whole (see [`placeholder`](super::schema::placeholder)).
    fn validate(&self, config: &Value) -> Diagnostics;

    /// Refines the plan that the schema yields (see [`planning`](super::schema::planning)) and repeats the validation
    /// for what has become known. Called for creation and update, not for destruction. Changes nothing.
    async fn plan(&self, request: PlanRequest, context: &Context) -> NewState;

    /// Reports what destroying the object means; `private` is stored next to the object's state. Changes nothing.
    async fn plan_destroy(
        &self,
        _prior: &Value,
        _private: &[u8],
        _context: &Context,
    ) -> Diagnostics {
        Diagnostics::new()
    }

    /// Creates the planned object. If it fails midway, it returns whatever exists.
    async fn create(&self, request: ApplyRequest, context: &Context) -> NewState;

    /// Reads the object. Returns null only if it is certain that the object no longer exists.
    async fn read(&self, current: Value, private: Vec<u8>, context: &Context) -> NewState;

    /// Updates the object from its prior to its planned state. If it fails, it returns what exists.
    async fn update(&self, request: ApplyRequest, context: &Context) -> NewState;

    /// Deletes the object. Returns null if it is gone.
    async fn delete(&self, prior: Value, private: Vec<u8>, context: &Context) -> NewState;

    /// Finds the object with this import id; Terraform reads it afterwards.
    ///
    /// # Errors
    /// Returns an error if the id has none of the accepted forms.
    async fn import(&self, id: &str, context: &Context) -> Result<NewState, Diagnostics>;

    /// Returns the declaration of the identity that the objects have, or `None` if they have none.
    fn identity_schema(&self) -> Option<&IdentitySchema> {
        None
    }

    /// Returns the identity of the object that `state` describes (never null). Parts that depend on something unknown,
    /// in the state or in the provider's configuration, are unknown. Returns `None` if nothing can be said, for example
    /// before the provider is configured.
    fn identity(&self, _state: &Value) -> Option<Value> {
        None
    }

    /// Finds the object with this identity; Terraform reads it afterwards. The identity is wholly known and has every
    /// attribute that an import requires.
    ///
    /// # Errors
    /// Returns an error if the identity does not name anything that this provider can reach.
    async fn import_identity(
        &self,
        _identity: &Value,
        _context: &Context,
    ) -> Result<NewState, Diagnostics> {
        Err(Diagnostic::own_bug("A resource without an identity was imported by identity").into())
    }

    /// Returns the configuration that would produce `state`, an object of the schema's type. The schema alone
    /// determines most of it ([`generation`]); a resource refines it where its own rules require more.
    fn generate_config(&self, state: &Value) -> GeneratedConfig {
        GeneratedConfig::of(generation::config(&self.schema().block, state))
    }

    /// Upgrades a stored state to this version of the provider. `state` is an object of the schema's type, with null
    /// for the members that were missing. Called before the provider is configured.
    fn upgrade_state(&self, state: Value) -> Value {
        state
    }

    /// Converts the state of another resource type to a state of this one, offline.
    ///
    /// # Errors
    /// Returns an error if there is no conversion from that type, or the state is not what that type stores.
    fn move_state(&self, source: &MoveSource) -> Result<NewState, Diagnostics> {
        Err(source.refused().into())
    }
}

/// Configuration generated from a state.
#[derive(Clone, Debug)]
pub struct GeneratedConfig {
    /// The configuration; arguments to leave out are null.
    pub config: Value,
    /// What a person should know before using it.
    pub diagnostics: Diagnostics,
}

impl GeneratedConfig {
    /// Creates a configuration without diagnostics.
    pub fn of(config: Value) -> Self {
        Self {
            config,
            diagnostics: Diagnostics::new(),
        }
    }
}

/// The declaration of an identity, which distinguishes an object from all others, in every account.
#[derive(Clone, Debug)]
pub struct IdentitySchema {
    /// Raised whenever stored identities need an upgrade.
    pub version: i64,
    /// The attributes, in the order of the documentation.
    pub attributes: Vec<IdentityAttribute>,
}

impl IdentitySchema {
    /// Returns the object type of every identity.
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
    /// The type.
    pub ty: Type,
    /// Whether an import has to include it.
    pub required_for_import: bool,
    /// Plain text, for the documentation and for editors.
    pub description: &'static str,
}

/// Input of [`Resource::move_state`].
#[derive(Clone, Debug)]
pub struct MoveSource {
    /// The source address of the provider that wrote the state: in full, such as
    /// `registry.terraform.io/hashicorp/local`, or the part that the host sends. OpenTofu 1.10.0 to 1.12.3 sends only
    /// the last part.
    pub provider_address: String,
    /// The resource type that wrote the state.
    pub type_name: String,
    /// The version of that type's schema.
    pub schema_version: i64,
    /// The stored state: JSON, for [`json::decode_lenient`](super::value::json::decode_lenient).
    pub state: Vec<u8>,
    /// The private bytes that the type stored next to the state.
    pub private: Vec<u8>,
    /// The resource type to convert the state to.
    pub target_type_name: String,
}

impl MoveSource {
    /// Returns the error for a source that cannot be moved to its target.
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

/// The surroundings of a call: the signal to stop, and what other calls have explained.
#[derive(Clone, Debug, Default)]
pub struct Context {
    /// Cancelled when the user interrupts the run.
    pub cancellation: CancellationToken,
    /// What the calls of this process have explained so far.
    pub explained: Explained,
    /// What this process knows about its phase.
    pub phase: Phase,
    /// Whether the host certainly applies what this call plans, right after the response.
    pub is_apply: bool,
}

/// Input of [`Resource::plan`].
#[derive(Clone, Debug)]
pub struct PlanRequest {
    /// The configuration as written; values may be unknown. A block that may turn out to be absent is unknown as a
    /// whole (see [`placeholder`](super::schema::placeholder)).
    pub config: Value,
    /// The prior state; null on creation.
    pub prior: Value,
    /// The state that the schema's planning steps yield. A block that may turn out to be absent appears as Terraform
    /// sent it, with unknown arguments.
    pub planned: Value,
    /// The private bytes stored next to the prior state.
    pub private: Vec<u8>,
}

/// Input of [`Resource::create`] and [`Resource::update`].
#[derive(Clone, Debug)]
pub struct ApplyRequest {
    /// The prior state; null on creation.
    pub prior: Value,
    /// The planned state; unknown where the plan left it open.
    pub planned: Value,
    /// The private bytes from the plan.
    pub private: Vec<u8>,
}

/// A state, its private bytes, and the diagnostics of the operation.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NewState {
    /// The object as it is (or is planned) now; null if it does not exist.
    pub state: Value,
    /// The resource's private bytes.
    pub private: Vec<u8>,
    /// Diagnostics. An error fails the operation, but the state is still stored.
    pub diagnostics: Diagnostics,
}

impl NewState {
    /// Creates a state without diagnostics.
    pub fn of(state: Value, private: Vec<u8>) -> Self {
        Self {
            state,
            private,
            diagnostics: Diagnostics::new(),
        }
    }

    /// Returns the result for an object that no longer exists.
    pub fn gone() -> Self {
        Self::of(Value::Null, Vec::new())
    }

    /// Adds diagnostics.
    #[must_use]
    pub fn with(mut self, diagnostics: impl IntoIterator<Item = Diagnostic>) -> Self {
        self.diagnostics.extend(diagnostics);
        self
    }
}
