//! The results of cleaning, and the trait of cleaners of streams.

use std::ops::Range;

use crate::filetype::FileType;
use crate::removed::Removed;

/// A cleaner that works while the bytes pass, in bounded memory. Each format states its bound.
pub trait StreamCleaner: Send {
    /// Takes the next bytes, and appends the finished ones to `out`. Never fails: data that it does not understand pass
    /// unchanged from there on, and [`finish`](Self::finish) reports it.
    fn push(&mut self, input: &[u8], out: &mut Vec<u8>);

    /// Appends the rest. Nothing may be pushed afterwards.
    fn finish(&mut self, out: &mut Vec<u8>) -> StreamOutcome;
}

/// The result of cleaning a stream.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct StreamOutcome {
    /// False if the structure was not understood. The file then counts as unchanged, whatever `removed` holds.
    pub cleaned: bool,
    /// The kinds of metadata that were removed.
    pub removed: Removed,
    /// Ranges of the output that the caller must overwrite with zeros: samples of metadata tracks that passed before the
    /// track was known. Sorted, within the output, and nearly always empty. Also set if `cleaned` is false, when an
    /// earlier index was understood.
    pub blank: Vec<Range<u64>>,
}

/// A cleaned file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cleaned {
    /// The content without hidden metadata.
    pub bytes: Vec<u8>,
    /// The kinds of metadata that were removed.
    pub removed: Removed,
    /// The type on a closer look: the first bytes do not distinguish DOCX from XLSX.
    pub kind: FileType,
}

/// A file that cannot be cleaned.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{kind} is not cleaned: {reason}")]
pub struct NotCleanable {
    /// The type on a closer look.
    pub kind: FileType,
    /// The obstacle.
    pub reason: Reason,
}

/// The reason why a file cannot be cleaned.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Reason {
    /// The type has no cleaner.
    #[error("there is no cleaner for this type")]
    NoCleaner,
    /// The file is damaged, or uses an unknown feature.
    #[error("its structure is not understood")]
    Malformed,
    /// The file is encrypted.
    #[error("it is encrypted")]
    Encrypted,
    /// The file carries a signature.
    #[error("it is signed, and cleaning would break the signature")]
    Signed,
    /// The document carries macros.
    #[error("it carries macros")]
    Macros,
    /// A part exceeds the limits when unpacked, or nests too deep.
    #[error("it grows beyond bounds when unpacked")]
    TooLarge,
}
