//! The request rate of the whole process: an optional fixed cap, and pauses and a lower rate after a 429.
//!
//! The platform's limits apply to the key, not to the request, and a 429 does not say how long to wait. So one 429
//! affects all requests:
//!
//! - All requests pause: 2 s at first, doubled each time the pause was too short, up to 15 s. But no pause lasts beyond
//!   the end of the minute that began with the first successful response: the platform counts by the minute, so it
//!   certainly allows requests again by then.
//! - Places in the queue that were assigned before become invalid and are reassigned after the pause. So only a few
//!   requests find out whether it was long enough, because a platform may also count those it refuses.
//! - After the pause, requests are spaced: 150 ms apart at first, which is the lowest documented limit of 400 a minute.
//!   Each successful response shortens the distance until there is none; a 429 before that doubles it.
//! - If there are only 429s for as long as an operation may retry, no request is held back any longer: each finds out
//!   for itself that there is no hope, and its operation ends.
//!
//! The time between two 429s is a *round*. Responses to requests of an earlier round are ignored.
//!
//! This is pure state: the client reserves a place and does the waiting.

use std::time::{Duration, Instant};

/// The pause after a 429 that does not say how long to wait.
const PAUSE: Duration = Duration::from_secs(2);
/// The maximum of the doubled pauses.
const LONGEST_DOUBLED_PAUSE: Duration = Duration::from_secs(15);
/// The longest pause that one response may impose on all requests.
const LONGEST_PAUSE: Duration = MINUTE;
/// The period in which the platform counts requests.
const MINUTE: Duration = Duration::from_mins(1);
/// The first distance between two requests after a 429.
const FIRST_DISTANCE: Duration = Duration::from_millis(150);
/// The largest distance.
const LARGEST_DISTANCE: Duration = Duration::from_secs(2);
/// A smaller distance counts as none.
const SMALLEST_DISTANCE: Duration = Duration::from_millis(5);

/// Decides when the next request may be sent.
#[derive(Debug)]
pub(crate) struct Throttle {
    /// The distance of the fixed cap; zero if there is none.
    cap: Duration,
    /// How long to tolerate only 429s.
    patience: Duration,
    /// The distance learned from 429s; zero if there were none recently.
    learnt: Duration,
    /// The next free place in the queue.
    next: Option<Instant>,
    /// The number of 429s that started a round.
    round: u64,
    /// When the first successful response of this round came.
    first_answer: Option<Instant>,
    /// Nothing is sent before this time.
    paused_until: Option<Instant>,
    /// The pause that the last 429 began, if no successful response came since.
    pause: Option<Duration>,
    /// The end of the platform's minute in which the last pause began.
    minute_over: Option<Instant>,
    /// Since when there have been only 429s.
    limited_since: Option<Instant>,
}

/// A place in the queue.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Slot {
    at: Instant,
    round: u64,
}

impl Slot {
    /// Returns how long to wait for the place from now.
    pub(crate) fn wait(&self, now: Instant) -> Duration {
        self.at.saturating_duration_since(now)
    }
}

impl Throttle {
    /// Creates a throttle with an optional cap in requests per minute, for operations that may retry for `patience`.
    pub(crate) fn new(max_requests_per_minute: Option<u32>, patience: Duration) -> Self {
        let cap = match max_requests_per_minute {
            Some(requests) if requests > 0 => MINUTE / requests,
            _ => Duration::ZERO,
        };
        Self {
            cap,
            patience,
            learnt: Duration::ZERO,
            next: None,
            round: 0,
            first_answer: None,
            paused_until: None,
            pause: None,
            minute_over: None,
            limited_since: None,
        }
    }

    /// Reserves the next place in the queue, unless it comes too late for a request with this much time `left`. An
    /// unused place would delay others.
    pub(crate) fn reserve_within(&mut self, now: Instant, left: Option<Duration>) -> Option<Slot> {
        let wait = self.next_place(now).wait(now);
        left.is_none_or(|left| left > wait)
            .then(|| self.reserve(now))
    }

    /// Reserves the next place in the queue.
    pub(crate) fn reserve(&mut self, now: Instant) -> Slot {
        let slot = self.next_place(now);
        if self.keeps_order(now) {
            self.next = Some(slot.at + self.distance());
        }
        slot
    }

    /// Returns the next place in the queue.
    fn next_place(&self, now: Instant) -> Slot {
        let mut at = now;
        if self.keeps_order(now) {
            for earliest in [self.next, self.paused_until].into_iter().flatten() {
                at = at.max(earliest);
            }
        }
        Slot {
            at,
            round: self.round,
        }
    }

