//! Casework: what the analysts of an area do with a case.

mod cases;
pub mod drafts;
pub mod inbox;
mod part;
pub mod recusal;

pub(crate) use cases::require_own_case;
pub use cases::{MAX_SEALED_BYTES, OpenedCase, Sealed};
pub use part::Casework;
