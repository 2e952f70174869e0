//! Taking in a file: sealed while it arrives, cleaned on the way or right after, and on the disk before anybody is told
//! that it is there.

use super::part::Attachments;
use crate::service::tokens::token_hash;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};
use sigilo_media::{FileType, HEAD_BYTES, Handling, Removed, StreamCleaner, StreamOutcome, stream_cleaner};
use tokio::time::timeout;

use super::processing::{BATCH, off_thread, off_thread_reading};
use super::scrubbing::{self, Answer};
use super::source::{Blanked, Source, Stored};
use super::spool::Spool;
use crate::domain::day::{HOUR, round_up};
use crate::domain::ids::AttachmentId;
use crate::service::error::{Error, Result};
use crate::store;
use crate::store::blobs::BlobError;
use crate::vault::attachment::{CLEANED, FileKey, OpenError, Opener, Sealer, UNDECIDED};
use crate::vault::base64;
use crate::vault::content::Attachment;
use crate::vault::cookie::CookieToken;
use crate::vault::filename::tidy_name;

/// How long a file may wait for its cleaner.
const PATIENCE: Duration = Duration::from_mins(1);
/// Bytes that a cleaner gets at once.
const CLEANED_AT_ONCE: usize = 64 * 1024;

/// Why a file was not taken. Nothing of it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    Empty,
    /// More than the profile allows for one file.
    TooLarge,
    /// With the others, more than the profile allows for a report.
    TooMuch,
    TooMany,
    /// The connection broke, or said nothing for too long.
    Broken,
    /// There is no room, or the file store does not answer.
    NoRoom,
    /// This visitor has sent very much; after so many seconds more is taken.
    Wait(u32),
}

/// A refusal as the outcome of a use case.
pub type Refused<T> = std::result::Result<T, Refusal>;

/// Either of both ways in which taking in a file ends early.
enum Stop {
    Refusal(Refusal),
    Failure(Error),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Failure(error)
    }
}

impl From<store::Error> for Stop {
    fn from(error: store::Error) -> Self {
        Self::Failure(error.into())
    }
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self::Refusal(refusal)
    }
}

/// What the store says when it has no room is the visitor's to know, not an error of ours.
fn stored<T>(outcome: std::result::Result<T, BlobError>) -> std::result::Result<T, Stop> {
    outcome.map_err(|error| {
        tracing::error!(%error, "a file could not be stored");
        Refusal::NoRoom.into()
    })
}

/// A file as it comes in, measured.
struct Arriving<S> {
    body: S,
    /// What has come beyond the last batch.
    rest: Bytes,
    /// Bytes that may still come, and what it means when more do.
    left: u64,
    beyond: Refusal,
}

impl<S, E> Arriving<S>
where
    S: Stream<Item = std::result::Result<Bytes, E>> + Unpin,
{
    /// Puts so many bytes in place of what stands in `batch`, or all up to the end; none at the end.
    async fn fill(&mut self, batch: &mut Vec<u8>, length: usize) -> Refused<()> {
        batch.clear();
        self.add(batch, length).await
    }

    /// The same, behind what stands there.
    async fn add(&mut self, batch: &mut Vec<u8>, length: usize) -> Refused<()> {
        while batch.len() < length {
            if self.rest.is_empty() {
                // Let go first: then whoever reads the form puts the next bytes where these were.
                self.rest = Bytes::new();
                let Some(piece) = self.body.next().await else { break };
                self.rest = piece.map_err(|_| Refusal::Broken)?;
                self.left = self.left.checked_sub(self.rest.len() as u64).ok_or(self.beyond)?;
            }
            let now = self.rest.len().min(length - batch.len());
            batch.extend_from_slice(&self.rest.split_to(now));
        }
        Ok(())
    }
}

/// Where a piece goes: through a cleaner that works on the way, if there is one, and under the file's key.
struct Line {
    cleaner: Option<Box<dyn StreamCleaner>>,
    sealer: Sealer,
    /// Between cleaner and sealer.
    between: Vec<u8>,
}

