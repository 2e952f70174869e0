//! The blob store: opening it, reading, deleting, and beginning an upload.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream::{self, BoxStream};
use object_store::local::LocalFileSystem;
use object_store::path::Path as Name;
use object_store::{ObjectStore, ObjectStoreExt as _};

use super::bucket::Bucket;
use super::error::{self, BlobError};
use super::folder::{BlobPath, erase_times, is_nearly_full, make_private, remove_unfinished};
use super::limits::{FOLDER_PART_BYTES, READ_BYTES, REQUEST_TIMEOUT, RequestTimeout, S3_PART_BYTES};
use super::upload::Upload;
use crate::domain::ids::AttachmentId;

/// The store of sealed files. Cheap to clone.
#[derive(Clone, Debug)]
pub struct BlobStore {
    store: Arc<dyn ObjectStore>,
    /// Set where the store is a folder.
    folder: Option<PathBuf>,
    part_bytes: usize,
    timeout: RequestTimeout,
}

impl BlobStore {
    /// Returns how often stores failed since this process started; a missing blob is no failure.
    #[must_use]
    pub fn failures(&self) -> u64 {
        error::failures()
    }

    /// Opens a folder, readable by its owner only, and creates it when it is missing.
    ///
    /// Removes files that a crash left half-written, so only one process at a time may work on a folder.
    ///
    /// # Errors
    /// [`BlobError::Folder`]
    pub fn open_folder(path: &Path) -> Result<Self, BlobError> {
        let trouble = |source| BlobError::Folder {
            path: path.into(),
            source,
        };
        make_private(path).map_err(trouble)?;
        remove_unfinished(path).map_err(trouble)?;
        erase_times(path).map_err(trouble)?;
        let store = LocalFileSystem::new_with_prefix(path)?.with_fsync(true);
        Ok(Self {
            store: Arc::new(store),
            folder: Some(path.into()),
            part_bytes: FOLDER_PART_BYTES,
            timeout: RequestTimeout(None),
        })
    }

    /// Opens an existing folder without changing it: another process may be at work on it.
    ///
    /// # Errors
    /// [`BlobError`] when it is not there.
    pub fn open_existing_folder(path: &Path) -> Result<Self, BlobError> {
        Ok(Self {
            store: Arc::new(LocalFileSystem::new_with_prefix(path)?),
            folder: Some(path.into()),
            part_bytes: FOLDER_PART_BYTES,
            timeout: RequestTimeout(None),
        })
    }

    /// Opens a bucket. It does not connect: a service that does not answer shows at the first use.
    ///
    /// # Errors
    /// [`BlobError::Store`] when the settings make no sense.
    pub fn open_bucket(bucket: &Bucket) -> Result<Self, BlobError> {
        Self::open_bucket_with_timeout(bucket, REQUEST_TIMEOUT)
    }

    /// Opens a bucket with another time limit for each request.
    ///
    /// # Errors
    /// As [`BlobStore::open_bucket`].
    pub fn open_bucket_with_timeout(bucket: &Bucket, timeout: Duration) -> Result<Self, BlobError> {
        Ok(Self {
            store: Arc::new(bucket.client(timeout)?),
            folder: None,
            part_bytes: S3_PART_BYTES,
            timeout: RequestTimeout(Some(timeout)),
        })
    }

    /// Returns true for a bucket, false for a folder.
    #[must_use]
    pub const fn is_bucket(&self) -> bool {
        self.folder.is_none()
    }

    /// Checks that the store works: creates a nameless temporary file in the folder, or lists the bucket.
    ///
    /// # Errors
    /// [`BlobError`]
    pub async fn check_availability(&self) -> Result<(), BlobError> {
        if let Some(path) = self.folder.clone() {
            return tempfile::tempfile_in(&path)
                .map(drop)
                .map_err(|source| BlobError::Folder { path, source });
        }
        match self.store.list(None).next().await {
            Some(Err(error)) => Err(error.into()),
            Some(Ok(_)) | None => Ok(()),
        }
    }

    /// Begins to write a blob; nothing is there under its name before [`Upload::finish`].
    ///
    /// # Errors
    /// [`BlobError`]
    pub async fn begin(&self, id: AttachmentId) -> Result<Upload, BlobError> {
        if self.folder.as_ref().is_some_and(|folder| is_nearly_full(folder)) {
            return Err(BlobError::Full);
        }
        let inner = self.timeout.run(self.store.put_multipart(&name(id))).await?;
        Ok(Upload::new(inner, self.part_bytes, self.timeout, self.path(id)))
    }

    /// Returns the size of a blob in bytes.
    ///
    /// # Errors
    /// [`BlobError::Missing`]
    pub async fn size(&self, id: AttachmentId) -> Result<u64, BlobError> {
        Ok(self.timeout.run(self.store.head(&name(id))).await?.size)
    }

    /// Reads a range of a blob's bytes; fewer where it ends.
    ///
    /// # Errors
    /// [`BlobError`]
    pub async fn read(&self, id: AttachmentId, range: Range<u64>) -> Result<Bytes, BlobError> {
        self.timeout.run(self.store.get_range(&name(id), range)).await
    }

    /// Reads a whole blob: returns its size and its bytes, which are fetched as the caller reads them.
    ///
    /// # Errors
    /// [`BlobError`]
    pub async fn stream(
        &self,
        id: AttachmentId,
    ) -> Result<(u64, BoxStream<'static, Result<Bytes, BlobError>>), BlobError> {
        let size = self.size(id).await?;
        let pieces = stream::try_unfold((self.clone(), 0), move |(store, at)| async move {
            let end = size.min(at + READ_BYTES);
            if at == end {
                return Ok(None);
            }
            Ok(Some((store.read(id, at..end).await?, (store, end))))
        });
        Ok((size, pieces.boxed()))
    }

    /// Deletes a blob; it is no error when there is none under that name.
    ///
    /// # Errors
    /// [`BlobError`]
    pub async fn delete(&self, id: AttachmentId) -> Result<(), BlobError> {
        self.delete_within(id, self.timeout).await
    }

    /// Deletes a blob with a short time limit, for one that the sweep will delete otherwise.
    ///
    /// # Errors
    /// [`BlobError`]
    pub async fn delete_with_short_timeout(&self, id: AttachmentId) -> Result<(), BlobError> {
        self.delete_within(id, self.timeout.shortened()).await
    }

    async fn delete_within(&self, id: AttachmentId, timeout: RequestTimeout) -> Result<(), BlobError> {
        match timeout.run(self.store.delete(&name(id))).await {
            Ok(()) => self.path(id).map_or(Ok(()), |path| path.erase_folder_times()),
            Err(BlobError::Missing) => Ok(()),
            Err(error) => Err(error),
        }?;
        // Unfinished files go too: a full disk must not stay full because of them.
        self.path(id).map_or(Ok(()), |path| path.remove_unfinished())
    }

    /// Returns the path of a blob, if the store is a folder.
    fn path(&self, id: AttachmentId) -> Option<BlobPath> {
        Some(BlobPath::new(self.folder.clone()?, id))
    }
}

/// Names a blob. Two letters of the id become a folder: a folder of a million files is slow to list.
fn name(id: AttachmentId) -> Name {
    let id = id.to_string();
    Name::from_iter([&id[..2], &id])
}
