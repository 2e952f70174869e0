//! Background jobs: a table of what runs by itself, how often, and under which name it appears on the health page and in
//! the metrics.
//!
//! A failed run is logged and tried again at the next tick; nothing is lost meanwhile. Workers that follow a queue (mail,
//! WhatsApp) are not here: they are `service::operations::worker`, started by their channel.

mod schedule;
mod table;

pub use schedule::{announce, run};
pub use table::{JOBS, Job, Lane, Run};
