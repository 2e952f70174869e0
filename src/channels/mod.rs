//! Channels to people besides the web: WhatsApp in both directions, e-mail outwards.

pub mod email;
pub mod whatsapp;
