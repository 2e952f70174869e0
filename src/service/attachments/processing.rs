//! The stores, programs and limits with which files are received, cleaned and read.

use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::{JoinError, spawn_blocking};

use crate::store::blobs::{BlobError, BlobStore};
use crate::vault::stack::wipe_stack;

/// Bytes that are sealed at once, off the async threads. An upload needs four times as many, because the next batch
/// arrives while one is sealed and stored. All of this memory is allocated at the beginning and reused.
pub(super) const BATCH_BYTES: usize = 512 * 1024;
/// Bytes that are opened, read back or cleaned at once.
pub(super) const PIECE_BYTES: usize = 256 * 1024;

/// Does work on a thread for blocking work, and wipes that thread's stack afterwards. The result comes in a box,
/// because moving it would leave copies behind. Data that `work` brings along must lie behind pointers for the same
/// reason.
pub(super) async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<Box<T>, JoinError> {
    spawn_blocking(move || {
        let result = Box::new(work());
        wipe_stack();
        result
    })
    .await
}

/// Does work that reads from the file store off the async threads. The semaphore bounds how much of it runs at once.
pub(super) async fn off_thread_reading<T: Send + 'static>(
    reading: &Semaphore,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<Box<T>, JoinError> {
    // The semaphore is never closed. Without a permit, only the bound would be missing.
    let _permit = reading.acquire().await;
    off_thread(work).await
}

/// The means with which attachments are processed, besides the database.
#[derive(Debug, Clone)]
pub struct FileProcessing {
    pub files: BlobStore,
    /// The program that cleans whole files in its own process: this one, as `sigilo clean`.
    pub(super) cleaner: PathBuf,
    /// The folder for nameless files that wait to be cleaned, sealed under keys in memory.
    pub(super) scratch: PathBuf,
    /// Bounds the cleaners that run at once.
    pub(super) cleaning: Arc<Semaphore>,
    /// Bounds the reads from the file store on threads for blocking work: the store itself needs such threads.
    pub(super) reading: Arc<Semaphore>,
    /// Bounds the files that arrive at once.
    pub(super) arriving: Arc<Semaphore>,
}

/// Uploads at once. Each needs about three megabytes; further ones are refused early.
const MAX_UPLOADS: usize = 256;
/// Reads at once, far fewer than there are threads.
const MAX_READS: usize = 16;

impl FileProcessing {
    pub fn new(files: BlobStore, cleaner: PathBuf, scratch: PathBuf) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self {
            files,
            cleaner,
            scratch,
            cleaning: Arc::new(Semaphore::new(cores)),
            reading: Arc::new(Semaphore::new(MAX_READS)),
            arriving: Arc::new(Semaphore::new(MAX_UPLOADS)),
        }
    }

    /// A place to bring a file in, given back when it is dropped; None when all are taken.
    pub fn place(&self) -> Option<OwnedSemaphorePermit> {
        self.arriving.clone().try_acquire_owned().ok()
    }
}

impl From<BlobError> for crate::service::error::Error {
    fn from(error: BlobError) -> Self {
        match error {
            BlobError::Missing => Self::NotFound,
            BlobError::Full | BlobError::TimedOut | BlobError::Store(_) | BlobError::Folder { .. } => {
                Self::Unavailable(error.to_string())
            }
        }
    }
}
