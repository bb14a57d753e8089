//! Rules and their findings. A rule's check adds findings, and a finding knows its rule, so each is defined with the
//! other.

use std::fmt::{self, Debug};

use tf_provider::diagnostic::{Again, Diagnostic, Severity, Shared};
use tf_provider::value::{Path, Value};

use super::mention::mention;
use super::place::IntoPath;
use super::prose::Prose;
use crate::harness::leaked_secret;
use crate::harness::provider_data::ELSEWHERE;
use crate::harness::wording::{hcl, without_emails};

/// A family of rules, which check the same kind of input.
pub(crate) trait Family: Clone + Debug + 'static {
    /// The input of the rules.
    type Input<'a>;

    /// The circumstances in which an example is wrong.
    type Circumstance: Copy + Debug + 'static;

    /// Returns the top-level arguments in the order of the schema, which is the order of the findings.
    fn arguments() -> &'static [&'static str];
}

/// Adds one finding for each mistake, and ignores what is unknown.
pub(crate) type Check<F> = for<'a> fn(&<F as Family>::Input<'a>, &mut Findings<'_, F>);

/// One rule: data for the code, the tests, and the reference page. Its texts are Markdown, for people who have never
/// seen Harness.
///
/// ```text
/// Rule::error("T01", "tags", are_too_many)
///     .says("There are more than 128 tags.")
///     .because("Harness stores at most 128 tags on a connector.")
///     .example(wrong, fixed)
/// ```
#[cfg_attr(
    not(test),
    expect(
        dead_code,
        reason = "the reference page, which a test writes, reads what is said about rules"
    )
)]
pub(crate) struct Rule<F: Family> {
    /// A letter for the subject and two digits. Rule ids are permanent and never reused.
    pub(crate) id: &'static str,
    /// The severity of the findings.
    pub(crate) severity: Severity,
    /// What the provider's `strict` changes.
    pub(crate) strict: Strict,
    /// The summary of the findings, if the rule shares its check with others.
    pub(crate) summary: &'static str,
    /// Rules of which this one's findings would only be a consequence: if one of them has a finding at that path,
    /// or above or below it, this rule reports nothing there.
    pub(crate) after: &'static [&'static str],
    pub(super) check: Check<F>,
    /// The argument or arguments, as paths in HCL; empty for the connector as a whole.
    pub(crate) setting: Prose<&'static str>,
    /// What is wrong, as one sentence that is true for the configurations in which the rule finds something.
    pub(crate) says: &'static str,
    /// Why that is wrong.
    pub(crate) because: Prose<&'static str>,
    /// A configuration in which only this rule finds something: HCL arguments that override a valid connector of the
    /// account `acme` on Bitbucket Cloud (see the reference page). An attribute or block replaces the one with that
    /// name. Without an example, any connector is wrong in the rule's circumstance.
    pub(crate) wrong: Prose<&'static str>,
    /// The fixed configuration; without one, there is no better configuration.
    pub(crate) fixed: Prose<&'static str>,
    /// When the example is wrong; without a circumstance, always.
    pub(crate) circumstance: Prose<F::Circumstance>,
}

impl<F: Family> Rule<F> {
    /// Creates a rule with errors as its findings. `setting` is the path of its argument in HCL, or several paths.
    pub(crate) const fn error(id: &'static str, setting: &'static str, check: Check<F>) -> Self {
        Self::new(id, Severity::Error, setting, check)
    }

    /// Creates a rule with warnings as its findings. `setting` is the path of its argument in HCL, or several paths.
    pub(crate) const fn warning(id: &'static str, setting: &'static str, check: Check<F>) -> Self {
        Self::new(id, Severity::Warning, setting, check)
    }

    const fn new(
        id: &'static str,
        severity: Severity,
        setting: &'static str,
        check: Check<F>,
    ) -> Self {
        Self {
            id,
            severity,
            strict: Strict::Same,
            summary: "",
            after: &[],
            check,
            setting: Prose::of(setting),
            says: "",
            because: Prose::NONE,
            wrong: Prose::NONE,
            fixed: Prose::NONE,
            circumstance: Prose::NONE,
        }
    }

    /// Turns its warnings into errors under `strict`.
    pub(crate) const fn raised_by_strict(self) -> Self {
        Self {
            strict: Strict::Raised,
            ..self
        }
    }

    /// Applies the rule under `strict` only.
    pub(crate) const fn only_when_strict(self) -> Self {
        Self {
            strict: Strict::Only,
            ..self
        }
    }

