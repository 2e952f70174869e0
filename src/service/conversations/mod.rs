//! Conversations over WhatsApp: their store, and the short-lived keys under which it lies.

mod part;
mod transit;
mod transit_keys;
pub mod whatsapp;

pub use part::Conversations;
