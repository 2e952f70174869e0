//! Notices to reporters: their addresses, and the queue. A notice is queued in the transaction of its cause, and says
//! nothing of it.

use super::part::{ContactCounts, Notifications};
use std::collections::HashMap;
use std::sync::PoisonError;

use zeroize::Zeroizing;

use crate::domain::ids::{CaseId, QueuedId};
use crate::domain::notice::{NoticeChannel, NoticeKind};
use crate::service::error::{Error, InvalidReason, Result};
use crate::store::cases::Case;
use crate::store::notices::Notice;
use crate::store::{self, Tx};
use crate::vault::contact;

/// Notices that are read together.
const BATCH_SIZE: i64 = 100;

/// Addresses that the reporter of a case may give a day. The limit keeps people from filling a stranger's inbox.
const MAX_CONTACTS_PER_DAY: u32 = 5;

impl Notifications {
    /// Counts one more address of a case. Returns true if there are too many today.
    pub fn exceeds_contact_limit(&self, case: CaseId) -> bool {
        let today = Some(self.clock.today());
        let mut counts = self.contact_counts.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.day != today {
            *counts = ContactCounts {
                day: today,
                times: HashMap::new(),
            };
        }
        let times = counts.times.entry(case).or_default();
        *times = times.saturating_add(1);
        *times > MAX_CONTACTS_PER_DAY
    }

    /// Reads the case of a notice.
    ///
    /// # Errors
    /// [`Error::Store`]
    pub async fn case_of_notice(&self, case: CaseId) -> Result<Option<Case>> {
        let mut tx = self.db.read().await?;
        Ok(store::cases::by_id(&mut tx, case).await?)
    }

    /// Sends notices about a case to this address from now on. With `number` it gets the number of the case now.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the address is too long; [`Error::Conflict`] if the case is closed.
    pub async fn set_contact(&self, case: CaseId, channel: NoticeChannel, address: &str, number: bool) -> Result<()> {
        let file = self.seal_contact(case, channel, address)?;
        let id = QueuedId::random(&mut self.randomness.generator());
        let (file, now) = (&file, self.clock.now());
        self.db
            .write("set_contact", |mut tx| async move {
                let of = store::cases::by_id(&mut tx, case).await?.ok_or(Error::NotFound)?;
                if !of.state.is_open() {
                    return Err(Error::Conflict);
                }
                store::notices::save_contact(&mut tx, case, channel, file).await?;
                if number {
                    store::notices::notify_reporter(&mut tx, (id, channel), NoticeKind::Number, case, now).await?;
                }
                tx.commit().await?;
                Ok(())
            })
            .await
    }

    /// Seals an address to the notifier.
    pub(crate) fn seal_contact(&self, case: CaseId, channel: NoticeChannel, address: &str) -> Result<Vec<u8>> {
        let notifier = self.keys.notifier.identity().recipient();
        contact::seal(&notifier, self.instance, case, channel, address)
            .map_err(|_| Error::Invalid(InvalidReason::ContactTooLong))
    }

    /// Deletes an address. Returns true if there was one.
    ///
    /// # Errors
    /// [`Error::Store`]
    pub async fn withdraw_contact(&self, case: CaseId, channel: NoticeChannel) -> Result<bool> {
        let gone = self
            .db
            .write("withdraw_contact", |mut tx| async move {
                let gone = store::notices::delete_contact(&mut tx, case, channel).await?;
                tx.commit().await?;
                Ok::<_, Error>(gone)
            })
            .await?;
        if gone {
            self.db.scrub_contacts().await?;
        }
        Ok(gone)
    }

    /// Lists the channels by which the reporter of a case gets notices.
    ///
    /// # Errors
    /// [`Error::Store`]
    pub async fn contact_channels(&self, case: CaseId) -> Result<Vec<NoticeChannel>> {
        let mut tx = self.db.read().await?;
        Ok(store::notices::channels(&mut tx, case).await?)
    }

    /// Queues a notice that there is something new, for each channel of the reporter.
    pub(crate) async fn notify_reporter(&self, tx: &mut Tx, case: CaseId) -> Result<()> {
        let now = self.clock.now();
        for channel in NoticeChannel::ALL {
            let id = QueuedId::random(&mut self.randomness.generator());
            store::notices::notify_reporter(tx, (id, *channel), NoticeKind::News, case, now).await?;
        }
        Ok(())
    }

    /// Reads the due notices of a channel.
    ///
    /// # Errors
    /// [`Error::Store`]
    pub async fn due_notices(&self, channel: NoticeChannel) -> Result<Vec<Notice>> {
        let mut tx = self.db.read().await?;
        Ok(store::notices::due(&mut tx, channel, self.clock.now(), BATCH_SIZE).await?)
    }

    /// Opens the address of a case's reporter with the notifier's key.
    ///
    /// # Errors
    /// [`Error::Store`]; [`Error::Internal`] if it does not open: it was exchanged, or the key file is another one.
    pub async fn contact_address(&self, case: CaseId, channel: NoticeChannel) -> Result<Option<Zeroizing<String>>> {
        let mut tx = self.db.read().await?;
        let Some(file) = store::notices::contact(&mut tx, case, channel).await? else {
            return Ok(None);
        };
        drop(tx);
        contact::open(&self.keys.notifier.identity(), self.instance, case, channel, &file)
            .map(Some)
            .map_err(|_| Error::Internal("an address for notices does not open".into()))
    }

    /// Reads the language of a case's reporter.
    ///
    /// # Errors
    /// [`Error::Store`]
    pub async fn language_of(&self, case: CaseId) -> Result<Option<String>> {
        let mut tx = self.db.read().await?;
        Ok(store::cases::by_id(&mut tx, case).await?.map(|case| case.language))
    }

    /// Deletes a notice that was sent, or that never will be.
    ///
    /// # Errors
    /// [`Error::Store`]
    pub async fn delete_notice(&self, id: QueuedId) -> Result<()> {
        self.db
            .write("delete_notice", |mut tx| async move {
                store::notices::delete(&mut tx, id).await?;
                tx.commit().await?;
                Ok(())
            })
            .await
    }

    /// Counts a failed attempt. The next one is after so many seconds.
    ///
    /// # Errors
    /// [`Error::Store`]
    pub async fn postpone_notice(&self, id: QueuedId, seconds: i64) -> Result<()> {
        let next_at = self.clock.now() + seconds;
        self.db
            .write("postpone_notice", |mut tx| async move {
                store::notices::postpone(&mut tx, id, next_at).await?;
                tx.commit().await?;
                Ok(())
            })
            .await
    }
}