    /// Silences the rule if one of these has a finding at the same path, or above or below it.
    pub(crate) const fn after(self, after: &'static [&'static str]) -> Self {
        Self { after, ..self }
    }

    /// Sets what is wrong.
    pub(crate) const fn says(self, says: &'static str) -> Self {
        Self { says, ..self }
    }

    /// Sets why that is wrong.
    pub(crate) const fn because(self, because: &'static str) -> Self {
        let because = Prose::of(because);
        Self { because, ..self }
    }

    /// Sets an example: a wrong configuration, and its fix.
    pub(crate) const fn example(self, wrong: &'static str, fixed: &'static str) -> Self {
        let wrong = Prose::of(wrong);
        Self { wrong, ..self }.fixed_by(fixed)
    }

    /// Sets how to fix a mistake that any connector has in the rule's circumstance.
    pub(crate) const fn fixed_by(self, fixed: &'static str) -> Self {
        let fixed = Prose::of(fixed);
        Self { fixed, ..self }
    }

    /// Sets when the example is wrong.
    pub(crate) const fn when(self, circumstance: F::Circumstance) -> Self {
        let circumstance = Prose::of(circumstance);
        Self {
            circumstance,
            ..self
        }
    }

    /// Sets the summary of a rule that shares its check with others.
    pub(crate) const fn summary(self, summary: &'static str) -> Self {
        Self { summary, ..self }
    }
}

/// Shows the id: the input does not have to be shown, and often cannot be.
impl<F: Family> Debug for Rule<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Rule").field(&self.id).finish()
    }
}

/// What the provider's `strict = true` does to a rule.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Strict {
    /// Nothing.
    Same,
    /// A warning becomes an error.
    Raised,
    /// The rule applies under `strict` only.
    Only,
}

/// A finding of a rule.
#[derive(Clone, Debug)]
pub(crate) struct Finding<F: Family> {
    pub(crate) rule: &'static Rule<F>,
    /// The argument; an empty path for the connector as a whole.
    pub(crate) path: Path,
    severity: Severity,
    strict: Strict,
    summary: String,
    detail: String,
    shared: Option<Shared>,
    /// Changes to the configuration that make the finding go away: places and their new values (null: leave it out).
    #[cfg(test)]
    pub(crate) suggestion: Vec<(Path, Value)>,
}

impl<F: Family> Finding<F> {
    /// Returns whether another finding has the same rule, text, and place.
    pub(crate) fn says_the_same(&self, other: &Self) -> bool {
        self.rule.id == other.rule.id
            && self.path == other.path
            && self.summary == other.summary
            && self.detail == other.detail
    }

    /// Returns the summary.
    #[cfg(test)]
    pub(crate) fn summary(&self) -> &str {
        &self.summary
    }

    /// Adds a sentence to the finding.
    pub(crate) fn with_sentence(mut self, sentence: &str) -> Self {
        self.detail = format!("{} {sentence}", self.detail);
        self
    }

    /// Returns the finding for Terraform; `None` if it shows under `strict` only. Its last line says where the rule is
    /// explained.
    pub(crate) fn into_diagnostic(self, strict: bool) -> Option<Diagnostic> {
        let severity = match (self.strict, strict) {
            (Strict::Only, false) => return None,
            (Strict::Raised, true) => Severity::Error,
            _ => self.severity,
        };
        Some(Diagnostic {
            severity,
            // A last line of defense: rules show values through [`wording`](crate::harness::wording), which hides secrets.
            summary: leaked_secret::kinds_removed_from(&self.summary),
            detail: format!(
                "{}\n{}",
                leaked_secret::kinds_removed_from(&self.detail),
                mention(self.rule.id)
            ),
            path: Some(self.path).filter(|path| !path.steps().is_empty()),
            shared: self
                .shared
                .filter(|shared| severity == Severity::Error || shared.again.is_none())
                .map(Box::new),
        })
    }
}

/// Collects the findings of a rule.
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
    /// Returns the rule that is being checked.
    pub(crate) fn rule(&self) -> &'static Rule<F> {
        self.rule
    }

    /// Pushes a finding at the narrowest `path`. `summary` names the problem in a few words and has no full stop. `detail`
    /// says what was found, then what to write, ends as a sentence and holds no secret; [`Pushed::fix`] and [`Pushed::note`]
    /// add to it, and the rule's id follows.
    pub(crate) fn push(
        &mut self,
        path: impl IntoPath,
        summary: impl Into<String>,
        detail: impl Into<String>,
    ) -> Pushed<'_, F> {
        self.found.push(Finding {
            rule: self.rule,
            path: path.into_path(),
            severity: self.rule.severity,
            strict: self.rule.strict,
            summary: summary.into(),
            detail: detail.into(),
            shared: None,
            #[cfg(test)]
            suggestion: Vec::new(),
        });
        Pushed(self.found)
    }
}

