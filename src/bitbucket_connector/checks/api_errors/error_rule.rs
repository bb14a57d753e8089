//! One kind of error that Harness answers with: how it is recognised, where it belongs, and what helps.

use tf_provider::value::Path;

use super::answer::ErrorAnswer;
use crate::harness::rule::{Prose, at};

/// One kind of answer: data from which the code runs, the tests run, and the reference page is written.
#[derive(Debug)]
#[cfg_attr(
    not(test),
    expect(
        dead_code,
        reason = "the test that writes the reference page reads the words"
    )
)]
pub(crate) struct ErrorRule {
    /// A letter for the subject and two digits, for good. The id of an offline rule is used again where Harness finds the
    /// same mistake.
    pub(crate) id: &'static str,
    /// The arguments that a finding can be about, separated by commas; empty: the whole connector.
    pub(crate) about: &'static str,
    /// In place of what the request's failure is called.
    title: Option<&'static str>,
    /// What happened, before the advice.
    found: Option<&'static str>,
    advice: &'static str,
    /// Words of Harness, in lower case, any of which makes it this kind.
    signs: &'static [&'static str],
    is_known: fn(&ErrorAnswer<'_>) -> bool,
    path: fn(&'static str, &ErrorAnswer<'_>) -> Option<Path>,
    text: Text,
    /// Whether a finding begins with what Harness says, which the advice refers to.
    has_words_first: bool,
    pub(crate) says: &'static str,
    pub(crate) example: Prose<&'static str>,
    page_advice: Prose<&'static str>,
}

/// Where the text of a finding comes from.
#[derive(Clone, Copy, Debug)]
enum Text {
    /// From the rule.
    OfRule,
    /// From the connector.
    OfConnector(fn(&ErrorAnswer<'_>) -> Advice),
    /// From the connector; `None` if the answer is of another kind.
    IfKnown(fn(&ErrorAnswer<'_>) -> Option<Advice>),
}

impl ErrorRule {
    /// A rule about the whole connector that recognises nothing yet.
    pub(super) const fn new(id: &'static str) -> Self {
        Self {
            id,
            about: "",
            title: None,
            found: None,
            advice: "",
            signs: &[],
            is_known: |_| false,
            path: |about, _| argument(about),
            text: Text::OfRule,
            has_words_first: false,
            says: "",
            example: Prose::NONE,
            page_advice: Prose::NONE,
        }
    }

    /// With the arguments that a finding can be about.
    pub(super) const fn about(self, about: &'static str) -> Self {
        Self { about, ..self }
    }

    /// With what has happened, as a sentence of the page.
    pub(super) const fn says(self, says: &'static str) -> Self {
        Self { says, ..self }
    }

    /// With words of Harness by which it is recognised.
    pub(super) const fn example(self, example: &'static str) -> Self {
        let example = Prose::of(example);
        Self { example, ..self }
    }

    /// With a summary of its own, without a full stop.
    pub(super) const fn titled(self, title: &'static str) -> Self {
        let title = Some(title);
        Self { title, ..self }
    }

    /// Recognises answers that say any of these, which are in lower case.
    pub(super) const fn signs(self, signs: &'static [&'static str]) -> Self {
        Self { signs, ..self }
    }

    /// Recognises these answers, besides those with its signs.
    pub(super) const fn when(self, is_known: fn(&ErrorAnswer<'_>) -> bool) -> Self {
        Self { is_known, ..self }
    }

    /// With what Harness says before the advice: without it, the advice is not understood.
    pub(super) const fn words_first(self) -> Self {
        Self {
            has_words_first: true,
            ..self
        }
    }

    /// With a sentence of findings before the advice: what happened.
    pub(super) const fn found(self, found: &'static str) -> Self {
        let found = Some(found);
        Self { found, ..self }
    }

    /// With what to do, for findings and for the page.
    pub(super) const fn advise(self, advice: &'static str) -> Self {
        Self { advice, ..self }
    }

    /// With what to do in the words of the page, which speaks of every connector and in Markdown.
    pub(super) const fn on_page(self, advice: &'static str) -> Self {
        let page_advice = Prose::of(advice);
        Self {
            page_advice,
            ..self
        }
    }

    /// With the argument of a finding, where that depends on the connector.
    pub(super) const fn at(self, path: fn(&'static str, &ErrorAnswer<'_>) -> Option<Path>) -> Self {
        Self { path, ..self }
    }

    /// With advice that depends on the connector.
    pub(super) const fn advise_with(self, advise: fn(&ErrorAnswer<'_>) -> Advice) -> Self {
        let text = Text::OfConnector(advise);
        Self { text, ..self }
    }

    /// With advice that depends on the connector, where there is any: nothing else recognises the answer.
    pub(super) const fn advise_if(self, advise: fn(&ErrorAnswer<'_>) -> Option<Advice>) -> Self {
        let text = Text::IfKnown(advise);
        let is_known = |_: &ErrorAnswer<'_>| true;
        Self {
            is_known,
            text,
            ..self
        }
    }

    /// Returns what helps; `None` if the answer is of another kind.
    pub(super) fn advice(&self, answer: &ErrorAnswer<'_>) -> Option<Advice> {
        if !answer.says(self.signs) && !(self.is_known)(answer) {
            return None;
        }
        let advice = match self.text {
            Text::OfRule => {
                let found = self.found.map(|found| format!("{found} "));
                let remedy = format!("{}{}", found.unwrap_or_default(), self.advice);
                Advice::near((self.path)(self.about, answer), remedy)
            }
            Text::OfConnector(advise) => advise(answer),
            Text::IfKnown(advise) => advise(answer)?,
        };
        Some(Advice {
            summary: advice.summary.or(self.title),
            follows_words: self.has_words_first,
            ..advice
        })
    }

    /// Returns what to do, in the words of the page.
    #[cfg(test)]
    pub(crate) fn page_advice(&self) -> &'static str {
        self.page_advice.content().unwrap_or(self.advice)
    }
}

/// Returns the argument of this name; `None` for the whole connector.
fn argument(about: &str) -> Option<Path> {
    (!about.is_empty()).then(|| at(about))
}

/// What helps with an answer.
#[derive(Debug, Default)]
pub(crate) struct Advice {
    /// In place of what the request's failure is called.
    pub(crate) summary: Option<&'static str>,
    /// The narrowest argument that it is about; `None`: the whole connector.
    pub(crate) path: Option<Path>,
    /// What to do about it, for this connector.
    pub(crate) remedy: Option<String>,
    /// Whether it refers to what Harness says, and so comes after that.
    pub(super) follows_words: bool,
}

impl Advice {
    /// About the whole connector.
    pub(crate) fn whole(remedy: impl Into<String>) -> Self {
        Self::near(None, remedy)
    }

    /// About an argument.
    pub(crate) fn at(argument: &str, remedy: impl Into<String>) -> Self {
        Self::near(Some(at(argument)), remedy)
    }

    /// About an argument, if there is one.
    pub(crate) fn near(path: Option<Path>, remedy: impl Into<String>) -> Self {
        Self {
            path,
            remedy: Some(remedy.into()),
            ..Self::default()
        }
    }

    /// With a summary of its own, without a full stop.
    pub(super) fn titled(mut self, summary: &'static str) -> Self {
        self.summary = Some(summary);
        self
    }
}
