//! What only one process may do at a time, where several serve one database: sending, and walking conversations in order.

use super::part::Operations;
use crate::service::error::Result;
use crate::store;

/// Seconds that a lease lasts unless it is kept: so long nobody does the work of a process that has died.
const LEASE: i64 = 30;

impl Operations {
    /// Takes or keeps a lease for some time; whether this process has it.
    ///
    /// # Errors
    /// [`crate::service::error::Error::Store`]
    pub async fn hold(&self, name: &str) -> Result<bool> {
        let now = self.clock.now();
        let holder = self.holder.as_bytes().as_slice();
        self.db
            .write("hold_lease", |mut tx| async move {
                let held = store::lease::hold(&mut tx, name, holder, now, now + LEASE).await?;
                tx.commit().await?;
                Ok(held)
            })
            .await
    }

    /// Gives a lease back, so that another process need not wait.
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
