//! One kind of error response from Harness: how to recognize it, which argument it concerns, and what helps.

use tf_provider::value::Path;

use super::answer::ErrorAnswer;
use crate::harness::rule::{Prose, at};

/// One kind of response: data for the code, the tests, and the reference page.
#[derive(Debug)]
#[cfg_attr(
    not(test),
    expect(
        dead_code,
        reason = "the test that writes the reference page reads the words"
    )
)]
pub(crate) struct ErrorRule {
    /// A letter for the subject and two digits, permanent. If an offline rule finds the same mistake, its id is reused.
    pub(crate) id: &'static str,
    /// The possible arguments, separated by commas; empty for the whole connector.
    pub(crate) about: &'static str,
    /// The summary, instead of the failed request's.
    title: Option<&'static str>,
    /// What happened, shown before the advice.
    found: Option<&'static str>,
    advice: &'static str,
    /// Texts of Harness, in lower case, any of which identifies this kind.
    signs: &'static [&'static str],
    is_known: Option<fn(&ErrorAnswer<'_>) -> bool>,
    path: fn(&'static str, &ErrorAnswer<'_>) -> Option<Path>,
    /// The advice, if it depends on the connector. `None` if the response is of another kind.
    advise: Option<fn(&ErrorAnswer<'_>) -> Option<Advice>>,
    /// Whether a finding begins with what Harness says, which the advice refers to.
    has_words_first: bool,
    pub(crate) says: &'static str,
    pub(crate) example: Prose<&'static str>,
    page_advice: Prose<&'static str>,
}

impl ErrorRule {
    /// Creates a rule about the whole connector that recognizes nothing yet.
    pub(super) const fn new(id: &'static str) -> Self {
        Self {
            id,
            about: "",
            title: None,
            found: None,
            advice: "",
            signs: &[],
            is_known: None,
            path: |about, _| argument(about),
            advise: None,
            has_words_first: false,
            says: "",
            example: Prose::NONE,
            page_advice: Prose::NONE,
        }
    }

    /// Sets the possible arguments.
    pub(super) const fn about(self, about: &'static str) -> Self {
        Self { about, ..self }
    }

    /// Sets what has happened, as a sentence for the page.
    pub(super) const fn says(self, says: &'static str) -> Self {
        Self { says, ..self }
    }

    /// Sets an example of Harness's text.
    pub(super) const fn example(self, example: &'static str) -> Self {
        let example = Prose::of(example);
        Self { example, ..self }
    }

    /// Sets a summary, without a period.
    pub(super) const fn titled(self, title: &'static str) -> Self {
        let title = Some(title);
        Self { title, ..self }
    }

    /// Recognizes responses with any of these texts, which are in lower case.
    pub(super) const fn signs(self, signs: &'static [&'static str]) -> Self {
        Self { signs, ..self }
    }

    /// Recognizes these responses, in addition to those with its signs.
    pub(super) const fn when(self, is_known: fn(&ErrorAnswer<'_>) -> bool) -> Self {
        Self {
            is_known: Some(is_known),
            ..self
        }
    }

    /// With what Harness says before the advice: without it, the advice is not understood.
    pub(super) const fn words_first(self) -> Self {
        Self {
            has_words_first: true,
            ..self
        }
    }

    /// Sets what happened, as a sentence before the advice.
    pub(super) const fn found(self, found: &'static str) -> Self {
        let found = Some(found);
        Self { found, ..self }
    }

    /// Sets what to do, for findings and for the page.
    pub(super) const fn advise(self, advice: &'static str) -> Self {
        Self { advice, ..self }
    }

    /// Sets what to do for the page, which covers all connectors and is in Markdown.
    pub(super) const fn on_page(self, advice: &'static str) -> Self {
        let page_advice = Prose::of(advice);
        Self {
            page_advice,
            ..self
        }
    }

    /// Sets the argument of a finding, if it depends on the connector.
    pub(super) const fn at(self, path: fn(&'static str, &ErrorAnswer<'_>) -> Option<Path>) -> Self {
        Self { path, ..self }
    }

    /// Sets advice that depends on the connector. Without any, the response is of another kind; a rule without signs
    /// and conditions recognizes responses only by that.
    pub(super) const fn advise_with(self, advise: fn(&ErrorAnswer<'_>) -> Option<Advice>) -> Self {
        let advise = Some(advise);
        Self { advise, ..self }
    }

    /// Returns what helps, or `None` if the response is of another kind.
    pub(super) fn advice(&self, answer: &ErrorAnswer<'_>) -> Option<Advice> {
        let has_conditions = !self.signs.is_empty() || self.is_known.is_some();
        let is_known = answer.says(self.signs) || self.is_known.is_some_and(|is| is(answer));
        if has_conditions && !is_known {
            return None;
        }
        let advice = match self.advise {
            None => {
                let found = self.found.map(|found| format!("{found} "));
                let remedy = format!("{}{}", found.unwrap_or_default(), self.advice);
                Advice::near((self.path)(self.about, answer), remedy)
            }
            Some(advise) => advise(answer)?,
        };
        Some(Advice {
            summary: advice.summary.or(self.title),
            follows_words: self.has_words_first,
            ..advice
        })
    }

    /// Returns what to do, as on the page.
    #[cfg(test)]
    pub(crate) fn page_advice(&self) -> &'static str {
        self.page_advice.content().unwrap_or(self.advice)
    }
}

/// Returns the argument with this name, or `None` for the whole connector.
fn argument(about: &str) -> Option<Path> {
    (!about.is_empty()).then(|| at(about))
}

/// The advice about a response.
#[derive(Debug, Default)]
pub(crate) struct Advice {
    /// The summary, instead of the failed request's.
    pub(crate) summary: Option<&'static str>,
    /// The narrowest argument concerned, or `None` for the whole connector.
    pub(crate) path: Option<Path>,
    /// What to do about it, for this connector.
    pub(crate) remedy: Option<String>,
    /// Whether it refers to what Harness says, and so comes after that.
    pub(super) follows_words: bool,
    /// Whether it says the same as Harness, whose words are then left out.
    pub(super) says_it_all: bool,
}

impl Advice {
    /// Creates advice about the whole connector.
    pub(crate) fn whole(remedy: impl Into<String>) -> Self {
        Self::near(None, remedy)
    }

    /// Creates advice about an argument.
    pub(crate) fn at(argument: &str, remedy: impl Into<String>) -> Self {
        Self::near(Some(at(argument)), remedy)
    }

    /// Creates advice about an argument, if there is one.
    pub(crate) fn near(path: Option<Path>, remedy: impl Into<String>) -> Self {
        Self {
            path,
            remedy: Some(remedy.into()),
            ..Self::default()
        }
    }

    /// Leaves out what Harness says.
    pub(super) fn instead_of_words(mut self) -> Self {
        self.says_it_all = true;
        self
    }

    /// Sets a summary, without a period.
    pub(super) fn titled(mut self, summary: &'static str) -> Self {
        self.summary = Some(summary);
        self
    }
}
