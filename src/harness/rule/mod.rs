//! What a rule is, how rules are run ([`run()`]), and what they find ([`Finding`]).

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

/// A family of rules: those that look at the same thing.
pub(crate) trait Family: Clone + Debug + 'static {
    /// What its rules look at.
    type Input<'a>;

    /// Beside which state of the world an example can be found wrong.
    type Circumstance: Copy + Debug + 'static;

    /// The top-level arguments in the order of the schema, which is the order of the findings.
    fn arguments() -> &'static [&'static str];
}

/// Pushes one finding for each mistake. Has no opinion about what is unknown.
pub(crate) type Check<F> = for<'a> fn(&<F as Family>::Input<'a>, &mut Findings<'_, F>);

/// One rule: data from which the code runs, the tests run, and the reference page is written. What is said about it is
/// Markdown, for people who have never seen Harness.
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
    /// A letter for the subject and two digits, for good: ids are never given twice.
    pub(crate) id: &'static str,
    /// How much a finding weighs.
    pub(crate) severity: Severity,
    /// What the provider's `strict` does to it.
    pub(crate) strict: Strict,
    /// What its findings are called, of a rule that shares its check with others.
    pub(crate) summary: &'static str,
    /// The rules of whose findings this one's would only be a consequence: where one of them has a finding at the same
    /// path, above or below it, this rule is silent there.
    pub(crate) after: &'static [&'static str],
    check: Check<F>,
    /// What it is about, as a path in HCL, or several; empty: the connector as a whole.
    pub(crate) setting: Prose<&'static str>,
    /// What is wrong, as one sentence that is true of the configurations in which the rule finds something.
    pub(crate) says: &'static str,
    /// Why that is wrong.
    pub(crate) because: Prose<&'static str>,
    /// A configuration in which this rule and no other finds something: arguments in HCL, laid over a valid connector of the
    /// account `acme` on Bitbucket Cloud (see the reference page). An attribute or block that stands here replaces the one
    /// of that name there. Without one, any connector is wrong in the rule's circumstance.
    pub(crate) wrong: Prose<&'static str>,
    /// The same configuration fixed; without one, no configuration is better.
    pub(crate) fixed: Prose<&'static str>,
    /// When the example is found to be wrong; without one, whenever it is.
    pub(crate) circumstance: Prose<F::Circumstance>,
}

impl<F: Family> Rule<F> {
    /// Returns a rule whose findings are errors. `setting` is what it is about, as a path in HCL, or several.
    pub(crate) const fn error(id: &'static str, setting: &'static str, check: Check<F>) -> Self {
        Self::new(id, Severity::Error, setting, check)
    }

    /// Returns a rule whose findings are warnings. `setting` is what it is about, as a path in HCL, or several.
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

    /// Makes errors of its warnings under `strict`.
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

    /// Silences the rule where one of these has found something at the same path, above or below it.
    pub(crate) const fn after(self, after: &'static [&'static str]) -> Self {
        Self { after, ..self }
    }

    /// Says what is wrong.
    pub(crate) const fn says(self, says: &'static str) -> Self {
        Self { says, ..self }
    }

    /// Says why that is wrong.
    pub(crate) const fn because(self, because: &'static str) -> Self {
        let because = Prose::of(because);
        Self { because, ..self }
    }

    /// Shows a wrong configuration, and the same one fixed.
    pub(crate) const fn example(self, wrong: &'static str, fixed: &'static str) -> Self {
        let wrong = Prose::of(wrong);
        Self { wrong, ..self }.fixed_by(fixed)
    }

    /// Shows how to fix a mistake that any connector has in the rule's circumstance.
    pub(crate) const fn fixed_by(self, fixed: &'static str) -> Self {
        let fixed = Prose::of(fixed);
        Self { fixed, ..self }
    }

    /// Says when the example is found to be wrong.
    pub(crate) const fn when(self, circumstance: F::Circumstance) -> Self {
        let circumstance = Prose::of(circumstance);
        Self {
            circumstance,
            ..self
        }
    }

    /// Names the findings of a rule that shares its check with others.
    pub(crate) const fn summary(self, summary: &'static str) -> Self {
        Self { summary, ..self }
    }
}

/// By its id: what it looks at need not be shown, and often cannot be.
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

/// The path of an argument: `url`, `credentials.http.username`.
pub(crate) fn at(name: &str) -> Path {
    name.split('.')
        .map(|name| Step::Attribute(name.to_owned()))
        .collect()
}

/// Where a finding is: a path, or an argument's name as [`at`] reads it.
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
