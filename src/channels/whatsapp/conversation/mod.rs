//! The dialogue with one person: its state between two messages, the menu, the report, the follow-up, and files.
//!
//! `handler` takes one message and commits all its effects in one transaction. The other files are the stages of the
//! dialogue; each of them adds methods to `Turn`, which collects answers and effects.

mod answers;
mod case_summary;
mod commands;
mod files;
mod follow_up;
pub(crate) mod handler;
mod matching;
mod menu;
mod questions;
mod reply_ids;
mod reporting;
mod state;
mod submission;
pub(crate) mod turn;
