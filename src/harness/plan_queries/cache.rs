//! A cache that requests each answer once, even if several callers need it at the same time.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OnceCell;

/// Answers that are kept for the life of the process.
#[derive(Debug)]
pub(super) struct Cache<K, V> {
    answers: Mutex<BTreeMap<K, Arc<OnceCell<V>>>>,
}

impl<K, V> Default for Cache<K, V> {
    fn default() -> Self {
        Self {
            answers: Mutex::default(),
        }
    }
}

impl<K: Ord, V: Clone> Cache<K, V> {
    /// Returns the answer for `key`. The first caller requests it; others wait for that answer in the meantime. If the
    /// first caller gives up early, the next one requests it instead.
    pub(crate) async fn answer(&self, key: K, ask: impl Future<Output = V>) -> V {
        let cell = {
            let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(answers.entry(key).or_default())
        };
        cell.get_or_init(|| ask).await.clone()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn who_asks_while_another_asks_gets_the_same_answer() {
        let cache = Cache::default();
        let asked = AtomicU32::new(0);
        let (answer, answered) = oneshot::channel();
        let first = cache.answer("k", async {
            asked.fetch_add(1, Ordering::Relaxed);
            answered.await.unwrap()
        });
        let second = cache.answer("k", async {
            asked.fetch_add(1, Ordering::Relaxed);
            0
        });
        let ((), first, second) = tokio::join!(
            async {
                tokio::task::yield_now().await;
                answer.send(7).unwrap();
            },
            first,
            second
        );
        assert_eq!((first, second), (7, 7));
        assert_eq!(cache.answer("k", async { 1 }).await, 7);
        assert_eq!(cache.answer("other", async { 1 }).await, 1);
        assert_eq!(asked.load(Ordering::Relaxed), 1);
    }

    #[tokio::test]
    async fn what_the_first_one_gave_up_the_next_one_asks() {
        let cache = Cache::default();
        {
            let given_up = cache.answer("k", std::future::pending());
            tokio::pin!(given_up);
            tokio::select! {
                biased;
                _ = &mut given_up => panic!("there is no answer"),
                () = tokio::task::yield_now() => {}
            }
        }
        assert_eq!(cache.answer("k", async { 2 }).await, 2);
    }
}
