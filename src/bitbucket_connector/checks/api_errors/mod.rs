//! Harness's error responses to changes and tests, as diagnostics about the arguments concerned: Harness's own message,
//! its hints, its correlation id, and what to do.
//!
//! A table recognizes the response: [`CHANGES`] for creations, updates, and deletions, [`TESTS`] for failed connection
//! tests, in either of the two channels in which Harness reports them. The first [`ErrorRule`] that recognizes the
//! response says which argument it concerns and what helps; the last one in each table covers everything else. The code
//! and the tests run these tables, and a chapter of `docs/guides/validation-rules.md` is generated from them.
//!
//! - If Harness's validation refuses several settings, each gets its own diagnostic.
//! - The path is as narrow as the response allows ([`field_path`]); without one, the diagnostic is about the connector.
//! - A text of Harness may repeat what was sent: tokens, keys, and invalid references are removed from it.
//! - A response that is not from Harness (a proxy's page, no response) has no rule; [`platform_error`] describes it.

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

use harness_platform::{Answer, ConnectionTest, Failure, PlatformError, Refusal};
use tf_provider::diagnostic::{Diagnostic, Diagnostics, Severity};
use tf_provider::value::Path;

use crate::harness::platform_error;
use crate::harness::rule::mention;
use answer::{ErrorAnswer, fit_to_be_shown};
use error_rule::Advice;

/// The kind of a requested change.
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
}

/// Returns the diagnostics about a failed change, all of them errors.
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

/// Returns the diagnostic for a creation with an identifier that belongs to another connector. `error` is the reason
/// for the check: the identifier is taken, or a response was lost.
pub(crate) fn taken(error: &PlatformError, about: About<'_>) -> Diagnostic {
    let change = ChangeRequest::Create;
    match ErrorAnswer::parts(error, about).first() {
        Some(answer) => finding_of(change, answer, error, "I11", changes::taken(answer)),
        None => platform_error::failed(change.not_done(), error, about.connector),
    }
}

/// A connection test that failed, or that could not be run.
#[derive(Debug)]
pub(crate) struct FailedTest {
    /// Whether Harness ran the test. If not, nothing is known about the connector.
    pub(crate) was_run: bool,
    /// The narrowest argument concerned.
    pub(crate) path: Option<Path>,
    /// The rule that recognizes it.
    rule: &'static str,
    /// What happened and what to do, as sentences.
    remedy: Option<String>,
    /// Whether the remedy is about the connector's page in Harness, which shows the tested settings only while they exist.
    needs_page: bool,
    /// What Harness says, and the request.
    words: String,
    /// Whether the remedy refers to the words, and so comes after them.
    follows_words: bool,
}

/// What remains of a change whose test failed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Tested {
    /// The tested settings are in Harness.
    Kept,
    /// They are not.
    Undone,
}

impl FailedTest {
    /// Returns the beginning of a summary.
    pub(crate) fn title(&self) -> &'static str {
        if self.was_run {
            "Connection test failed"
        } else {
            "Connection could not be tested"
        }
    }

    /// Returns the text of a diagnostic: the cause and what to do, then what happened to the connector (as sentences), and
    /// what Harness says. The last line names the rule.
    pub(crate) fn text(&self, tested: Tested, happened: &str) -> String {
        let remedy = self.remedy.as_deref();
        let remedy = remedy.filter(|_| tested == Tested::Kept || !self.needs_page);
        let advice = match remedy {
            // It ends with a command.
            Some(remedy) if remedy.contains('\n') => format!("{remedy}\n\n{happened}"),
            Some(remedy) => format!("{remedy} {happened}"),
            None => happened.to_owned(),
        };
        let words = self.words.clone();
        let text = if self.follows_words {
            paragraphs([Some(words), Some(advice)])
        } else {
            paragraphs([Some(advice), Some(words)])
        };
        format!("{text}\n{}", mention(self.rule))
    }
}

/// Explains a connection test that found no working connection: the result and its response, or the error instead.
pub(crate) fn failed_test(
    ended: Result<&Answer<ConnectionTest>, &PlatformError>,
    about: About<'_>,
) -> FailedTest {
    // Harness reports some results of tests as errors, so an error does not mean that no test was run.
    let was_run = ended.err().is_none_or(|error| test_result(error).is_some());
    let answer = match ended {
        Ok(answer) => Some(ErrorAnswer::of_test(&answer.value, about)),
        Err(error) => ErrorAnswer::parts(error, about)
            .into_iter()
            .next()
            .filter(|_| is_answered(error)),
    };
    let said = answer.as_ref().map_or(&[][..], |answer| &answer.said);
    let words = match ended {
        Ok(Answer {
            value,
            correlation_id,
        }) => {
            let id = correlation_id.as_ref();
            let id = id.map_or_else(String::new, |id| format!(" (correlation id {id})"));
            if said.is_empty() {
                let state = value.details.state.as_str();
                format!("The test ended with the status {state}{id}.")
            } else {
                format!("Harness says: {}{id}.", sentences(said))
            }
        }
        Err(error) if said.is_empty() => format!(
            "Harness could not run the test: {}.",
            platform_error::said(error)
        ),
        Err(error) => quoted(said, error),
    };
    let (rule, found) = if let Some(answer) = &answer {
        known(TESTS, answer).unwrap_or(("M05", Advice::default()))
    } else {
        // There is no response that a rule could recognize, so the remedy is that of any failed request. It refers to
        // what happened, so it comes after that.
        let remedy = ended.err().and_then(platform_error::remedy);
        let found = Advice {
            remedy,
            follows_words: true,
            ..Advice::default()
        };
        ("M05", found)
    };
    FailedTest {
        was_run,
        path: found.path,
        rule,
        remedy: found
            .remedy
            .map(|remedy| fit_to_be_shown(&remedy, about.settings)),
        // The rule for unrecognized responses can only advise to repeat the test on the connector's page.
        needs_page: rule == "M05" && answer.is_some(),
        words: fit_to_be_shown(&words, about.settings),
        follows_words: found.follows_words,
    }
}

