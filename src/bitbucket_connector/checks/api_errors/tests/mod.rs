//! Tests of every rule: Harness's response, and the resulting diagnostic.

pub(crate) mod changes;
pub(crate) mod connection;
pub(crate) mod settings;
pub(crate) mod tables;

use std::collections::BTreeSet;

use harness_platform::{
    Authentication, BitbucketConnector, ConnectionError, ConnectivityDetails, ConnectivityState,
    Governance, PolicyFinding, TextOrRef, UrlType,
};
use proptest::prelude::*;
use serde_json::{Value, json};
use tf_provider::schema::Block;
use tf_provider::value::Step;

use super::ErrorRule;
use super::testing::{
    about, answered, coded, connector, error, hinted, missing, unreadable, violations,
};
use super::*;
use crate::bitbucket_connector::connector::schema;
use crate::harness::rule::mentioned;
use crate::harness::testing::is_short;

/// Returns the diagnostics about a creation with this response.
fn of_create(connector: &BitbucketConnector, status: u16, body: &Value) -> Vec<Diagnostic> {
    let error = answered(status, body);
    about(connector, |about| {
        refused(ChangeRequest::Create, &error, about)
            .into_iter()
            .collect()
    })
}

/// Returns the id of the rule at the end of a text.
fn id(text: &str) -> &str {
    let last = text.lines().last().unwrap_or_default();
    mentioned(last).map_or("-", |(_, id)| id)
}

/// Returns the text about a failed test that undoes nothing.
fn text_of(failed: &FailedTest) -> String {
    failed.text(Tested::Kept, "The connector was saved.")
}

fn path(path: Option<&Path>) -> String {
    path.map_or_else(|| "-".to_owned(), ToString::to_string)
}

#[track_caller]
fn holds(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "\"{part}\" is missing in: {text}");
    }
}

/// Returns a connector over HTTP with this URL, of this type, in the account.
fn with_url(url: &str, url_type: UrlType) -> BitbucketConnector {
    let mut connector = connector("none");
    (connector.org, connector.project) = (None, None);
    connector.spec.url = url.to_owned();
    connector.spec.url_type = url_type;
    connector
}

/// Returns such a connector over SSH, with the key that `reference` names.
fn over_ssh(url: &str, url_type: UrlType, reference: &str) -> BitbucketConnector {
    let mut connector = with_url(url, url_type);
    connector.spec.authentication = Authentication::Ssh {
        ssh_key_ref: Some(reference.to_owned()),
    };
    connector
}

/// The connector to create and the response; then the diagnostic as `rule path: summary`, and parts of its text.
type Row = (
    BitbucketConnector,
    Value,
    &'static str,
    &'static [&'static str],
);

/// Checks that each response, with HTTP 400, yields exactly this diagnostic.
#[track_caller]
fn become_findings(rows: &[Row]) {
    for (connector, body, expected, parts) in rows {
        becomes_finding(connector, 400, body, expected, parts);
    }
}

#[track_caller]
fn becomes_finding(
    connector: &BitbucketConnector,
    status: u16,
    body: &Value,
    expected: &str,
    parts: &[&str],
) {
    let findings = of_create(connector, status, body);
    let [finding] = &findings[..] else {
        panic!("one finding is expected of {body}: {findings:?}");
    };
    assert_eq!(in_short(finding), expected, "{body}");
    assert_eq!(finding.severity, Severity::Error);
    let exchange = format!("POST /ng/api/connectors → {status}");
    holds(&finding.detail, &[&exchange]);
    holds(&finding.detail, parts);
    if let Some(correlation_id) = body["correlationId"].as_str() {
        holds(
            &finding.detail,
            &[&format!("correlation id {correlation_id}")],
        );
    }
}

fn in_short(finding: &Diagnostic) -> String {
    let rule = id(&finding.detail);
    format!(
        "{rule} {}: {}",
        path(finding.path.as_ref()),
        finding.summary
    )
}

fn project() -> BitbucketConnector {
    connector("username_token")
}
