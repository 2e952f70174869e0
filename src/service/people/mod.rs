//! Members of staff: their accounts, keys and sessions.

mod error;
pub mod leaving;
mod members;
mod part;
pub mod sessions;
pub mod sign_in;

pub use error::{InvalidMember, MemberError};
pub use members::{NewMember, Sponsor};
pub use part::{People, Sessions};
