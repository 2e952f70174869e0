//! The table of jobs.

use std::pin::Pin;
use std::time::Duration;

use crate::service::{App, Result};

/// A run of a job.
pub type Run<'a> = Pin<Box<dyn Future<Output = Result<()>> + Send + 'a>>;

/// The lane of a job. The jobs of a lane run one after the other, in the order of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// Jobs that must not wait for other services. The service waits for their end when it stops.
    Prompt,
    /// Jobs that may wait long for other services. A stop breaks them off.
    Patient,
}

impl Lane {
    /// Both lanes.
    pub const ALL: [Self; 2] = [Self::Prompt, Self::Patient];

    /// Time between two ticks. The periods of its jobs are multiples of it.
    #[must_use]
    pub const fn tick(self) -> Duration {
        match self {
            Self::Prompt => Duration::from_secs(1),
            Self::Patient => Duration::from_mins(10),
        }
    }
}

/// A job.
pub struct Job {
    /// The name on the health page and in the metrics.
    pub name: &'static str,
    pub period: Duration,
    pub lane: Lane,
    pub run: for<'a> fn(&'a App) -> Run<'a>,
}

impl std::fmt::Debug for Job {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Job").field(&self.name).finish()
    }
}

/// All jobs.
pub const JOBS: &[Job] = &[
    Job {
        name: "release metrics",
        period: Duration::from_secs(1),
        lane: Lane::Prompt,
        // Numbers about reporters wait until their day is over.
        run: |app| {
            Box::pin(async move {
                app.metrics.release(app.today());
                Ok(())
            })
        },
    },
    Job {
        name: "sequence",
        period: Duration::from_secs(1),
        lane: Lane::Prompt,
        // Gives new entries their place in the audit log.
        run: |app| Box::pin(async move { app.log.sequence().await.map(drop) }),
    },
    Job {
        name: "cosign",
        period: Duration::from_mins(1),
        lane: Lane::Prompt,
        // Asks the witness to countersign the newest checkpoint.
        run: |app| Box::pin(async move { app.log.cosign().await.map(drop) }),
    },
    Job {
        name: "settle unseals",
        period: Duration::from_mins(1),
        lane: Lane::Prompt,
        // Ends unseals that a stop or an absent witness left open.
        run: |app| Box::pin(async move { app.unseals.resume_unseals().await.map(drop) }),
    },
    Job {
        name: "digests",
        period: Duration::from_mins(1),
        lane: Lane::Prompt,
        // Queues the digests of the day for staff.
        run: |app| Box::pin(app.notifications.make_digests()),
    },
    Job {
        name: "trim key derivation",
        period: Duration::from_mins(1),
        lane: Lane::Prompt,
        // Gives back memory that key derivations have not used for a while.
        run: |app| {
            Box::pin(async move {
                app.kdf().rest();
                Ok(())
            })
        },
    },
    Job {
        name: "cover",
        period: Duration::from_hours(24),
        lane: Lane::Prompt,
        // Puts seals that no entry covers yet into the audit log.
        run: |app| Box::pin(async move { app.log.cover_waiting().await.map(drop) }),
    },
    Job {
        name: "erase",
        period: Duration::from_hours(1),
        lane: Lane::Patient,
        // Erases what the profile keeps no longer.
        run: |app| Box::pin(async move { app.identities.erase_due().await.map(drop) }),
    },
    Job {
        name: "sweep",
        period: Duration::from_mins(10),
        lane: Lane::Patient,
        // Deletes what has expired: drafts, sessions, conversations, files.
        run: |app| Box::pin(app.operations.sweep()),
    },
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn names_are_unique_and_periods_are_multiples_of_the_tick() {
        let names: HashSet<&str> = JOBS.iter().map(|job| job.name).collect();
        assert_eq!(names.len(), JOBS.len());
        for job in JOBS {
            assert_eq!(job.period.as_secs() % job.lane.tick().as_secs(), 0, "{}", job.name);
        }
    }
}
