//! The verdict: the most serious result in one sentence, and the counts.

use super::{Connector, Kind, Report};
use crate::review::log::Severity;

/// The severity of a report.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Level {
    /// Something in use breaks, or the plan failed.
    Breaks,
    /// A person should look closely.
    Look,
    /// Nothing is lost.
    Harmless,
    /// There is nothing to report.
    Nothing,
}

impl Level {
    /// Returns the level's word in the JSON report.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Breaks => "breaks",
            Self::Look => "look",
            Self::Harmless => "harmless",
            Self::Nothing => "nothing",
        }
    }
}

impl Report {
    /// Returns the severity, with one sentence about it.
    pub(crate) fn verdict(&self) -> (Level, String) {
        let count = |wanted: &dyn Fn(&Connector) -> bool| {
            self.connectors
                .iter()
                .filter(|connector| wanted(connector))
                .count()
        };
        let lost = count(&Connector::is_lost);
        let lost_in_use = count(&|connector| connector.is_lost() && connector.hits_users());
        let changed_in_use = count(&|connector| !connector.is_lost() && connector.hits_users());
        let kept = count(&|connector| connector.kind == Kind::ReplacedKept);
        let moved = count(&|connector| connector.moves_ground);
        let errors = self
            .findings
            .iter()
            .filter(|finding| finding.severity == Severity::Error)
            .count();
        // Only the most serious one: the counts cover the rest.
        if self.is_errored {
            let verdict = "Planning failed: this plan cannot be applied and may be incomplete.";
            (Level::Breaks, verdict.to_owned())
        } else if errors > 0 {
            (
                Level::Breaks,
                format!("{} to fix.", counted(errors, "error")),
            )
        } else if lost_in_use > 0 {
            let connectors = connectors_and_verb(lost_in_use, "in use is", "in use are");
            (
                Level::Breaks,
                format!("Pipelines will break: {connectors} destroyed or replaced."),
            )
        } else if lost > 0 {
            let are = connectors_and_verb(lost, "is", "are");
            let is_unseen = |connector: &Connector| connector.is_lost() && connector.is_unseen();
            let users = match count(&is_unseen) {
                0 => "no usage was found".to_owned(),
                unseen if unseen == lost => "users were not looked up".to_owned(),
                unseen => format!("the users of {unseen} of them were not looked up"),
            };
            (
                Level::Look,
                format!("{are} destroyed or replaced; {users}."),
            )
        } else if changed_in_use > 0 {
            let change = connectors_and_verb(changed_in_use, "in use changes", "in use change");
            (
                Level::Look,
                format!("{change} in a way that affects pipelines."),
            )
        } else if !self.drift.is_empty() {
            let were = connectors_and_verb(self.drift.len(), "was", "were");
            (Level::Look, format!("{were} changed outside Terraform."))
        } else if kept > 0 {
            let are = connectors_and_verb(kept, "is", "are");
            let old = if kept == 1 {
                "old one stays"
            } else {
                "old ones stay"
            };
            (
                Level::Look,
                format!("{are} replaced; the {old} in Harness."),
            )
        } else if moved > 0 {
            let change = connectors_and_verb(moved, "changes", "change");
            (
                Level::Look,
                format!("{change} in a way that affects pipelines, if any use it."),
            )
        } else if !self.connectors.is_empty() || !self.deferred.is_empty() {
            (
                Level::Harmless,
                "No Bitbucket connector is destroyed or replaced.".to_owned(),
            )
        } else if !self.findings.is_empty() || !self.failed_checks.is_empty() {
            (
                Level::Harmless,
                "No Bitbucket connector changes.".to_owned(),
            )
        } else {
            let verdict =
                "No Bitbucket connector changes, none drifted, and there are no findings.";
            (Level::Nothing, verdict.to_owned())
        }
    }

    /// Returns the counts, as text.
    pub(crate) fn counts(&self) -> Vec<String> {
        let kinds = [
            Kind::Gone,
            Kind::Replaced,
            Kind::ReplacedKept,
            Kind::InPlace,
            Kind::New,
            Kind::Forgotten,
        ];
        let kinds = kinds.into_iter().map(|kind| {
            let number = self
                .connectors
                .iter()
                .filter(|connector| connector.kind == kind)
                .count();
            (number, kind.word().to_owned())
        });
        let number =
            |wanted: fn(&Connector) -> bool| self.connectors.iter().filter(|it| wanted(it)).count();
        let findings = |severity| {
            self.findings
                .iter()
                // Like the list of the findings, without those that the drift contains.
                .filter(|finding| {
                    finding.severity == severity && !self.is_reported_as_drift(finding)
                })
                .count()
        };
        let plural = |number: usize, word: &str| {
            if number == 1 {
                word.to_owned()
            } else {
                format!("{word}s")
            }
        };
        let (errors, warnings) = (findings(Severity::Error), findings(Severity::Warning));
        // Additional events, and what is not about connectors.
        let more = [
            (
                number(|connector| connector.is_imported),
                "imported".to_owned(),
            ),
            (
                number(|connector| connector.previous_address.is_some()),
                "moved".to_owned(),
            ),
            (self.deferred.len(), "deferred".to_owned()),
            (self.drift.len(), "drifted".to_owned()),
            (errors, plural(errors, "error")),
            (warnings, plural(warnings, "warning")),
            (
                self.failed_checks.len(),
                plural(self.failed_checks.len(), "failed check"),
            ),
            (self.others, plural(self.others, "other resource")),
        ];
        kinds
            .chain(more)
            .filter(|(number, _)| *number > 0)
            .map(|(number, word)| format!("{number} {word}"))
            .collect()
    }
}

/// Returns the subject of a sentence about connectors, with a verb that agrees.
fn connectors_and_verb(number: usize, one: &str, several: &str) -> String {
    let verb = if number == 1 { one } else { several };
    format!("{} {verb}", counted(number, "Bitbucket connector"))
}

/// Returns a number with its noun: `1 connector`, `2 connectors`.
pub(crate) fn counted(number: usize, word: &str) -> String {
    let s = if number == 1 { "" } else { "s" };
    format!("{number} {word}{s}")
}
