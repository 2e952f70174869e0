//! Reading attachments: sealed for the browsers of the area, opened for the reporter of the case. Also attachments
//! that staff add.

use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream::{self, BoxStream};
use serde_json::json;

use super::part::Attachments;
use super::processing::{PIECE_BYTES, off_thread_reading};
use super::refusal::{ReceiveError, Refusal};
use super::source::Stored;
use crate::audit::entry::{Act, Actor};
use crate::domain::day::{HOUR, round_up};
use crate::domain::ids::{AttachmentId, CaseId};
use crate::domain::state::State;
use crate::service::casework::{Sealed, require_own_case};
use crate::service::conflicts::conflict_if_duplicate;
use crate::service::error::{Error, InvalidReason, Result};
use crate::service::follow_up::returning::Returning;
use crate::service::people::sessions::Member;
use crate::store;
use crate::store::attachments::NewAttachment;
use crate::store::blobs::BlobError;
use crate::vault::agefile;
use crate::vault::attachment::{self, FileKey, OpenError, Opener};
use crate::vault::content::Attachment;
use crate::vault::envelope::Author;
use crate::vault::record;

/// The sealed bytes of a stored file.
pub type SealedBytes = BoxStream<'static, Result<Bytes, BlobError>>;
/// The bytes of an opened file. After an error, the bytes before it must not be used either.
pub type OpenedBytes = BoxStream<'static, Result<Bytes, OpenError>>;

impl Attachments {
    /// Gives a sealed file of a case to a member of its area, and logs that.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Forbidden`]; [`Error::Unavailable`] when the file store does not answer.
    pub async fn sealed_file(&self, member: &Member, case: CaseId, id: AttachmentId) -> Result<(u64, SealedBytes)> {
        let detail = json!({ "attachment": id });
        let opened = self
            .log
            .entry(Act::AttachmentOpened, Actor::Staff(member.id), Some(case), detail, None)?;
        let opened = &opened;
        self.db
            .write("open_sealed_file", |mut tx| async move {
                require_own_case(&mut tx, member, case).await?;
                let kept = store::attachments::of_case_by_id(&mut tx, case, id).await?;
                kept.ok_or(Error::NotFound)?;
                opened.write(&mut tx).await?;
                tx.commit().await?;
                Ok::<_, Error>(())
            })
            .await?;
        Ok(self.processing.files.stream(id).await?)
    }

    /// Opens the description of a file of the reporter's own case. Returns none if somebody has changed it.
    pub(crate) fn own_attachment(
        &self,
        who: &Returning,
        row: &store::attachments::Kept,
    ) -> Option<(Author, Attachment)> {
        let place = attachment::record_context(self.instance, who.case, row.id);
        let envelope = record::open(&who.shared, &place, &row.body).ok()?;
        let keys = match envelope.author() {
            Author::Reporter => vec![who.signing.verify_key()],
            Author::Staff(id) => self.rosters.author_keys(id),
        };
        let is_signed = keys.iter().any(|key| record::verify(&envelope, &place, key).is_ok());
        let content = envelope.content().ok().filter(|_| is_signed)?;
        Some((envelope.author(), content))
    }

    /// Opens a file of the reporter's own case. Returns its description and its bytes.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Conflict`] when record or file was changed since it was sent; [`Error::Unavailable`]
    /// when the file store does not answer.
    pub async fn opened_file(&self, who: &Returning, id: AttachmentId) -> Result<(Attachment, OpenedBytes)> {
        let mut tx = self.db.read().await?;
        let row = store::attachments::of_case_by_id(&mut tx, who.case, id).await?;
        drop(tx);
        let row = row.ok_or(Error::NotFound)?;
        let (_, content) = self.own_attachment(who, &row).ok_or(Error::Conflict)?;
        let key = FileKey::of(&content).map_err(|_| Error::Conflict)?;
        let size = self.processing.files.size(id).await?;
        let stored = Stored::new(self.processing.files.clone(), id, size);
        let reading = self.processing.reading.clone();
        let opener = off_thread_reading(&reading, move || Opener::new(&key, stored));
        let opener = (*opener
            .await
            .map_err(|error| Error::Internal(format!("opening a file: {error}")))?)
        .map_err(|error| match error {
            OpenError::ContentChanged(_) => Error::Conflict,
            OpenError::Source(error) => Error::Unavailable(error.to_string()),
        })?;
        let bytes = stream::try_unfold((opener, reading), |(mut opener, reading)| async move {
            let turn = off_thread_reading(&reading, move || (opener.next(PIECE_BYTES), opener));
            let (piece, opener) = *turn
                .await
                .map_err(|error| OpenError::Source(std::io::Error::other(error)))?;
            let piece = piece?;
            Ok((!piece.is_empty()).then(|| (Bytes::from(piece), (opener, reading))))
        });
        Ok((content, bytes.boxed()))
    }

