//! The table of jobs, and how their runs went.

use crate::domain::clock::UnixSeconds;

/// What happens by itself: the job's name, and how many seconds may pass between two runs.
pub const JOBS: &[(&str, i64)] = &[
    ("sequence", 1),
    ("cosign", 60),
    ("settle unseals", 60),
    ("digests", 60),
    ("sweep", 600),
    ("erase", 3600),
    ("cover", 24 * 3600),
];

/// How a job's last run went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastRun {
    pub at: UnixSeconds,
    pub went_well: bool,
}
