//! The pace of the whole process: a fixed cap where somebody set one, and a slower pace after a 429.
//!
//! The platform's limits concern the key, not the request, and a 429 names no time to wait. So when one request meets a
//! 429, all of them pause, then go on with a distance between them (150 ms at first, which is the 400 requests a minute
//! of the lowest documented limit). A 429 that follows a success says that the distance is too small, and doubles it; one that
//! follows another 429 says that the platform's minute is not over, and doubles the pause. Successes shorten the distance.
//!
//! This is pure state: the client asks when it may send and does the waiting.

use std::time::{Duration, Instant};

/// The pause after a 429 that does not say how long to wait.
const PAUSE: Duration = Duration::from_secs(2);
/// The longest of the pauses that double.
const LONGEST_DOUBLED_PAUSE: Duration = Duration::from_secs(30);
/// The longest pause that one answer may order for all: the platform counts by the minute.
const LONGEST_PAUSE: Duration = Duration::from_mins(1);
/// The first distance between two requests after a 429.
const FIRST_DISTANCE: Duration = Duration::from_millis(150);
/// The largest distance.
const LARGEST_DISTANCE: Duration = Duration::from_secs(2);
/// A distance below this is none.
const SMALLEST_DISTANCE: Duration = Duration::from_millis(5);

/// When the next request may be sent.
#[derive(Debug)]
pub(super) struct Throttle {
    /// The distance of the fixed cap; zero if there is none.
    cap: Duration,
    /// The distance that 429 answers have taught; zero if there were none lately.
    learnt: Duration,
    /// The next free place in the queue.
    next: Option<Instant>,
    /// Before this, nothing is sent.
    paused_until: Option<Instant>,
    /// The pause that the last 429 began.
    pause: Duration,
    /// Whether anything but a 429 came since the last slow-down.
    answered: bool,
    /// When the last slow-down happened: a 429 to a request sent before it says nothing new.
    slowed_at: Option<Instant>,
}

impl Throttle {
    /// A throttle with a cap in requests per minute, or without.
    pub(super) fn new(max_requests_per_minute: Option<u32>) -> Self {
        let cap = match max_requests_per_minute {
            Some(requests) if requests > 0 => Duration::from_mins(1) / requests,
            _ => Duration::ZERO,
        };
        Self {
            cap,
            learnt: Duration::ZERO,
            next: None,
            paused_until: None,
            pause: PAUSE,
            answered: true,
            slowed_at: None,
        }
    }

    /// Takes the next place in the queue: how long to wait for it from now.
    pub(super) fn reserve(&mut self, now: Instant) -> Duration {
        let mut at = now;
        for earliest in [self.next, self.paused_until].into_iter().flatten() {
            at = at.max(earliest);
        }
        self.next = Some(at + self.distance());
        at.saturating_duration_since(now)
    }

    /// How long a request whose place has come must still wait, because of a 429 in the meantime.
    pub(super) fn pause(&self, now: Instant) -> Duration {
        self.paused_until
            .map_or(Duration::ZERO, |until| until.saturating_duration_since(now))
    }

    /// A request sent at `sent` met a 429.
    pub(super) fn slow_down(&mut self, sent: Instant, now: Instant, retry_after: Option<Duration>) {
        if self.slowed_at.is_none_or(|slowed| sent >= slowed) {
            if self.learnt.is_zero() {
                self.learnt = FIRST_DISTANCE;
            } else if self.answered {
                self.learnt = (self.learnt * 2).min(LARGEST_DISTANCE);
            }
            self.pause = if self.answered {
                PAUSE
            } else {
                (self.pause * 2).min(LONGEST_DOUBLED_PAUSE)
            };
            self.answered = false;
            self.slowed_at = Some(now);
        }
        let until = now + retry_after.unwrap_or(self.pause).min(LONGEST_PAUSE);
        self.paused_until = Some(
            self.paused_until
                .map_or(until, |earlier| earlier.max(until)),
        );
    }

    /// A request was answered and not with a 429.
    pub(super) fn speed_up(&mut self) {
        self.answered = true;
        if self.learnt.is_zero() {
            return;
        }
        self.learnt = self.learnt * 19 / 20;
        if self.learnt < SMALLEST_DISTANCE {
            self.learnt = Duration::ZERO;
        }
    }

