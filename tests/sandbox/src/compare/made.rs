//! What the comparison has created in the account, and how it is removed.

use super::script::{Step, Thing};
use super::target::Target;

/// What may have to be removed, in the order of creation.
#[derive(Debug, Default)]
pub(super) struct Made(Vec<(Thing, String)>);

impl Made {
    /// Records an object that is about to be created.
    pub(super) fn add(&mut self, thing: Thing, identifier: String) {
        self.0.push((thing, identifier));
    }

    /// Records the result of a request: a refused creation has created nothing, and a deleted object is gone.
    pub(super) fn heed(&mut self, step: &Step, target: &Target, status: u16) {
        let identifier = target.name_of(step);
        if let Some(thing) = step.makes
            && (400..500).contains(&status)
        {
            // Only this attempt: an earlier one with that name may have created something.
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

    /// Removes everything, in reverse order. Returns what is left, for people.
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
