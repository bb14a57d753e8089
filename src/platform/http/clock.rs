//! Time, sleep and chance, injected so that retries are tested without waiting.

use std::time::{Duration, Instant, SystemTime};

use async_trait::async_trait;

/// What the client asks of the world around it, the network aside.
#[async_trait]
pub(crate) trait Clock: Send + Sync {
    /// A moment on a clock that never goes back.
    fn now(&self) -> Instant;

    /// The time of day, against which the dates of HTTP are read.
    fn time_of_day(&self) -> SystemTime;

    /// A number in `[0, 1)`.
    fn random(&self) -> f64;

    /// Returns after this time.
    async fn sleep(&self, duration: Duration);
}

/// The real world.
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
