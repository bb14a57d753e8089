//! Time, sleep, and randomness, injected so that retries are tested without waiting.

use std::time::{Duration, Instant, SystemTime};

use async_trait::async_trait;

/// What the client needs from its environment, apart from the network.
#[async_trait]
pub(crate) trait Clock: Send + Sync {
    /// Returns a moment on a clock that never goes back.
    fn now(&self) -> Instant;

    /// Returns the time of day, to compare HTTP dates with.
    fn time_of_day(&self) -> SystemTime;

    /// Returns a number in `[0, 1)`.
    fn random(&self) -> f64;

    /// Returns after this time.
    async fn sleep(&self, duration: Duration);
}

/// The real clock.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SystemClock;

#[async_trait]
impl Clock for SystemClock {
    fn now(&self) -> Instant {
        Instant::now()
    }

    fn time_of_day(&self) -> SystemTime {
        SystemTime::now()
    }

    fn random(&self) -> f64 {
        fastrand::f64()
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}
