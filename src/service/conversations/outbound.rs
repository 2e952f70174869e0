//! The queue of messages to send. They lie there sealed until Meta has taken them.

use super::part::Conversations;
use super::transit::open;
use super::types::{Cursor, QueuedMessage};
use crate::domain::clock::UnixSeconds;
use crate::domain::ids::QueuedId;
use crate::service::error::Result;
use crate::store;
use crate::vault::transit::{TransitContent, TransitPurpose};

impl Conversations {
    /// Reads the next messages after a position, in order.
    ///
    /// # Errors
    /// [`crate::service::error::Error::Store`]
    pub async fn queued_messages(&self, after: Cursor, limit: i64) -> Result<Vec<QueuedMessage>> {
        let keys = self.transit_keys(TransitPurpose::Conversation).await?;
        let mut tx = self.db.read().await?;
        let rows = store::whatsapp::queued_messages(&mut tx, after, limit).await?;
        drop(tx);
        let queued = rows.into_iter().map(|row| QueuedMessage {
            cursor: (row.place, row.id),
            body: open(&keys, row.day, TransitContent::Outgoing, row.id.as_bytes(), &row.body),
            person: row.person,
            attempts: row.attempts,
            next_at: row.next_at,
        });
        Ok(queued.collect())
    }

    /// Claims a message before it is sent. If we never learn what became of it, it is sent again at `next_at`. Returns
    /// false if a later prompt has taken its place.
    ///
    /// # Errors
    /// [`crate::service::error::Error::Store`]
    pub async fn claim_message(&self, id: QueuedId, next_at: UnixSeconds) -> Result<bool> {
        self.db
            .write("claim_message", |mut tx| async move {
                let is_needed = store::whatsapp::claim_message(&mut tx, id, next_at).await?;
                tx.commit().await?;
                Ok(is_needed)
            })
            .await
    }

    /// Puts a message back into the queue. It is sent again at `next_at`.
    ///
    /// # Errors
    /// [`crate::service::error::Error::Store`]
    pub async fn requeue_message(&self, id: QueuedId, next_at: UnixSeconds) -> Result<()> {
        self.db
            .write("requeue_message", |mut tx| async move {
                store::whatsapp::requeue_message(&mut tx, id, next_at).await?;
                tx.commit().await?;
                Ok(())
            })
            .await
    }

    /// Deletes a message that was sent, or that never will be.
    ///
    /// # Errors
    /// [`crate::service::error::Error::Store`]
    pub async fn delete_message(&self, id: QueuedId) -> Result<()> {
        self.db
            .write("delete_message", |mut tx| async move {
                store::whatsapp::delete_message(&mut tx, id).await?;
                tx.commit().await?;
                Ok(())
            })
            .await
    }
}
