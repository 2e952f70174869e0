//! An officer's signed decision on a reporter's request to erase their identity (`docs/PROTOCOL.md`, section 18).

use serde::{Deserialize, Serialize};

use crate::domain::clock::UnixSeconds;
use crate::domain::ids::{CaseId, InstanceId, RequestId};
use crate::vault::hash::Hash32;
use crate::vault::payload::Payload;

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
