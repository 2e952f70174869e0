//! The order to the witness to erase an identity: everything that its checks need, in the tree of the newest checkpoint.

use std::collections::HashSet;

use crate::audit::entry::{Act, Base64, Entry};
use crate::domain::ids::{CaseId, EntryId};
use crate::domain::state::State;
use crate::service::error::{Error, Result};
use crate::service::unseal::part::Identities;
use crate::service::unseal::seal_versions::{SealVersions, covered_version};
use crate::store::identity_requests::IdentityRequest;
use crate::store::{self, Tx};
use crate::vault::signing::Signature;
use crate::witness::{ErasureGround, ErasureOrder, Refusal};

/// The reason for an erasure.
pub(super) enum Ground<'a> {
    /// An officer decided so, for this request of the reporter.
    Decided(&'a IdentityRequest),
    /// The retention after the case's closing is over.
    Closed,
}

/// The entry on which an erasure stands, and the manifests that it covers.
pub(super) struct Basis {
    pub(super) entry: EntryId,
    pub(super) manifests: HashSet<Vec<u8>>,
}

/// Result of an attempt.
pub(super) enum ErasureOutcome {
    Erased,
    /// There is no identity, or no more.
    Nothing,
    /// The witness erases it later: the roster's retention is not over, or the erasures of these 24 hours are used up.
    NotYet(Refusal),
}

impl Identities {
    /// Puts an order together; `None` if there is no identity to erase.
    pub(super) async fn erasure_order(
        &self,
        case: CaseId,
        ground: &Ground<'_>,
    ) -> Result<Option<(ErasureOrder, Basis)>> {
        self.log.sequence().await?;
        let mut tx = self.db.read().await?;
        let versions = SealVersions::load(&mut tx, case).await?;
        if versions.newest().is_none_or(|seal| seal.erased) {
            return Ok(None);
        }
        let latest = store::log::latest_checkpoint(&mut tx).await?;
        let latest = latest.ok_or_else(|| Error::Internal("the log's checkpoint is missing".into()))?;
        let size = latest.tree_size.unsigned_abs();
        let (entry, ground) = match ground {
            Ground::Decided(request) => self.decided(&mut tx, request, size).await?,
            Ground::Closed => self.closed(&mut tx, case, size).await?,
        };
        let mut covered = Vec::new();
        for seal in versions.newest_first() {
            covered.push(covered_version(&self.log, &mut tx, seal, size).await?);
        }
        let order = ErasureOrder {
            advance: self.log.advance(&mut tx, &latest).await?,
            versions: covered,
            ground,
        };
        let manifests = versions.newest_first().map(|seal| seal.manifest_hash.clone()).collect();
        Ok(Some((order, Basis { entry, manifests })))
    }

    /// The officer's decision and the reporter's request.
    async fn decided(&self, tx: &mut Tx, request: &IdentityRequest, size: u64) -> Result<(EntryId, ErasureGround)> {
        let missing = || Error::Internal("a decision to erase lacks its request: it was changed".into());
        let entry = request.decision.ok_or_else(missing)?;
        let signature = request.signature.as_deref().ok_or_else(missing)?;
        let ground = ErasureGround::Request {
            decided: self.log.inclusion(tx, entry, size).await?,
            request: Base64(request.request.clone().ok_or_else(missing)?),
            signature: Signature::from_slice(signature).map_err(|_| missing())?,
        };
        Ok((entry, ground))
    }

    /// The case's closing, and the first checkpoint that the witness countersigned after it.
    async fn closed(&self, tx: &mut Tx, case: CaseId, size: u64) -> Result<(EntryId, ErasureGround)> {
        let entries = store::log::of_case(tx, case).await?;
        let closing = entries.iter().rev().find(|entry| is_closing(&entry.body));
        let closing = closing.ok_or_else(|| Error::Internal("the log has no closing of a closed case".into()))?;
        let index = closing.leaf_index.ok_or(Error::Conflict)?;
        let seen = store::log::cosigned_with(tx, index).await?;
        // Without a countersignature the witness finds the closing too recent.
        let (seen, seen_proof) = match seen {
            Some(seen) => {
                let then = self
                    .log
                    .inclusion(tx, closing.id, seen.tree_size.unsigned_abs())
                    .await?;
                (seen.note, then.proof)
            }
            None => (Vec::new(), Vec::new()),
        };
        let ground = ErasureGround::Expiry {
            closed: self.log.inclusion(tx, closing.id, size).await?,
            seen: Base64(seen),
            seen_proof,
        };
        Ok((closing.id, ground))
    }

    /// Sends an order; once more if another countersignature came in between. Returns the journal's head.
    pub(super) async fn send_erasure(
        &self,
        order: ErasureOrder,
        case: CaseId,
        ground: &Ground<'_>,
    ) -> Result<Base64, Refusal> {
        match self.witness.erase(order).await {
            Err(Refusal::Inconsistent) => {
                let again = self.erasure_order(case, ground).await;
                let again = again.inspect_err(|error| tracing::error!(%error, "no order to erase"));
                match again {
                    Ok(Some((order, _))) => self.witness.erase(order).await,
                    Ok(None) | Err(_) => Err(Refusal::Unavailable),
                }
            }
            answer => answer,
        }
    }
}

/// Returns true for the entry that closed a case.
fn is_closing(body: &[u8]) -> bool {
    Entry::read(body).is_ok_and(|entry| {
        let to = entry.detail.get("to").and_then(serde_json::Value::as_str);
        entry.act == Act::CaseStateChanged && to == Some(State::Closed.as_str())
    })
}
