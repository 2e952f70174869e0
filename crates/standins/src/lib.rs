//! Stand-ins for services outside of the program: Meta's WhatsApp Cloud API and an SMTP server, as documented.
//!
//! Tests and `sigilo demo` use them. They know nothing of `sigilo`.

#![deny(missing_docs)]

pub mod meta;
pub mod smtp;
