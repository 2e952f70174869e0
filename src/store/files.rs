//! Where sealed files lie: a folder, or a bucket of an S3-compatible service. Knows names and sealed bytes only.

mod folder;

use std::error::Error as _;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use std::{fmt, fs, io};

use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream::{self, BoxStream};
use object_store::aws::AmazonS3Builder;
use object_store::local::LocalFileSystem;
use object_store::path::Path as Name;
use object_store::{ClientOptions, MultipartUpload, ObjectStore, ObjectStoreExt as _, RetryConfig};

use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::timeout;

pub use self::folder::room;
use self::folder::{Spot, is_nearly_full, make_private, remove_unfinished, timeless};
use crate::domain::day::Day;
use crate::domain::ids::AttachmentId;

/// Bytes that are handed to a folder at once, at least.
const FOLDER_PART: usize = 256 * 1024;
/// S3 takes no smaller part but the last.
const S3_PART: usize = 5 * 1024 * 1024;
/// Bytes after which the disk is asked to begin.
const FLUSH: u64 = 8 * 1024 * 1024;
/// Bytes that are fetched at once for somebody who reads.
const PIECE: u64 = 1024 * 1024;
/// How long a bucket's service may fail or crawl before its user is told.
const PATIENCE: Duration = Duration::from_secs(30);
/// Of that, the part that tidying up at once is given: the sweep comes by in any case.
const TIDYING: u32 = 6;
/// Why a file could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    #[error("the file is not there")]
    Missing,
    #[error("the disk is full")]
    Full,
    #[error("the file store does not answer")]
    Silent,
    /// Its text may name paths: for the log only.
    #[error("the file store: {0}")]
    Store(object_store::Error),
    #[error("the file store's folder {path}: {source}")]
    Folder { path: PathBuf, source: io::Error },
}

impl From<object_store::Error> for FileError {
    fn from(error: object_store::Error) -> Self {
        use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
        if matches!(error, object_store::Error::NotFound { .. }) {
            return Self::Missing;
        }
        FAILURES.fetch_add(1, Ordering::Relaxed);
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

/// How often a store failed since the start, for the operator: a process has one.
static FAILURES: AtomicU64 = AtomicU64::new(0);

/// A bucket of an S3-compatible service; the two secrets come from the key file.
#[derive(Clone)]
pub struct Bucket {
    pub bucket: String,
    /// Of a service that is not Amazon's: `https://s3.example`.
    pub endpoint: Option<String>,
    pub region: String,
    pub access_key_id: String,
    pub secret_access_key: String,
}

impl fmt::Debug for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Bucket({})", self.bucket)
    }
}

/// The store of sealed files. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Files {
    store: Arc<dyn ObjectStore>,
    /// Set where the store is a folder.
    folder: Option<PathBuf>,
    part: usize,
    patience: Patience,
}

/// How long each request to a service may take, its repetitions included. A folder is waited for: it does not go on
/// behind the back of whoever gave up.
#[derive(Clone, Copy, Debug)]
struct Patience(Option<Duration>);

impl Patience {
    async fn wait<T>(self, work: impl Future<Output = object_store::Result<T>>) -> Result<T, FileError> {
        Ok(match self.0 {
            Some(limit) => timeout(limit, work).await.map_err(|_| {
                FAILURES.fetch_add(1, Ordering::Relaxed);
                FileError::Silent
            })?,
            None => work.await,
        }?)
    }

    /// For what is only done at once as a courtesy.
    fn shorter(self) -> Self {
        Self(self.0.map(|limit| limit / TIDYING))
    }
}

impl Files {
    /// How often stores failed since this process started; what was not there is no failure.
    #[must_use]
    pub fn failures(&self) -> u64 {
        FAILURES.load(Ordering::Relaxed)
    }

    /// A folder, made when it is not there; readable by its owner only. What a crash left half-written is removed: one
    /// process at a time works on a folder.
    ///
    /// # Errors
    /// [`FileError::Folder`]
    pub fn folder(path: &Path) -> Result<Self, FileError> {
        let trouble = |source| FileError::Folder {
            path: path.into(),
            source,
        };
        make_private(path).map_err(trouble)?;
        remove_unfinished(path).map_err(trouble)?;
        timeless(path).map_err(trouble)?;
        let store = LocalFileSystem::new_with_prefix(path)?.with_fsync(true);
        Ok(Self {
            store: Arc::new(store),
            folder: Some(path.into()),
            part: FOLDER_PART,
            patience: Patience(None),
        })
    }

