//! What the requests of one operation share: a time limit, the time spent on retries, and cancellation.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

/// One create, read, update, delete, or lookup, which may need several requests.
#[derive(Debug, Default)]
pub struct Operation {
    deadline: Option<Instant>,
    cancellation: CancellationToken,
    lost_ms: AtomicU64,
    cut_short: CutShort,
}

impl Operation {
    /// Creates an operation without a time limit, which ends early when the token is canceled.
    pub fn new(cancellation: CancellationToken) -> Self {
        Self {
            deadline: None,
            cancellation,
            lost_ms: AtomicU64::new(0),
            cut_short: CutShort::default(),
        }
    }

    /// Sets a time limit, counted from now, for all requests of the operation together.
    #[must_use]
    pub fn with_time_limit(mut self, limit: Duration) -> Self {
        // A limit that the clock cannot represent means no limit.
        self.deadline = Instant::now().checked_add(limit);
        self
    }

    /// Creates another operation with this time limit, counted from now, which ends early when this one is canceled.
    #[must_use]
    pub fn beside(&self, limit: Duration) -> Self {
        Self::new(self.cancellation.clone()).with_time_limit(limit)
    }

    /// Creates a part of this operation, with the same deadline and cancellation. Its retry time starts at zero, so
    /// each of many parts may retry for as long as one operation may.
    #[must_use]
    pub fn part(&self) -> Self {
        Self {
            deadline: self.deadline,
            cancellation: self.cancellation.clone(),
            lost_ms: AtomicU64::new(0),
            cut_short: self.cut_short.clone(),
        }
    }

    /// Returns whether the operation was canceled.
    pub fn is_cancelled(&self) -> bool {
        self.cancellation.is_cancelled()
    }

    /// Resolves when the operation is canceled.
    pub async fn cancelled(&self) {
        self.cancellation.cancelled().await;
    }

    /// Returns the remaining time, or `None` without a limit.
    pub fn remaining(&self, now: Instant) -> Option<Duration> {
        self.deadline
            .map(|deadline| deadline.saturating_duration_since(now))
    }

    /// Records that the time limit kept a request from being sent, completed, or retried.
    pub(crate) fn cut_short(&self) {
        self.cut_short.0.store(true, Ordering::Relaxed);
    }

    /// Returns whether the time limit kept a request from being sent, completed, or retried.
    pub fn was_cut_short(&self) -> bool {
        self.cut_short.is_true()
    }

    /// Returns a flag that says, now or later, whether the time limit ended the operation, for the errors of its
    /// requests.
    pub(crate) fn when_cut_short(&self) -> CutShort {
        self.cut_short.clone()
    }

    /// Adds time that a failed attempt or a wait has cost.
    pub(crate) fn lose(&self, time: Duration) {
        let ms = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        // Sums of waits stay far below 64 bits.
        self.lost_ms.fetch_add(ms, Ordering::Relaxed);
    }

    /// Returns the time lost so far.
    pub(crate) fn lost(&self) -> Duration {
        Duration::from_millis(self.lost_ms.load(Ordering::Relaxed))
    }
}

/// Whether an operation's time limit kept a request from being sent, completed, or retried. Its errors share the flag.
#[derive(Clone, Debug, Default)]
pub(crate) struct CutShort(Arc<AtomicBool>);

impl CutShort {
    pub(crate) fn is_true(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_ends_with_the_whole_and_has_lost_no_time() {
        let cancellation = CancellationToken::new();
        let whole = Operation::new(cancellation.clone()).with_time_limit(Duration::from_mins(1));
        whole.lose(Duration::from_secs(30));
        let part = whole.part();
        assert_eq!(part.deadline, whole.deadline);
        assert_eq!(part.lost(), Duration::ZERO);
        part.cut_short();
        assert!(whole.was_cut_short());
        cancellation.cancel();
        assert!(part.is_cancelled());
    }
}
