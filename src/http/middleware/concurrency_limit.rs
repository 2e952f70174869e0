//! A bound on the requests that are worked on at once. A request waits a short time for a free place. When too many wait
//! already, it is refused at once: a service that takes in everything answers nobody.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

/// Time that a request may wait for a place.
const QUEUE_TIMEOUT: Duration = Duration::from_secs(5);

#[derive(Debug)]
pub(crate) struct ConcurrencyLimit {
    places: Semaphore,
    waiting: AtomicUsize,
    max_waiting: usize,
}

/// A request in the queue. It leaves when it is dropped, also when the visitor goes away while waiting.
struct QueueEntry<'a>(&'a AtomicUsize);

impl Drop for QueueEntry<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl ConcurrencyLimit {
    /// Allows `places` requests at once, and `waiting` more in the queue.
    pub(crate) fn new(places: usize, waiting: usize) -> Self {
        Self {
            places: Semaphore::new(places.min(Semaphore::MAX_PERMITS)),
            waiting: AtomicUsize::new(0),
            max_waiting: waiting,
        }
    }

    /// Takes a place, which is given back when it is dropped. Returns none when the queue is full, or the wait too long.
    pub(crate) async fn enter(&self) -> Option<SemaphorePermit<'_>> {
        if let Ok(place) = self.places.try_acquire() {
            return Some(place);
        }
        let before = self.waiting.fetch_add(1, Ordering::SeqCst);
        let _entry = QueueEntry(&self.waiting);
        if before >= self.max_waiting {
            return None;
        }
        timeout(QUEUE_TIMEOUT, self.places.acquire()).await.ok()?.ok()
    }
}

#[cfg(test)]
mod tests {
    use futures_util::future::poll_immediate;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_short_wait_is_waited_and_a_long_one_refused() {
        let limit = ConcurrencyLimit::new(1, 1);
        let first = limit.enter().await.unwrap();
        let mut second = Box::pin(limit.enter());
        assert!(poll_immediate(&mut second).await.is_none());
        // The queue is full: at once.
        assert!(matches!(poll_immediate(Box::pin(limit.enter())).await, Some(None)));
        drop(first);
        let second = second.await.expect("its turn has come");
        // The wait has an end.
        let begun = tokio::time::Instant::now();
        assert!(limit.enter().await.is_none());
        assert_eq!(begun.elapsed(), QUEUE_TIMEOUT);
        drop(second);
        assert!(limit.enter().await.is_some());
        assert_eq!(limit.waiting.load(Ordering::SeqCst), 0);
    }

    #[tokio::test]
    async fn whoever_goes_away_leaves_the_queue() {
        let limit = ConcurrencyLimit::new(0, 1);
        let mut waits = Box::pin(limit.enter());
        assert!(poll_immediate(&mut waits).await.is_none());
        drop(waits);
        assert_eq!(limit.waiting.load(Ordering::SeqCst), 0);
    }
}