    /// A folder that is there, left as it is: another process may be at work on it.
    ///
    /// # Errors
    /// [`FileError`] when it is not there.
    pub fn look(path: &Path) -> Result<Self, FileError> {
        Ok(Self {
            store: Arc::new(LocalFileSystem::new_with_prefix(path)?),
            folder: Some(path.into()),
            part: FOLDER_PART,
            patience: Patience(None),
        })
    }

    /// Whether it is a bucket of a service, and no folder.
    #[must_use]
    pub const fn is_bucket(&self) -> bool {
        self.folder.is_none()
    }

    /// Whether the store answers: a folder takes a file, which has no name and is gone again; a bucket lists.
    ///
    /// # Errors
    /// [`FileError`]
    pub async fn answers(&self) -> Result<(), FileError> {
        if let Some(path) = self.folder.clone() {
            return tempfile::tempfile_in(&path)
                .map(drop)
                .map_err(|source| FileError::Folder { path, source });
        }
        match self.store.list(None).next().await {
            Some(Err(error)) => Err(error.into()),
            Some(Ok(_)) | None => Ok(()),
        }
    }

    /// # Errors
    /// [`FileError::Store`] when the settings make no sense. Whether the service answers is seen at the first use.
    pub fn bucket(bucket: &Bucket) -> Result<Self, FileError> {
        Self::bucket_within(bucket, PATIENCE)
    }

    /// The same, with another limit to how long each request may take.
    ///
    /// # Errors
    /// As [`Files::bucket`].
    pub fn bucket_within(bucket: &Bucket, patience: Duration) -> Result<Self, FileError> {
        // reqwest looks for the process's own choice; a second call changes nothing.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let retry = RetryConfig {
            retry_timeout: patience,
            ..RetryConfig::default()
        };
        // Plain HTTP only where the address says so: what passes is sealed, but its sizes and times are not.
        let plain = bucket
            .endpoint
            .as_ref()
            .is_some_and(|endpoint| endpoint.starts_with("http://"));
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(&bucket.bucket)
            .with_region(&bucket.region)
            .with_access_key_id(&bucket.access_key_id)
            .with_secret_access_key(&bucket.secret_access_key)
            .with_retry(retry)
            .with_client_options(
                ClientOptions::new()
                    // `Patience` has its eye on each request, with its repetitions.
                    .with_timeout_disabled()
                    .with_connect_timeout(patience / 3)
                    .with_allow_http(plain),
            );
        if let Some(endpoint) = &bucket.endpoint {
            builder = builder.with_endpoint(endpoint);
        }
        Ok(Self {
            store: Arc::new(builder.build()?),
            folder: None,
            part: S3_PART,
            patience: Patience(Some(patience)),
        })
    }

    /// Begins to write a file; nothing is there under its name before [`Upload::finish`].
    ///
    /// # Errors
    /// [`FileError`]
    pub async fn begin(&self, id: AttachmentId) -> Result<Upload, FileError> {
        if self.folder.as_ref().is_some_and(|folder| is_nearly_full(folder)) {
            return Err(FileError::Full);
        }
        Ok(Upload {
            inner: self.patience.wait(self.store.put_multipart(&name(id))).await?,
            buffer: Vec::new(),
            part: self.part,
            patience: self.patience,
            written: 0,
            spot: self.spot(id),
            flushed: 0,
            flushing: None,
        })
    }

    /// Bytes of a stored file.
    ///
    /// # Errors
    /// [`FileError::Missing`]
    pub async fn size(&self, id: AttachmentId) -> Result<u64, FileError> {
        Ok(self.patience.wait(self.store.head(&name(id))).await?.size)
    }

    /// Some bytes of a stored file; fewer where it ends.
    ///
    /// # Errors
    /// [`FileError`]
    pub async fn read(&self, id: AttachmentId, range: Range<u64>) -> Result<Bytes, FileError> {
        self.patience.wait(self.store.get_range(&name(id), range)).await
    }

    /// A whole stored file: its size and its bytes, fetched piece by piece as somebody reads them.
    ///
    /// # Errors
    /// [`FileError`]
    pub async fn stream(
        &self,
        id: AttachmentId,
    ) -> Result<(u64, BoxStream<'static, Result<Bytes, FileError>>), FileError> {
        let size = self.size(id).await?;
        let pieces = stream::try_unfold((self.clone(), 0), move |(files, at)| async move {
            let end = size.min(at + PIECE);
            if at == end {
                return Ok(None);
            }
            Ok(Some((files.read(id, at..end).await?, (files, end))))
        });
        Ok((size, pieces.boxed()))
    }

    /// Deletes a file; none under that name is no error.
    ///
    /// # Errors
    /// [`FileError`]
    pub async fn delete(&self, id: AttachmentId) -> Result<(), FileError> {
        self.delete_within(id, self.patience).await
    }

    /// The same for a file that the sweep knows of, too: nobody is kept waiting for long.
    ///
    /// # Errors
    /// [`FileError`]
    pub async fn delete_soon(&self, id: AttachmentId) -> Result<(), FileError> {
        self.delete_within(id, self.patience.shorter()).await
    }

    async fn delete_within(&self, id: AttachmentId, patience: Patience) -> Result<(), FileError> {
        match patience.wait(self.store.delete(&name(id))).await {
            Ok(()) => self.spot(id).map_or(Ok(()), |spot| spot.settle()),
            Err(FileError::Missing) => Ok(()),
            Err(error) => Err(error),
        }?;
        // What could not even be finished: a full disk must not stay full for it.
        self.spot(id).map_or(Ok(()), |spot| spot.remove_unfinished())
    }

    /// Where a file lies, if that is a folder.
    fn spot(&self, id: AttachmentId) -> Option<Spot> {
        Some(Spot::of(self.folder.clone()?, id))
    }
}

