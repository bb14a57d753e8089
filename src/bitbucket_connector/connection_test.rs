//! The connection test after a create or update, and what its failure means.

use super::lifecycle::Task;
use super::{finding, remedy};
use crate::platform::{BitbucketConnector, ConnectionTest, ConnectorRef, connectors};
use crate::tf_provider::diagnostic::Diagnostic;

/// How a connection test ended.
pub(super) enum Verdict {
    /// Harness can use the connector.
    Passed,
    /// It cannot, or the test came to no end: what is known about it, as paragraphs for a finding.
    Failed(String),
}

/// Runs the test of `connector`, whose settings are `remote`.
pub(super) async fn run(
    task: &Task,
    connector: &ConnectorRef,
    remote: &BitbucketConnector,
) -> Verdict {
    let request = connectors::test_connection(connector);
    let answer = task
        .configured
        .client
        .send(request, &task.test_operation())
        .await;
    let result = match answer {
        Ok(answer) => answer.value,
        Err(error) => {
            let why = finding::explained(&error);
            return Verdict::Failed(format!("The test itself could not be run: {why}"));
        }
    };
    if result.succeeded() {
        return Verdict::Passed;
    }
    let said = texts(&result);
    let mut paragraphs = if said.is_empty() {
        vec![format!(
            "The test ended with the status {}.",
            result.details.state.as_str()
        )]
    } else {
        let lines: Vec<String> = said.iter().map(|line| format!("- {line}")).collect();
        vec![format!("Harness says:\n{}", lines.join("\n"))]
    };
    paragraphs.extend(remedy::find(&said.join("\n"), remote));
    Verdict::Failed(paragraphs.join("\n\n"))
}

/// What the platform says about a failed test, each text once.
fn texts(result: &ConnectionTest) -> Vec<String> {
    let errors = result
        .details
        .errors
        .iter()
        .flat_map(|error| [&error.reason, &error.message]);
    let mut texts: Vec<String> = Vec::new();
    for text in [
        &result.details.error_summary,
        &result.explanation,
        &result.hint,
    ]
    .into_iter()
    .chain(errors)
    .flatten()
    {
        let text = text.trim();
        let text = text.strip_prefix("Invalid request: ").unwrap_or(text);
        // A code such as INVALID_REQUEST tells a person nothing.
        let is_code = !text.contains(' ');
        if !text.is_empty() && !is_code && !texts.iter().any(|known| known.contains(text)) {
            texts.push(text.to_owned());
        }
    }
    texts
}

/// The finding about a failed test that changes nothing.
pub(super) fn warning(connector: &ConnectorRef, reason: &str) -> Diagnostic {
    Diagnostic::warning(
        "Connection test failed",
        format!(
            "The connector \"{}\" was saved, and Harness cannot use it as it is.\n\n{reason}",
            connector.identifier
        ),
    )
}
