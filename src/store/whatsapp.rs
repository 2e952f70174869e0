//! Conversations over WhatsApp and their queues: sealed bodies, keyed hashes, and the order of messages.

use sqlx::FromRow;

use super::error::{Result, expect_rows};
use super::tx::Tx;
use crate::domain::clock::UnixSeconds;
use crate::domain::day::Day;
use crate::domain::ids::QueuedId;

/// A day's transit key, sealed.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct SealedKey {
    pub day: Day,
    pub sealed: Vec<u8>,
}

/// Lists the keys of a purpose, newest first.
pub async fn transit_keys(tx: &mut Tx, purpose: &str) -> Result<Vec<SealedKey>> {
    Ok(fetch_all!(
        SealedKey,
        tx,
        "SELECT day, sealed FROM transit_key WHERE purpose = $1 ORDER BY day DESC",
        purpose
    ))
}

/// Stores a day's key. Returns false if another process was first: then its key counts.
pub async fn insert_transit_key(tx: &mut Tx, purpose: &str, day: Day, sealed: &[u8]) -> Result<bool> {
    let rows = execute!(
        tx,
        "INSERT INTO transit_key (purpose, day, sealed) VALUES ($1, $2, $3) ON CONFLICT (purpose, day) DO NOTHING",
        purpose,
        day,
        sealed,
    );
    Ok(rows == 1)
}

/// Destroys the keys of conversations from before `conversations`, except those that something still needs. Destroys the
/// keys of seen messages from before `seen`, and their hashes. Returns the number of keys.
pub async fn destroy_transit_keys(tx: &mut Tx, conversations: Day, seen: Day) -> Result<u64> {
    let mut gone = execute!(
        tx,
        "DELETE FROM transit_key WHERE purpose = 'conversation' AND day < $1
         AND day NOT IN (SELECT day FROM whatsapp_notification)
         AND day NOT IN (SELECT day FROM whatsapp_outgoing)
         AND day NOT IN (SELECT day FROM whatsapp_conversation)",
        conversations
    );
    gone += execute!(
        tx,
        "DELETE FROM transit_key WHERE purpose = 'deduplication' AND day < $1",
        seen
    );
    execute!(tx, "DELETE FROM whatsapp_seen WHERE day < $1", seen);
    Ok(gone)
}

/// A queued notification.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct NotificationRow {
    pub id: QueuedId,
    pub place: i64,
    pub day: Day,
    pub body: Vec<u8>,
}

/// Puts notifications at the end of the queue, in this order.
pub async fn enqueue_notifications(tx: &mut Tx, new: &[(QueuedId, Day, Vec<u8>)]) -> Result<()> {
    let last: Option<i64> =
        on!(tx, c => sqlx::query_scalar("SELECT max(place) FROM whatsapp_notification").fetch_one(c).await?);
    for (place, (id, day, body)) in (last.unwrap_or(0) + 1..).zip(new) {
        let rows = execute!(
            tx,
            "INSERT INTO whatsapp_notification (id, place, day, body) VALUES ($1, $2, $3, $4)",
            *id,
            place,
            *day,
            body.as_slice(),
        );
        expect_rows("queue notification", 1, rows)?;
    }
    Ok(())
}

/// Counts the queued notifications.
pub async fn count_notifications(tx: &mut Tx) -> Result<i64> {
    Ok(on!(tx, c => sqlx::query_scalar("SELECT count(*) FROM whatsapp_notification").fetch_one(c).await?))
}

/// Lists the next notifications after a place, in order.
pub async fn notifications(tx: &mut Tx, after: (i64, QueuedId), limit: i64) -> Result<Vec<NotificationRow>> {
    Ok(fetch_all!(
        NotificationRow,
        tx,
        "SELECT id, place, day, body FROM whatsapp_notification
         WHERE place > $1 OR (place = $1 AND id > $2) ORDER BY place, id LIMIT $3",
        after.0,
        after.1,
        limit
    ))
}

/// Deletes a notification.
pub async fn delete_notification(tx: &mut Tx, id: QueuedId) -> Result<()> {
    execute!(tx, "DELETE FROM whatsapp_notification WHERE id = $1", id);
    Ok(())
}

