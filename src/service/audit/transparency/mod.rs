//! What leaves the installation so that strangers can check it: proofs of single entries, and the whole log. Whoever
//! verifies has neither database nor key file, only the keys that the institution published, or those that the file
//! itself names, which proves less.

pub mod export;
pub mod exported;
mod keys;
pub mod proofs;

pub use keys::{KeyError, Known, Named, Trust};
