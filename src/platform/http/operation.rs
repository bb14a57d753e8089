//! What the requests of one operation share: a time limit, the time lost in retries, and the wish to stop.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

/// One create, read, update, delete or look-up, which may need several requests.
#[derive(Debug, Default)]
pub struct Operation {
    deadline: Option<Instant>,
    cancellation: CancellationToken,
    lost_ms: AtomicU64,
    cut_short: CutShort,
}

impl Operation {
    /// An operation without a time limit, which ends early when the token is cancelled.
    pub fn new(cancellation: CancellationToken) -> Self {
        Self {
            deadline: None,
            cancellation,
            lost_ms: AtomicU64::new(0),
            cut_short: CutShort::default(),
        }
    }

    /// The same with a time limit, counted from now, for all its requests together.
    #[must_use]
    pub fn with_time_limit(mut self, limit: Duration) -> Self {
        // A limit beyond what the clock can say is none.
        self.deadline = Instant::now().checked_add(limit);
        self
    }

    /// Another operation with this time limit, counted from now, which ends early when this one is cancelled.
    #[must_use]
    pub fn beside(&self, limit: Duration) -> Self {
        Self::new(self.cancellation.clone()).with_time_limit(limit)
    }

    /// A part of this operation, with the same end and the same cancellation. It has lost no time yet: of many parts, each
    /// may be tried again for as long as one operation may.
    #[must_use]
    pub fn part(&self) -> Self {
        Self {
            deadline: self.deadline,
            cancellation: self.cancellation.clone(),
            lost_ms: AtomicU64::new(0),
            cut_short: self.cut_short.clone(),
        }
    }

    /// Whether it was cancelled.
    pub fn is_cancelled(&self) -> bool {
        self.cancellation.is_cancelled()
    }

    /// Returns when it is cancelled.
    pub async fn cancelled(&self) {
        self.cancellation.cancelled().await;
    }

    /// The time that is left; `None` without a limit.
    pub fn remaining(&self, now: Instant) -> Option<Duration> {
        self.deadline
            .map(|deadline| deadline.saturating_duration_since(now))
    }

    /// Notes that the time limit kept a request from being sent, awaited or tried again.
    pub(crate) fn cut_short(&self) {
        self.cut_short.0.store(true, Ordering::Relaxed);
    }

    /// Whether the time limit kept a request from being sent, awaited or tried again.
    pub fn was_cut_short(&self) -> bool {
        self.cut_short.is_true()
    }

    /// Whether the time limit has ended it, also as it turns out later: for the errors of its requests.
    pub(crate) fn when_cut_short(&self) -> CutShort {
        self.cut_short.clone()
    }

    /// Counts time that a failed attempt or a wait has cost.
    pub(crate) fn lose(&self, time: Duration) {
        let ms = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        // Sums of waits stay far below the 64 bits.
        self.lost_ms.fetch_add(ms, Ordering::Relaxed);
    }

    /// The time lost so far.
    pub(crate) fn lost(&self) -> Duration {
        Duration::from_millis(self.lost_ms.load(Ordering::Relaxed))
    }
}

/// Whether the time limit of an operation kept a request from being sent, awaited or tried again. Its errors share it.
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
