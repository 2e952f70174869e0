//! The outbound worker: sends queued messages, each person's in order, those of many people at the same time.
//!
//! A message leaves the queue after Meta has taken it. If we die in between it is sent twice, because the API cannot tell
//! us that it has it already.

use std::collections::HashSet;
use std::num::NonZeroU16;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::api::{Api, SendError};
use super::content::Envelope;
use super::rate::SendRate;
use crate::service::conversations::{QueuedMessage, beginning};
use crate::service::operations::worker::{NextRound, Permit, RoundHandler};
use crate::service::{App, Result};

/// Messages in progress at the same time.
const MAX_IN_PROGRESS: usize = 64;
/// Messages that are read together.
const BATCH_SIZE: i64 = 256;
/// Time between two clean-ups of the rate limits.
const CLEAN_UP_INTERVAL: Duration = Duration::from_secs(10);
/// Time after which we send a message again if we do not know what became of it.
const CLAIM_SECONDS: i64 = 60;
/// The longest pause between two attempts.
const MAX_RETRY_SECONDS: i64 = 600;
/// Pause of one message if Meta does not accept our token or number.
const ACCESS_RETRY_SECONDS: i64 = 60;

/// The parts that the tasks of single messages share.
struct Shared {
    app: Arc<App>,
    api: Arc<Api>,
    rate: Mutex<SendRate>,
    /// The people with a message in progress. Their next one waits for it.
    busy: Mutex<HashSet<Vec<u8>>>,
    wake: Arc<Notify>,
}

/// Sends queued messages.
pub(crate) struct OutboundHandler {
    shared: Arc<Shared>,
    tasks: JoinSet<()>,
    cleaned_up: Instant,
}

impl OutboundHandler {
    pub(crate) fn new(app: Arc<App>, api: Arc<Api>, messages_per_second: NonZeroU16, wake: Arc<Notify>) -> Self {
        Self {
            shared: Arc::new(Shared {
                app,
                api,
                rate: Mutex::new(SendRate::new(messages_per_second)),
                busy: Mutex::default(),
                wake,
            }),
            tasks: JoinSet::new(),
            cleaned_up: Instant::now(),
        }
    }

    fn has_free_task(&mut self) -> bool {
        while self.tasks.try_join_next().is_some() {}
        self.tasks.len() < MAX_IN_PROGRESS
    }

    fn start_sending(&mut self, message: QueuedMessage) {
        let shared = self.shared.clone();
        shared.busy().insert(message.person.clone());
        self.tasks.spawn(async move {
            let person = message.person.clone();
            if let Err(error) = shared.send(message).await {
                tracing::error!(%error, "the outcome of a message could not be stored; it may be sent twice");
            }
            shared.busy().remove(&person);
            shared.wake.notify_one();
        });
    }

    /// Sends all that may go now. Returns the time until something else may go, if it is known.
    async fn send_due(&mut self) -> Result<Option<Duration>> {
        let now = self.shared.app.now();
        let mut soonest: Option<Duration> = None;
        let mut note = |time: Duration| soonest = Some(soonest.map_or(time, |known| known.min(time)));
        // People with an earlier message that must wait: their later ones wait too.
        let mut waiting: HashSet<Vec<u8>> = HashSet::new();
        let mut cursor = beginning();
        loop {
            let queued = self
                .shared
                .app
                .conversations
                .queued_messages(cursor, BATCH_SIZE)
                .await?;
            let Some(last) = queued.last() else { break };
            cursor = last.cursor;
            for message in queued {
                if waiting.contains(&message.person) || self.shared.busy().contains(&message.person) {
                    continue;
                }
                if message.next_at > now {
                    let seconds = u64::try_from(message.next_at - now).unwrap_or_default();
                    note(Duration::from_secs(seconds));
                    waiting.insert(message.person);
                    continue;
                }
                if !self.has_free_task() {
                    return Ok(soonest);
                }
                let permission = self.shared.rate().take(&message.person, Instant::now());
                if let Err(time) = permission {
                    note(time);
                    waiting.insert(message.person);
                    continue;
                }
                self.start_sending(message);
            }
        }
        Ok(soonest)
    }
}

impl RoundHandler for OutboundHandler {
    async fn round(&mut self, _: &Permit<'_>) -> Result<NextRound> {
        if self.cleaned_up.elapsed() >= CLEAN_UP_INTERVAL {
            self.cleaned_up = Instant::now();
            self.shared.rate().forget_idle();
        }
        let soonest = self.send_due().await?;
        while self.tasks.try_join_next().is_some() {}
        Ok(soonest.map_or(NextRound::AtNextPoll, NextRound::Within))
    }

    async fn drain(&mut self) {
        while self.tasks.join_next().await.is_some() {}
    }
}

impl Shared {
    fn busy(&self) -> std::sync::MutexGuard<'_, HashSet<Vec<u8>>> {
        self.busy.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn rate(&self) -> std::sync::MutexGuard<'_, SendRate> {
        self.rate.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends one message, then deletes it or puts it back into the queue.
    async fn send(&self, message: QueuedMessage) -> Result<()> {
        let (app, id) = (&self.app, message.cursor.1);
        let envelope = message
            .body
            .as_ref()
            .and_then(|body| serde_json::from_slice::<Envelope>(body).ok());
        let Some(envelope) = envelope else {
            tracing::error!("a message cannot be opened: its key is gone");
            return app.conversations.delete_message(id).await;
        };
        if !app.conversations.claim_message(id, app.now() + CLAIM_SECONDS).await? {
            return Ok(());
        }
        let Err(error) = self.api.send(&envelope.to, &envelope.content).await else {
            return app.conversations.delete_message(id).await;
        };
        let retry = Retry::after(error, message.attempts);
        if let Some(pause) = retry.pause_all {
            self.rate().pause(pause);
        }
        let Some(seconds) = retry.seconds else {
            tracing::warn!(%error, "a message is dropped");
            return app.conversations.delete_message(id).await;
        };
        tracing::warn!(%error, seconds, "a message is sent again");
        app.conversations.requeue_message(id, app.now() + seconds).await
    }
}

/// The consequence of a failed attempt.
struct Retry {
    /// Seconds until the next attempt; `None` if there is none.
    seconds: Option<i64>,
    /// Time for which nothing is sent to anybody.
    pause_all: Option<Duration>,
}

impl Retry {
    fn after(error: SendError, attempts: i64) -> Self {
        let attempts = u32::try_from(attempts).unwrap_or(u32::MAX).min(12);
        let (seconds, pause_all) = match error {
            SendError::WindowClosed | SendError::Rejected(_) => (None, None),
            // Meta's own advice: 4^n seconds.
            SendError::TooManyToPerson => (Some(4_i64.saturating_pow(attempts).min(MAX_RETRY_SECONDS)), None),
            // On their way some messages came closer together than they left.
            SendError::TooMany => (Some(1 << attempts.min(9)), Some(Duration::from_millis(300))),
            SendError::NoAnswer | SendError::Outage(_) => (
                Some((1 << attempts.min(10)).min(MAX_RETRY_SECONDS)),
                Some(Duration::from_secs(1)),
            ),
            SendError::AccessDenied(_) => (Some(ACCESS_RETRY_SECONDS), Some(Duration::from_secs(30))),
        };
        Self { seconds, pause_all }
    }
}
