//! The checks before a release (`docs/PROTOCOL.md`, section 9), each with a [`Refusal`] of its own.
//! Functions of their arguments: no file, no clock.

use std::collections::{BTreeSet, HashSet};

use crate::audit::checkpoint::Checkpoint;
use crate::audit::entry::Act;
use crate::domain::ids::StaffId;
use crate::domain::role::Role;
use crate::domain::transcript::Transcript;
use crate::vault::content::Purpose;
use crate::vault::envelope::Author;
use crate::vault::hash::{CommitmentSalt, Hash32};
use crate::vault::letter::{self, LetterContext, LetterKind};
use crate::vault::manifest::Manifest;
use crate::vault::roster::{Member, VerifiedRoster};
use crate::vault::unseal::{self, UnsealRequest, commit_purpose};
use crate::witness::detail::RequestedDetail;
use crate::witness::evidence::{
    CheckContext, check_advance, check_chain, check_included, read_covered, read_entry, require,
};
use crate::witness::order::UnsealOrder;
use crate::witness::policy::{check_answered, check_traces};
use crate::witness::refusal::Refusal;

/// Largest difference between a request's time and the witness's clock, in seconds.
pub const REQUEST_FRESHNESS_SECONDS: i64 = 600;

/// An order that passed every check except for its earlier use.
pub(super) struct CheckedOrder {
    pub(super) request: UnsealRequest,
    pub(super) detail: RequestedDetail,
    pub(super) leaf: Hash32,
    pub(super) manifest: Manifest,
    pub(super) checkpoint: Checkpoint,
    /// Hash over entry, manifest, letter and half.
    pub(super) order: Hash32,
    /// The purpose that was verified.
    pub(super) purpose: VerifiedPurpose,
}

impl CheckedOrder {
    /// The officers who signed, each once.
    pub(super) fn officers(&self) -> Vec<StaffId> {
        let officers: BTreeSet<StaffId> = self.detail.signatures.iter().map(|signed| signed.officer).collect();
        officers.into_iter().collect()
    }
}

/// A purpose whose text is the one that the request commits to.
pub(super) struct VerifiedPurpose {
    pub(super) salt: CommitmentSalt,
    pub(super) text: Purpose,
}

/// The member of the roster, if it is an officer.
fn officer(roster: &VerifiedRoster, id: StaffId) -> Result<&Member, Refusal> {
    let member = roster.member(id).filter(|member| member.role == Role::Officer);
    member.ok_or(Refusal::NotAnOfficer)
}

/// Checks that enough different officers of the roster signed, the requester among them.
fn check_signatures(
    context: &CheckContext,
    detail: &RequestedDetail,
    request: &UnsealRequest,
    k: u8,
) -> Result<(), Refusal> {
    let mut signers = HashSet::new();
    for signed in &detail.signatures {
        let key = &officer(context.roster, signed.officer)?.verify_key;
        unseal::verify(context.instance, &detail.request.0, &signed.signature, key)
            .map_err(|_| Refusal::WrongSignature)?;
        signers.insert(signed.officer);
    }
    let quorum = usize::from(k.max(context.roster.quorum()));
    require(signers.len() >= quorum, Refusal::QuorumUnmet)?;
    require(signers.contains(&request.officer), Refusal::RequesterDidNotSign)
}

/// Checks that the requester wrote the letter, that it says something, and that the request commits to it.
fn check_purpose(context: &CheckContext, request: &UnsealRequest, file: &[u8]) -> Result<VerifiedPurpose, Refusal> {
    let (instance, case, kind) = (context.instance, request.case, LetterKind::Purpose);
    let (letter, envelope) =
        letter::open_any(instance, case, kind, file, context.identity).map_err(|_| Refusal::ForeignLetter)?;
    let place = LetterContext {
        instance,
        case,
        letter,
        kind,
    };
    let key = &officer(context.roster, request.officer)?.verify_key;
    require(
        envelope.author() == Author::Staff(request.officer),
        Refusal::ForeignLetter,
    )?;
    letter::verify(&envelope, &place, key).map_err(|_| Refusal::ForeignLetter)?;
    let purpose: Purpose = envelope.content().map_err(|_| Refusal::Malformed)?;
    // Blanks, dots and invisible signs are no purpose.
    require(purpose.text().chars().any(char::is_alphanumeric), Refusal::EmptyPurpose)?;
    let salt = CommitmentSalt::try_from(purpose.salt().to_owned()).map_err(|_| Refusal::Malformed)?;
    // The commitment is to the text in NFC, as an auditor's browser computes it.
    let opens = commit_purpose(instance, &salt, purpose.text()) == request.commitment;
    require(opens && *purpose.class() == request.class, Refusal::WrongPurpose)?;
    Ok(VerifiedPurpose { salt, text: purpose })
}

/// Makes all checks, except for an earlier use of the request.
pub(super) fn check_order(context: &CheckContext, order: &UnsealOrder) -> Result<CheckedOrder, Refusal> {
    let instance = context.instance;
    let (entry, detail): (_, RequestedDetail) = read_entry(&order.requested.entry.0, Act::UnsealRequested)?;
    let request = UnsealRequest::read(&detail.request.0).map_err(|_| Refusal::Malformed)?;
    require(request.instance == instance, Refusal::Malformed)?;
    let manifest = Manifest::read(instance, &order.manifest.0).map_err(|_| Refusal::Malformed)?;
    require(request.manifest == manifest.hash(), Refusal::WrongManifest)?;
    let same_case = request.case == manifest.case() && entry.case == Some(request.case);
    require(same_case, Refusal::WrongCase)?;
    require(!context.erased.contains(&request.manifest), Refusal::Erased)?;
    require(request.roster == context.roster.hash(), Refusal::WrongRoster)?;
    // The time comes from outside, so a plain subtraction might overflow.
    require(
        request.time.abs_diff(context.now) <= REQUEST_FRESHNESS_SECONDS.unsigned_abs(),
        Refusal::Stale,
    )?;
    require(request.is_valid_at(context.now), Refusal::Expired)?;
    check_signatures(context, &detail, &request, manifest.k())?;
    check_traces(context.roster, &detail.signatures)?;
    let purpose = check_purpose(context, &request, &order.letter.0)?;
    let checkpoint = check_advance(instance, context.log, context.origin, context.last, &order.advance)?;
    let leaf = check_included(instance, &checkpoint, &order.requested)?;
    check_included(instance, &checkpoint, &order.covered)?;
    let (manifest, key) = read_covered(instance, &order.covered, &order.manifest.0, &order.manifest_signature)?;
    check_chain(instance, &checkpoint, (&manifest, key), &order.earlier)?;
    check_answered(context, &checkpoint, &request, order.answered.as_ref())?;
    let order_transcript = Transcript::new("unseal-order", instance)
        .field(leaf.as_bytes())
        .field(manifest.hash().as_bytes())
        .field(&order.letter.0)
        .field(&order.half.0);
    Ok(CheckedOrder {
        request,
        detail,
        leaf,
        manifest,
        checkpoint,
        order: Hash32::of(&order_transcript),
        purpose,
    })
}
