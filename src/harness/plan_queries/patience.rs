//! When to stop asking: a platform that is slow or out of reach costs a run its time limit once or twice, not once for every
//! connector.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// After so many questions in a row without an answer, no more are asked.
pub(super) const MOST_IN_A_ROW: u32 = 3;

/// How much patience a process has left with one kind of question.
#[derive(Debug, Default)]
pub(super) struct Patience {
    unanswered_in_a_row: AtomicU32,
    is_over: AtomicBool,
}

impl Patience {
    /// Whether no more is asked.
    pub(super) fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Relaxed)
    }

    /// A question was answered.
    pub(super) fn answered(&self) {
        self.unanswered_in_a_row.store(0, Ordering::Relaxed);
    }

    /// A question was not answered.
    pub(super) fn unanswered(&self) {
        let before = self.unanswered_in_a_row.fetch_add(1, Ordering::Relaxed);
        if before + 1 >= MOST_IN_A_ROW {
            self.end();
        }
    }

    /// No further question would be answered.
    pub(super) fn end(&self) {
        self.is_over.store(true, Ordering::Relaxed);
    }
}
