//! The report as data, made offline from a plan, the findings about it, and the users of its connectors. Each format
//! renders it.

mod secrets;
mod verdict;

pub(super) use verdict::{Level, counted};

use std::collections::{BTreeMap, BTreeSet};

use harness_platform::{ConnectorRef, Usage};

use super::change::{Asked, Change};
use super::difference::Difference;
use super::finding::{Finding, Rules};
use super::log::{Log, Severity};
use super::meaning;
use super::own::Own;
use super::plan::{Action, Plan};
use crate::harness::leaked_secret::kinds_removed_from;
use crate::harness::wording::{self, usage};
use secrets::{Quoted, Secrets};

/// A report for a reviewer.
#[derive(Debug, Default)]
pub(super) struct Report {
    /// The connectors that change, most serious first.
    pub(super) connectors: Vec<Connector>,
    pub(super) drift: Vec<Drift>,
    /// The findings: errors first, then by place.
    pub(super) findings: Vec<Finding>,
    /// The connectors with a change that is deferred to a later plan.
    pub(super) deferred: Vec<String>,
    /// The failed `check` blocks, each with its messages.
    pub(super) failed_checks: BTreeMap<String, Vec<String>>,
    /// The number of changed resources of other types.
    pub(super) others: usize,
    /// What the report lacks, as sentences.
    pub(super) notes: Vec<String>,
    /// Whether planning failed.
    pub(super) is_errored: bool,
    /// Whether another plan must follow.
    pub(super) is_complete: bool,
}

/// A connector that changes.
#[derive(Debug)]
pub(super) struct Connector {
    pub(super) address: String,
    pub(super) previous_address: Option<String>,
    /// Whether it is an object that a replacement left behind.
    pub(super) is_deposed: bool,
    /// Its import id.
    pub(super) id: Option<String>,
    /// Its organization and project, which a `ref` does not contain.
    pub(super) place: Option<String>,
    pub(super) old_ref: Option<String>,
    pub(super) new_ref: Option<String>,
    pub(super) kind: Kind,
    pub(super) is_imported: bool,
    /// What the change means for pipelines, as sentences in Markdown.
    pub(super) means: Vec<&'static str>,
    pub(super) differences: Vec<Difference>,
    pub(super) users: Users,
    /// Whether it changes in place in a way that users notice.
    pub(super) moves_ground: bool,
}

/// What happens to a connector itself, apart from an import or a move.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Kind {
    Gone,
    Replaced,
    /// The old one is kept in Harness.
    ReplacedKept,
    InPlace,
    New,
    Forgotten,
    /// Nothing.
    Same,
}

impl Kind {
    fn of(action: Action) -> Self {
        match action {
            Action::Create => Self::New,
            Action::Update => Self::InPlace,
            Action::Replace => Self::Replaced,
            Action::CreateThenForget => Self::ReplacedKept,
            Action::Destroy => Self::Gone,
            Action::Forget => Self::Forgotten,
            Action::NoOp | Action::Read => Self::Same,
        }
    }

    /// Returns the word for people, or an empty text if nothing happens.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Gone => "gone",
            Self::Replaced => "replaced",
            Self::ReplacedKept => "replaced, old one kept",
            Self::InPlace => "in place",
            Self::New => "new",
            Self::Forgotten => "forgotten",
            Self::Same => "",
        }
    }
}

/// The users of a connector.
#[derive(Debug)]
pub(super) enum Users {
    /// The connector does not exist yet.
    NotYet,
    /// The users were not looked up, or the lookup failed; a note in the report says why.
    NotLookedUp,
    /// The users in Harness's records. Even if there are none, the connector may be in use.
    Found {
        /// The first users: `Pipeline "Build" (platform/website)`.
        named: Vec<String>,
        total: u64,
    },
}

impl Connector {
    /// Returns whether pipelines no longer find the connector.
    pub(super) fn is_lost(&self) -> bool {
        matches!(self.kind, Kind::Gone | Kind::Replaced)
    }

    /// Returns whether nothing is known about its users.
    pub(super) fn is_unseen(&self) -> bool {
        matches!(self.users, Users::NotLookedUp)
    }

    /// Returns whether users, if any, would notice the change.
    pub(super) fn would_hit_users(&self) -> bool {
        self.moves_ground || self.is_lost()
    }

    /// Returns whether users notice the change.
    pub(super) fn hits_users(&self) -> bool {
        self.would_hit_users() && matches!(self.users, Users::Found { total: 1.., .. })
    }

    /// Returns what happens to the connector, as text.
    pub(super) fn fate(&self) -> String {
        let deposed = if self.is_deposed {
            "gone (left over from a replacement)"
        } else {
            self.kind.word()
        };
        let words = [
            if self.is_imported { "imported" } else { "" },
            if self.previous_address.is_some() {
                "moved"
            } else {
                ""
            },
            deposed,
        ];
        let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
        words.join(", ")
    }
}

