//! Turns a notice into an e-mail: finds the recipient, opens the address, and chooses the text.

use std::sync::Arc;

use lettre::Message;
use lettre::message::Mailbox;
use rand::RngExt as _;
use zeroize::Zeroizing;

use super::message::Email;
use crate::domain::ids::{CaseId, StaffId};
use crate::domain::notice::{NoticeChannel, NoticeKind};
use crate::i18n::Languages;
use crate::service::{App, Error, Result};
use crate::store::notices::Notice;

/// The e-mail of a notice.
pub(super) enum Composed {
    Ready(Box<Message>),
    /// The notice was withdrawn, or there is nothing to tell any more.
    NotNeeded,
    /// There will never be an e-mail, for this reason.
    Impossible(String),
}

/// Composes e-mails.
pub(super) struct Composer {
    pub(super) app: Arc<App>,
    pub(super) languages: Languages,
    /// Scheme and host of the links.
    pub(super) public_url: String,
    pub(super) from: Mailbox,
}

impl Composer {
    /// Composes the e-mail of a notice.
    ///
    /// # Errors
    /// [`Error::Store`]: try again later.
    pub(super) async fn compose(&self, notice: &Notice) -> Result<Composed> {
        let written = match (notice.case_id, notice.staff_id) {
            (Some(case), _) => self.to_reporter(case, notice.what).await,
            (None, Some(member)) if notice.what == NoticeKind::Opening => self.to_auditor(member).await,
            (None, Some(member)) => self.to_member(member).await,
            (None, None) => Ok(None),
        };
        let (to, email) = match written {
            Ok(Some(written)) => written,
            Ok(None) => return Ok(Composed::NotNeeded),
            // The address was exchanged, or sealed to a key that is gone: waiting does not help.
            Err(Error::Internal(reason)) => return Ok(Composed::Impossible(reason)),
            Err(error) => return Err(error),
        };
        let mut id = [0_u8; 16];
        self.app.randomness.generator().fill(&mut id);
        let message = email.to_message(&self.from, &to, &hex::encode(id), self.app.now());
        Ok(message.map_or_else(
            |_| Composed::Impossible("the address is invalid".into()),
            |message| Composed::Ready(Box::new(message)),
        ))
    }

    async fn to_reporter(&self, case: CaseId, kind: NoticeKind) -> Result<Option<(Zeroizing<String>, Email)>> {
        let Some(to) = self
            .app
            .notifications
            .contact_address(case, NoticeChannel::Email)
            .await?
        else {
            return Ok(None);
        };
        let Some(case) = self.app.notifications.case_of_notice(case).await? else {
            return Ok(None);
        };
        let t = self.languages.texts(Some(&case.language));
        let email = match kind {
            NoticeKind::Number => Email::number(&t, &self.public_url, &case.number),
            NoticeKind::News | NoticeKind::Digest | NoticeKind::Opening => Email::news(&t, &self.public_url),
        };
        Ok(Some((to, email)))
    }

    async fn to_auditor(&self, member: StaffId) -> Result<Option<(Zeroizing<String>, Email)>> {
        let Some(staff) = self.app.notifications.auditor_of_notice(member).await? else {
            return Ok(None);
        };
        let t = self.languages.texts(Some(&staff.language));
        let email = Email::opening(&t, &self.public_url);
        Ok(Some((staff.email.into(), email)))
    }

    async fn to_member(&self, member: StaffId) -> Result<Option<(Zeroizing<String>, Email)>> {
        let Some((staff, summary)) = self.app.notifications.summary(member).await? else {
            return Ok(None);
        };
        let t = self.languages.texts(Some(&staff.language));
        let email = Email::digest(&t, &self.public_url, &summary);
        Ok(Some((staff.email.into(), email)))
    }
}
