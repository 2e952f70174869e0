//! Intake: from the first answer to the receipt.

mod drafts;
mod part;
mod receipt;
mod submission;

pub use drafts::{DRAFT_LIFETIME_SECONDS, OpenDraft, draft_lifetime_seconds};
pub use part::Intake;
pub use receipt::{RECEIPT_LIFETIME_SECONDS, ShownReceipt};
pub(crate) use submission::stored_seal;
pub use submission::{Prepared, SubmitError};
