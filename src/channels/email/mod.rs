//! E-mail, outwards only: notices to reporters who asked for them, digests for staff.
//!
//! - `mailer`: sends what is due, in the one process that has the lease; retries and gives up.
//! - `compose`: turns a notice into an e-mail. Only here are addresses opened, and none reaches a log.
//! - `message`: the texts.
//! - `smtp`: the connection to the mail server.

mod compose;
mod mailer;
mod message;
mod smtp;

pub use self::mailer::{LEASE, Mailer, check};
pub use self::smtp::SetUpError;
