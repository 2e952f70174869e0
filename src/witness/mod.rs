//! The party that holds the other half of every identity key and countersigns the log.
//!
//! The [`Witness`] trait is all that the server sees of it, in-process or on another host. The witness must not know the
//! database.
//!
//! - [`interface`]: the trait. [`order`] and [`detail`]: the data that go over it.
//! - [`checks`]: the checks before a release, each with a [`Refusal`] of its own.
//! - `core`: the witness itself. [`setup`]: how it is created and started.
//! - [`journal`], [`state`]: its two files. [`statement`]: what it signs.
//! - [`in_process`], [`absent`]: the two implementations of the trait.

pub mod absent;
pub mod checks;
pub mod core;
pub mod detail;
mod files;
pub mod in_process;
mod index;
pub mod interface;
pub mod journal;
pub mod keys;
pub mod order;
pub mod refusal;
pub mod setup;
pub mod state;
pub mod statement;

pub use detail::{CoveredDetail, CoveredManifest, CoveredStatement, OfficerSignature, RequestedDetail, signatures};
pub use interface::{Answer, Witness};
pub use order::{Advance, EarlierVersion, Inclusion, Release, UnsealOrder};
pub use refusal::Refusal;

#[cfg(test)]
mod tests;
