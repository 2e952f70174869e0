//! Running an installation: setting it up, health, backups and periodic cleaning.

pub mod archive;
pub mod backup;
pub mod disks;
pub mod health;
pub mod installation;
pub mod leases;
pub mod observing;
pub mod overview;
mod part;
pub mod restoring;
mod sweeping;

pub use part::Operations;
pub(crate) use part::Tended;
