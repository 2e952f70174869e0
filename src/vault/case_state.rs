//! A member's signed change of a case's state (`docs/PROTOCOL.md`, section 9). The reason is not in it, but in a record.

use serde::{Deserialize, Serialize};

use crate::domain::clock::UnixSeconds;
use crate::domain::ids::{CaseId, InstanceId, RecordId, StaffId};
use crate::domain::state::State;
use crate::vault::hash::Hash32;
use crate::vault::payload::{ActPayload, Payload};

/// A signed change of state; its stored bytes are the JSON of this struct.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseStatePayload {
    /// The installation.
    pub instance: InstanceId,
    /// The case.
    pub case: CaseId,
    /// Leaf hash of the case's signed act before.
    pub previous: Option<Hash32>,
    /// The member who decides.
    pub member: StaffId,
    /// The state that the member saw.
    pub from: State,
    /// The state from now on.
    pub to: State,
    /// The sealed reason.
    pub record: RecordId,
    /// When it was signed, in seconds since 1970.
    pub time: UnixSeconds,
}

impl Payload for CaseStatePayload {
    const LABEL: &'static str = "case-state";

    fn instance(&self) -> InstanceId {
        self.instance
    }

    fn time(&self) -> UnixSeconds {
        self.time
    }
}

impl ActPayload for CaseStatePayload {
    fn case(&self) -> CaseId {
        self.case
    }

    fn member(&self) -> StaffId {
        self.member
    }
}