/// A connector that was changed or deleted outside Terraform.
#[derive(Debug)]
pub(super) struct Drift {
    pub(super) address: String,
    /// Its import id.
    pub(super) id: Option<String>,
    pub(super) reference: Option<String>,
    pub(super) is_deleted: bool,
    pub(super) differences: Vec<Difference>,
    /// When it happened, and who did it, from the provider's warning.
    pub(super) who: Option<String>,
    /// What the plan does about it, as a sentence.
    pub(super) fate: Option<&'static str>,
}

/// The text for a change without a difference that can be shown.
pub(super) const WITHOUT_DETAILS: &str = "It was changed in a way that cannot be shown.";

impl Drift {
    /// Returns whether it was changed, but no difference can be shown.
    pub(super) fn is_without_details(&self) -> bool {
        !self.is_deleted && self.differences.is_empty()
    }
}

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
        let models = changes.iter().chain(&drifted);
        let models = models.flat_map(|change| [&change.before, &change.after]);
        let identifiers = models
            .flatten()
            .filter_map(|model| model.identifier.text().map(str::to_owned));
        let own = Own::of(&plan, identifiers);
        // The findings come first, because they say who changed a connector, and which entities use it.
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
        let drift = drifted.into_iter().filter(is_drift).map(|change| Drift {
            fate: changes.iter().find_map(|planned| fate(&change, planned)),
            who: who(&change, &findings),
            id: change.id(),
            reference: secrets.cleaned(change.old_ref),
            is_deleted: change.action == Action::Destroy,
            differences: secrets.hidden_in(change.differences),
            address: change.address,
        });
        let drift: Vec<Drift> = drift.collect();
        // Several accounts can contain one name: a finding without an address may be about any of them.
        let mut addresses: BTreeMap<ConnectorRef, BTreeSet<String>> = BTreeMap::new();
        for change in &changes {
            if let Some(connector) = change.existing() {
                let of = addresses.entry(connector).or_default();
                of.insert(change.address.clone());
            }
        }
        addresses.retain(|_, of| of.len() > 1);
        let named = |change: &Change| {
            change
                .existing()
                .filter(|connector| !addresses.contains_key(connector))
        };
        let mut connectors: Vec<Connector> = changes
            .into_iter()
            .map(|change| {
                let reported = Users::reported(&change.address, named(&change).as_ref(), &findings);
                Connector::new(change, users, reported, &secrets)
            })
            .collect();
        let unseen = connectors
            .iter()
            .filter(|connector| connector.would_hit_users() && connector.is_unseen())
            .count();
        let undecided = (unseen > 0).then(|| {
            let connectors = counted(unseen, "connector");
            format!(
                "`in-use` could not be checked for {connectors}, because the users are unknown."
            )
        });
        connectors.sort_by_key(|connector| (!connector.hits_users(), connector.kind));
        // Last, after the users of connectors have been read from the findings.
        let quoted = Quoted::of(plan.changes.iter().chain(&plan.drift));
        let findings = findings
            .into_iter()
            .map(|finding| quoted.left_out(finding, rules))
            .map(Finding::without_tokens)
            .collect();
        Self {
            connectors: connectors
                .into_iter()
                .map(Connector::without_tokens)
                .collect(),
            drift: drift.into_iter().map(Drift::without_tokens).collect(),
            findings,
            deferred: plan
                .deferred
                .iter()
                .map(|it| kinds_removed_from(it))
                .collect(),
            failed_checks: plan
                .failed_checks
                .into_iter()
                .map(|(check, messages)| {
                    let messages = messages.iter().map(|message| secrets.removed(message));
                    (kinds_removed_from(&check), messages.collect())
                })
                .collect(),
            others: plan.others,
            notes: notes
                .into_iter()
                .chain(undecided)
                .map(|note| kinds_removed_from(&note))
                .collect(),
            is_errored: plan.is_errored,
            is_complete: plan.is_complete,
        }
    }

    /// Returns whether the drift already contains a finding.
    pub(super) fn is_reported_as_drift(&self, finding: &Finding) -> bool {
        let mut drift = self.drift.iter();
        finding.is_about_drift()
            && drift.any(|drift| is_about(finding, &drift.address, drift.id.as_deref()))
    }
}

impl Drift {
    /// Removes tokens from the address: keys of instances may be any text.
    fn without_tokens(self) -> Self {
        Self {
            address: kinds_removed_from(&self.address),
            ..self
        }
    }
}

impl Connector {
    /// Removes tokens from the addresses: keys of instances may be any text.
    fn without_tokens(self) -> Self {
        Self {
            address: kinds_removed_from(&self.address),
            previous_address: self.previous_address.as_deref().map(kinds_removed_from),
            ..self
        }
    }

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
            address: change.address,
            previous_address: change.previous_address,
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
        let phrase = connector.map(|ConnectorRef { scope, identifier }| {
            format!("connector {} of the {scope} ", wording::hcl(identifier))
        });
        let is_about = |finding: &&Finding| match (&finding.address, &phrase) {
            (Some(about), _) => about == address,
            (None, Some(phrase)) => finding.detail.contains(phrase),
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
