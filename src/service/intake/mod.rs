//! Intake: from the first answer to the receipt.

mod drafts;
mod part;
mod receipt;
mod submission;

pub use drafts::{DRAFT_LIFE, OpenDraft};
pub use part::Intake;
pub use receipt::{RECEIPT_LIFE, ShownReceipt};
pub use submission::Prepared;
pub(crate) use submission::stored_seal;
