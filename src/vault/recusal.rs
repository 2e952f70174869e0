//! A member's signed recusal from a case (`docs/PROTOCOL.md`, section 9). The reason is not in it, but in a letter.

use serde::{Deserialize, Serialize};

use crate::domain::clock::UnixSeconds;
use crate::domain::ids::{CaseId, InstanceId, LetterId, StaffId};
use crate::vault::hash::Hash32;
use crate::vault::payload::{ActPayload, Payload};

/// A signed recusal; its stored bytes are the JSON of this struct.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecusalPayload {
    /// The installation.
    pub instance: InstanceId,
    /// The case.
    pub case: CaseId,
    /// Leaf hash of the case's signed act before.
    pub previous: Option<Hash32>,
    /// The member who withdraws.
    pub member: StaffId,
    /// The letter with the reason.
    pub letter: LetterId,
    /// When it was signed, in seconds since 1970.
    pub time: UnixSeconds,
}

impl Payload for RecusalPayload {
    const LABEL: &'static str = "recusal";

    fn instance(&self) -> InstanceId {
        self.instance
    }

    fn time(&self) -> UnixSeconds {
        self.time
    }
}

impl ActPayload for RecusalPayload {
    fn case(&self) -> CaseId {
        self.case
    }

    fn member(&self) -> StaffId {
        self.member
    }
}
