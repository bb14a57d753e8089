//! Sensitive texts of a plan, kept out of everything else: what is computed from them is not marked, and messages may quote
//! them.

use std::collections::BTreeSet;

use crate::review::change::Change;
use crate::review::difference::{Difference, SENSITIVE, Shown};

/// The shortest sensitive text that is looked for inside other texts: a shorter one is in too many words.
const SHORTEST_SECRET: usize = 4;

/// The sensitive texts of a plan, which no text of a report may repeat.
pub(super) struct Secrets(BTreeSet<String>);

impl Secrets {
    /// Collects them.
    pub(super) fn of<'a>(changes: impl Iterator<Item = &'a Change>) -> Self {
        Self(
            changes
                .flat_map(|change| change.secrets.iter().cloned())
                .collect(),
        )
    }

    /// Returns a text without them; the longest first, since one may be a part of another.
    pub(super) fn removed(&self, text: &str) -> String {
        if self.0.contains(text) {
            return SENSITIVE.to_owned();
        }
        let mut secrets: Vec<&String> = self
            .0
            .iter()
            .filter(|secret| secret.chars().count() >= SHORTEST_SECRET)
            .collect();
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        secrets.into_iter().fold(text.to_owned(), |text, secret| {
            text.replace(secret.as_str(), SENSITIVE)
        })
    }

    /// Returns a text without them, if there is one.
    pub(super) fn cleaned(&self, text: Option<String>) -> Option<String> {
        text.map(|text| self.removed(&text))
    }

    /// Returns differences in which no value is, or holds, one of them.
    pub(super) fn hidden_in(&self, differences: Vec<Difference>) -> Vec<Difference> {
        let hidden = |shown: Shown| match shown {
            Shown::Value(value) if self.removed(&value) != value => Shown::Sensitive,
            other => other,
        };
        let differences = differences.into_iter().map(|difference| Difference {
            before: hidden(difference.before),
            after: hidden(difference.after),
            setting: self.removed(&difference.setting),
        });
        differences.collect()
    }
}
