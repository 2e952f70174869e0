//! Hashes, derived keys and commitments, all over transcripts (`docs/PROTOCOL.md`, section 1).

use std::fmt;
use std::str::FromStr;

use hkdf::Hkdf;
use rand::CryptoRng;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::domain::ids::InstanceId;
use crate::domain::transcript::Transcript;
use crate::vault::secret::Key32;

/// A SHA-256; lower-case hex in JSON.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Hash32([u8; 32]);

/// Not 32 bytes, or not lower-case hex.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("not a SHA-256 in lower-case hex")]
pub struct InvalidHash;

impl Hash32 {
    /// SHA-256 of a transcript: `H(what, …)`.
    pub fn of(transcript: &Transcript) -> Self {
        Self(Sha256::digest(transcript.as_bytes()).into())
    }

    /// SHA-256 of stored bytes, where the format says just that.
    pub fn of_bytes(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// Takes a hash from its bytes.
    ///
    /// # Errors
    /// [`InvalidHash`] unless there are 32 bytes.
    pub fn from_slice(bytes: &[u8]) -> Result<Self, InvalidHash> {
        bytes.try_into().map(Self).map_err(|_| InvalidHash)
    }

    /// The bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl FromStr for Hash32 {
    type Err = InvalidHash;

    fn from_str(text: &str) -> Result<Self, InvalidHash> {
        let mut bytes = [0; 32];
        if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return Err(InvalidHash);
        }
        hex::decode_to_slice(text, &mut bytes).map_err(|_| InvalidHash)?;
        Ok(Self(bytes))
    }
}

impl TryFrom<String> for Hash32 {
    type Error = InvalidHash;

    fn try_from(text: String) -> Result<Self, InvalidHash> {
        text.parse()
    }
}

impl From<Hash32> for String {
    fn from(hash: Hash32) -> Self {
        hex::encode(hash.0)
    }
}

impl fmt::Display for Hash32 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Hash32 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Derives 32 bytes with HKDF-SHA256: empty salt, the transcript as info.
pub fn hkdf(ikm: &[u8], info: &Transcript) -> Key32 {
    Key32::filled(|out| {
        Hkdf::<Sha256>::new(None, ikm)
            .expand(info.as_bytes(), out)
            .expect("32 bytes are within HKDF's limit");
    })
}

/// 32 random bytes that make a commitment hiding; base64 in JSON.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CommitmentSalt([u8; 32]);

impl CommitmentSalt {
    /// Draws a salt.
    pub fn random(rng: &mut dyn CryptoRng) -> Self {
        let mut salt = [0; 32];
        rng.fill_bytes(&mut salt);
        Self(salt)
    }

    /// Commits to `secret`: `SHA-256(T(what, instance) ‖ salt ‖ secret)`.
    pub fn commit(&self, what: &str, instance: InstanceId, secret: &[u8]) -> Hash32 {
        let mut hasher = Sha256::new();
        hasher.update(Transcript::new(what, instance).as_bytes());
        hasher.update(self.0);
        hasher.update(secret);
        Hash32(hasher.finalize().into())
    }

    /// Returns true if `hash` commits to `secret`, in constant time.
    pub fn opens(&self, what: &str, instance: InstanceId, secret: &[u8], hash: &Hash32) -> bool {
        self.commit(what, instance, secret).0.ct_eq(&hash.0).into()
    }
}

/// Commitment to a secret, which shows nothing of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Commitment {
    /// Makes the commitment hiding.
    pub salt: CommitmentSalt,
    /// SHA-256 over label, salt and secret.
    pub hash: Hash32,
}

impl TryFrom<String> for CommitmentSalt {
    type Error = InvalidHash;

    fn try_from(text: String) -> Result<Self, InvalidHash> {
        let bytes = super::base64::decode(&text).ok_or(InvalidHash)?;
        bytes.as_slice().try_into().map(Self).map_err(|_| InvalidHash)
    }
}

impl From<CommitmentSalt> for String {
    fn from(salt: CommitmentSalt) -> Self {
        super::base64::encode(&salt.0)
    }
}
