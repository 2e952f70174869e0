//! A lease: of several processes that serve one database, only one does some work at a time.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::part::Operations;
use crate::domain::ids::QueuedId;
use crate::service::clock::LocalClock;
use crate::service::error::{Error, Result};
use crate::store::{self, Db};

/// Lifetime of a lease that is not renewed: after a crash nobody does the work for so long.
const LEASE_SECONDS: i64 = 30;
/// Time between two renewals, well below the lifetime.
pub(super) const RENEWAL_INTERVAL: Duration = Duration::from_secs(10);

/// A lease by name. It remembers for `RENEWAL_INTERVAL` who has it, so that asking is cheap.
pub struct Lease {
    db: Db,
    clock: LocalClock,
    name: &'static str,
    /// The random name of this process.
    holder: QueuedId,
    /// True if this process has the lease, and when that was found out.
    known: Mutex<Option<(bool, Instant)>>,
}

impl std::fmt::Debug for Lease {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Lease").field(&self.name).finish()
    }
}

impl Operations {
    /// Returns the lease of this name. It is not taken yet.
    #[must_use]
    pub fn lease(&self, name: &'static str) -> Lease {
        Lease {
            db: self.context.db.clone(),
            clock: self.context.clock.clone(),
            name,
            holder: self.holder,
            known: Mutex::default(),
        }
    }
}

impl Lease {
    /// Returns true if this process has the lease. Takes or renews it if the answer is not known any more.
    ///
    /// # Errors
    /// [`Error::Store`]
    pub async fn is_held(&self) -> Result<bool> {
        let known = *self.known.lock().unwrap_or_else(PoisonError::into_inner);
        match known {
            Some((is_held, since)) if since.elapsed() < RENEWAL_INTERVAL => Ok(is_held),
            Some(_) | None => self.renew().await,
        }
    }

    /// Takes or renews the lease now. Returns true if this process has it.
    ///
    /// # Errors
    /// [`Error::Store`]
    pub async fn renew(&self) -> Result<bool> {
        let now = self.clock.now();
        let holder = self.holder.as_bytes().as_slice();
        let is_held = self
            .db
            .write("acquire_lease", |mut tx| async move {
                let is_held = store::lease::acquire(&mut tx, self.name, holder, now, now + LEASE_SECONDS).await?;
                tx.commit().await?;
                Ok::<_, Error>(is_held)
            })
            .await?;
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Some((is_held, Instant::now()));
        Ok(is_held)
    }

    /// Gives the lease back, so that another process need not wait for its end.
    ///
    /// # Errors
    /// [`Error::Store`]
    pub async fn release(&self) -> Result<()> {
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = None;
        let holder = self.holder.as_bytes().as_slice();
        self.db
            .write("release_lease", |mut tx| async move {
                store::lease::release(&mut tx, self.name, holder).await?;
                tx.commit().await?;
                Ok(())
            })
            .await
    }
}
