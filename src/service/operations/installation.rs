//! A new installation, and the checks before an existing one is used.

use super::part::Operations;
use serde_json::json;

use crate::audit::entry::{Act, Actor};
use crate::service::error::{Error, Result};
use crate::store;

/// How far a database is set up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Installed {
    /// Nobody's yet.
    No,
    /// This instance's, but the witness has not confirmed its log yet.
    Begun,
    Wholly,
}

impl Operations {
    /// How far the database is set up.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when it is another instance's.
    pub async fn installed(&self) -> Result<Installed> {
        let mut tx = self.db.read().await?;
        match store::instance::get(&mut tx).await? {
            None => Ok(Installed::No),
            Some(row) if row.id != self.instance => Err(Error::Unavailable(
                "the database belongs to another instance than the key file: check `database` and `keys`".into(),
            )),
            Some(_) if store::log::latest_cosigned(&mut tx).await?.is_none() => Ok(Installed::Begun),
            Some(_) => Ok(Installed::Wholly),
        }
    }

    /// Makes an empty database this instance's, with the first entry of its log.
    ///
    /// # Errors
    /// [`Error::Conflict`] when it is somebody's already.
    pub async fn install(&self) -> Result<()> {
        let entry = self.log.entry(
            Act::InstanceCreated,
            Actor::System,
            None,
            json!({ "instance": self.instance }),
            None,
        )?;
        let entry = &entry;
        self.db
            .write("set_up_installation", |mut tx| async move {
                if store::instance::get(&mut tx).await?.is_some() {
                    return Err(Error::Conflict);
                }
                store::instance::create(&mut tx, self.instance, self.clock.now()).await?;
                entry.write(&mut tx).await?;
                tx.commit().await?;
                Ok(())
            })
            .await?;
        self.log.sequence().await?;
        Ok(())
    }

    /// Checks that the database is this instance's, and that its rosters verify.
    ///
    /// # Errors
    /// [`Error::Unavailable`] with what to do.
    pub async fn open(&self) -> Result<()> {
        if self.installed().await? == Installed::No {
            return Err(Error::Unavailable("the database is empty: sigilo init".into()));
        }
        self.continues().await?;
        self.rosters.load().await
    }

    /// Whether the log holds all that the witness has seen: nothing is written to an old copy, where it would take the
    /// place of what is lost. A witness that does not answer is asked again with each countersignature.
    async fn continues(&self) -> Result<()> {
        // Asked first: what it has seen by now is in the database by then.
        let Ok((seen, _)) = self.witness.last_checkpoint().await else {
            return Ok(());
        };
        let mut tx = self.db.read().await?;
        let size = store::log::tree_size(&mut tx).await?.unsigned_abs();
        if seen <= size {
            return Ok(());
        }
        Err(Error::Unavailable(format!(
            "the witness has seen {seen} entries of the log, and the database holds {size}: it is an old copy. Find the \
             newer one; a restored backup goes on with `sigilo restore --signed` (docs/OPERATIONS.md)"
        )))
    }
}