    /// Stores a file that a member's browser sealed. It waits for its record.
    ///
    /// # Errors
    /// [`ReceiveError`]; [`Error::Conflict`] when the id is taken or the case is closed, [`Error::Forbidden`].
    pub async fn receive_sealed_file<E>(
        &self,
        member: &Member,
        case: CaseId,
        id: AttachmentId,
        mut body: impl futures_util::Stream<Item = Result<Bytes, E>> + Unpin,
    ) -> Result<(), ReceiveError> {
        if !self.may_take_files() {
            return Err(Refusal::NoRoom.into());
        }
        let owner = owner_of(member, case);
        let expires = round_up(self.clock.now() + HOUR, HOUR);
        let profile = self.profile.load();
        let limits = &profile.attachments;
        let announced = self
            .db
            .write("announce_sealed_file", |mut tx| {
                let owner = &owner;
                async move {
                    if require_own_case(&mut tx, member, case).await?.state == State::Closed {
                        return Err(Error::Conflict);
                    }
                    if store::attachments::count(&mut tx, owner).await? >= i64::from(limits.max_files) {
                        return Ok(false);
                    }
                    conflict_if_duplicate(store::attachments::announce(&mut tx, id, owner, expires).await)?;
                    tx.commit().await?;
                    Ok(true)
                }
            })
            .await?;
        if !announced {
            return Err(Refusal::TooMany.into());
        }
        // Sealing and padding add an eighth at most.
        let most = limits.file_bytes() + limits.file_bytes() / 8;
        let (mut size, mut first) = (0, Vec::new());
        let begun = self.processing.files.begin(id).await;
        let mut upload = match begun {
            Ok(upload) => upload,
            Err(error) => {
                self.give_up_file(id, &owner).await?;
                return Err(Error::from(error).into());
            }
        };
        let stored = async {
            while let Some(piece) = body.next().await {
                let piece = piece.map_err(|_| Refusal::Broken)?;
                size += piece.len() as u64;
                if size > most {
                    return Err(Refusal::TooLarge);
                }
                first.extend(piece.iter().take(HEADER_BYTES - first.len().min(HEADER_BYTES)));
                upload.write(piece.to_vec()).await.map_err(|error| {
                    tracing::error!(%error, "a file could not be stored");
                    Refusal::NoRoom
                })?;
            }
            if agefile::looks_like_one(&first) {
                Ok(())
            } else {
                Err(Refusal::Empty)
            }
        };
        let outcome = stored.await;
        let outcome = match outcome {
            Ok(()) => upload.finish(self.clock.today()).await.map_err(|error| {
                tracing::error!(%error, "a file could not be stored");
                Refusal::NoRoom
            }),
            Err(refusal) => {
                upload.abort().await;
                Err(refusal)
            }
        };
        let size = i64::try_from(size).unwrap_or(i64::MAX);
        let is_there = outcome.is_ok()
            && self
                .db
                .write("receive_sealed_file", |mut tx| async move {
                    let is_there = store::attachments::arrived(&mut tx, id, size, &[]).await?;
                    tx.commit().await?;
                    Ok::<_, store::Error>(is_there)
                })
                .await?;
        if !is_there {
            self.give_up_file(id, &owner).await?;
            return Err(match outcome {
                Err(refusal) => refusal.into(),
                Ok(_) => Error::Conflict.into(),
            });
        }
        Ok(())
    }

    /// Adds a sealed file to the case, with the record that the browser sealed.
    ///
    /// # Errors
    /// [`Error::Conflict`] when the file does not wait or the case is closed, [`Error::Forbidden`].
    pub async fn keep_sealed_file(&self, member: &Member, case: CaseId, sealed: Sealed) -> Result<()> {
        let id =
            AttachmentId::try_from(sealed.id.as_uuid()).map_err(|_| Error::Invalid(InvalidReason::IdOfOtherKind))?;
        let detail = json!({ "attachment": id, "hash": sealed.hash() });
        let entry = self
            .log
            .entry(Act::CaseAttachment, Actor::Staff(member.id), Some(case), detail, None)?;
        let new = [NewAttachment {
            id,
            author: Author::Staff(member.id).to_string(),
            day: self.clock.today(),
            at: Some(self.clock.now()),
            body: sealed.body,
        }];
        let (owner, entry, new) = (&owner_of(member, case), &entry, &new);
        self.db
            .write("attach_sealed_file", |mut tx| async move {
                if require_own_case(&mut tx, member, case).await?.state == State::Closed {
                    return Err(Error::Conflict);
                }
                let waits = store::attachments::waiting(&mut tx, owner).await?;
                if !waits.iter().any(|file| file.id == id) {
                    return Err(Error::Conflict);
                }
                store::attachments::keep(&mut tx, case, owner, new).await?;
                entry.write(&mut tx).await?;
                self.notifications.notify_reporter(&mut tx, case).await?;
                tx.commit().await?;
                Ok(())
            })
            .await
    }
}

/// Bytes from which an age file is recognised.
const HEADER_BYTES: usize = 64;

/// Returns the owner under which a member's files wait: the member's id and the case's.
fn owner_of(member: &Member, case: CaseId) -> Vec<u8> {
    [*member.id.as_bytes(), *case.as_bytes()].concat()
}
