//! What the comparison has made in the account, and how it is removed.

use super::script::{Step, Thing};
use super::target::Target;

/// What there may be to remove, in the order in which it was made.
#[derive(Debug, Default)]
pub(super) struct Made(Vec<(Thing, String)>);

impl Made {
    /// This may be about to exist.
    pub(super) fn add(&mut self, thing: Thing, identifier: String) {
        self.0.push((thing, identifier));
    }

    /// Takes note of what a request has done: a refused creation has made nothing, and what is deleted is gone.
    pub(super) fn heed(&mut self, step: &Step, target: &Target, status: u16) {
        let identifier = target.name_of(step);
        if let Some(thing) = step.makes
            && (400..500).contains(&status)
        {
            // Only this attempt: an earlier one of that name may have made something.
            let last = self
                .0
                .iter()
                .rposition(|it| *it == (thing, identifier.clone()));
            last.map(|last| self.0.remove(last));
        }
        if let Some(thing) = step.removes
            && status == 200
        {
            self.0.retain(|it| *it != (thing, identifier.clone()));
        }
    }

    /// Removes all of it, the last first; returns what is left, for people.
    pub(super) async fn remove_all(self, target: &Target) -> Vec<String> {
        let mut left = Vec::new();
        for (thing, identifier) in self.0.into_iter().rev() {
            if let Err(reason) = target.remove(thing, &identifier).await {
                left.push(format!("{thing} {identifier} ({reason})"));
            }
        }
        left.reverse();
        left
    }
}
