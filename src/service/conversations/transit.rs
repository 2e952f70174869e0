//! The keys of what is on its way: one a day, and destroyed when nothing needs it any more.

use super::part::Conversations;
use super::transit_keys::{Keys, Living};
use std::sync::PoisonError;

use crate::domain::day::Day;
use crate::service::error::{Error, Result};
use crate::store;
use crate::vault::transit::{TransitKey, TransitPurpose};

/// Days that a conversation may rest; its key lives a day longer.
const TALKS: i64 = 1;
/// Meta delivers for seven days; a message counts once so long.
const SEEN: i64 = 8;

impl Conversations {
    /// The living keys of a purpose: today's first, which is made if there is none.
    ///
    /// # Errors
    /// [`Error::Store`]; [`Error::Internal`] when a key does not open under the key file's.
    pub(crate) async fn transit_keys(&self, purpose: TransitPurpose) -> Result<Living> {
        let today = self.clock.today();
        let known = self
            .transit
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .of(purpose)
            .clone();
        if let Some(keys) = known
            && keys.first().is_some_and(|key| key.day() >= today)
        {
            return Ok(keys);
        }
        self.load_transit_keys(purpose, today).await
    }

    async fn load_transit_keys(&self, purpose: TransitPurpose, today: Day) -> Result<Living> {
        let root = self.keys.transit.key();
        let (_, sealed) = TransitKey::random(root, self.instance, purpose, today, &mut self.randomness.generator());
        let sealed = &sealed;
        let rows = self
            .db
            .write("load_transit_keys", |mut tx| async move {
                // Another process may be first: then theirs is the day's key.
                store::whatsapp::insert_transit_key(&mut tx, purpose.as_str(), today, sealed).await?;
                let rows = store::whatsapp::transit_keys(&mut tx, purpose.as_str()).await?;
                tx.commit().await?;
                Ok::<_, Error>(rows)
            })
            .await?;
        let open = |row: store::whatsapp::SealedKey| {
            TransitKey::open(root, self.instance, purpose, row.day, &row.sealed)
                .map_err(|_| Error::Internal("a transit key does not open: is the key file another one?".into()))
        };
        let keys: Living = rows.into_iter().map(open).collect::<Result<Vec<_>>>()?.into();
        *self.transit.lock().unwrap_or_else(PoisonError::into_inner).of(purpose) = Some(keys.clone());
        Ok(keys)
    }

    /// Destroys the keys whose time is over: what lay under them opens no more, in no backup either once this database's
    /// pages are overwritten and the key file's transit key is not in it.
    pub(crate) async fn destroy_transit_keys(&self) -> Result<()> {
        let today = self.clock.today();
        let (talk, seen) = (Day(today.0 - TALKS), Day(today.0 - SEEN));
        let gone = self
            .db
            .write("destroy_transit_keys", |mut tx| async move {
                let gone = store::whatsapp::destroy_transit_keys(&mut tx, talk, seen).await?;
                tx.commit().await?;
                Ok::<_, Error>(gone)
            })
            .await?;
        if gone > 0 {
            *self.transit.lock().unwrap_or_else(PoisonError::into_inner) = Keys::default();
            self.db.scrub().await?;
        }
        Ok(())
    }
}
