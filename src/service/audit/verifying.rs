//! Verification of the whole log on an auditor's wish, while the server runs: one at a time in the whole cluster, in the
//! background, its progress and result kept. What it finds is an entry of the log itself.

use super::part::AuditLog;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use serde_json::json;
use tokio::runtime::Handle;
use tokio::task::{JoinHandle, spawn_blocking};

use crate::audit::entry::{Act, Actor};
use crate::domain::ids::{QueuedId, StaffId};
use crate::domain::state::VerificationOutcome;
use crate::service::audit::verification::{Bad, Verified};
use crate::service::error::{Error, Result};
use crate::store;
use crate::store::verifications::{self, Verification};

/// How long one counts as alive after its last sign of life, in seconds.
const ALIVE: i64 = 120;
/// Entries between two signs of life.
const STEP: u64 = 5_000;

impl AuditLog {
    /// Begins a verification; it goes on by itself.
    ///
    /// # Errors
    /// [`Error::Conflict`] while another one is at work, [`Error::Store`]
    pub async fn begin_verification(self: &Arc<Self>, asked_by: StaffId) -> Result<JoinHandle<()>> {
        let now = self.clock.now();
        let mut tx = self.db.read().await?;
        let tree_size = store::log::tree_size(&mut tx).await?;
        drop(tx);
        let new = Verification {
            id: QueuedId::random(&mut self.randomness.generator()),
            asked_by,
            started_at: now,
            alive_until: now + ALIVE,
            finished_at: None,
            tree_size,
            checked: 0,
            outcome: VerificationOutcome::Running,
            witnessed: None,
            bad_entry: None,
            what: None,
        };
        let row = &new;
        let began = self
            .db
            .write("begin_verification", |mut tx| async move {
                let began = verifications::begin(&mut tx, row).await?;
                tx.commit().await?;
                Ok::<_, Error>(began)
            })
            .await?;
        if !began {
            return Err(Error::Conflict);
        }
        let app = self.clone();
        // Hashing a million entries takes its time: on a thread where it keeps nobody waiting.
        Ok(spawn_blocking(move || {
            Handle::current().block_on(async {
                if let Err(error) = app.verify_and_keep(new).await {
                    tracing::error!(%error, "a verification of the log ended without a result");
                }
            });
        }))
    }

    async fn verify_and_keep(&self, mut row: Verification) -> Result<()> {
        let id = row.id;
        let progress = async |checked: u64, of: u64| {
            if self.stopping.load(Ordering::Relaxed) {
                return Err(Error::Unavailable("the server stops".into()));
            }
            if !checked.is_multiple_of(STEP) {
                return Ok(());
            }
            let until = self.clock.now() + ALIVE;
            let (checked, of) = (checked.cast_signed(), of.cast_signed());
            self.db
                .write("advance_verification", |mut tx| async move {
                    verifications::advance(&mut tx, id, checked, of, until).await?;
                    tx.commit().await?;
                    Ok::<_, Error>(())
                })
                .await
        };
        let outcome = self.verify_log_telling(progress).await;
        let failed = outcome.as_ref().err().map(ToString::to_string);
        match outcome {
            Ok(Ok(Verified { summary, .. })) => {
                row.outcome = VerificationOutcome::Good;
                row.tree_size = summary.entries.cast_signed();
                row.checked = row.tree_size;
                row.witnessed = Some(summary.witnessed.cast_signed());
            }
            Ok(Err(bad)) => {
                row.outcome = VerificationOutcome::Bad;
                let (entry, what) = match bad {
                    Bad::Entry(finding, _) => (Some(finding.index), finding.defect.code()),
                    Bad::Unsigned(index, _) => (Some(index), "unsigned"),
                    Bad::Journal(_) => (None, "journal"),
                };
                row.bad_entry = entry.map(u64::cast_signed);
                row.checked = row.bad_entry.unwrap_or_default();
                row.what = Some(what.to_owned());
            }
            Err(_) => row.outcome = VerificationOutcome::Failed,
        }
        row.finished_at = Some(self.clock.now());
        let detail = json!({
            "outcome": row.outcome,
            "entries": row.tree_size,
            "bad_entry": row.bad_entry,
            "what": row.what,
        });
        let entry = self.entry(Act::LogVerified, Actor::Staff(row.asked_by), None, detail, None)?;
        let (row, entry) = (&row, &entry);
        self.db
            .write("finish_verification", |mut tx| async move {
                verifications::finish(&mut tx, row).await?;
                entry.write(&mut tx).await?;
                tx.commit().await?;
                Ok::<_, Error>(())
            })
            .await?;
        failed.map_or(Ok(()), |error| Err(Error::Unavailable(error)))
    }

    /// The newest verification, as it is now: one without a sign of life counts as failed.
    ///
    /// # Errors
    /// [`Error::Store`]
    pub async fn latest_verification(&self) -> Result<Option<Verification>> {
        let mut tx = self.db.read().await?;
        let mut latest = verifications::latest(&mut tx, 1).await?.pop();
        if let Some(row) = &mut latest
            && row.outcome == VerificationOutcome::Running
            && row.alive_until <= self.clock.now()
        {
            row.outcome = VerificationOutcome::Failed;
        }
        Ok(latest)
    }

    /// Asks what takes long to break off, because the server stops.
    pub fn stop_slow_work(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }
}
