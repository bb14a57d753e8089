//! Data sources, list resources, and actions with arguments in a struct. [`Typed`] reads the configuration into the
//! struct and checks it once; only arguments without errors are used. A resource has states next to its configuration
//! and reads them itself, but can use [`check`] for its validation.
//!
//! ```
//! use tf_provider::data_source::Reading;
//! use tf_provider::diagnostic::{Diagnostic, Diagnostics};
//! use tf_provider::model;
//! use tf_provider::provider::Offers;
//! use tf_provider::resource::Context;
//! use tf_provider::schema::{Attribute, Computed, Mode, Schema};
//! use tf_provider::typed::{Arguments, Typed, TypedDataSource};
//! use tf_provider::value::{Path, Type, Value};
//!
//! model! {
//!     /// The arguments of `data "greeting"`.
//!     struct Whom {
//!         name: String;
//!     }
//! }
//!
//! impl Arguments for Whom {
//!     fn check(&self) -> Diagnostics {
//!         let is_empty = self.name.text().is_some_and(str::is_empty);
//!         let finding = || Diagnostic::error("Empty name", "Write a name.").at(Path::root().attribute("name"));
//!         is_empty.then(finding).into_iter().collect()
//!     }
//! }
//!
//! struct Greeting;
//!
//! impl TypedDataSource for Greeting {
//!     type Arguments = Whom;
//!
//!     async fn read(&self, whom: Whom, _context: &Context) -> Result<Reading, Diagnostics> {
//!         let text = format!("Hello, {}!", whom.name.text().unwrap_or_default());
//!         Ok(Reading::of(Value::object([("text", Value::string(text))])))
//!     }
//! }
//!
//! let result = Mode::Computed(Computed::AtEveryChange);
//! let attributes = vec![
//!     Attribute::new("name", Type::String, Mode::Required, "Whom to greet."),
//!     Attribute::new("text", Type::String, result, "The greeting."),
//! ];
//! let greeting = Typed::new(Schema::new("Greets someone.", attributes), Greeting);
//! let mut offers = Offers::default();
//! offers.data_sources.insert("greeting", Box::new(greeting));
//! ```

use std::future::Future;

use async_trait::async_trait;
use tokio::sync::mpsc::Sender;

use super::action::Action;
use super::data_source::{DataSource, Reading};
use super::diagnostic::{Diagnostic, Diagnostics};
use super::field::FromValue;
use super::list_resource::{ListRequest, ListResource, Listed};
use super::resource::Context;
use super::schema::Schema;
use super::value::Value;

/// Arguments that can be checked offline.
pub trait Arguments: FromValue + Send {
    /// Returns what is wrong with the arguments. Values may be unknown, and unknown values are not checked.
    fn check(&self) -> Diagnostics;
}

/// A data source with typed arguments.
pub trait TypedDataSource: Send + Sync {
    /// The type into which a configuration is read. It needs no fields for the results.
    type Arguments: Arguments;

    /// Reads the object. The returned state is an object of the results; the given arguments are added to it.
    fn read(
        &self,
        arguments: Self::Arguments,
        context: &Context,
    ) -> impl Future<Output = Result<Reading, Diagnostics>> + Send;
}

/// A list resource with typed arguments.
pub trait TypedListResource: Send + Sync {
    /// The type into which a configuration is read.
    type Arguments: Arguments;

    /// Sends the objects, as [`ListResource::list`] does. The diagnostics of an error are sent last.
    fn list(
        &self,
        arguments: Self::Arguments,
        request: &ListRequest,
        found: &Sender<Listed>,
        context: &Context,
    ) -> impl Future<Output = Result<(), Diagnostics>> + Send;
}

/// An action with typed arguments. Planning it only checks the arguments.
pub trait TypedAction: Send + Sync {
    /// The type into which a configuration is read.
    type Arguments: Arguments;

    /// Runs the action, as [`Action::invoke`] does.
    fn invoke(
        &self,
        arguments: Self::Arguments,
        progress: &Sender<String>,
        context: &Context,
    ) -> impl Future<Output = Result<(), Diagnostics>> + Send;
}

/// An item with typed arguments and its declaration, ready to be [offered](super::provider::Offers).
#[derive(Clone, Debug)]
pub struct Typed<T> {
    schema: Schema,
    inner: T,
}

impl<T> Typed<T> {
    /// Creates the item from a declaration that has an attribute for each field of the arguments.
    pub fn new(schema: Schema, inner: T) -> Self {
        Self { schema, inner }
    }
}

/// Returns what is wrong with a configuration; nothing where it is unknown.
pub fn check<A: Arguments>(config: &Value) -> Diagnostics {
    match A::from_value(config) {
        Ok(arguments) => arguments.check(),
        Err(error) => Diagnostic::own_bug(error).into(),
    }
}

/// Returns the arguments of a valid configuration. Validation has already shown its warnings.
fn read<A: Arguments>(config: &Value) -> Result<A, Diagnostics> {
    let arguments = A::from_value(config).map_err(Diagnostic::own_bug)?;
    let findings = arguments.check();
    if findings.has_errors() {
        return Err(findings);
    }
    Ok(arguments)
}

#[async_trait]
impl<T: TypedDataSource> DataSource for Typed<T> {
    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn validate(&self, config: &Value) -> Diagnostics {
        check::<T::Arguments>(config)
    }

    async fn read(&self, config: Value, context: &Context) -> Reading {
        let reading = match read(&config) {
            Ok(arguments) => self.inner.read(arguments, context).await,
            Err(findings) => Err(findings),
        };
        match reading {
            Ok(Reading { state, diagnostics }) => {
                let results = state.as_object().into_iter().flatten();
                let state = results.fold(config, |state, (name, result)| {
                    state.with(name.as_str(), result.clone())
                });
                Reading { state, diagnostics }
            }
            Err(findings) => Reading::failed(findings),
        }
    }
}

#[async_trait]
impl<T: TypedListResource> ListResource for Typed<T> {
    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn validate(&self, config: &Value) -> Diagnostics {
        check::<T::Arguments>(config)
    }

    async fn list(&self, request: ListRequest, found: Sender<Listed>, context: &Context) {
        let listing = match read(&request.config) {
            Ok(arguments) => self.inner.list(arguments, &request, &found, context).await,
            Err(findings) => Err(findings),
        };
        if let Err(findings) = listing {
            // The host may have disconnected.
            Listed::findings(findings).send(&found).await;
        }
    }
}

#[async_trait]
impl<T: TypedAction> Action for Typed<T> {
    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn validate(&self, config: &Value) -> Diagnostics {
        check::<T::Arguments>(config)
    }

    async fn plan(&self, config: &Value, _context: &Context) -> Diagnostics {
        check::<T::Arguments>(config)
    }

    async fn invoke(
        &self,
        config: Value,
        progress: Sender<String>,
        context: &Context,
    ) -> Diagnostics {
        let done = match read(&config) {
            Ok(arguments) => self.inner.invoke(arguments, &progress, context).await,
            Err(findings) => Err(findings),
        };
        done.err().unwrap_or_default()
    }
}
