//! Files that belong to a case: taken in, cleaned and sealed while they arrive; kept with a report or a message; opened
//! again. Plaintext is in memory a piece at a time, on the disk never.

mod keeping;
mod opening;
mod part;
mod processing;
mod receiving;
mod scrubbing;
mod source;
mod spool;

pub use opening::{OpenedBytes, SealedBytes};
pub use part::Attachments;
pub use processing::FileProcessing;
pub use receiving::{Refusal, Refused};
pub use scrubbing::{Header, LIMIT};
