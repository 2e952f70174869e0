//! The checks before an erasure (`docs/PROTOCOL.md`, section 18). Functions of their arguments: no file, no clock.

use crate::audit::checkpoint::Checkpoint;
use crate::audit::entry::{Act, Actor, Base64, Entry};
use crate::domain::clock::UnixSeconds;
use crate::domain::ids::CaseId;
use crate::domain::note::{Party, cosigned_at};
use crate::domain::role::Role;
use crate::domain::state::State;
use crate::vault::erasure::{ErasureDecision, ErasurePayload, ErasureRequest};
use crate::vault::hash::Hash32;
use crate::vault::manifest::Manifest;
use crate::vault::payload::Payload as _;
use crate::vault::signing::{Signature, VerifyKey};
use crate::witness::evidence::{CheckContext, check_advance, check_chain, check_included, read_covered, require};
use crate::witness::journal::{ErasedBy, Erasure};
use crate::witness::order::{ErasureGround, ErasureOrder, Inclusion};
use crate::witness::refusal::Refusal;

const DAY_SECONDS: i64 = 24 * 3600;

/// An order to erase that passed every check except for the cap.
pub(super) struct CheckedErasure {
    pub(super) by: ErasedBy,
    /// Leaf hash of the decision or the closing.
    pub(super) leaf: Hash32,
    pub(super) case: CaseId,
    /// All versions of the identity.
    pub(super) manifests: Vec<Hash32>,
    pub(super) checkpoint: Checkpoint,
}

impl CheckedErasure {
    /// The journal's line for one version.
    pub(super) const fn line(&self, manifest: Hash32) -> Erasure {
        Erasure {
            manifest,
            case: self.case,
            by: self.by,
            leaf: self.leaf,
        }
    }
}

/// The identity that an order names: its newest version, the reporter's key, and the hashes of all versions.
struct Identity {
    newest: Manifest,
    reporter: VerifyKey,
    manifests: Vec<Hash32>,
}

/// Reads the versions: each is covered by the log, signed by one key, and follows the one before.
fn read_identity(context: &CheckContext, checkpoint: &Checkpoint, order: &ErasureOrder) -> Result<Identity, Refusal> {
    let (newest, earlier) = order.versions.split_first().ok_or(Refusal::Malformed)?;
    check_included(context.instance, checkpoint, &newest.covered)?;
    let signature = &newest.manifest_signature;
    let (manifest, reporter) = read_covered(context.instance, &newest.covered, &newest.manifest.0, signature)?;
    let manifests = check_chain(context.instance, checkpoint, (&manifest, reporter), earlier)?;
    Ok(Identity {
        newest: manifest,
        reporter,
        manifests,
    })
}

/// Makes all checks of an order, except for the cap.
pub(super) fn check_erasure(context: &CheckContext, order: &ErasureOrder) -> Result<CheckedErasure, Refusal> {
    let checkpoint = check_advance(
        context.instance,
        context.log,
        context.origin,
        context.last,
        &order.advance,
    )?;
    let identity = read_identity(context, &checkpoint, order)?;
    let (by, leaf) = match &order.ground {
        ErasureGround::Request {
            decided,
            request,
            signature,
        } => {
            let leaf = check_included(context.instance, &checkpoint, decided)?;
            check_decision(context, &identity, decided, (&request.0, signature))?;
            (ErasedBy::Request, leaf)
        }
        ErasureGround::Expiry {
            closed,
            seen,
            seen_proof,
        } => {
            let leaf = check_included(context.instance, &checkpoint, closed)?;
            check_closing(context, &identity, closed, (seen, seen_proof))?;
            (ErasedBy::Expiry, leaf)
        }
    };
    Ok(CheckedErasure {
        by,
        leaf,
        case: identity.newest.case(),
        manifests: identity.manifests,
        checkpoint,
    })
}

/// Checks that an officer decided to erase this very identity, for a request that its reporter signed.
fn check_decision(
    context: &CheckContext,
    identity: &Identity,
    decided: &Inclusion,
    (request, signature): (&[u8], &Signature),
) -> Result<(), Refusal> {
    let instance = context.instance;
    let entry = Entry::read(&decided.entry.0).map_err(|_| Refusal::Malformed)?;
    require(entry.act == Act::ErasureDecided, Refusal::ErasureNotDecided)?;
    let signed = entry.signed.ok_or(Refusal::ErasureNotDecided)?;
    let officer = context
        .roster
        .member(signed.by)
        .filter(|member| member.role == Role::Officer);
    let officer = officer.ok_or(Refusal::ErasureNotDecided)?;
    let of_officer = Signature::from_slice(&signed.signature.0).map_err(|_| Refusal::ErasureNotDecided)?;
    ErasurePayload::verify(instance, &signed.payload.0, &of_officer, &officer.verify_key)
        .map_err(|_| Refusal::ErasureNotDecided)?;
    let decision = ErasurePayload::read(instance, &signed.payload.0).map_err(|_| Refusal::Malformed)?;
    let is_this = entry.actor == Actor::Staff(officer.id)
        && entry.case == Some(decision.case)
        && decision.case == identity.newest.case()
        && decision.decision == ErasureDecision::Erase
        && decision.manifest == identity.newest.hash();
    require(is_this, Refusal::ErasureNotDecided)?;
    ErasureRequest::verify(instance, request, signature, &identity.reporter).map_err(|_| Refusal::ErasureNotAsked)?;
    let asked = ErasureRequest::read(instance, request).map_err(|_| Refusal::Malformed)?;
    let is_answered = decision.answers == ErasureRequest::hash(instance, request)
        && asked.case == decision.case
        && asked.request == decision.request;
    require(is_answered, Refusal::ErasureNotAsked)
}

/// Checks that this witness has countersigned the case's closing, longer ago than the roster's retention.
fn check_closing(
    context: &CheckContext,
    identity: &Identity,
    closed: &Inclusion,
    (seen, proof): (&Base64, &[Hash32]),
) -> Result<(), Refusal> {
    let instance = context.instance;
    let entry = Entry::read(&closed.entry.0).map_err(|_| Refusal::Malformed)?;
    let to = entry.detail.get("to").and_then(serde_json::Value::as_str);
    let is_closing = entry.act == Act::CaseStateChanged
        && entry.case == Some(identity.newest.case())
        && to == Some(State::Closed.as_str());
    require(is_closing, Refusal::ErasureTooEarly)?;
    let (log, witness) = (context.log.as_bytes(), context.witness.as_bytes());
    let then = Checkpoint::read_cosigned(&seen.0, instance, log, witness).map_err(|_| Refusal::ErasureTooEarly)?;
    let included = Inclusion {
        proof: proof.to_vec(),
        ..closed.clone()
    };
    check_included(instance, &then, &included).map_err(|_| Refusal::ErasureTooEarly)?;
    let at = cosigned_at(&seen.0, Party::Witness, instance, witness).map_err(|_| Refusal::ErasureTooEarly)?;
    let kept = i64::from(context.roster.roster().retention.closed_days).saturating_mul(DAY_SECONDS);
    let over: UnixSeconds = i64::try_from(at).unwrap_or(i64::MAX).saturating_add(kept);
    require(over <= context.now, Refusal::ErasureTooEarly)
}
