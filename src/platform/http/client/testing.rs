//! A client for tests of the layers above. Its requests are real, its waits take no time, and its timeouts are short.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use async_trait::async_trait;

use super::departure::Departure;
use super::exchange::{Http, Received, Wire};
use super::{Client, ClientConfig};
use crate::http::clock::Clock;
use crate::http::error::{Failure, SetupError};
use crate::http::request::Parts;
use crate::http::retry::RetryPolicy;

/// A client under test, with a record of what it does.
pub struct Trial {
    /// The client.
    pub client: Client,
    clock: Arc<SkippingClock>,
    sent: Arc<AtomicUsize>,
    unanswered: Arc<AtomicUsize>,
    interlude: Arc<Mutex<Option<Interlude>>>,
}

/// An action before a request is sent, and the number of that request, counted from 1.
type Interlude = (usize, Box<dyn FnOnce() + Send>);

impl Trial {
    /// Creates a client with waits that only advance its clock. A request without a response fails after `silence`,
    /// regardless of its own time limit.
    ///
    /// # Errors
    /// Returns the errors of [`Client::new`].
    pub fn new(config: ClientConfig, silence: Duration) -> Result<Self, SetupError> {
        let config = Arc::new(config);
        let clock = SkippingClock::new();
        let sent = Arc::<AtomicUsize>::default();
        let unanswered = Arc::<AtomicUsize>::default();
        let interlude = Arc::<Mutex<Option<Interlude>>>::default();
        let wire = Impatient {
            http: Http::new(Arc::clone(&config))?,
            silence,
            sent: Arc::clone(&sent),
            unanswered: Arc::clone(&unanswered),
            interlude: Arc::clone(&interlude),
        };
        let client = Client::over(
            Box::new(wire),
            config,
            RetryPolicy::default(),
            Arc::<SkippingClock>::clone(&clock),
        );
        Ok(Self {
            client,
            clock,
            sent,
            unanswered,
            interlude,
        })
    }

    /// Runs an action just before the request with this number, counted from 1, is sent.
    pub fn before_request(&self, number: usize, act: impl FnOnce() + Send + 'static) {
        *self.interlude.lock().unwrap() = Some((number, Box::new(act)));
    }

    /// Returns how many requests the client has sent, or tried to send.
    pub fn requests(&self) -> usize {
        self.sent.load(Ordering::Relaxed)
    }

    /// Returns how many requests had no complete response.
    pub fn unanswered(&self) -> usize {
        self.unanswered.load(Ordering::Relaxed)
    }

    /// Returns the total time of all waits.
    pub fn waited(&self) -> Duration {
        self.clock.slept().iter().sum()
    }
}

struct Impatient {
    http: Http,
    silence: Duration,
    sent: Arc<AtomicUsize>,
    unanswered: Arc<AtomicUsize>,
    interlude: Arc<Mutex<Option<Interlude>>>,
}

#[async_trait]
impl Wire for Impatient {
    async fn exchange(
        &self,
        parts: &Parts,
        request_id: &str,
        limit: Duration,
        departure: &Departure,
    ) -> Result<Received, Failure> {
        let number = self.sent.fetch_add(1, Ordering::Relaxed) + 1;
        let interlude = self
            .interlude
            .lock()
            .unwrap()
            .take_if(|(at, _)| *at == number);
        if let Some((_, act)) = interlude {
            act();
        }
        let limit = limit.min(self.silence);
        let exchange = self.http.exchange(parts, request_id, limit, departure);
        let received = exchange.await;
        if matches!(received, Err(Failure::Transport(_))) {
            self.unanswered.fetch_add(1, Ordering::Relaxed);
        }
        received
    }
}

/// A clock on which sleeping only advances the time. Its random number is always one half.
pub(crate) struct SkippingClock {
    start: Instant,
    slept: Mutex<Vec<Duration>>,
    during_next_sleep: Mutex<Option<Box<dyn FnOnce() + Send>>>,
}

impl SkippingClock {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            start: Instant::now(),
            slept: Mutex::new(Vec::new()),
            during_next_sleep: Mutex::new(None),
        })
    }

    /// Runs an action during the next sleep.
    #[cfg(test)]
    pub(crate) fn during_next_sleep(&self, act: impl FnOnce() + Send + 'static) {
        *self.during_next_sleep.lock().unwrap() = Some(Box::new(act));
    }

    /// Returns all sleeps so far.
    pub(crate) fn slept(&self) -> Vec<Duration> {
        self.slept.lock().unwrap().clone()
    }

    /// Returns all sleeps so far, in milliseconds.
    #[cfg(test)]
    pub(crate) fn slept_ms(&self) -> Vec<u128> {
        self.slept().iter().map(Duration::as_millis).collect()
    }
}

#[async_trait]
impl Clock for SkippingClock {
    fn now(&self) -> Instant {
        self.start + self.slept().iter().sum::<Duration>()
    }

    /// Returns Sun, 06 Nov 1994 08:49:37 GMT, the example in the HTTP specification.
    fn time_of_day(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777)
    }

    fn random(&self) -> f64 {
        0.5
    }

    async fn sleep(&self, duration: Duration) {
        self.slept.lock().unwrap().push(duration);
        let act = self.during_next_sleep.lock().unwrap().take();
        if let Some(act) = act {
            act();
        }
        // As in a real sleep, other tasks run until their next wait.
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
    }
}
