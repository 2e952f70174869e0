//! The checks before a release (`docs/PROTOCOL.md`, section 9), each with a [`Refusal`] of its own.
//! Functions of their arguments: no file, no clock.

use std::collections::HashSet;

use serde::de::DeserializeOwned;
use serde_json::Value;
use tlog_tiles::Hash;

use crate::audit::checkpoint::Checkpoint;
use crate::audit::entry::{Act, Entry};
use crate::audit::tree::{check_consistency, check_inclusion, leaf_hash};
use crate::domain::clock::UnixSeconds;
use crate::domain::ids::{InstanceId, StaffId};
use crate::domain::role::Role;
use crate::domain::transcript::Transcript;
use crate::vault::agefile::Identity;
use crate::vault::content::Purpose;
use crate::vault::envelope::Author;
use crate::vault::hash::{CommitmentSalt, Hash32};
use crate::vault::letter::{self, LetterContext, LetterKind};
use crate::vault::manifest::{Manifest, manifest_hash};
use crate::vault::roster::{Member, VerifiedRoster};
use crate::vault::signing::{Signature, VerifyKey};
use crate::vault::unseal::{self, UnsealRequest};
use crate::witness::detail::{CoveredDetail, RequestedDetail};
use crate::witness::order::{Advance, EarlierVersion, Inclusion, UnsealOrder};
use crate::witness::refusal::Refusal;

/// Largest difference between a request's time and the witness's clock, in seconds.
pub const REQUEST_FRESHNESS_SECONDS: i64 = 600;

/// Facts that the witness knows by itself; the checks trust nothing else.
pub(super) struct CheckContext<'a> {
    pub(super) instance: InstanceId,
    pub(super) log: &'a VerifyKey,
    /// Opens letters.
    pub(super) identity: &'a Identity,
    pub(super) roster: &'a VerifiedRoster,
    /// The log's origin.
    pub(super) origin: u64,
    /// Size and root of the last checkpoint seen.
    pub(super) last: (u64, Hash32),
    pub(super) erased: &'a HashSet<Hash32>,
    pub(super) now: UnixSeconds,
}

/// An order that passed every check except for its earlier use.
pub(super) struct CheckedOrder {
    pub(super) request: UnsealRequest,
    pub(super) detail: RequestedDetail,
    pub(super) leaf: Hash32,
    pub(super) manifest: Manifest,
    pub(super) checkpoint: Checkpoint,
    /// Hash over entry, manifest, letter and half.
    pub(super) order: Hash32,
}

fn hash(hash: Hash) -> Hash32 {
    Hash32::from_slice(&hash.0).expect("32 bytes")
}

fn require(holds: bool, refusal: Refusal) -> Result<(), Refusal> {
    if holds { Ok(()) } else { Err(refusal) }
}

/// Reads a checkpoint that the log signed and that continues `last`, which has this origin.
pub(super) fn check_advance(
    instance: InstanceId,
    log: &VerifyKey,
    origin: u64,
    last: (u64, Hash32),
    advance: &Advance,
) -> Result<Checkpoint, Refusal> {
    let checkpoint = Checkpoint::read_signed(&advance.checkpoint.0, instance, log.as_bytes())
        .map_err(|_| Refusal::CheckpointNotSigned)?;
    let same = checkpoint.size == last.0;
    require(checkpoint.origin == origin, Refusal::Inconsistent)?;
    if same {
        require(hash(checkpoint.root) == last.1, Refusal::Inconsistent)?;
    } else {
        let proof = advance.consistency.iter().map(|hash| Hash(*hash.as_bytes())).collect();
        let old = (last.0, Hash(*last.1.as_bytes()));
        check_consistency(&proof, old, (checkpoint.size, checkpoint.root)).map_err(|_| Refusal::Inconsistent)?;
    }
    Ok(checkpoint)
}

