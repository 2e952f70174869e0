//! Proofs of single entries: they are made here, and can be verified anywhere.

use super::super::part::AuditLog;
use super::keys::{KeyError, Known, Named, Trust};
use crate::audit::entry::{Actor, Base64, Entry, SignedPayload};
use crate::audit::proof::{Extra, Proof, ProofError};
use crate::domain::ids::{EntryId, InstanceId};
use crate::domain::transcript::Transcript;
use crate::service::error::{Error, Result};
use crate::service::roster::chain::chain;
use crate::store;
use crate::vault::roster::VerifiedRoster;
use crate::vault::signing::{Signature, VerifyKey};
use crate::witness::signatures;

/// Reasons why a proof file proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refuted {
    #[error(transparent)]
    Proof(#[from] ProofError),
    #[error("{0}")]
    Keys(#[from] KeyError),
    #[error("a key in it is none")]
    NoKey,
    #[error("the signature of its actor does not verify under any key that its rosters name")]
    Signature,
}

/// The result of checking the actor's own signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActorSigned {
    /// This key of the actor, which a roster names, signed the entry; so did all others who had to.
    By(VerifyKey),
    /// This kind of act bears no signature.
    Nobody,
    /// No roster in the file names the actor's key.
    Unknown,
}

/// The facts that a proof file proves.
#[derive(Debug)]
pub struct Proven {
    pub index: u64,
    pub size: u64,
    pub entry: Entry,
    pub actor: ActorSigned,
    pub keys: Named,
    pub trust: Trust,
}

/// Returns true if `signed` is a signature by that key.
fn signs(instance: InstanceId, signed: &SignedPayload, key: &VerifyKey) -> bool {
    let message = Transcript::new(&signed.what, instance).field(&signed.payload.0);
    Signature::from_slice(&signed.signature.0).is_ok_and(|signature| key.verify(&message, &signature).is_ok())
}

/// Returns the newest roster that names the key with which the entry was signed, and that key.
fn signer<'a>(
    instance: InstanceId,
    signed: &SignedPayload,
    rosters: &'a [VerifiedRoster],
) -> Option<(&'a VerifiedRoster, VerifyKey)> {
    rosters.iter().rev().find_map(|roster| {
        let key = roster.member(signed.by)?.verify_key;
        signs(instance, signed, &key).then_some((roster, key))
    })
}

/// Checks all signatures that an entry bears. Returns the actor's key.
fn signed_by(instance: InstanceId, entry: &Entry, rosters: &[VerifiedRoster]) -> Result<ActorSigned, Refuted> {
    let mut by = ActorSigned::Nobody;
    for signed in signatures(entry) {
        match signer(instance, &signed, rosters) {
            Some((_, key)) if entry.actor == Actor::Staff(signed.by) => by = ActorSigned::By(key),
            Some(_) => {}
            None if rosters.iter().any(|roster| roster.member(signed.by).is_some()) => {
                return Err(Refuted::Signature);
            }
            None => return Ok(ActorSigned::Unknown),
        }
    }
    Ok(by)
}

/// Verifies a proof file, with only the file and the known keys.
///
/// # Errors
/// [`Refuted`]
pub fn verify_proof(file: &[u8], known: &Known) -> Result<Proven, Refuted> {
    let proof = Proof::read(file)?;
    let key = |bytes: &Base64| VerifyKey::from_slice(&bytes.0).map_err(|_| Refuted::NoKey);
    let keys = Named {
        instance: proof.instance()?,
        authority: key(&proof.extra.authority)?,
        log: key(&proof.extra.log)?,
        witness: key(&proof.extra.witness)?,
    };
    let notes: Vec<Vec<u8>> = proof.extra.rosters.iter().map(|note| note.0.clone()).collect();
    let (rosters, trust) = known.decide(&keys, &notes)?;
    let held = proof.check(keys.log.as_bytes(), keys.witness.as_bytes())?;
    let actor = signed_by(keys.instance, &held.entry, &rosters)?;
    Ok(Proven {
        index: proof.index,
        size: held.size,
        entry: held.entry,
        actor,
        keys,
        trust,
    })
}

impl AuditLog {
    /// Returns the public keys with which this installation's log is verified.
    pub fn named(&self) -> Named {
        Named {
            instance: self.instance,
            authority: self.keys.authority,
            log: self.keys.log.signing_key().verify_key(),
            witness: self.keys.witness,
        }
    }

    /// Returns the proof of the entry at a leaf, in the newest countersigned checkpoint. None while that does not
    /// contain it.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such entry, [`Error::Store`]
    pub async fn proof_at(&self, leaf: u64) -> Result<Option<Proof>> {
        let mut tx = self.db.read().await?;
        let row = match i64::try_from(leaf) {
            Ok(leaf) => store::log::at_leaf(&mut tx, leaf).await?,
            Err(_) => None,
        };
        let id: EntryId = row.ok_or(Error::NotFound)?.id;
        let Some(latest) = store::log::latest_cosigned(&mut tx).await? else {
            return Ok(None);
        };
        let size = latest.tree_size.unsigned_abs();
        if leaf >= size {
            return Ok(None);
        }
        let inclusion = self.inclusion(&mut tx, id, size).await?;
        let rosters = chain(&mut tx, self.instance, &self.keys.authority).await?;
        drop(tx);
        let mut notes: Vec<&VerifiedRoster> = rosters.last().into_iter().collect();
        let entry = Entry::read(&inclusion.entry.0).ok();
        for signed in entry.iter().flat_map(signatures) {
            if let Some((roster, _)) = signer(self.instance, &signed, &rosters)
                && notes.iter().all(|note| note.version() != roster.version())
            {
                notes.insert(0, roster);
            }
        }
        let keys = self.named();
        let key = |key: VerifyKey| Base64(key.as_bytes().to_vec());
        Ok(Some(Proof {
            extra: Extra {
                entry: inclusion.entry,
                authority: key(keys.authority),
                log: key(keys.log),
                witness: key(keys.witness),
                rosters: notes.into_iter().map(|roster| Base64(roster.note().to_vec())).collect(),
            },
            index: leaf,
            hashes: inclusion.proof.iter().map(|hash| *hash.as_bytes()).collect(),
            checkpoint: latest.note,
        }))
    }
}
