//! A warning or an error that a command reports.

/// A warning or an error.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Finding {
    /// `error` or `warning`.
    pub(super) severity: String,
    /// Its first line.
    pub(super) summary: String,
    /// The text below it.
    pub(super) detail: String,
    /// The resource that it is about.
    pub(super) address: String,
}

impl Finding {
    /// Returns the id of the finding's rule.
    pub(super) fn rule(&self) -> Option<&str> {
        let last = self.detail.lines().last()?;
        let (_, rule) = last.strip_suffix(')')?.split_once(" (rule ")?;
        Some(rule)
    }

    /// Asserts the summary, and that the detail contains every one of these texts.
    #[track_caller]
    pub(super) fn says(&self, summary: &str, details: &[&str]) {
        assert_eq!(self.summary, summary, "{}", self.detail);
        for part in details {
            assert!(
                self.detail.contains(part),
                "\"{part}\" is missing in: {}",
                self.detail
            );
        }
    }
}
