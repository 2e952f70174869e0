//! The order to the witness: everything that its checks need, in the tree of the newest checkpoint.

use crate::audit::entry::Base64;
use crate::audit::tree::leaf_hash;
use crate::service::error::Error;
use crate::service::unseal::part::Unseals;
use crate::service::unseal::seal_versions::covered_version;
use crate::service::unseal::state::{Requested, WitnessRelease};
use crate::store::desk::{Unseal, Validation};
use crate::store::{self, Tx};
use crate::vault::hash::Hash32;
use crate::vault::unseal::UnsealRequest;
use crate::vault::validation::validation_request_hash;
use crate::witness::{Inclusion, JournaledUnseal, Refusal, UnsealOrder};

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
        let newest = covered_version(&self.log, &mut tx, seal, size).await?;
        let mut earlier = Vec::new();
        for before in versions.before(seal) {
            earlier.push(covered_version(&self.log, &mut tx, before, size).await?);
        }
        let answered = self.answered(&mut tx, row, size).await?;
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
            covered: newest.covered.clone(),
            advance,
            manifest: newest.manifest,
            manifest_signature: newest.manifest_signature,
            earlier: earlier.clone(),
            answered,
            letter: Base64(row.witness_letter.clone()),
            half: Base64(seal.witness_half.clone()),
        };
        let release = self.witness.unseal(order).await?;
        Ok(WitnessRelease {
            unseal: row.id,
            size,
            seal: seal.clone(),
            covered: newest.covered,
            earlier,
            release,
        })
    }

    /// The entry of the request that the officer answers, where a member made it. The witness judges it; a request that is
    /// not there is refused there.
    async fn answered(&self, tx: &mut Tx, row: &Unseal, size: u64) -> Result<Option<Inclusion>, Error> {
        let request = UnsealRequest::read(&row.request).ok();
        let Some(answers) = request.and_then(|request| request.answers) else {
            return Ok(None);
        };
        let asked = store::desk::validations_of(tx, row.case_id).await?;
        let is_named = |one: &&Validation| validation_request_hash(self.instance, &one.payload) == answers.hash;
        match asked.iter().find(is_named) {
            Some(one) => Ok(Some(self.log.inclusion(tx, one.entry_id, size).await?)),
            None => Ok(None),
        }
    }

    /// Returns what the witness's journal has on this request. If it has it, the witness released its half, whoever got
    /// the answer.
    ///
    /// # Errors
    /// [`Refusal::Unavailable`] while that is not known.
    pub(super) async fn journaled(&self, row: &Unseal) -> Result<Option<JournaledUnseal>, Refusal> {
        let leaf = self.request_leaf(row).await.map_err(|error| {
            tracing::error!(%error, "whether the witness released its half is not known yet");
            Refusal::Unavailable
        })?;
        self.witness.journaled(leaf).await
    }

    /// Computes the leaf hash of the entry of a request.
    async fn request_leaf(&self, row: &Unseal) -> Result<Hash32, Error> {
        let mut tx = self.db.read().await?;
        let entry = store::log::by_id(&mut tx, row.entry_id).await?.ok_or(Error::NotFound)?;
        let leaf = leaf_hash(self.instance, &entry.body);
        Hash32::from_slice(&leaf.0).map_err(|error| Error::Internal(error.to_string()))
    }
}
