//! The only code that sees plaintext or keys. What it seals is laid down in `docs/PROTOCOL.md`.
//! Everything here is a function of its arguments: no I/O, no clock, randomness as a parameter (but for the `age`
//! crate, which draws its own).

pub mod agefile;
pub mod attachment;
pub mod base64;
pub mod casekeys;
pub mod contact;
pub mod content;
pub mod cookie;
pub mod device;
pub mod envelope;
pub mod erasure;
pub mod filename;
pub mod hash;
pub mod letter;
pub mod manifest;
pub mod payload;
pub mod receipt;
pub mod record;
pub mod recusal;
pub mod redaction;
pub mod report;
pub mod roster;
pub mod seal;
pub mod secret;
pub mod shamir;
pub mod signing;
pub mod stack;
pub mod staffkeys;
pub mod transit;
pub mod unseal;
pub mod verdict;
pub mod visitor;