/// Returns true if a message was seen under any of its hashes.
pub async fn is_seen(tx: &mut Tx, hashes: &[[u8; 32]]) -> Result<bool> {
    for hash in hashes {
        let found: Option<i64> = on!(tx, c => {
            sqlx::query_scalar("SELECT day FROM whatsapp_seen WHERE message = $1")
                .bind(hash.as_slice())
                .fetch_optional(c)
                .await?
        });
        if found.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Marks a message as seen. Returns false if it was marked already.
pub async fn mark_seen(tx: &mut Tx, hash: &[u8; 32], day: Day) -> Result<bool> {
    let rows = execute!(
        tx,
        "INSERT INTO whatsapp_seen (message, day) VALUES ($1, $2) ON CONFLICT (message) DO NOTHING",
        hash.as_slice(),
        day,
    );
    Ok(rows == 1)
}

/// A conversation.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct ConversationRow {
    pub person: Vec<u8>,
    pub day: Day,
    pub body: Vec<u8>,
    pub revision: i64,
}

/// Reads a conversation that has not expired.
pub async fn conversation(tx: &mut Tx, person: &[u8], now: UnixSeconds) -> Result<Option<ConversationRow>> {
    Ok(fetch_optional!(
        ConversationRow,
        tx,
        "SELECT person, day, body, revision FROM whatsapp_conversation WHERE person = $1 AND expires_at > $2",
        person,
        now
    ))
}

/// Saves a conversation. `before` is the hash and revision of the row that it replaces. Returns false if that row has
/// changed.
pub async fn save_conversation(
    tx: &mut Tx,
    before: Option<(&[u8], i64)>,
    new: &ConversationRow,
    (now, expires_at): (UnixSeconds, UnixSeconds),
) -> Result<bool> {
    let Some((person, revision)) = before else {
        // An expired row may still be there.
        execute!(
            tx,
            "DELETE FROM whatsapp_conversation WHERE person = $1 AND expires_at <= $2",
            new.person.as_slice(),
            now
        );
        let rows = execute!(
            tx,
            "INSERT INTO whatsapp_conversation (person, day, body, revision, expires_at) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (person) DO NOTHING",
            new.person.as_slice(),
            new.day,
            new.body.as_slice(),
            new.revision,
            expires_at,
        );
        return Ok(rows == 1);
    };
    let rows = execute!(
        tx,
        "UPDATE whatsapp_conversation SET person = $1, day = $2, body = $3, revision = $4, expires_at = $5
         WHERE person = $6 AND revision = $7",
        new.person.as_slice(),
        new.day,
        new.body.as_slice(),
        new.revision,
        expires_at,
        person,
        revision,
    );
    Ok(rows == 1)
}

/// Deletes expired conversations. Returns their number.
pub async fn delete_expired_conversations(tx: &mut Tx, now: UnixSeconds) -> Result<u64> {
    Ok(execute!(
        tx,
        "DELETE FROM whatsapp_conversation WHERE expires_at <= $1",
        now
    ))
}

/// A queued message to a person.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct MessageRow {
    pub id: QueuedId,
    /// Keyed hash; messages of one person go in order.
    pub person: Vec<u8>,
    pub place: i64,
    pub day: Day,
    pub body: Vec<u8>,
    pub attempts: i64,
    pub next_at: UnixSeconds,
}

/// Moves queued messages from a former hash of a person to today's.
pub async fn readdress_messages(tx: &mut Tx, formerly: &[u8], person: &[u8]) -> Result<()> {
    execute!(
        tx,
        "UPDATE whatsapp_outgoing SET person = $1 WHERE person = $2",
        person,
        formerly
    );
    Ok(())
}

/// Puts a message at the end of the queue. A prompt replaces the person's prompts that were not tried yet.
pub async fn enqueue_message(
    tx: &mut Tx,
    id: QueuedId,
    person: &[u8],
    (day, body): (Day, &[u8]),
    is_prompt: bool,
    now: UnixSeconds,
) -> Result<()> {
    if is_prompt {
        // A prompt that was tried may have arrived.
        execute!(
            tx,
            "DELETE FROM whatsapp_outgoing WHERE person = $1 AND prompt AND attempts = 0",
            person
        );
    }
    let last: Option<i64> =
        on!(tx, c => sqlx::query_scalar("SELECT max(place) FROM whatsapp_outgoing").fetch_one(c).await?);
    let rows = execute!(
        tx,
        "INSERT INTO whatsapp_outgoing (id, person, place, day, body, prompt, attempts, next_at)
         VALUES ($1, $2, $3, $4, $5, $6, 0, $7)",
        id,
        person,
        last.unwrap_or(0) + 1,
        day,
        body,
        is_prompt,
        now,
    );
    expect_rows("enqueue message", 1, rows)
}

/// Lists the next messages after a place, in order.
pub async fn queued_messages(tx: &mut Tx, after: (i64, QueuedId), limit: i64) -> Result<Vec<MessageRow>> {
    Ok(fetch_all!(
        MessageRow,
        tx,
        "SELECT id, person, place, day, body, attempts, next_at FROM whatsapp_outgoing
         WHERE place > $1 OR (place = $1 AND id > $2) ORDER BY place, id LIMIT $3",
        after.0,
        after.1,
        limit
    ))
}

/// Counts the queued messages.
pub async fn count_messages(tx: &mut Tx) -> Result<i64> {
    Ok(on!(tx, c => sqlx::query_scalar("SELECT count(*) FROM whatsapp_outgoing").fetch_one(c).await?))
}

/// Counts an attempt before it is made. Returns false if a later prompt has replaced the message.
pub async fn claim_message(tx: &mut Tx, id: QueuedId, next_at: UnixSeconds) -> Result<bool> {
    let rows = execute!(
        tx,
        "UPDATE whatsapp_outgoing SET attempts = attempts + 1, next_at = $1 WHERE id = $2",
        next_at,
        id,
    );
    Ok(rows == 1)
}

/// Sets the time of the next attempt.
pub async fn requeue_message(tx: &mut Tx, id: QueuedId, next_at: UnixSeconds) -> Result<()> {
    execute!(
        tx,
        "UPDATE whatsapp_outgoing SET next_at = $1 WHERE id = $2",
        next_at,
        id
    );
    Ok(())
}

/// Deletes a message that was sent, or that never will be.
pub async fn delete_message(tx: &mut Tx, id: QueuedId) -> Result<()> {
    execute!(tx, "DELETE FROM whatsapp_outgoing WHERE id = $1", id);
    Ok(())
}
