//! The only code that sees plaintext or keys. `docs/PROTOCOL.md` defines its formats.
//!
//! # Who can see an identity
//!
//! A reporter's identity is [`content::IdentityData`]. It is in clear in two places only:
//!
//! - **Sealing.** The reporter's data pass through [`seal::seal`], in the server's memory during one request (a report or
//!   a correction). The key that it draws is split and dropped.
//! - **Opening.** [`seal::open`] is the only function that opens a sealed identity. It needs both halves of the key:
//!   an officer's share ([`seal::open_share`], with the officer's private key) and the witness's half
//!   ([`seal::open_half`], with the private key of the witness or of the request). The officer's browser does all this;
//!   its code is `web/src/vault/seal.ts`.
//!
//! The server calls neither `seal::open` nor `seal::open_share`: no function that the server can reach takes an officer's
//! private key. (Only the command line opens keys of staff: `service::people` hands an area's key on for `sigilo staff`.)
//! The witness calls [`seal::open_half`] in `witness::core`, after its checks, and seals the half again to
//! the officer's browser. A test holds these callers (`tests/vault/callers.rs`). The server's part of an unseal is
//! `service::unseal`.
//!
//! # Rules
//!
//! - Everything is a function of its arguments: no I/O, no clock, randomness as a parameter (except for the `age` crate,
//!   which draws its own).
//! - Plaintext and keys are types with private fields, a redacted `Debug`, and no `Clone`, `Display` or `Serialize`. They
//!   are wiped on drop. The ways out are few: [`secret::Key32::expose`], [`envelope::Envelope::content`], and the named
//!   accessors of [`content`].
//! - The store never imports this module, so that SQL cannot decrypt.
//!
//! # Map
//!
//! - Keys and primitives: [`secret`], [`signing`], [`agefile`], [`hash`], [`shamir`], [`base64`], [`stack`].
//! - A case: [`report`], [`record`], [`envelope`], [`content`], [`attachment`], [`filename`], [`letter`],
//!   [`casekeys`], [`statement`].
//! - An identity: [`seal`], [`manifest`], [`unseal`], [`checking`], [`verdict`], [`erasure`], and [`redaction`] of the
//!   narrative.
//! - People: [`receipt`] and [`contact`] of a reporter; [`roster`], [`key_words`], [`staffkeys`] and [`areakeys`] of staff,
//!   and the acts that they sign: [`payload`], [`case_state`], [`recusal`].
//! - Short-lived data: [`cookie`], [`device`], [`transit`], [`visitor`]. Rows of the database: [`row_key`].

pub mod agefile;
pub mod areakeys;
pub mod attachment;
pub mod base64;
pub mod case_state;
pub mod casekeys;
pub mod checking;
pub mod contact;
pub mod content;
pub mod cookie;
pub mod device;
pub mod envelope;
pub mod erasure;
pub mod filename;
pub mod hash;
pub mod key_words;
pub mod letter;
pub mod manifest;
pub mod payload;
pub mod receipt;
pub mod record;
pub mod recusal;
pub mod redaction;
pub mod report;
pub mod roster;
pub mod row_key;
pub mod seal;
pub mod secret;
pub mod shamir;
pub mod signing;
pub mod stack;
pub mod staffkeys;
pub mod statement;
pub mod transit;
pub mod unseal;
pub mod verdict;
pub mod visitor;
mod wordlist;
