//! The known reads of one scope, and what the next read does, as a pure value.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;
use tokio::time::Instant;

use super::entries::Entries;

/// The number of connectors that are read one by one before the scope is listed. After that many, listing a thousand
/// connectors (ten pages) costs no more than the reads have cost.
pub(super) const FIRST: u64 = 9;

/// How a listing ended.
#[derive(Debug)]
pub(super) enum Ended {
    /// After this many pages, all of which were read.
    Whole { entries: Entries, pages: u64 },
    /// After the first page, because there are more pages than the reads of the scope allow.
    TooLong { pages: u64 },
    /// With a failure, for this reason.
    WithoutListing(String),
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole { entries, pages } => {
                write!(f, "{} connectors on {pages} pages", entries.len())
            }
            Self::TooLong { pages } => write!(f, "put off: there are {pages} pages"),
            Self::WithoutListing(reason) => write!(f, "given up: {reason}"),
        }
    }
}

/// The reads of one scope, shared by those who read and those who list.
#[derive(Clone, Debug, Default)]
pub(super) struct SharedReads(Arc<Mutex<Reads>>);

impl SharedReads {
    pub(super) fn lock(&self) -> MutexGuard<'_, Reads> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The reads of one scope and its listings so far.
#[derive(Debug, Default)]
pub(super) struct Reads {
    /// The number of individual reads.
    read: u64,
    /// The number of requested pages.
    listed: u64,
    /// The number of pages when the scope was last listed; 0 if unknown.
    pages: u64,
    listing: Listing,
}

/// The listing of a scope.
#[derive(Debug, Default)]
enum Listing {
    /// There is no valid one; there may be one later.
    #[default]
    None,
    /// It is in progress; the channel closes when it ends.
    UnderWay(watch::Receiver<()>),
    /// It was read completely.
    Whole(Arc<Entries>),
    /// It failed, and is not retried.
    Failed,
}

/// What a read does next.
#[derive(Debug)]
pub(super) enum Step {
    /// Read the connector individually; this is counted.
    ReadAlone,
    /// Look for the connector in a listing.
    Look(Arc<Entries>),
    /// Wait until the listing in progress has ended.
    Wait(watch::Receiver<()>),
    /// List the scope and close the channel at the end.
    List(watch::Sender<()>),
}

impl Reads {
    /// Returns what a read does next; with `may_wait`, it may wait for a listing.
    pub(super) fn step(&mut self, now: Instant, may_wait: bool) -> Step {
        match &self.listing {
            Listing::Whole(entries) if entries.are_fresh(now) => {
                return Step::Look(Arc::clone(entries));
            }
            // A channel that closed although the listing did not end belongs to a listing that panicked.
            Listing::UnderWay(listing) if may_wait && listing.has_changed().is_ok() => {
                return Step::Wait(listing.clone());
            }
            Listing::None | Listing::Whole(_) if self.is_worth_listing() => {
                let (under_way, listing) = watch::channel(());
                self.listing = Listing::UnderWay(listing);
                return Step::List(under_way);
            }
            Listing::None | Listing::UnderWay(_) | Listing::Whole(_) | Listing::Failed => {}
        }
        self.count();
        Step::ReadAlone
    }

    fn is_worth_listing(&self) -> bool {
        self.read >= FIRST && self.can_pay(self.pages.max(1))
    }

    /// Returns whether listings with this many more pages cost no more than the reads, plus one.
    pub(super) fn can_pay(&self, pages: u64) -> bool {
        self.listed.saturating_add(pages) <= self.read + 1
    }

    /// Counts an individual read.
    pub(super) fn count(&mut self) {
        self.read += 1;
    }

    /// Counts a page that is requested.
    pub(super) fn count_page(&mut self) {
        self.listed += 1;
    }

    /// Records how a listing ended.
    pub(super) fn end(&mut self, ended: Ended) {
        self.listing = match ended {
            Ended::Whole { entries, pages } => {
                self.pages = pages;
                Listing::Whole(Arc::new(entries))
            }
            Ended::TooLong { pages } => {
                self.pages = pages;
                Listing::None
            }
            Ended::WithoutListing(_) => Listing::Failed,
        };
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// Simulates this many consecutive reads of a scope with this many pages. Returns how many were read individually,
    /// and how many pages were requested.
    fn play(reads: &mut Reads, now: Instant, count: u64, pages: u64) -> (u64, u64) {
        let before = (reads.read, reads.listed);
        for _ in 0..count {
            loop {
                match reads.step(now, true) {
                    Step::ReadAlone | Step::Look(_) => break,
                    Step::Wait(_) => panic!("no listing is under way"),
                    Step::List(_) => {
                        reads.count_page();
                        let ended = if reads.can_pay(pages - 1) {
                            (1..pages).for_each(|_| reads.count_page());
                            let entries = Entries::sent_at(now);
                            Ended::Whole { entries, pages }
                        } else {
                            Ended::TooLong { pages }
                        };
                        reads.end(ended);
                    }
                }
                assert!(reads.listed <= reads.read + 1);
            }
        }
        (reads.read - before.0, reads.listed - before.1)
    }

    #[test]
    fn listings_cost_no_more_than_reads_plus_one() {
        for (count, pages, alone, listed) in [
            (3, 100, 3, 0),
            (9, 1, 9, 0),
            (10, 1, 9, 1),
            (1_000, 10, 9, 10),
            (11, 11, 11, 1),
            (12, 11, 11, 12),
            (1_100, 11, 11, 12),
            (10_000, 100, 100, 101),
            (50, 100, 50, 1),
            (10, u64::MAX, 10, 1),
        ] {
            let mut reads = Reads::default();
            let now = Instant::now();
            let cost = play(&mut reads, now, count, pages);
            assert_eq!(cost, (alone, listed), "{count} of {pages} pages");
        }
    }

    #[test]
    fn a_stale_listing_is_repeated_once_reads_have_paid_for_it() {
        let mut reads = Reads::default();
        let now = Instant::now();
        assert_eq!(play(&mut reads, now, 1_000, 10), (9, 10));
        let later = now + super::super::entries::FRESH + Duration::from_millis(1);
        assert_eq!(play(&mut reads, later, 1_000, 10), (10, 10));
    }

    #[test]
    fn a_listing_that_failed_is_not_tried_again() {
        let mut reads = Reads::default();
        let now = Instant::now();
        play(&mut reads, now, 9, 1);
        assert!(matches!(reads.step(now, true), Step::List(_)));
        reads.end(Ended::WithoutListing("403".to_owned()));
        for _ in 0..100 {
            assert!(matches!(reads.step(now, true), Step::ReadAlone));
        }
    }

    #[test]
    fn a_read_waits_for_a_listing_under_way_and_for_none_that_has_died() {
        let mut reads = Reads::default();
        let now = Instant::now();
        play(&mut reads, now, 9, 1);
        let Step::List(under_way) = reads.step(now, true) else {
            panic!("the scope is worth listing");
        };
        assert!(matches!(reads.step(now, true), Step::Wait(_)));
        assert!(matches!(reads.step(now, false), Step::ReadAlone));
        drop(under_way);
        assert!(matches!(reads.step(now, true), Step::ReadAlone));
    }
}
