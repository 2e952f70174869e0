//! The dialogue with one person: its state between two messages, the questions, the report, the follow-up.

pub(crate) mod commands;
mod files;
mod follow_up;
pub(crate) mod questions;
mod reporting;
pub(crate) mod state;
pub(crate) mod turn;
