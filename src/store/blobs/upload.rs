//! A blob that is being written.

use std::{fmt, fs};

use bytes::Bytes;
use object_store::MultipartUpload;
use tokio::task::{JoinHandle, spawn_blocking};

use super::error::BlobError;
use super::folder::BlobPath;
use super::limits::{FLUSH_BYTES, RequestTimeout};
use crate::domain::day::Day;

/// A blob that is being written; it appears under its name only when it is finished.
pub struct Upload {
    inner: Box<dyn MultipartUpload>,
    buffer: Vec<u8>,
    part_bytes: usize,
    timeout: RequestTimeout,
    written: u64,
    /// Set where the store is a folder.
    path: Option<BlobPath>,
    /// Bytes that were written when the last flush began.
    flushed: u64,
    flushing: Option<JoinHandle<()>>,
}

impl Upload {
    pub(super) fn new(
        inner: Box<dyn MultipartUpload>,
        part_bytes: usize,
        timeout: RequestTimeout,
        path: Option<BlobPath>,
    ) -> Self {
        Self {
            inner,
            buffer: Vec::new(),
            part_bytes,
            timeout,
            written: 0,
            path,
            flushed: 0,
            flushing: None,
        }
    }

    /// Appends sealed bytes, and returns their vector, emptied, for reuse.
    ///
    /// When this returns, less than one part of them is still in memory.
    ///
    /// # Errors
    /// [`BlobError`]; the upload can only be aborted then.
    pub async fn write(&mut self, mut sealed: Vec<u8>) -> Result<Vec<u8>, BlobError> {
        if sealed.is_empty() {
            return Ok(sealed);
        }
        self.written += sealed.len() as u64;
        if self.buffer.is_empty() && sealed.len() >= self.part_bytes {
            return self.put(sealed).await;
        }
        self.buffer.append(&mut sealed);
        if self.buffer.len() >= self.part_bytes {
            let part = std::mem::take(&mut self.buffer);
            self.buffer = self.put(part).await?;
        }
        Ok(sealed)
    }

    /// Hands a part to the store, and returns its vector, emptied: the store has let go of it by then.
    async fn put(&mut self, part: Vec<u8>) -> Result<Vec<u8>, BlobError> {
        let part = Bytes::from(part);
        self.timeout.run(self.inner.put_part(part.clone().into())).await?;
        self.flush();
        let mut emptied = Vec::from(part);
        emptied.clear();
        Ok(emptied)
    }

    /// Lets the disk begin to write early, so that little is left to wait for at the end.
    fn flush(&mut self) {
        let is_idle = self.flushing.as_ref().is_none_or(JoinHandle::is_finished);
        if self.written - self.flushed < FLUSH_BYTES || !is_idle {
            return;
        }
        if let Some(unfinished) = self.path.as_ref().and_then(|path| path.unfinished().last()) {
            self.flushed = self.written;
            // An error here comes again at the end, where it is reported.
            let flush = move || drop(fs::File::open(unfinished).and_then(|file| file.sync_data()));
            self.flushing = Some(spawn_blocking(flush));
        }
    }

    /// Completes the blob and returns its size: when this returns, it is on the disk, or the service has it.
    ///
    /// The times of a file in a folder tell the day only.
    ///
    /// # Errors
    /// [`BlobError`]; nothing is there under the name then.
    pub async fn finish(mut self, today: Day) -> Result<u64, BlobError> {
        let last = std::mem::take(&mut self.buffer);
        if !last.is_empty() {
            self.put(last).await?;
        }
        self.timeout.run(self.inner.complete()).await?;
        if let Some(path) = &self.path {
            path.set_day(today)?;
            path.erase_folder_times()?;
        }
        Ok(self.written)
    }

    /// Removes the bytes that were written so far.
    pub async fn abort(mut self) {
        if let Err(error) = self.timeout.shortened().run(self.inner.abort()).await {
            tracing::warn!(%error, "an unfinished file stays until the store is cleaned");
        }
        if let Some(Err(error)) = self.path.as_ref().map(BlobPath::erase_folder_times) {
            tracing::warn!(%error, "a folder tells when an upload was given up");
        }
    }
}

impl fmt::Debug for Upload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Upload({} bytes so far)", self.written)
    }
}
