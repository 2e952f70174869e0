//! Taking in a file: sealed while it arrives, cleaned on the way or right after, and on the disk before anybody is told
//! that it is there.

use std::fs::File;
use std::io::{Seek as _, SeekFrom, Write as _};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};
use tokio::time::timeout;

use super::scrubbing::{self, Answer};
use super::source::{Blanked, Source, Stored};
use super::{BATCH, off_thread, off_thread_reading};
use crate::domain::day::{HOUR, round_up};
use crate::domain::ids::AttachmentId;
use crate::service::{App, Error, Result};
use crate::store;
use crate::store::files::FileError;
use crate::vault::attachment::{CLEANED, FileKey, OpenError, Opener, Sealer, UNDECIDED};
use crate::vault::base64;
use crate::vault::cleaning::{Done, FileType, HEAD, Handling, Removed, StreamCleaner, stream_cleaner};
use crate::vault::content::Attachment;
use crate::vault::cookie::Token;
use crate::vault::filename::tidy_name;

/// How long a file may wait for its cleaner.
const PATIENCE: Duration = Duration::from_mins(1);

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
fn stored<T>(outcome: std::result::Result<T, FileError>) -> std::result::Result<T, Stop> {
    outcome.map_err(|error| {
        tracing::error!(%error, "a file could not be stored");
        Refusal::NoRoom.into()
    })
}

/// A file as it comes in, measured.
struct Arriving<S> {
    body: S,
    /// Bytes that may still come, and what it means when more do.
    left: u64,
    beyond: Refusal,
}

