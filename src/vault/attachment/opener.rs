//! Opening a stored file as a stream.

use std::fmt;
use std::io::{self, Read};

use age::stream::StreamReader;
use sha2::{Digest as _, Sha256};

use super::file_key::FileKey;
use super::padding::{MIN_PADDED_BYTES, padded_size};
use crate::vault::agefile::Identity;
use crate::vault::hash::Hash32;

/// The stored file is not the one that its record describes: exchanged, cut, reordered or changed.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("the stored file is not the one that was sealed")]
pub struct ContentChanged;

/// Reason why a stored file could not be read.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file is not the one that was sealed.
    #[error(transparent)]
    ContentChanged(#[from] ContentChanged),
    /// Reading failed; the file itself may be good.
    #[error(transparent)]
    Source(io::Error),
}

impl From<io::Error> for OpenError {
    /// Maps an I/O error: age reports a failed decryption as invalid data, and a cut file as an unexpected end.
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput | io::ErrorKind::UnexpectedEof => {
                Self::ContentChanged(ContentChanged)
            }
            _ => Self::Source(error),
        }
    }
}

/// Opens a stored file piece by piece. Boxed, so that moves leave no copies on the stack.
pub struct Opener<R: Read>(Box<OpenerState<R>>);

struct OpenerState<R: Read> {
    reader: StreamReader<R>,
    expected: Hash32,
    size: u64,
    left: u64,
    hash: Sha256,
}

impl<R: Read> Opener<R> {
    /// Begins to open a stored file.
    ///
    /// # Errors
    /// [`OpenError`]
    pub fn new(file: &FileKey, stored: R) -> Result<Self, OpenError> {
        let identity = Identity::from_scalar(file.key.duplicate());
        let decryptor = age::Decryptor::new(stored).map_err(|error| match error {
            age::DecryptError::Io(error) => error.into(),
            _ => OpenError::ContentChanged(ContentChanged),
        })?;
        let reader = decryptor
            .decrypt(std::iter::once(identity.as_age()))
            .map_err(|error| match error {
                age::DecryptError::Io(error) => error.into(),
                _ => OpenError::ContentChanged(ContentChanged),
            })?;
        Ok(Self(Box::new(OpenerState {
            reader,
            expected: file.sha256,
            size: file.size,
            left: file.size,
            hash: Sha256::new(),
        })))
    }

    /// Returns the next piece of content, at most `max_bytes` long; empty at the end.
    ///
    /// The last piece comes only after padding, length and hash were checked. So all pieces together are what was sealed.
    ///
    /// # Errors
    /// [`OpenError`]; discard the earlier pieces then.
    pub fn next(&mut self, max_bytes: usize) -> Result<Vec<u8>, OpenError> {
        let state = &mut self.0;
        let piece = usize::try_from(state.left).unwrap_or(usize::MAX).min(max_bytes);
        let mut content = vec![0; piece];
        state.reader.read_exact(&mut content)?;
        state.hash.update(&content);
        let was = state.left;
        state.left -= piece as u64;
        if state.left == 0 && (was > 0 || state.size == 0) {
            state.check_end()?;
        }
        Ok(content)
    }
}

impl<R: Read> OpenerState<R> {
    fn check_end(&mut self) -> Result<(), OpenError> {
        let mut padding = padded_size(self.size) - self.size;
        let mut rest = vec![0; MIN_PADDED_BYTES];
        loop {
            let read = self.reader.read(&mut rest)?;
            if read == 0 {
                break;
            }
            padding = padding.checked_sub(read as u64).ok_or(ContentChanged)?;
            if rest[..read].iter().any(|byte| *byte != 0) {
                return Err(ContentChanged.into());
            }
        }
        let hash = std::mem::take(&mut self.hash).finalize();
        if padding == 0 && hash.as_slice() == self.expected.as_bytes() {
            Ok(())
        } else {
            Err(ContentChanged.into())
        }
    }
}

impl<R: Read> fmt::Debug for Opener<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Opener({} of {} bytes left)", self.0.left, self.0.size)
    }
}
