//! The auditor's pages: the audit log, one entry of it, the openings of identities, and the verification of
//! the whole.

pub mod entry;
pub mod list;
pub mod openings;
pub mod verification;
mod words;