/// Checks that an entry stands in the checkpoint's tree, and returns its leaf hash.
fn check_included(instance: InstanceId, checkpoint: &Checkpoint, inclusion: &Inclusion) -> Result<Hash32, Refusal> {
    let leaf = leaf_hash(instance, &inclusion.entry.0);
    let proof = inclusion.proof.iter().map(|hash| Hash(*hash.as_bytes())).collect();
    check_inclusion(&proof, checkpoint.size, checkpoint.root, inclusion.index, leaf).map_err(|_| Refusal::NotInLog)?;
    Ok(hash(leaf))
}

/// Reads an entry of this act, with its typed detail.
fn read_entry<T: DeserializeOwned>(stored: &[u8], act: Act) -> Result<(Entry, T), Refusal> {
    let mut entry = Entry::read(stored).map_err(|_| Refusal::Malformed)?;
    require(entry.act == act, Refusal::Malformed)?;
    let detail = Value::Object(std::mem::take(&mut entry.detail));
    Ok((entry, serde_json::from_value(detail).map_err(|_| Refusal::Malformed)?))
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
fn check_purpose(context: &CheckContext, request: &UnsealRequest, file: &[u8]) -> Result<(), Refusal> {
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
    let opens = salt.opens("purpose", instance, purpose.text().as_bytes(), &request.commitment);
    require(opens && *purpose.class() == request.class, Refusal::WrongPurpose)
}

/// Reads the manifest that an entry covers, signed by the key that the coverage names; returns that key too.
fn read_covered(
    instance: InstanceId,
    entry_of: &Inclusion,
    manifest: &[u8],
    signature: &Signature,
) -> Result<(Manifest, VerifyKey), Refusal> {
    let (_, detail): (_, CoveredDetail) = read_entry(&entry_of.entry.0, Act::ReportsCovered)?;
    let hash = manifest_hash(instance, manifest);
    let mut refusal = Refusal::NotCovered;
    for covered in detail.manifests.iter().filter(|covered| covered.manifest == hash) {
        match Manifest::verify(instance, manifest, &covered.verify_key, signature) {
            Ok(manifest) => return Ok((manifest, covered.verify_key)),
            Err(_) => refusal = Refusal::WrongReporterKey,
        }
    }
    Err(refusal)
}

/// Checks that each version that a correction corrects, down to the first, is covered and signed by the same key.
///
/// An attacker with the database and no receipt would have to exchange the first version too, which the log keeps.
fn check_chain(
    instance: InstanceId,
    checkpoint: &Checkpoint,
    (newest, key): (&Manifest, VerifyKey),
    earlier: &[EarlierVersion],
) -> Result<(), Refusal> {
    let (mut version, mut previous) = (newest.version(), newest.previous());
    for one in earlier {
        check_included(instance, checkpoint, &one.covered)?;
        let found = read_covered(instance, &one.covered, &one.manifest.0, &one.manifest_signature);
        let (manifest, signer) = found.map_err(|_| Refusal::BrokenChain)?;
        let follows = Some(manifest.hash()) == previous
            && manifest.version().checked_add(1) == Some(version)
            && manifest.case() == newest.case()
            && signer == key;
        require(follows, Refusal::BrokenChain)?;
        (version, previous) = (manifest.version(), manifest.previous());
    }
    require(previous.is_none() && version == 1, Refusal::BrokenChain)
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
    check_signatures(context, &detail, &request, manifest.k())?;
    check_purpose(context, &request, &order.letter.0)?;
    let checkpoint = check_advance(instance, context.log, context.origin, context.last, &order.advance)?;
    let leaf = check_included(instance, &checkpoint, &order.requested)?;
    check_included(instance, &checkpoint, &order.covered)?;
    let (manifest, key) = read_covered(instance, &order.covered, &order.manifest.0, &order.manifest_signature)?;
    check_chain(instance, &checkpoint, (&manifest, key), &order.earlier)?;
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
    })
}
