//! The reporter's way back to their case.

pub(crate) mod additions;
mod own_case;
mod part;
pub(crate) mod returning;
mod session;

pub use additions::AdditionError;
pub use own_case::{Line, MAX_MESSAGE_CHARS, Opening, OwnCase, OwnFile, Stated};
pub use part::FollowUp;
pub use returning::Returning;
pub use session::{FOLLOW_UP_SESSION_SECONDS, PresentReceiptError};
