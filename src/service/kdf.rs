//! A bounded pool for key derivations. Argon2 never runs on an async thread, and a full queue refuses early.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Semaphore;

use crate::metrics::{Metrics, Stopwatch};
use crate::vault::receipt::StretchMemory;
use crate::vault::stack::wipe_stack;

/// Too many derivations wait already; the visitor should try again in a few seconds.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("too many key derivations are waiting")]
pub struct Overloaded;

/// Runs key derivations, one a core, with a bounded queue.
#[derive(Debug, Clone)]
pub struct KdfPool {
    running: Arc<Semaphore>,
    width: usize,
    waiting: Arc<AtomicUsize>,
    most: usize,
    /// Working memory of idle slots: as many as ever worked at once.
    spare: Arc<Mutex<Vec<StretchMemory>>>,
    /// True if memory was used since [`KdfPool::rest`] last looked.
    worked: Arc<AtomicBool>,
    metrics: Option<Arc<Metrics>>,
}

/// A place in the queue. It is given up when dropped, also if the visitor goes away while waiting.
struct Place(Arc<AtomicUsize>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl KdfPool {
    /// Makes a pool that runs `width` derivations at once, and lets at most `most` run or wait.
    pub fn new(width: usize, most: usize) -> Self {
        Self {
            running: Arc::new(Semaphore::new(width.max(1))),
            width: width.max(1),
            waiting: Arc::default(),
            most,
            spare: Arc::default(),
            worked: Arc::default(),
            metrics: None,
        }
    }

    /// Makes the pool count its work in the metrics.
    #[must_use]
    pub fn counting(mut self, metrics: Arc<Metrics>) -> Self {
        self.metrics = Some(metrics);
        self
    }

    /// Returns the number of derivations that can run at once.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Returns the number of derivations that wait, besides those that run.
    pub fn queue(&self) -> usize {
        let running = self.width.saturating_sub(self.running.available_permits());
        self.waiting.load(Ordering::SeqCst).saturating_sub(running)
    }

    /// Makes a pool of one derivation per core, with a queue of some seconds.
    pub fn for_this_machine() -> Self {
        let width = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self::new(width, width * 64)
    }

    /// Runs `derive` as [`KdfPool::run`] does, with the working memory of a slot.
    ///
    /// # Errors
    /// [`Overloaded`]
    pub async fn run_with_memory<T: Send + 'static>(
        &self,
        derive: impl FnOnce(&mut StretchMemory) -> T + Send + 'static,
    ) -> Result<T, Overloaded> {
        let pool = self.clone();
        self.run(move || {
            pool.worked.store(true, Ordering::Relaxed);
            let mut spare = pool.spare.lock().unwrap_or_else(PoisonError::into_inner);
            let mut memory = spare.pop().unwrap_or_default();
            drop(spare);
            let derived = derive(&mut memory);
            let mut spare = pool.spare.lock().unwrap_or_else(PoisonError::into_inner);
            spare.push(memory);
            // The next derivation overwrites all of the memory. The last one wipes what is left.
            if !pool.has_queue() {
                spare.iter_mut().for_each(StretchMemory::wipe);
            }
            derived
        })
        .await
    }

    /// Frees the slots' memory if none was used since the last call.
    pub fn rest(&self) {
        if !self.worked.swap(false, Ordering::Relaxed) {
            self.spare.lock().unwrap_or_else(PoisonError::into_inner).clear();
        }
    }

    /// Returns true if a derivation waits for a slot.
    fn has_queue(&self) -> bool {
        self.queue() > 0
    }

    /// Runs `derive` on a thread for blocking work.
    ///
    /// # Errors
    /// [`Overloaded`] when the queue is full; nothing has run then.
    pub async fn run<T: Send + 'static>(&self, derive: impl FnOnce() -> T + Send + 'static) -> Result<T, Overloaded> {
        if self.waiting.fetch_add(1, Ordering::SeqCst) >= self.most {
            self.waiting.fetch_sub(1, Ordering::SeqCst);
            if let Some(metrics) = &self.metrics {
                metrics.count_refused_derivation();
            }
            return Err(Overloaded);
        }
        let place = Place(self.waiting.clone());
        let came = Stopwatch::start();
        let permit = self.running.clone().acquire_owned().await.map_err(|_| Overloaded)?;
        let (waited, began) = (came.elapsed(), Stopwatch::start());
        let outcome = tokio::task::spawn_blocking(move || {
            // Both belong to the work, not to the visitor: a visitor who leaves must not free a slot that still works.
            let (_place, _permit) = (place, permit);
            let outcome = derive();
            wipe_stack();
            outcome
        });
        let outcome = outcome.await.map_err(|_| Overloaded);
        if let Some(metrics) = &self.metrics {
            metrics.record_derivation(waited, began.elapsed());
        }
        outcome
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn nothing_of_a_derivation_is_left_when_the_pool_rests() {
        use crate::vault::receipt::Receipt;
        use rand::SeedableRng as _;

        let pool = KdfPool::new(2, 10);
        let derivations = (0..6).map(|seed| {
            let receipt = Receipt::random(&mut rand::rngs::StdRng::seed_from_u64(seed));
            let pool = pool.clone();
            tokio::spawn(async move {
                let derive = move |memory: &mut StretchMemory| {
                    receipt.stretch(&[7; 16], memory);
                    memory.is_wiped()
                };
                pool.run_with_memory(derive).await
            })
        });
        for derivation in derivations.collect::<Vec<_>>() {
            assert_eq!(derivation.await.unwrap(), Ok(false), "there is something to be wiped");
        }
        let spare = || pool.spare.lock().unwrap();
        assert!(!spare().is_empty() && spare().iter().all(StretchMemory::is_wiped));
        pool.rest();
        assert!(!spare().is_empty(), "it has just worked");
        pool.rest();
        assert!(spare().is_empty(), "nothing came since");
    }

    #[tokio::test]
    async fn a_full_queue_refuses_and_recovers() {
        let pool = KdfPool::new(1, 1);
        let (release, wait) = std::sync::mpsc::channel::<()>();
        let busy = tokio::spawn({
            let pool = pool.clone();
            async move { pool.run(move || wait.recv().is_ok()).await }
        });
        while pool.waiting.load(Ordering::SeqCst) == 0 {
            tokio::task::yield_now().await;
        }
        assert_eq!(pool.run(|| ()).await, Err(Overloaded));
        release.send(()).unwrap();
        assert_eq!(busy.await.unwrap(), Ok(true));
        assert_eq!(pool.run(|| 7).await, Ok(7));
    }
}
