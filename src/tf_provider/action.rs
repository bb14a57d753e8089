//! The trait for actions: operations that run on request and leave no state.

use async_trait::async_trait;
use tokio::sync::mpsc;

use super::diagnostic::Diagnostics;
use super::resource::Context;
use super::schema::Schema;
use super::value::Value;

/// An action type.
#[async_trait]
pub trait Action: Send + Sync {
    /// Returns the declaration of the arguments.
    fn schema(&self) -> &Schema;

    /// Validates a configuration offline. Values may be unknown, and unknown values are not checked.
    fn validate(&self, config: &Value) -> Diagnostics;

    /// Runs checks before the action is invoked. Values may be unknown. Changes nothing.
    async fn plan(&self, config: &Value, context: &Context) -> Diagnostics;

    /// Runs the action. `progress` takes messages for the user; a closed channel does not stop the action.
    async fn invoke(
        &self,
        config: Value,
        progress: mpsc::Sender<String>,
        context: &Context,
    ) -> Diagnostics;
}
