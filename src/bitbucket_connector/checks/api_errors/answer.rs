//! A response of Harness, prepared for recognition: what it says, about which connector, without secrets.

use harness_platform::{
    BitbucketConnector, ConnectionTest, ConnectorRef, FieldError, PlatformError, Refusal,
};

use super::field_path;
use crate::harness::secret_ref::SecretRef;
use crate::harness::{leaked_secret, platform_error};

/// The connector that a request was about.
#[derive(Clone, Copy, Debug)]
pub(crate) struct About<'a> {
    /// Its scope and identifier.
    pub(crate) connector: &'a ConnectorRef,
    /// Its settings, as sent or as stored, or `None` if they do not matter.
    pub(crate) settings: Option<&'a BitbucketConnector>,
}

/// A response.
#[derive(Debug)]
pub(crate) struct ErrorAnswer<'a> {
    pub(crate) about: About<'a>,
    /// The error, if the response is one.
    pub(crate) error: Option<&'a PlatformError>,
    /// The single argument that this part of the response is about, with Harness's name for it.
    pub(crate) field: Option<&'a FieldError>,
    /// What Harness says: what happened, why, and what it suggests; each text once, safe to show.
    pub(crate) said: Vec<String>,
    /// The codes of a failed test.
    codes: Vec<i64>,
    /// All of `said`, in lower case.
    lower: String,
}

impl<'a> ErrorAnswer<'a> {
    /// Splits the response to a failed request into one part per argument that Harness's validation names.
    pub(crate) fn parts(error: &'a PlatformError, about: About<'a>) -> Vec<Self> {
        let refusal = error.refusal();
        let fields = refusal.map_or(&[][..], |refusal| &refusal.field_errors);
        if fields.is_empty() {
            let said = refusal.map(said_by).unwrap_or_default();
            return vec![Self::new(about, Some(error), None, said)];
        }
        fields
            .iter()
            .map(|field| {
                let said = format!("{}: {}", field.field_id, field.error);
                Self::new(about, Some(error), Some(field), vec![said])
            })
            .collect()
    }

    /// Creates the response for a failed connection test.
    pub(super) fn of_test(result: &ConnectionTest, about: About<'a>) -> Self {
        let details = &result.details;
        let errors = details
            .errors
            .iter()
            .flat_map(|error| [&error.reason, &error.message]);
        let texts = [&details.error_summary, &result.explanation, &result.hint]
            .into_iter()
            .chain(errors)
            .flatten()
            .map(String::as_str)
            // A code such as INVALID_REQUEST does not help a person.
            .filter(|text| text.trim().contains(' '));
        let mut answer = Self::new(about, None, None, texts.map(str::to_owned).collect());
        answer.codes = details
            .errors
            .iter()
            .filter_map(|error| error.code)
            .collect();
        answer
    }

    fn new(
        about: About<'a>,
        error: Option<&'a PlatformError>,
        field: Option<&'a FieldError>,
        texts: Vec<String>,
    ) -> Self {
        let mut said: Vec<String> = Vec::new();
        for text in texts {
            let text = text.trim();
            let text = text.strip_prefix("Invalid request: ").unwrap_or(text);
            let text = fit_to_be_shown(text, about.settings);
            if !text.is_empty() && !said.iter().any(|known| known.contains(&text)) {
                said.push(text);
            }
        }
        Self {
            about,
            error,
            field,
            lower: said.join("\n").to_lowercase(),
            said,
            codes: Vec::new(),
        }
    }

    /// Returns whether Harness's message contains any of these texts, which are in lower case.
    pub(crate) fn says(&self, signs: &[&str]) -> bool {
        signs.iter().any(|sign| self.lower.contains(sign))
    }

    /// Returns whether a failed test has one of these codes.
    pub(crate) fn has_code(&self, codes: std::ops::RangeInclusive<i64>) -> bool {
        self.codes.iter().any(|code| codes.contains(code))
    }

    /// Returns what follows `start` in the first text that contains it.
    pub(crate) fn after(&self, start: &str) -> Option<&str> {
        self.said
            .iter()
            .find_map(|text| text.split_once(start))
            .map(|(_, rest)| rest)
    }

    /// Returns whether Harness's message contains this identifier as a whole word.
    pub(crate) fn names(&self, identifier: &str) -> bool {
        let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$' | '-');
        self.said
            .iter()
            .flat_map(|text| text.split(|c| !is_part(c)))
            .any(|word| word == identifier)
    }

    /// Returns the reference that the response is about. Among those that Harness calls `field` (or all, if it names
    /// none), it is the one with an identifier in the message, or else the first.
    pub(super) fn reference(&self, field: Option<&str>) -> Option<(&'static str, &'a str)> {
        let candidates: Vec<_> = field_path::references(self.about.settings)
            .into_iter()
            .filter(|(name, ..)| field.is_none_or(|field| field == *name))
            .map(|(_, argument, text)| (argument, text))
            .collect();
        let identifier = |text: &'a str| text.rsplit('.').next().unwrap_or(text);
        candidates
            .iter()
            .find(|(_, text)| self.names(identifier(text)))
            .or_else(|| candidates.first().filter(|_| field.is_some()))
            .copied()
    }

    /// Returns what to do if the API key is not accepted, or lacks a permission.
    pub(super) fn remedy_if_not_allowed(&self) -> Option<String> {
        let error = self.error?;
        let is_not_allowed = error.is_unauthorized() || error.is_forbidden();
        is_not_allowed.then(|| platform_error::remedy(error))?
    }

    /// Returns the last error response.
    pub(crate) fn refusal(&self) -> Option<&'a Refusal> {
        self.error.and_then(PlatformError::refusal)
    }
}

/// Returns what an error response says, for people: what happened first, then why, then what to do.
fn said_by(refusal: &Refusal) -> Vec<String> {
    let of = |code: &'static str| {
        refusal
            .response_messages
            .iter()
            .filter(move |message| message.code == code)
            .map(|message| message.message.clone())
    };
    let causes = refusal
        .response_messages
        .iter()
        .filter(|message| !matches!(message.code.as_str(), "HINT" | "EXPLANATION"))
        .map(|message| message.message.clone());
    // In a response with hints, the message repeats the first of them.
    let message = (!refusal.has_code("HINT") && refusal.is_from_platform())
        .then(|| refusal.summary())
        .into_iter();
    let mut said: Vec<_> = message
        .chain(causes)
        .chain(of("EXPLANATION"))
        .chain(of("HINT"))
        .collect();
    // A stable sort: only the platform's generic text about failures moves behind the reason.
    said.sort_by_key(|text| text.starts_with("Oops, something went wrong"));
    said
}

/// Removes possible secrets from a text of Harness: tokens and keys, and invalid references of the connector.
pub(super) fn fit_to_be_shown(text: &str, settings: Option<&BitbucketConnector>) -> String {
    let mut text = leaked_secret::removed_from(text);
    for (.., reference) in field_path::references(settings) {
        // Offline rules refuse an invalid reference. One that is sent anyway may be a password.
        if !reference.is_empty() && SecretRef::parse(reference).is_err() {
            text = text.replace(reference, "(removed)");
        }
    }
    text
}
