//! Attachments: files of a case. They are cleaned and sealed while they arrive, stored with a report or a message, and
//! opened again. Plaintext is in memory one piece at a time, and never on the disk.

mod arrival;
mod keeping;
mod opening;
mod part;
mod processing;
mod receiving;
mod refusal;
mod scrubbing;
mod source;
mod spool;

pub use opening::{OpenedBytes, SealedBytes};
pub use part::Attachments;
pub use processing::FileProcessing;
pub use refusal::{ReceiveError, Refusal};
pub use scrubbing::{CLEANER_MEMORY_BYTES, Header};
