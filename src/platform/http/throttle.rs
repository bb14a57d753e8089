//! The pace of the whole process: a fixed cap where somebody set one, and pauses and a slower pace after a 429.
//!
//! The platform's limits concern the key, not the request, and a 429 names no time to wait. So one 429 is news for all:
//!
//! - All of them pause: 2 s at first, twice as long each time the pause turns out to have been too short, up to 15 s. But no
//!   pause goes beyond the end of the minute that began with the first of the requests that were answered before: the
//!   platform counts by the minute, so that is when it certainly looks different.
//! - Places in the queue that were given out before are void, and are given out anew behind the pause. So few requests
//!   find out for all whether it was long enough; for a platform may count those it refuses, too.
//! - After the pause there is a distance between requests: 150 ms at first, which is the 400 a minute of the lowest
//!   documented limit. Each answer shortens it until there is none; a 429 before that doubles it.
//! - When there was nothing but 429 for as long as an operation may keep trying, nobody is held back any longer: each
//!   request may find out for itself that there is no hope, and its operation ends.
//!
//! The time between two 429s is a *round*. Answers to requests of an earlier round are old news.
//!
//! This is pure state: the client asks for a place and does the waiting.

use std::time::{Duration, Instant};

/// The pause after a 429 that does not say how long to wait.
const PAUSE: Duration = Duration::from_secs(2);
/// The longest of the pauses that double.
const LONGEST_DOUBLED_PAUSE: Duration = Duration::from_secs(15);
/// The longest pause that one answer may order for all.
const LONGEST_PAUSE: Duration = MINUTE;
/// The time by which the platform counts.
const MINUTE: Duration = Duration::from_mins(1);
/// The first distance between two requests after a 429.
const FIRST_DISTANCE: Duration = Duration::from_millis(150);
/// The largest distance.
const LARGEST_DISTANCE: Duration = Duration::from_secs(2);
/// A distance below this is none.
const SMALLEST_DISTANCE: Duration = Duration::from_millis(5);

/// When the next request may be sent.
#[derive(Debug)]
pub(crate) struct Throttle {
    /// The distance of the fixed cap; zero if there is none.
    cap: Duration,
    /// How long nothing but 429 is put up with.
    patience: Duration,
    /// The distance that 429 answers have taught; zero if there were none lately.
    learnt: Duration,
    /// The next free place in the queue.
    next: Option<Instant>,
    /// Counts the 429s that were news.
    round: u64,
    /// When the first answer of this round came.
    first_answer: Option<Instant>,
    /// Before this, nothing is sent.
    paused_until: Option<Instant>,
    /// The pause that the last 429 began, if no answer came since.
    pause: Option<Duration>,
    /// When the platform's minute is over in which the last pause began.
    minute_over: Option<Instant>,
    /// Since when there was nothing but 429.
    limited_since: Option<Instant>,
}

/// A place in the queue.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Slot {
    at: Instant,
    round: u64,
}

impl Slot {
    /// How long to wait for it from now.
    pub(crate) fn wait(&self, now: Instant) -> Duration {
        self.at.saturating_duration_since(now)
    }
}

impl Throttle {
    /// A throttle with a cap in requests per minute, or without, for operations that may keep trying for so long.
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

    /// Takes the next place in the queue, unless it comes too late for somebody who has so much time `left`: a place that
    /// nobody uses would keep others waiting.
    pub(crate) fn reserve_within(&mut self, now: Instant, left: Option<Duration>) -> Option<Slot> {
        let wait = self.next_place(now).wait(now);
        left.is_none_or(|left| left > wait)
            .then(|| self.reserve(now))
    }

    /// Takes the next place in the queue.
    pub(crate) fn reserve(&mut self, now: Instant) -> Slot {
        let slot = self.next_place(now);
        if self.keeps_order(now) {
            self.next = Some(slot.at + self.distance());
        }
        slot
    }

    /// The next place in the queue.
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

    /// Whether there still is a queue: not when there was nothing but 429 for too long.
    fn keeps_order(&self, now: Instant) -> bool {
        self.limited_since.is_none() || self.limited_for(now) < self.patience
    }

    /// Whether a place still counts: no 429 has come since it was given out.
    pub(crate) fn holds(&self, slot: Slot) -> bool {
        slot.round == self.round
    }

    /// The request of a place met a 429. Returns how long it has to wait, as everybody.
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

    /// The request of a place was answered, and not with a 429.
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

    /// How long there was nothing but 429.
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

    /// The waits of the next places.
    fn waits<const N: usize>(throttle: &mut Throttle, now: Instant) -> [Duration; N] {
        [(); N].map(|()| throttle.reserve(now).wait(now))
    }

    #[test]
    fn without_a_cap_and_a_429_nobody_waits() {
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
    fn one_429_pauses_everybody_and_spaces_them_afterwards() {
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
    fn the_429s_and_the_answers_of_requests_that_were_already_out_are_old_news() {
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
    fn a_429_after_an_answer_doubles_the_distance_and_one_after_a_429_the_pause() {
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
    fn a_pause_ends_at_the_latest_with_the_minute_that_the_answers_have_used_up() {
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
        // The fifth ends a minute after the first answer; from then on there is no reason for another end.
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
    fn when_nothing_but_429_came_for_too_long_nobody_is_held_back() {
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
