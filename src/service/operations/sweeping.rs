//! What has expired goes.

use super::part::Operations;
use crate::domain::facets::Channel;
use crate::metrics::Outcome;
use crate::service::casework::drafts;
use crate::service::error::{Error, Result};
use crate::service::people::sessions::{ABSOLUTE, IDLE};
use crate::store;
use crate::store::blobs::BlobError;

/// Seconds after which a failed sign-in is forgotten.
const FAILURES: i64 = 24 * 3600;
/// Files that one sweep deletes at most.
const ROUND: i64 = 10_000;
/// How many rows go in one transaction.
const TOGETHER: usize = 100;

impl Operations {
    /// Sweeps drafts, receipts, sessions, what staff typed and never sent, and files that have expired, and deletes files that were given up.
    ///
    /// # Errors
    /// [`crate::service::error::Error::Store`]; [`crate::service::error::Error::Unavailable`] when the file store does not answer.
    pub async fn sweep(&self) -> Result<()> {
        let now = self.clock.now();
        let (swept, addresses) = self
            .db
            .write("sweep_expired", |mut tx| async move {
                let swept = store::visitors::sweep(&mut tx, now).await?;
                store::attachments::mark_expired_for_deletion(&mut tx, now).await?;
                store::staff::sweep_sessions(&mut tx, now - IDLE, now - ABSOLUTE).await?;
                store::staff::sweep_failures(&mut tx, now - FAILURES).await?;
                store::staff_drafts::sweep(&mut tx, now - drafts::LIFE).await?;
                store::whatsapp::delete_expired_conversations(&mut tx, now).await?;
                let addresses = store::notices::delete_contacts_of_closed_cases(&mut tx).await?;
                tx.commit().await?;
                Ok::<_, Error>((swept, addresses))
            })
            .await?;
        // Of the counter too: nobody can tell them apart.
        self.metrics.count_reports(Channel::Web, Outcome::Expired, swept.drafts);
        if addresses > 0 {
            self.db.scrub_contacts().await?;
        }
        self.conversations.destroy_transit_keys().await?;
        self.sweep_files().await
    }

    /// Deletes the files that were given up: first the file, then the row that knows of it.
    /// One that cannot be deleted now is tried again at the next sweep, and holds up no other. A store that does not
    /// answer is not asked again now: it would hold up all else that is swept.
    async fn sweep_files(&self) -> Result<()> {
        let mut tx = self.db.read().await?;
        let marked = store::attachments::list_marked_for_deletion(&mut tx, self.clock.now(), ROUND).await?;
        drop(tx);
        for round in marked.chunks(TOGETHER) {
            let (mut gone, mut silent) = (Vec::new(), false);
            for id in round {
                match self.attachments.files().delete(*id).await {
                    Ok(()) => gone.push(*id),
                    Err(error) => {
                        silent = matches!(error, BlobError::TimedOut);
                        tracing::warn!(%error, "a file is deleted later");
                    }
                }
                if silent {
                    break;
                }
            }
            let gone = &gone;
            self.db
                .write("delete_swept_file", |mut tx| async move {
                    for id in gone {
                        store::attachments::forget(&mut tx, *id).await?;
                    }
                    tx.commit().await?;
                    Ok::<_, Error>(())
                })
                .await?;
            if silent {
                return Err(BlobError::TimedOut.into());
            }
        }
        Ok(())
    }
}