/// A file that is being written.
pub struct Upload {
    inner: Box<dyn MultipartUpload>,
    buffer: Vec<u8>,
    part: usize,
    patience: Patience,
    written: u64,
    spot: Option<Spot>,
    /// Bytes that were written when the last flush began.
    flushed: u64,
    flushing: Option<JoinHandle<()>>,
}

impl Upload {
    /// Appends sealed bytes, and gives their room back, empty. When this returns, less than one part of them is still in
    /// memory.
    ///
    /// # Errors
    /// [`FileError`]; the upload can only be given up then.
    pub async fn write(&mut self, mut sealed: Vec<u8>) -> Result<Vec<u8>, FileError> {
        if sealed.is_empty() {
            return Ok(sealed);
        }
        self.written += sealed.len() as u64;
        if self.buffer.is_empty() && sealed.len() >= self.part {
            return self.put(sealed).await;
        }
        self.buffer.append(&mut sealed);
        if self.buffer.len() >= self.part {
            let part = std::mem::take(&mut self.buffer);
            self.buffer = self.put(part).await?;
        }
        Ok(sealed)
    }

    /// Hands a part to the store, which has let go of it when this returns: its room can be used again.
    async fn put(&mut self, part: Vec<u8>) -> Result<Vec<u8>, FileError> {
        let part = Bytes::from(part);
        self.patience.wait(self.inner.put_part(part.clone().into())).await?;
        self.flush();
        let mut room = Vec::from(part);
        room.clear();
        Ok(room)
    }

    /// Lets the disk begin with what is written so far: at the end, only little is left to wait for.
    fn flush(&mut self) {
        let is_free = self.flushing.as_ref().is_none_or(JoinHandle::is_finished);
        if self.written - self.flushed < FLUSH || !is_free {
            return;
        }
        if let Some(half) = self.spot.as_ref().and_then(|spot| spot.unfinished().last()) {
            self.flushed = self.written;
            // What goes wrong here goes wrong again at the end, where it is told.
            let flush = move || drop(fs::File::open(half).and_then(|file| file.sync_data()));
            self.flushing = Some(spawn_blocking(flush));
        }
    }

    /// Makes it last under its name: when this returns, the file is on the disk, or the service has it. Its times say
    /// the day only.
    ///
    /// # Errors
    /// [`FileError`]; nothing is there under the name then.
    pub async fn finish(mut self, today: Day) -> Result<u64, FileError> {
        let last = std::mem::take(&mut self.buffer);
        if !last.is_empty() {
            self.put(last).await?;
        }
        self.patience.wait(self.inner.complete()).await?;
        if let Some(spot) = &self.spot {
            spot.date(today)?;
            spot.settle()?;
        }
        Ok(self.written)
    }

    /// Removes what was written so far.
    pub async fn give_up(mut self) {
        if let Err(error) = self.patience.shorter().wait(self.inner.abort()).await {
            tracing::warn!(%error, "an unfinished file stays until the store is cleaned");
        }
        if let Some(Err(error)) = self.spot.as_ref().map(Spot::settle) {
            tracing::warn!(%error, "a folder tells when an upload was given up");
        }
    }
}

impl fmt::Debug for Upload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Upload({} bytes so far)", self.written)
    }
}

/// Two letters of the id as a folder: a folder of a million files is slow to list.
fn name(id: AttachmentId) -> Name {
    let id = id.to_string();
    Name::from_iter([&id[..2], &id])
}
