//! The roster's policy: how many identities may be opened and erased in any 24 hours, counted in the witness's own
//! journal, and for whose request (`docs/PROTOCOL.md`, section 9).

use crate::audit::checkpoint::Checkpoint;
use crate::audit::entry::{Act, Actor, Entry};
use crate::domain::clock::UnixSeconds;
use crate::domain::ids::StaffId;
use crate::domain::role::Role;
use crate::vault::payload::Payload as _;
use crate::vault::roster::{PasskeyRule, VerifiedRoster};
use crate::vault::signing::Signature;
use crate::vault::unseal::{Answers, AskedBy, UnsealRequest};
use crate::vault::validation::{ValidationPayload, validation_request_hash};
use crate::witness::detail::OfficerSignature;
use crate::witness::evidence::{CheckContext, check_included, require};
use crate::witness::index::JournalIndex;
use crate::witness::journal::ErasedBy;
use crate::witness::order::Inclusion;
use crate::witness::refusal::Refusal;

/// Returns true if fewer than `cap` are counted.
fn is_below(counted: usize, cap: u32) -> bool {
    u32::try_from(counted).is_ok_and(|counted| counted < cap)
}

/// Checks that the roster lets somebody read the purpose, and that each officer has made the gesture that it requires.
pub(super) fn check_traces(roster: &VerifiedRoster, signatures: &[OfficerSignature]) -> Result<(), Refusal> {
    require(!roster.with_role(Role::Auditor).is_empty(), Refusal::NoAuditor)?;
    // This witness has no page on which a gesture could be made, so it knows none that it could check.
    require(
        roster.roster().policy.unseal_passkeys == PasskeyRule::None,
        Refusal::GestureMissing,
    )?;
    let is_bare = signatures.iter().all(|signed| signed.gesture.is_none());
    require(is_bare, Refusal::Malformed)
}

/// Checks that somebody else asked for the opening, where the policy does not let its class stand alone.
pub(super) fn check_answered(
    context: &CheckContext,
    checkpoint: &Checkpoint,
    request: &UnsealRequest,
    answered: Option<&Inclusion>,
) -> Result<(), Refusal> {
    match (&request.answers, answered) {
        (None, None) if context.roster.roster().policy.alone.contains(&request.class) => Ok(()),
        (None, None) => Err(Refusal::RequestNeeded),
        (Some(answers), Some(inclusion)) if answers.by == AskedBy::Member => {
            check_included(context.instance, checkpoint, inclusion).map_err(|_| Refusal::RequestNotInLog)?;
            check_validation_request(context, request, answers, &inclusion.entry.0)
        }
        (None | Some(_), _) => Err(Refusal::RequestNotInLog),
    }
}

/// Checks a member's request: it is the one that the officer names, about the same case, signed by a member of an area
/// who is no officer, and in force.
fn check_validation_request(
    context: &CheckContext,
    request: &UnsealRequest,
    answers: &Answers,
    entry: &[u8],
) -> Result<(), Refusal> {
    let entry = Entry::read(entry).map_err(|_| Refusal::Malformed)?;
    require(entry.act == Act::ValidationRequested, Refusal::RequestNotInLog)?;
    let signed = entry.signed.ok_or(Refusal::RequestUnsigned)?;
    let (instance, bytes) = (context.instance, &signed.payload.0);
    let is_named = validation_request_hash(instance, bytes) == answers.hash;
    require(is_named, Refusal::RequestNotInLog)?;
    let asked = ValidationPayload::read(instance, bytes).map_err(|_| Refusal::Malformed)?;
    let is_same_case = asked.case == request.case && entry.case == Some(request.case);
    require(is_same_case, Refusal::RequestForeign)?;
    let member = context.roster.member(asked.member).ok_or(Refusal::RequestUnsigned)?;
    let may_ask = member.role != Role::Officer && !member.areas.is_empty();
    let is_theirs = signed.by == member.id && entry.actor == Actor::Staff(member.id);
    require(may_ask && is_theirs, Refusal::RequestUnsigned)?;
    let signature = Signature::from_slice(&signed.signature.0).map_err(|_| Refusal::RequestUnsigned)?;
    ValidationPayload::verify(instance, bytes, &signature, &member.verify_key).map_err(|_| Refusal::RequestUnsigned)?;
    require(asked.is_valid_at(context.now), Refusal::RequestExpired)
}

/// Checks the caps and the single use against the journal. A repeated order that the journal has is not checked again.
pub(super) fn check_caps(
    roster: &VerifiedRoster,
    index: &JournalIndex,
    (answers, officers): (Option<&Answers>, &[StaffId]),
    now: UnixSeconds,
) -> Result<(), Refusal> {
    let policy = &roster.roster().policy;
    let is_used = answers.is_some_and(|answers| index.answered.contains(&answers.hash));
    require(!is_used, Refusal::RequestUsed)?;
    for officer in officers {
        let made = index.openings_of(*officer, now);
        require(is_below(made, policy.openings_per_officer), Refusal::OfficerCap)?;
    }
    let made = index.openings_until(now);
    require(is_below(made, policy.openings_per_desk), Refusal::DeskCap)
}

/// Checks the cap of erasures. An erasure that has begun goes on.
pub(super) fn check_erasure_cap(
    roster: &VerifiedRoster,
    index: &JournalIndex,
    by: ErasedBy,
    now: UnixSeconds,
) -> Result<(), Refusal> {
    let cap = match by {
        ErasedBy::Request => roster.roster().policy.erasures,
        ErasedBy::Expiry => roster.roster().retention.expiries,
    };
    require(is_below(index.erasures_until(by, now), cap), Refusal::ErasureCap)
}
