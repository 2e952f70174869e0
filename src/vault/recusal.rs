//! A member's signed recusal from a case (`docs/PROTOCOL.md`, section 9). The reason is not in it, but in a letter.

use serde::{Deserialize, Serialize};

use crate::domain::clock::UnixSeconds;
use crate::domain::ids::{CaseId, InstanceId, LetterId, StaffId};
use crate::domain::transcript::Transcript;
use crate::vault::signing::{BadSignature, Signature, SigningKey, VerifyKey};

/// Domain-separation label: `what` of the signature, and of the audit entry's `signed`.
pub const LABEL: &str = "recusal";

/// A signed recusal; its stored bytes are the JSON of this struct.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecusalPayload {
    /// The installation.
    pub instance: InstanceId,
    /// The case.
    pub case: CaseId,
    /// The member who withdraws.
    pub member: StaffId,
    /// The letter with the reason.
    pub letter: LetterId,
    /// When it was signed, in seconds since 1970.
    pub time: UnixSeconds,
}

/// The bytes are no recusal of this instance.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("not a recusal")]
pub struct MalformedRecusal;

impl RecusalPayload {
    /// Writes the bytes that are stored and signed.
    pub fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("a plain struct")
    }

    /// Reads stored bytes of this installation.
    ///
    /// # Errors
    /// [`MalformedRecusal`]
    pub fn read(instance: InstanceId, bytes: &[u8]) -> Result<Self, MalformedRecusal> {
        let payload: Self = serde_json::from_slice(bytes).map_err(|_| MalformedRecusal)?;
        if payload.instance == instance {
            Ok(payload)
        } else {
            Err(MalformedRecusal)
        }
    }
}

fn transcript(instance: InstanceId, payload: &[u8]) -> Transcript {
    Transcript::new(LABEL, instance).field(payload)
}

/// Signs a recusal's stored bytes with the member's key.
pub fn sign(instance: InstanceId, payload: &[u8], member: &SigningKey) -> Signature {
    member.sign(&transcript(instance, payload))
}

/// Checks a member's signature over a recusal's stored bytes.
///
/// # Errors
/// [`BadSignature`]
pub fn verify(
    instance: InstanceId,
    payload: &[u8],
    signature: &Signature,
    member: &VerifyKey,
) -> Result<(), BadSignature> {
    member.verify(&transcript(instance, payload), signature)
}
