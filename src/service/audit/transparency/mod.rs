//! Transparency: proofs of single entries and exports of the whole log, which outsiders can verify. They need neither
//! database nor key file, only the keys that the institution published. The keys that a file itself names prove less.

pub mod export;
pub mod exported;
mod keys;
pub mod proofs;

pub use keys::{KeyError, Known, Named, Trust};
