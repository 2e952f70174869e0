//! Receiving a file: it is sealed while it arrives, cleaned on the way or right afterwards, and on the disk before
//! anybody is told that it is there.

use std::time::Duration;

use bytes::Bytes;
use futures_util::Stream;
use sigilo_media::{FileType, HEAD_BYTES, Handling, Removed, StreamOutcome};
use tokio::time::timeout;

use super::arrival::{Arriving, Pipeline};
use super::part::Attachments;
use super::processing::{BATCH_BYTES, off_thread, off_thread_reading};
use super::refusal::{ReceiveError, Refusal, no_room, panicked, stored, unreadable};
use super::scrubbing::{self, Answer};
use super::source::{Blanked, Source, Stored};
use super::spool::Spool;
use crate::domain::day::{HOUR, round_up};
use crate::domain::ids::AttachmentId;
use crate::service::error::Result;
use crate::service::tokens::token_hash;
use crate::store;
use crate::vault::attachment::{CLEANED, FileKey, OpenError, Opener, Sealer, UNDECIDED};
use crate::vault::base64;
use crate::vault::content::Attachment;
use crate::vault::cookie::CookieToken;
use crate::vault::filename::tidy_name;

/// Longest wait for a free cleaner.
const CLEANER_TIMEOUT: Duration = Duration::from_mins(1);

/// The result of processing a file.
struct Outcome {
    kind: FileType,
    key: FileKey,
    stored_size: u64,
    cleaned: bool,
    removed: Removed,
}

impl Attachments {
    /// Receives a file for the draft or the follow-up session that `token` opens and that lives for `life` seconds.
    /// The file waits there. Call it in a task of its own: it must run to its end even if the caller goes away.
    ///
    /// # Errors
    /// [`ReceiveError`]
    pub async fn receive_file<S, E>(
        &self,
        token: &CookieToken,
        life: i64,
        name: &str,
        body: S,
    ) -> Result<(), ReceiveError>
    where
        S: Stream<Item = Result<Bytes, E>> + Unpin + Send,
    {
        if !self.may_take_files() {
            return Err(Refusal::NoRoom.into());
        }
        let profile = self.profile.load();
        let limits = &profile.attachments;
        let owner = token_hash(self.instance, token);
        let id = AttachmentId::random(&mut self.randomness.generator());
        let before = self.waiting_bytes(token).await?;
        let room = limits.total_bytes().saturating_sub(before);
        let expires = round_up(self.clock.now() + life, HOUR);
        let announced = self
            .db
            .write("announce_file", |mut tx| {
                let owner = &owner;
                async move {
                    if store::attachments::count(&mut tx, owner).await? >= i64::from(limits.max_files) {
                        return Ok::<_, store::Error>(false);
                    }
                    store::attachments::announce(&mut tx, id, owner, expires).await?;
                    tx.commit().await?;
                    Ok(true)
                }
            })
            .await?;
        if !announced {
            return Err(Refusal::TooMany.into());
        }
        let arriving = Arriving {
            body,
            rest: Bytes::new(),
            left: limits.file_bytes().min(room),
            beyond: if room < limits.file_bytes() {
                Refusal::TooMuch
            } else {
                Refusal::TooLarge
            },
        };
        let error = match self.take_in(id, arriving).await {
            Ok(outcome) => match self.let_wait(token, id, name, &outcome).await {
                Ok(()) => return Ok(()),
                Err(error) => error,
            },
            Err(error) => error,
        };
        self.give_up_file(id, &owner).await?;
        Err(error)
    }

    /// Returns the size of the content of all files that wait under a cookie, in bytes.
    async fn waiting_bytes(&self, token: &CookieToken) -> Result<u64> {
        let files = self.waiting_files(token).await?;
        Ok(files.iter().map(|file| *file.content.size()).sum())
    }

    /// Deletes a file that was refused, and its row.
    pub(crate) async fn give_up_file(&self, id: AttachmentId, owner: &[u8]) -> Result<()> {
        // The file may be complete by now. If this fails, the sweep tries again.
        if let Err(error) = self.processing.files.delete_with_short_timeout(id).await {
            tracing::warn!(%error, "a refused file is deleted later");
        }
        self.db
            .write("abandon_file", |mut tx| async move {
                store::attachments::mark_for_deletion(&mut tx, id, owner).await?;
                tx.commit().await?;
                Ok(())
            })
            .await
    }