impl<S, E> Arriving<S>
where
    S: Stream<Item = std::result::Result<Bytes, E>> + Unpin,
{
    /// At least so many bytes, or all up to the end; empty at the end.
    async fn batch(&mut self, least: usize) -> Refused<Vec<Bytes>> {
        let (mut batch, mut length) = (Vec::new(), 0);
        while length < least {
            let Some(piece) = self.body.next().await else { break };
            let piece = piece.map_err(|_| Refusal::Broken)?;
            self.left = self.left.checked_sub(piece.len() as u64).ok_or(self.beyond)?;
            length += piece.len();
            if !piece.is_empty() {
                batch.push(piece);
            }
        }
        Ok(batch)
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
    fn push(&mut self, batch: &[Bytes]) -> Vec<u8> {
        for piece in batch {
            match &mut self.cleaner {
                Some(cleaner) => {
                    self.between.clear();
                    cleaner.push(piece, &mut self.between);
                    self.sealer.push(&self.between);
                }
                None => self.sealer.push(piece),
            }
        }
        self.sealer.take()
    }

    fn finish(mut self) -> (Vec<u8>, FileKey, Option<Done>) {
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

impl App {
    /// Takes in a file for the draft or the follow-up session that `token` opens and that lives so many seconds, and lets
    /// it wait there. Runs to its
    /// end whoever stops waiting: call it in a task of its own.
    ///
    /// # Errors
    /// [`Error::Store`], [`Error::Unavailable`], [`Error::Internal`]; what the visitor can mend is a [`Refusal`].
    pub async fn receive_file<S, E>(&self, token: &Token, life: i64, name: &str, body: S) -> Result<Refused<()>>
    where
        S: Stream<Item = std::result::Result<Bytes, E>> + Unpin + Send,
    {
        let limits = &self.profile.evidence;
        let owner = self.token_hash(token);
        let id = AttachmentId::random(&mut self.randomness.generator());
        let before = self.waiting_bytes(token).await?;
        let room = limits.total_bytes().saturating_sub(before);
        let expires = round_up(self.now() + life, HOUR);
        let announced = self
            .db
            .write(|mut tx| {
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
    async fn waiting_bytes(&self, token: &Token) -> Result<u64> {
        let files = self.waiting_files(token).await?;
        Ok(files.iter().map(|file| *file.content.size()).sum())
    }

    /// Nothing of a file is kept: neither what was written of it, nor its row.
    pub(super) async fn give_up_file(&self, id: AttachmentId, owner: &[u8]) -> Result<()> {
        // It may have been written to its end before it was refused. Where this fails, the sweep tries again.
        if let Err(error) = self.evidence.files.delete(id).await {
            tracing::warn!(%error, "a refused file is deleted later");
        }
        self.db
            .write(|mut tx| async move {
                store::attachments::doom(&mut tx, id, owner).await?;
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
        let head = arriving.batch(HEAD).await?;
        if head.is_empty() {
            return Err(Refusal::Empty.into());
        }
        let first: Vec<u8> = head.iter().flatten().take(HEAD).copied().collect();
        let kind = FileType::tell(&first);
        if kind.handling() == Handling::Whole {
            return self.take_in_whole(id, kind, head, arriving).await;
        }
        let mut line = Line {
            cleaner: stream_cleaner(kind),
            sealer: Sealer::new(&mut self.randomness.generator()),
            between: Vec::new(),
        };
        let mut upload = stored(self.evidence.files.begin(id).await)?;
        let sealed = async {
            let mut piece = head;
            // One piece is sealed and stored while the next arrives.
            loop {
                let sealing = off_thread(move || {
                    let sealed = line.push(&piece);
                    (line, sealed)
                });
                let (next, sealed) = tokio::join!(arriving.batch(BATCH), async {
                    let (line, sealed) = *sealing.await.map_err(panicked)?;
                    stored(upload.write(sealed).await)?;
                    Ok::<_, Stop>(line)
                });
                (line, piece) = (sealed?, next?);
                if piece.is_empty() {
                    break;
                }
            }
            let (sealed, key, done) = *off_thread(move || line.finish()).await.map_err(panicked)?;
            stored(upload.write(sealed).await)?;
            Ok::<_, Stop>((key, done))
        }
        .await;
        let (key, done) = match sealed {
            Ok(sealed) => sealed,
            Err(stop) => {
                upload.give_up().await;
                return Err(stop);
            }
        };
        let stored_size = stored(upload.finish(self.today()).await)?;
        let Done {
            cleaned,
            removed,
            blank,
        } = done.unwrap_or(Done {
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
            let stored_file = Stored::new(self.evidence.files.clone(), id, stored_size);
            let source = off_thread_reading(&self.evidence.reading, move || {
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
        head: Vec<Bytes>,
        mut arriving: Arriving<S>,
    ) -> std::result::Result<Outcome, Stop>
    where
        S: Stream<Item = std::result::Result<Bytes, E>> + Unpin,
    {
        let scratch = self.evidence.scratch.clone();
        let sealer = Sealer::new(&mut self.randomness.generator());
        let spool = off_thread(move || Spool::new(&scratch, sealer)).await;
        let mut spool = (*spool.map_err(panicked)?).map_err(no_room)?;
        let mut piece = head;
        loop {
            let sealing = off_thread(move || spool.push(&piece).map(|()| spool));
            let (next, back) = tokio::join!(arriving.batch(BATCH), sealing);
            spool = (*back.map_err(panicked)?).map_err(no_room)?;
            piece = next?;
            if piece.is_empty() {
                break;
            }
        }
        let Ok(Ok(permit)) = timeout(PATIENCE, self.evidence.cleaning.clone().acquire_owned()).await else {
            return Err(Refusal::NoRoom.into());
        };
        let program = self.evidence.cleaner.clone();
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
        let mut upload = stored(self.evidence.files.begin(id).await)?;
        let work = async {
            loop {
                let (outcome, back, source_back) = *off_thread_reading(&self.evidence.reading, move || {
                    let outcome = source.next().map(|piece| {
                        sealer.push(&piece);
                        (piece.is_empty(), sealer.take())
                    });
                    (outcome, sealer, source)
                })
                .await
                .map_err(panicked)?;
                (sealer, source) = (back, source_back);
                let (ended, bytes) = outcome.map_err(unreadable)?;
                stored(upload.write(bytes).await)?;
                if ended {
                    break;
                }
            }
            let (bytes, key) = *off_thread(move || sealer.finish()).await.map_err(panicked)?;
            stored(upload.write(bytes).await)?;
            Ok::<_, Stop>(key)
        }
        .await;
        match work {
            Ok(key) => Ok((key, stored(upload.finish(self.today()).await)?)),
            Err(stop) => {
                upload.give_up().await;
                Err(stop)
            }
        }
    }

    /// Writes down what the file is, for its owner only. Refused when others that came meanwhile have taken the room.
    async fn let_wait(
        &self,
        token: &Token,
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
            .write(|mut tx| async move {
                let is_there = store::attachments::arrived(&mut tx, id, size, body).await?;
                tx.commit().await?;
                Ok::<_, store::Error>(is_there)
            })
            .await?;
        if !is_there {
            return Err(Refusal::Broken.into());
        }
        let all = self.waiting_bytes(token).await?;
        if all > self.profile.evidence.total_bytes() {
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

/// A nameless file on the disk that holds a sealed one. It is gone when it is closed, also by a crash, and so is its key.
struct Spool {
    file: File,
    sealer: Sealer,
}

/// The same, whole.
struct Spooled {
    file: File,
    key: FileKey,
}

impl Spool {
    fn new(scratch: &std::path::Path, sealer: Sealer) -> std::io::Result<Self> {
        Ok(Self {
            file: tempfile::tempfile_in(scratch)?,
            sealer,
        })
    }

    fn push(&mut self, batch: &[Bytes]) -> std::io::Result<()> {
        for piece in batch {
            self.sealer.push(piece);
        }
        self.file.write_all(&self.sealer.take())
    }

    fn finish(mut self) -> std::io::Result<Spooled> {
        let (sealed, key) = self.sealer.finish();
        self.file.write_all(&sealed)?;
        Ok(Spooled { file: self.file, key })
    }
}

impl Spooled {
    /// From the first byte.
    fn opener(&mut self) -> std::result::Result<Opener<std::io::BufReader<File>>, OpenError> {
        self.file.seek(SeekFrom::Start(0)).map_err(OpenError::Source)?;
        let file = self.file.try_clone().map_err(OpenError::Source)?;
        Opener::new(&self.key, std::io::BufReader::with_capacity(BATCH, file))
    }
}
