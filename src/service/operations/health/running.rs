//! Health checks that only a running server can make: its witness, its jobs and its channels.

use std::time::Duration;

use tokio::time::timeout;

use super::super::part::Operations;
use super::findings::{Finding, Level};
use super::jobs::ScheduledJob;
use super::{findings, stored};
use crate::domain::clock::UnixSeconds;
use crate::service::error::{Error, Result};
use crate::store::{self, Tx};
use crate::witness::statement::{RosterStatement, Statement as _};

/// Longest wait of a page for the file store.
const FILE_STORE_TIMEOUT: Duration = Duration::from_secs(3);

const WITNESS: &str = "health-witness";

impl Operations {
    /// Announces the jobs that run in this process, for the health page.
    pub fn schedule_jobs(&self, jobs: impl IntoIterator<Item = ScheduledJob>) {
        self.jobs.schedule(jobs);
    }

    /// Records a run of a job. Returns true if it follows a failed one.
    pub fn record_job_run(&self, job: &str, succeeded: bool) -> bool {
        self.jobs.record(job, self.context.clock.now(), succeeded)
    }

    /// Makes all checks that a running server can make by itself.
    ///
    /// # Errors
    /// [`crate::service::error::Error::Store`]
    pub async fn health(&self) -> Result<Vec<Finding>> {
        let now = self.context.clock.now();
        let mut findings = vec![self.takes_reports().await, self.witness_answers().await];
        let mut tx = self.context.db.read().await?;
        findings.extend(self.stored(&mut tx, now).await?);
        drop(tx);
        findings.extend(self.jobs.findings(self.started_at, now));
        let files = self.attachments.files();
        let answer = timeout(FILE_STORE_TIMEOUT, files.check_availability()).await.ok();
        findings.push(findings::files(answer, files.is_bucket()));
        findings.extend(findings::disks(
            self.context.disks.folders(),
            self.context.disks.reserve(),
        ));
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
            let wrong = stored::roster(&roster, Some(&self.context.profile.load()), &self.context.keys);
            if wrong.iter().all(|finding| finding.level != Level::Bad) {
                findings.push(stored::roster_is_well(&roster));
            }
            findings.extend(wrong);
            findings.extend(stored::left_alone(tx, &roster).await?);
        }
        findings.push(stored::log(tx, &self.context.keys, now).await?);
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
        let Ok(signed) = self.context.witness.roster_statement().await else {
            return bad("health-witness-away");
        };
        let Ok(statement) = RosterStatement::verify(&signed.0, self.context.instance, &self.context.keys.witness)
        else {
            return bad("health-witness-foreign");
        };
        let version = statement.version.to_string();
        if !statement.is_fresh(self.context.clock.now()) {
            return bad("health-witness-old");
        }
        if self
            .rosters
            .current()
            .is_ok_and(|roster| roster.version() < statement.version)
        {
            return bad("health-witness-ahead").text("version", version);
        }
        let minutes = (self.context.clock.now() - statement.time).max(0) / 60;
        let well = Finding::well(WITNESS, "health-witness-well");
        well.text("version", version).number("minutes", minutes)
    }
}
