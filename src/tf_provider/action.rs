//! What an action has to offer: something to be done on request, which leaves no state behind.

use async_trait::async_trait;
use tokio::sync::mpsc;

use super::diagnostic::Diagnostics;
use super::resource::Context;
use super::schema::Schema;
use super::value::Value;

/// An action type.
#[async_trait]
pub trait Action: Send + Sync {
    /// The declaration of the arguments.
    fn schema(&self) -> &Schema;

    /// Judges a configuration without asking anybody. Values may be unknown: no opinion on those.
    fn validate(&self, config: &Value) -> Diagnostics;

    /// Looks ahead before the action is invoked. Values may be unknown. Changes nothing anywhere.
    async fn plan(&self, config: &Value, context: &Context) -> Diagnostics;

    /// Does it. `progress` takes sentences for the person who waits; that nobody listens is no reason to stop.
    async fn invoke(
        &self,
        config: Value,
        progress: mpsc::Sender<String>,
        context: &Context,
    ) -> Diagnostics;
}
