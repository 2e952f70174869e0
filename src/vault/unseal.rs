//! The unseal request: what an officer signs before the witness gives anything out (`docs/PROTOCOL.md`, section 9).

use serde::{Deserialize, Serialize};

use crate::domain::clock::UnixSeconds;
use crate::domain::ids::{CaseId, InstanceId, StaffId};
use crate::domain::transcript::Transcript;
use crate::vault::agefile::Recipient;
use crate::vault::base64;
use crate::vault::content::nfc;
use crate::vault::hash::{CommitmentSalt, Hash32};
use crate::vault::signing::{BadSignature, Signature, SigningKey, VerifyKey};

/// A request, as its stored bytes say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnsealRequest {
    pub instance: InstanceId,
    pub case: CaseId,
    /// Which seal, by its manifest's hash.
    pub manifest: Hash32,
    /// Against which roster.
    pub roster: Hash32,
    /// The purpose's class, a code of the profile.
    pub class: String,
    /// Commits to the purpose's text.
    pub commitment: Hash32,
    #[serde(with = "base64::bytes")]
    pub nonce: Vec<u8>,
    /// The ephemeral age identity that gets the halves.
    pub recipient: Recipient,
    pub officer: StaffId,
    pub time: UnixSeconds,
}

/// The bytes are no request.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("not an unseal request")]
pub struct MalformedRequest;

impl UnsealRequest {
    /// The bytes that are stored and signed.
    pub fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("a plain struct")
    }

    /// # Errors
    /// [`MalformedRequest`]
    pub fn read(bytes: &[u8]) -> Result<Self, MalformedRequest> {
        let request: Self = serde_json::from_slice(bytes).map_err(|_| MalformedRequest)?;
        if request.nonce.len() == 16 {
            Ok(request)
        } else {
            Err(MalformedRequest)
        }
    }
}

fn transcript(instance: InstanceId, request: &[u8]) -> Transcript {
    Transcript::new("unseal-request", instance).field(request)
}

/// An officer's signature over a request's stored bytes.
pub fn sign(instance: InstanceId, request: &[u8], officer: &SigningKey) -> Signature {
    officer.sign(&transcript(instance, request))
}

/// # Errors
/// [`BadSignature`]
pub fn verify(
    instance: InstanceId,
    request: &[u8],
    signature: &Signature,
    officer: &VerifyKey,
) -> Result<(), BadSignature> {
    officer.verify(&transcript(instance, request), signature)
}

/// Names a request's bytes, so that no request counts twice.
pub fn request_hash(instance: InstanceId, request: &[u8]) -> Hash32 {
    Hash32::of(&Transcript::new("unseal-request-hash", instance).field(request))
}

/// The commitment to a purpose's text, in NFC as its letter carries it.
pub fn commit_purpose(instance: InstanceId, salt: &CommitmentSalt, text: &str) -> Hash32 {
    salt.commit("purpose", instance, nfc(text).as_bytes())
}
