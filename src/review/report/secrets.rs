//! Sensitive texts of a plan, removed from everything else: values computed from them are not marked, and messages may
//! quote them.

use std::collections::BTreeSet;

use crate::harness::leaked_secret;
use crate::harness::wording::joined;
use crate::review::address::without_keys;
use crate::review::change::difference::{Difference, SENSITIVE, Shown};
use crate::review::change::{Change, Sensitive};
use crate::review::finding::{Finding, Rules};
use crate::review::plan::ResourceChange;

/// The minimum length of a sensitive text to find inside other texts: shorter ones occur in too many words.
const SHORTEST_SECRET: usize = 4;

/// The sensitive texts of a plan, which no text of a report may repeat.
pub(super) struct Secrets(BTreeSet<String>);

impl Secrets {
    /// Collects the texts.
    pub(super) fn of<'a>(changes: impl Iterator<Item = &'a Change>) -> Self {
        Self(
            changes
                .flat_map(|change| change.secrets.iter().cloned())
                .collect(),
        )
    }

    /// Returns a text without them, and without tokens that messages of older versions or of others repeat.
    pub(super) fn removed(&self, text: &str) -> String {
        leaked_secret::kinds_removed_from(&self.marked_removed(text))
    }

    /// Returns a text without the marked ones. The longest are removed first, because one may be part of another.
    fn marked_removed(&self, text: &str) -> String {
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

    /// Returns differences without values that are, or contain, a sensitive text.
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

/// The connectors with sensitive arguments. Messages about them may quote parts of those, in any form.
pub(super) struct Quoted(Vec<(String, Sensitive)>);

impl Quoted {
    /// Collects the connectors.
    pub(super) fn of<'a>(changes: impl Iterator<Item = &'a ResourceChange>) -> Self {
        let marked = changes.filter_map(|raw| {
            let sensitive = Sensitive::of(raw)?;
            Some((without_keys(&raw.address), sensitive))
        });
        Self(marked.collect())
    }

    /// Returns a finding without text that may quote a sensitive value.
    pub(super) fn left_out(&self, finding: Finding, rules: &Rules) -> Finding {
        // For a finding without an address, it is not known which connector it quotes.
        let address = finding.address.as_deref().map(without_keys);
        let about: Vec<&Sensitive> = self
            .0
            .iter()
            .filter(|(of, _)| address.as_ref().is_none_or(|address| address == of))
            .map(|(_, sensitive)| sensitive)
            .collect();
        if about.is_empty() {
            return finding;
        }
        let names: BTreeSet<&String> = about.iter().flat_map(|it| &it.arguments).collect();
        let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
        let are = match names.as_slice() {
            [] => "the connector is".to_owned(),
            [one] => format!("{one} is"),
            several => format!("{} are", joined(several, "and")),
        };
        let summary = if about.iter().any(|it| it.is_quoted_in(&finding.summary)) {
            let says = finding.rule.and_then(|id| rules.says(id));
            says.map_or_else(
                || "A message that may quote a sensitive value".to_owned(),
                |says| says.trim_end_matches('.').to_owned(),
            )
        } else {
            finding.summary
        };
        let detail = if finding.detail.trim().is_empty() {
            String::new()
        } else {
            format!("Details are left out because {are} sensitive.")
        };
        Finding {
            summary,
            detail,
            ..finding
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_compared_without_its_keys() {
        for (address, expected) in [
            ("a.b", "a.b"),
            ("module.m[\"x.]\\\"y\"].a.b[0]", "module.m.a.b"),
        ] {
            assert_eq!(without_keys(address), expected);
        }
    }
}
