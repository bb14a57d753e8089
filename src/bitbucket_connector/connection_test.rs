//! The connection test after a create or update, and what its failure means.

use super::TYPE_NAME;
use super::lifecycle::{Task, named};
use super::refusals::{self, About, FailedTest};
use crate::platform::{BitbucketConnector, ConnectorRef, connectors};
use crate::tf_provider::diagnostic::{Diagnostic, Severity};

/// How a connection test ended.
pub(super) enum Verdict {
    /// Harness can use the connector.
    Passed,
    /// It cannot, or the test came to no end.
    Failed(FailedTest),
}

/// Runs the test of `connector`, whose settings are `remote`.
pub(super) async fn run(
    task: &Task,
    connector: &ConnectorRef,
    remote: &BitbucketConnector,
) -> Verdict {
    let about = About {
        connector,
        settings: Some(remote),
    };
    let request = connectors::test_connection(connector);
    let answer = task
        .configured
        .client
        .send(request, &task.test_operation())
        .await;
    match answer {
        Ok(answer) if answer.value.succeeded() => Verdict::Passed,
        Ok(answer) => {
            let id = answer.correlation_id.as_deref();
            Verdict::Failed(refusals::failed_test(&answer.value, id, about))
        }
        Err(error) => Verdict::Failed(refusals::test_not_run(&error, about)),
    }
}

/// What a connector whose test failed has just been through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Saved {
    Created,
    Updated,
}

/// The finding about a failed test that undoes nothing (mode `warn`): a warning, and under `strict` an
/// error. Whatever the cause, the connector is of no use; so `strict` is about the test, and not about some of its causes.
pub(super) fn finding(
    connector: &ConnectorRef,
    failed: FailedTest,
    saved: Saved,
    strict: bool,
) -> Diagnostic {
    let consequence = match (strict, saved) {
        (false, _) => String::new(),
        (true, Saved::Created) => format!(
            " The provider's `strict` makes that an error, and Terraform marks the connector as tainted: the next apply \
             replaces it. To keep it, mend what is wrong and run `terraform untaint {TYPE_NAME}.<name>`."
        ),
        (true, Saved::Updated) => {
            " The provider's `strict` makes that an error. The connector has the new settings, and so has the state."
                .to_owned()
        }
    };
    Diagnostic {
        severity: if strict {
            Severity::Error
        } else {
            Severity::Warning
        },
        summary: "Connection test failed".to_owned(),
        detail: format!(
            "{} was saved, and Harness cannot use it as it is.{consequence}\n\n{}",
            named(connector),
            failed.reason
        ),
        path: failed.path,
        shared: None,
    }
}

/// The error that a failed test is with mode `require`; `undone` says what became of the connector.
pub(super) fn required(summary: impl Into<String>, undone: &str, failed: FailedTest) -> Diagnostic {
    Diagnostic {
        severity: Severity::Error,
        summary: summary.into(),
        detail: format!("{undone}\n\n{}", failed.reason),
        path: failed.path,
        shared: None,
    }
}
