//! Leases: if several processes serve one database, only one at a time may send messages and process conversations.

use super::part::Operations;
use crate::service::error::Result;
use crate::store;

/// Duration of a lease in seconds, unless it is renewed. For so long, nobody does the work of a process that has died.
const LEASE_SECONDS: i64 = 30;

impl Operations {
    /// Takes or renews a lease. Returns true if this process holds it.
    ///
    /// # Errors
    /// [`crate::service::error::Error::Store`]
    pub async fn hold(&self, name: &str) -> Result<bool> {
        let now = self.clock.now();
        let holder = self.holder.as_bytes().as_slice();
        self.db
            .write("hold_lease", |mut tx| async move {
                let held = store::lease::hold(&mut tx, name, holder, now, now + LEASE_SECONDS).await?;
                tx.commit().await?;
                Ok(held)
            })
            .await
    }

    /// Releases a lease, so that another process need not wait.
    ///
    /// # Errors
    /// [`crate::service::error::Error::Store`]
    pub async fn release(&self, name: &str) -> Result<()> {
        let holder = self.holder.as_bytes().as_slice();
        self.db
            .write("release_lease", |mut tx| async move {
                store::lease::release(&mut tx, name, holder).await?;
                tx.commit().await?;
                Ok(())
            })
            .await
    }
}
