//! An answer of Harness, made ready to be recognised: what it says, about which connector, without anything secret.

use harness_platform::{
    BitbucketConnector, ConnectionTest, ConnectorRef, FieldError, PlatformError, Refusal,
};

use super::field_path;
use crate::harness::secret_ref::SecretRef;
use crate::harness::{leaked_secret, platform_error};

/// The connector that a request was about.
#[derive(Clone, Copy, Debug)]
pub(crate) struct About<'a> {
    /// Which one.
    pub(crate) connector: &'a ConnectorRef,
    /// Its settings as they were sent or as they are; `None` where they play no part.
    pub(crate) settings: Option<&'a BitbucketConnector>,
}

/// What was answered.
#[derive(Debug)]
pub(crate) struct ErrorAnswer<'a> {
    pub(crate) about: About<'a>,
    /// The error, where the answer is one.
    pub(crate) error: Option<&'a PlatformError>,
    /// The one argument that this part of the answer is about, in Harness's name for it.
    pub(crate) field: Option<&'a FieldError>,
    /// What Harness says: what happened, why, and what it suggests; each text once, fit to be shown.
    pub(crate) said: Vec<String>,
    /// The codes of a failed test.
    codes: Vec<i64>,
    /// All of `said`, in lower case.
    lower: String,
}

impl<'a> ErrorAnswer<'a> {
    /// The answer of a request that failed, one part for each argument that Harness's validation names.
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

    /// The result of a connection test that failed.
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
            // A code such as INVALID_REQUEST tells a person nothing.
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

    /// Whether any of these, in lower case, is in what Harness says.
    pub(crate) fn says(&self, signs: &[&str]) -> bool {
        signs.iter().any(|sign| self.lower.contains(sign))
    }

    /// Whether a failed test has one of these codes.
    pub(crate) fn has_code(&self, codes: std::ops::RangeInclusive<i64>) -> bool {
        self.codes.iter().any(|code| codes.contains(code))
    }

    /// What follows `start` in the first text that has it.
    pub(crate) fn after(&self, start: &str) -> Option<&str> {
        self.said
            .iter()
            .find_map(|text| text.split_once(start))
            .map(|(_, rest)| rest)
    }

    /// Whether what Harness says names this identifier, as a whole word.
    pub(crate) fn names(&self, identifier: &str) -> bool {
        let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$' | '-');
        self.said
            .iter()
            .flat_map(|text| text.split(|c| !is_part(c)))
            .any(|word| word == identifier)
    }

    /// The reference that it is about: of those that Harness calls `field` (all, if it names none) the one whose identifier
    /// it repeats, else the first.
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

    /// What to do where the API key is not accepted, or may not do this.
    pub(super) fn remedy_if_not_allowed(&self) -> Option<String> {
        let error = self.error?;
        let is_not_allowed = error.is_unauthorized() || error.is_forbidden();
        is_not_allowed.then(|| platform_error::remedy(error))?
    }

    /// The last answer with an error status.
    pub(crate) fn refusal(&self) -> Option<&'a Refusal> {
        self.error.and_then(PlatformError::refusal)
    }
}

/// What a refusal says, for people: what happened first, then why, then what to do.
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
    // Of an answer with hints, the message is the first of them again.
    let message = (!refusal.has_code("HINT") && refusal.is_from_platform())
        .then(|| refusal.summary())
        .into_iter();
    let mut said: Vec<_> = message
        .chain(causes)
        .chain(of("EXPLANATION"))
        .chain(of("HINT"))
        .collect();
    // Stable: only what the platform says of every failure of its own moves behind the reason.
    said.sort_by_key(|text| text.starts_with("Oops, something went wrong"));
    said
}

/// A text of Harness without what may be a secret: tokens and keys, and references of the connector that are none.
pub(super) fn fit_to_be_shown(text: &str, settings: Option<&BitbucketConnector>) -> String {
    let mut text = leaked_secret::removed_from(text);
    for (.., reference) in field_path::references(settings) {
        // Offline rules refuse what is no reference. If it came so far all the same, it may be a password.
        if !reference.is_empty() && SecretRef::parse(reference).is_err() {
            text = text.replace(reference, "(removed)");
        }
    }
    text
}
