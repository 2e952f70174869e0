//! The manifest: the reporter's signed statement of what an identity seal consists of (`docs/PROTOCOL.md`, section 5).

use serde::{Deserialize, Serialize};

use crate::domain::ids::{CaseId, InstanceId, SealId, StaffId};
use crate::domain::transcript::Transcript;
use crate::vault::agefile::Recipient;
use crate::vault::hash::{Commitment, Hash32};
use crate::vault::signing::{Signature, SigningKey, VerifyKey};

/// Class of the purposes that open originals, and nothing else.
pub const ORIGINALS_CLASS: &str = "original_evidence";

/// Reason why a manifest is refused.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ManifestError {
    /// The bytes are no manifest, or one of another installation.
    #[error("not a manifest of this instance")]
    Malformed,
    /// The signature does not verify.
    #[error("the reporter's key did not sign this manifest")]
    BadSignature,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Json {
    pub(super) instance: InstanceId,
    pub(super) case: CaseId,
    pub(super) seal: SealId,
    pub(super) kind: SealKind,
    pub(super) version: u32,
    pub(super) previous: Option<Hash32>,
    pub(super) roster: Hash32,
    pub(super) k: u8,
    pub(super) n: u8,
    pub(super) record: Hash32,
    pub(super) commitment: Commitment,
    pub(super) shares: Vec<ShareEntry>,
    #[serde(deserialize_with = "Option::deserialize")]
    pub(super) reserve: Option<ReserveEntry>,
}

/// The content of a seal. It decides which purposes open it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SealKind {
    /// The reporter's personal data.
    Identity,
    /// The keys of files as they were sent.
    Originals,
}

impl SealKind {
    /// Returns true if a purpose of this class opens seals of this kind.
    pub fn opens_for(self, class: &str) -> bool {
        (class == ORIGINALS_CLASS) == (self == Self::Originals)
    }
}

/// One officer's share of the officers' half.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShareEntry {
    /// The officer who holds it.
    pub officer: StaffId,
    /// Its x coordinate, from 1.
    pub x: u8,
    /// Hash of x and share.
    pub hash: Hash32,
}

/// The officers' half as it is sealed to the desk's reserve, whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReserveEntry {
    /// The reserve's recipient.
    pub recipient: Recipient,
    /// Hash of the half, like that of a share with x = 0.
    pub hash: Hash32,
}

/// A manifest that was read from its stored bytes.
#[derive(Debug, Clone)]
pub struct Manifest {
    json: Json,
    hash: Hash32,
}

/// Hash that names a manifest everywhere, over its stored bytes.
pub fn manifest_hash(instance: InstanceId, bytes: &[u8]) -> Hash32 {
    Hash32::of(&Transcript::new("manifest-hash", instance).field(bytes))
}

/// Hash of a share, as a manifest lists it.
pub fn share_hash(instance: InstanceId, x: u8, share: &[u8; 32]) -> Hash32 {
    Hash32::of(&Transcript::new("share-hash", instance).number(x.into()).field(share))
}

pub(super) fn sign(instance: InstanceId, bytes: &[u8], key: &SigningKey) -> Signature {
    key.sign(&Transcript::new("manifest", instance).field(bytes))
}

impl Manifest {
    /// Reads stored bytes and checks the rules of a manifest. [`Manifest::verify`] also checks the signature.
    ///
    /// # Errors
    /// [`ManifestError::Malformed`]
    pub fn read(instance: InstanceId, bytes: &[u8]) -> Result<Self, ManifestError> {
        let json: Json = serde_json::from_slice(bytes).map_err(|_| ManifestError::Malformed)?;
        let places = (1..=json.n).eq(json.shares.iter().map(|share| share.x));
        let mut officers: Vec<_> = json.shares.iter().map(|share| share.officer).collect();
        officers.sort_unstable();
        officers.dedup();
        let sound = json.instance == instance
            && (1..=json.n).contains(&json.k)
            && places
            && officers.len() == usize::from(json.n)
            && json.version >= 1
            && (json.version == 1) == json.previous.is_none();
        if !sound {
            return Err(ManifestError::Malformed);
        }
        Ok(Self {
            json,
            hash: manifest_hash(instance, bytes),
        })
    }

    /// Reads stored bytes that the reporter's key signed.
    ///
    /// # Errors
    /// [`ManifestError`]
    pub fn verify(
        instance: InstanceId,
        bytes: &[u8],
        key: &VerifyKey,
        signature: &Signature,
    ) -> Result<Self, ManifestError> {
        key.verify(&Transcript::new("manifest", instance).field(bytes), signature)
            .map_err(|_| ManifestError::BadSignature)?;
        Self::read(instance, bytes)
    }

    /// Hash of the stored bytes; names the manifest.
    pub const fn hash(&self) -> Hash32 {
        self.hash
    }
    /// The installation.
    pub const fn instance(&self) -> InstanceId {
        self.json.instance
    }
    /// The case.
    pub const fn case(&self) -> CaseId {
        self.json.case
    }
    /// The identity seal.
    pub const fn seal(&self) -> SealId {
        self.json.seal
    }
    /// Kind of the content.
    pub const fn kind(&self) -> SealKind {
        self.json.kind
    }
    /// Version of the identity, from 1.
    pub const fn version(&self) -> u32 {
        self.json.version
    }
    /// Hash of the manifest that this one corrects.
    pub const fn previous(&self) -> Option<Hash32> {
        self.json.previous
    }
    /// Hash of the roster that it was sealed to.
    pub const fn roster(&self) -> Hash32 {
        self.json.roster
    }
    /// Number of officers that it takes to combine the officers' half.
    pub const fn k(&self) -> u8 {
        self.json.k
    }
    /// Hash of the identity record.
    pub const fn record(&self) -> Hash32 {
        self.json.record
    }
    /// Commitment to the identity key.
    pub const fn commitment(&self) -> &Commitment {
        &self.json.commitment
    }
    /// The officers' shares, in the order of x.
    pub fn shares(&self) -> &[ShareEntry] {
        &self.json.shares
    }
    /// The officers' half for the desk's reserve, where the roster had one.
    pub const fn reserve(&self) -> Option<&ReserveEntry> {
        self.json.reserve.as_ref()
    }
}
