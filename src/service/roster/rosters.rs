//! Rosters that the authority signed offline are published once the witness has accepted them.

use std::sync::Arc;

use serde_json::json;

use super::part::{Freshness, Rosters};
use crate::audit::entry::{Act, Actor, Base64};
use crate::service::error::{Error, Result};
use crate::store;
use crate::vault::roster::VerifiedRoster;
use crate::witness::statement::{ROSTER_STATEMENT_VALID_SECONDS, RosterStatement, Statement as _};

impl Rosters {
    /// Publishes a roster that the authority has signed: the witness first, then the database.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the signature, the chain or the witness refuses it.
    pub async fn publish(&self, signed: &[u8]) -> Result<Arc<VerifiedRoster>> {
        let roster = self.next(signed)?;
        let head = self
            .witness
            .accept_roster(Base64(signed.to_vec()))
            .await
            .map_err(|refusal| Error::Unavailable(format!("the witness refuses the roster: {refusal}")))?;
        self.write(roster, signed, Some(head)).await
    }

    /// Publishes a roster again after a restore, although the witness has accepted it and newer ones before.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the signature or the chain refuses it.
    pub async fn republish(&self, signed: &[u8]) -> Result<Arc<VerifiedRoster>> {
        let roster = self.next(signed)?;
        self.write(roster, signed, None).await
    }

    /// Verifies a roster: the authority signed it, and it follows the one in force.
    fn next(&self, signed: &[u8]) -> Result<VerifiedRoster> {
        let roster = VerifiedRoster::verify(self.instance, signed, &self.keys.authority)?;
        match self.current() {
            Ok(current) => roster.follows(&current)?,
            Err(_) if roster.version() == 1 => {}
            Err(_) => return Err(Error::Invalid("the first roster has version 1")),
        }
        Ok(roster)
    }

    /// Writes a roster down, with the head of the witness's journal where it has accepted it just now.
    async fn write(&self, roster: VerifiedRoster, signed: &[u8], head: Option<Base64>) -> Result<Arc<VerifiedRoster>> {
        let mut detail = json!({ "version": roster.version(), "hash": roster.hash() });
        if let Some(head) = head {
            detail["head"] = String::from(head).into();
        }
        let entry = self
            .log
            .entry(Act::RosterPublished, Actor::Authority, None, detail, None)?;
        let row = store::roster::Roster {
            version: i64::try_from(roster.version()).map_err(|_| Error::Invalid("the version is out of range"))?,
            hash: roster.hash().as_bytes().to_vec(),
            note: signed.to_vec(),
            published_at: self.clock.now(),
        };
        let (row, entry) = (&row, &entry);
        self.db
            .write("publish_roster", |mut tx| async move {
                store::roster::publish(&mut tx, row).await?;
                entry.write(&mut tx).await?;
                tx.commit().await
            })
            .await?;
        self.enter(roster);
        self.current()
    }

    /// Returns the roster to which new reports are sealed. It is not older than the one that the witness named in a
    /// statement of the last 24 hours.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the roster is missing or rolled back, or the witness cannot be asked.
    pub async fn for_sealing(&self) -> Result<Arc<VerifiedRoster>> {
        let roster = self.current()?;
        let known = *self.freshness.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        // The witness is asked again well before the statement ends, so that a short absence of it stops nothing.
        let fresh =
            known.filter(|known| (0..ROSTER_STATEMENT_VALID_SECONDS / 2).contains(&(self.clock.now() - known.time)));
        let named = match fresh {
            Some(named) => named,
            None => match self.ask_witness().await {
                Ok(named) => named,
                Err(error) => known
                    .filter(|known| (0..ROSTER_STATEMENT_VALID_SECONDS).contains(&(self.clock.now() - known.time)))
                    .ok_or(error)?,
            },
        };
        if roster.version() < named.version {
            return Err(Error::Unavailable(format!(
                "the roster was rolled back to version {}; the witness has seen {}",
                roster.version(),
                named.version
            )));
        }
        Ok(roster)
    }

    async fn ask_witness(&self) -> Result<Freshness> {
        let unavailable = |what: String| Error::Unavailable(format!("the witness's statement on the roster: {what}"));
        let signed = self
            .witness
            .roster_statement()
            .await
            .map_err(|refusal| unavailable(refusal.to_string()))?;
        let statement = RosterStatement::verify(&signed.0, self.instance, &self.keys.witness)
            .map_err(|error| unavailable(error.to_string()))?;
        if !statement.is_fresh(self.clock.now()) {
            return Err(unavailable("it is older than a day: check both clocks".into()));
        }
        let roster = self.current()?;
        if statement.version == roster.version() && statement.hash != roster.hash() {
            return Err(unavailable("it names another roster of the same version".into()));
        }
        let named = Freshness {
            version: statement.version,
            time: statement.time,
        };
        *self.freshness.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(named);
        Ok(named)
    }
}