    /// Seals and stores a file under `id`.
    async fn take_in<S, E>(&self, id: AttachmentId, mut arriving: Arriving<S>) -> Result<Outcome, ReceiveError>
    where
        S: Stream<Item = Result<Bytes, E>> + Unpin,
    {
        // All large buffers are allocated here and kept to the end. Buffers that each thread allocated and freed would
        // leave as much memory unused.
        let mut batch = Vec::with_capacity(BATCH_BYTES);
        arriving.fill(&mut batch, HEAD_BYTES).await?;
        if batch.is_empty() {
            return Err(Refusal::Empty.into());
        }
        let kind = FileType::detect(&batch);
        arriving.add(&mut batch, BATCH_BYTES).await?;
        let mut next = Vec::with_capacity(BATCH_BYTES);
        let sealer = Sealer::new(&mut self.randomness.generator());
        if kind.handling() == Handling::Whole {
            return self.take_in_whole(id, kind, sealer, [batch, next], arriving).await;
        }
        let mut pipeline = Pipeline::new(kind, sealer);
        let mut upload = stored(self.processing.files.begin(id).await)?;
        let work = async {
            // One batch is sealed and stored while the next arrives.
            while !batch.is_empty() {
                let sealing = off_thread(move || {
                    pipeline.push(&batch);
                    (pipeline, batch)
                });
                let (arrived, back) = tokio::join!(arriving.fill(&mut next, BATCH_BYTES), async {
                    let (pipeline, batch) = *sealing.await.map_err(panicked)?;
                    let room = stored(upload.write(pipeline.sealer.take()).await)?;
                    pipeline.sealer.reuse(room);
                    Ok::<_, ReceiveError>((pipeline, batch))
                });
                (pipeline, batch) = back?;
                arrived?;
                std::mem::swap(&mut batch, &mut next);
            }
            let (last, key, done) = *off_thread(move || pipeline.finish()).await.map_err(panicked)?;
            stored(upload.write(last).await)?;
            Ok::<_, ReceiveError>((key, done))
        }
        .await;
        let (key, done) = match work {
            Ok(ended) => ended,
            Err(error) => {
                upload.abort().await;
                return Err(error);
            }
        };
        let stored_size = stored(upload.finish(self.clock.today()).await)?;
        let StreamOutcome {
            cleaned,
            removed,
            blank,
        } = done.unwrap_or(StreamOutcome {
            // Nothing can hide in plain text.
            cleaned: kind == FileType::Text,
            removed: Removed::NOTHING,
            blank: Vec::new(),
        });
        let mut outcome = Outcome {
            kind,
            key,
            stored_size,
            cleaned,
            removed,
        };
        if !blank.is_empty() {
            // The cleaner found too late that earlier bytes must be hidden: the stored file is processed once more.
            let stored_file = Stored::new(self.processing.files.clone(), id, stored_size);
            let source = off_thread_reading(&self.processing.reading, move || {
                Opener::new(&outcome.key, stored_file).map(|source| Blanked::new(source, blank))
            });
            let source = (*source.await.map_err(panicked)?).map_err(unreadable)?;
            (outcome.key, outcome.stored_size) = self.seal_again(id, source).await?;
        }
        Ok(outcome)
    }

