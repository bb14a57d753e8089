//! A framework for Terraform providers: the process that Terraform starts, plugin protocol 5, values, schemas, and
//! diagnostics.
//!
//! A program implements [`Provider`](provider::Provider) and [`Resource`](resource::Resource), wraps the provider in
//! [`rpc::Server`], and passes it to [`plugin::run`], which runs the process from start to end. The framework knows
//! about Terraform and OpenTofu, and about no platform.
//!
//! | module | what it is |
//! |---|---|
//! | [`plugin`] | the go-plugin process: handshake, listener, TLS, broker, standard streams, logs |
//! | [`rpc`] | tfplugin5 ↔ domain, one thin function per RPC |
//! | [`proto`] | the generated messages |
//! | [`value`] | values with null and unknown, their types, msgpack, and JSON |
//! | [`field`] | typed attributes: null, unknown, or known; the macro [`model!`] |
//! | [`schema`] | declarations, and the planning steps that follow from them |
//! | [`diagnostic`], [`explained`], [`visible`], [`wording`] | diagnostics with paths; shared causes, explained once; invisible characters, made visible; lists in sentences |
//! | [`provider`], [`resource`], [`data_source`], [`function`], [`list_resource`], [`action`] | the traits to implement |
//! | [`phase`] | whether the process plans or applies, where the host reveals it |
//! | [`typed`] | data sources, list resources, and actions with arguments in a struct |
//!
//! # A complete provider
//!
//! The provider below has one resource, `clock_reminder`. Its `text` is stored only in the state. `examples/memory.rs`
//! is a longer example, with an import, a data source, and a function.
//!
//! ```no_run
//! use async_trait::async_trait;
//! use tf_provider::diagnostic::Diagnostics;
//! use tf_provider::plugin::{self, Plugin};
//! use tf_provider::provider::{Offers, Provider};
//! use tf_provider::resource::{ApplyRequest, Context, NewState, PlanRequest, Resource};
//! use tf_provider::rpc::Server;
//! use tf_provider::schema::{Attribute, Mode, Schema};
//! use tf_provider::value::{Type, Value};
//!
//! struct Clock {
//!     schema: Schema,
//!     offers: Offers,
//! }
//!
//! #[async_trait]
//! impl Provider for Clock {
//!     fn schema(&self) -> &Schema {
//!         &self.schema
//!     }
//!
//!     fn validate(&self, _config: &Value) -> Diagnostics {
//!         Diagnostics::new()
//!     }
//!
//!     async fn configure(&self, _config: Value, _terraform_version: &str) -> Diagnostics {
//!         Diagnostics::new()
//!     }
//!
//!     fn offers(&self) -> &Offers {
//!         &self.offers
//!     }
//! }
//!
//! struct Reminder(Schema);
//!
//! #[async_trait]
//! impl Resource for Reminder {
//!     fn schema(&self) -> &Schema {
//!         &self.0
//!     }
//!
//!     fn validate(&self, _config: &Value) -> Diagnostics {
//!         Diagnostics::new()
//!     }
//!
//!     async fn plan(&self, request: PlanRequest, _context: &Context) -> NewState {
//!         NewState::of(request.planned, request.private)
//!     }
//!
//!     async fn create(&self, request: ApplyRequest, _context: &Context) -> NewState {
//!         NewState::of(request.planned, Vec::new())
//!     }
//!
//!     async fn read(&self, current: Value, private: Vec<u8>, _context: &Context) -> NewState {
//!         NewState::of(current, private)
//!     }
//!
//!     async fn update(&self, request: ApplyRequest, _context: &Context) -> NewState {
//!         NewState::of(request.planned, request.private)
//!     }
//!
//!     async fn delete(&self, _prior: Value, _private: Vec<u8>, _context: &Context) -> NewState {
//!         NewState::gone()
//!     }
//!
//!     async fn import(&self, id: &str, _context: &Context) -> Result<NewState, Diagnostics> {
//!         let state = Value::object([("text", Value::string(id))]);
//!         Ok(NewState::of(state, Vec::new()))
//!     }
//! }
//!
//! fn main() -> std::process::ExitCode {
//!     let plugin = Plugin {
//!         name: "clock",
//!         version: env!("CARGO_PKG_VERSION"),
//!         source_address: "registry.terraform.io/example/clock",
//!         repository: "https://example.com/terraform-provider-clock",
//!         logged: &[(env!("CARGO_CRATE_NAME"), None)],
//!     };
//!     let text = Attribute::new("text", Type::String, Mode::Required, "What to remember.");
//!     let reminder = Reminder(Schema::new("A reminder.", vec![text]));
//!     let mut offers = Offers::default();
//!     offers.resources.insert("clock_reminder", Box::new(reminder));
//!     let schema = Schema::new("Keeps reminders.", Vec::new());
//!     plugin::run(plugin, &[], || Server::new(Clock { schema, offers }))
//! }
//! ```

mod about;
pub mod action;
pub mod data_source;
pub mod diagnostic;
pub mod duration;
pub mod explained;
pub mod field;
pub mod function;
pub mod list_resource;
pub mod phase;
pub mod plugin;
pub mod proto;
pub mod provider;
pub mod resource;
pub mod rpc;
pub mod schema;
pub mod typed;
pub mod value;
pub mod wording;

pub use visible_text as visible;
