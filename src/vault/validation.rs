//! A member's signed request to validate a reporter's identity (`docs/PROTOCOL.md`, section 9). An unseal request answers
//! it, once.

use serde::{Deserialize, Serialize};

use crate::domain::clock::UnixSeconds;
use crate::domain::ids::{CaseId, InstanceId, StaffId, ValidationId};
use crate::domain::transcript::Transcript;
use crate::vault::hash::Hash32;
use crate::vault::payload::Payload;

/// Longest validity of a request, in seconds: 30 days.
pub const MAX_VALID_SECONDS: i64 = 30 * 24 * 3600;

/// A signed request; its stored bytes are the JSON of this struct.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ValidationPayload {
    /// The installation.
    pub instance: InstanceId,
    /// The case.
    pub case: CaseId,
    /// The request; also the id of its letter to the desk.
    pub request: ValidationId,
    /// The member who asks.
    pub member: StaffId,
    /// Hash of the roster that the member goes by.
    pub roster: Hash32,
    /// When it was signed, in seconds since 1970.
    pub time: UnixSeconds,
    /// When it ends, in seconds since 1970; at most [`MAX_VALID_SECONDS`] after `time`.
    pub expires: UnixSeconds,
}

impl ValidationPayload {
    /// Returns true if it is valid for at most [`MAX_VALID_SECONDS`] and has not ended at `now`.
    #[must_use]
    pub const fn is_valid_at(&self, now: UnixSeconds) -> bool {
        now <= self.expires && self.expires >= self.time && self.expires.saturating_sub(self.time) <= MAX_VALID_SECONDS
    }
}

impl Payload for ValidationPayload {
    const LABEL: &'static str = "validation-request";

    fn instance(&self) -> InstanceId {
        self.instance
    }

    fn time(&self) -> UnixSeconds {
        self.time
    }
}

/// Hash that names a request's stored bytes in the unseal request that answers it.
pub fn validation_request_hash(instance: InstanceId, request: &[u8]) -> Hash32 {
    Hash32::of(&Transcript::new("validation-request-hash", instance).field(request))
}
