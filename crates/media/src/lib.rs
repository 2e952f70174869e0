//! Removes hidden metadata from files: places, devices, authors, dates that the sender does not see.
//!
//! Bytes in, bytes out: no I/O, no clock, no keys, no cases. Allow lists name the data that stay; all other data are
//! removed.
//!
//! - Films and sound are cleaned as streams, in bounded memory: [`stream_cleaner`].
//! - Pictures and documents are cleaned whole: [`clean_whole`]. Call it in a child process with limits on memory and
//!   time.
//!
//! Picture and sound are never encoded again, so their visible and audible contents stay as they are.

#![deny(missing_docs)]

#[cfg(test)]
mod damage;
mod exif;
mod filetype;
mod hints;
mod isobmff;
mod jpeg;
mod mp3;
mod office;
mod ogg;
mod outcome;
mod pdf;
mod png;
mod removed;
mod webp;
mod words;

pub use filetype::{FileType, HEAD_BYTES, Handling};
pub use outcome::{Cleaned, NotCleanable, Reason, StreamCleaner, StreamOutcome};
pub use removed::{MetadataKind, Removed};
pub use words::UnknownWord;

/// Returns the cleaner for a type with [`Handling::Stream`].
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
/// [`NotCleanable`] if the type is not one with [`Handling::Whole`], or if the file is not as its type should be.
pub fn clean_whole(kind: FileType, bytes: &[u8]) -> Result<Cleaned, NotCleanable> {
    match kind {
        FileType::Jpeg => jpeg::clean(bytes),
        FileType::Png => png::clean(bytes),
        FileType::Webp => webp::clean(bytes),
        FileType::Pdf => pdf::clean(bytes),
        FileType::Docx | FileType::Xlsx | FileType::Pptx | FileType::Zip => return office::clean(bytes),
        _ => Err(Reason::NoCleaner),
    }
    .map(|(bytes, removed)| Cleaned { bytes, removed, kind })
    .map_err(|reason| NotCleanable { kind, reason })
}
