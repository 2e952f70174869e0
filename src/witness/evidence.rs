//! The evidence that comes with an order: entries of the log, and manifests that it covers. Functions of their arguments:
//! no file, no clock.

use std::collections::HashSet;

use serde::de::DeserializeOwned;
use serde_json::Value;
use tlog_tiles::Hash;

use crate::audit::checkpoint::Checkpoint;
use crate::audit::entry::{Act, Entry};
use crate::audit::tree::{check_consistency, check_inclusion, leaf_hash};
use crate::domain::clock::UnixSeconds;
use crate::domain::ids::InstanceId;
use crate::vault::agefile::Identity;
use crate::vault::hash::Hash32;
use crate::vault::manifest::{Manifest, manifest_hash};
use crate::vault::roster::VerifiedRoster;
use crate::vault::signing::{Signature, VerifyKey};
use crate::witness::detail::CoveredDetail;
use crate::witness::order::{Advance, CoveredVersion, Inclusion};
use crate::witness::refusal::Refusal;

/// Facts that the witness knows by itself; the checks trust nothing else.
pub(super) struct CheckContext<'a> {
    pub(super) instance: InstanceId,
    pub(super) log: &'a VerifyKey,
    /// The witness's own verify key.
    pub(super) witness: VerifyKey,
    /// Opens letters.
    pub(super) identity: &'a Identity,
    pub(super) roster: &'a VerifiedRoster,
    /// The log's origin.
    pub(super) origin: u64,
    /// Size and root of the last checkpoint seen.
    pub(super) last: (u64, Hash32),
    pub(super) erased: &'a HashSet<Hash32>,
    pub(super) now: UnixSeconds,
}

/// Converts to the form of the vault.
fn hash(hash: Hash) -> Hash32 {
    Hash32::from_slice(&hash.0).expect("32 bytes")
}

/// Fails with this refusal unless the condition holds.
pub(super) fn require(holds: bool, refusal: Refusal) -> Result<(), Refusal> {
    if holds { Ok(()) } else { Err(refusal) }
}

/// Reads a checkpoint that the log signed and that continues `last`, which has this origin.
pub(super) fn check_advance(
    instance: InstanceId,
    log: &VerifyKey,
    origin: u64,
    last: (u64, Hash32),
    advance: &Advance,
) -> Result<Checkpoint, Refusal> {
    let checkpoint = Checkpoint::read_signed(&advance.checkpoint.0, instance, log.as_bytes())
        .map_err(|_| Refusal::CheckpointNotSigned)?;
    let same = checkpoint.size == last.0;
    require(checkpoint.origin == origin, Refusal::Inconsistent)?;
    if same {
        require(hash(checkpoint.root) == last.1, Refusal::Inconsistent)?;
    } else {
        let proof = advance.consistency.iter().map(|hash| Hash(*hash.as_bytes())).collect();
        let old = (last.0, Hash(*last.1.as_bytes()));
        check_consistency(&proof, old, (checkpoint.size, checkpoint.root)).map_err(|_| Refusal::Inconsistent)?;
    }
    Ok(checkpoint)
}

/// Checks that an entry stands in the checkpoint's tree, and returns its leaf hash.
pub(super) fn check_included(
    instance: InstanceId,
    checkpoint: &Checkpoint,
    inclusion: &Inclusion,
) -> Result<Hash32, Refusal> {
    let leaf = leaf_hash(instance, &inclusion.entry.0);
    let proof = inclusion.proof.iter().map(|hash| Hash(*hash.as_bytes())).collect();
    check_inclusion(&proof, checkpoint.size, checkpoint.root, inclusion.index, leaf).map_err(|_| Refusal::NotInLog)?;
    Ok(hash(leaf))
}

/// Reads an entry of this act, with its typed detail.
pub(super) fn read_entry<T: DeserializeOwned>(stored: &[u8], act: Act) -> Result<(Entry, T), Refusal> {
    let mut entry = Entry::read(stored).map_err(|_| Refusal::Malformed)?;
    require(entry.act == act, Refusal::Malformed)?;
    let detail = Value::Object(std::mem::take(&mut entry.detail));
    Ok((entry, serde_json::from_value(detail).map_err(|_| Refusal::Malformed)?))
}

/// Reads the manifest that an entry covers, signed by the key that the coverage names; returns that key too.
pub(super) fn read_covered(
    instance: InstanceId,
    entry_of: &Inclusion,
    manifest: &[u8],
    signature: &Signature,
) -> Result<(Manifest, VerifyKey), Refusal> {
    let (_, detail): (_, CoveredDetail) = read_entry(&entry_of.entry.0, Act::ManifestsCovered)?;
    let hash = manifest_hash(instance, manifest);
    let mut refusal = Refusal::NotCovered;
    for covered in detail.manifests.iter().filter(|covered| covered.manifest == hash) {
        match Manifest::verify(instance, manifest, &covered.verify_key, signature) {
            Ok(manifest) => return Ok((manifest, covered.verify_key)),
            Err(_) => refusal = Refusal::WrongReporterKey,
        }
    }
    Err(refusal)
}

/// Checks that each version that a correction corrects, down to the first, is covered and signed by the same key.
///
/// An attacker with the database and no receipt would have to exchange the first version too, which the log keeps.
/// Returns the hashes of all versions, the newest first.
pub(super) fn check_chain(
    instance: InstanceId,
    checkpoint: &Checkpoint,
    (newest, key): (&Manifest, VerifyKey),
    earlier: &[CoveredVersion],
) -> Result<Vec<Hash32>, Refusal> {
    let (mut version, mut previous) = (newest.version(), newest.previous());
    let mut manifests = vec![newest.hash()];
    for one in earlier {
        check_included(instance, checkpoint, &one.covered)?;
        let found = read_covered(instance, &one.covered, &one.manifest.0, &one.manifest_signature);
        let (manifest, signer) = found.map_err(|_| Refusal::BrokenChain)?;
        let follows = Some(manifest.hash()) == previous
            && manifest.version().checked_add(1) == Some(version)
            && manifest.case() == newest.case()
            && signer == key;
        require(follows, Refusal::BrokenChain)?;
        (version, previous) = (manifest.version(), manifest.previous());
        manifests.push(manifest.hash());
    }
    require(previous.is_none() && version == 1, Refusal::BrokenChain)?;
    Ok(manifests)
}
