//! Ed25519 signatures over transcripts, verified strictly (`docs/PROTOCOL.md`, section 1).

use std::fmt;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use ed25519_dalek::Signer as _;
use rand::CryptoRng;
use serde::{Deserialize, Serialize};

use crate::domain::note::strict_key;
use crate::domain::transcript::Transcript;
use crate::vault::secret::Key32;

/// The signature does not belong to this key and these bytes.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("the signature does not verify")]
pub struct BadSignature;

/// The bytes are no Ed25519 key or signature.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("not an Ed25519 key or signature")]
pub struct Malformed;

/// An Ed25519 secret key; wiped on drop.
pub struct SigningKey(ed25519_dalek::SigningKey);

impl SigningKey {
    /// Creates a key from its 32-byte seed.
    pub fn from_seed(seed: &Key32) -> Self {
        Self(ed25519_dalek::SigningKey::from_bytes(seed.expose()))
    }

    /// Draws a key.
    pub fn random(rng: &mut dyn CryptoRng) -> Self {
        Self::from_seed(&Key32::random(rng))
    }

    /// Returns the 32-byte seed, for sealing it.
    pub fn seed(&self) -> Key32 {
        Key32::from_slice(self.0.as_bytes()).expect("a seed is 32 bytes")
    }

    /// Returns the public key.
    pub fn verify_key(&self) -> VerifyKey {
        VerifyKey(self.0.verifying_key())
    }

    /// Signs a transcript.
    pub fn sign(&self, transcript: &Transcript) -> Signature {
        Signature(self.0.sign(transcript.as_bytes()).to_bytes())
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey(of {:?})", self.verify_key())
    }
}

/// An Ed25519 public key; base64 in JSON.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct VerifyKey(ed25519_dalek::VerifyingKey);

impl VerifyKey {
    /// Takes a key from its bytes.
    ///
    /// # Errors
    /// [`Malformed`] for anything but the 32 bytes of a key that [`strict_key`] takes.
    pub fn from_slice(bytes: &[u8]) -> Result<Self, Malformed> {
        let bytes = bytes.try_into().map_err(|_| Malformed)?;
        strict_key(bytes).map(Self).ok_or(Malformed)
    }

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// Checks a signature.
    ///
    /// # Errors
    /// [`BadSignature`] unless this key signed exactly this transcript.
    pub fn verify(&self, transcript: &Transcript, signature: &Signature) -> Result<(), BadSignature> {
        let signature = ed25519_dalek::Signature::from_bytes(&signature.0);
        self.0
            .verify_strict(transcript.as_bytes(), &signature)
            .map_err(|_| BadSignature)
    }
}

impl TryFrom<String> for VerifyKey {
    type Error = Malformed;

    fn try_from(text: String) -> Result<Self, Malformed> {
        Self::from_slice(&BASE64_STANDARD.decode(text).map_err(|_| Malformed)?)
    }
}

impl From<VerifyKey> for String {
    fn from(key: VerifyKey) -> Self {
        BASE64_STANDARD.encode(key.as_bytes())
    }
}

impl fmt::Debug for VerifyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&BASE64_STANDARD.encode(self.as_bytes()))
    }
}

/// An Ed25519 signature of 64 bytes; base64 in JSON.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Signature([u8; 64]);

impl Signature {
    /// Takes a signature from its bytes.
    ///
    /// # Errors
    /// [`Malformed`] unless there are 64 bytes.
    pub fn from_slice(bytes: &[u8]) -> Result<Self, Malformed> {
        bytes.try_into().map(Self).map_err(|_| Malformed)
    }

    /// The 64 bytes.
    pub const fn as_bytes(&self) -> &[u8; 64] {
        &self.0
    }
}

impl TryFrom<String> for Signature {
    type Error = Malformed;

    fn try_from(text: String) -> Result<Self, Malformed> {
        Self::from_slice(&BASE64_STANDARD.decode(text).map_err(|_| Malformed)?)
    }
}

impl From<Signature> for String {
    fn from(signature: Signature) -> Self {
        BASE64_STANDARD.encode(signature.0)
    }
}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&BASE64_STANDARD.encode(self.0))
    }
}

impl crate::domain::note::NoteKey for SigningKey {
    fn public(&self) -> [u8; 32] {
        *self.verify_key().as_bytes()
    }

    fn sign_bytes(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }
}
