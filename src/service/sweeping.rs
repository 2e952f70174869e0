//! What has expired goes.

use crate::service::sessions::{ABSOLUTE, IDLE};
use crate::service::{App, Error, Result};
use crate::store;

/// Seconds after which a failed sign-in is forgotten.
const FAILURES: i64 = 24 * 3600;
/// Files that are deleted in one go.
const ROUND: i64 = 100;

impl App {
    /// Sweeps drafts, receipts, sessions and files that have expired, and deletes files that were given up.
    ///
    /// # Errors
    /// [`crate::service::Error::Store`]; [`crate::service::Error::Unavailable`] when the file store does not answer.
    pub async fn sweep(&self) -> Result<()> {
        let now = self.now();
        self.db
            .write(|mut tx| async move {
                store::visitors::sweep(&mut tx, now).await?;
                store::attachments::doom_expired(&mut tx, now).await?;
                store::staff::sweep_sessions(&mut tx, now - IDLE, now - ABSOLUTE).await?;
                store::staff::sweep_failures(&mut tx, now - FAILURES).await?;
                tx.commit().await?;
                Ok::<_, Error>(())
            })
            .await?;
        self.sweep_files().await
    }

    /// Deletes the files that were given up: first the file, then the row that knows of it.
    async fn sweep_files(&self) -> Result<()> {
        loop {
            let mut tx = self.db.read().await?;
            let doomed = store::attachments::doomed(&mut tx, self.now(), ROUND).await?;
            drop(tx);
            if doomed.is_empty() {
                return Ok(());
            }
            for id in &doomed {
                self.evidence.files.delete(*id).await?;
            }
            let doomed = &doomed;
            self.db
                .write(|mut tx| async move {
                    for id in doomed {
                        store::attachments::forget(&mut tx, *id).await?;
                    }
                    tx.commit().await?;
                    Ok::<_, Error>(())
                })
                .await?;
        }
    }
}
