//! The versions of a case's identity seal. Every unseal reads them here.

use crate::audit::entry::Base64;
use crate::domain::ids::{CaseId, SealId};
use crate::service::audit::AuditLog;
use crate::service::error::{Error, Result};
use crate::store::seals::Seal;
use crate::store::{self, Tx};
use crate::vault::hash::Hash32;
use crate::vault::signing::Signature;
use crate::witness::CoveredVersion;

/// All versions of a case's identity, oldest first. Of an erased one only the manifest is left.
#[derive(Debug)]
pub(super) struct SealVersions(Vec<Seal>);

impl SealVersions {
    /// Reads the versions of a case.
    pub(super) async fn load(tx: &mut Tx, case: CaseId) -> Result<Self> {
        Ok(Self(store::seals::of_case(tx, case).await?))
    }

    /// The version with this id, unless it is erased.
    pub(super) fn intact(&self, id: Option<SealId>) -> Option<&Seal> {
        self.0.iter().find(|seal| Some(seal.id) == id && !seal.erased)
    }

    /// The version with this manifest, unless it is erased.
    pub(super) fn intact_with_manifest(&self, manifest: &Hash32) -> Option<&Seal> {
        let mut intact = self.0.iter().filter(|seal| !seal.erased);
        intact.find(|seal| seal.manifest_hash == manifest.as_bytes())
    }

    /// The versions that `seal` corrects, the newest first.
    pub(super) fn before(&self, seal: &Seal) -> impl Iterator<Item = &Seal> {
        let version = seal.version;
        self.0.iter().rev().filter(move |before| before.version < version)
    }

    /// All versions, the newest first.
    pub(super) fn newest_first(&self) -> impl Iterator<Item = &Seal> {
        self.0.iter().rev()
    }

    /// Returns true if this is the id of the newest version, erased or not.
    pub(super) fn is_newest(&self, id: Option<SealId>) -> bool {
        id.is_some() && self.0.last().map(|seal| seal.id) == id
    }

    /// The newest version, erased or not.
    pub(super) fn newest(&self) -> Option<&Seal> {
        self.0.last()
    }
}

/// The reporter's signature over a version's manifest.
fn manifest_signature(seal: &Seal) -> Result<Signature> {
    Signature::from_slice(&seal.manifest_signature)
        .map_err(|_| Error::Internal("a manifest's signature is none: it was changed".into()))
}

/// A version with the proof that the log covers its manifest.
pub(super) async fn covered_version(log: &AuditLog, tx: &mut Tx, seal: &Seal, size: u64) -> Result<CoveredVersion> {
    let covering = seal
        .covered_by
        .ok_or_else(|| Error::Internal("a seal's coverage is missing".into()))?;
    Ok(CoveredVersion {
        covered: log.inclusion(tx, covering, size).await?,
        manifest: Base64(seal.manifest.clone()),
        manifest_signature: manifest_signature(seal)?,
    })
}
