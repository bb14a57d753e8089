//! What a rule is, and what it finds.

use super::subject::Subject;
use super::words::hcl;
use crate::bitbucket_connector::pasted;
use crate::tf_provider::diagnostic::{Diagnostic, Severity};
use crate::tf_provider::value::{Path, Value};

/// One rule: data from which the code runs, the tests run, and the reference page is written.
///
/// `says`, `why` and the example are read by people who have never seen Harness; they are Markdown.
#[derive(Debug)]
#[cfg_attr(
    not(test),
    expect(
        dead_code,
        reason = "the words are read by the test that writes the reference page"
    )
)]
pub(in crate::bitbucket_connector) struct Rule {
    /// A letter for the subject and two digits, for good: ids are never given twice.
    pub(super) id: &'static str,
    /// The setting that the rule is about, as a path in HCL.
    pub(super) setting: &'static str,
    /// How much a finding weighs.
    pub(super) severity: Severity,
    /// What the provider's `strict` does to it.
    pub(super) strict: Strict,
    /// What is wrong, as one sentence that is true of the configurations in which the rule finds something.
    pub(super) says: &'static str,
    /// Why that is wrong.
    pub(super) why: &'static str,
    /// A configuration in which this rule and no other finds something, and the same one mended.
    pub(super) example: Example,
    /// The rules of whose findings this one's would only be a consequence: where one of them has a finding at the same
    /// path, above or below it, this rule is silent there.
    pub(super) after: &'static [&'static str],
    /// Pushes one finding for each mistake. Never judges what is unknown.
    pub(super) check: fn(&Subject<'_>, &mut Findings<'_>),
}

/// What the provider's `strict = true` does to a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Strict {
    /// Nothing.
    Same,
    /// A warning becomes an error.
    Raised,
    /// The rule applies under `strict` only.
    Only,
}

/// Arguments in HCL, laid over a valid connector of the account `acme` on Bitbucket Cloud (see the reference page): an
/// attribute or block that stands here replaces the one of that name there.
#[derive(Debug)]
#[cfg_attr(
    not(test),
    expect(
        dead_code,
        reason = "read by the tests, one of which writes the reference page"
    )
)]
pub(super) struct Example {
    /// The rule finds something.
    pub(super) wrong: &'static str,
    /// It finds nothing, and no other rule does.
    pub(super) mended: &'static str,
}

/// What a rule has found.
#[derive(Clone, Debug)]
pub(super) struct Finding {
    pub(super) rule: &'static Rule,
    pub(super) path: Path,
    severity: Severity,
    summary: String,
    detail: String,
    /// Changes of the configuration, each a place and its new value (null: left out), that make the finding go away.
    pub(super) suggestion: Vec<(Path, Value)>,
}

impl Finding {
    /// The finding for Terraform; `None` if it shows under `strict` only. The id of the rule leads a reader to the
    /// reference page.
    pub(super) fn into_diagnostic(self, strict: bool) -> Option<Diagnostic> {
        let severity = match (self.rule.strict, strict) {
            (Strict::Only, false) => return None,
            (Strict::Raised, true) => Severity::Error,
            _ => self.severity,
        };
        Some(Diagnostic {
            severity,
            summary: self.summary,
            detail: format!("{}\n(rule {})", self.detail, self.rule.id),
            path: Some(self.path),
        })
    }
}

/// Where a rule puts its findings.
pub(super) struct Findings<'a> {
    rule: &'static Rule,
    found: &'a mut Vec<Finding>,
}

impl<'a> Findings<'a> {
    pub(super) fn of(rule: &'static Rule, found: &'a mut Vec<Finding>) -> Self {
        Self { rule, found }
    }
}

impl Findings<'_> {
    /// A finding at the narrowest `path`. `summary` has no full stop; `detail` says what was found, what is expected, and
    /// the exact text to write instead, and holds no secret. `detail` ends as a sentence: the rule's id is added.
    pub(super) fn push(
        &mut self,
        path: Path,
        summary: impl Into<String>,
        detail: impl Into<String>,
    ) -> Pushed<'_> {
        self.found.push(Finding {
            rule: self.rule,
            path,
            severity: self.rule.severity,
            summary: summary.into(),
            detail: detail.into(),
            suggestion: Vec::new(),
        });
        Pushed(self.found)
    }

    /// A finding about the text `found` at `path`, of which the mistake can be mended: `detail` goes on with "Write …".
    /// Without `mended`, and where the text is a secret or holds one, the finding says what it says.
    pub(super) fn push_mended(
        &mut self,
        path: Path,
        summary: impl Into<String>,
        detail: impl Into<String>,
        (found, mended): (&str, Option<String>),
    ) {
        let detail = detail.into();
        match mended.filter(|_| pasted::recognise(found).is_none()) {
            Some(mended) => {
                let detail = format!("{detail} Write {}.", hcl(&mended));
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
pub(super) struct Pushed<'a>(&'a mut Vec<Finding>);

impl Pushed<'_> {
    /// Gives the finding another weight than its rule has: for a lighter case of the same mistake.
    pub(super) fn weighing(self, severity: Severity) -> Self {
        if let Some(finding) = self.0.last_mut() {
            finding.severity = severity;
        }
        self
    }

    /// Adds a change to the suggestion: at `path`, the new `value` (null: leave it out). The detail tells people the same
    /// in words. A test applies all changes of a suggestion together: this finding must then be gone, and no new one come.
    pub(super) fn suggest(self, path: Path, value: impl Into<Value>) -> Self {
        if let Some(finding) = self.0.last_mut() {
            finding.suggestion.push((path, value.into()));
        }
        self
    }
}
