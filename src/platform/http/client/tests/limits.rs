//! How close the request rate comes to what a rate-limited platform allows: the whole client in simulated time, against
//! platforms that count requests in different ways.

use std::collections::VecDeque;
use std::time::SystemTime;

use async_trait::async_trait;

use super::*;
use crate::http::client::departure::Departure;
use crate::http::client::exchange::Received;

/// The lowest documented limit.
const LIMIT: usize = 400;
const MINUTE: Duration = Duration::from_mins(1);

/// How a platform counts a key's requests.
#[derive(Clone, Copy, Debug)]
enum Counting {
    /// At most this many within any minute.
    Sliding,
    /// Like `Sliding`, but refused requests also count.
    SlidingWithRefused,
    /// At most this many within each minute of the clock; the first minute is half over.
    Fixed,
    /// This many at once, refilled over the course of a minute.
    Bucket,
}

/// A platform that responds after a while, or with a plain 429.
struct Platform {
    counting: Counting,
    start: tokio::time::Instant,
    latency: Duration,
    counted: Mutex<VecDeque<Duration>>,
    /// When each request was accepted or refused.
    log: Mutex<Vec<(Duration, bool)>>,
}

impl Platform {
    fn new(counting: Counting, latency: Duration) -> Arc<Self> {
        Arc::new(Self {
            counting,
            start: tokio::time::Instant::now(),
            latency,
            counted: Mutex::default(),
            log: Mutex::default(),
        })
    }

    fn accepts(&self, now: Duration) -> bool {
        let mut counted = self.counted.lock().unwrap();
        let in_minute = |then: Duration| match self.counting {
            Counting::Sliding | Counting::SlidingWithRefused => now.saturating_sub(then) < MINUTE,
            Counting::Fixed => {
                let number = |at: Duration| (at + MINUTE / 2).as_secs() / 60;
                number(now) == number(then)
            }
            // A request is forgotten once the bucket has refilled by one; the next one counts from there.
            Counting::Bucket => now < then,
        };
        while counted.front().is_some_and(|then| !in_minute(*then)) {
            counted.pop_front();
        }
        let accepted = counted.len() < LIMIT;
        if accepted || matches!(self.counting, Counting::SlidingWithRefused) {
            let counts_from = match self.counting {
                Counting::Bucket => {
                    let refill = MINUTE / u32::try_from(LIMIT).unwrap();
                    counted.back().map_or(now, |last| now.max(*last)) + refill
                }
                _ => now,
            };
            counted.push_back(counts_from);
        }
        accepted
    }

    fn refusals(&self) -> usize {
        let log = self.log.lock().unwrap();
        log.iter().filter(|(_, accepted)| !accepted).count()
    }
}

struct Line(Arc<Platform>);

#[async_trait]
impl Wire for Line {
    async fn exchange(
        &self,
        _: &Parts,
        _: &str,
        _: Duration,
        _: &Departure,
    ) -> Result<Received, Failure> {
        let platform = &self.0;
        tokio::time::sleep(platform.latency / 2).await;
        let now = platform.start.elapsed();
        let accepted = platform.accepts(now);
        platform.log.lock().unwrap().push((now, accepted));
        tokio::time::sleep(platform.latency / 2).await;
        Ok(if accepted {
            Received {
                status: 200,
                content_type: "application/json".to_owned(),
                body: found().to_string().into_bytes(),
                ..Received::default()
            }
        } else {
            Received {
                status: 429,
                ..Received::default()
            }
        })
    }
}

/// The time of the paused runtime, and a repeatable random number.
struct SimulatedClock(Mutex<fastrand::Rng>);

#[async_trait]
impl Clock for SimulatedClock {
    fn now(&self) -> Instant {
        tokio::time::Instant::now().into_std()
    }

    fn time_of_day(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH
    }

    fn random(&self) -> f64 {
        self.0.lock().unwrap().f64()
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

fn over(platform: &Arc<Platform>) -> Client {
    let wire = Box::new(Line(Arc::clone(platform)));
    let clock = Arc::new(SimulatedClock(Mutex::new(fastrand::Rng::with_seed(7))));
    let config = Arc::new(config("http://127.0.0.1:1"));
    Client::over(wire, config, RetryPolicy::default(), clock)
}

/// Sends this many requests, each as its own operation, `at_a_time` in parallel, half of them creates. Returns how many
/// failed.
async fn send_all(client: &Client, requests: usize, at_a_time: usize) -> usize {
    let left = Arc::new(AtomicUsize::new(requests));
    let mut workers = tokio::task::JoinSet::new();
    for _ in 0..at_a_time {
        let (client, left) = (client.clone(), Arc::clone(&left));
        workers.spawn(async move {
            let mut failed = 0;
            loop {
                let taken = left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                    left.checked_sub(1)
                });
                let Ok(number) = taken else {
                    return failed;
                };
                let sent = if number % 2 == 0 {
                    get(&client).await
                } else {
                    let create = connectors::create(&raw());
                    client.send(create, &operation()).await
                };
                failed += usize::from(sent.is_err());
            }
        });
    }
    workers.join_all().await.iter().sum()
}

