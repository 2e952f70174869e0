//! Deletion of expired rows and files.

use super::part::Operations;
use crate::domain::facets::Channel;
use crate::metrics::Outcome;
use crate::service::casework::drafts;
use crate::service::error::{Error, Result};
use crate::service::people::sessions::{SESSION_IDLE_SECONDS, SESSION_MAX_SECONDS};
use crate::store;
use crate::store::blobs::BlobError;

/// Period after which a failed sign-in is forgotten, in seconds.
const FAILURE_MEMORY_SECONDS: i64 = 24 * 3600;
/// Files that one sweep deletes.
const MAX_FILES: i64 = 10_000;
/// Rows that one transaction deletes.
const ROWS_PER_TRANSACTION: usize = 100;

impl Operations {
    /// Deletes expired drafts, receipts, sessions, drafts of staff, and files; and files that were marked for
    /// deletion.
    ///
    /// # Errors
    /// [`crate::service::error::Error::Store`]; [`crate::service::error::Error::Unavailable`] when the file store does not answer.
    pub async fn sweep(&self) -> Result<()> {
        let now = self.context.clock.now();
        let (swept, addresses) = self
            .context
            .db
            .write("sweep_expired", |mut tx| async move {
                let swept = store::visitors::sweep(&mut tx, now).await?;
                store::attachments::mark_expired_for_deletion(&mut tx, now).await?;
                store::staff::sweep_sessions(&mut tx, now - SESSION_IDLE_SECONDS, now - SESSION_MAX_SECONDS).await?;
                store::staff::sweep_failures(&mut tx, now - FAILURE_MEMORY_SECONDS).await?;
                store::staff_drafts::sweep(&mut tx, now - drafts::STAFF_DRAFT_LIFETIME_SECONDS).await?;
                store::whatsapp::delete_expired_conversations(&mut tx, now).await?;
                let addresses = store::notices::delete_contacts_of_closed_cases(&mut tx).await?;
                tx.commit().await?;
                Ok::<_, Error>((swept, addresses))
            })
            .await?;
        // Drafts at the counter are counted here, too: they cannot be told apart.
        self.context
            .metrics
            .count_reports(Channel::Web, Outcome::Expired, swept.drafts);
        if addresses > 0 {
            self.context.db.scrub_contacts().await?;
        }
        self.conversations.destroy_transit_keys().await?;
        self.sweep_files().await
    }

    /// Deletes files that were marked for deletion: first the file, then its row. A file that cannot be deleted is
    /// tried again at the next sweep, and does not hold up others. A store that does not answer is not asked again in
    /// this sweep, because it would hold up everything else.
    async fn sweep_files(&self) -> Result<()> {
        let mut tx = self.context.db.read().await?;
        let marked = store::attachments::list_marked_for_deletion(&mut tx, self.context.clock.now(), MAX_FILES).await?;
        drop(tx);
        for round in marked.chunks(ROWS_PER_TRANSACTION) {
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
            self.context
                .db
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
