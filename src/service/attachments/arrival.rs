//! The way of a file's bytes while they arrive: measured, cleaned and sealed.

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};
use sigilo_media::{FileType, StreamCleaner, StreamOutcome, stream_cleaner};

use super::refusal::Refusal;
use crate::vault::attachment::{FileKey, Sealer};

/// Bytes that a cleaner gets at once.
const CLEANER_CHUNK_BYTES: usize = 64 * 1024;

/// A file that is arriving, measured against its limit.
pub(super) struct Arriving<S> {
    pub(super) body: S,
    /// Bytes that arrived after the last batch was full.
    pub(super) rest: Bytes,
    /// Bytes that may still arrive, and the refusal if more do.
    pub(super) left: u64,
    pub(super) beyond: Refusal,
}

impl<S, E> Arriving<S>
where
    S: Stream<Item = Result<Bytes, E>> + Unpin,
{
    /// Replaces the content of `batch` by the next `length` bytes, or by fewer at the end of the file.
    pub(super) async fn fill(&mut self, batch: &mut Vec<u8>, length: usize) -> Result<(), Refusal> {
        batch.clear();
        self.add(batch, length).await
    }

    /// Appends bytes until `batch` has `length`, or fewer at the end of the file.
    pub(super) async fn add(&mut self, batch: &mut Vec<u8>, length: usize) -> Result<(), Refusal> {
        while batch.len() < length {
            if self.rest.is_empty() {
                // Dropped first, so that the form's reader can reuse the memory for the next bytes.
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

/// The pipeline of a file's pieces: a streaming cleaner, if there is one for its type, and the sealer.
pub(super) struct Pipeline {
    cleaner: Option<Box<dyn StreamCleaner>>,
    pub(super) sealer: Sealer,
    /// Buffer between cleaner and sealer.
    between: Vec<u8>,
}

impl Pipeline {
    pub(super) fn new(kind: FileType, sealer: Sealer) -> Self {
        Self {
            cleaner: stream_cleaner(kind),
            sealer,
            between: Vec::with_capacity(2 * CLEANER_CHUNK_BYTES),
        }
    }

    pub(super) fn push(&mut self, batch: &[u8]) {
        let Some(cleaner) = &mut self.cleaner else {
            self.sealer.push(batch);
            return;
        };
        for piece in batch.chunks(CLEANER_CHUNK_BYTES) {
            self.between.clear();
            cleaner.push(piece, &mut self.between);
            self.sealer.push(&self.between);
        }
    }

    pub(super) fn finish(mut self) -> (Vec<u8>, FileKey, Option<StreamOutcome>) {
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
