//! What a member signs who works on a case no more (`docs/PROTOCOL.md`, section 9). It does not say why: that is a letter.

use serde::{Deserialize, Serialize};

use crate::domain::clock::UnixSeconds;
use crate::domain::ids::{CaseId, InstanceId, LetterId, StaffId};
use crate::domain::transcript::Transcript;
use crate::vault::signing::{BadSignature, Signature, SigningKey, VerifyKey};

/// `what` of the signature, and of the audit entry's `signed`.
pub const LABEL: &str = "recusal";

/// A recusal, as its stored bytes say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecusalPayload {
    pub instance: InstanceId,
    pub case: CaseId,
    pub member: StaffId,
    /// The letter that says why.
    pub letter: LetterId,
    pub time: UnixSeconds,
}

/// The bytes are no recusal of this instance.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("not a recusal")]
pub struct MalformedRecusal;

impl RecusalPayload {
    /// The bytes that are stored and signed.
    pub fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("a plain struct")
    }

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

/// A member's signature over a recusal's stored bytes.
pub fn sign(instance: InstanceId, payload: &[u8], member: &SigningKey) -> Signature {
    member.sign(&transcript(instance, payload))
}

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
