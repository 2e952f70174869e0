//! The inbound worker: takes notifications from the queue and hands each message to the conversation.
//!
//! The messages of one person are handled one after the other, those of many people at the same time. A notification
//! leaves the queue after its last message. After a crash it is handled again; a message still counts once, because its
//! hash is stored in the same transaction as its effects.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::message::InboundMessage;
use super::notification::Notification;
use crate::channels::whatsapp::conversation::handler::handle_message;
use crate::channels::whatsapp::conversation::turn::TurnContext;
use crate::domain::ids::QueuedId;
use crate::service::conversations::{Cursor, beginning};
use crate::service::operations::worker::{NextRound, Permit, RoundHandler};
use crate::service::{Error, Result};
use crate::vault::stack::with_stack_wiped;

/// Notifications in progress at the same time.
const MAX_IN_PROGRESS: usize = 256;
/// Notifications that are read together.
const BATCH_SIZE: i64 = 64;
/// Failed attempts after which a message is dropped, so that the person's next ones are handled.
const MAX_ATTEMPTS: u32 = 8;
/// Half of the pause after the first failed attempt. The pause doubles with each further one.
const RETRY_DELAY: Duration = Duration::from_millis(200);

/// A notification in progress. It counts as finished when the last of its messages lets go of it.
struct InProgress {
    id: QueuedId,
    /// False if one of its messages was left for later.
    is_complete: AtomicBool,
    finished: mpsc::UnboundedSender<(QueuedId, bool)>,
    wake: Arc<Notify>,
}

impl Drop for InProgress {
    fn drop(&mut self) {
        // The receiver is gone only when the service stops. Then the notification is handled again.
        let _ = self.finished.send((self.id, self.is_complete.load(Ordering::SeqCst)));
        self.wake.notify_one();
    }
}

type Queues = Arc<Mutex<HashMap<String, VecDeque<(Arc<InboundMessage>, Arc<InProgress>)>>>>;

/// Works off the queue of notifications.
pub(crate) struct InboundHandler {
    context: Arc<TurnContext>,
    phone_number_id: String,
    /// Wakes this worker.
    wake: Arc<Notify>,
    /// Wakes the outbound worker when there are answers.
    outbound: Arc<Notify>,
    stop: watch::Receiver<bool>,
    /// The messages of each person that has a task.
    queues: Queues,
    tasks: JoinSet<()>,
    in_progress: HashSet<QueuedId>,
    finished: mpsc::UnboundedReceiver<(QueuedId, bool)>,
    finished_sender: mpsc::UnboundedSender<(QueuedId, bool)>,
    cursor: Cursor,
}

impl InboundHandler {
    pub(crate) fn new(
        context: Arc<TurnContext>,
        phone_number_id: String,
        wake: Arc<Notify>,
        outbound: Arc<Notify>,
        stop: watch::Receiver<bool>,
    ) -> Self {
        let (finished_sender, finished) = mpsc::unbounded_channel();
        Self {
            context,
            phone_number_id,
            wake,
            outbound,
            stop,
            queues: Queues::default(),
            tasks: JoinSet::new(),
            in_progress: HashSet::new(),
            finished,
            finished_sender,
            cursor: beginning(),
        }
    }

    /// Deletes finished notifications, many in one transaction.
    async fn delete_finished(&mut self) {
        let mut finished = Vec::new();
        while let Ok((id, is_complete)) = self.finished.try_recv() {
            self.in_progress.remove(&id);
            finished.extend(is_complete.then_some(id));
        }
        if !finished.is_empty()
            && let Err(error) = self.context.app.conversations.delete_notifications(&finished).await
        {
            tracing::error!(%error, "finished notifications are handled again, and count once");
        }
    }

