//! The auditor's pages: the audit log, one entry of it, and the verification of the whole.

pub mod entry;
pub mod list;
pub mod verification;
mod words;
