//! A file that belongs to a case, sealed while it arrives and opened as a stream (`docs/PROTOCOL.md`, section 12).

use std::fmt;
use std::io::{self, Read, Write as _};
use std::str::FromStr as _;
use std::sync::{Arc, Mutex, PoisonError};

use age::stream::{StreamReader, StreamWriter};
use rand::CryptoRng;
use sha2::{Digest as _, Sha256};

use crate::domain::ids::{AttachmentId, CaseId, InstanceId, RecordId};
use crate::vault::agefile::Identity;
use crate::vault::base64;
use crate::vault::content::{Attachment, MalformedContent};
use crate::vault::hash::Hash32;
use crate::vault::record::{ContentKind, RecordContext, padme};
use crate::vault::secret::Key32;

/// The smallest padded content, in bytes; also how much is padded, read and checked at a time.
const MIN_PADDED_BYTES: usize = 64 * 1024;

/// Sealed bytes that a [`Sealer`] has room for from the beginning: nine chunks, or half a megabyte and the file's header.
const SEALED_CAPACITY_BYTES: usize = 9 * (64 * 1024 + 16);

/// A file and what describes it.
#[derive(Debug)]
pub struct DescribedAttachment {
    pub id: AttachmentId,
    pub content: Attachment,
}

impl DescribedAttachment {
    /// Nobody could clean it, and its sender has not said yet whether to send it nevertheless.
    pub fn is_undecided(&self) -> bool {
        self.content.cleaning() == UNDECIDED
    }

    /// Another owned copy, where two owners really are needed.
    #[must_use]
    pub fn duplicate(&self) -> Self {
        let content = &self.content;
        Self {
            id: self.id,
            content: with_name(content, content.name().clone(), content.cleaning()),
        }
    }

    /// The same file, sent as it is by its sender's choice.
    #[must_use]
    pub fn unchanged(&self) -> Self {
        Self {
            id: self.id,
            content: with_name(&self.content, self.content.name().clone(), UNCHANGED),
        }
    }
}

/// Hidden data were looked for and taken out.
pub const CLEANED: &str = "cleaned";
/// Nobody could clean it, and the sender chose to send it as it is.
pub const UNCHANGED: &str = "unchanged";
/// Only between arrival and that choice.
pub const UNDECIDED: &str = "undecided";

/// The bytes that a content of `size` bytes is padded to.
///
/// # Panics
/// Never on a machine whose addresses have 64 bits.
pub fn padded_size(size: u64) -> u64 {
    let size = usize::try_from(size).expect("addresses have 64 bits");
    padme(size.max(MIN_PADDED_BYTES)) as u64
}

/// Sealed bytes on their way out of a [`Sealer`].
#[derive(Clone)]
struct SharedBuffer(Arc<Mutex<Vec<u8>>>);

impl SharedBuffer {
    fn with_capacity() -> Self {
        Self(Arc::new(Mutex::new(Vec::with_capacity(SEALED_CAPACITY_BYTES))))
    }

    /// What is here goes there, and the other way round.
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
/// Behind a pointer: it holds keys and some bytes of the file, and goes from thread to thread. Each move would leave a
/// copy of them on a stack.
pub struct Sealer(Box<SealerState>);

struct SealerState {
    writer: StreamWriter<SharedBuffer>,
    buffer: SharedBuffer,
    key: Key32,
    hash: Sha256,
    size: u64,
}

/// What opens a file that was sealed, and what it must turn out to be.
#[derive(Debug)]
pub struct FileKey {
    /// The scalar of the age identity drawn for this file. Behind a pointer for the same reason.
    pub key: Box<Key32>,
    /// Bytes of content.
    pub size: u64,
    pub sha256: Hash32,
}

impl Sealer {
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

    /// Bytes of content so far.
    pub const fn size(&self) -> u64 {
        self.0.size
    }

    /// The sealed bytes that are ready since the last call. They take their room along: give it back with
    /// [`reuse`](Self::reuse), or the next ones need other.
    pub fn take(&self) -> Vec<u8> {
        let mut sealed = Vec::new();
        self.0.buffer.swap(&mut sealed);
        sealed
    }

    /// Room for the next sealed bytes; what stands there is forgotten. Comes before anything else is pushed.
    pub fn reuse(&self, mut room: Vec<u8>) {
        room.clear();
        self.0.buffer.swap(&mut room);
    }

    /// Pads up to the bucket and ends the file: the last sealed bytes, and what opens them all.
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

/// The stored file is not the one that its record describes: exchanged, cut, reordered or changed.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("the stored file is not the one that was sealed")]
pub struct ContentChanged;

/// Why a stored file could not be read.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error(transparent)]
    ContentChanged(#[from] ContentChanged),
    /// What it is read from failed; whether the file is good is not known.
    #[error(transparent)]
    Source(io::Error),
}

impl From<io::Error> for OpenError {
    /// The age crate reports what does not decrypt as invalid data, and a cut file as an end too early.
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput | io::ErrorKind::UnexpectedEof => {
                Self::ContentChanged(ContentChanged)
            }
            _ => Self::Source(error),
        }
    }
}

/// Opens a stored file piece by piece. Behind a pointer, as [`Sealer`].
pub struct Opener<R: Read>(Box<OpenerState<R>>);

