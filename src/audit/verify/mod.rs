//! Verification of the whole log, from the first entry on; it names the first bad one.
//!
//! Its input are the stored entries and what others know: signed checkpoints, the witness's last size and its journal.
//! It must not know where these come from, nor what a roster looks like ([`RosterHistory`]).

mod acts;
mod defect;
mod input;
mod row_defect;
mod verifier;

pub use defect::{Defect, Finding};
pub use input::{EntrySource, Expectations, PinnedKeys, RosterHistory, StoredCheckpoint, StoredEntry, Summary};
pub use row_defect::{RowDefect, RowFinding};
pub use verifier::Verifier;

#[cfg(test)]
mod tests;
