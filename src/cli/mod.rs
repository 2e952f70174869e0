//! The command line: one file per command.

// These macros panic if the reader has gone; use those of `terminal`.
#![deny(clippy::print_stdout, clippy::print_stderr)]

mod arguments;
mod audit;
mod authority;
mod authority_answers;
mod backup;
mod clean;
mod command;
mod demo;
mod doctor;
mod error;
mod init;
mod keys;
mod move_database;
mod open;
mod process;
mod restore;
mod roster;
mod serve;
mod server;
mod staff;
mod terminal;

pub use self::command::main;
