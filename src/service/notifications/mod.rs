//! Telling people that there is something new.

pub mod digests;
pub mod notices;
pub mod openings;
mod part;

pub use part::{EnabledChannels, Notifications};
