//! `sigilo demo`: a complete Sigilo to try, with fresh keys, one account of each role and invented cases.

mod accounts;
mod analyst;
mod command;
mod error;
mod folder;
mod officer;
mod populate;
mod reporter;
mod staff_client;
mod stories;

pub(crate) use self::command::{Demo, run};
