//! The background jobs as the health page shows them, with the results of their last runs.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::findings::Finding;
use crate::domain::clock::UnixSeconds;

/// Seconds that a job may be late before it is reported.
const MAX_LATE_SECONDS: i64 = 120;

const TOPIC: &str = "health-jobs";

/// A job that runs by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScheduledJob {
    pub name: &'static str,
    pub period: Duration,
}

/// The last run of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct LastRun {
    at: UnixSeconds,
    succeeded: bool,
}

/// The jobs of this process with their last runs.
#[derive(Debug, Default)]
pub struct JobRuns(Mutex<Vec<(ScheduledJob, Option<LastRun>)>>);

impl JobRuns {
    /// Announces the jobs that run in this process from now on.
    pub fn schedule(&self, jobs: impl IntoIterator<Item = ScheduledJob>) {
        *self.lock() = jobs.into_iter().map(|job| (job, None)).collect();
    }

    /// Records a run of a scheduled job. Returns true if it follows a failed one.
    pub fn record(&self, name: &str, now: UnixSeconds, succeeded: bool) -> bool {
        let mut jobs = self.lock();
        let Some((_, last)) = jobs.iter_mut().find(|(job, _)| job.name == name) else {
            return false;
        };
        let before = last.replace(LastRun { at: now, succeeded });
        before.is_some_and(|before| !before.succeeded)
    }

    /// Finds jobs that failed or are late. If there is none, one finding says that all is well.
    pub(super) fn findings(&self, started_at: UnixSeconds, now: UnixSeconds) -> Vec<Finding> {
        let jobs = self.lock();
        let mut findings = Vec::new();
        for (job, last) in jobs.iter() {
            let since = now - last.map_or(started_at, |last| last.at);
            let period = i64::try_from(job.period.as_secs()).unwrap_or(i64::MAX);
            if last.is_some_and(|last| !last.succeeded) {
                findings.push(Finding::bad(TOPIC, "health-jobs-failed").text("job", job.name));
            } else if since > period.saturating_add(MAX_LATE_SECONDS) {
                let late = Finding::bad(TOPIC, "health-jobs-late");
                findings.push(late.text("job", job.name).number("minutes", since / 60));
            }
        }
        if findings.is_empty() {
            let newest = jobs.iter().filter_map(|(_, last)| last.map(|last| last.at)).max();
            findings.push(match newest {
                Some(at) => Finding::well(TOPIC, "health-jobs-well").number("seconds", (now - at).max(0)),
                None => Finding::think(TOPIC, "health-jobs-none"),
            });
        }
        findings
    }

    fn lock(&self) -> MutexGuard<'_, Vec<(ScheduledJob, Option<LastRun>)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::super::findings::Level;
    use super::*;

    #[test]
    fn a_job_that_failed_or_is_late_is_named() {
        let job = |name, seconds| ScheduledJob {
            name,
            period: Duration::from_secs(seconds),
        };
        let runs = JobRuns::default();
        runs.schedule([job("sequence", 1), job("erase", 3600)]);
        assert_eq!(runs.findings(1000, 1010)[0].level, Level::Think, "just started");
        for name in ["sequence", "erase"] {
            assert!(!runs.record(name, 1000, true), "the first run follows no failure");
        }
        assert_eq!(runs.findings(900, 1100).len(), 1);
        assert_eq!(runs.findings(900, 1100)[0].level, Level::Well);
        let late = runs.findings(900, 1000 + MAX_LATE_SECONDS + 2);
        assert_eq!(late.len(), 1, "the quickest is late");
        assert_eq!(late[0].level, Level::Bad);
        runs.record("erase", 1000, false);
        assert_eq!(runs.findings(900, 1001)[0].level, Level::Bad);
        assert!(runs.record("erase", 1002, true), "it is tried again");
    }
}
