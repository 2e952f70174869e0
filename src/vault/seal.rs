//! The identity seal: personal data under a key of which the witness holds one half and the officers the other
//! (`docs/PROTOCOL.md`, section 5).
//!
//! [`open`] is the only function that opens an identity. It takes the halves, which open with an officer's and the
//! witness's private keys ([`open_share`], [`open_half`]); the server has neither.

use rand::CryptoRng;

use crate::domain::ids::{CaseId, InstanceId, RecordId, SealId, StaffId};
use crate::domain::transcript::{self, Transcript};
use crate::vault::agefile::{Identity, Recipient};
use crate::vault::content::IdentityData;
use crate::vault::envelope::{Author, Envelope, Via};
use crate::vault::hash::{Commitment, CommitmentSalt, Hash32};
use crate::vault::manifest::{self, Manifest, SealKind, ShareEntry, manifest_hash, share_hash};
use crate::vault::record::{self, ContentKind, RecordContext};
use crate::vault::roster::VerifiedRoster;
use crate::vault::secret::Key32;
use crate::vault::shamir::{self, Share};
use crate::vault::signing::{Signature, SigningKey};

/// An identity seal as it is stored.
#[derive(Debug)]
pub struct SealedIdentity {
    /// The seal.
    pub id: SealId,
    /// Version of the identity, from 1.
    pub version: u32,
    /// The manifest's stored bytes.
    pub manifest: Vec<u8>,
    /// Hash of the manifest.
    pub manifest_hash: Hash32,
    /// The reporter's signature over the manifest.
    pub manifest_signature: Signature,
    /// The identity record: `nonce ‖ ciphertext`.
    pub record: Vec<u8>,
    /// The witness's half, an age file to the witness.
    pub witness_half: Vec<u8>,
    /// The officers' shares, in the order of x.
    pub shares: Vec<SealedShare>,
}

/// One officer's share as it is stored.
#[derive(Debug)]
pub struct SealedShare {
    /// The officer who holds it.
    pub officer: StaffId,
    /// Its x coordinate, from 1.
    pub x: u8,
    /// The share, an age file to the officer.
    pub file: Vec<u8>,
}

/// Reason why a seal does not open, or cannot be made.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum SealError {
    /// A part is of another seal, or for another identity.
    #[error("not a share or half of this seal, or not for this identity")]
    ForeignPart,
    /// The halves do not combine to the committed key.
    #[error("the parts do not combine to the key that the manifest commits to")]
    WrongKey,
    /// The record's hash is not that of the manifest.
    #[error("the record is not the one that the manifest names")]
    OtherRecord,
    /// The record does not open, or is not signed by the reporter.
    #[error("the record does not open")]
    Record,
    /// The roster has too few officers to seal to.
    #[error("the roster has no officers, or fewer than its quorum")]
    NoQuorum,
}

/// Context of an identity seal, and the version before it.
#[derive(Debug, Clone, Copy)]
pub struct SealContext {
    /// The installation.
    pub instance: InstanceId,
    /// The case.
    pub case: CaseId,
    /// The new seal.
    pub seal: SealId,
    /// Version and manifest hash of the seal that this one corrects.
    pub previous: Option<(u32, Hash32)>,
}

fn record_place(instance: InstanceId, case: CaseId, seal: SealId) -> RecordContext {
    let record = RecordId::try_from(seal.as_uuid()).expect("a seal's id is a version 4 UUID");
    RecordContext {
        instance,
        case,
        record,
        kind: ContentKind::Identity,
    }
}

/// Seals personal data to the officers and the witness of a roster.
///
/// # Errors
/// [`SealError::NoQuorum`]
pub fn seal(
    place: SealContext,
    data: &IdentityData,
    via: Via,
    reporter: &SigningKey,
    roster: &VerifiedRoster,
    rng: &mut dyn CryptoRng,
) -> Result<SealedIdentity, SealError> {
    let SealContext {
        instance,
        case,
        seal,
        previous,
    } = place;
    let officers = roster.officers();
    let n = u8::try_from(officers.len()).map_err(|_| SealError::NoQuorum)?;
    let witness_half = Key32::random(rng);
    let officers_half = Key32::random(rng);
    let key = witness_half.xor(&officers_half);
    let record = record::seal(
        &key,
        &record_place(instance, case, seal),
        (Author::Reporter, via),
        data,
        reporter,
        rng,
    );
    let split = shamir::split(&officers_half, roster.quorum(), n, rng).map_err(|_| SealError::NoQuorum)?;
    let salt = CommitmentSalt::random(rng);
    let json = manifest::Json {
        instance,
        case,
        seal,
        kind: SealKind::Identity,
        version: previous.map_or(1, |(version, _)| version + 1),
        previous: previous.map(|(_, hash)| hash),
        roster: roster.hash(),
        k: roster.quorum(),
        n,
        record: Hash32::of_bytes(&record),
        commitment: Commitment {
            salt,
            hash: salt.commit("identity-key", instance, key.expose()),
        },
        shares: officers
            .iter()
            .zip(&split)
            .map(|(officer, share)| ShareEntry {
                officer: officer.id,
                x: share.x,
                hash: share_hash(instance, share.x, share.y.expose()),
            })
            .collect(),
        reserve: None,
    };
    let manifest = serde_json::to_vec(&json).expect("a plain struct");
    let manifest_hash = manifest_hash(instance, &manifest);
    let shares = officers
        .iter()
        .zip(&split)
        .map(|(officer, share)| SealedShare {
            officer: officer.id,
            x: share.x,
            file: wrap_share(instance, case, seal, officer.id, share, &officer.recipient),
        })
        .collect();
    Ok(SealedIdentity {
        id: seal,
        version: json.version,
        manifest_signature: manifest::sign(instance, &manifest, reporter),
        witness_half: wrap_half(instance, case, manifest_hash, &witness_half, roster.witness_recipient()),
        manifest,
        manifest_hash,
        record,
        shares,
    })
}

