//! What the rules look at: the model, and what more than one rule needs from it, worked out once.

use crate::bitbucket_connector::model::Model;
use crate::bitbucket_connector::setting::Setting;

/// A connector to be judged.
pub(super) struct Subject<'a> {
    /// Every setting: null, unknown or known.
    pub(super) model: &'a Model,
    /// Where the connector is to live; `None` while that is not known.
    pub(super) level: Option<Level>,
}

/// The level of the hierarchy at which a connector, or a secret, lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    Account,
    Organization,
    Project,
}

impl<'a> Subject<'a> {
    /// Looks at `model`.
    pub(super) fn new(model: &'a Model) -> Self {
        Self {
            model,
            level: Level::of(model),
        }
    }
}

impl Level {
    fn of(model: &Model) -> Option<Self> {
        match (&model.org_id, &model.project_id) {
            (Setting::Null, Setting::Null) => Some(Self::Account),
            (Setting::Known(_), Setting::Null) => Some(Self::Organization),
            (_, Setting::Known(_)) => Some(Self::Project),
            _ => None,
        }
    }
}
