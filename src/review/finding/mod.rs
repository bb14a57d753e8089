//! The diagnostics about connectors and this provider.

pub(super) mod log;
pub(super) mod own;

use std::collections::BTreeMap;

use crate::bitbucket_connector::checks;
use crate::harness::leaked_secret::kinds_removed_from;
use crate::harness::rule;
use crate::harness::wording::{change::OUTSIDE, usage};
use log::{Diagnostic, Range, Severity};
use own::Own;

/// The rules about a change that a connector's users notice. The last one also applies without users.
const ABOUT_USERS: [&str; 6] = ["L01", "L06", "L07", "L08", "L09", "I09"];

/// Terraform's summaries of conditions that failed. Their details are the words of the configuration.
const CONDITIONS: [&str; 3] = [
    "Check block assertion failed",
    "Resource postcondition failed",
    "Resource precondition failed",
];

/// A warning or an error about a connector or this provider.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Finding {
    pub(super) severity: Severity,
    /// The id of the rule, or `None` for a diagnostic without a rule.
    pub(super) rule: Option<&'static str>,
    pub(super) summary: String,
    pub(super) detail: String,
    pub(super) address: Option<String>,
    pub(super) range: Option<Range>,
    /// Whether it says that users of a connector notice a change.
    pub(super) has_users: bool,
}

impl Finding {
    /// Converts a diagnostic to a finding. Returns `None` if it is about something else.
    pub(super) fn of(diagnostic: &Diagnostic, rules: &Rules, own: &Own) -> Option<Self> {
        let is_of_terraform = CONDITIONS.contains(&diagnostic.summary.as_str());
        let mentioned = rule::mentioned(&diagnostic.detail).filter(|_| !is_of_terraform);
        let known = mentioned.and_then(|(said, id)| Some((said, rules.known(id)?)));
        let is_own = own.says(diagnostic) || (known.is_some() && diagnostic.address.is_none());
        let finding = Self {
            severity: diagnostic.severity,
            rule: known.map(|(_, id)| id),
            summary: diagnostic.summary.clone(),
            detail: known
                .map_or(diagnostic.detail.as_str(), |(said, _)| said)
                .to_owned(),
            address: diagnostic.address.clone(),
            range: diagnostic.range.clone(),
            has_users: false,
        };
        is_own.then(|| Self {
            has_users: finding.users().is_some(),
            ..finding
        })
    }

    /// Removes tokens from the place: keys of instances may be any text.
    pub(super) fn without_tokens(self) -> Self {
        Self {
            address: self.address.as_deref().map(kinds_removed_from),
            range: self.range.map(|range| Range {
                file: kinds_removed_from(&range.file),
                ..range
            }),
            ..self
        }
    }

    /// Returns whether it only says that something was changed outside Terraform.
    pub(super) fn is_about_drift(&self) -> bool {
        self.rule.is_none() && self.summary.ends_with(OUTSIDE)
    }

    /// Returns the first users of a connector in the finding, and their total number. Returns `None` if it is about
    /// something else.
    pub(super) fn users(&self) -> Option<(Vec<String>, u64)> {
        self.rule.filter(|id| ABOUT_USERS.contains(id))?;
        usage::listed(&self.detail)
    }

    /// Returns the paragraph that says when something was changed outside Terraform, and by whom.
    pub(super) fn who(&self) -> Option<&str> {
        let begins = |paragraph: &&str| {
            let before = paragraph.split_once(OUTSIDE).map(|(before, _)| before);
            before.is_some_and(|before| before.split_whitespace().count() <= 2)
        };
        self.detail.split("\n\n").find(begins)
    }
}

/// The rules of this provider: the sentence that says what is wrong, by id.
pub(super) struct Rules(BTreeMap<&'static str, &'static str>);

impl Rules {
    /// Collects the rules. Rules about Harness's errors share ids with rules about the configuration, which take
    /// precedence.
    pub(super) fn all() -> Self {
        let mut all = BTreeMap::new();
        for (id, says) in checks::rules() {
            all.entry(id).or_insert(says);
        }
        Self(all)
    }

