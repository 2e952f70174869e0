//! What WhatsApp brings and takes, while it is on its way: sealed bodies, keyed hashes, and the order of things.

use sqlx::FromRow;

use super::error::{Result, expect_rows};
use super::tx::Tx;
use crate::domain::clock::UnixSeconds;
use crate::domain::day::Day;
use crate::domain::ids::QueuedId;

/// A day's transit key as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct SealedKey {
    pub day: Day,
    pub sealed: Vec<u8>,
}

/// The keys of a purpose, newest first.
pub async fn transit_keys(tx: &mut Tx, purpose: &str) -> Result<Vec<SealedKey>> {
    Ok(fetch_all!(
        SealedKey,
        tx,
        "SELECT day, sealed FROM transit_key WHERE purpose = $1 ORDER BY day DESC",
        purpose
    ))
}

/// A day's key, unless another process was first: then theirs counts.
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

/// Destroys the keys of conversations before `talk`, but for those of what still waits, and those of seen messages before
/// `seen`, with what they told apart. Returns how many went.
pub async fn destroy_transit_keys(tx: &mut Tx, talk: Day, seen: Day) -> Result<u64> {
    let mut gone = execute!(
        tx,
        "DELETE FROM transit_key WHERE purpose = 'talk' AND day < $1
         AND day NOT IN (SELECT day FROM whatsapp_notification)
         AND day NOT IN (SELECT day FROM whatsapp_outgoing)
         AND day NOT IN (SELECT day FROM whatsapp_talk)",
        talk
    );
    gone += execute!(tx, "DELETE FROM transit_key WHERE purpose = 'seen' AND day < $1", seen);
    execute!(tx, "DELETE FROM whatsapp_seen WHERE day < $1", seen);
    Ok(gone)
}

/// A notification that waits.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Notification {
    pub id: QueuedId,
    pub place: i64,
    pub day: Day,
    pub body: Vec<u8>,
}

/// Puts notifications at the end of the queue, in this order.
pub async fn queue(tx: &mut Tx, new: &[(QueuedId, Day, Vec<u8>)]) -> Result<()> {
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

/// How many notifications wait.
pub async fn queued(tx: &mut Tx) -> Result<i64> {
    Ok(on!(tx, c => sqlx::query_scalar("SELECT count(*) FROM whatsapp_notification").fetch_one(c).await?))
}

/// The next notifications after a place, in order.
pub async fn notifications(tx: &mut Tx, after: (i64, QueuedId), limit: i64) -> Result<Vec<Notification>> {
    Ok(fetch_all!(
        Notification,
        tx,
        "SELECT id, place, day, body FROM whatsapp_notification
         WHERE place > $1 OR (place = $1 AND id > $2) ORDER BY place, id LIMIT $3",
        after.0,
        after.1,
        limit
    ))
}

/// A notification is worked off.
pub async fn forget_notification(tx: &mut Tx, id: QueuedId) -> Result<()> {
    execute!(tx, "DELETE FROM whatsapp_notification WHERE id = $1", id);
    Ok(())
}

/// Whether a message was seen, under any of the hashes that the living keys give it.
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

/// Marks a message as seen; false when it is already.
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
pub struct Talk {
    pub person: Vec<u8>,
    pub day: Day,
    pub body: Vec<u8>,
    pub revision: i64,
}

/// A conversation that has not expired.
pub async fn talk(tx: &mut Tx, person: &[u8], now: UnixSeconds) -> Result<Option<Talk>> {
    Ok(fetch_optional!(
        Talk,
        tx,
        "SELECT person, day, body, revision FROM whatsapp_talk WHERE person = $1 AND expires_at > $2",
        person,
        now
    ))
}

/// What a conversation is now. `before` names the row that it follows; false when that is no longer so.
pub async fn put_talk(
    tx: &mut Tx,
    before: Option<(&[u8], i64)>,
    new: &Talk,
    (now, expires_at): (UnixSeconds, UnixSeconds),
) -> Result<bool> {
    let Some((person, revision)) = before else {
        // One that has expired may still lie there.
        execute!(
            tx,
            "DELETE FROM whatsapp_talk WHERE person = $1 AND expires_at <= $2",
            new.person.as_slice(),
            now
        );
        let rows = execute!(
            tx,
            "INSERT INTO whatsapp_talk (person, day, body, revision, expires_at) VALUES ($1, $2, $3, $4, $5)
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
        "UPDATE whatsapp_talk SET person = $1, day = $2, body = $3, revision = $4, expires_at = $5
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

/// Sweeps conversations that nobody goes on with.
pub async fn sweep_talks(tx: &mut Tx, now: UnixSeconds) -> Result<u64> {
    Ok(execute!(tx, "DELETE FROM whatsapp_talk WHERE expires_at <= $1", now))
}

/// A message to a person that waits to be sent.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Outgoing {
    pub id: QueuedId,
    /// Keyed hash; messages of one person go in order.
    pub person: Vec<u8>,
    pub place: i64,
    pub day: Day,
    pub body: Vec<u8>,
    pub attempts: i64,
    pub next_at: UnixSeconds,
}

/// What waits for a person under the hash of another day's key waits under today's.
pub async fn readdress_outgoing(tx: &mut Tx, formerly: &[u8], person: &[u8]) -> Result<()> {
    execute!(
        tx,
        "UPDATE whatsapp_outgoing SET person = $1 WHERE person = $2",
        person,
        formerly
    );
    Ok(())
}

/// Puts a message at the end of the queue. A prompt takes the place of the person's prompts that were not sent yet.
pub async fn say(
    tx: &mut Tx,
    id: QueuedId,
    person: &[u8],
    (day, body): (Day, &[u8]),
    prompt: bool,
    now: UnixSeconds,
) -> Result<()> {
    if prompt {
        // What has been tried may have arrived; what has not can still be left unsaid.
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
        prompt,
        now,
    );
    expect_rows("say", 1, rows)
}

/// The next messages after a place, in order.
pub async fn outgoing(tx: &mut Tx, after: (i64, QueuedId), limit: i64) -> Result<Vec<Outgoing>> {
    Ok(fetch_all!(
        Outgoing,
        tx,
        "SELECT id, person, place, day, body, attempts, next_at FROM whatsapp_outgoing
         WHERE place > $1 OR (place = $1 AND id > $2) ORDER BY place, id LIMIT $3",
        after.0,
        after.1,
        limit
    ))
}

/// How many messages wait to be sent.
pub async fn unsent(tx: &mut Tx) -> Result<i64> {
    Ok(on!(tx, c => sqlx::query_scalar("SELECT count(*) FROM whatsapp_outgoing").fetch_one(c).await?))
}

/// A message is about to be tried; false when a later prompt has taken its place.
pub async fn try_outgoing(tx: &mut Tx, id: QueuedId, next_at: UnixSeconds) -> Result<bool> {
    let rows = execute!(
        tx,
        "UPDATE whatsapp_outgoing SET attempts = attempts + 1, next_at = $1 WHERE id = $2",
        next_at,
        id,
    );
    Ok(rows == 1)
}

/// A message is tried again later.
pub async fn put_off_outgoing(tx: &mut Tx, id: QueuedId, next_at: UnixSeconds) -> Result<()> {
    execute!(
        tx,
        "UPDATE whatsapp_outgoing SET next_at = $1 WHERE id = $2",
        next_at,
        id
    );
    Ok(())
}

/// A message was taken, or never will be.
pub async fn forget_outgoing(tx: &mut Tx, id: QueuedId) -> Result<()> {
    execute!(tx, "DELETE FROM whatsapp_outgoing WHERE id = $1", id);
    Ok(())
}