    /// Returns whether the queue is still in effect: not after only 429s for too long.
    fn keeps_order(&self, now: Instant) -> bool {
        self.limited_since.is_none() || self.limited_for(now) < self.patience
    }

    /// Returns whether a place is still valid: no 429 has come since it was assigned.
    pub(crate) fn holds(&self, slot: Slot) -> bool {
        slot.round == self.round
    }

    /// Records that the request with this place met a 429. Returns how long it has to wait, like all others.
    pub(crate) fn limited(
        &mut self,
        slot: Slot,
        now: Instant,
        retry_after: Option<Duration>,
    ) -> Duration {
        let mut until = self.paused_until;
        if slot.round == self.round {
            self.begin_round(now);
            until = Some(self.end_of_pause(now));
        }
        if let Some(ordered) = retry_after {
            let ordered = now + ordered.min(LONGEST_PAUSE);
            until = self.paused_until.max(Some(ordered));
        }
        self.paused_until = until;
        until.map_or(Duration::ZERO, |until| until.saturating_duration_since(now))
    }

    /// Records that the request with this place got a response other than 429.
    pub(crate) fn answered(&mut self, slot: Slot, now: Instant) {
        if slot.round != self.round {
            return;
        }
        self.first_answer.get_or_insert(now);
        self.pause = None;
        self.limited_since = None;
        self.learnt = self.learnt * 49 / 50;
        if self.learnt < SMALLEST_DISTANCE {
            self.learnt = Duration::ZERO;
        }
    }

    /// Returns how long there have been only 429s.
    pub(crate) fn limited_for(&self, now: Instant) -> Duration {
        self.limited_since
            .map_or(Duration::ZERO, |since| now.saturating_duration_since(since))
    }

    fn begin_round(&mut self, now: Instant) {
        self.round += 1;
        self.next = None;
        self.limited_since.get_or_insert(now);
        if self.learnt.is_zero() {
            self.learnt = FIRST_DISTANCE;
        } else if self.first_answer.is_some() {
            self.learnt = (self.learnt * 2).min(LARGEST_DISTANCE);
        }
        if let Some(first) = self.first_answer.take() {
            self.minute_over = Some(first + MINUTE);
        }
    }

