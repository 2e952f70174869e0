//! Gauges for operators, which are read when the metrics are asked for.

use std::path::PathBuf;
use std::time::Duration;

use tokio::time::timeout;

use super::part::Operations;
use crate::metrics::Status;
use crate::service::audit::log::PLACES_PER_SECOND;
use crate::service::error::Result;
use crate::store;

/// Longest wait for the witness; it counts as away afterwards.
const WITNESS_TIMEOUT: Duration = Duration::from_secs(2);
/// Memory is reported in steps of so many bytes, so that a single attachment does not show.
const MEMORY_STEP_BYTES: u64 = 16 * 1024 * 1024;

/// A disk's name, and a path on it.
pub type Disk = (&'static str, PathBuf);

impl Operations {
    /// Returns all gauges and counters in the format of Prometheus.
    pub async fn observe(&self, disks: &[Disk]) -> String {
        let metrics = &self.context.metrics;
        let looked = self.look().await;
        metrics.set_status(Status::DatabaseUp, looked.is_ok().into());
        if let Err(error) = looked {
            tracing::warn!(%error, "the database cannot be looked at");
        }
        let witness = timeout(WITNESS_TIMEOUT, self.context.witness.last_checkpoint()).await;
        metrics.set_status(Status::WitnessUp, matches!(witness, Ok(Ok(_))).into());
        let ready = timeout(WITNESS_TIMEOUT, self.intake.may_begin()).await;
        metrics.set_status(Status::IntakeReady, matches!(ready, Ok(Ok(()))).into());
        let version = self.rosters.current().map_or(0, |roster| roster.version());
        metrics.set_status(Status::RosterVersion, version.cast_signed());
        metrics.set_status(Status::KdfWaiting, whole(self.context.kdf.queue()));
        metrics.set_status(Status::KdfWorkers, whole(self.context.kdf.width()));
        metrics.set_status(Status::Memory, memory().unwrap_or_default().cast_signed());
        let failures = self.attachments.files().failures();
        metrics.set_status(Status::FileFailures, failures.cast_signed());
        for (name, open, idle) in self.context.db.pools() {
            metrics.set_pool(name, open, idle);
        }
        for (name, path) in disks {
            if let Some(free) = store::blobs::free_bytes(path) {
                metrics.set_free_bytes(name, free);
            }
        }
        metrics.render()
    }

    /// Reads the gauges of the database.
    async fn look(&self) -> Result<()> {
        let (metrics, now) = (&self.context.metrics, self.context.clock.now());
        let mut tx = self.context.db.read().await?;
        metrics.set_status(Status::LogEntries, store::log::tree_size(&mut tx).await?);
        metrics.set_status(Status::LogWaiting, store::log::waiting(&mut tx).await?);
        let oldest = store::log::oldest_waiting(&mut tx).await?;
        let waited = oldest.map_or(0, |place| now - place / PLACES_PER_SECOND);
        metrics.set_status(Status::LogWaitingSeconds, waited.max(0));
        let latest = store::log::latest_checkpoint(&mut tx).await?;
        let cosigned = store::log::latest_cosigned(&mut tx).await?;
        let age = |checkpoint: &Option<store::log::Checkpoint>| checkpoint.as_ref().map_or(-1, |at| now - at.made_at);
        metrics.set_status(Status::CheckpointAge, age(&latest));
        metrics.set_status(Status::CosignatureAge, age(&cosigned));
        let overdue = match &latest {
            Some(latest) if !latest.cosigned => now - latest.made_at,
            _ => 0,
        };
        metrics.set_status(Status::CosignatureOverdue, overdue.max(0));
        metrics.set_queue_length(
            "whatsapp_notifications",
            store::whatsapp::count_notifications(&mut tx).await?,
        );
        metrics.set_queue_length("whatsapp_messages", store::whatsapp::count_messages(&mut tx).await?);
        metrics.set_queue_length("notices", store::notices::count(&mut tx).await?);
        Ok(())
    }
}

fn whole(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Returns the resident memory of this process, in steps. None if the system does not report it.
fn memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: u64 = line.split_whitespace().next()?.parse().ok()?;
    let bytes = kilobytes * 1024;
    Some(bytes - bytes % MEMORY_STEP_BYTES)
}
