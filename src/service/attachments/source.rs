//! Sources of plaintext that is sealed a second time: a sealed file, or the output of a cleaner.

use std::io::{self, Read};
use std::ops::Range;

use bytes::{Buf as _, Bytes};
use tokio::runtime::Handle;

use super::processing::PIECE_BYTES;
use crate::domain::ids::AttachmentId;
use crate::store::blobs::BlobStore;
use crate::vault::attachment::{OpenError, Opener};

/// Gives plaintext piece by piece, on a thread for blocking work. An empty piece is the end.
pub(crate) trait Source: Send + 'static {
    /// # Errors
    /// [`OpenError`]
    fn next(&mut self) -> Result<Vec<u8>, OpenError>;
}

impl<R: Read + Send + 'static> Source for Opener<R> {
    fn next(&mut self) -> Result<Vec<u8>, OpenError> {
        Opener::next(self, PIECE_BYTES)
    }
}

/// A source in which some ranges are overwritten by zeros.
pub(crate) struct Blanked<S> {
    source: S,
    ranges: Vec<Range<u64>>,
    at: u64,
}

impl<S: Source> Blanked<S> {
    pub(crate) const fn new(source: S, ranges: Vec<Range<u64>>) -> Self {
        Self { source, ranges, at: 0 }
    }
}

impl<S: Source> Source for Blanked<S> {
    fn next(&mut self) -> Result<Vec<u8>, OpenError> {
        let mut piece = self.source.next()?;
        let end = self.at + piece.len() as u64;
        for range in &self.ranges {
            let from = range.start.clamp(self.at, end) - self.at;
            let to = range.end.clamp(self.at, end) - self.at;
            // Both lie within the piece.
            if let (Ok(from), Ok(to)) = (usize::try_from(from), usize::try_from(to)) {
                piece[from..to].fill(0);
            }
        }
        self.at = end;
        Ok(piece)
    }
}

/// A reader of a stored file, for threads for blocking work.
pub(crate) struct Stored {
    files: BlobStore,
    id: AttachmentId,
    at: u64,
    size: u64,
    buffer: Bytes,
    runtime: Handle,
}

impl Stored {
    pub(crate) fn new(files: BlobStore, id: AttachmentId, size: u64) -> Self {
        Self {
            files,
            id,
            at: 0,
            size,
            buffer: Bytes::new(),
            runtime: Handle::current(),
        }
    }
}

impl Read for Stored {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.buffer.is_empty() && self.at < self.size {
            let end = self.size.min(self.at + PIECE_BYTES as u64);
            let read = self.files.read(self.id, self.at..end);
            self.buffer = self.runtime.block_on(read).map_err(io::Error::other)?;
            self.at += self.buffer.len() as u64;
        }
        let length = out.len().min(self.buffer.len());
        self.buffer.copy_to_slice(&mut out[..length]);
        Ok(length)
    }
}