impl Line {
    fn new(kind: FileType, sealer: Sealer) -> Self {
        Self {
            cleaner: stream_cleaner(kind),
            sealer,
            between: Vec::with_capacity(2 * CLEANED_AT_ONCE),
        }
    }

    fn push(&mut self, batch: &[u8]) {
        let Some(cleaner) = &mut self.cleaner else {
            self.sealer.push(batch);
            return;
        };
        for piece in batch.chunks(CLEANED_AT_ONCE) {
            self.between.clear();
            cleaner.push(piece, &mut self.between);
            self.sealer.push(&self.between);
        }
    }

    fn finish(mut self) -> (Vec<u8>, FileKey, Option<StreamOutcome>) {
        let done = self.cleaner.as_mut().map(|cleaner| {
            self.between.clear();
            let done = cleaner.finish(&mut self.between);
            self.sealer.push(&self.between);
            done
        });
        let (sealed, key) = self.sealer.finish();
        (sealed, key, done)
    }
}

/// What came of a file.
struct Outcome {
    kind: FileType,
    key: FileKey,
    stored_size: u64,
    cleaned: bool,
    removed: Removed,
}

impl Attachments {
    /// Takes in a file for the draft or the follow-up session that `token` opens and that lives so many seconds, and lets
    /// it wait there. Runs to its
    /// end whoever stops waiting: call it in a task of its own.
    ///
    /// # Errors
    /// [`Error::Store`], [`Error::Unavailable`], [`Error::Internal`]; what the visitor can mend is a [`Refusal`].
    pub async fn receive_file<S, E>(&self, token: &CookieToken, life: i64, name: &str, body: S) -> Result<Refused<()>>
    where
        S: Stream<Item = std::result::Result<Bytes, E>> + Unpin + Send,
    {
        if !self.may_take_files() {
            return Ok(Err(Refusal::NoRoom));
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
            return Ok(Err(Refusal::TooMany));
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
        let stop = match self.take_in(id, arriving).await {
            Ok(outcome) => match self.let_wait(token, id, name, &outcome).await {
                Ok(()) => return Ok(Ok(())),
                Err(stop) => stop,
            },
            Err(stop) => stop,
        };
        self.give_up_file(id, &owner).await?;
        match stop {
            Stop::Refusal(refusal) => Ok(Err(refusal)),
            Stop::Failure(error) => Err(error),
        }
    }

    /// Bytes of content of all files that wait under a cookie.
    async fn waiting_bytes(&self, token: &CookieToken) -> Result<u64> {
        let files = self.waiting_files(token).await?;
        Ok(files.iter().map(|file| *file.content.size()).sum())
    }

    /// Nothing of a file is kept: neither what was written of it, nor its row.
    pub(crate) async fn give_up_file(&self, id: AttachmentId, owner: &[u8]) -> Result<()> {
        // It may have been written to its end before it was refused. Where this fails, the sweep tries again.
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
    async fn take_in<S, E>(&self, id: AttachmentId, mut arriving: Arriving<S>) -> std::result::Result<Outcome, Stop>
    where
        S: Stream<Item = std::result::Result<Bytes, E>> + Unpin,
    {
        // All memory of some size is taken here, and kept to the end: each thread that took and gave back its own would
        // leave as much behind.
        let mut batch = Vec::with_capacity(BATCH);
        arriving.fill(&mut batch, HEAD_BYTES).await?;
        if batch.is_empty() {
            return Err(Refusal::Empty.into());
        }
        let kind = FileType::detect(&batch);
        arriving.add(&mut batch, BATCH).await?;
        let mut next = Vec::with_capacity(BATCH);
        let sealer = Sealer::new(&mut self.randomness.generator());
        if kind.handling() == Handling::Whole {
            return self.take_in_whole(id, kind, sealer, [batch, next], arriving).await;
        }
        let mut line = Line::new(kind, sealer);
        let mut upload = stored(self.processing.files.begin(id).await)?;
        let work = async {
            // One batch is sealed and stored while the next arrives.
            while !batch.is_empty() {
                let sealing = off_thread(move || {
                    line.push(&batch);
                    (line, batch)
                });
                let (arrived, back) = tokio::join!(arriving.fill(&mut next, BATCH), async {
                    let (line, batch) = *sealing.await.map_err(panicked)?;
                    let room = stored(upload.write(line.sealer.take()).await)?;
                    line.sealer.reuse(room);
                    Ok::<_, Stop>((line, batch))
                });
                (line, batch) = back?;
                arrived?;
                std::mem::swap(&mut batch, &mut next);
            }
            let (last, key, done) = *off_thread(move || line.finish()).await.map_err(panicked)?;
            stored(upload.write(last).await)?;
            Ok::<_, Stop>((key, done))
        }
        .await;
        let (key, done) = match work {
            Ok(ended) => ended,
            Err(stop) => {
                upload.abort().await;
                return Err(stop);
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
            // What is to be hidden went by before the cleaner knew: once more, from what is stored.
            let stored_file = Stored::new(self.processing.files.clone(), id, stored_size);
            let source = off_thread_reading(&self.processing.reading, move || {
                Opener::new(&outcome.key, stored_file).map(|source| Blanked::new(source, blank))
            });
            let source = (*source.await.map_err(panicked)?).map_err(unreadable)?;
            (outcome.key, outcome.stored_size) = self.seal_again(id, source).await?;
        }
        Ok(outcome)
    }

    /// A file whose cleaner needs all of it: it lies sealed in a nameless file until the cleaner has it.
    async fn take_in_whole<S, E>(
        &self,
        id: AttachmentId,
        kind: FileType,
        sealer: Sealer,
        [mut batch, mut next]: [Vec<u8>; 2],
        mut arriving: Arriving<S>,
    ) -> std::result::Result<Outcome, Stop>
    where
        S: Stream<Item = std::result::Result<Bytes, E>> + Unpin,
    {
        let scratch = self.processing.scratch.clone();
        let spool = off_thread(move || Spool::new(&scratch, sealer)).await;
        let mut spool = (*spool.map_err(panicked)?).map_err(no_room)?;
        while !batch.is_empty() {
            let sealing = off_thread(move || spool.push(&batch).map(|()| (spool, batch)));
            let (arrived, back) = tokio::join!(arriving.fill(&mut next, BATCH), sealing);
            (spool, batch) = (*back.map_err(panicked)?).map_err(no_room)?;
            arrived?;
            std::mem::swap(&mut batch, &mut next);
        }
        // The cleaner may take its time.
        drop((batch, next));
        let Ok(Ok(permit)) = timeout(PATIENCE, self.processing.cleaning.clone().acquire_owned()).await else {
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

    /// Seals what a source gives under a fresh key, and stores it under `id`; what lay there is replaced at the end.
    async fn seal_again(&self, id: AttachmentId, mut source: impl Source) -> std::result::Result<(FileKey, u64), Stop> {
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
            Ok::<_, Stop>(key)
        }
        .await;
        match work {
            Ok(key) => Ok((key, stored(upload.finish(self.clock.today()).await)?)),
            Err(stop) => {
                upload.abort().await;
                Err(stop)
            }
        }
    }

    /// Writes down what the file is, for its owner only. Refused when others that came meanwhile have taken the room.
    async fn let_wait(
        &self,
        token: &CookieToken,
        id: AttachmentId,
        name: &str,
        outcome: &Outcome,
    ) -> std::result::Result<(), Stop> {
        // Where a cleaner gave up on the way, nobody knows what is left.
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

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn panicked(error: tokio::task::JoinError) -> Stop {
    Stop::Failure(Error::Internal(format!("sealing a file: {error}")))
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn no_room(error: std::io::Error) -> Stop {
    tracing::error!(%error, "a file could not be kept until it is cleaned");
    Refusal::NoRoom.into()
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn unreadable(error: OpenError) -> Stop {
    tracing::error!(%error, "a file could not be read back while it was taken in");
    Refusal::NoRoom.into()
}
