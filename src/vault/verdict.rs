//! The verdict: an officer signs it after the checks (`docs/PROTOCOL.md`, section 9). It says nothing of the identity.

use serde::{Deserialize, Serialize};

use crate::domain::clock::UnixSeconds;
use crate::domain::facets::Verdict;
use crate::domain::ids::{CaseId, InstanceId, UnsealId};
use crate::vault::payload::Payload;

/// A signed verdict; its stored bytes are the JSON of this struct.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VerdictPayload {
    /// The installation.
    pub instance: InstanceId,
    /// The case.
    pub case: CaseId,
    /// The unseal that it concludes.
    pub unseal: UnsealId,
    /// The verdict.
    pub verdict: Verdict,
    /// When it was signed, in seconds since 1970.
    pub time: UnixSeconds,
}

impl Payload for VerdictPayload {
    const LABEL: &'static str = "verdict";

    fn instance(&self) -> InstanceId {
        self.instance
    }

    fn time(&self) -> UnixSeconds {
        self.time
    }
}
