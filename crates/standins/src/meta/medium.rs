//! Files that users have sent, and the temporary links to them.

use bytes::Bytes;

/// A file that a user sent.
#[derive(Clone)]
pub(super) struct Medium {
    pub(super) bytes: Bytes,
    pub(super) mime: String,
}

/// A temporary address of a file.
pub(super) struct Link {
    pub(super) medium: String,
    /// Unix seconds.
    pub(super) expires: i64,
}