fn wrap_share(
    instance: InstanceId,
    case: CaseId,
    seal: SealId,
    officer: StaffId,
    share: &Share,
    to: &Recipient,
) -> Vec<u8> {
    let plaintext = Transcript::new("share", instance)
        .field(case.as_bytes())
        .field(seal.as_bytes())
        .field(officer.as_bytes())
        .number(share.x.into())
        .field(share.y.expose());
    to.seal(plaintext.as_bytes())
}

/// Wraps the witness's half to a recipient.
pub fn wrap_half(instance: InstanceId, case: CaseId, manifest: Hash32, half: &Key32, to: &Recipient) -> Vec<u8> {
    let plaintext = Transcript::new("witness-half", instance)
        .field(case.as_bytes())
        .field(manifest.as_bytes())
        .field(half.expose());
    to.seal(plaintext.as_bytes())
}

/// Opens an officer's share and checks it against the manifest.
///
/// # Errors
/// [`SealError::ForeignPart`]
pub fn open_share(manifest: &Manifest, file: &[u8], identity: &Identity) -> Result<Share, SealError> {
    let plaintext = identity.open(file).map_err(|_| SealError::ForeignPart)?;
    let fields = transcript::fields(&plaintext, "share", manifest.instance()).ok_or(SealError::ForeignPart)?;
    let [case, seal, officer, x, share] = fields.as_slice() else {
        return Err(SealError::ForeignPart);
    };
    let listed = manifest
        .shares()
        .iter()
        .find(|entry| u64::from(entry.x).to_le_bytes() == *x);
    let (Some(entry), Some(y)) = (listed, Key32::from_slice(share)) else {
        return Err(SealError::ForeignPart);
    };
    let belongs = *case == manifest.case().as_bytes()
        && *seal == manifest.seal().as_bytes()
        && *officer == entry.officer.as_bytes()
        && share_hash(manifest.instance(), entry.x, y.expose()) == entry.hash;
    if belongs {
        Ok(Share { x: entry.x, y })
    } else {
        Err(SealError::ForeignPart)
    }
}

/// Opens the witness's half, if it names this manifest.
///
/// # Errors
/// [`SealError::ForeignPart`]
pub fn open_half(manifest: &Manifest, file: &[u8], identity: &Identity) -> Result<Key32, SealError> {
    let plaintext = identity.open(file).map_err(|_| SealError::ForeignPart)?;
    match transcript::fields(&plaintext, "witness-half", manifest.instance()).as_deref() {
        Some([case, hash, half]) if *case == manifest.case().as_bytes() && *hash == manifest.hash().as_bytes() => {
            Key32::from_slice(half).ok_or(SealError::ForeignPart)
        }
        _ => Err(SealError::ForeignPart),
    }
}

/// Combines exactly k shares and the witness's half, and opens the identity record.
///
/// The envelope's signature is still to be checked with [`verify_identity`].
///
/// # Errors
/// [`SealError`]
pub fn open(manifest: &Manifest, shares: &[Share], witness_half: &Key32, record: &[u8]) -> Result<Envelope, SealError> {
    let instance = manifest.instance();
    for share in shares {
        let hash = share_hash(instance, share.x, share.y.expose());
        if !manifest
            .shares()
            .iter()
            .any(|entry| entry.x == share.x && entry.hash == hash)
        {
            return Err(SealError::ForeignPart);
        }
    }
    let officers_half = shamir::combine(manifest.k(), shares).map_err(|_| SealError::ForeignPart)?;
    let key = officers_half.xor(witness_half);
    let commitment = manifest.commitment();
    if !commitment
        .salt
        .opens("identity-key", instance, key.expose(), &commitment.hash)
    {
        return Err(SealError::WrongKey);
    }
    if Hash32::of_bytes(record) != manifest.record() {
        return Err(SealError::OtherRecord);
    }
    record::open(&key, &record_place(instance, manifest.case(), manifest.seal()), record).map_err(|_| SealError::Record)
}

/// Checks that the reporter signed an identity record in its context.
///
/// # Errors
/// [`SealError::Record`]
pub fn verify_identity(
    manifest: &Manifest,
    envelope: &Envelope,
    reporter: &crate::vault::signing::VerifyKey,
) -> Result<(), SealError> {
    let place = record_place(manifest.instance(), manifest.case(), manifest.seal());
    record::verify(envelope, &place, reporter).map_err(|_| SealError::Record)
}
