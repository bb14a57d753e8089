//! The report as data, made offline from a plan, the findings about it, and the users of its connectors. Each format
//! renders it.

mod data;
mod secrets;
mod verdict;

pub(super) use data::{Connector, Drift, Kind, Report, Users, WITHOUT_DETAILS};
pub(super) use verdict::Level;

use std::collections::{BTreeMap, BTreeSet};

use harness_platform::{ConnectorRef, Usage};

use super::change::{Asked, Change};
use super::finding::log::{Log, Severity};
use super::finding::own::Own;
use super::finding::{Finding, Rules};
use super::meaning;
use super::plan::{Action, Plan};
use crate::command::text::counted;
use crate::harness::leaked_secret::kinds_removed_from;
use crate::harness::wording::connector::is_about_users;
use crate::harness::wording::usage;
use secrets::{Quoted, Secrets};

/// Reads the connectors of a plan, before anything is known about their users.
pub(super) fn connectors(plan: &Plan) -> Vec<Change> {
    let deleted: BTreeSet<&str> = plan
        .drift
        .iter()
        .filter(|drift| drift.action == Action::Destroy)
        .map(|drift| drift.address.as_str())
        .collect();
    plan.changes
        .iter()
        .map(|raw| Change {
            was_deleted: deleted.contains(raw.address.as_str()),
            ..Change::of(raw)
        })
        .filter(Change::is_one)
        .collect()
}

/// Returns the connectors with users that matter to a reviewer, each once. Those with a change that users would notice
/// come first, because not all may be looked up.
pub(super) fn asked_about(changes: &[Change]) -> Vec<Asked> {
    let (first, then): (Vec<&Change>, Vec<&Change>) =
        changes.iter().partition(|change| change.would_hit_users());
    let mut seen = BTreeSet::new();
    let existing = first.into_iter().chain(then).filter_map(Change::asked);
    existing
        .filter(|connector| seen.insert(connector.clone()))
        .collect()
}

impl Report {
    /// Assembles the report. `notes` says what is not known, and why.
    pub(super) fn new(
        plan: Plan,
        changes: Vec<Change>,
        log: &Log,
        rules: &Rules,
        users: &BTreeMap<Asked, Usage>,
        notes: Vec<String>,
    ) -> Self {
        let drifted: Vec<Change> = plan.drift.iter().map(Change::of).collect();
        let secrets = Secrets::of(changes.iter().chain(&drifted));
        // The findings come first, because they say who changed a connector, and which entities use it.
        let findings = findings(&plan, &changes, &drifted, log, rules, &secrets);
        let drift = drifted.into_iter().filter(is_drift).map(|change| Drift {
            fate: changes.iter().find_map(|planned| fate(&change, planned)),
            who: who(&change, &findings),
            id: change.id(),
            reference: secrets.cleaned(change.old_ref),
            is_deleted: change.action == Action::Destroy,
            differences: secrets.hidden_in(change.differences),
            address: kinds_removed_from(&change.address),
        });
        let drift = drift.collect();
        let ambiguous = ambiguous(&changes);
        let connectors = changes.into_iter().map(|change| {
            let named = change.existing();
            let named = named.filter(|connector| !ambiguous.contains(connector));
            let reported = Users::reported(&change.address, named.as_ref(), &findings);
            Connector::new(change, users, reported, &secrets)
        });
        let mut connectors: Vec<Connector> = connectors.collect();
        connectors.sort_by_key(|connector| (!connector.hits_users(), connector.kind));
        // Last, after the users of connectors have been read from the findings.
        let quoted = Quoted::of(plan.changes.iter().chain(&plan.drift));
        let findings = findings
            .into_iter()
            .map(|finding| quoted.left_out(finding, rules))
            .map(Finding::without_tokens)
            .collect();
        let undecided = undecided(&connectors);
        let failed_checks = plan.failed_checks.into_iter().map(|(check, messages)| {
            let messages = messages.iter().map(|message| secrets.removed(message));
            (kinds_removed_from(&check), messages.collect())
        });
        let without_tokens = |texts: Vec<String>| {
            let texts = texts.iter().map(|text| kinds_removed_from(text));
            texts.collect()
        };
        Self {
            connectors,
            drift,
            findings,
            deferred: without_tokens(plan.deferred),
            failed_checks: failed_checks.collect(),
            others: plan.others,
            notes: without_tokens(notes.into_iter().chain(undecided).collect()),
            is_errored: plan.is_errored,
            is_complete: plan.is_complete,
        }
    }

