//! The audit log: entries, the sequencer, proofs and verification.

pub mod coverage;
mod covered_seals;
pub mod log;
mod part;
pub mod reading;
mod sequencer;
pub mod signed_acts;
pub mod transparency;
pub mod verification;
pub mod verifying;

pub use part::AuditLog;
