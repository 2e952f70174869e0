//! The tools and limits with which files are taken in, cleaned and read.

use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::{JoinError, spawn_blocking};

use crate::store::blobs::{BlobError, BlobStore};
use crate::vault::stack::wipe_stack;

/// Bytes that are sealed at once, off the async threads. An upload needs four times as many: while one batch is sealed and
/// stored the next arrives. All of it is taken at the beginning and used again and again.
pub(super) const BATCH: usize = 512 * 1024;
/// Bytes that are opened, read back or cleaned at once.
pub(super) const PIECE: usize = 256 * 1024;

/// Does work on a thread for blocking work, and wipes what it left on that thread's stack. The result comes in a box:
/// moved as it is, it would leave copies behind. What `work` brings along must lie behind pointers for that reason, too.
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

/// The same for work that reads from the file store, of which only so much goes on at once.
pub(super) async fn off_thread_reading<T: Send + 'static>(
    reading: &Semaphore,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<Box<T>, JoinError> {
    // Never closed; without a permit it would only be less orderly.
    let _permit = reading.acquire().await;
    off_thread(work).await
}

/// What taking in files needs beside the database.
#[derive(Debug, Clone)]
pub struct FileProcessing {
    pub files: BlobStore,
    /// The program that cleans whole files in a process of its own: this one, by `sigilo clean`.
    pub(super) cleaner: PathBuf,
    /// Where files lie sealed under a key in memory, without a name, until they are cleaned.
    pub(super) scratch: PathBuf,
    /// How many cleaners live at once.
    pub(super) cleaning: Arc<Semaphore>,
    /// How many read from the file store at once on threads for blocking work: the store itself needs such threads.
    pub(super) reading: Arc<Semaphore>,
    /// How many files come in at once.
    pub(super) arriving: Arc<Semaphore>,
}

/// Each upload needs some three megabytes; further ones are refused early.
const ARRIVING: usize = 256;
/// Far fewer than there are threads.
const READING: usize = 16;

impl FileProcessing {
    pub fn new(files: BlobStore, cleaner: PathBuf, scratch: PathBuf) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self {
            files,
            cleaner,
            scratch,
            cleaning: Arc::new(Semaphore::new(cores)),
            reading: Arc::new(Semaphore::new(READING)),
            arriving: Arc::new(Semaphore::new(ARRIVING)),
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
