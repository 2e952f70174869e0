//! Checks of the officer who acts.

use crate::domain::role::Role;
use crate::service::error::{Error, Result};
use crate::service::people::sessions::Member;
use crate::vault::roster::{Member as ListedMember, VerifiedRoster};

/// Finds the member in the roster.
///
/// # Errors
/// [`Error::Forbidden`] unless the roster has the member as an officer.
pub(super) fn require_officer<'a>(roster: &'a VerifiedRoster, member: &Member) -> Result<&'a ListedMember> {
    let listed = roster.member(member.id);
    listed
        .filter(|listed| listed.role == Role::Officer && member.role == Some(Role::Officer))
        .ok_or(Error::Forbidden)
}
