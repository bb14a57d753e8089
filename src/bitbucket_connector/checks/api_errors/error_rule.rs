//! What a recogniser is: data about one kind of answer, and a function that knows it when it comes.

use tf_provider::value::Path;

use super::answer::ErrorAnswer;

/// Knows one kind of answer: data from which the code runs, the tests run, and the reference page is written.
///
/// `says`, `example` and `mend` are read by people who have never seen Harness; they are Markdown.
#[derive(Debug)]
#[cfg_attr(
    not(test),
    expect(
        dead_code,
        reason = "the words are read by the test that writes the reference page"
    )
)]
pub(crate) struct ErrorRule {
    /// A letter for the subject and two digits, for good. The id of an offline rule is used again where Harness finds the
    /// same mistake.
    pub(crate) id: &'static str,
    /// The arguments that a finding can be about, separated by commas; empty: the whole connector.
    pub(crate) settings: &'static str,
    /// What has happened, as a sentence.
    pub(crate) says: &'static str,
    /// Words of Harness by which it is known.
    pub(crate) example: &'static str,
    /// What to do, as sentences.
    pub(crate) mend: &'static str,
    /// `None` if the answer is of another kind.
    pub(crate) matches: fn(&ErrorAnswer<'_>) -> Option<Advice>,
}

/// What a recogniser makes of an answer.
#[derive(Debug, Default)]
pub(crate) struct Advice {
    /// In place of what the request's failure is called.
    pub(crate) summary: Option<&'static str>,
    /// The narrowest argument that it is about; `None`: the whole connector.
    pub(crate) path: Option<Path>,
    /// What to do about it, for this connector.
    pub(crate) remedy: Option<String>,
}

impl Advice {
    /// About the whole connector.
    pub(crate) fn whole(remedy: impl Into<String>) -> Self {
        Self {
            remedy: Some(remedy.into()),
            ..Self::default()
        }
    }

    /// About an argument.
    pub(crate) fn at(path: Path, remedy: impl Into<String>) -> Self {
        Self {
            path: Some(path),
            ..Self::whole(remedy)
        }
    }

    /// About an argument, if there is one.
    pub(crate) fn near(path: Option<Path>, remedy: impl Into<String>) -> Self {
        Self {
            path,
            ..Self::whole(remedy)
        }
    }

    /// With a summary of its own, without a full stop.
    pub(super) fn titled(mut self, summary: &'static str) -> Self {
        self.summary = Some(summary);
        self
    }
}
