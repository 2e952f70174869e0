//! Running an installation: setting it up, health, backups and periodic cleaning.

pub mod archive;
pub mod backup;
pub mod disks;
pub mod health;
pub mod installation;
pub mod lease;
pub mod observing;
pub mod overview;
mod part;
pub mod restoring;
mod sweeping;
pub mod worker;

pub use part::Operations;
pub(crate) use part::Tended;
