//! Reasons why a verification does not end well.

use crate::audit::entry::Entry;
use crate::audit::verify::{Finding, RowFinding};
use crate::service::error::{Error, wraps_service_errors};

/// Reasons why a log does not verify.
#[derive(Debug, thiserror::Error)]
pub enum VerificationError {
    /// The first bad entry, with its content if it can be read.
    #[error("{0}")]
    Entry(Finding, Option<Box<Entry>>),
    /// The sequencer signs a checkpoint with every leaf that it assigns, so somebody else put this entry there.
    #[error("entry {0}: it stands after the last signed checkpoint; the log never signed for it")]
    Unsigned(u64, Option<Box<Entry>>),
    /// A row of the queue has a wrong MAC. The sequencer does not take it, and no act of the program wrote it.
    #[error("{0} forged rows wait for a place in the log, which they do not get")]
    Queue(u64, Option<Box<Entry>>),
    #[error("the witness's journal: {0}")]
    Journal(String),
    /// The first row, or file of the witness, that is not what the log says, with the entry that disagrees.
    #[error("{0}")]
    Row(RowFinding, Option<Box<Entry>>),
    /// Nothing is known to be wrong: the verification could not be carried out.
    #[error(transparent)]
    Service(#[from] Error),
}

wraps_service_errors!(VerificationError);
