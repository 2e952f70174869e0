//! The table of jobs, and the results of their runs.

use crate::domain::clock::UnixSeconds;

/// The periodic jobs: each one's name, and the seconds that may pass between two runs.
pub const JOBS: &[(&str, i64)] = &[
    ("sequence", 1),
    ("cosign", 60),
    ("settle unseals", 60),
    ("digests", 60),
    ("sweep", 600),
    ("erase", 3600),
    ("cover", 24 * 3600),
];

/// The result of a job's last run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastRun {
    pub at: UnixSeconds,
    pub went_well: bool,
}
