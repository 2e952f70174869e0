//! The party that holds the other half of every identity key and countersigns the log.
//!
//! The [`Witness`] trait is all that the server sees of it, in-process or on another host. The witness must not know the
//! database.
//!
//! - [`interface`]: the trait. [`order`] and [`detail`]: the data that go over it.
//! - [`checks`], `policy`: the checks before a release, each with a [`Refusal`] of its own. `erasure`: those before an
//!   erasure. `evidence`: what they have in common.
//! - `core`: the witness itself. [`setup`]: how it is created and started.
//! - [`journal`], [`state`]: its two files. [`statement`]: what it signs.
//! - [`in_process`], [`absent`]: the two implementations of the trait.

pub mod absent;
pub mod checks;
pub mod core;
pub mod detail;
mod erasure;
mod evidence;
mod files;
pub mod in_process;
mod index;
pub mod interface;
pub mod journal;
pub mod keys;
pub mod order;
mod policy;
pub mod refusal;
pub mod setup;
pub mod state;
pub mod statement;

pub use detail::{CoveredDetail, CoveredManifest, Gesture, OfficerSignature, RequestedDetail, signatures};
pub use interface::{Answer, Witness};
pub use order::{
    Advance, CoveredVersion, ErasureGround, ErasureOrder, Inclusion, JournalReader, JournaledUnseal, Release,
    SealedPurpose, UnsealOrder,
};
pub use refusal::Refusal;

#[cfg(test)]
mod tests;