    /// Returns the id if it is a rule's.
    pub(super) fn known(&self, id: &str) -> Option<&'static str> {
        self.0.get_key_value(id).map(|(id, _)| *id)
    }

    /// Returns what is wrong, in Markdown.
    pub(super) fn says(&self, id: &str) -> Option<&'static str> {
        self.0.get(id).copied()
    }
}

/// Returns where a rule is explained.
pub(super) fn link(id: &str) -> String {
    let repository = env!("CARGO_PKG_REPOSITORY");
    format!("{repository}/blob/main/{}", rule::address(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn diagnostic(address: Option<&str>, detail: &str, context: Option<&str>) -> Diagnostic {
        Diagnostic {
            severity: Severity::Warning,
            summary: "S".to_owned(),
            detail: detail.to_owned(),
            address: address.map(str::to_owned),
            range: None,
            context: context.map(str::to_owned),
        }
    }

    #[test]
    fn what_is_about_connectors_or_this_provider_is_kept_and_nothing_else() {
        let rules = Rules::all();
        for (address, detail, context, expected) in [
            (
                Some("harness_bitbucket_connector.a"),
                "D\n(rule N01)",
                None,
                Some(("D", Some("N01"))),
            ),
            (
                Some("harness_bitbucket_connector.a"),
                "D\ndocs/guides/validation-rules.md#n01 (rule N01)",
                None,
                Some(("D", Some("N01"))),
            ),
            (
                Some("data.harness_bitbucket_connector.a"),
                "D",
                None,
                Some(("D", None)),
            ),
            (
                Some("module.a.harness_bitbucket_connector.a[\"k\"]"),
                "D\n(rule XX9)",
                None,
                Some(("D\n(rule XX9)", None)),
            ),
            (Some("http_x.a"), "D\n(rule N01)", None, None),
            (None, "D\n(rule L01)", None, Some(("D", Some("L01")))),
            // Other people's words end with a rule.
            (
                Some("harness_bitbucket_connector.a"),
                "D\n- refused (rule N01)",
                None,
                Some(("D\n- refused (rule N01)", None)),
            ),
            (None, "D\n(rule XX9)", None, None),
            (None, "D", Some("provider \"harness\""), Some(("D", None))),
            (None, "D", Some("provider \"aws\""), None),
        ] {
            let found = Finding::of(
                &diagnostic(address, detail, context),
                &rules,
                &Own::default(),
            );
            let found = found
                .as_ref()
                .map(|found| (found.detail.as_str(), found.rule));
            assert_eq!(found, expected, "{address:?} {detail}");
        }
    }

    #[test]
    fn a_condition_of_the_configuration_has_no_rule() {
        for summary in CONDITIONS {
            let condition = Diagnostic {
                summary: summary.to_owned(),
                ..diagnostic(
                    Some("harness_bitbucket_connector.a"),
                    "D\ndocs/guides/validation-rules.md#n01 (rule N01)",
                    None,
                )
            };
            let found = Finding::of(&condition, &Rules::all(), &Own::default()).unwrap();
            assert_eq!(found.rule, None);
            assert_eq!(found.detail, condition.detail);
        }
    }

    #[test]
    fn every_rule_has_a_sentence_and_a_place_in_the_reference() {
        let page = std::fs::read_to_string(crate::golden::at_root(rule::REFERENCE)).unwrap();
        let rules = Rules::all();
        assert!(rules.0.len() > 100);
        for (id, says) in &rules.0 {
            assert!(!says.is_empty(), "{id}");
            let anchor = format!("#{}", id.to_lowercase());
            assert!(link(id).ends_with(&anchor));
            assert!(rule::mention(id).contains(&anchor));
            assert!(
                page.contains(&format!("\"{}\"", id.to_lowercase()))
                    || page.contains(&format!("### {id}")),
                "{id}"
            );
        }
    }
}
