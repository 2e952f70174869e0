//! Coverage: every identity seal's manifest enters the audit log, shuffled, before staff first open its case
//! (`docs/PROTOCOL.md`, section 5). Browser and witness refuse a seal that the log does not cover.

use serde_json::json;

use crate::audit::entry::{Act, Actor};
use crate::domain::ids::SealId;
use crate::service::{App, Result};
use crate::store::{self, Tx};
use crate::vault::base64;

/// How many seals one entry covers at most.
const BATCH: i64 = 500;

impl App {
    /// Covers what waits: the daily job, so that a seal which nobody opens does not stay outside the log.
    ///
    /// # Errors
    /// [`crate::service::Error::Store`]
    pub async fn cover_waiting(&self) -> Result<usize> {
        self.db
            .write(|mut tx| async move {
                let covered = self.cover(&mut tx).await?;
                tx.commit().await?;
                Ok(covered)
            })
            .await
    }

    /// Covers every seal that the log does not name yet, in the caller's transaction; how many. All at once and in the
    /// order of their hashes, so that the entry tells neither who came first nor which case is about to be opened.
    ///
    /// # Errors
    /// [`crate::service::Error::Store`]
    pub async fn cover(&self, tx: &mut Tx) -> Result<usize> {
        let mut covered = 0;
        loop {
            let seals = store::seals::uncovered(tx, BATCH).await?;
            if seals.is_empty() {
                return Ok(covered);
            }
            let manifests: Vec<_> = seals
                .iter()
                .map(|seal| {
                    json!({
                        "manifest": hex::encode(&seal.manifest_hash),
                        "verify_key": base64::encode(&seal.reporter_verify_key),
                    })
                })
                .collect();
            let detail = json!({ "manifests": manifests });
            let entry = self.entry(Act::ManifestsCovered, Actor::System, None, detail, None)?;
            entry.write(tx).await?;
            let ids: Vec<SealId> = seals.iter().map(|seal| seal.id).collect();
            store::seals::mark_covered(tx, &ids, entry.id).await?;
            covered += ids.len();
        }
    }
}
