//! Storage of sealed files (blobs): a folder, or a bucket of an S3-compatible service.
//!
//! It knows names and sealed bytes only, never keys or plaintext.

mod bucket;
mod error;
mod folder;
mod limits;
mod store;
mod upload;

pub use self::bucket::Bucket;
pub use self::error::BlobError;
pub use self::folder::free_bytes;
pub use self::store::BlobStore;
pub use self::upload::Upload;
