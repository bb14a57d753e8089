//! What a rule is, how rules run ([`run()`]), and what they report ([`Finding`]).

mod finding;
mod prose;
mod run;

#[cfg(test)]
pub(crate) use finding::REFERENCE;
pub(crate) use finding::{Finding, Findings, Pushed, address, mention, mentioned};
pub(crate) use prose::Prose;
#[cfg(test)]
pub(crate) use run::position;
pub(crate) use run::{find, run};

use std::fmt::{self, Debug};

use tf_provider::diagnostic::Severity;
use tf_provider::value::{Path, Step};

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
    check: Check<F>,
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

/// Returns the path of an argument: `url`, `credentials.http.username`.
pub(crate) fn at(name: &str) -> Path {
    name.split('.')
        .map(|name| Step::Attribute(name.to_owned()))
        .collect()
}

/// The place of a finding: a path, or an argument's name for [`at`].
pub(crate) trait IntoPath {
    /// Returns the path.
    fn into_path(self) -> Path;
}

impl IntoPath for Path {
    fn into_path(self) -> Path {
        self
    }
}

impl IntoPath for &Path {
    fn into_path(self) -> Path {
        self.clone()
    }
}

impl IntoPath for &str {
    fn into_path(self) -> Path {
        at(self)
    }
}
