//! What a rule is, how rules are run ([`run()`]), and what they find ([`Finding`]).

mod finding;
mod run;

pub(crate) use finding::{Finding, Findings, Pushed};
#[cfg(test)]
pub(crate) use run::position;
pub(crate) use run::{find, run};

use std::fmt::{self, Debug};

use tf_provider::diagnostic::Severity;
use tf_provider::value::{Path, Step};

/// A family of rules: those that look at the same thing.
pub(crate) trait Family: Clone + Debug + 'static {
    /// The top-level arguments in the order of the schema, which is the order of the findings.
    const ARGUMENTS: &'static [&'static str];

    /// What its rules look at.
    type Input<'a>;
}

/// One rule: data from which the code runs, the tests run, and the reference page is written.
///
/// `says`, `why` and the example are read by people who have never seen Harness; they are Markdown.
#[cfg_attr(
    not(test),
    expect(
        dead_code,
        reason = "the words are read by the test that writes the reference page"
    )
)]
pub(crate) struct Rule<F: Family> {
    /// A letter for the subject and two digits, for good: ids are never given twice.
    pub(crate) id: &'static str,
    /// The setting that the rule is about, as a path in HCL.
    pub(crate) setting: &'static str,
    /// How much a finding weighs.
    pub(crate) severity: Severity,
    /// What the provider's `strict` does to it.
    pub(crate) strict: Strict,
    /// What is wrong, as one sentence that is true of the configurations in which the rule finds something.
    pub(crate) says: &'static str,
    /// Why that is wrong.
    pub(crate) why: &'static str,
    /// A configuration in which this rule and no other finds something, and the same one mended.
    pub(crate) example: Example,
    /// The rules of whose findings this one's would only be a consequence: where one of them has a finding at the same
    /// path, above or below it, this rule is silent there.
    pub(crate) after: &'static [&'static str],
    /// Pushes one finding for each mistake. Never judges what is unknown.
    pub(crate) check: for<'a> fn(&F::Input<'a>, &mut Findings<'_, F>),
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
pub(crate) struct Example {
    /// The rule finds something.
    pub(crate) wrong: &'static str,
    /// It finds nothing, and no other rule does.
    pub(crate) mended: &'static str,
}

/// The path of an argument: `url`, `credentials.http.username`.
pub(crate) fn at(name: &str) -> Path {
    name.split('.')
        .map(|name| Step::Attribute(name.to_owned()))
        .collect()
}
