//! Prepares the effects of a message: everything is sealed here, and nothing is stored before the turn commits.

use super::part::Conversations;
use super::types::ConversationEffect;
use crate::dialogue::Draft;
use crate::domain::facets::Channel;
use crate::domain::ids::CaseId;
use crate::domain::notice::NoticeChannel;
use crate::service::error::{Error, Result};
use crate::service::follow_up::returning::Returning;
use crate::service::tokens::token_hash;
use crate::vault::attachment::DescribedAttachment;
use crate::vault::cookie::CookieToken;

impl Conversations {
    /// Prepares the report of a complete draft.
    ///
    /// # Errors
    /// As `Intake::prepare_report`.
    pub async fn prepare_submission(&self, draft: &Draft, token: CookieToken) -> Result<ConversationEffect> {
        let prepared = self.intake.prepare_report(draft, Channel::Whatsapp).await?;
        Ok(ConversationEffect::SubmitReport(Box::new(prepared), token))
    }

    /// Prepares a message from a reporter to the area.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the text is empty or too long.
    pub fn append_message(&self, who: &Returning, text: &str) -> Result<ConversationEffect> {
        let record = self.follow_up.seal_message(who, text).map_err(Error::Invalid)?;
        Ok(ConversationEffect::AppendMessage(who.case, record))
    }

    /// Prepares files that a reporter adds to their case.
    ///
    /// # Errors
    /// [`Error::Invalid`] if there is none, or the reporter has to decide about one.
    pub fn add_files(
        &self,
        who: &Returning,
        owner: &CookieToken,
        files: &[DescribedAttachment],
    ) -> Result<ConversationEffect> {
        let new = self.attachments.sealed_files(who, files).map_err(Error::Invalid)?;
        Ok(ConversationEffect::AddFiles(
            who.case,
            token_hash(self.instance, owner),
            new,
        ))
    }

    /// Gives a file from one token to another.
    pub fn adopt_file(&self, file: &DescribedAttachment, from: &CookieToken, to: &CookieToken) -> ConversationEffect {
        ConversationEffect::AdoptFile {
            id: file.id,
            from: token_hash(self.instance, from),
            to: token_hash(self.instance, to),
            description: self.attachments.seal_waiting(to, file.id, &file.content),
        }
    }

    /// Keeps a file that nobody could clean, or removes it.
    pub fn decide_file(&self, file: &DescribedAttachment, owner: &CookieToken, keep: bool) -> ConversationEffect {
        let (id, owner_hash) = (file.id, token_hash(self.instance, owner));
        if keep {
            ConversationEffect::KeepFile {
                id,
                owner: owner_hash,
                description: self.attachments.seal_waiting(owner, id, &file.unchanged().content),
            }
        } else {
            ConversationEffect::RemoveFile { id, owner: owner_hash }
        }
    }

    /// Seals an address for notices about a case.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the address is too long.
    pub fn set_notice_address(&self, case: CaseId, address: &str) -> Result<ConversationEffect> {
        let sealed = self
            .notifications
            .seal_contact(case, NoticeChannel::Whatsapp, address)?;
        Ok(ConversationEffect::SetNoticeAddress(case, sealed))
    }
}
