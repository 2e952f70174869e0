//! A reporter's signed request to erase their identity, and an officer's signed decision on it (`docs/PROTOCOL.md`, section 18).

use serde::{Deserialize, Serialize};

use crate::domain::clock::UnixSeconds;
use crate::domain::day::Day;
use crate::domain::ids::{CaseId, InstanceId, RequestId};
use crate::domain::transcript::Transcript;
use crate::vault::hash::Hash32;
use crate::vault::payload::Payload;
use crate::vault::signing::{BadSignature, Signature, SigningKey, VerifyKey};

/// A reporter's signed request; its stored bytes are the JSON of this struct. It names the day and nothing finer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ErasureRequest {
    /// The installation.
    pub instance: InstanceId,
    /// The case.
    pub case: CaseId,
    /// The request.
    pub request: RequestId,
    /// The day on which the reporter asked.
    pub day: Day,
}

/// The bytes are no request of this instance.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("not an erasure request")]
pub struct MalformedRequest;

fn transcript(instance: InstanceId, request: &[u8]) -> Transcript {
    Transcript::new("erasure-request", instance).field(request)
}

impl ErasureRequest {
    /// Writes the bytes that are stored and signed.
    pub fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("a plain struct")
    }

    /// Reads stored bytes of this installation.
    ///
    /// # Errors
    /// [`MalformedRequest`]
    pub fn read(instance: InstanceId, bytes: &[u8]) -> Result<Self, MalformedRequest> {
        let request: Self = serde_json::from_slice(bytes).map_err(|_| MalformedRequest)?;
        if request.instance == instance {
            Ok(request)
        } else {
            Err(MalformedRequest)
        }
    }

    /// Signs stored bytes with the reporter's key.
    pub fn sign(instance: InstanceId, bytes: &[u8], reporter: &SigningKey) -> Signature {
        reporter.sign(&transcript(instance, bytes))
    }

    /// Checks the reporter's signature over stored bytes.
    ///
    /// # Errors
    /// [`BadSignature`]
    pub fn verify(
        instance: InstanceId,
        bytes: &[u8],
        signature: &Signature,
        reporter: &VerifyKey,
    ) -> Result<(), BadSignature> {
        reporter.verify(&transcript(instance, bytes), signature)
    }

    /// Hash that names stored bytes in the decision that answers them.
    pub fn hash(instance: InstanceId, bytes: &[u8]) -> Hash32 {
        Hash32::of(&Transcript::new("erasure-request-hash", instance).field(bytes))
    }
}

/// Decision on a request to erase.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ErasureDecision {
    /// The identity is erased.
    Erase,
    /// The identity stays, for the stated reason.
    Refuse,
}

/// A signed decision; its stored bytes are the JSON of this struct.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ErasurePayload {
    /// The installation.
    pub instance: InstanceId,
    /// The case.
    pub case: CaseId,
    /// The reporter's request.
    pub request: RequestId,
    /// The decision.
    pub decision: ErasureDecision,
    /// Reason, a code of the profile.
    pub reason: String,
    /// Manifest hash of the newest version that the officer saw, so that no later version is erased unseen.
    pub manifest: Hash32,
    /// Hash of the reporter's request ([`ErasureRequest::hash`]).
    pub answers: Hash32,
    /// When it was signed, in seconds since 1970.
    pub time: UnixSeconds,
}

impl Payload for ErasurePayload {
    const LABEL: &'static str = "erasure";

    fn instance(&self) -> InstanceId {
        self.instance
    }

    fn time(&self) -> UnixSeconds {
        self.time
    }
}
