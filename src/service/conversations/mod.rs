//! Conversations over WhatsApp: their state, the queues on either side, and the short-lived keys under which they lie.
//!
//! - `inbound`: the queue of Meta's notifications.
//! - `turn`: one message and all that comes of it, in one transaction.
//! - `effects`: prepares what a message brings about.
//! - `outbound`: the queue of messages to send.
//! - `transit`: the keys.

mod effects;
mod inbound;
mod outbound;
mod part;
mod transit;
mod transit_keys;
mod turn;
mod types;

pub use part::Conversations;
pub use types::{
    Conversation, ConversationEffect, Cursor, OutboundMessage, QueuedMessage, QueuedNotification, beginning,
};