    /// Reads the next notifications. Returns false at the end of the queue.
    async fn read_batch(&mut self) -> Result<bool> {
        let queued = self
            .context
            .app
            .conversations
            .queued_notifications(self.cursor, BATCH_SIZE)
            .await?;
        let Some(last) = queued.last() else {
            // Places start over when the queue is empty, so the next look starts at the beginning.
            self.cursor = beginning();
            return Ok(false);
        };
        self.cursor = last.cursor;
        for notification in queued {
            let id = notification.cursor.1;
            if !self.in_progress.insert(id) {
                continue;
            }
            let messages = if let Some(body) = notification.body {
                let parsed = Notification::parse(&body, &self.phone_number_id);
                parsed.map(|parsed| parsed.messages).unwrap_or_default()
            } else {
                tracing::error!("a notification cannot be opened: its key is gone");
                Vec::new()
            };
            let in_progress = Arc::new(InProgress {
                id,
                is_complete: AtomicBool::new(true),
                finished: self.finished_sender.clone(),
                wake: self.wake.clone(),
            });
            for message in messages {
                self.enqueue(message, in_progress.clone());
            }
        }
        Ok(true)
    }

    /// Puts a message at the end of its sender's queue, which gets a task if it has none.
    fn enqueue(&mut self, message: InboundMessage, in_progress: Arc<InProgress>) {
        let person = message.from.key();
        let item = (Arc::new(message), in_progress);
        let mut queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(queue) = queues.get_mut(&person) {
            queue.push_back(item);
            return;
        }
        queues.insert(person.clone(), VecDeque::from([item]));
        drop(queues);
        let task = PersonTask {
            person,
            context: self.context.clone(),
            queues: self.queues.clone(),
            outbound: self.outbound.clone(),
            stop: self.stop.clone(),
        };
        self.tasks.spawn(task.run());
    }
}

impl RoundHandler for InboundHandler {
    async fn round(&mut self, _: &Permit<'_>) -> Result<NextRound> {
        self.delete_finished().await;
        while self.tasks.try_join_next().is_some() {}
        if self.in_progress.len() < MAX_IN_PROGRESS && self.read_batch().await? {
            return Ok(NextRound::Immediately);
        }
        self.cursor = beginning();
        Ok(NextRound::AtNextPoll)
    }

    /// Finishes the messages that are being handled; the others stay in the queue.
    async fn drain(&mut self) {
        while self.tasks.join_next().await.is_some() {}
        self.delete_finished().await;
    }
}

/// Handles the messages of one person, one after the other, until there is none.
struct PersonTask {
    person: String,
    context: Arc<TurnContext>,
    queues: Queues,
    outbound: Arc<Notify>,
    stop: watch::Receiver<bool>,
}

impl PersonTask {
    async fn run(mut self) {
        while let Some((message, in_progress)) = self.next() {
            self.handle_with_retries(&message, &in_progress).await;
        }
    }

    fn next(&self) -> Option<(Arc<InboundMessage>, Arc<InProgress>)> {
        let mut queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        let next = queues.get_mut(&self.person).and_then(VecDeque::pop_front);
        if next.is_none() {
            queues.remove(&self.person);
        }
        next
    }

    async fn handle_with_retries(&mut self, message: &Arc<InboundMessage>, in_progress: &InProgress) {
        let mut attempts = 0;
        loop {
            if *self.stop.borrow() {
                in_progress.is_complete.store(false, Ordering::SeqCst);
                return;
            }
            let Err(error) = self.handle(message.clone()).await else {
                self.outbound.notify_one();
                return;
            };
            attempts += 1;
            if attempts >= MAX_ATTEMPTS && !is_overload(&error) {
                tracing::error!(%error, "a message is dropped after several attempts");
                return;
            }
            tracing::warn!(%error, "a message is handled again");
            tokio::select! {
                () = sleep(RETRY_DELAY * (1 << attempts.min(7))) => {}
                _ = self.stop.changed() => {}
            }
        }
    }

    /// Handles a message in a task of its own, which survives a panic and ends with this one.
    async fn handle(&self, message: Arc<InboundMessage>) -> Result<()> {
        let context = self.context.clone();
        let mut task = JoinSet::new();
        task.spawn(with_stack_wiped(
            async move { handle_message(&context, &message).await },
        ));
        match task.join_next().await {
            Some(Ok(outcome)) => outcome,
            Some(Err(error)) => Err(Error::Internal(error.to_string())),
            None => Err(Error::Internal("the task of a message has gone".into())),
        }
    }
}

/// Returns true if the service is busy or not reachable: such a message is never dropped.
fn is_overload(error: &Error) -> bool {
    error.is_not_ready()
        || matches!(error, Error::Overloaded(_))
        || matches!(error, Error::Store(error) if error.is_overload())
}
