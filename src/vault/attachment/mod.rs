//! Attachments: a file that belongs to a case is sealed while it arrives, and opened as a stream (`docs/PROTOCOL.md`,
//! section 12).

mod described;
mod file_key;
mod opener;
mod padding;
mod sealer;

pub use described::{CLEANED, DescribedAttachment, UNCHANGED, UNDECIDED, record_context, with_name};
pub use file_key::FileKey;
pub use opener::{ContentChanged, OpenError, Opener};
pub use padding::padded_size;
pub use sealer::Sealer;

#[cfg(test)]
mod tests;
