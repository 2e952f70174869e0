//! The signed list of members and areas.

pub(crate) mod chain;
mod part;
mod proposal;
mod rosters;

pub use chain::chain;
pub use part::Rosters;
pub use proposal::Changes;
