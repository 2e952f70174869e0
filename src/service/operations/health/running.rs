//! Health checks that only a running server can make: its witness, its jobs and its channels.

use std::collections::BTreeMap;
use std::sync::PoisonError;
use std::time::Duration;

use tokio::time::timeout;

use super::super::part::Operations;
use super::findings::{Finding, Level};
use super::jobs::{JOBS, LastRun};
use super::{findings, stored};
use crate::domain::clock::UnixSeconds;
use crate::service::error::{Error, Result};
use crate::store::{self, Tx};
use crate::witness::statement::{RosterStatement, Statement as _};

/// Seconds by which a job may be late before a finding says so.
const MAX_LATENESS_SECONDS: i64 = 120;
/// Longest wait of a page for the file store.
const FILE_STORE_TIMEOUT: Duration = Duration::from_secs(3);

const WITNESS: &str = "health-witness";
const JOB: &str = "health-jobs";

impl Operations {
    /// Records that a job has run.
    pub fn ran(&self, job: &'static str, went_well: bool) {
        let run = LastRun {
            at: self.clock.now(),
            went_well,
        };
        self.jobs
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(job, run);
    }

    /// Makes all checks that a running server can make by itself.
    ///
    /// # Errors
    /// [`crate::service::error::Error::Store`]
    pub async fn health(&self) -> Result<Vec<Finding>> {
        let now = self.clock.now();
        let mut findings = vec![self.takes_reports().await, self.witness_answers().await];
        let mut tx = self.db.read().await?;
        findings.extend(self.stored(&mut tx, now).await?);
        drop(tx);
        findings.extend(jobs(
            &self.jobs.lock().unwrap_or_else(PoisonError::into_inner),
            self.started_at,
            now,
        ));
        let files = self.attachments.files();
        let answer = timeout(FILE_STORE_TIMEOUT, files.check_availability()).await.ok();
        findings.push(findings::files(answer, files.is_bucket()));
        findings.extend(findings::disks(self.disks.folders(), self.disks.reserve()));
        findings.push(if self.enabled_channels.email {
            Finding::well("health-email", "health-on")
        } else {
            Finding::well("health-email", "health-off")
        });
        Ok(findings)
    }

    async fn stored(&self, tx: &mut Tx, now: UnixSeconds) -> store::Result<Vec<Finding>> {
        let mut findings = vec![Finding::well("health-database", "health-database-well")];
        if let Ok(roster) = self.rosters.current() {
            let wrong = stored::roster(&roster, Some(&self.profile.load()), &self.keys);
            if wrong.iter().all(|finding| finding.level != Level::Bad) {
                findings.push(stored::roster_is_well(&roster));
            }
            findings.extend(wrong);
            findings.extend(stored::left_alone(tx, &roster).await?);
        }
        findings.push(stored::log(tx, &self.keys, now).await?);
        findings.extend(stored::waiting(tx, now).await?);
        findings.push(stored::clock(tx, now).await?);
        Ok(findings)
    }

    async fn takes_reports(&self) -> Finding {
        const REPORTS: &str = "health-reports";
        match self.intake.may_begin().await {
            Ok(()) => Finding::well(REPORTS, "health-reports-taken"),
            Err(Error::NoRoom) => Finding::bad(REPORTS, "health-reports-no-room"),
            Err(_) if self.rosters.current().is_err() => Finding::bad(REPORTS, "health-reports-no-roster"),
            Err(_) => Finding::bad(REPORTS, "health-reports-refused"),
        }
    }

    async fn witness_answers(&self) -> Finding {
        let bad = |key| Finding::bad(WITNESS, key);
        let Ok(signed) = self.witness.roster_statement().await else {
            return bad("health-witness-away");
        };
        let Ok(statement) = RosterStatement::verify(&signed.0, self.instance, &self.keys.witness) else {
            return bad("health-witness-foreign");
        };
        let version = statement.version.to_string();
        if !statement.is_fresh(self.clock.now()) {
            return bad("health-witness-old");
        }
        if self
            .rosters
            .current()
            .is_ok_and(|roster| roster.version() < statement.version)
        {
            return bad("health-witness-ahead").text("version", version);
        }
        let minutes = (self.clock.now() - statement.time).max(0) / 60;
        let well = Finding::well(WITNESS, "health-witness-well");
        well.text("version", version).number("minutes", minutes)
    }
}

/// Returns one finding for each job that failed or is late, or one for all of them.
fn jobs(ran: &BTreeMap<&'static str, LastRun>, started_at: UnixSeconds, now: UnixSeconds) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (name, every) in JOBS {
        let last = ran.get(name);
        let since = now - last.map_or(started_at, |last| last.at);
        if last.is_some_and(|last| !last.went_well) {
            findings.push(Finding::bad(JOB, "health-jobs-failed").text("job", *name));
        } else if since > every + MAX_LATENESS_SECONDS {
            let late = Finding::bad(JOB, "health-jobs-late");
            findings.push(late.text("job", *name).number("minutes", since / 60));
        }
    }
    if findings.is_empty() {
        let newest = ran.values().map(|run| run.at).max();
        findings.push(match newest {
            Some(at) => Finding::well(JOB, "health-jobs-well").number("seconds", (now - at).max(0)),
            None => Finding::think(JOB, "health-jobs-none"),
        });
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_that_failed_or_is_late_is_named() {
        let mut ran = BTreeMap::new();
        assert_eq!(jobs(&ran, 1000, 1010)[0].level, Level::Think, "just started");
        for (name, _) in JOBS {
            ran.insert(
                *name,
                LastRun {
                    at: 1000,
                    went_well: true,
                },
            );
        }
        assert_eq!(jobs(&ran, 900, 1100).len(), 1);
        assert_eq!(jobs(&ran, 900, 1100)[0].level, Level::Well);
        assert_eq!(
            jobs(&ran, 900, 1000 + MAX_LATENESS_SECONDS + 2).len(),
            1,
            "the quickest is late"
        );
        assert_eq!(jobs(&ran, 900, 1000 + MAX_LATENESS_SECONDS + 2)[0].level, Level::Bad);
        ran.insert(
            "erase",
            LastRun {
                at: 1000,
                went_well: false,
            },
        );
        assert_eq!(jobs(&ran, 900, 1001)[0].level, Level::Bad);
    }
}
