//! What Harness answers when it does not do what it was asked to, as findings on the arguments that they are about: its own
//! words, its hints and its correlation id, and what to do.
//!
//! An answer is known by a table of data: [`CHANGES`] for creations, updates and deletions, [`TESTS`] for connection tests
//! that fail, in either of the two channels in which Harness reports them. The first [`ErrorRule`] that knows the answer
//! says where it belongs and what helps; the last of each table knows all that is left. The code runs these tables, the
//! tests run them, and a chapter of `docs/guides/validation-rules.md` is written from them.
//!
//! - Where Harness's validation refuses several settings, each has a finding of its own.
//! - The path is the narrowest that the answer allows ([`field_path`]); without one, the finding is about the connector.
//! - A text of Harness may repeat what was sent: tokens, keys, and references that are none are removed from it.
//! - What is no answer of Harness (a page of a proxy, silence) has no rule, and is described by [`platform_error`].

pub(crate) mod answer;
pub(crate) mod changes;
pub(crate) mod connection;
mod error_rule;
mod field_path;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
pub(crate) mod tests;

pub(crate) use answer::About;
pub(crate) use changes::CHANGES;
pub(crate) use connection::TESTS;
pub(crate) use error_rule::ErrorRule;

use harness_platform::{ConnectionTest, Failure, PlatformError};
use tf_provider::diagnostic::{Diagnostic, Diagnostics, Severity};
use tf_provider::value::Path;

use crate::harness::platform_error;
use answer::{ErrorAnswer, fit_to_be_shown};
use error_rule::Advice;

/// A change that was asked for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum ChangeRequest {
    Create,
    Update,
    Delete,
}

impl ChangeRequest {
    fn not_done(self) -> &'static str {
        match self {
            Self::Create => "Connector was not created",
            Self::Update => "Connector was not updated",
            Self::Delete => "Connector was not deleted",
        }
    }

    fn verb(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
        }
    }
}

/// The findings about a change that failed, all of them errors.
pub(crate) fn refused(
    change: ChangeRequest,
    error: &PlatformError,
    about: About<'_>,
) -> Diagnostics {
    if !is_answered(error) {
        return platform_error::failed(change.not_done(), error, about.connector).into();
    }
    ErrorAnswer::parts(error, about)
        .iter()
        .map(|answer| match known(CHANGES, answer) {
            Some((id, found)) => finding_of(change, answer, error, id, found),
            None => platform_error::failed(change.not_done(), error, about.connector),
        })
        .collect()
}

/// The finding that the identifier of a creation belongs to a connector that was not created by it. `error` is what made
/// the provider look: that it is taken, or that an answer was lost.
pub(crate) fn taken(error: &PlatformError, about: About<'_>) -> Diagnostic {
    let answers = ErrorAnswer::parts(error, about);
    match answers.first() {
        Some(answer) => finding_of(
            ChangeRequest::Create,
            answer,
            error,
            "I11",
            changes::taken(answer),
        ),
        None => platform_error::failed(ChangeRequest::Create.not_done(), error, about.connector),
    }
}

/// A connection test that failed, or that could not be run.
#[derive(Debug)]
pub(crate) struct FailedTest {
    /// Whether Harness ran it. If not, nothing is known of the connector.
    pub(crate) was_run: bool,
    /// The narrowest argument that it is about.
    pub(crate) path: Option<Path>,
    /// What Harness says, and what to do, as paragraphs; the last line names the rule.
    pub(crate) reason: String,
}

impl FailedTest {
    /// The beginning of a summary.
    pub(crate) fn title(&self) -> &'static str {
        if self.was_run {
            "Connection test failed"
        } else {
            "Connection could not be tested"
        }
    }

    /// What happened to the connector, as the end of a clause about it.
    pub(crate) fn happened(&self) -> &'static str {
        if self.was_run {
            "its connection test failed"
        } else {
            "its connection could not be tested"
        }
    }
}

/// What a connection test that failed means. `correlation_id` is that of its answer.
pub(crate) fn failed_test(
    result: &ConnectionTest,
    correlation_id: Option<&str>,
    about: About<'_>,
) -> FailedTest {
    let answer = ErrorAnswer::of_test(result, about);
    let words = if answer.said.is_empty() {
        format!(
            "The test ended with the status {}.",
            result.details.state.as_str()
        )
    } else {
        format!("Harness says:\n{}", lines(&answer.said))
    };
    let id = correlation_id.map(|id| format!("The test has the correlation id {id}."));
    test_finding(true, &answer, words, id)
}

