//! The queue of Meta's notifications. They lie there sealed until all their messages are handled.

use super::part::Conversations;
use super::transit::open;
use super::types::{Cursor, QueuedNotification};
use crate::domain::ids::QueuedId;
use crate::service::error::{Error, Result};
use crate::service::kdf::Overloaded;
use crate::store;
use crate::vault::transit::{TransitContent, TransitPurpose};

/// Notifications that may wait. We refuse further ones, and Meta delivers them again later.
const MAX_QUEUED: i64 = 50_000;

impl Conversations {
    /// Puts notifications at the end of the queue. When this returns, they are on the disk.
    ///
    /// # Errors
    /// [`Error::Overloaded`] if the queue is full, [`Error::Store`].
    pub async fn enqueue_notifications(&self, bodies: &[Vec<u8>]) -> Result<()> {
        let keys = self.transit_keys(TransitPurpose::Conversation).await?;
        let today = &keys[0];
        let mut rng = self.randomness.generator();
        let sealed: Vec<_> = bodies
            .iter()
            .map(|body| {
                let id = QueuedId::random(&mut rng);
                let sealed = today.seal(TransitContent::Notification, id.as_bytes(), body, &mut rng);
                (id, today.day(), sealed)
            })
            .collect();
        let sealed = &sealed;
        self.db
            .write("enqueue_notifications", |mut tx| async move {
                if store::whatsapp::count_notifications(&mut tx).await? >= MAX_QUEUED {
                    return Err(Error::Overloaded(Overloaded));
                }
                store::whatsapp::enqueue_notifications(&mut tx, sealed).await?;
                tx.commit().await?;
                Ok(())
            })
            .await
    }

    /// Reads the next notifications after a position, in the order of their arrival.
    ///
    /// # Errors
    /// [`Error::Store`]
    pub async fn queued_notifications(&self, after: Cursor, limit: i64) -> Result<Vec<QueuedNotification>> {
        let keys = self.transit_keys(TransitPurpose::Conversation).await?;
        let mut tx = self.db.read().await?;
        let rows = store::whatsapp::notifications(&mut tx, after, limit).await?;
        drop(tx);
        let queued = rows.into_iter().map(|row| QueuedNotification {
            cursor: (row.place, row.id),
            body: open(
                &keys,
                row.day,
                TransitContent::Notification,
                row.id.as_bytes(),
                &row.body,
            ),
        });
        Ok(queued.collect())
    }

    /// Deletes notifications whose messages are all handled.
    ///
    /// # Errors
    /// [`Error::Store`]
    pub async fn delete_notifications(&self, ids: &[QueuedId]) -> Result<()> {
        self.db
            .write("delete_notifications", |mut tx| async move {
                for id in ids {
                    store::whatsapp::delete_notification(&mut tx, *id).await?;
                }
                tx.commit().await?;
                Ok(())
            })
            .await
    }
}
