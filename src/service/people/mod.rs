//! Members of staff: their accounts, keys and sessions.

mod area_keys;
pub mod leaving;
mod members;
mod part;
pub mod sessions;
pub mod sign_in;

pub use members::{NewMember, Sponsor};
pub use part::{People, Sessions};
