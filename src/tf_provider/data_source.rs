//! The trait for data sources, which read objects that are managed elsewhere.

use async_trait::async_trait;

use super::diagnostic::Diagnostics;
use super::resource::Context;
use super::schema::Schema;
use super::value::Value;

/// A data source type.
#[async_trait]
pub trait DataSource: Send + Sync {
    /// Returns the declaration: arguments, and results with the mode [`Computed`](super::schema::Mode::Computed).
    fn schema(&self) -> &Schema;

    /// Validates a configuration offline. Values may be unknown, and unknown values are not checked.
    fn validate(&self, config: &Value) -> Diagnostics;

    /// Reads the object. Terraform calls this when the whole configuration is known, during a plan or an apply.
    async fn read(&self, config: Value, context: &Context) -> Reading;
}

/// The result of reading a data source.
#[derive(Clone, Debug)]
pub struct Reading {
    /// The arguments as given, and every result. Null if the diagnostics contain an error.
    pub state: Value,
    /// Diagnostics; an error fails the plan or the apply.
    pub diagnostics: Diagnostics,
}

impl Reading {
    /// Returns a state without diagnostics.
    pub fn of(state: Value) -> Self {
        Self {
            state,
            diagnostics: Diagnostics::new(),
        }
    }

    /// Returns diagnostics without a state.
    pub fn failed(diagnostics: impl Into<Diagnostics>) -> Self {
        Self {
            state: Value::Null,
            diagnostics: diagnostics.into(),
        }
    }
}
