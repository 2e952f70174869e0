//! The use cases: what people do with Sigilo, one transaction each. They know store, vault, audit and witness, and
//! nothing of HTTP or terminals. Slow work (randomness, Argon2) comes before the transaction, which may run again.

mod app;
pub mod attachments;
pub mod audit;
pub mod casework;
pub mod clock;
mod conflicts;
mod context;
pub mod conversations;
pub mod error;
pub mod follow_up;
pub mod intake;
mod invalid;
pub mod kdf;
pub mod letters;
pub mod notifications;
pub mod operations;
pub mod people;
pub mod profile;
pub mod randomness;
pub mod roster;
mod tokens;
mod transaction_metrics;
pub mod unseal;

pub use app::{App, Dependencies};
pub use error::{Error, InvalidReason, Result};
