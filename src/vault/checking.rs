//! An officer's signed checks, and their signed statement that they look at an opened identity again
//! (`docs/PROTOCOL.md`, section 9). The notes of checks are letters.

use serde::{Deserialize, Serialize};

use crate::domain::clock::UnixSeconds;
use crate::domain::desk::Outcome;
use crate::domain::ids::{CaseId, CheckingId, InstanceId, StaffId, UnsealId};
use crate::vault::hash::Hash32;
use crate::vault::payload::{ActPayload, Payload};

/// A signed check, or a signed attempt to reach somebody; its stored bytes are the JSON of this struct.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckPayload {
    /// The installation.
    pub instance: InstanceId,
    /// The case.
    pub case: CaseId,
    /// The unseal within which it was made.
    pub unseal: UnsealId,
    /// The check; also the note's letter id.
    pub check: CheckingId,
    /// Kind of the check, a code of the profile.
    pub what: String,
    /// Its outcome.
    pub outcome: Outcome,
    /// When it was made, in seconds since 1970; a whole minute.
    pub made_at: UnixSeconds,
    /// Leaf hash of the unseal's signed act before.
    pub previous: Option<Hash32>,
    /// The officer.
    pub member: StaffId,
    /// When it was signed, in seconds since 1970.
    pub time: UnixSeconds,
}

impl Payload for CheckPayload {
    const LABEL: &'static str = "check";

    fn instance(&self) -> InstanceId {
        self.instance
    }

    fn time(&self) -> UnixSeconds {
        self.time
    }
}

impl ActPayload for CheckPayload {
    fn case(&self) -> CaseId {
        self.case
    }

    fn member(&self) -> StaffId {
        self.member
    }
}

/// A signed showing; its stored bytes are the JSON of this struct.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShowingPayload {
    /// The installation.
    pub instance: InstanceId,
    /// The case.
    pub case: CaseId,
    /// The unseal that opened the identity.
    pub unseal: UnsealId,
    /// Leaf hash of the unseal's signed act before.
    pub previous: Option<Hash32>,
    /// The officer.
    pub member: StaffId,
    /// When it was signed, in seconds since 1970.
    pub time: UnixSeconds,
}

impl Payload for ShowingPayload {
    const LABEL: &'static str = "identity-shown";

    fn instance(&self) -> InstanceId {
        self.instance
    }

    fn time(&self) -> UnixSeconds {
        self.time
    }
}

impl ActPayload for ShowingPayload {
    fn case(&self) -> CaseId {
        self.case
    }

    fn member(&self) -> StaffId {
        self.member
    }
}
