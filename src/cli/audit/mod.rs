//! `sigilo audit`: verifies the log, exports it, and verifies exports and proofs.

mod command;
mod summary;
mod transparency;

pub(crate) use self::command::{Audit, run};
pub(crate) use self::summary::{describe_loss, summarize, verify_with_witness};
