//! The audit log: entries and the Merkle tree over them (C2SP tlog).
//!
//! All functions depend on their arguments only. The module knows no database: stored hashes come in as a map and go out
//! as pairs.

pub mod acts;
pub mod checkpoint;
pub mod entry;
pub mod proof;
pub mod restore;
pub mod tiles;
pub mod tree;
pub mod verify;
