//! Errors while the demo is filled: always a bug, or a profile that the invented cases do not fit.

/// Any error, with its own text.
pub(super) type DemoError = Box<dyn std::error::Error + Send + Sync>;