struct OpenerState<R: Read> {
    reader: StreamReader<R>,
    expected: Hash32,
    size: u64,
    left: u64,
    hash: Sha256,
}

impl<R: Read> Opener<R> {
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

    /// The next piece of content, at most `most` bytes; empty at the end, which was checked then: padding, length and hash.
    ///
    /// The last piece comes only after that check, so whoever has all pieces has what was sealed.
    ///
    /// # Errors
    /// [`OpenError`]; what came before is worth nothing then.
    pub fn next(&mut self, most: usize) -> Result<Vec<u8>, OpenError> {
        let state = &mut self.0;
        let piece = usize::try_from(state.left).unwrap_or(usize::MAX).min(most);
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

impl FileKey {
    /// What a record's content says about its file.
    ///
    /// # Errors
    /// [`MalformedContent`]
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

/// Where a file's record belongs: the record's id is the file's.
///
/// # Panics
/// Never: a file's id is a version 4 UUID.
pub fn record_context(instance: InstanceId, case: CaseId, id: AttachmentId) -> RecordContext {
    RecordContext {
        instance,
        case,
        record: RecordId::try_from(id.as_uuid()).expect("a file's id is a version 4 UUID"),
        kind: ContentKind::Attachment,
    }
}

/// The same file, under another name or decision.
pub fn with_name(content: &Attachment, name: String, cleaning: &str) -> Attachment {
    Attachment::new(
        name,
        content.r#type().clone(),
        *content.size(),
        content.sha256().clone(),
        content.key().clone(),
        cleaning.to_owned(),
        content.removed().clone(),
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand::SeedableRng as _;
    use rand::rngs::StdRng;

    use super::*;

    fn sealed(content: &[u8], pieces: usize) -> (Vec<u8>, FileKey) {
        let mut sealer = Sealer::new(&mut StdRng::seed_from_u64(1));
        let mut file = Vec::new();
        for piece in content.chunks(pieces.max(1)) {
            sealer.push(piece);
            file.extend(sealer.take());
        }
        let (rest, key) = sealer.finish();
        file.extend(rest);
        (file, key)
    }

    fn opened(file: &[u8], key: &FileKey) -> Result<Vec<u8>, OpenError> {
        let mut opener = Opener::new(key, file)?;
        let mut content = Vec::new();
        loop {
            let piece = opener.next(10_000)?;
            if piece.is_empty() {
                return Ok(content);
            }
            content.extend(piece);
        }
    }

    fn is_changed(outcome: &Result<Vec<u8>, OpenError>) -> bool {
        matches!(outcome, Err(OpenError::ContentChanged(_)))
    }

    #[test]
    fn sizes_are_told_in_buckets_only() {
        let sizes = |size: usize| sealed(&vec![1; size], 70_000).0.len();
        // The header of an age file has a random length of its own.
        let alike = |a: usize, b: usize| sizes(a).abs_diff(sizes(b)) < 512;
        assert!(alike(0, 65_536) && alike(200_000, 200_700));
        assert!(!alike(200_000, 400_000));
    }

    #[test]
    fn whatever_is_done_to_a_stored_file_is_noticed() {
        let content: Vec<u8> = (0..200_000_u32).map(|n| n.to_le_bytes()[0]).collect();
        let (file, key) = sealed(&content, 1000);
        assert_eq!(opened(&file, &key).unwrap(), content);
        let (other, other_key) = sealed(&content, 1000);
        // The same key, drawn from the same seed, but another age file: what it holds is the same.
        assert_eq!(other_key.key, key.key);
        assert_eq!(opened(&other, &key).unwrap(), content);
        for cut in [0, 10, 100, 250, 70_000, file.len() - 1] {
            assert!(is_changed(&opened(&file[..cut], &key)), "cut at {cut}");
        }
        for at in [5, 120, 210, 300, 70_000, file.len() - 1] {
            let mut flipped = file.clone();
            flipped[at] ^= 1;
            assert!(is_changed(&opened(&flipped, &key)), "flipped at {at}");
        }
        let mut longer = file.clone();
        longer.push(0);
        assert!(is_changed(&opened(&longer, &key)));
        // Two chunks of age's stream, in each other's place.
        let chunk = 65_536 + 16;
        let start = file.len()
            - usize::try_from(padded_size(200_000)).unwrap().div_ceil(65_536) * 16
            - usize::try_from(padded_size(200_000)).unwrap();
        let mut swapped = file.clone();
        let (left, right) = swapped[start..].split_at_mut(chunk);
        left[..chunk].swap_with_slice(&mut right[..chunk]);
        assert!(is_changed(&opened(&swapped, &key)));
    }

    #[test]
    fn a_file_under_the_same_key_with_other_content_is_noticed() {
        let (_, key) = sealed(b"what was sent", 100);
        for forged in [&b"what was senT"[..], b"what was sen", b""] {
            // An insider who knows the file's key seals something else with it.
            let (file, _) = sealed(forged, 100);
            assert!(is_changed(&opened(&file, &key)));
        }
    }

    proptest! {
        #[test]
        fn every_size_comes_back(size in 0_usize..300_000, pieces in 1_usize..90_000) {
            let content: Vec<u8> = (0..size).map(|n| n.to_le_bytes()[0]).collect();
            let (file, key) = sealed(&content, pieces);
            prop_assert_eq!(opened(&file, &key).unwrap(), content);
        }
    }
}
