//! The verdict: the most serious result in one sentence, and the counts.

use super::data::{Connector, Kind, Report};
use crate::command::text::counted;
use crate::review::finding::log::Severity;

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
    /// Returns the severity, with one sentence about it. Only the most serious result is in it: the counts cover the rest.
    pub(crate) fn verdict(&self) -> (Level, String) {
        let lost = self.count(Connector::is_lost);
        let lost_in_use = self.count(|connector| connector.is_lost() && connector.hits_users());
        let changed_in_use = self.count(|connector| !connector.is_lost() && connector.hits_users());
        let kept = self.count(|connector| connector.kind == Kind::ReplacedKept);
        let moved = self.count(|connector| connector.moves_ground);
        let errors = self.findings.iter();
        let errors = errors.filter(|finding| finding.severity == Severity::Error);
        let errors = errors.count();
        // First, because a plan that failed may lack the changes that are counted below.
        if self.is_errored {
            let verdict = "Planning failed: this plan cannot be applied and may be incomplete.";
            (Level::Breaks, verdict.to_owned())
        } else if errors > 0 {
            let errors = counted(errors, "error");
            (Level::Breaks, format!("{errors} to fix."))
        } else if lost_in_use > 0 {
            let connectors = connectors_and_verb(lost_in_use, "in use is", "in use are");
            let verdict = format!("Pipelines will break: {connectors} destroyed or replaced.");
            (Level::Breaks, verdict)
        } else if lost > 0 {
            let are = connectors_and_verb(lost, "is", "are");
            let users = self.known_users_of_lost(lost);
            let verdict = format!("{are} destroyed or replaced; {users}.");
            (Level::Look, verdict)
        } else if changed_in_use > 0 {
            let change = connectors_and_verb(changed_in_use, "in use changes", "in use change");
            let verdict = format!("{change} in a way that affects pipelines.");
            (Level::Look, verdict)
        } else if !self.drift.is_empty() {
            let were = connectors_and_verb(self.drift.len(), "was", "were");
            (Level::Look, format!("{were} changed outside Terraform."))
        } else if kept > 0 {
            let are = connectors_and_verb(kept, "is", "are");
            let old = match kept {
                1 => "old one stays",
                _ => "old ones stay",
            };
            let verdict = format!("{are} replaced; the {old} in Harness.");
            (Level::Look, verdict)
        } else if moved > 0 {
            let change = connectors_and_verb(moved, "changes", "change");
            let verdict = format!("{change} in a way that affects pipelines, if any use it.");
            (Level::Look, verdict)
        } else {
            self.harmless_verdict()
        }
    }

    fn harmless_verdict(&self) -> (Level, String) {
        let (level, verdict) = if !self.connectors.is_empty() || !self.deferred.is_empty() {
            let verdict = "No Bitbucket connector is destroyed or replaced.";
            (Level::Harmless, verdict)
        } else if !self.findings.is_empty() || !self.failed_checks.is_empty() {
            (Level::Harmless, "No Bitbucket connector changes.")
        } else {
            let verdict =
                "No Bitbucket connector changes, none drifted, and there are no findings.";
            (Level::Nothing, verdict)
        };
        (level, verdict.to_owned())
    }

    /// Returns what is known about the users of the connectors that pipelines no longer find, none of which is in use.
    fn known_users_of_lost(&self, lost: usize) -> String {
        match self.count(|connector| connector.is_lost() && connector.is_unseen()) {
            0 => "no usage was found".to_owned(),
            unseen if unseen == lost => "users were not looked up".to_owned(),
            unseen => format!("the users of {unseen} of them were not looked up"),
        }
    }

    /// Returns the verdict with the counts, for people. If there is nothing to report, the verdict contains the count of
    /// other resources.
    pub(crate) fn headline(&self) -> (Level, String, Vec<String>) {
        let (level, verdict) = self.verdict();
        let counts = self.counts();
        match (level, counts.first()) {
            (Level::Nothing, Some(others)) => (level, format!("{verdict} ({others})"), Vec::new()),
            _ => (level, verdict, counts),
        }
    }

    fn count(&self, is_wanted: impl Fn(&Connector) -> bool) -> usize {
        let connectors = self.connectors.iter();
        connectors.filter(|connector| is_wanted(connector)).count()
    }

    /// Returns the counts, as text.
    fn counts(&self) -> Vec<String> {
        let kinds = [
            Kind::Gone,
            Kind::Replaced,
            Kind::ReplacedKept,
            Kind::InPlace,
            Kind::New,
            Kind::Forgotten,
        ];
        let of_kind = |kind| self.count(|connector| connector.kind == kind);
        let kinds = kinds.map(|kind| (of_kind(kind), kind.word()));
        // Additional events.
        let events = [
            (self.count(|connector| connector.is_imported), "imported"),
            (
                self.count(|connector| connector.previous_address.is_some()),
                "moved",
            ),
            (self.deferred.len(), "deferred"),
            (self.drift.len(), "drifted"),
        ];
        // What is not about connectors, with nouns that have a plural.
        let listed = self.listed_findings();
        let findings = |severity| {
            let listed = listed.iter();
            listed
                .filter(|finding| finding.severity == severity)
                .count()
        };
        let things = [
            (findings(Severity::Error), "error"),
            (findings(Severity::Warning), "warning"),
            (self.failed_checks.len(), "failed check"),
            (self.others, "other resource"),
        ];
        let is_any = |(number, _): &(usize, &str)| *number > 0;
        let connectors = kinds.into_iter().chain(events).filter(is_any);
        connectors
            .map(|(number, word)| format!("{number} {word}"))
            .chain(
                things
                    .into_iter()
                    .filter(is_any)
                    .map(|(number, noun)| counted(number, noun)),
            )
            .collect()
    }
}

/// Returns the subject of a sentence about connectors, with a verb that agrees.
fn connectors_and_verb(number: usize, one: &str, several: &str) -> String {
    let verb = if number == 1 { one } else { several };
    format!("{} {verb}", counted(number, "Bitbucket connector"))
}
