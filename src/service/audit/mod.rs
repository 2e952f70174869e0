//! The audit log: entries, the sequencer, proofs and verification.

pub mod coverage;
mod covered_seals;
mod journal_check;
pub mod log;
pub mod openings;
mod part;
pub mod reading;
mod sequencer;
pub mod transparency;
pub mod verification;
pub mod verifying;

pub use part::AuditLog;
