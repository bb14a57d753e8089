//! The connection test: with a verdict after a create or update, and with a report on request.

pub(crate) mod report;

use harness_platform::{
    Answer, BitbucketConnector, ConnectionTest, ConnectorRef, PlatformError, connectors,
};
use tf_provider::diagnostic::{Diagnostic, Severity};

use crate::bitbucket_connector::checks::api_errors::{self, About, FailedTest, Tested};
use crate::bitbucket_connector::resource::task::Task;

/// The verdict of a connection test.
pub(crate) enum Verdict {
    /// Harness can use the connector.
    Passed,
    /// Harness cannot use the connector, or the test did not finish.
    Failed(FailedTest),
}

/// Runs the test of `connector` with the settings `remote`.
pub(crate) async fn run(
    task: &Task,
    connector: &ConnectorRef,
    remote: &BitbucketConnector,
) -> Verdict {
    let about = About {
        connector,
        settings: Some(remote),
    };
    let ended = answer(task, connector).await;
    match ended.as_ref() {
        Ok(answer) if answer.value.succeeded() => Verdict::Passed,
        ended => Verdict::Failed(api_errors::failed_test(ended, about)),
    }
}

/// Sends the test until there is a response or another attempt is pointless. It changes nothing, so it is also retried
/// where other requests are not.
///
/// # Errors
/// Returns an error if the test could not be run; see also [`api_errors::test_result`].
async fn answer(
    task: &Task,
    connector: &ConnectorRef,
) -> Result<Answer<ConnectionTest>, PlatformError> {
    let client = &task.provider_data.client;
    let operation = task.test_operation();
    let mut attempt = 1;
    loop {
        let request = connectors::test_connection(connector);
        match client.send(request, &operation).await {
            // Temporary failures have already been retried.
            Err(error)
                if !error.is_transient() && client.pause(&operation, attempt, &error).await =>
            {
                attempt += 1;
            }
            ended => return ended,
        }
    }
}

/// The change that saved a connector before its test.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum SavedBy {
    Creation,
    Update,
}

/// Returns the diagnostic about a failed test that undoes nothing (mode `warn`): a warning, or an error under `strict`.
/// Whatever the cause, the connector is unusable, so `strict` applies to the test rather than to some of its causes. A
/// test that could not be run says nothing about the connector, and is always a warning.
pub(crate) fn finding(failed: FailedTest, saved: SavedBy, strict: bool) -> Diagnostic {
    let is_error = strict && failed.was_run;
    let happened = match (is_error, saved) {
        (false, _) => "The connector was saved.",
        (true, SavedBy::Creation) => {
            "With `strict`, the connector is tainted, and the next apply replaces it. To keep it, fix the cause and run \
             `terraform untaint` with the address above."
        }
        (true, SavedBy::Update) => {
            "With `strict`, this is an error. The connector and the state have the new settings."
        }
    };
    Diagnostic {
        severity: if is_error {
            Severity::Error
        } else {
            Severity::Warning
        },
        summary: failed.title().to_owned(),
        detail: failed.text(Tested::Kept, happened),
        path: failed.path,
        shared: None,
    }
}

/// Returns the error about a failed test with mode `require`. `undone` says what happened to the connector in a few words,
/// for the summary; `happened` says it in sentences.
pub(crate) fn required(
    undone: &str,
    tested: Tested,
    happened: &str,
    failed: FailedTest,
) -> Diagnostic {
    Diagnostic {
        severity: Severity::Error,
        summary: format!("{}; {undone}", failed.title()),
        detail: failed.text(tested, happened),
        path: failed.path,
        shared: None,
    }
}
