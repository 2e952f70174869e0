//! Errors of the blob store, and the count of its failures.

use std::error::Error as _;
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

/// Reasons why a blob could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    #[error("the file is not there")]
    Missing,
    #[error("the disk is full")]
    Full,
    #[error("the file store does not answer")]
    TimedOut,
    /// Its text may name paths: for the log only.
    #[error("the file store: {0}")]
    Store(object_store::Error),
    #[error("the file store's folder {path}: {source}")]
    Folder { path: PathBuf, source: io::Error },
}

impl From<object_store::Error> for BlobError {
    fn from(error: object_store::Error) -> Self {
        use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
        if matches!(error, object_store::Error::NotFound { .. }) {
            return Self::Missing;
        }
        count_failure();
        let mut cause = error.source();
        while let Some(inner) = cause {
            let kind = inner.downcast_ref::<io::Error>().map(io::Error::kind);
            if matches!(kind, Some(StorageFull | QuotaExceeded | FileTooLarge)) {
                return Self::Full;
            }
            cause = inner.source();
        }
        Self::Store(error)
    }
}

/// Failures of any blob store in this process since its start, for the operator.
static FAILURES: AtomicU64 = AtomicU64::new(0);

pub(super) fn count_failure() {
    FAILURES.fetch_add(1, Ordering::Relaxed);
}

pub(super) fn failures() -> u64 {
    FAILURES.load(Ordering::Relaxed)
}
