//! Errors of the command line.

/// An error for a person at a terminal: what went wrong and what to do.
pub(crate) type CommandError = Box<dyn std::error::Error + Send + Sync>;
