//! How many requests are worked on at once. Where a place is free soon one waits for it; where it is not one is told at
//! once to come back, because a service that takes in everything answers nobody.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

/// How long a request may wait for a place.
const QUEUE_TIMEOUT: Duration = Duration::from_secs(5);

#[derive(Debug)]
pub(crate) struct ConcurrencyLimit {
    places: Semaphore,
    waiting: AtomicUsize,
    most: usize,
}

/// Leaves the queue when dropped, also when the visitor goes away while waiting.
struct Waits<'a>(&'a AtomicUsize);

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl ConcurrencyLimit {
    /// So many at once, and so many that may wait.
    pub(crate) fn new(places: usize, waiting: usize) -> Self {
        Self {
            places: Semaphore::new(places.min(Semaphore::MAX_PERMITS)),
            waiting: AtomicUsize::new(0),
            most: waiting,
        }
    }

    /// A place, given back when it is dropped; none when too many wait already, or it took too long.
    pub(crate) async fn enter(&self) -> Option<SemaphorePermit<'_>> {
        if let Ok(place) = self.places.try_acquire() {
            return Some(place);
        }
        let before = self.waiting.fetch_add(1, Ordering::SeqCst);
        let _waits = Waits(&self.waiting);
        if before >= self.most {
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
        let gate = ConcurrencyLimit::new(1, 1);
        let first = gate.enter().await.unwrap();
        let mut second = Box::pin(gate.enter());
        assert!(poll_immediate(&mut second).await.is_none());
        // The queue is full: at once.
        assert!(matches!(poll_immediate(Box::pin(gate.enter())).await, Some(None)));
        drop(first);
        let second = second.await.expect("its turn has come");
        // Nobody waits for ever.
        let begun = tokio::time::Instant::now();
        assert!(gate.enter().await.is_none());
        assert_eq!(begun.elapsed(), QUEUE_TIMEOUT);
        drop(second);
        assert!(gate.enter().await.is_some());
        assert_eq!(gate.waiting.load(Ordering::SeqCst), 0);
    }

    #[tokio::test]
    async fn whoever_goes_away_leaves_the_queue() {
        let gate = ConcurrencyLimit::new(0, 1);
        let mut waits = Box::pin(gate.enter());
        assert!(poll_immediate(&mut waits).await.is_none());
        drop(waits);
        assert_eq!(gate.waiting.load(Ordering::SeqCst), 0);
    }
}
