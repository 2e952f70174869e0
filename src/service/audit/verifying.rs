//! Verification of the whole log at an auditor's request, while the server runs. It runs in the background, one at a
//! time in the whole cluster, and stores its progress and result. The result is an entry of the log itself.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use serde_json::json;
use tokio::runtime::Handle;
use tokio::task::{JoinHandle, spawn_blocking};

use super::part::AuditLog;
use crate::audit::entry::{Act, Actor};
use crate::domain::ids::{QueuedId, StaffId};
use crate::domain::state::VerificationOutcome;
use crate::service::audit::verification::{VerificationError, Verified};
use crate::service::error::{Error, Result};
use crate::store;
use crate::store::verifications::{self, Verification};

/// Seconds for which a verification counts as alive after its last sign of life.
const ALIVE_SECONDS: i64 = 120;
/// Entries between two signs of life.
const PROGRESS_STEP: u64 = 5_000;

impl AuditLog {
    /// Begins a verification, which continues in the background.
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
            alive_until: now + ALIVE_SECONDS,
            finished_at: None,
            tree_size,
            checked: 0,
            outcome: VerificationOutcome::Running,
            witnessed: None,
            bad_entry: None,
            bad_row: None,
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
        // Hashing a million entries takes long, so it runs on a thread for blocking work.
        Ok(spawn_blocking(move || {
            Handle::current().block_on(async {
                if let Err(error) = Box::pin(app.verify_and_keep(new)).await {
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
            if !checked.is_multiple_of(PROGRESS_STEP) {
                return Ok(());
            }
            let until = self.clock.now() + ALIVE_SECONDS;
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
        let failed = match &outcome {
            Err(VerificationError::Service(error)) => Some(error.to_string()),
            Ok(_) | Err(_) => None,
        };
        match outcome {
            Ok(Verified { summary, .. }) => {
                row.outcome = VerificationOutcome::Good;
                row.tree_size = summary.entries.cast_signed();
                row.checked = row.tree_size;
                row.witnessed = Some(summary.witnessed.cast_signed());
            }
            Err(VerificationError::Service(_)) => row.outcome = VerificationOutcome::Failed,
            Err(VerificationError::Entry(finding, _)) => {
                note_bad(&mut row, Some(finding.index), finding.defect.code());
            }
            Err(VerificationError::Unsigned(index, _)) => note_bad(&mut row, Some(index), "unsigned"),
            Err(VerificationError::Queue(..)) => note_bad(&mut row, None, "queue"),
            Err(VerificationError::Journal(_)) => note_bad(&mut row, None, "journal"),
            Err(VerificationError::Row(finding, _)) => {
                note_bad(&mut row, finding.entry, finding.defect.code());
                row.bad_row = Some(finding.name());
            }
        }
        row.finished_at = Some(self.clock.now());
        let detail = json!({
            "outcome": row.outcome,
            "entries": row.tree_size,
            "bad_entry": row.bad_entry,
            "bad_row": row.bad_row,
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

    /// Returns the newest verification. One without a recent sign of life counts as failed.
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

    /// Makes a running verification break off, because the server stops.
    pub fn stop_slow_work(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }
}

/// Records that the log does not verify: the first bad entry, where it is known, and the reason's code.
fn note_bad(row: &mut Verification, entry: Option<u64>, reason: &str) {
    row.outcome = VerificationOutcome::Bad;
    row.bad_entry = entry.map(u64::cast_signed);
    row.checked = row.bad_entry.unwrap_or_default();
    row.what = Some(reason.to_owned());
}