    fn distance(&self) -> Duration {
        self.cap.max(self.learnt)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn without_a_cap_and_a_429_nobody_waits() {
        let mut throttle = Throttle::new(None);
        let now = Instant::now();
        for _ in 0..100 {
            assert_eq!(throttle.reserve(now), Duration::ZERO);
        }
    }

    #[test]
    fn a_cap_spreads_requests_evenly() {
        let mut throttle = Throttle::new(Some(600));
        let now = Instant::now();
        let waits: Vec<_> = (0..4).map(|_| throttle.reserve(now)).collect();
        assert_eq!(waits, [ms(0), ms(100), ms(200), ms(300)]);
        assert_eq!(
            throttle.reserve(now + ms(1_000)),
            ms(0),
            "an unused place is not saved up"
        );
        assert_eq!(throttle.reserve(now + ms(1_000)), ms(100));
    }

    #[test]
    fn one_429_pauses_everybody_and_spaces_them_afterwards() {
        let mut throttle = Throttle::new(None);
        let sent = Instant::now();
        let now = sent + ms(10);
        throttle.slow_down(sent, now, None);
        assert_eq!(throttle.pause(now), PAUSE);
        assert_eq!(throttle.reserve(now), PAUSE);
        assert_eq!(throttle.reserve(now), PAUSE + ms(150));
        assert_eq!(throttle.reserve(now), PAUSE + ms(300));
        assert_eq!(throttle.pause(now + PAUSE), Duration::ZERO);
    }

    #[test]
    fn the_429s_of_requests_that_were_already_out_count_once() {
        let mut throttle = Throttle::new(None);
        let sent = Instant::now();
        for late in 1..50 {
            throttle.slow_down(sent, sent + ms(late), None);
        }
        assert_eq!(throttle.learnt, FIRST_DISTANCE);
        assert_eq!(throttle.pause, PAUSE);
    }

    #[test]
    fn a_429_after_a_success_doubles_the_distance_and_one_after_a_429_the_pause() {
        let mut throttle = Throttle::new(None);
        let start = Instant::now();
        let mut seen = Vec::new();
        for (second, success) in [
            (0, false),
            (10, false),
            (20, false),
            (30, true),
            (40, true),
            (50, false),
        ] {
            if success {
                throttle.speed_up();
            }
            let now = start + Duration::from_secs(second);
            throttle.slow_down(now, now, None);
            seen.push((throttle.learnt.as_millis(), throttle.pause(now).as_millis()));
        }
        let expected = [
            (150, 2_000),
            (150, 4_000),
            (150, 8_000),
            (285, 2_000),
            (541, 2_000),
            (541, 4_000),
        ];
        assert_eq!(seen, expected);
        for hour in 1..20 {
            let now = start + Duration::from_hours(hour);
            throttle.slow_down(now, now, None);
        }
        assert_eq!(throttle.pause, LONGEST_DOUBLED_PAUSE);
        for hour in 20..40 {
            throttle.speed_up();
            let now = start + Duration::from_hours(hour);
            throttle.slow_down(now, now, None);
        }
        assert_eq!(throttle.learnt, LARGEST_DISTANCE);
    }

    #[test]
    fn an_ordered_pause_is_kept_within_reason() {
        let mut throttle = Throttle::new(None);
        let now = Instant::now();
        throttle.slow_down(now, now, Some(ms(7_000)));
        assert_eq!(throttle.pause(now), ms(7_000));
        throttle.slow_down(now, now, Some(ms(1_000)));
        assert_eq!(
            throttle.pause(now),
            ms(7_000),
            "a shorter one does not shorten it"
        );
        throttle.slow_down(now, now, Some(Duration::MAX));
        assert_eq!(throttle.pause(now), LONGEST_PAUSE);
    }

    #[test]
    fn successes_bring_the_pace_back_but_never_beyond_the_cap() {
        let mut throttle = Throttle::new(Some(6_000));
        let now = Instant::now();
        throttle.slow_down(now, now, None);
        let mut before = throttle.distance();
        let mut successes = 0;
        while !throttle.learnt.is_zero() {
            throttle.speed_up();
            assert!(throttle.distance() <= before);
            before = throttle.distance();
            successes += 1;
        }
        assert!((20..200).contains(&successes), "{successes}");
        assert_eq!(throttle.distance(), ms(10));
    }
}
