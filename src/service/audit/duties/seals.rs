//! Identity seals and shares: each is as its manifest says, and erased only if the log and the witness say so.

use std::collections::{HashMap, HashSet};

use uuid::Uuid;

use super::facts::{BATCH_SIZE, Facts, detail};
use crate::audit::entry::Entry;
use crate::audit::verify::{RowDefect, RowFinding};
use crate::domain::ids::{CaseId, EntryId, SealId, StaffId};
use crate::service::error::Result;
use crate::store::Tx;
use crate::store::evidence::{self, ShareRow};
use crate::store::seals::Seal;
use crate::vault::agefile::looks_like_one;
use crate::vault::hash::Hash32;
use crate::vault::manifest::Manifest;
use crate::vault::signing::{Signature, VerifyKey};
use crate::witness::CoveredManifest;

const TABLE: &str = "seal";

/// A manifest that the log covers.
#[derive(Debug, Clone, Copy)]
struct Covered {
    index: u64,
    entry: EntryId,
    reporter: VerifyKey,
}

/// The seals that the log covers.
#[derive(Debug, Default)]
pub(super) struct Seals {
    covered: HashMap<Hash32, Covered>,
}

/// A seal that was held against the log.
#[derive(Debug, Clone, Copy)]
pub(super) struct KnownSeal {
    pub(super) case: CaseId,
    pub(super) version: i64,
    pub(super) manifest: Hash32,
}

/// The stored seals, for the duties after this one.
#[derive(Debug, Default)]
pub(super) struct KnownSeals {
    pub(super) by_id: HashMap<SealId, KnownSeal>,
    /// The newest version of each case.
    pub(super) newest: HashMap<CaseId, i64>,
    /// Erasures that have begun and whose rows are not erased yet.
    pub(super) erasing: HashSet<CaseId>,
}

impl Seals {
    pub(super) fn note(&mut self, index: u64, entry: &Entry) {
        // An entry that covers something names the manifests.
        let manifests: Option<Vec<CoveredManifest>> = detail(entry, "manifests");
        let Some(manifests) = manifests else {
            return;
        };
        for one in manifests {
            self.covered.entry(one.manifest).or_insert(Covered {
                index,
                entry: entry.id,
                reporter: one.verify_key,
            });
        }
    }

    /// Holds every stored seal against its manifest, the log and the witness.
    pub(super) async fn check(self, tx: &mut Tx, facts: &Facts) -> Result<Result<KnownSeals, RowFinding>> {
        let mut known = KnownSeals::default();
        let mut after = Uuid::nil();
        loop {
            let seals = evidence::seals(tx, after, BATCH_SIZE).await?;
            let Some(last) = seals.last().map(|seal| seal.id) else {
                break;
            };
            let mut shares: HashMap<SealId, Vec<ShareRow>> = HashMap::new();
            for share in evidence::shares(tx, after, last).await? {
                shares.entry(share.seal_id).or_default().push(share);
            }
            for seal in &seals {
                let own = shares.remove(&seal.id).unwrap_or_default();
                match self.check_seal(facts, seal, &own) {
                    Ok(manifest) => known.add(seal, manifest, facts),
                    Err((entry, defect)) => return Ok(Err(RowFinding::new(TABLE, seal.id, entry, defect))),
                }
            }
            if let Some(orphan) = shares.into_keys().next() {
                return Ok(Err(RowFinding::new("share", orphan, None, RowDefect::Unlogged)));
            }
            after = last.as_uuid();
        }
        if let Some(orphan) = evidence::share_after(tx, after).await? {
            return Ok(Err(RowFinding::new("share", orphan, None, RowDefect::Unlogged)));
        }
        let by_hash: HashSet<Hash32> = known.by_id.values().map(|seal| seal.manifest).collect();
        let is_gone = |hash: &Hash32| !by_hash.contains(hash) && !facts.witness.tombstones.contains(hash);
        let gone = (self.covered.iter())
            .filter(|(hash, covered)| is_gone(hash) && covered.index >= facts.witness.forgotten)
            .min_by_key(|(_, covered)| covered.index);
        if let Some((hash, covered)) = gone {
            let index = Some(covered.index);
            return Ok(Err(RowFinding::new(TABLE, hash, index, RowDefect::Missing)));
        }
        Ok(Ok(known))
    }

