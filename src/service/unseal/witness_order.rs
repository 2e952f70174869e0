//! The order to the witness: everything that its checks need, in the tree of the newest checkpoint.

use crate::audit::entry::Base64;
use crate::audit::tree::leaf_hash;
use crate::service::error::Error;
use crate::service::unseal::part::Unseals;
use crate::service::unseal::seal_versions::{SealVersions, manifest_signature};
use crate::service::unseal::state::{Requested, WitnessRelease};
use crate::store::desk::Unseal;
use crate::store::seals::Seal;
use crate::store::{self, Tx};
use crate::vault::hash::Hash32;
use crate::witness::{EarlierVersion, Inclusion, Refusal, UnsealOrder};

/// Reason why an order brought no release.
#[derive(Debug, thiserror::Error)]
pub(super) enum OrderError {
    /// The order could not be put together.
    #[error(transparent)]
    Service(#[from] Error),
    /// The witness refused, or cannot be reached.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

impl From<store::Error> for OrderError {
    fn from(error: store::Error) -> Self {
        Self::Service(error.into())
    }
}

impl Unseals {
    /// Sends one order, with the newest checkpoint.
    pub(super) async fn send_order(&self, requested: &Requested) -> Result<WitnessRelease, OrderError> {
        self.log.sequence().await?;
        let Requested { row, versions } = requested;
        let seal = versions.intact(row.seal_id).ok_or(Refusal::Erased)?;
        let mut tx = self.db.read().await?;
        let latest = store::log::latest_checkpoint(&mut tx).await?;
        let latest = latest.ok_or_else(|| Error::Internal("the log's checkpoint is missing".into()))?;
        let size = latest.tree_size.unsigned_abs();
        let entry = self.log.inclusion(&mut tx, row.entry_id, size).await?;
        let covered = self.coverage(&mut tx, seal, size).await?;
        let earlier = self.earlier_versions(&mut tx, versions, seal, size).await?;
        let advance = match self.log.advance(&mut tx, &latest).await {
            Err(Error::Unavailable(reason)) => {
                tracing::error!(%reason, "unseal");
                return Err(Refusal::Unavailable.into());
            }
            result => result?,
        };
        drop(tx);
        let order = UnsealOrder {
            requested: entry,
            covered: covered.clone(),
            advance,
            manifest: Base64(seal.manifest.clone()),
            manifest_signature: manifest_signature(seal)?,
            earlier: earlier.clone(),
            letter: Base64(row.witness_letter.clone()),
            half: Base64(seal.witness_half.clone()),
        };
        let release = self.witness.unseal(order).await?;
        Ok(WitnessRelease {
            unseal: row.id,
            size,
            seal: seal.clone(),
            covered,
            earlier,
            release,
        })
    }

    /// Proves that the log covers a version's manifest.
    async fn coverage(&self, tx: &mut Tx, seal: &Seal, size: u64) -> Result<Inclusion, Error> {
        let covering = seal
            .covered_by
            .ok_or_else(|| Error::Internal("a seal's coverage is missing".into()))?;
        self.log.inclusion(tx, covering, size).await
    }

    /// Collects the versions that a seal corrects, the newest first, each with the entry that covers it.
    async fn earlier_versions(
        &self,
        tx: &mut Tx,
        versions: &SealVersions,
        seal: &Seal,
        size: u64,
    ) -> Result<Vec<EarlierVersion>, Error> {
        let mut earlier = Vec::new();
        for before in versions.before(seal) {
            earlier.push(EarlierVersion {
                covered: self.coverage(tx, before, size).await?,
                manifest: Base64(before.manifest.clone()),
                manifest_signature: manifest_signature(before)?,
            });
        }
        Ok(earlier)
    }

    /// Returns true if the witness's journal has this request: then it released its half, whoever got the answer.
    ///
    /// # Errors
    /// [`Refusal::Unavailable`] while that is not known.
    pub(super) async fn is_journaled(&self, row: &Unseal) -> Result<bool, Refusal> {
        let leaf = self.request_leaf(row).await.map_err(|error| {
            tracing::error!(%error, "whether the witness released its half is not known yet");
            Refusal::Unavailable
        })?;
        self.witness.has_journaled(leaf).await
    }

    /// Computes the leaf hash of the entry of a request.
    async fn request_leaf(&self, row: &Unseal) -> Result<Hash32, Error> {
        let mut tx = self.db.read().await?;
        let entry = store::log::by_id(&mut tx, row.entry_id).await?.ok_or(Error::NotFound)?;
        let leaf = leaf_hash(self.instance, &entry.body);
        Hash32::from_slice(&leaf.0).map_err(|error| Error::Internal(error.to_string()))
    }
}
