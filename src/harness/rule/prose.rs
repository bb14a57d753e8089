//! What is said about a rule itself. The reference page and the tests read it; outside of them the builder drops these
//! texts, so that the program carries none of them.
//!
//! They are Markdown, for people who have never seen Harness. Examples are arguments in HCL, laid over a valid connector of
//! the account `acme` on Bitbucket Cloud (see the reference page): an attribute or block that stands here replaces the one
//! of that name there.

use super::{Family, Rule};

#[cfg(test)]
pub(super) struct Prose<F: Family> {
    setting: &'static str,
    says: &'static str,
    because: &'static str,
    wrong: Option<&'static str>,
    fixed: Option<&'static str>,
    circumstance: Option<F::Circumstance>,
}

#[cfg(test)]
impl<F: Family> Prose<F> {
    pub(super) const EMPTY: Self = Self {
        setting: "",
        says: "",
        because: "",
        wrong: None,
        fixed: None,
        circumstance: None,
    };
}

#[cfg(not(test))]
impl<F: Family> Rule<F> {
    pub(super) const fn about(self, _: &'static str) -> Self {
        self
    }

    /// Says what is wrong, as one sentence that is true of the configurations in which the rule finds something.
    pub(crate) const fn says(self, _: &'static str) -> Self {
        self
    }

    /// Says why that is wrong.
    pub(crate) const fn because(self, _: &'static str) -> Self {
        self
    }

    /// Shows a configuration in which this rule and no other finds something, and the same one fixed.
    pub(crate) const fn example(self, _: &'static str, _: &'static str) -> Self {
        self
    }

    /// Shows how to fix a mistake that any connector has in the rule's circumstance.
    pub(crate) const fn fixed_by(self, _: &'static str) -> Self {
        self
    }

    /// Says when the example is found to be wrong; without it, whenever it is.
    pub(crate) const fn when(self, _: F::Circumstance) -> Self {
        self
    }
}

#[cfg(test)]
impl<F: Family> Rule<F> {
    pub(super) const fn about(mut self, setting: &'static str) -> Self {
        self.prose.setting = setting;
        self
    }

    pub(crate) const fn says(mut self, says: &'static str) -> Self {
        self.prose.says = says;
        self
    }

    pub(crate) const fn because(mut self, because: &'static str) -> Self {
        self.prose.because = because;
        self
    }

    pub(crate) const fn example(mut self, wrong: &'static str, fixed: &'static str) -> Self {
        self.prose.wrong = Some(wrong);
        self.fixed_by(fixed)
    }

    pub(crate) const fn fixed_by(mut self, fixed: &'static str) -> Self {
        self.prose.fixed = Some(fixed);
        self
    }

    pub(crate) const fn when(mut self, circumstance: F::Circumstance) -> Self {
        self.prose.circumstance = Some(circumstance);
        self
    }

    /// Returns the setting that the rule is about, as a path in HCL, or several; empty: the connector as a whole.
    pub(crate) fn about_setting(&self) -> &'static str {
        self.prose.setting
    }

    /// Returns the sentence that says what is wrong.
    pub(crate) fn sentence(&self) -> &'static str {
        self.prose.says
    }

    /// Returns the reason.
    pub(crate) fn reason(&self) -> &'static str {
        self.prose.because
    }

    /// Returns the wrong configuration; `None`: any connector is wrong in the rule's circumstance.
    pub(crate) fn wrong(&self) -> Option<&'static str> {
        self.prose.wrong
    }

    /// Returns the same configuration fixed; `None`: no configuration is better.
    pub(crate) fn fixed(&self) -> Option<&'static str> {
        self.prose.fixed
    }

    /// Returns when the example is found to be wrong; `None`: whenever it is.
    pub(crate) fn circumstance(&self) -> Option<F::Circumstance> {
        self.prose.circumstance
    }
}
