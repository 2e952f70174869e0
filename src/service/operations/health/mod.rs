//! Health of an installation: what `sigilo doctor` looks at and the administrator's overview shows, asked in one place.

mod findings;
pub(crate) mod jobs;
mod running;
mod stored;

pub use findings::*;
pub use jobs::{JobRuns, ScheduledJob};
pub use stored::{clock, left_alone, log, roster, roster_is_well, rows, waiting};
