//! What a rule has found.

use tf_provider::diagnostic::{Diagnostic, Severity, Shared};
use tf_provider::value::{Path, Value};

use super::{Family, Rule, Strict};
use crate::harness::leaked_secret;
use crate::harness::provider_data::ELSEWHERE;
use crate::harness::wording::{hcl, without_emails};

/// What a rule has found.
#[derive(Clone, Debug)]
pub(crate) struct Finding<F: Family> {
    pub(crate) rule: &'static Rule<F>,
    /// Empty: the connector as a whole.
    pub(crate) path: Path,
    severity: Severity,
    strict: Strict,
    summary: String,
    detail: String,
    shared: Option<Shared>,
    /// Changes of the configuration, each a place and its new value (null: left out), that make the finding go away.
    pub(crate) suggestion: Vec<(Path, Value)>,
}

impl<F: Family> Finding<F> {
    /// Whether another finding is of the same rule and has the same words about the same place.
    pub(crate) fn says_the_same(&self, other: &Self) -> bool {
        self.rule.id == other.rule.id
            && self.path == other.path
            && self.summary == other.summary
            && self.detail == other.detail
    }

    /// The finding with one more sentence.
    pub(crate) fn with_sentence(mut self, sentence: &str) -> Self {
        self.detail = format!("{} {sentence}", self.detail);
        self
    }

    /// The finding for Terraform; `None` if it shows under `strict` only. The id of the rule leads a reader to the
    /// reference page.
    pub(crate) fn into_diagnostic(self, strict: bool) -> Option<Diagnostic> {
        let severity = match (self.strict, strict) {
            (Strict::Only, false) => return None,
            (Strict::Raised, true) => Severity::Error,
            _ => self.severity,
        };
        Some(Diagnostic {
            severity,
            summary: self.summary,
            detail: format!("{}\n(rule {})", self.detail, self.rule.id),
            path: Some(self.path).filter(|path| !path.steps().is_empty()),
            shared: self.shared.map(Box::new),
        })
    }
}

/// Where a rule puts its findings.
pub(crate) struct Findings<'a, F: Family> {
    rule: &'static Rule<F>,
    found: &'a mut Vec<Finding<F>>,
}

impl<'a, F: Family> Findings<'a, F> {
    pub(crate) fn of(rule: &'static Rule<F>, found: &'a mut Vec<Finding<F>>) -> Self {
        Self { rule, found }
    }
}

impl<F: Family> Findings<'_, F> {
    /// A finding at the narrowest `path`. `summary` has no full stop; `detail` says what was found, what is expected, and
    /// the exact text to write instead, and holds no secret. `detail` ends as a sentence: the rule's id is added.
    pub(crate) fn push(
        &mut self,
        path: Path,
        summary: impl Into<String>,
        detail: impl Into<String>,
    ) -> Pushed<'_, F> {
        self.found.push(Finding {
            rule: self.rule,
            path,
            severity: self.rule.severity,
            strict: self.rule.strict,
            summary: summary.into(),
            detail: detail.into(),
            shared: None,
            suggestion: Vec::new(),
        });
        Pushed(self.found)
    }

    /// A finding about the text `found` at `path`, of which the mistake can be mended: `detail` goes on with "Write …".
    /// Without `mended`, and where the text is a secret or holds one, the finding says what it says.
    pub(crate) fn push_mended(
        &mut self,
        path: Path,
        summary: impl Into<String>,
        detail: impl Into<String>,
        (found, mended): (&str, Option<String>),
    ) {
        let detail = detail.into();
        match mended.filter(|_| leaked_secret::recognise(found).is_none()) {
            Some(mended) => {
                let detail = format!("{detail} Write {}.", hcl(&without_emails(&mended)));
                self.push(path.clone(), summary, detail)
                    .suggest(path, mended);
            }
            None => {
                self.push(path, summary, detail);
            }
        }
    }
}

/// The finding that was pushed last.
pub(crate) struct Pushed<'a, F: Family>(&'a mut Vec<Finding<F>>);

impl<F: Family> Pushed<'_, F> {
    /// Gives the finding another weight than its rule has: for a lighter case of the same mistake.
    pub(crate) fn weighing(self, severity: Severity) -> Self {
        if let Some(finding) = self.0.last_mut() {
            finding.severity = severity;
        }
        self
    }

    /// Keeps the weight under `strict`, whatever the rule says: for a case that may well be in order.
    pub(crate) fn not_raised_by_strict(self) -> Self {
        if let Some(finding) = self.0.last_mut() {
            finding.strict = Strict::Same;
        }
        self
    }

    /// Raises the weight under `strict`, whatever the rule says: for the graver case of a mistake.
    pub(crate) fn raised_by_strict(self) -> Self {
        if let Some(finding) = self.0.last_mut() {
            finding.strict = Strict::Raised;
        }
        self
    }

    /// Says that one finding with any of these causes is enough for a run. `object` is what this one is about.
    pub(crate) fn once(
        self,
        causes: impl IntoIterator<Item = String>,
        object: Option<String>,
    ) -> Self {
        if let Some(finding) = self.0.last_mut() {
            finding.shared = Some(Shared {
                causes: causes.into_iter().collect(),
                object: object.unwrap_or_else(|| ELSEWHERE.to_owned()),
                again: None,
            });
        }
        self
    }

    /// Adds a change to the suggestion: at `path`, the new `value` (null: leave it out). The detail tells people the same
    /// in words. A test applies all changes of a suggestion together: this finding must then be gone, and no new one come.
    pub(crate) fn suggest(self, path: Path, value: impl Into<Value>) -> Self {
        if let Some(finding) = self.0.last_mut() {
            finding.suggestion.push((path, value.into()));
        }
        self
    }
}