    fn end_of_pause(&mut self, now: Instant) -> Instant {
        let pause = self.pause.map_or(PAUSE, |pause| pause * 2);
        let pause = *self.pause.insert(pause.min(LONGEST_DOUBLED_PAUSE));
        let until = now + pause;
        match self.minute_over {
            Some(over) if over > now => until.min(over),
            _ => until,
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

    fn throttle(cap: Option<u32>) -> (Throttle, Instant) {
        (Throttle::new(cap, 2 * MINUTE), Instant::now())
    }

    /// Returns the waits of the next places.
    fn waits<const N: usize>(throttle: &mut Throttle, now: Instant) -> [Duration; N] {
        [(); N].map(|()| throttle.reserve(now).wait(now))
    }

    #[test]
    fn without_a_cap_and_a_429_no_request_waits() {
        let (mut throttle, now) = throttle(None);
        assert_eq!(waits(&mut throttle, now), [Duration::ZERO; 100]);
    }

    #[test]
    fn a_place_that_comes_too_late_is_not_taken() {
        let mut throttle = Throttle::new(Some(60), MINUTE);
        let now = Instant::now();
        let mut wait = |left| {
            let slot = throttle.reserve_within(now, left)?;
            Some(slot.wait(now))
        };
        assert_eq!(wait(Some(ms(5000))), Some(ms(0)));
        assert_eq!(wait(Some(ms(1000))), None);
        assert_eq!(wait(Some(ms(1001))), Some(ms(1000)));
        assert_eq!(wait(None), Some(ms(2000)));
    }

    #[test]
    fn a_cap_spreads_requests_evenly() {
        let (mut throttle, now) = throttle(Some(600));
        assert_eq!(
            waits(&mut throttle, now),
            [ms(0), ms(100), ms(200), ms(300)]
        );
        let later = now + ms(1_000);
        assert_eq!(
            waits(&mut throttle, later),
            [ms(0), ms(100)],
            "an unused place is not saved up"
        );
    }

    #[test]
    fn one_429_pauses_all_requests_and_spaces_them_afterwards() {
        let (mut throttle, now) = throttle(None);
        let slot = throttle.reserve(now);
        let now = now + ms(10);
        assert_eq!(throttle.limited(slot, now, None), PAUSE);
        let spaced = [0, 150, 300].map(|distance| PAUSE + ms(distance));
        assert_eq!(waits(&mut throttle, now), spaced);
        assert_eq!(waits(&mut throttle, now + PAUSE + ms(450)), [ms(0)]);
    }

    #[test]
    fn a_429_makes_every_place_void_that_was_given_out_before() {
        let (mut throttle, now) = throttle(Some(60));
        let [first, second] = [throttle.reserve(now), throttle.reserve(now)];
        throttle.limited(first, now, None);
        assert!(!throttle.holds(second));
        let again = throttle.reserve(now);
        assert!(throttle.holds(again));
        assert_eq!(again.wait(now), PAUSE);
    }

    #[test]
    fn responses_to_requests_of_an_earlier_round_are_ignored() {
        let (mut throttle, now) = throttle(None);
        let places = [(); 50].map(|()| throttle.reserve(now));
        for (late, slot) in places.into_iter().enumerate() {
            let now = now + ms(u64::try_from(late).unwrap());
            let left = PAUSE.checked_sub(now - places[0].at).unwrap();
            assert_eq!(throttle.limited(slot, now, None), left);
        }
        throttle.answered(places[0], now);
        assert_eq!(throttle.learnt, FIRST_DISTANCE);
        assert_eq!(throttle.pause, Some(PAUSE));
        assert!(throttle.limited_since.is_some());
    }

    #[test]
    fn a_429_doubles_the_distance_or_the_pause() {
        let (mut throttle, start) = throttle(None);
        let mut seen = Vec::new();
        for (second, answered) in [
            (0, false),
            (10, false),
            (20, false),
            (30, false),
            (50, true),
            (60, true),
            (70, false),
        ] {
            let now = start + Duration::from_secs(second);
            let slot = throttle.reserve(now);
            if answered {
                throttle.answered(slot, now);
            }
            let pause = throttle.limited(slot, now, None);
            seen.push((throttle.learnt.as_millis(), pause.as_secs()));
        }
        let expected = [
            (150, 2),
            (150, 4),
            (150, 8),
            (150, 15),
            (294, 2),
            (576, 2),
            (576, 4),
        ];
        assert_eq!(seen, expected);
    }

    #[test]
    fn a_pause_ends_with_the_minute_of_the_first_response() {
        let (mut throttle, start) = throttle(None);
        let slot = throttle.reserve(start);
        throttle.answered(slot, start);
        let mut pauses = Vec::new();
        let mut now = start + ms(3_000);
        while now < start + Duration::from_secs(90) {
            let slot = throttle.reserve(now);
            let pause = throttle.limited(slot, now, None);
            pauses.push(pause.as_secs());
            now += pause;
        }
        // The fifth ends a minute after the first response; after that, there is no reason for another early end.
        assert_eq!(pauses, [2, 4, 8, 15, 15, 13, 15, 15]);
    }

    #[test]
    fn an_ordered_pause_is_kept_within_reason() {
        let (mut throttle, now) = throttle(None);
        let slot = throttle.reserve(now);
        assert_eq!(throttle.limited(slot, now, Some(ms(7_000))), ms(7_000));
        assert_eq!(
            throttle.limited(slot, now, Some(ms(1_000))),
            ms(7_000),
            "a shorter one does not shorten it"
        );
        let endless = throttle.limited(slot, now, Some(Duration::MAX));
        assert_eq!(endless, LONGEST_PAUSE);
    }

    #[test]
    fn answers_bring_the_pace_back_but_never_beyond_the_cap() {
        let (mut throttle, now) = throttle(Some(6_000));
        let slot = throttle.reserve(now);
        throttle.limited(slot, now, None);
        let mut before = throttle.distance();
        let mut answers = 0;
        while !throttle.learnt.is_zero() {
            let slot = throttle.reserve(now);
            throttle.answered(slot, now);
            assert!(throttle.distance() <= before);
            before = throttle.distance();
            answers += 1;
        }
        assert!((20..200).contains(&answers), "{answers}");
        assert_eq!(throttle.distance(), ms(10));
    }

    #[test]
    fn after_only_429_for_too_long_no_request_is_held_back() {
        let (mut throttle, start) = throttle(None);
        let slot = throttle.reserve(start);
        throttle.limited(slot, start, None);
        let almost = start + ms(119_999);
        let slot = throttle.reserve(almost);
        throttle.limited(slot, almost, None);
        assert_eq!(waits(&mut throttle, almost), [2 * PAUSE]);
        let over = start + 2 * MINUTE;
        assert_eq!(throttle.limited_for(over), 2 * MINUTE);
        assert_eq!(waits(&mut throttle, over), [Duration::ZERO; 3]);
        let slot = throttle.reserve(over);
        throttle.answered(slot, over);
        assert_eq!(throttle.limited_for(over), Duration::ZERO);
    }
}