    /// Receives a file whose cleaner needs all of it. It is sealed in a nameless file until the cleaner has read it.
    async fn take_in_whole<S, E>(
        &self,
        id: AttachmentId,
        kind: FileType,
        sealer: Sealer,
        [mut batch, mut next]: [Vec<u8>; 2],
        mut arriving: Arriving<S>,
    ) -> Result<Outcome, ReceiveError>
    where
        S: Stream<Item = Result<Bytes, E>> + Unpin,
    {
        let scratch = self.processing.scratch.clone();
        let spool = off_thread(move || Spool::new(&scratch, sealer)).await;
        let mut spool = (*spool.map_err(panicked)?).map_err(no_room)?;
        while !batch.is_empty() {
            let sealing = off_thread(move || spool.push(&batch).map(|()| (spool, batch)));
            let (arrived, back) = tokio::join!(arriving.fill(&mut next, BATCH_BYTES), sealing);
            (spool, batch) = (*back.map_err(panicked)?).map_err(no_room)?;
            arrived?;
            std::mem::swap(&mut batch, &mut next);
        }
        // The buffers are not needed while the cleaner works.
        drop((batch, next));
        let Ok(Ok(permit)) = timeout(CLEANER_TIMEOUT, self.processing.cleaning.clone().acquire_owned()).await else {
            return Err(Refusal::NoRoom.into());
        };
        let program = self.processing.cleaner.clone();
        let cleaned = off_thread(move || {
            let mut spool = spool.finish().map_err(OpenError::Source)?;
            let answer = scrubbing::clean(&program, kind, &mut spool.opener()?, permit)?;
            Ok((spool, answer))
        });
        let (mut spool, answer) = (*cleaned.await.map_err(panicked)?).map_err(unreadable)?;
        let kind = match answer {
            Answer::Cleaned(cleaned) => {
                let (kind, removed) = (cleaned.kind, cleaned.removed);
                let (key, stored_size) = self.seal_again(id, cleaned).await?;
                return Ok(Outcome {
                    kind,
                    key,
                    stored_size,
                    cleaned: true,
                    removed,
                });
            }
            Answer::AsItIs(kind) => kind,
        };
        let source = off_thread(move || spool.opener()).await;
        let (key, stored_size) = self
            .seal_again(id, (*source.map_err(panicked)?).map_err(unreadable)?)
            .await?;
        Ok(Outcome {
            kind,
            key,
            stored_size,
            cleaned: false,
            removed: Removed::NOTHING,
        })
    }

    /// Seals the content of a source under a fresh key, and stores it under `id`. It replaces the former file at the
    /// end.
    async fn seal_again(&self, id: AttachmentId, mut source: impl Source) -> Result<(FileKey, u64), ReceiveError> {
        let mut sealer = Sealer::new(&mut self.randomness.generator());
        let mut upload = stored(self.processing.files.begin(id).await)?;
        let work = async {
            loop {
                let (outcome, back, source_back) = *off_thread_reading(&self.processing.reading, move || {
                    let outcome = source.next().map(|piece| {
                        sealer.push(&piece);
                        piece.is_empty()
                    });
                    (outcome, sealer, source)
                })
                .await
                .map_err(panicked)?;
                (sealer, source) = (back, source_back);
                let ended = outcome.map_err(unreadable)?;
                let room = stored(upload.write(sealer.take()).await)?;
                sealer.reuse(room);
                if ended {
                    break;
                }
            }
            let (last, key) = *off_thread(move || sealer.finish()).await.map_err(panicked)?;
            stored(upload.write(last).await)?;
            Ok::<_, ReceiveError>(key)
        }
        .await;
        match work {
            Ok(key) => Ok((key, stored(upload.finish(self.clock.today()).await)?)),
            Err(error) => {
                upload.abort().await;
                Err(error)
            }
        }
    }

    /// Stores the description of a file, sealed for its owner. Refuses the file if others that arrived meanwhile have
    /// taken the room.
    async fn let_wait(
        &self,
        token: &CookieToken,
        id: AttachmentId,
        name: &str,
        outcome: &Outcome,
    ) -> Result<(), ReceiveError> {
        // If a cleaner gave up on the way, it is unknown what is left in the file.
        let removed = if outcome.cleaned {
            outcome.removed
        } else {
            Removed::NOTHING
        };
        let content = Attachment::new(
            tidy_name(name, &format!("archivo.{}", outcome.kind.extension())),
            outcome.kind.mime().to_owned(),
            outcome.key.size,
            outcome.key.sha256.to_string(),
            base64::encode(outcome.key.key.expose()),
            if outcome.cleaned { CLEANED } else { UNDECIDED }.to_owned(),
            removed.iter().map(|trace| trace.as_str().to_owned()).collect(),
        );
        let body = self.seal_waiting(token, id, &content);
        let size = i64::try_from(outcome.stored_size).map_err(|_| Refusal::TooLarge)?;
        let body = &body;
        let is_there = self
            .db
            .write("receive_file", |mut tx| async move {
                let is_there = store::attachments::arrived(&mut tx, id, size, body).await?;
                tx.commit().await?;
                Ok::<_, store::Error>(is_there)
            })
            .await?;
        if !is_there {
            return Err(Refusal::Broken.into());
        }
        let all = self.waiting_bytes(token).await?;
        if all > self.profile.load().attachments.total_bytes() {
            return Err(Refusal::TooMuch.into());
        }
        Ok(())
    }
}