/// What to do about a connection test that failed; `None` where nothing is known of its cause.
pub(crate) fn remedy_of_test(result: &ConnectionTest, about: About<'_>) -> Option<String> {
    let (id, found) = known(TESTS, &ErrorAnswer::of_test(result, about))?;
    found.remedy.filter(|_| id != "M05")
}

/// What a connection test means that was answered with an error: it could not be run, or (`was_run`) the error is its
/// result.
pub(crate) fn refused_test(was_run: bool, error: &PlatformError, about: About<'_>) -> FailedTest {
    let answers = ErrorAnswer::parts(error, about);
    let words = match answers.first() {
        Some(answer) if is_answered(error) && !answer.said.is_empty() => {
            format!("Harness says:\n{}", lines(&answer.said))
        }
        _ => format!(
            "The test itself could not be run: {}.",
            platform_error::said(error)
        ),
    };
    match answers.first() {
        Some(answer) if is_answered(error) => {
            test_finding(was_run, answer, words, Some(exchange(error)))
        }
        _ => FailedTest {
            was_run,
            path: None,
            reason: paragraphs([
                Some(words),
                platform_error::remedy(error),
                Some(rule("M05")),
            ]),
        },
    }
}

fn test_finding(
    was_run: bool,
    answer: &ErrorAnswer<'_>,
    words: String,
    exchange: Option<String>,
) -> FailedTest {
    let (id, found) = known(TESTS, answer).unwrap_or(("M05", Advice::default()));
    let text = paragraphs([Some(words), found.remedy, exchange]);
    FailedTest {
        was_run,
        path: found.path,
        reason: format!(
            "{}\n{}",
            fit_to_be_shown(&text, answer.about.settings),
            rule(id)
        ),
    }
}

/// The first of the table that knows the answer: its id, and what it makes of it.
fn known(table: &'static [ErrorRule], answer: &ErrorAnswer<'_>) -> Option<(&'static str, Advice)> {
    table
        .iter()
        .find_map(|rule| Some((rule.id, rule.advice(answer)?)))
}

fn finding_of(
    change: ChangeRequest,
    answer: &ErrorAnswer<'_>,
    error: &PlatformError,
    id: &str,
    found: Advice,
) -> Diagnostic {
    let words = (!answer.said.is_empty()).then(|| {
        format!(
            "Harness did not {} the connector, and says:\n{}",
            change.verb(),
            lines(&answer.said)
        )
    });
    // What is recognised as a matter of the connector is none of all the others.
    let is_common = found.path.is_none() && found.remedy == platform_error::remedy(error);
    let shared = platform_error::shared(error, answer.about.connector)
        .filter(|_| is_common)
        .map(|mut shared| {
            if let Some(again) = &mut shared.again {
                again.after = format!("{}\n{}", again.after, rule(id));
            }
            Box::new(shared)
        });
    let text = paragraphs([words, found.remedy, Some(exchange(error))]);
    Diagnostic {
        shared,
        severity: Severity::Error,
        summary: found.summary.unwrap_or(change.not_done()).to_owned(),
        detail: format!(
            "{}\n{}",
            fit_to_be_shown(&text, answer.about.settings),
            rule(id)
        ),
        path: found.path,
    }
}

/// Whether there is an answer that can be recognised, with an error status or as a policy's denial.
fn is_answered(error: &PlatformError) -> bool {
    matches!(error.failure(), Failure::Refused(_) | Failure::Denied(_))
}

/// The exchange in one line, for whoever looks it up: request, status, attempts, correlation id.
fn exchange(error: &PlatformError) -> String {
    let Failure::Refused(refusal) = error.failure() else {
        return format!("{}.", platform_error::said(error));
    };
    if !refusal.is_from_platform() {
        return format!("{}.", platform_error::said(error));
    }
    let attempts = match error.attempts() {
        0 | 1 => String::new(),
        several => format!(" after {several} attempts"),
    };
    let id = match &refusal.correlation_id {
        Some(id) => format!(", correlation id {id}"),
        None => String::new(),
    };
    format!("{} → {}{attempts}{id}.", error.call(), refusal.status)
}

fn lines(texts: &[String]) -> String {
    let lines: Vec<String> = texts.iter().map(|text| format!("- {text}")).collect();
    lines.join("\n")
}

fn paragraphs(texts: impl IntoIterator<Item = Option<String>>) -> String {
    let texts: Vec<String> = texts.into_iter().flatten().collect();
    texts.join("\n\n")
}

/// The last line of a finding, which leads a reader to the reference page.
fn rule(id: &str) -> String {
    format!("(rule {id})")
}
