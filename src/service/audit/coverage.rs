//! Coverage: every identity seal's manifest enters the audit log, shuffled, before staff first open its case
//! (`docs/PROTOCOL.md`, section 5). Browser and witness refuse a seal that the log does not cover.

use serde_json::json;

use super::part::AuditLog;
use crate::audit::entry::{Act, Actor};
use crate::domain::ids::{EntryId, SealId};
use crate::service::error::Result;
use crate::store::seals::Seal;
use crate::store::{self, Tx};
use crate::vault::base64;
use crate::witness::Inclusion;

/// Seals that one entry covers: as many as fit into one ([`crate::audit::entry::MAX_ENTRY_BYTES`]).
const BATCH_SIZE: i64 = 400;

/// Proof for a browser that the log covers a case's seal, and so which key signs for its reporter.
#[derive(Debug)]
pub struct Coverage {
    pub manifest: Vec<u8>,
    pub manifest_signature: Vec<u8>,
    /// The entry that covers the manifest, in the tree of `checkpoint`.
    pub covered: Inclusion,
    /// The countersigned checkpoint.
    pub checkpoint: Vec<u8>,
}

impl AuditLog {
    /// Covers the seals that wait. It runs daily, so that a seal which nobody opens does not stay outside the log.
    ///
    /// # Errors
    /// [`crate::service::error::Error::Store`]
    pub async fn cover_waiting(&self) -> Result<usize> {
        self.db
            .write("cover_seals", |mut tx| async move {
                let covered = self.cover(&mut tx).await?;
                tx.commit().await?;
                Ok(covered)
            })
            .await
    }

    /// Covers every seal that the log does not name yet, in the caller's transaction. Returns their number. It covers
    /// all at once and in the order of their hashes, so that the entry reveals neither which came first nor which case
    /// is about to be opened.
    ///
    /// # Errors
    /// [`crate::service::error::Error::Store`]
    pub async fn cover(&self, tx: &mut Tx) -> Result<usize> {
        let mut covered = 0;
        loop {
            let seals = store::seals::uncovered(tx, BATCH_SIZE).await?;
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

    /// Returns the proof that the log covers a seal. None while no countersigned checkpoint holds it, because the
    /// witness is away or the log was changed. The browser then accepts no key as the reporter's.
    pub(crate) async fn coverage_of(&self, seal: Seal) -> Option<Coverage> {
        let (covered, checkpoint) = match self.proof_of(seal.covered_by?).await {
            Ok(proof) => proof?,
            Err(error) => {
                tracing::error!(%error, "a seal's coverage cannot be shown");
                return None;
            }
        };
        Some(Coverage {
            manifest: seal.manifest,
            manifest_signature: seal.manifest_signature,
            covered,
            checkpoint,
        })
    }

    async fn proof_of(&self, entry: EntryId) -> Result<Option<(Inclusion, Vec<u8>)>> {
        if let Some(proof) = self.countersigned(entry).await? {
            return Ok(Some(proof));
        }
        // It was covered just now and need not wait for the countersignature of each minute.
        self.sequence().await?;
        if self.cosign().await.is_err() {
            // Another process may have advanced the witness in between.
            self.cosign().await?;
        }
        self.countersigned(entry).await
    }

    async fn countersigned(&self, entry: EntryId) -> Result<Option<(Inclusion, Vec<u8>)>> {
        let mut tx = self.db.read().await?;
        let row = store::log::by_id(&mut tx, entry).await?;
        let latest = store::log::latest_cosigned(&mut tx).await?;
        let (Some(leaf), Some(latest)) = (row.and_then(|row| row.leaf_index), latest) else {
            return Ok(None);
        };
        if leaf >= latest.tree_size {
            return Ok(None);
        }
        let covered = self.inclusion(&mut tx, entry, latest.tree_size.unsigned_abs()).await?;
        Ok(Some((covered, latest.note)))
    }
}
