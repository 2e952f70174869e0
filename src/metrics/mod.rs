//! Metrics for the operators, in Prometheus' text format. They hold codes and numbers only, and know no other module.
//!
//! A scraped counter tells when it changed, and a scraper keeps that for months. So everything that reporters do is held
//! back until its day is over, and then added at once: like everything else that is stored about reporters, it tells
//! the day (SECURITY.md). Acts of staff and of the program itself count at once.

mod durations;
mod held;
mod labels;
mod recorder;
mod registration;
mod status;
mod stopwatch;

pub use self::labels::{Outcome, Side};
pub use self::recorder::{IMMEDIATE_TRANSACTIONS, Metrics};
pub use self::status::Status;
pub use self::stopwatch::Stopwatch;

#[cfg(test)]
mod tests;
