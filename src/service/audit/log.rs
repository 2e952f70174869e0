//! Entries of the audit log, which are written in the transaction of their act.

use std::sync::atomic::Ordering;

use serde_json::{Map, Value, json};

use super::part::AuditLog;
use crate::audit::entry::{Act, Actor, Entry, MAX_ENTRY_BYTES, SignedPayload};
use crate::domain::clock::UnixSeconds;
use crate::domain::ids::{CaseId, EntryId, StaffId};
use crate::service::error::{Error, Result};
use crate::store::{self, Tx};

/// Places in the queue that belong to one second.
pub(crate) const PLACES_PER_SECOND: i64 = 1 << 20;

/// An entry to be written. It is made before the transaction, so that a repeated transaction writes the same.
#[derive(Debug)]
pub struct NewEntry {
    pub id: EntryId,
    written: i64,
    body: Vec<u8>,
    listed: store::log::Listed,
}

/// Returns the columns by which an entry is found.
pub(crate) fn listed(entry: &Entry) -> store::log::Listed {
    store::log::Listed {
        case_id: entry.case,
        act: entry.act.code().to_owned(),
        actor: entry.actor.to_string(),
        at: entry.time,
    }
}

impl AuditLog {
    /// Prepares an entry about `act`. `detail` is an object of codes, ids and hashes, never free text.
    ///
    /// # Errors
    /// [`Error::Internal`] when it cannot be an entry, which is a bug.
    pub fn entry(
        &self,
        act: Act,
        actor: Actor,
        case: Option<CaseId>,
        detail: Value,
        signed: Option<SignedPayload>,
    ) -> Result<NewEntry> {
        let detail = match detail {
            Value::Object(map) => map,
            Value::Null => Map::new(),
            _ => return Err(Error::Internal("an entry's detail is an object".into())),
        };
        let id = EntryId::random(&mut self.randomness.generator());
        let time = self.clock.now();
        let entry = Entry {
            id,
            time,
            actor,
            act,
            case,
            detail,
            signed,
        };
        let body = entry.to_bytes().map_err(|error| Error::Internal(error.to_string()))?;
        if body.len() > MAX_ENTRY_BYTES {
            return Err(Error::Internal(format!("an entry of {} bytes about {act}", body.len())));
        }
        Ok(NewEntry {
            id,
            written: self.next_place(time),
            body,
            listed: listed(&entry),
        })
    }
}

impl AuditLog {
    /// Returns an entry's place in the queue for leaves. Entries of one second keep the order in which this process
    /// made them.
    fn next_place(&self, time: UnixSeconds) -> i64 {
        let from = time.saturating_mul(PLACES_PER_SECOND);
        let next = |last: i64| last.saturating_add(1).max(from);
        let last = self
            .last_place
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |last| Some(next(last)));
        last.map_or_else(next, next)
    }
}

impl AuditLog {
    /// Writes an entry: a member tried to use a route that they may not use.
    ///
    /// `route` is the path as the routes' table writes it, with its parameters' names: the values that stand in their
    /// places may be anybody's text.
    ///
    /// # Errors
    /// [`Error::Store`]
    pub async fn note_access_denied(&self, member: StaffId, case: Option<CaseId>, route: &'static str) -> Result<()> {
        let actor = Actor::Staff(member);
        let entry = self.entry(Act::AccessDenied, actor, case, json!({ "path": route }), None)?;
        let entry = &entry;
        self.db
            .write("record_denial", |mut tx| async move {
                entry.write(&mut tx).await?;
                tx.commit().await
            })
            .await?;
        Ok(())
    }
}

impl NewEntry {
    /// Returns the stored bytes.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// Writes the entry in the transaction of its act.
    ///
    /// # Errors
    /// [`store::Error`]
    pub async fn write(&self, tx: &mut Tx) -> store::Result<()> {
        self.write_after(tx, None).await.map(drop)
    }

    /// Writes the entry behind another one that waits at the place `before`, which another process may have written.
    /// Returns its own place.
    ///
    /// # Errors
    /// [`store::Error`]
    pub(crate) async fn write_after(&self, tx: &mut Tx, before: Option<i64>) -> store::Result<i64> {
        let place = before.map_or(self.written, |before| self.written.max(before.saturating_add(1)));
        store::log::insert(tx, self.id, place, &self.body, &self.listed).await?;
        Ok(place)
    }
}
