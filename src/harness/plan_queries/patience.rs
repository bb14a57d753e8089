//! When to stop sending queries: a slow or unreachable platform costs a run its time limit once or twice, not once per
//! connector.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// The number of failures in a row after which no more queries are sent.
pub(super) const MOST_IN_A_ROW: u32 = 3;

/// How many more failures a process tolerates for one kind of query.
#[derive(Debug, Default)]
pub(super) struct Patience {
    unanswered_in_a_row: AtomicU32,
    is_over: AtomicBool,
}

impl Patience {
    /// Returns whether no more queries are sent.
    pub(super) fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Relaxed)
    }

    /// Records an answered query.
    pub(super) fn answered(&self) {
        self.unanswered_in_a_row.store(0, Ordering::Relaxed);
    }

    /// Records a failed query.
    pub(super) fn unanswered(&self) {
        let before = self.unanswered_in_a_row.fetch_add(1, Ordering::Relaxed);
        if before + 1 >= MOST_IN_A_ROW {
            self.end();
        }
    }

    /// Stops further queries.
    pub(super) fn end(&self) {
        self.is_over.store(true, Ordering::Relaxed);
    }
}
