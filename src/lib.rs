//! Sigilo, a confidential reporting vault for a public institution.
//!
//! A guided tour, in the order in which imports run:
//!
//! - [`domain`]: ids, facets, states, deadlines, documents, the clock. Pure; knows nobody.
//! - [`vault`]: the only code that sees plaintext or keys. Records, receipts, seals, rosters, redaction.
//! - [`store`]: SQLite and PostgreSQL, one file an aggregate. Never imports the vault: SQL cannot decrypt.
//! - [`audit`]: entries, the Merkle tree, checkpoints, verification.
//! - [`metrics`]: numbers for the operators, and what of them waits until its day is over.
//! - [`dialogue`]: the questions as data, the engine that walks them, the profile.
//! - [`witness`]: the party that holds the other half of every identity key.
//! - [`service`]: the use cases, one transaction each.
//! - [`i18n`]: the texts of pages and messages.
//! - [`channels`]: WhatsApp and e-mail.
//! - [`http`], [`jobs`], [`cli`]: how people reach all this, and what happens by itself.
//!
//! Beside it, `crates/media` (`sigilo-media`) removes hidden metadata from files. It knows no keys and no cases.
//!
//! The formats are in `docs/PROTOCOL.md`, the promise in `SECURITY.md`.

#[deny(missing_docs)]
pub mod audit;
pub mod channels;
pub mod cli;
pub mod config;
pub mod dialogue;
pub mod domain;
pub mod http;
pub mod i18n;
pub mod jobs;
pub mod keyfile;
pub mod metrics;
pub mod service;
pub mod store;
#[deny(missing_docs)]
pub mod vault;
#[deny(missing_docs)]
pub mod witness;
