//! A background worker: lease, poll, backoff, stop.
//!
//! The worker decides when a round of work happens, and a [`RoundHandler`] does the work. Mail, WhatsApp's inbound queue,
//! its outbound queue and its notices are four handlers. The worker lives below the channels because they all need it.

use std::sync::Arc;
use std::time::Duration;

use tokio::pin;
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, interval_at, sleep, timeout};

use super::lease::{Lease, RENEWAL_INTERVAL};
use crate::metrics::Metrics;
use crate::service::error::Result;

/// The longest pause after failed rounds.
const MAX_BACKOFF: Duration = Duration::from_secs(15);

/// The time of the next round, unless somebody wakes the worker earlier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NextRound {
    /// There is more to do now.
    Immediately,
    /// After this time, if that is sooner than the poll interval.
    Within(Duration),
    /// After the poll interval.
    AtNextPoll,
}

/// The work of a [`Worker`].
pub trait RoundHandler: Send {
    /// Returns false if there is surely nothing to do. It only reads, so that an idle worker writes no lease.
    ///
    /// # Errors
    /// As [`RoundHandler::round`].
    fn may_have_work(&self) -> impl Future<Output = Result<bool>> + Send {
        async { Ok(true) }
    }

    /// Does what is due. This process has the lease when it begins; a long round asks the permit again and again.
    ///
    /// # Errors
    /// The reason why the round failed. The worker logs it and tries again after a pause.
    fn round(&mut self, permit: &Permit<'_>) -> impl Future<Output = Result<NextRound>> + Send;

    /// Finishes what rounds have begun, after the stop.
    fn drain(&mut self) -> impl Future<Output = ()> + Send {
        async {}
    }
}

/// The permission to go on with a round.
#[derive(Debug)]
pub struct Permit<'a> {
    lease: &'a Lease,
    stop: &'a watch::Receiver<bool>,
}

impl Permit<'_> {
    /// Returns false once the service stops or another process has the lease.
    ///
    /// # Errors
    /// [`crate::service::error::Error::Store`]
    pub async fn is_valid(&self) -> Result<bool> {
        Ok(!*self.stop.borrow() && self.lease.is_held().await?)
    }
}

/// Runs a [`RoundHandler`] until the service stops.
#[derive(Debug)]
pub struct Worker {
    name: &'static str,
    lease: Arc<Lease>,
    metrics: Arc<Metrics>,
    poll_interval: Duration,
    grace: Option<Duration>,
    wake: Arc<Notify>,
}

impl Worker {
    /// A worker that looks for work every `poll_interval`, in the process that has the lease. Failed rounds are counted
    /// under `name`.
    #[must_use]
    pub fn new(name: &'static str, lease: Arc<Lease>, metrics: Arc<Metrics>, poll_interval: Duration) -> Self {
        Self {
            name,
            lease,
            metrics,
            poll_interval,
            grace: None,
            wake: Arc::default(),
        }
    }

    /// Limits how long the round under way may take after the stop. Without it the worker waits for its end.
    #[must_use]
    pub fn with_grace(self, grace: Duration) -> Self {
        Self {
            grace: Some(grace),
            ..self
        }
    }

    /// Begins a round as soon as somebody calls `wake`.
    #[must_use]
    pub fn woken_by(self, wake: Arc<Notify>) -> Self {
        Self { wake, ..self }
    }

    /// Runs rounds until `stop` is true, then lets the handler drain.
    pub async fn run<H: RoundHandler>(&self, mut handler: H, stop: watch::Receiver<bool>) {
        let mut failed_rounds = 0;
        let mut stopped = stop.clone();
        loop {
            let outcome = {
                let round = self.run_round(&mut handler, &stop);
                pin!(round);
                tokio::select! {
                    outcome = &mut round => outcome,
                    () = wait_for_stop(&mut stopped) => {
                        if let Some(Err(error)) = within(self.grace, round).await {
                            tracing::error!(worker = self.name, %error, "the last round failed");
                        }
                        break;
                    }
                }
            };
            let pause = match outcome {
                Ok(next) => {
                    failed_rounds = 0;
                    match next {
                        NextRound::Immediately => Duration::ZERO,
                        NextRound::Within(time) => time.min(self.poll_interval),
                        NextRound::AtNextPoll => self.poll_interval,
                    }
                }
                Err(error) => {
                    failed_rounds += 1;
                    let pause = backoff(self.poll_interval, failed_rounds);
                    self.metrics.count_job_retry(self.name);
                    tracing::error!(worker = self.name, %error, ?pause, "a round failed; it is tried again");
                    pause
                }
            };
            tokio::select! {
                () = wait_for_stop(&mut stopped) => break,
                () = self.wake.notified(), if !pause.is_zero() => {}
                () = sleep(pause) => {}
            }
        }
        handler.drain().await;
    }

    /// Runs one round, if this process has the lease. The lease is renewed while the round takes its time.
    ///
    /// # Errors
    /// As [`RoundHandler::round`].
    pub async fn run_round<H: RoundHandler>(&self, handler: &mut H, stop: &watch::Receiver<bool>) -> Result<NextRound> {
        if !handler.may_have_work().await? || !self.lease.is_held().await? {
            return Ok(NextRound::AtNextPoll);
        }
        let permit = Permit {
            lease: &self.lease,
            stop,
        };
        let round = handler.round(&permit);
        pin!(round);
        let mut renewals = interval_at(Instant::now() + RENEWAL_INTERVAL, RENEWAL_INTERVAL);
        loop {
            tokio::select! {
                outcome = &mut round => return outcome,
                _ = renewals.tick() => drop(self.lease.renew().await?),
            }
        }
    }

    /// Gives the lease back when the work has ended.
    pub async fn release_lease(&self) {
        if let Err(error) = self.lease.release().await {
            tracing::warn!(worker = self.name, %error, "the lease runs out by itself");
        }
    }
}

/// Doubles the pause with each failed round.
fn backoff(poll_interval: Duration, failed_rounds: u32) -> Duration {
    let doubled = poll_interval.saturating_mul(1 << failed_rounds.saturating_sub(1).min(10));
    doubled.min(MAX_BACKOFF.max(poll_interval))
}

async fn wait_for_stop(stop: &mut watch::Receiver<bool>) {
    // An error means that the sender is gone: the service ends.
    drop(stop.wait_for(|is_stopping| *is_stopping).await);
}

async fn within<T>(limit: Option<Duration>, work: impl Future<Output = T>) -> Option<T> {
    match limit {
        Some(limit) => timeout(limit, work).await.ok(),
        None => Some(work.await),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_a_limit() {
        let pauses: Vec<u64> = (1..6)
            .map(|failed| backoff(Duration::from_secs(2), failed).as_secs())
            .collect();
        assert_eq!(pauses, [2, 4, 8, 15, 15]);
        assert_eq!(backoff(Duration::from_mins(1), 3), Duration::from_mins(1));
        assert_eq!(backoff(Duration::from_secs(1), u32::MAX), MAX_BACKOFF);
    }
}
