//! A new installation, and the checks before an existing one is used.

use serde_json::json;

use super::part::Operations;
use crate::audit::entry::{Act, Actor};
use crate::service::error::{Error, Result};
use crate::store;

/// The state of a database's set-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Installed {
    /// No instance owns it yet.
    No,
    /// It is this instance's, but the witness has not confirmed its log yet.
    Begun,
    Wholly,
}

impl Operations {
    /// Returns the state of the database's set-up.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when it belongs to another instance.
    pub async fn installed(&self) -> Result<Installed> {
        let mut tx = self.context.db.read().await?;
        match store::instance::get(&mut tx).await? {
            None => Ok(Installed::No),
            Some(row) if row.id != self.context.instance => Err(Error::Unavailable(
                "the database belongs to another instance than the key file: check `database` and `keys`".into(),
            )),
            Some(_) if store::log::latest_cosigned(&mut tx).await?.is_none() => Ok(Installed::Begun),
            Some(_) => Ok(Installed::Wholly),
        }
    }

    /// Makes an empty database this instance's, and writes the first entry of its log.
    ///
    /// # Errors
    /// [`Error::Conflict`] when an instance owns it already.
    pub async fn install(&self) -> Result<()> {
        let entry = self.log.entry(
            Act::InstanceCreated,
            Actor::System,
            None,
            json!({ "instance": self.context.instance }),
            None,
        )?;
        let entry = &entry;
        self.context
            .db
            .write("set_up_installation", |mut tx| async move {
                if store::instance::get(&mut tx).await?.is_some() {
                    return Err(Error::Conflict);
                }
                store::instance::create(&mut tx, self.context.instance, self.context.clock.now()).await?;
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
    /// [`Error::Unavailable`] with the remedy.
    pub async fn open(&self) -> Result<()> {
        if self.installed().await? == Installed::No {
            return Err(Error::Unavailable("the database is empty: sigilo init".into()));
        }
        self.continues().await?;
        self.rosters.load().await
    }

    /// Checks that the log contains everything that the witness has seen. Nothing may be written to an old copy of the
    /// database, because it would take the place of the lost entries. A witness that does not answer is asked again
    /// with each countersignature.
    async fn continues(&self) -> Result<()> {
        // The witness is asked first: everything that it has seen is in the database when that is read.
        let Ok((seen, _)) = self.context.witness.last_checkpoint().await else {
            return Ok(());
        };
        let mut tx = self.context.db.read().await?;
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
