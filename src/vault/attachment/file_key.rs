//! The key of a sealed file.

use crate::vault::base64;
use crate::vault::content::{Attachment, MalformedContent};
use crate::vault::hash::Hash32;
use crate::vault::secret::Key32;

/// The key of a sealed file, with the size and hash that its content must have.
#[derive(Debug)]
pub struct FileKey {
    /// Scalar of the age identity drawn for this file. Boxed, so that moves leave no copies on the stack.
    pub key: Box<Key32>,
    /// Size of the content, in bytes.
    pub size: u64,
    /// SHA-256 of the content, before padding.
    pub sha256: Hash32,
}

impl FileKey {
    /// Reads the key from the content of an attachment's record.
    ///
    /// # Errors
    /// [`MalformedContent`] when key or hash do not read.
    pub fn of(content: &Attachment) -> Result<Self, MalformedContent> {
        let key = base64::decode(content.key()).map(zeroize::Zeroizing::new);
        Ok(Self {
            key: key
                .and_then(|bytes| Key32::from_slice(&bytes).map(Box::new))
                .ok_or(MalformedContent)?,
            size: *content.size(),
            sha256: content.sha256().parse().map_err(|_| MalformedContent)?,
        })
    }
}
