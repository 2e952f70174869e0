//! The verdict: an officer signs it after the checks (`docs/PROTOCOL.md`, section 9). It says nothing of the identity.

use serde::{Deserialize, Serialize};

use crate::domain::clock::UnixSeconds;
use crate::domain::facets::Verdict;
use crate::domain::ids::{CaseId, InstanceId, StaffId, UnsealId};
use crate::domain::state::State;
use crate::vault::hash::Hash32;
use crate::vault::payload::{ActPayload, Payload};

/// A move of a case to another state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StateChange {
    /// The state before.
    pub from: State,
    /// The state after.
    pub to: State,
}

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
    /// The change of state that the profile's rule makes, as the officer saw it; none if the state stays.
    pub state: Option<StateChange>,
    /// Leaf hash of the case's signed act before.
    pub previous: Option<Hash32>,
    /// The officer.
    pub member: StaffId,
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

impl ActPayload for VerdictPayload {
    fn case(&self) -> CaseId {
        self.case
    }

    fn member(&self) -> StaffId {
        self.member
    }
}
