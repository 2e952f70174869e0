//! Members of staff: their accounts, keys and sessions.

pub mod leaving;
mod members;
mod part;
pub mod sessions;
pub mod sign_in;

pub use members::{NewMember, Sponsor};
pub use part::{People, Sessions};
