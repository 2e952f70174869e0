//! The audit log: entries, the sequencer, proofs and verification.

pub mod coverage;
mod covered_reports;
mod duties;
pub mod log;
mod part;
mod pins;
pub mod reading;
mod roster_history;
mod sequencer;
pub mod signed_acts;
pub mod transparency;
pub mod verification;
mod verification_error;
pub mod verifying;
mod witnessed;

pub use part::AuditLog;