    /// Returns the findings to list for people: without those that the drift already contains.
    pub(super) fn listed_findings(&self) -> Vec<&Finding> {
        let is_in_drift = |finding: &Finding| {
            let mut drift = self.drift.iter();
            finding.is_about_drift()
                && drift.any(|drift| is_about(finding, &drift.address, drift.id.as_deref()))
        };
        let findings = self.findings.iter();
        findings.filter(|finding| !is_in_drift(finding)).collect()
    }

    /// Returns what the report lacks, for people. `deferred` is the sentence about an address.
    pub(super) fn gaps(&self, deferred: impl Fn(&str) -> String) -> Vec<String> {
        let incomplete = (!self.is_complete && self.deferred.is_empty())
            .then(|| "This plan is not complete; another one must follow.".to_owned());
        let deferred = self.deferred.iter().map(|address| deferred(address));
        deferred.chain(incomplete).collect()
    }
}

/// Returns the findings of a log, sorted, and without sensitive texts.
fn findings(
    plan: &Plan,
    changes: &[Change],
    drifted: &[Change],
    log: &Log,
    rules: &Rules,
    secrets: &Secrets,
) -> Vec<Finding> {
    let models = changes.iter().chain(drifted);
    let models = models.flat_map(|change| [&change.before, &change.after]);
    let identifiers = models
        .flatten()
        .filter_map(|model| model.identifier.text().map(str::to_owned));
    let own = Own::of(plan, identifiers);
    let mut findings: Vec<Finding> = log
        .diagnostics
        .iter()
        .filter_map(|diagnostic| Finding::of(diagnostic, rules, &own))
        .map(|finding| Finding {
            summary: secrets.removed(&finding.summary),
            detail: secrets.removed(&finding.detail),
            ..finding
        })
        .collect();
    findings.sort_by(|one, other| key(one).cmp(&key(other)));
    findings
}

/// Returns the names that several connectors have, which is possible in several accounts. A finding without an address
/// may be about any of them.
fn ambiguous(changes: &[Change]) -> BTreeSet<ConnectorRef> {
    let mut addresses: BTreeMap<ConnectorRef, BTreeSet<&str>> = BTreeMap::new();
    for change in changes {
        if let Some(connector) = change.existing() {
            addresses
                .entry(connector)
                .or_default()
                .insert(&change.address);
        }
    }
    let several = addresses.into_iter().filter(|(_, of)| of.len() > 1);
    several.map(|(connector, _)| connector).collect()
}

/// Returns the note that `in-use` could not be checked for some connectors.
fn undecided(connectors: &[Connector]) -> Option<String> {
    let is_unseen = |it: &&Connector| it.would_hit_users() && it.is_unseen();
    let unseen = connectors.iter().filter(is_unseen).count();
    (unseen > 0).then(|| {
        let connectors = counted(unseen, "connector");
        format!("`in-use` could not be checked for {connectors}, because the users are unknown.")
    })
}

impl Connector {
    fn new(
        change: Change,
        users: &BTreeMap<Asked, Usage>,
        reported: Users,
        secrets: &Secrets,
    ) -> Self {
        let looked_up = change.asked().and_then(|asked| users.get(&asked));
        // The plan knows more than a lookup without results, such as one in another account.
        let is_reported = matches!(reported, Users::Found { .. });
        let users = match looked_up {
            _ if change.action == Action::Create => Users::NotYet,
            Some(found) if found.total > 0 || !found.referrers.is_empty() || !is_reported => {
                Users::of(found, secrets)
            }
            Some(_) | None => reported,
        };
        Self {
            means: meaning::of(&change),
            moves_ground: change.moves_ground() || (is_reported && change.action == Action::Update),
            place: secrets.cleaned(place(change.id().as_deref())),
            id: secrets.cleaned(change.id()),
            kind: Kind::of(change.action),
            is_imported: change.is_imported,
            is_deposed: change.deposed.is_some(),
            old_ref: secrets.cleaned(change.old_ref),
            new_ref: secrets.cleaned(change.new_ref),
            // Keys of instances may be any text.
            address: kinds_removed_from(&change.address),
            previous_address: change.previous_address.as_deref().map(kinds_removed_from),
            differences: secrets.hidden_in(change.differences),
            users,
        }
    }
}

