//! Meta's WhatsApp Cloud API as documented, on loopback, and WhatsApp users who write to it.
//!
//! Tests and the demo run it in place of Meta. It refuses what Meta refuses, and knows nothing of the program under test.

mod behavior;
mod connection;
mod delivery;
mod media;
mod medium;
mod message;
mod notification;
mod phone;
mod problem;
mod rates;
mod request;
mod sending;
mod server;
mod settings;
mod state;
#[cfg(test)]
mod tests;
mod thread;
mod user;
mod webhook;

pub use behavior::{ApiBehavior, MediaBehavior};
pub use delivery::{Delivery, ReleaseOrder};
pub use message::ReceivedMessage;
pub use server::Meta;
pub use settings::{Clock, Settings};
pub use state::ApiCall;
pub use user::{NoSuchReply, UserAddress, WhatsappUser};
