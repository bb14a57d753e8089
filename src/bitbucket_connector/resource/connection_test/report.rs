//! A connection test on request: its result, and what to do about it.

use harness_platform::{
    ConnectionError, ConnectionTest, ConnectivityDetails, ConnectivityState, ConnectorAnswer,
    ConnectorRef, Refusal, connectors,
};
use tf_provider::diagnostic::Diagnostic;

use crate::bitbucket_connector::checks::api_errors::{self, About};
use crate::bitbucket_connector::resource::task::Task;
use crate::harness::platform_error;

/// The result of a connection test.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct Report {
    /// State, errors, and time, in the platform's words.
    pub(crate) details: ConnectivityDetails,
    /// What to do about a failure: the usual cause, and what the platform suggests. `None` after a success, and if
    /// neither is known.
    pub(crate) hint: Option<String>,
}

/// Runs the test of `connector`, which was found as `answer`.
///
/// # Errors
/// Returns an error if the test could not be run.
pub(crate) async fn run(
    task: &Task,
    connector: &ConnectorRef,
    answer: &ConnectorAnswer,
) -> Result<Report, Diagnostic> {
    let test = match super::answer(task, connector).await {
        Ok(answer) => answer.value,
        Err(error) => api_errors::test_result(&error).map(result).ok_or_else(|| {
            platform_error::failed("Connection could not be tested", &error, connector)
        })?,
    };
    let settings = answer.connector.bitbucket().connector;
    let about = About {
        connector,
        settings: Some(&settings),
    };
    let mut report = Report::of(test, about);
    if report.details.tested_at.is_none() {
        // A failure in the platform's error format has no time, but the connector stores it. Without it, the report is
        // still useful.
        let request = connectors::get(connector);
        let client = &task.provider_data.client;
        let again = client.send(request, &task.operation).await.ok();
        report.details.tested_at = again.and_then(|answer| answer.value.status.tested_at);
    }
    Ok(report)
}

/// Converts an error response to a result.
fn result(refusal: &Refusal) -> ConnectionTest {
    ConnectionTest {
        details: ConnectivityDetails {
            state: ConnectivityState::Failure,
            error_summary: Some(refusal.summary()),
            errors: vec![ConnectionError {
                reason: refusal.code.clone(),
                message: Some(refusal.summary()),
                code: None,
            }],
            ..ConnectivityDetails::default()
        },
        ..ConnectionTest::default()
    }
}

impl Report {
    fn of(test: ConnectionTest, about: About<'_>) -> Self {
        let succeeded = test.succeeded();
        let remedy = api_errors::remedy_of_test(&test, about);
        let mut details = test.details;
        for error in &mut details.errors {
            error.message = error.message.as_deref().map(plain);
        }
        details.error_summary = summary(details.error_summary.as_deref(), test.explanation);
        if succeeded {
            return Self {
                details,
                hint: None,
            };
        }
        let hint = [remedy, test.hint];
        let hint: Vec<String> = hint.into_iter().flatten().collect();
        Self {
            hint: (!hint.is_empty()).then(|| hint.join("\n")),
            details,
        }
    }

    /// Returns whether the connection works.
    pub(crate) fn succeeded(&self) -> bool {
        self.details.state == ConnectivityState::Success
    }
}

/// Returns a message without the platform's prefix, which says nothing about a test.
fn plain(message: &str) -> String {
    let message = message.trim();
    message
        .strip_prefix("Invalid request: ")
        .unwrap_or(message)
        .to_owned()
}

/// Returns what the platform thinks happened, followed by the exact error.
fn summary(summary: Option<&str>, explanation: Option<String>) -> Option<String> {
    match (explanation, summary.map(plain)) {
        (Some(explanation), Some(cause)) if !explanation.contains(&cause) => {
            Some(format!("{}: {cause}", explanation.trim_end_matches('.')))
        }
        (explanation, cause) => explanation.or(cause),
    }
}

#[cfg(test)]
mod tests {
    use harness_platform::{ApiAccess, Authentication, BitbucketConnector, BitbucketSpec, UrlType};

    use super::*;

    /// Returns the report about a connector to the repositories of a workspace.
    fn report(test: ConnectionTest) -> Report {
        let settings = connector();
        let about = About {
            connector: &settings.connector_ref().unwrap(),
            settings: Some(&settings),
        };
        Report::of(test, about)
    }

    fn connector() -> BitbucketConnector {
        BitbucketConnector {
            name: "bb".to_owned(),
            identifier: "bb".to_owned(),
            description: None,
            org: None,
            project: None,
            tags: std::collections::BTreeMap::new(),
            spec: BitbucketSpec {
                url: "https://bitbucket.org/acme/".to_owned(),
                url_type: UrlType::Account,
                validation_repo: Some("web.git".to_owned()),
                authentication: Authentication::Ssh { ssh_key_ref: None },
                api_access: Some(ApiAccess::AccessToken { token_ref: None }),
                execute_on_delegate: true,
                delegate_selectors: std::collections::BTreeSet::new(),
            },
        }
    }

    fn test(state: ConnectivityState, errors: &[(&str, &str)]) -> ConnectionTest {
        ConnectionTest {
            details: ConnectivityDetails {
                state,
                error_summary: errors.first().map(|(_, message)| (*message).to_owned()),
                errors: errors
                    .iter()
                    .map(|(reason, message)| ConnectionError {
                        reason: Some((*reason).to_owned()),
                        message: Some((*message).to_owned()),
                        code: None,
                    })
                    .collect(),
                ..ConnectivityDetails::default()
            },
            ..ConnectionTest::default()
        }
    }

    #[test]
    fn a_success_needs_no_hint() {
        let report = report(test(ConnectivityState::Success, &[]));
        assert!(report.succeeded());
        assert_eq!((report.hint, report.details.error_summary), (None, None));
    }

    #[test]
    fn a_failure_has_an_explanation_a_remedy_and_the_platforms_hint() {
        let cause =
            "Invalid request: Couldn't connect to given repo: https://bitbucket.org/acme/web.git";
        let test = ConnectionTest {
            hint: Some("Please provide valid git repository url".to_owned()),
            explanation: Some("Provided repo url is invalid.".to_owned()),
            ..test(ConnectivityState::Failure, &[("INVALID_REQUEST", cause)])
        };
        let report = report(test);
        assert!(!report.succeeded());
        let summary = report.details.error_summary.unwrap();
        assert_eq!(
            summary,
            "Provided repo url is invalid: Couldn't connect to given repo: https://bitbucket.org/acme/web.git"
        );
        let message = report.details.errors[0].message.as_deref().unwrap();
        assert!(message.starts_with("Couldn't connect"), "{message}");
        let hint = report.hint.unwrap();
        let (remedy, suggestion) = hint.split_once('\n').unwrap();
        assert!(remedy.contains("fix `test_repository`"), "{hint}");
        assert_eq!(suggestion, "Please provide valid git repository url");
    }

    #[test]
    fn a_failure_of_which_nothing_is_known_has_no_hint() {
        for state in [ConnectivityState::Failure, ConnectivityState::Unknown] {
            let report = report(test(state, &[("Odd", "Something else")]));
            assert!(!report.succeeded());
            assert_eq!(report.hint, None);
        }
    }
}