/// Returns the shortest time in which a platform accepts this many requests.
fn shortest(counting: Counting, requests: usize) -> Duration {
    let whole = u32::try_from((requests - 1) / LIMIT).unwrap();
    let one = MINUTE / u32::try_from(LIMIT).unwrap();
    match counting {
        Counting::Sliding | Counting::SlidingWithRefused => MINUTE * whole,
        Counting::Fixed => (MINUTE * whole).saturating_sub(MINUTE / 2),
        Counting::Bucket => one * u32::try_from(requests.saturating_sub(LIMIT)).unwrap(),
    }
}

/// Describes a run, for the message of a failing test.
fn measured(platform: &Platform, shortest: Duration) -> String {
    let took = platform.start.elapsed();
    let ratio = took.as_secs_f64() / shortest.as_secs_f64();
    let refusals = platform.refusals();
    format!(
        "{:?}: {took:?} where {shortest:?} is possible ({ratio:.2}), {refusals} times 429",
        platform.counting
    )
}

#[tokio::test(start_paused = true)]
async fn a_limited_platform_is_used_to_the_limit_and_no_operation_fails() {
    for (counting, times_shortest) in [
        (Counting::Sliding, 1.2),
        (Counting::Fixed, 1.2),
        (Counting::Bucket, 1.2),
        // If refusals count, the shortest time is unknown, because a client cannot know the limit before it meets it.
        (Counting::SlidingWithRefused, 2.0),
    ] {
        for (requests, at_a_time, latency) in [
            (1_000, 1, 20),
            (1_000, 10, 5),
            (1_000, 10, 200),
            (2_000, 100, 100),
            (3_000, 10, 50),
        ] {
            let platform = Platform::new(counting, Duration::from_millis(latency));
            let failed = send_all(&over(&platform), requests, at_a_time).await;
            let shortest = shortest(counting, requests);
            let measured = measured(&platform, shortest);
            assert_eq!(failed, 0, "{measured}");
            assert!(
                platform.start.elapsed() <= shortest.mul_f64(times_shortest),
                "{measured}"
            );
            // Those in progress when a minute's requests were used up, and a few that check whether the minute is over.
            let minutes = requests.div_ceil(LIMIT);
            assert!(
                platform.refusals() <= minutes * (at_a_time + 10),
                "{measured}"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn several_processes_with_one_key_all_come_to_an_end_without_a_failure() {
    let platform = Platform::new(Counting::Sliding, Duration::from_millis(50));
    let clients = [(); 4].map(|()| over(&platform));
    let [one, two, three, four] = &clients;
    let (one, two, three, four) = tokio::join!(
        send_all(one, 500, 10),
        send_all(two, 500, 10),
        send_all(three, 500, 10),
        send_all(four, 500, 10),
    );
    let shortest = shortest(Counting::Sliding, 2_000);
    let measured = measured(&platform, shortest);
    assert_eq!([one, two, three, four], [0; 4], "{measured}");
    assert!(
        platform.start.elapsed() <= shortest.mul_f64(1.5),
        "{measured}"
    );
}

#[tokio::test(start_paused = true)]
async fn all_requests_end_when_the_platform_keeps_refusing() {
    let platform = Platform::new(Counting::Sliding, Duration::from_millis(50));
    let used_up = (0..LIMIT).map(|_| Duration::from_hours(1));
    platform.counted.lock().unwrap().extend(used_up);
    let failed = send_all(&over(&platform), 300, 100).await;
    assert_eq!(failed, 300);
    let took = platform.start.elapsed();
    let budget = Duration::from_mins(2);
    assert!(took >= budget && took <= budget.mul_f64(1.2), "{took:?}");
    // A hundred at once, a few that check whether the minute is over, and each once more without hope.
    let requests = platform.log.lock().unwrap().len();
    assert!(requests <= 100 + 20 + 300, "{requests}");
}
