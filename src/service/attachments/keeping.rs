//! Files that wait between their arrival and their case: listing, decisions, removal, and adding them to the case.

use zeroize::Zeroizing;

use super::part::Attachments;
use crate::domain::ids::{AttachmentId, CaseId};
use crate::service::error::{Error, InvalidReason, Result};
use crate::service::follow_up::additions::{AdditionError, reporter_adds};
use crate::service::follow_up::returning::Returning;
use crate::service::tokens::token_hash;
use crate::store::attachments::NewAttachment;
use crate::store::{self, Tx};
use crate::vault::attachment::{self, DescribedAttachment};
use crate::vault::content::{Attachment, Content as _};
use crate::vault::cookie::{CookieContent, CookieToken};
use crate::vault::envelope::{Author, Via};
use crate::vault::record;
use crate::vault::secret::Key32;
use crate::vault::signing::SigningKey;

impl Attachments {
    /// Returns the files that wait under a cookie, in no particular order.
    ///
    /// # Errors
    /// [`Error::Store`]
    pub async fn waiting_files(&self, token: &CookieToken) -> Result<Vec<DescribedAttachment>> {
        let mut tx = self.db.read().await?;
        self.waiting_in(&mut tx, token).await
    }

    pub(crate) async fn waiting_in(&self, tx: &mut Tx, token: &CookieToken) -> Result<Vec<DescribedAttachment>> {
        let rows = store::attachments::waiting(tx, &token_hash(self.instance, token)).await?;
        let opened = rows.into_iter().filter_map(|row| {
            let plain = token.open(CookieContent::Attachment, self.instance, &row.body).ok()?;
            let (id, json) = plain.split_first_chunk::<16>()?;
            // A description in another file's row is skipped: the file would not open.
            let content = Attachment::from_json(std::str::from_utf8(json).ok()?).ok()?;
            (id == row.id.as_bytes()).then_some(DescribedAttachment { id: row.id, content })
        });
        Ok(opened.collect())
    }

    /// Seals a description under its owner's cookie.
    pub(crate) fn seal_waiting(&self, token: &CookieToken, id: AttachmentId, content: &Attachment) -> Vec<u8> {
        let json = content.to_json();
        let mut plain = Zeroizing::new(Vec::with_capacity(16 + json.len()));
        plain.extend_from_slice(id.as_bytes());
        plain.extend_from_slice(json.as_bytes());
        token.seal(
            CookieContent::Attachment,
            self.instance,
            &plain,
            &mut self.randomness.generator(),
        )
    }

    /// Marks a file that could not be cleaned as wanted: its owner decides to send it as it is.
    ///
    /// # Errors
    /// [`Error::NotFound`]
    pub async fn keep_unchanged(&self, token: &CookieToken, id: AttachmentId) -> Result<()> {
        let mut files = self.waiting_files(token).await?;
        let Some(at) = files.iter().position(|file| file.id == id) else {
            return Err(Error::NotFound);
        };
        let file = files.swap_remove(at);
        if !file.is_undecided() {
            return Ok(());
        }
        let decided = file.unchanged();
        let (owner, body) = (
            token_hash(self.instance, token),
            self.seal_waiting(token, id, &decided.content),
        );
        let (owner, body) = (&owner, &body);
        self.db
            .write("accept_uncleaned_file", |mut tx| async move {
                if !store::attachments::describe(&mut tx, id, owner, body).await? {
                    return Err(Error::NotFound);
                }
                tx.commit().await?;
                Ok(())
            })
            .await
    }

    /// Removes a waiting file. A missing one is no error.
    ///
    /// # Errors
    /// [`Error::Store`]
    pub async fn remove_file(&self, token: &CookieToken, id: AttachmentId) -> Result<()> {
        let owner = &token_hash(self.instance, token);
        self.db
            .write("remove_file", |mut tx| async move {
                store::attachments::mark_for_deletion(&mut tx, id, owner).await?;
                tx.commit().await?;
                Ok(())
            })
            .await
    }

    /// Adds the waiting files to the reporter's case.
    ///
    /// # Errors
    /// [`AdditionError`]
    pub async fn send_files(&self, who: &Returning) -> Result<(), AdditionError> {
        let files = self.waiting_files(&who.token).await?;
        let new = self.sealed_files(who, &files).map_err(AdditionError::Invalid)?;
        let owner = token_hash(self.instance, &who.token);
        let today = self.clock.today();
        let (owner, new) = (&owner, &new);
        self.db
            .write("send_files", |mut tx| async move {
                reporter_adds(&mut tx, who.case, today).await?;
                match store::attachments::keep(&mut tx, who.case, owner, new).await {
                    Err(store::Error::Rows { .. }) => return Err(AdditionError::FilesChanged),
                    kept => kept?,
                }
                tx.commit().await?;
                Ok(())
            })
            .await
    }

    /// Seals the records of files that the reporter adds, in the reporter's name.
    ///
    /// # Errors
    /// [`InvalidReason::FilesNotReady`] when there is none, or one is undecided.
    pub(crate) fn sealed_files(
        &self,
        who: &Returning,
        files: &[DescribedAttachment],
    ) -> Result<Vec<NewAttachment>, InvalidReason> {
        if files.is_empty() || files.iter().any(DescribedAttachment::is_undecided) {
            return Err(InvalidReason::FilesNotReady);
        }
        let today = self.clock.today();
        let new = files.iter().map(|file| NewAttachment {
            id: file.id,
            author: Author::Reporter.to_string(),
            day: today,
            at: None,
            body: self.seal_attachment(who.case, &who.shared, &who.signing, file),
        });
        Ok(new.collect())
    }

    /// Seals the record of a file in the reporter's name.
    fn seal_attachment(
        &self,
        case: CaseId,
        shared: &Key32,
        reporter: &SigningKey,
        file: &DescribedAttachment,
    ) -> Vec<u8> {
        let place = attachment::record_context(self.instance, case, file.id);
        let author = (Author::Reporter, Via::Server);
        let mut rng = self.randomness.generator();
        record::seal(shared, &place, author, &file.content, reporter, &mut rng)
    }
}
