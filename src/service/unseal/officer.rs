//! Checks of the officer who acts, and of the bytes that they signed.

use crate::audit::entry::{Base64, SignedPayload};
use crate::domain::clock::UnixSeconds;
use crate::domain::ids::InstanceId;
use crate::domain::role::Role;
use crate::service::error::{Error, InvalidReason, Result};
use crate::service::people::sessions::Member;
use crate::vault::payload::Payload;
use crate::vault::roster::{Member as ListedMember, VerifiedRoster};
use crate::vault::signing::Signature;
use crate::witness::checks::REQUEST_FRESHNESS_SECONDS;

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

/// Reads a payload that an officer signed just now. Also returns it in the form that an audit entry carries.
///
/// # Errors
/// [`Error::Invalid`] unless the bytes read, the officer signed them, and their time is within ten minutes of `now`.
pub(super) fn read_signed_now<P: Payload>(
    (instance, now): (InstanceId, UnixSeconds),
    officer: &ListedMember,
    bytes: &[u8],
    signature: &Signature,
) -> Result<(P, SignedPayload)> {
    let payload = P::read(instance, bytes).map_err(|_| Error::Invalid(InvalidReason::PayloadUnreadable))?;
    if payload.time().abs_diff(now) > REQUEST_FRESHNESS_SECONDS.unsigned_abs() {
        return Err(Error::Invalid(InvalidReason::PayloadNotFresh));
    }
    P::verify(instance, bytes, signature, &officer.verify_key)
        .map_err(|_| Error::Invalid(InvalidReason::PayloadUnsigned))?;
    let signed = SignedPayload {
        by: officer.id,
        what: P::LABEL.into(),
        payload: Base64(bytes.to_vec()),
        signature: Base64(signature.as_bytes().to_vec()),
    };
    Ok((payload, signed))
}
