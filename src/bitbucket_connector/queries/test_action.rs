//! The action `harness_bitbucket_connector_test`: tests a connector on request, and reports the result while the user
//! waits.
//!
//! Planning it only checks its arguments, because the connector may be created in the same run.

use std::collections::BTreeMap;
use std::time::Duration;

use tf_provider::action::Action;
use tf_provider::diagnostic::{Diagnostic, Diagnostics};
use tf_provider::provider::Named;
use tf_provider::resource::Context;
use tf_provider::schema::Schema;
use tf_provider::typed::{Typed, TypedAction};
use tokio::sync::mpsc::Sender;
use tokio::time::{Instant, interval_at};

use super::find::{self, ConnectorArguments};
use crate::bitbucket_connector::checks::api_errors::Tested;
use crate::bitbucket_connector::connector::named;
use crate::bitbucket_connector::resource::connection_test::{self, Verdict};
use crate::harness::provider_data::SharedProviderData;
use crate::harness::target;

const TYPE_NAME: &str = "harness_bitbucket_connector_test";

/// The interval of messages that the test is still running.
const EVERY: Duration = Duration::from_secs(10);

/// Returns all actions, by type name; `provider_data` is set when the provider is configured.
pub(crate) fn actions(provider_data: &SharedProviderData) -> Named<dyn Action> {
    let schema = Schema::new(
        "Runs Harness's connection test on a Bitbucket connector. A test takes up to two minutes. A failed test is an error \
         that explains what Harness found and how to fix it.",
        target::connector_arguments(),
    );
    let test: Box<dyn Action> = Box::new(Typed::new(schema, ConnectorTest(provider_data.clone())));
    BTreeMap::from([(TYPE_NAME, test)])
}

/// The action `harness_bitbucket_connector_test`.
#[derive(Debug)]
struct ConnectorTest(SharedProviderData);

impl TypedAction for ConnectorTest {
    type Arguments = ConnectorArguments;

    async fn invoke(
        &self,
        arguments: ConnectorArguments,
        progress: &Sender<String>,
        context: &Context,
    ) -> Result<(), Diagnostics> {
        let connector = arguments.connector()?;
        let task = find::task(&self.0, context)?;
        tell(progress, format!("Testing {}", named(&connector))).await;
        let answer = find::by_identifier(&task, &connector).await?;
        let remote = answer.connector.bitbucket().connector;
        let test = connection_test::run(&task, &connector, &remote);
        match while_waiting(test, progress).await {
            Verdict::Passed => {
                tell(progress, "The connection works".to_owned()).await;
                Ok(())
            }
            // The connector's arguments are not the action's, so the diagnostic has no path.
            Verdict::Failed(failed) => {
                let of_what = if failed.was_run {
                    format!("Harness cannot use {}.", named(&connector))
                } else {
                    format!("Harness did not test {}.", named(&connector))
                };
                let detail = failed.text(Tested::Kept, &of_what);
                Err(Diagnostic::error(failed.title(), detail).into())
            }
        }
    }
}

/// Sends a message; a closed channel does not stop the action.
async fn tell(progress: &Sender<String>, sentence: String) {
    let _ = progress.send(sentence).await;
}

/// Waits for `work`, and reports every ten seconds that it is still running.
async fn while_waiting<T>(work: impl Future<Output = T>, progress: &Sender<String>) -> T {
    let begin = Instant::now();
    let mut ticks = interval_at(begin + EVERY, EVERY);
    tokio::pin!(work);
    loop {
        tokio::select! {
            biased;
            result = &mut work => return result,
            now = ticks.tick() => {
                let seconds = now.duration_since(begin).as_secs();
                // If the receiver does not keep up, a message is lost; the end of the test does not wait for it.
                let _ = progress.try_send(format!("Still testing, {seconds} s elapsed"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tf_provider::value::Value;
    use tokio::sync::mpsc;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn progress_is_reported_every_ten_seconds_until_the_test_ends() {
        for (takes, expected) in [
            (0, vec![]),
            (9, vec![]),
            (
                25,
                vec!["Still testing, 10 s elapsed", "Still testing, 20 s elapsed"],
            ),
        ] {
            let (sender, mut receiver) = mpsc::channel(8);
            let work = async {
                tokio::time::sleep(Duration::from_secs(takes)).await;
                takes
            };
            assert_eq!(while_waiting(work, &sender).await, takes);
            drop(sender);
            let mut reported = Vec::new();
            while let Some(sentence) = receiver.recv().await {
                reported.push(sentence);
            }
            assert_eq!(reported, expected, "{takes}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_test_continues_when_no_one_listens() {
        let (sender, receiver) = mpsc::channel(1);
        drop(receiver);
        let work = tokio::time::sleep(Duration::from_mins(1));
        while_waiting(work, &sender).await;
    }

    #[tokio::test]
    async fn planning_checks_what_is_known_and_needs_no_access() {
        let actions = actions(&SharedProviderData::default());
        let action = &actions[TYPE_NAME];
        let none = action.schema().block.null_object();
        for (identifier, org, findings) in [
            (Value::unknown(), Value::unknown(), 0),
            (Value::string("bb"), Value::Null, 0),
            (Value::string("my-conn"), Value::unknown(), 1),
            (Value::unknown(), Value::string("My Org"), 1),
        ] {
            let config = none
                .clone()
                .with("identifier", identifier)
                .with("org_id", org);
            let found = action.plan(&config, &Context::default()).await;
            assert_eq!(found.iter().count(), findings, "{found:?}");
        }
    }
}
