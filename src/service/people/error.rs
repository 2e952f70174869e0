//! The error of the use cases that change who works here.

use crate::service::error::{Error, wraps_service_errors};

/// Reasons why a member was not added, did not leave, or an area got no new key.
#[derive(Debug, thiserror::Error)]
pub enum MemberError {
    /// A failure that other use cases share.
    #[error(transparent)]
    Service(#[from] Error),
    /// The e-mail address is taken.
    #[error("a member with this e-mail address works here already")]
    EmailTaken,
    /// No active member has this e-mail address and this password.
    #[error("no active member has the sponsor's e-mail address and password")]
    SponsorRefused,
    /// The arguments do not fit together, or not to what there is.
    #[error("{0}")]
    Invalid(InvalidMember),
}

wraps_service_errors!(MemberError);

/// The argument that does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidMember {
    #[error("the e-mail address is not one")]
    Email,
    #[error("the password needs at least 12 characters")]
    ShortPassword,
    #[error("the profile has no such language")]
    LanguageUnknown,
    #[error("the profile has no such area")]
    AreaUnknown,
    #[error("analysts belong to areas other than the desk, officers to the desk alone, others to none")]
    AreasOfRole,
    #[error("the area has members already: one of them must hand its key on (--sponsor)")]
    SponsorMissing,
    #[error("the sponsor does not belong to the area")]
    SponsorOfOtherArea,
    #[error("nobody who works here has this e-mail address")]
    NobodyLeaves,
    #[error("whoever leaves cannot make the new keys")]
    SponsorLeaves,
    #[error("a member of the area is not in the signed roster yet: publish one that names them, then make the new key")]
    NotInRoster,
}

impl From<InvalidMember> for MemberError {
    fn from(reason: InvalidMember) -> Self {
        Self::Invalid(reason)
    }
}
