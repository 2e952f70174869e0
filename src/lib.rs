//! Sigilo, a confidential reporting vault for a public institution.
//!
//! A guided tour, in the order in which imports run:
//!
//! - [`domain`]: ids, facets, states, deadlines, documents, the clock. Pure; imports no other module.
//! - [`vault`]: the only code that sees plaintext or keys. Records, receipts, seals, rosters, redaction.
//! - [`store`]: SQLite and PostgreSQL, one file for each aggregate. It never imports the vault: SQL cannot decrypt.
//! - [`audit`]: entries of the log, the Merkle tree, checkpoints, proofs, verification.
//! - [`metrics`]: figures for operators. Counts of reporters' acts appear when their day is over.
//! - [`dialogue`]: the institution's profile, the questions to a reporter, and the flow through them.
//! - [`witness`]: the party that holds the other half of every identity key, and countersigns the log.
//! - [`keyfile`], [`config`], [`i18n`]: secrets, settings, and the texts of pages and messages.
//! - [`service`]: the use cases, one transaction each, one room for each activity.
//! - [`channels`]: WhatsApp and e-mail.
//! - [`http`]: the table of routes, middleware, the pages of reporters and staff, the API.
//! - [`jobs`]: background workers. [`cli`]: the commands.
//!
//! Two questions that newcomers ask:
//!
//! - *Which code can see an identity?* [`dialogue`] while it is typed, [`vault`] while it is sealed, and then only an
//!   officer's browser, once [`witness`] has released its half.
//! - *Where does a WhatsApp message become a report?* It comes in through [`channels`], is answered by [`dialogue`], and is
//!   submitted in [`service`]. `docs/ARCHITECTURE.md` names the files.
//!
//! Beside it, `crates/media` (`sigilo-media`) removes hidden metadata from files. It knows no keys and no cases.
//!
//! `docs/PROTOCOL.md` has the formats, `SECURITY.md` the promise, `docs/GLOSSARY.md` our words, `docs/decisions/` the
//! reasons.

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
