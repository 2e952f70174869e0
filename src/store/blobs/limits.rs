//! Sizes of parts, and the time limit of each request to a service.

use std::time::Duration;

use tokio::time::timeout;

use super::error::{BlobError, count_failure};

/// Smallest number of bytes that a folder is handed at once.
pub(super) const FOLDER_PART_BYTES: usize = 256 * 1024;
/// Smallest part that S3 takes, except for the last one.
pub(super) const S3_PART_BYTES: usize = 5 * 1024 * 1024;
/// Unwritten bytes after which the disk is asked to begin writing.
pub(super) const FLUSH_BYTES: u64 = 8 * 1024 * 1024;
/// Bytes fetched at once for a reader.
pub(super) const READ_BYTES: u64 = 1024 * 1024;
/// Time a bucket's service may fail or crawl before the caller gets an error.
pub(super) const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
/// The timeout is divided by this where cleaning up is only a courtesy: the sweep comes by later in any case.
const SHORT_TIMEOUT_DIVISOR: u32 = 6;

/// Time limit of each request to a service, retries included.
///
/// A folder has none: it would not stop working when its caller gives up.
#[derive(Clone, Copy, Debug)]
pub(super) struct RequestTimeout(pub(super) Option<Duration>);

impl RequestTimeout {
    pub(super) async fn run<T>(self, request: impl Future<Output = object_store::Result<T>>) -> Result<T, BlobError> {
        Ok(match self.0 {
            Some(limit) => timeout(limit, request).await.map_err(|_| {
                count_failure();
                BlobError::TimedOut
            })?,
            None => request.await,
        }?)
    }

    /// Returns the limit for requests that are only a courtesy.
    pub(super) fn shortened(self) -> Self {
        Self(self.0.map(|limit| limit / SHORT_TIMEOUT_DIVISOR))
    }
}
