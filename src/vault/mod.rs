//! The only code that sees plaintext or keys. What it seals is laid down in `docs/PROTOCOL.md`.
//! Everything here is a function of its arguments: no I/O, no clock, randomness as a parameter (but for the `age`
//! crate, which draws its own).

pub mod agefile;
pub mod redaction;
pub mod secret;
pub mod signing;