/// Returns the error response that is the result of a test. The platform reports some failures (a deleted secret, no
/// delegate) as if the request were invalid, in a body that contains only the result.
pub(crate) fn test_result(error: &PlatformError) -> Option<&Refusal> {
    let Failure::Refused(refusal) = error.failure() else {
        return None;
    };
    let is_result = refusal.is_from_platform()
        && refusal.status == 400
        && refusal.has_code("INVALID_REQUEST")
        && refusal.field_errors.is_empty();
    is_result.then_some(refusal)
}

/// Returns what to do about a failed connection test, or `None` if its cause is unknown.
pub(crate) fn remedy_of_test(result: &ConnectionTest, about: About<'_>) -> Option<String> {
    let (id, found) = known(TESTS, &ErrorAnswer::of_test(result, about))?;
    found.remedy.filter(|_| id != "M05")
}

/// Returns the first rule in the table that recognizes the response: its id and its advice.
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
    let words = if answer.said.is_empty() || found.says_it_all {
        exchange(error)
    } else {
        quoted(&answer.said, error)
    };
    // A diagnostic about this connector is not shared with others.
    let is_common = found.path.is_none() && found.remedy == platform_error::remedy(error);
    let shared = platform_error::shared(error, answer.about.connector)
        .filter(|_| is_common)
        .map(|mut shared| {
            if let Some(again) = &mut shared.again {
                again.after = format!("{}\n{}", again.after, mention(id));
            }
            Box::new(shared)
        });
    let text = found.with_words(words);
    Diagnostic {
        shared,
        severity: Severity::Error,
        summary: found.summary.unwrap_or(change.not_done()).to_owned(),
        detail: format!(
            "{}\n{}",
            fit_to_be_shown(&text, answer.about.settings),
            mention(id)
        ),
        path: found.path,
    }
}

/// Returns whether there is a response that can be recognized: an error, or a policy's denial.
fn is_answered(error: &PlatformError) -> bool {
    matches!(error.failure(), Failure::Refused(_) | Failure::Denied(_))
}

/// Returns what Harness says, and in answer to which request.
fn quoted(said: &[String], error: &PlatformError) -> String {
    format!("Harness says: {} ({}).", sentences(said), request(error))
}

/// Returns the exchange as a sentence.
fn exchange(error: &PlatformError) -> String {
    format!("{}.", request(error))
}

/// Returns the exchange in one line, for lookups in logs: request, status, attempts, correlation id.
fn request(error: &PlatformError) -> String {
    let refusal = match error.failure() {
        Failure::Refused(refusal) if refusal.is_from_platform() => refusal,
        _ => return platform_error::said(error),
    };
    let attempts = match error.attempts() {
        0 | 1 => String::new(),
        several => format!(" after {several} attempts"),
    };
    let id = refusal.correlation_id.as_ref();
    let id = id.map_or_else(String::new, |id| format!(", correlation id {id}"));
    format!("{} → {}{attempts}{id}", error.call(), refusal.status)
}

/// Returns texts one after the other, without the period at the end.
fn sentences(texts: &[String]) -> String {
    let mut joined = String::new();
    for text in texts {
        if !joined.is_empty() {
            let is_sentence = joined.ends_with(['.', '!', '?', '…']);
            joined.push_str(if is_sentence { " " } else { "; " });
        }
        joined.push_str(text);
    }
    match joined.strip_suffix('.') {
        Some(sentence) if !sentence.ends_with('.') => sentence.to_owned(),
        _ => joined,
    }
}

fn paragraphs(texts: impl IntoIterator<Item = Option<String>>) -> String {
    let texts: Vec<String> = texts.into_iter().flatten().collect();
    texts.join("\n\n")
}

impl Advice {
    /// Returns what to do and what Harness says, as paragraphs.
    fn with_words(&self, words: String) -> String {
        let remedy = self.remedy.clone();
        if self.follows_words {
            paragraphs([Some(words), remedy])
        } else {
            paragraphs([remedy, Some(words)])
        }
    }
}
