//! The conditions of `--fail-on`, and whether they occur in a report.

use std::collections::BTreeSet;
use std::fmt;

use super::finding::log::Severity;
use super::report::{Connector, Kind, Report};
use crate::harness::wording::similar::nearest;
use crate::harness::wording::{joined, shown};

/// A condition for which a run may be stopped. The words are stable, for scripts.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Occurrence {
    /// A connector is replaced. Replacements count as no other condition.
    Replaced,
    /// A connector is destroyed.
    Destroyed,
    /// A used connector is destroyed, replaced, or changed in place in a way that its users notice.
    InUse,
    /// A connector was changed or deleted outside Terraform.
    Drift,
    /// There is a warning about connectors or this provider.
    Warning,
    /// There is an error about connectors or this provider.
    Error,
}

impl Occurrence {
    /// All conditions, in the order of the documentation.
    pub(super) const ALL: [Self; 6] = [
        Self::Replaced,
        Self::Destroyed,
        Self::InUse,
        Self::Drift,
        Self::Warning,
        Self::Error,
    ];

    /// Returns the condition's word.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Replaced => "replaced",
            Self::Destroyed => "destroyed",
            Self::InUse => "in-use",
            Self::Drift => "drift",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }

    /// Parses a list such as `replaced,in-use`.
    ///
    /// # Errors
    /// Returns the first unknown word.
    pub(super) fn list(text: &str) -> Result<BTreeSet<Self>, UnknownWord> {
        text.split(',')
            .map(|word| {
                let word = word.trim();
                let mut all = Self::ALL.into_iter();
                all.find(|known| known.word() == word)
                    .ok_or_else(|| UnknownWord(word.to_owned()))
            })
            .collect()
    }
}

/// An unknown word in `--fail-on`.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct UnknownWord(String);

impl fmt::Display for UnknownWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = Occurrence::ALL.map(Occurrence::word);
        if self.0.is_empty() {
            let all = words.map(|word| format!("`{word}`"));
            return write!(
                f,
                "`--fail-on` contains an empty word; write one or more of {}, separated by commas",
                joined(&all, "and")
            );
        }
        let nearest = nearest(&self.0, words);
        let nearest = nearest.first().copied().unwrap_or_default();
        let others = words.into_iter().filter(|word| *word != nearest);
        let others: Vec<String> = others.map(|word| format!("`{word}`")).collect();
        write!(
            f,
            "{} is not a word of `--fail-on`; did you mean `{nearest}`? The other words are {}",
            shown(&self.0),
            joined(&others, "and")
        )
    }
}

/// Returns the conditions that occur in a report.
pub(super) fn in_report(report: &Report) -> BTreeSet<Occurrence> {
    let has_kind = |kind| {
        report
            .connectors
            .iter()
            .any(|connector| connector.kind == kind)
    };
    let has_finding = |severity| {
        report
            .findings
            .iter()
            .any(|finding| finding.severity == severity)
    };
    let occurs = |occurrence: &Occurrence| match occurrence {
        Occurrence::Replaced => has_kind(Kind::Replaced) || has_kind(Kind::ReplacedKept),
        Occurrence::Destroyed => has_kind(Kind::Gone),
        // A failed plan has no changes, but its findings say what it was about to do.
        Occurrence::InUse => {
            report.connectors.iter().any(Connector::hits_users)
                || report.findings.iter().any(|finding| finding.has_users)
        }
        Occurrence::Drift => !report.drift.is_empty(),
        Occurrence::Warning => has_finding(Severity::Warning),
        Occurrence::Error => has_finding(Severity::Error),
    };
    Occurrence::ALL.into_iter().filter(occurs).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_has_words_between_commas() {
        let all = "replaced,destroyed, in-use,drift,warning,error";
        assert_eq!(Occurrence::list(all), Ok(BTreeSet::from(Occurrence::ALL)));
        assert_eq!(
            Occurrence::list("drift,drift"),
            Ok(BTreeSet::from([Occurrence::Drift]))
        );
    }

    #[test]
    fn a_word_that_is_unknown_is_answered_with_the_nearest() {
        for (text, message) in [
            (
                "drift,replace",
                "\"replace\" is not a word of `--fail-on`; did you mean `replaced`? The other words are `destroyed`, \
                 `in-use`, `drift`, `warning`, and `error`",
            ),
            (
                "in_use",
                "\"in_use\" is not a word of `--fail-on`; did you mean `in-use`? The other words are `replaced`, \
                 `destroyed`, `drift`, `warning`, and `error`",
            ),
            (
                "drift,",
                "`--fail-on` contains an empty word; write one or more of `replaced`, `destroyed`, `in-use`, `drift`, \
                 `warning`, and `error`, separated by commas",
            ),
        ] {
            assert_eq!(Occurrence::list(text).unwrap_err().to_string(), message);
        }
        let pasted = Occurrence::list("ATATT3xFfGF0hunter2")
            .unwrap_err()
            .to_string();
        assert!(!pasted.contains("hunter2"), "{pasted}");
    }
}
