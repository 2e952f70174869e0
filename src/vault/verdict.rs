//! The verdict: what an officer signs after the checks (`docs/PROTOCOL.md`, section 9). Says nothing of the identity.

use serde::{Deserialize, Serialize};

use crate::domain::clock::UnixSeconds;
use crate::domain::facets::Verdict;
use crate::domain::ids::{CaseId, InstanceId, UnsealId};
use crate::vault::payload::Payload;

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

impl Payload for VerdictPayload {
    const LABEL: &'static str = "verdict";

    fn instance(&self) -> InstanceId {
        self.instance
    }
}
