//! The report as data, and what a single connector's part of it says.

use std::collections::BTreeMap;

use crate::review::change::difference::Difference;
use crate::review::finding::Finding;
use crate::review::plan::Action;

/// A report for a reviewer.
#[derive(Debug, Default)]
pub(crate) struct Report {
    /// The connectors that change, most serious first.
    pub(crate) connectors: Vec<Connector>,
    pub(crate) drift: Vec<Drift>,
    /// The findings: errors first, then by place.
    pub(crate) findings: Vec<Finding>,
    /// The connectors with a change that is deferred to a later plan.
    pub(crate) deferred: Vec<String>,
    /// The failed `check` blocks, each with its messages.
    pub(crate) failed_checks: BTreeMap<String, Vec<String>>,
    /// The number of changed resources of other types.
    pub(crate) others: usize,
    /// What the report lacks, as sentences.
    pub(crate) notes: Vec<String>,
    /// Whether planning failed.
    pub(crate) is_errored: bool,
    /// Whether another plan must follow.
    pub(crate) is_complete: bool,
}

/// A connector that changes.
#[derive(Debug)]
pub(crate) struct Connector {
    pub(crate) address: String,
    pub(crate) previous_address: Option<String>,
    /// Whether it is an object that a replacement left behind.
    pub(crate) is_deposed: bool,
    /// Its import id.
    pub(crate) id: Option<String>,
    /// Its organization and project, which a `ref` does not contain.
    pub(crate) place: Option<String>,
    pub(crate) old_ref: Option<String>,
    pub(crate) new_ref: Option<String>,
    pub(crate) kind: Kind,
    pub(crate) is_imported: bool,
    /// What the change means for pipelines, as sentences in Markdown.
    pub(crate) means: Vec<&'static str>,
    pub(crate) differences: Vec<Difference>,
    pub(crate) users: Users,
    /// Whether it changes in place in a way that users notice.
    pub(crate) moves_ground: bool,
}

/// What happens to a connector itself, apart from an import or a move.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Kind {
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
    pub(super) fn of(action: Action) -> Self {
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
    pub(crate) const fn word(self) -> &'static str {
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
pub(crate) enum Users {
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
    pub(crate) fn is_lost(&self) -> bool {
        matches!(self.kind, Kind::Gone | Kind::Replaced)
    }

    /// Returns whether nothing is known about its users.
    pub(crate) fn is_unseen(&self) -> bool {
        matches!(self.users, Users::NotLookedUp)
    }

    /// Returns whether users, if any, would notice the change.
    pub(crate) fn would_hit_users(&self) -> bool {
        self.moves_ground || self.is_lost()
    }

    /// Returns whether users notice the change.
    pub(crate) fn hits_users(&self) -> bool {
        self.would_hit_users() && matches!(self.users, Users::Found { total: 1.., .. })
    }

    /// Returns what happens to the connector, as text.
    pub(crate) fn fate(&self) -> String {
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
pub(crate) struct Drift {
    pub(crate) address: String,
    /// Its import id.
    pub(crate) id: Option<String>,
    pub(crate) reference: Option<String>,
    pub(crate) is_deleted: bool,
    pub(crate) differences: Vec<Difference>,
    /// When it happened, and who did it, from the provider's warning.
    pub(crate) who: Option<String>,
    /// What the plan does about it, as a sentence.
    pub(crate) fate: Option<&'static str>,
}

/// The text for a change without a difference that can be shown.
pub(crate) const WITHOUT_DETAILS: &str = "It was changed in a way that cannot be shown.";

impl Drift {
    /// Returns whether it was changed, but no difference can be shown.
    pub(crate) fn is_without_details(&self) -> bool {
        !self.is_deleted && self.differences.is_empty()
    }
}
