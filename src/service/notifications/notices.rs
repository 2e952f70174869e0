//! Telling people that there is something new: who wants to be told and where, and what waits to be sent. A notice is
//! written in the transaction of what it tells and says nothing of it.

use super::part::{Given, Notifications};
use std::collections::HashMap;
use std::sync::PoisonError;

use zeroize::Zeroizing;

use crate::domain::ids::{CaseId, QueuedId};
use crate::domain::notice::{NoticeChannel, NoticeKind};
use crate::service::error::{Error, Result};
use crate::store::cases::Case;
use crate::store::notices::Notice;
use crate::store::{self, Tx};
use crate::vault::contact;

/// Notices that are looked at together.
const ROUND: i64 = 100;

/// How often a day a case's reporter may give an address that gets a mail: nobody's inbox is filled by way of us.
const GIVEN_A_DAY: u32 = 5;

impl Notifications {
    /// Counts one more address of a case, and says whether that many are too many for today.
    pub fn gives_too_often(&self, case: CaseId) -> bool {
        let today = Some(self.clock.today());
        let mut given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        if given.day != today {
            *given = Given {
                day: today,
                times: HashMap::new(),
            };
        }
        let times = given.times.entry(case).or_default();
        *times = times.saturating_add(1);
        *times > GIVEN_A_DAY
    }

    /// The case that a notice is about: its language, and its number where that is what is told.
    ///
    /// # Errors
    /// [`Error::Store`]
    pub async fn case_to_tell_of(&self, case: CaseId) -> Result<Option<Case>> {
        let mut tx = self.db.read().await?;
        Ok(store::cases::by_id(&mut tx, case).await?)
    }

    /// From now on the case's reporter is told at this address. With `number` they get the case's number now.
    ///
    /// # Errors
    /// [`Error::Invalid`] when the address is too long; [`Error::Conflict`] when the case is closed.
    pub async fn give_contact(&self, case: CaseId, channel: NoticeChannel, address: &str, number: bool) -> Result<()> {
        let file = self.seal_contact(case, channel, address)?;
        let id = QueuedId::random(&mut self.randomness.generator());
        let (file, now) = (&file, self.clock.now());
        self.db
            .write("give_contact", |mut tx| async move {
                let of = store::cases::by_id(&mut tx, case).await?.ok_or(Error::NotFound)?;
                if !of.state.is_open() {
                    return Err(Error::Conflict);
                }
                store::notices::put_contact(&mut tx, case, channel, file).await?;
                if number {
                    store::notices::tell_reporter(&mut tx, (id, channel), NoticeKind::Number, case, now).await?;
                }
                tx.commit().await?;
                Ok(())
            })
            .await
    }

    /// An address as it is kept, sealed to the notifier.
    pub(crate) fn seal_contact(&self, case: CaseId, channel: NoticeChannel, address: &str) -> Result<Vec<u8>> {
        let notifier = self.keys.notifier.identity().recipient();
        contact::seal(&notifier, self.instance, case, channel, address)
            .map_err(|_| Error::Invalid("the address is too long"))
    }

    /// Takes an address back; whether there was one.
    ///
    /// # Errors
    /// [`Error::Store`]
    pub async fn withdraw_contact(&self, case: CaseId, channel: NoticeChannel) -> Result<bool> {
        let gone = self
            .db
            .write("withdraw_contact", |mut tx| async move {
                let gone = store::notices::forget_contact(&mut tx, case, channel).await?;
                tx.commit().await?;
                Ok::<_, Error>(gone)
            })
            .await?;
        if gone {
            self.db.scrub_contacts().await?;
        }
        Ok(gone)
    }

    /// By which ways the case's reporter is told.
    ///
    /// # Errors
    /// [`Error::Store`]
    pub async fn contact_channels(&self, case: CaseId) -> Result<Vec<NoticeChannel>> {
        let mut tx = self.db.read().await?;
        Ok(store::notices::channels(&mut tx, case).await?)
    }

    /// Writes down that the case's reporter has something new to see, for every way that they gave.
    pub(crate) async fn tell_reporter(&self, tx: &mut Tx, case: CaseId) -> Result<()> {
        let now = self.clock.now();
        for channel in NoticeChannel::ALL {
            let id = QueuedId::random(&mut self.randomness.generator());
            store::notices::tell_reporter(tx, (id, *channel), NoticeKind::News, case, now).await?;
        }
        Ok(())
    }

    /// The notices of a channel that are to be sent now.
    ///
    /// # Errors
    /// [`Error::Store`]
    pub async fn due_notices(&self, channel: NoticeChannel) -> Result<Vec<Notice>> {
        let mut tx = self.db.read().await?;
        Ok(store::notices::due(&mut tx, channel, self.clock.now(), ROUND).await?)
    }

    /// The address that a case's reporter gave, opened with the notifier's key.
    ///
    /// # Errors
    /// [`Error::Store`]; [`Error::Internal`] when it does not open: it was exchanged, or the key file is another one.
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

    /// The language of a case's reporter.
    ///
    /// # Errors
    /// [`Error::Store`]
    pub async fn language_of(&self, case: CaseId) -> Result<Option<String>> {
        let mut tx = self.db.read().await?;
        Ok(store::cases::by_id(&mut tx, case).await?.map(|case| case.language))
    }

    /// A notice was sent, or never can be.
    ///
    /// # Errors
    /// [`Error::Store`]
    pub async fn notice_done(&self, id: QueuedId) -> Result<()> {
        self.db
            .write("delete_notice", |mut tx| async move {
                store::notices::forget(&mut tx, id).await?;
                tx.commit().await?;
                Ok(())
            })
            .await
    }

    /// A notice could not be sent: again after so many seconds.
    ///
    /// # Errors
    /// [`Error::Store`]
    pub async fn put_off_notice(&self, id: QueuedId, seconds: i64) -> Result<()> {
        let next_at = self.clock.now() + seconds;
        self.db
            .write("postpone_notice", |mut tx| async move {
                store::notices::put_off(&mut tx, id, next_at).await?;
                tx.commit().await?;
                Ok(())
            })
            .await
    }
}
