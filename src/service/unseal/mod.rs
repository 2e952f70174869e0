//! The officers' desk: requests to see an identity, verdicts, and what reporters ask about their own data.

pub mod checking;
pub mod correcting;
pub mod desk;
pub mod erasing;
mod part;
mod settling;
pub mod unsealing;
pub mod verdicts;

pub use part::{Identities, Unseals};
