//! Sealing a file while it arrives.

use std::fmt;
use std::io::{self, Write as _};
use std::str::FromStr as _;
use std::sync::{Arc, Mutex, PoisonError};

use age::stream::StreamWriter;
use rand::CryptoRng;
use sha2::{Digest as _, Sha256};

use super::file_key::FileKey;
use super::padding::{MIN_PADDED_BYTES, padded_size};
use crate::vault::agefile::Identity;
use crate::vault::hash::Hash32;
use crate::vault::secret::Key32;

/// Initial capacity of a [`Sealer`]'s buffer: nine chunks, or half a megabyte and the file's header.
const SEALED_CAPACITY_BYTES: usize = 9 * (64 * 1024 + 16);

/// Buffer between the age writer and the owner of a [`Sealer`].
#[derive(Clone)]
struct SharedBuffer(Arc<Mutex<Vec<u8>>>);

impl SharedBuffer {
    fn with_capacity() -> Self {
        Self(Arc::new(Mutex::new(Vec::with_capacity(SEALED_CAPACITY_BYTES))))
    }

    /// Swaps the content with `other`.
    fn swap(&self, other: &mut Vec<u8>) {
        std::mem::swap(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner), other);
    }
}

impl io::Write for SharedBuffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Seals a file under a key of its own while it arrives; holds one chunk of it at most.
///
/// Boxed: it holds keys and some bytes of the file, and moves between threads. Each move would leave a copy on a stack.
pub struct Sealer(Box<SealerState>);

struct SealerState {
    writer: StreamWriter<SharedBuffer>,
    buffer: SharedBuffer,
    key: Key32,
    hash: Sha256,
    size: u64,
}

impl Sealer {
    /// Creates a sealer with a fresh key.
    ///
    /// # Panics
    /// Never: writing to memory does not fail, and there is one recipient.
    pub fn new(rng: &mut dyn CryptoRng) -> Self {
        let key = Key32::random(rng);
        let recipient = Identity::from_scalar(key.duplicate()).recipient();
        let recipient = age::x25519::Recipient::from_str(recipient.as_str()).expect("just made");
        let encryptor = age::Encryptor::with_recipients(std::iter::once(&recipient as &dyn age::Recipient))
            .expect("there is one recipient");
        let buffer = SharedBuffer::with_capacity();
        Self(Box::new(SealerState {
            writer: encryptor
                .wrap_output(buffer.clone())
                .expect("writing to memory does not fail"),
            buffer,
            key,
            hash: Sha256::new(),
            size: 0,
        }))
    }

    /// Seals the next bytes of content.
    ///
    /// # Panics
    /// Never: writing to memory does not fail.
    pub fn push(&mut self, content: &[u8]) {
        let state = &mut self.0;
        state.hash.update(content);
        state.size += content.len() as u64;
        state
            .writer
            .write_all(content)
            .expect("writing to memory does not fail");
    }

    /// Size of the content so far, in bytes.
    pub const fn size(&self) -> u64 {
        self.0.size
    }

    /// Takes the sealed bytes that became ready since the last call. The buffer goes along: give it back with
    /// [`reuse`](Self::reuse) to save an allocation.
    pub fn take(&self) -> Vec<u8> {
        let mut sealed = Vec::new();
        self.0.buffer.swap(&mut sealed);
        sealed
    }

    /// Gives a buffer back for the next sealed bytes; its content is dropped. Call it before the next
    /// [`push`](Self::push).
    pub fn reuse(&self, mut buffer: Vec<u8>) {
        buffer.clear();
        self.0.buffer.swap(&mut buffer);
    }

    /// Pads the content and ends the file. Returns the last sealed bytes and the key of the file.
    ///
    /// # Panics
    /// Never: writing to memory does not fail.
    pub fn finish(self) -> (Vec<u8>, FileKey) {
        let mut state = *self.0;
        let zeros = vec![0; MIN_PADDED_BYTES];
        let mut left = padded_size(state.size) - state.size;
        while left > 0 {
            let piece = &zeros[..MIN_PADDED_BYTES.min(usize::try_from(left).unwrap_or(MIN_PADDED_BYTES))];
            state.writer.write_all(piece).expect("writing to memory does not fail");
            left -= piece.len() as u64;
        }
        state.writer.finish().expect("writing to memory does not fail");
        let key = FileKey {
            key: Box::new(state.key),
            size: state.size,
            sha256: Hash32::from_slice(&state.hash.finalize()).expect("SHA-256 has 32 bytes"),
        };
        let mut sealed = Vec::new();
        state.buffer.swap(&mut sealed);
        (sealed, key)
    }
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealer({} bytes so far)", self.0.size)
    }
}
