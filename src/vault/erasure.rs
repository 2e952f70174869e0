//! What an officer signs when a reporter has asked to have their identity erased (`docs/PROTOCOL.md`, section 18).

use serde::{Deserialize, Serialize};

use crate::domain::clock::UnixSeconds;
use crate::domain::ids::{CaseId, InstanceId, RequestId};
use crate::vault::hash::Hash32;
use crate::vault::payload::Payload;

/// Carried out or refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ErasureDecision {
    Erase,
    Refuse,
}

/// A decision, as its stored bytes say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ErasurePayload {
    pub instance: InstanceId,
    pub case: CaseId,
    /// What the reporter asked.
    pub request: RequestId,
    pub decision: ErasureDecision,
    /// Why, a code of the profile.
    pub reason: String,
    /// The newest version that the officer saw, by its manifest's hash: nothing goes of which they did not know.
    pub manifest: Hash32,
    pub time: UnixSeconds,
}

impl Payload for ErasurePayload {
    const LABEL: &'static str = "erasure";

    fn instance(&self) -> InstanceId {
        self.instance
    }
}
