//! The keys of conversations and queues: one a day, destroyed when nothing needs it any more.

use std::sync::PoisonError;

use zeroize::Zeroizing;

use super::part::Conversations;
use super::transit_keys::{KnownKeys, LivingKeys};
use crate::domain::day::Day;
use crate::service::error::{Error, Result};
use crate::store;
use crate::vault::transit::{TransitContent, TransitKey, TransitPurpose};

/// Days that a conversation may rest. Its key lives one day longer.
const CONVERSATION_DAYS: i64 = 1;
/// Days in which a message counts once. Meta delivers it again for seven days.
const SEEN_DAYS: i64 = 8;

impl Conversations {
    /// Returns the living keys of a purpose, today's first. It makes today's key if there is none.
    ///
    /// # Errors
    /// [`Error::Store`]; [`Error::Internal`] if a key does not open with the key file.
    pub(crate) async fn transit_keys(&self, purpose: TransitPurpose) -> Result<LivingKeys> {
        let today = self.clock.today();
        let known = self
            .transit
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .of(purpose)
            .clone();
        match known {
            Some(keys) if keys.first().is_some_and(|key| key.day() >= today) => Ok(keys),
            Some(_) | None => self.load_transit_keys(purpose, today).await,
        }
    }

    async fn load_transit_keys(&self, purpose: TransitPurpose, today: Day) -> Result<LivingKeys> {
        let root = self.keys.transit.key();
        let (_, sealed) = TransitKey::random(root, self.instance, purpose, today, &mut self.randomness.generator());
        let sealed = &sealed;
        let rows = self
            .db
            .write("load_transit_keys", |mut tx| async move {
                // If another process was first, its key is the key of the day.
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
        let keys: LivingKeys = rows.into_iter().map(open).collect::<Result<Vec<_>>>()?.into();
        *self.transit.lock().unwrap_or_else(PoisonError::into_inner).of(purpose) = Some(keys.clone());
        Ok(keys)
    }

    /// Destroys expired keys, so that what was sealed under them opens no more. This includes backups, once the pages of
    /// this database are overwritten and if the transit key of the key file is not in the backup.
    ///
    /// # Errors
    /// [`Error::Store`]
    pub(crate) async fn destroy_transit_keys(&self) -> Result<()> {
        let today = self.clock.today();
        let (conversations, seen) = (today.plus_days(-CONVERSATION_DAYS), today.plus_days(-SEEN_DAYS));
        let destroyed = self
            .db
            .write("destroy_transit_keys", |mut tx| async move {
                let destroyed = store::whatsapp::destroy_transit_keys(&mut tx, conversations, seen).await?;
                tx.commit().await?;
                Ok::<_, Error>(destroyed)
            })
            .await?;
        if destroyed > 0 {
            *self.transit.lock().unwrap_or_else(PoisonError::into_inner) = KnownKeys::default();
            self.db.scrub().await?;
        }
        Ok(())
    }
}

/// Opens a sealed body with the key of its day. `None` if the key is gone or the body was exchanged.
pub(super) fn open(
    keys: &[TransitKey],
    day: Day,
    kind: TransitContent,
    place: &[u8],
    body: &[u8],
) -> Option<Zeroizing<Vec<u8>>> {
    let key = keys.iter().find(|key| key.day() == day)?;
    key.unseal(kind, place, body).ok()
}
