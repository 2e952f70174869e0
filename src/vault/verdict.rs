//! The verdict: what an officer signs after the checks (`docs/PROTOCOL.md`, section 9). Says nothing of the identity.

use serde::{Deserialize, Serialize};

use crate::domain::clock::UnixSeconds;
use crate::domain::facets::Verdict;
use crate::domain::ids::{CaseId, InstanceId, UnsealId};
use crate::domain::transcript::Transcript;
use crate::vault::signing::{BadSignature, Signature, SigningKey, VerifyKey};

/// `what` of the signature, and of the audit entry's `signed`.
pub const WHAT: &str = "verdict";

/// A verdict, as its stored bytes say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VerdictPayload {
    pub instance: InstanceId,
    pub case: CaseId,
    /// The unseal that it concludes.
    pub unseal: UnsealId,
    pub verdict: Verdict,
    pub time: UnixSeconds,
}

/// The bytes are no verdict of this instance.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("not a verdict")]
pub struct MalformedVerdict;

impl VerdictPayload {
    /// The bytes that are stored and signed.
    pub fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("a plain struct")
    }

    /// # Errors
    /// [`MalformedVerdict`]
    pub fn read(instance: InstanceId, bytes: &[u8]) -> Result<Self, MalformedVerdict> {
        let payload: Self = serde_json::from_slice(bytes).map_err(|_| MalformedVerdict)?;
        if payload.instance == instance {
            Ok(payload)
        } else {
            Err(MalformedVerdict)
        }
    }
}

fn transcript(instance: InstanceId, payload: &[u8]) -> Transcript {
    Transcript::new(WHAT, instance).field(payload)
}

/// An officer's signature over a verdict's stored bytes.
pub fn sign(instance: InstanceId, payload: &[u8], officer: &SigningKey) -> Signature {
    officer.sign(&transcript(instance, payload))
}

/// # Errors
/// [`BadSignature`]
pub fn verify(
    instance: InstanceId,
    payload: &[u8],
    signature: &Signature,
    officer: &VerifyKey,
) -> Result<(), BadSignature> {
    officer.verify(&transcript(instance, payload), signature)
}
