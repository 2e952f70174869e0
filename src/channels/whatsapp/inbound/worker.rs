//! Works notifications off: each person's messages one after the other, many people's at once.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::channels::whatsapp::WhatsApp;
use crate::channels::whatsapp::conversation::turn::{Ear, hear};
use crate::channels::whatsapp::inbound::notification::{Delivered, Message};
use crate::domain::ids::QueuedId;
use crate::service::whatsapp::{Cursor, beginning};
use crate::service::{Error, Result};
use crate::vault::stack::wiping_the_stack;

/// Notifications under way at once.
const UNDER_WAY: usize = 256;
/// Notifications read at once.
const BATCH: i64 = 64;
/// Between two looks at the queue when nobody rings: another process may have taken notifications in.
const LOOK: Duration = Duration::from_secs(2);
/// A message that fails so often is given up, so that the person's next ones are heard.
const TRIES: u32 = 8;

/// A notification, until its last message is dealt with.
struct Pending {
    id: QueuedId,
    /// Cleared when a message of it was left for later.
    is_done: AtomicBool,
    done: mpsc::UnboundedSender<(QueuedId, bool)>,
}

impl Drop for Pending {
    fn drop(&mut self) {
        // Nobody listens any more only when the service stops: then it is heard again, and counts once.
        let _ = self.done.send((self.id, self.is_done.load(Ordering::SeqCst)));
    }
}

type Lanes = Arc<Mutex<HashMap<String, VecDeque<(Arc<Message>, Arc<Pending>)>>>>;

/// Until `stop` changes.
pub(crate) async fn listen(whatsapp: Arc<WhatsApp>, arrived: Arc<Notify>, mut stop: watch::Receiver<bool>) {
    let lanes = Lanes::default();
    let (done, mut is_done) = mpsc::unbounded_channel();
    let mut walking = JoinSet::new();
    let mut under_way: HashSet<QueuedId> = HashSet::new();
    let mut cursor = beginning();
    loop {
        // What is dealt with goes, many at once.
        let mut gone = Vec::new();
        while let Ok((id, is_done)) = is_done.try_recv() {
            under_way.remove(&id);
            if is_done {
                gone.push(id);
            }
        }
        if !gone.is_empty()
            && let Err(error) = whatsapp.app.delete_notifications(&gone).await
        {
            tracing::error!(%error, "notifications that were worked off are heard again, and count once");
        }
        let mut read = 0;
        if under_way.len() < UNDER_WAY {
            match next(&whatsapp, cursor).await {
                Ok(Some((batch, last))) => {
                    read = batch.len();
                    cursor = last;
                    for (id, messages) in batch {
                        if !under_way.insert(id) {
                            continue;
                        }
                        let pending = Arc::new(Pending {
                            id,
                            is_done: AtomicBool::new(true),
                            done: done.clone(),
                        });
                        for message in messages {
                            into_lane(&whatsapp, &lanes, &mut walking, message, pending.clone(), &stop);
                        }
                    }
                }
                // Another process listens.
                Ok(None) => {}
                Err(error) => tracing::error!(%error, "the queue of notifications cannot be read; it is tried again"),
            }
        }
        while walking.try_join_next().is_some() {}
        if read > 0 {
            continue;
        }
        // The end. Places are given anew when the queue is empty, so the next look begins at the beginning.
        cursor = beginning();
        tokio::select! {
            () = arrived.notified() => {}
            Some(outcome) = is_done.recv() => {
                // Looked at with the others.
                let _ = done.send(outcome);
            }
            () = sleep(LOOK) => {}
            _ = stop.changed() => break,
        }
    }
    // Whoever is being heard is heard to the end; the rest waits in the queue.
    while walking.join_next().await.is_some() {}
    let mut gone = Vec::new();
    while let Ok((id, is_done)) = is_done.try_recv() {
        gone.extend(is_done.then_some(id));
    }
    if let Err(error) = whatsapp.app.delete_notifications(&gone).await {
        tracing::error!(%error, "notifications that were worked off are heard again, and count once");
    }
}

/// Notifications after `cursor`, and where the next look begins; None when another process listens.
async fn next(whatsapp: &WhatsApp, cursor: Cursor) -> Result<Option<(Vec<(QueuedId, Vec<Message>)>, Cursor)>> {
    if !whatsapp.is_ours().await? {
        return Ok(None);
    }
    let waiting = whatsapp.app.queued_notifications(cursor, BATCH).await?;
    let last = waiting.last().map_or(cursor, |waiting| waiting.cursor);
    let batch = waiting.into_iter().map(|waiting| {
        let messages = if let Some(body) = waiting.body {
            Delivered::read(&body, &whatsapp.config.phone_number_id).map(|delivered| delivered.messages)
        } else {
            tracing::error!("a notification does not open: its key is gone");
            Ok(Vec::new())
        };
        (waiting.cursor.1, messages.unwrap_or_default())
    });
    Ok(Some((batch.collect(), last)))
}

fn into_lane(
    whatsapp: &Arc<WhatsApp>,
    lanes: &Lanes,
    walking: &mut JoinSet<()>,
    message: Message,
    pending: Arc<Pending>,
    stop: &watch::Receiver<bool>,
) {
    let person = message.from.key();
    let mut all = lanes.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(lane) = all.get_mut(&person) {
        lane.push_back((Arc::new(message), pending));
        return;
    }
    all.insert(person.clone(), VecDeque::from([(Arc::new(message), pending)]));
    drop(all);
    walking.spawn(walk(whatsapp.clone(), lanes.clone(), person, stop.clone()));
}

/// Hears a person's messages, one after the other, until there is none.
async fn walk(whatsapp: Arc<WhatsApp>, lanes: Lanes, person: String, mut stop: watch::Receiver<bool>) {
    loop {
        let next = {
            let mut all = lanes.lock().unwrap_or_else(PoisonError::into_inner);
            let next = all.get_mut(&person).and_then(VecDeque::pop_front);
            if next.is_none() {
                all.remove(&person);
            }
            next
        };
        let Some((message, pending)) = next else { return };
        let mut tries = 0;
        loop {
            if *stop.borrow() {
                pending.is_done.store(false, Ordering::SeqCst);
                break;
            }
            // In a task of its own: should it panic, the person's next messages are heard. It ends with this one.
            let mut hearing = JoinSet::new();
            hearing.spawn(wiping_the_stack(hear_one(whatsapp.clone(), message.clone())));
            let heard = match hearing.join_next().await {
                Some(Ok(heard)) => heard,
                Some(Err(error)) => Err(Error::Internal(error.to_string())),
                None => Err(Error::Internal("nobody heard it".into())),
            };
            let Err(error) = heard else {
                whatsapp.to_say.notify_one();
                break;
            };
            tries += 1;
            let is_busy = matches!(&error, Error::Overloaded(_) | Error::Unavailable(_))
                || matches!(&error, Error::Store(error) if error.is_overload());
            if tries >= TRIES && !is_busy {
                tracing::error!(%error, "a message is given up");
                break;
            }
            tracing::warn!(%error, "a message is heard again");
            let pause = Duration::from_millis(200 << tries.min(7));
            tokio::select! {
                () = sleep(pause) => {}
                _ = stop.changed() => {}
            }
        }
    }
}

async fn hear_one(whatsapp: Arc<WhatsApp>, message: Arc<Message>) -> Result<()> {
    let ear = Ear {
        app: &whatsapp.app,
        languages: &whatsapp.languages,
        api: &whatsapp.api,
        public_url: &whatsapp.public_url,
    };
    hear(&ear, &message).await
}
