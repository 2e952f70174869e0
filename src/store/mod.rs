//! SQLite and PostgreSQL: [`Db`], [`Tx`], and one file for each aggregate. Each query is written once for both.
//!
//! It stores bytes that others sealed and never imports the vault, so that SQL cannot decrypt.
//!
//! Conventions: not found is `Ok(None)`. A write that touches the wrong number of rows is [`Error::Rows`]. Rows are
//! plain structs. Functions take `&mut Tx` and never commit.

#[macro_use]
mod tx;
mod db;
mod error;
mod observer;
mod row_guard;
mod rows;

pub mod acts;
pub mod attachments;
pub mod blobs;
pub mod case_statements;
pub mod cases;
pub mod checking;
pub mod desk;
pub mod desk_requests;
pub mod evidence;
pub mod filters;
pub mod identity_requests;
pub mod instance;
pub mod lease;
pub mod log;
pub mod notices;
pub mod portable;
pub mod records;
pub mod recusal;
pub mod refused;
pub mod roster;
pub mod seals;
pub mod staff;
pub mod staff_drafts;
pub mod verifications;
pub mod visitors;
pub mod whatsapp;

pub use db::{Db, Schema};
pub use error::{Error, Result, Transient};
pub use observer::TransactionObserver;
pub use row_guard::RowGuard;
pub use tx::Tx;