    /// Returns the manifest's hash, or the entry that disagrees and the defect.
    fn check_seal(
        &self,
        facts: &Facts,
        seal: &Seal,
        shares: &[ShareRow],
    ) -> std::result::Result<Hash32, (Option<u64>, RowDefect)> {
        let changed = (None, RowDefect::Changed);
        let manifest = Manifest::read(facts.instance, &seal.manifest).map_err(|_| changed)?;
        let covered = self.covered.get(&manifest.hash());
        let index = covered.map(|covered| covered.index);
        let must = |holds: bool, defect| if holds { Ok(()) } else { Err((index, defect)) };
        must(
            covered.map(|covered| covered.entry) == seal.covered_by,
            match covered {
                Some(_) => RowDefect::Changed,
                None => RowDefect::Unlogged,
            },
        )?;
        must(
            seal.manifest_hash == manifest.hash().as_bytes()
                && seal.case_id == manifest.case()
                && seal.id == manifest.seal()
                && seal.version == i64::from(manifest.version()),
            RowDefect::Changed,
        )?;
        if let Some(covered) = covered {
            let signature = Signature::from_slice(&seal.manifest_signature).map_err(|_| (index, RowDefect::Changed))?;
            let signed = Manifest::verify(facts.instance, &seal.manifest, &covered.reporter, &signature);
            must(signed.is_ok(), RowDefect::Changed)?;
        }
        let has_tombstone = facts.witness.tombstones.contains(&manifest.hash());
        let erased = facts.erased_identities.get(&seal.case_id);
        if facts.erased_cases.contains_key(&seal.case_id) {
            let entry = facts.erased_cases.get(&seal.case_id).map(|erased| erased.index);
            return Err((entry, RowDefect::NotErased));
        }
        if seal.erased {
            let erased = erased.ok_or((index, RowDefect::ErasedUnlogged))?;
            let entry = Some(erased.index);
            let is_known = has_tombstone || erased.index < facts.witness.forgotten;
            if !is_known {
                return Err((entry, RowDefect::TombstoneMissing));
            }
            if !(seal.record.is_empty() && seal.witness_half.is_empty() && shares.is_empty()) {
                return Err((entry, RowDefect::NotErased));
            }
            return Ok(manifest.hash());
        }
        if let Some(erased) = erased {
            return Err((Some(erased.index), RowDefect::NotErased));
        }
        must(
            Hash32::of_bytes(&seal.record) == manifest.record(),
            RowDefect::RecordExchanged,
        )?;
        let named: Vec<(StaffId, i64)> = (manifest.shares().iter())
            .map(|share| (share.officer, i64::from(share.x)))
            .collect();
        let stored: Vec<(StaffId, i64)> = shares.iter().map(|share| (share.officer_id, share.x)).collect();
        let are_files = shares.iter().all(|share| looks_like_one(&share.file));
        must(
            named == stored && are_files && looks_like_one(&seal.witness_half),
            RowDefect::HalfMissing,
        )?;
        Ok(manifest.hash())
    }
}

impl KnownSeals {
    fn add(&mut self, seal: &Seal, manifest: Hash32, facts: &Facts) {
        let known = KnownSeal {
            case: seal.case_id,
            version: seal.version,
            manifest,
        };
        self.by_id.insert(seal.id, known);
        let newest = self.newest.entry(seal.case_id).or_default();
        *newest = seal.version.max(*newest);
        if !seal.erased && facts.witness.tombstones.contains(&manifest) {
            self.erasing.insert(seal.case_id);
        }
    }
}
