//! Takes hidden metadata out of evidence: places, devices, authors, dates that a reporter does not see.
//! Bytes in, bytes out: no I/O, no clock. What stays is named in allow lists; all else goes.
//!
//! Films and sound are cleaned while they go by ([`stream_cleaner`], in bounded memory); pictures and documents whole
//! ([`clean_whole`], to be called in a child process with limits on memory and time). Picture and sound themselves
//! are never coded anew: what they show and say stays as it is, with whatever identifies by itself.

mod exif;
mod filetype;
mod hints;
mod isobmff;
mod jpeg;
mod mp3;
mod office;
mod ogg;
mod pdf;
mod png;
mod removed;
mod webp;

use std::ops::Range;

pub use filetype::{FileType, HEAD, Handling};
pub use removed::{Removed, Trace};

/// Cleans while the bytes go by, in bounded memory (each format names its bound).
pub trait StreamCleaner: Send {
    /// Takes the next bytes, appends what is ready to `out`. Never fails: what it cannot understand passes unchanged
    /// from there on, and [`finish`](Self::finish) says so.
    fn push(&mut self, input: &[u8], out: &mut Vec<u8>);

    /// Appends the rest. Nothing may be pushed afterwards.
    fn finish(&mut self, out: &mut Vec<u8>) -> Done;
}

/// How the cleaning of a stream ended.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Done {
    /// `false`: the structure was not understood; the file must be taken to be as it was, whatever `removed` says.
    pub cleaned: bool,
    pub removed: Removed,
    /// Ranges of the output that are to be overwritten with zeros afterwards: samples of metadata tracks that went by
    /// before it was known. Sorted, within the output, nearly always empty. There may be some when `cleaned`
    /// is `false`, too: of an index that was understood before something else was not.
    pub blank: Vec<Range<u64>>,
}

/// A file that was cleaned.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cleaned {
    pub bytes: Vec<u8>,
    pub removed: Removed,
    /// What it is on a closer look: the first bytes do not tell DOCX from XLSX.
    pub kind: FileType,
}

/// A file that stays as it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{kind} is not cleaned: {why}")]
pub struct NotCleanable {
    /// What it is on a closer look.
    pub kind: FileType,
    pub why: Why,
}

/// Why a file cannot be cleaned.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Why {
    #[error("there is no cleaner for this type")]
    NoCleaner,
    #[error("its structure is not understood")]
    Malformed,
    #[error("it is encrypted")]
    Encrypted,
    #[error("it is signed, and cleaning would break the signature")]
    Signed,
    #[error("it carries macros")]
    Macros,
    #[error("it grows beyond bounds when unpacked")]
    TooLarge,
}

/// The cleaner for a type with [`Handling::Stream`].
pub fn stream_cleaner(kind: FileType) -> Option<Box<dyn StreamCleaner>> {
    match kind {
        FileType::Mp4 | FileType::Mov | FileType::M4a => Some(Box::new(isobmff::Cleaner::new())),
        FileType::Ogg => Some(Box::new(ogg::Cleaner::new())),
        FileType::Mp3 => Some(Box::new(mp3::Cleaner::new())),
        _ => None,
    }
}

/// Cleans a file that is whole in memory.
///
/// # Errors
///
/// Where the type has no cleaner ([`Handling::Whole`] says which have), or the file is not as its type should be.
pub fn clean_whole(kind: FileType, bytes: &[u8]) -> Result<Cleaned, NotCleanable> {
    match kind {
        FileType::Jpeg => jpeg::clean(bytes),
        FileType::Png => png::clean(bytes),
        FileType::Webp => webp::clean(bytes),
        FileType::Pdf => pdf::clean(bytes),
        FileType::Docx | FileType::Xlsx | FileType::Pptx | FileType::Zip => return office::clean(bytes),
        _ => Err(Why::NoCleaner),
    }
    .map(|(bytes, removed)| Cleaned { bytes, removed, kind })
    .map_err(|why| NotCleanable { kind, why })
}
