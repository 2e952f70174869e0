//! SQLite and PostgreSQL: [`Db`], [`Tx`] and one file an aggregate, each query written once for both.
//! It stores bytes that others sealed: it never imports the vault, so that SQL cannot decrypt.
//!
//! Conventions: not found is `Ok(None)`; a write that touches another number of rows than it must is
//! [`Error::Rows`]; rows are plain structs; functions take `&mut Tx` and never commit.

#[macro_use]
mod tx;
mod db;

pub mod attachments;
pub mod cases;
pub mod checking;
pub mod desk;
pub mod desk_requests;
pub mod files;
pub mod filters;
pub mod identity_requests;
pub mod instance;
pub mod lease;
pub mod log;
pub mod notices;
pub mod portable;
pub mod records;
pub mod recusal;
pub mod roster;
pub mod seals;
pub mod staff;
pub mod staff_drafts;
pub mod verifications;
pub mod visitors;
pub mod whatsapp;

pub use db::{Db, Schema};
pub use tx::{Error, Result, Transient, Tx};
