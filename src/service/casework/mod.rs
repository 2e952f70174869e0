//! Casework: what the analysts of an area do with a case.

mod cases;
pub mod drafts;
pub mod inbox;
mod part;
pub mod recusal;
pub mod validation;
pub(crate) mod waiting_validation;

pub(crate) use cases::own;
pub use cases::{MAX_SEALED_BYTES, OpenedCase, Sealed};
pub use part::Casework;
