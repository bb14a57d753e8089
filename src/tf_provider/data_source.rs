//! What a data source has to offer: one look at something that others manage.

use async_trait::async_trait;

use super::diagnostic::Diagnostics;
use super::resource::Context;
use super::schema::Schema;
use super::value::Value;

/// A data source type.
#[async_trait]
pub trait DataSource: Send + Sync {
    /// The declaration: arguments, and results whose mode is [`Computed`](super::schema::Mode::Computed).
    fn schema(&self) -> &Schema;

    /// Judges a configuration without asking anybody. Values may be unknown: no opinion on those.
    fn validate(&self, config: &Value) -> Diagnostics;

    /// Looks. Terraform calls this as soon as the whole configuration is known, while it plans or while it applies.
    async fn read(&self, config: Value, context: &Context) -> Reading;
}

/// What a data source has found.
#[derive(Clone, Debug)]
pub struct Reading {
    /// The arguments as they were given, and every result. Null when there is an error among the findings.
    pub state: Value,
    /// Findings; an error among them fails the run, or the plan.
    pub diagnostics: Diagnostics,
}

impl Reading {
    /// A state without findings.
    pub fn of(state: Value) -> Self {
        Self {
            state,
            diagnostics: Diagnostics::new(),
        }
    }

    /// Nothing but findings.
    pub fn failed(diagnostics: impl Into<Diagnostics>) -> Self {
        Self {
            state: Value::Null,
            diagnostics: diagnostics.into(),
        }
    }
}