/// The last added finding.
pub(crate) struct Pushed<'a, F: Family>(&'a mut Vec<Finding<F>>);

impl<F: Family> Pushed<'_, F> {
    fn changed(self, change: impl FnOnce(&mut Finding<F>)) -> Self {
        if let Some(finding) = self.0.last_mut() {
            change(finding);
        }
        self
    }

    /// Changes the finding's severity from that of the rule, for a less serious case of the mistake.
    pub(crate) fn weighing(self, severity: Severity) -> Self {
        self.changed(|finding| finding.severity = severity)
    }

    /// Keeps the severity under `strict`, whatever the rule says, for a case that may be legitimate.
    pub(crate) fn not_raised_by_strict(self) -> Self {
        self.changed(|finding| finding.strict = Strict::Same)
    }

    /// Raises the severity under `strict`, whatever the rule says, for a more serious case of the mistake.
    pub(crate) fn raised_by_strict(self) -> Self {
        self.changed(|finding| finding.strict = Strict::Raised)
    }

    /// Shows only one finding with any of these causes in a run. `object` is what this one is about.
    pub(crate) fn once(
        self,
        causes: impl IntoIterator<Item = String>,
        object: Option<String>,
    ) -> Self {
        self.sharing(causes, object, None)
    }

    /// Explains errors with any of these causes only once in a run; the others refer to the explanation, with the
    /// rule's id. Of warnings with the same summary, hosts show an arbitrary one.
    pub(crate) fn explained_once(
        self,
        causes: impl IntoIterator<Item = String>,
        object: Option<String>,
        again: Again,
    ) -> Self {
        let rule = self.0.last().map(|finding| mention(finding.rule.id));
        let after = match rule {
            Some(rule) => format!("{}\n{rule}", again.after),
            None => again.after,
        };
        self.sharing(causes, object, Some(Again { after, ..again }))
    }

    fn sharing(
        self,
        causes: impl IntoIterator<Item = String>,
        object: Option<String>,
        again: Option<Again>,
    ) -> Self {
        self.changed(|finding| {
            finding.shared = Some(Shared {
                causes: causes.into_iter().collect(),
                object: object.unwrap_or_else(|| ELSEWHERE.to_owned()),
                again,
            });
        })
    }

    /// Adds a sentence for those who want to know more: why it is wrong, or what else there is to know.
    pub(crate) fn note(self, sentence: impl AsRef<str>) -> Self {
        self.changed(|finding| {
            finding.detail = format!("{} {}", finding.detail, sentence.as_ref());
        })
    }

    /// Adds "Write …" where it is known what was meant: the text that makes the finding go away, at its path.
    pub(crate) fn fix(self, meant: Option<impl Into<String>>) -> Self {
        let Some(meant) = meant.map(Into::into) else {
            return self;
        };
        self.changed(|finding| {
            let literal = hcl(&without_emails(&meant));
            finding.detail = format!("{} Write {literal}.", finding.detail);
            #[cfg(test)]
            finding
                .suggestion
                .push((finding.path.clone(), meant.into()));
        })
    }

    /// Adds "Write …" like [`Pushed::fix`], unless `found`, the text that the finding is about, is or holds a secret.
    pub(crate) fn fix_text(self, found: &str, meant: Option<impl Into<String>>) -> Self {
        self.fix(meant.filter(|_| leaked_secret::recognize_to_hide(found).is_none()))
    }

    /// Adds a change that the detail describes: the new `value` at `path` (null: leave it out). A test applies all
    /// changes together: the finding must then be gone, and no new one may appear.
    #[cfg(test)]
    pub(crate) fn suggest(self, path: impl IntoPath, value: impl Into<Value>) -> Self {
        let change = (path.into_path(), value.into());
        self.changed(|finding| finding.suggestion.push(change))
    }

    /// Ignores the change outside of tests, which alone need it as data.
    #[cfg(not(test))]
    pub(crate) fn suggest(self, _: impl IntoPath, _: impl Into<Value>) -> Self {
        self
    }
}
