//! What has expired goes.

use crate::service::sessions::{ABSOLUTE, IDLE};
use crate::service::{App, Result};
use crate::store;

/// Seconds after which a failed sign-in is forgotten.
const FAILURES: i64 = 24 * 3600;

impl App {
    /// Sweeps drafts, receipts and sessions that have expired.
    ///
    /// # Errors
    /// [`crate::service::Error::Store`]
    pub async fn sweep(&self) -> Result<()> {
        let now = self.now();
        self.db
            .write(|mut tx| async move {
                store::visitors::sweep(&mut tx, now).await?;
                store::staff::sweep_sessions(&mut tx, now - IDLE, now - ABSOLUTE).await?;
                store::staff::sweep_failures(&mut tx, now - FAILURES).await?;
                tx.commit().await?;
                Ok(())
            })
            .await
    }
}