/// Returns the organization and project in an import id.
fn place(id: Option<&str>) -> Option<String> {
    let (place, _) = id?.rsplit_once('/')?;
    Some(place.to_owned())
}

impl Users {
    /// Returns the users that a finding names, if they were not looked up.
    fn reported(address: &str, connector: Option<&ConnectorRef>, findings: &[Finding]) -> Self {
        // Terraform does not give the address of a connector that has left the configuration.
        let is_about = |finding: &&Finding| match (&finding.address, connector) {
            (Some(about), _) => about == address,
            (None, Some(connector)) => is_about_users(&finding.detail, connector),
            (None, None) => false,
        };
        let mut about = findings.iter().filter(is_about);
        about
            .find_map(Finding::users)
            .map_or(Self::NotLookedUp, |(named, total)| Self::Found {
                named,
                total,
            })
    }

    fn of(found: &Usage, secrets: &Secrets) -> Self {
        let named: Vec<String> = found
            .referrers
            .iter()
            .map(|user| secrets.removed(&usage::named(user)))
            .collect();
        let listed = u64::try_from(named.len()).unwrap_or(u64::MAX);
        Self::Found {
            named,
            total: found.total.max(listed),
        }
    }
}

/// Returns whether it is drift. A refresh that only found another address, or an empty value instead of null, found
/// none.
fn is_drift(change: &Change) -> bool {
    match change.action {
        Action::NoOp | Action::Read => !change.differences.is_empty(),
        Action::Destroy => true,
        _ => change.differs,
    }
}

const UNDONE: &str = "The apply undoes this.";

/// Returns what a planned change does about a change outside Terraform.
fn fate(drift: &Change, planned: &Change) -> Option<&'static str> {
    if drift.address != planned.address {
        return None;
    }
    let overwrites = |setting: &str| planned.differences.iter().any(|it| it.setting == setting);
    match planned.action {
        Action::Create if drift.action == Action::Destroy => Some("The apply creates it again."),
        // The new connector has the values of the configuration.
        Action::Replace => Some(UNDONE),
        Action::Update if drift.differences.is_empty() => None,
        Action::Update if drift.differences.iter().all(|it| overwrites(&it.setting)) => {
            Some(UNDONE)
        }
        Action::Update if drift.differences.iter().any(|it| overwrites(&it.setting)) => {
            Some("The apply undoes part of this.")
        }
        _ => None,
    }
}

/// Returns whether a finding is about the connector of this drift.
fn is_about(finding: &Finding, address: &str, id: Option<&str>) -> bool {
    match &finding.address {
        Some(about) => about == address,
        // Terraform does not give the address of a connector that has left the configuration.
        None => id.is_some_and(|id| finding.summary.contains(&format!("\"{id}\""))),
    }
}

/// Returns when a connector was changed, and by whom.
fn who(drift: &Change, findings: &[Finding]) -> Option<String> {
    let id = drift.id();
    let about = findings
        .iter()
        .filter(|finding| is_about(finding, &drift.address, id.as_deref()));
    about.filter_map(Finding::who).map(str::to_owned).next()
}

/// Returns the sort key: errors first, then by file and line; findings without a place come last.
fn key(finding: &Finding) -> (Severity, bool, Option<(&str, u32)>, Option<&str>) {
    let place = finding
        .range
        .as_ref()
        .map(|range| (range.file.as_str(), range.start.line));
    (
        finding.severity,
        place.is_none(),
        place,
        finding.address.as_deref(),
    )
}
