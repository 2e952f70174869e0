//! Signed payloads of members' acts: JSON whose stored bytes are signed, in one form for every kind of act
//! (`docs/PROTOCOL.md`, sections 9 and 18).

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::domain::clock::UnixSeconds;
use crate::domain::ids::{CaseId, InstanceId, StaffId};
use crate::domain::transcript::Transcript;
use crate::vault::signing::{BadSignature, Signature, SigningKey, VerifyKey};

/// The bytes are no payload of this kind of act, or one of another installation.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("not what is signed here")]
pub struct MalformedPayload;

/// Payload of one kind of act.
pub trait Payload: Serialize + DeserializeOwned {
    /// Domain-separation label: `what` of the signature, and of the audit entry's `signed`.
    const LABEL: &'static str;

    /// The installation that the payload names.
    fn instance(&self) -> InstanceId;

    /// When it was signed, in seconds since 1970.
    fn time(&self) -> UnixSeconds;

    /// Writes the bytes that are stored and signed.
    fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("a plain struct")
    }

    /// Reads stored bytes of this installation.
    ///
    /// # Errors
    /// [`MalformedPayload`]
    fn read(instance: InstanceId, bytes: &[u8]) -> Result<Self, MalformedPayload> {
        let payload: Self = serde_json::from_slice(bytes).map_err(|_| MalformedPayload)?;
        if payload.instance() == instance {
            Ok(payload)
        } else {
            Err(MalformedPayload)
        }
    }

    /// Signs stored bytes with a member's key.
    fn sign(instance: InstanceId, bytes: &[u8], member: &SigningKey) -> Signature {
        member.sign(&Transcript::new(Self::LABEL, instance).field(bytes))
    }

    /// Checks a member's signature over stored bytes.
    ///
    /// # Errors
    /// [`BadSignature`]
    fn verify(
        instance: InstanceId,
        bytes: &[u8],
        signature: &Signature,
        member: &VerifyKey,
    ) -> Result<(), BadSignature> {
        member.verify(&Transcript::new(Self::LABEL, instance).field(bytes), signature)
    }
}

/// Payload of an act of a member on a case or an identity.
pub trait ActPayload: Payload {
    /// The case.
    fn case(&self) -> CaseId;

    /// The member who acts.
    fn member(&self) -> StaffId;
}
