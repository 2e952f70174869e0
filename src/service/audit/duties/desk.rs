//! The officers' desk: checks, requests for validation, and decisions on reporters' requests.

use std::collections::{HashMap, HashSet};

use uuid::Uuid;

use super::casework::Settled;
use super::claims::{Claim, Claims, is_same_act};
use super::facts::{BATCH_SIZE, Facts, detail};
use super::seals::KnownSeals;
use crate::audit::entry::{Act, Actor, Entry};
use crate::audit::verify::{RowDefect, RowFinding};
use crate::domain::clock::UnixSeconds;
use crate::domain::desk::{Outcome, RequestKind, RequestState};
use crate::domain::ids::{CaseId, CheckingId, EntryId, RequestId, StaffId, UnsealId, ValidationId};
use crate::domain::state::ValidationState;
use crate::service::error::Result;
use crate::store::desk::Validation;
use crate::store::identity_requests::IdentityRequest;
use crate::store::{Tx, evidence};
use crate::vault::agefile::looks_like_one;
use crate::vault::erasure::{ErasurePayload, ErasureRequest};
use crate::vault::hash::Hash32;
use crate::vault::payload::Payload as _;
use crate::vault::signing::Signature;
use crate::vault::validation::ValidationPayload;

type Checked = std::result::Result<(), RowFinding>;

/// Facts of the log about the desk.
#[derive(Debug)]
pub(super) struct Desk {
    checks: Claims<CheckingId>,
    validations: Claims<ValidationId>,
    /// The last request of each case.
    last_validation: HashMap<CaseId, u64>,
    decisions: HashMap<RequestId, Decision>,
}

/// An officer's decision on a request to erase.
#[derive(Debug)]
struct Decision {
    index: u64,
    entry: EntryId,
    case: CaseId,
    by: StaffId,
    time: UnixSeconds,
    is_refusal: bool,
    reason: String,
    /// Hash of the reporter's request.
    answers: Hash32,
}

fn staff_of(actor: Actor) -> Option<StaffId> {
    match actor {
        Actor::Staff(id) => Some(id),
        Actor::System | Actor::Nobody | Actor::Authority => None,
    }
}

impl Desk {
    pub(super) fn new() -> Self {
        Self {
            checks: Claims::new("checking"),
            validations: Claims::new("validation_request"),
            last_validation: HashMap::new(),
            decisions: HashMap::new(),
        }
    }

    pub(super) fn note(&mut self, index: u64, entry: &Entry) {
        let by = staff_of(entry.actor);
        match entry.act {
            Act::CheckNoted => {
                let of = (
                    detail(entry, "check"),
                    detail(entry, "unseal"),
                    detail(entry, "made_at"),
                );
                let says = (detail::<String>(entry, "what"), detail::<Outcome>(entry, "outcome"));
                if let ((Some(check), Some(unseal), Some(made_at)), (Some(what), Some(outcome))) = (of, says) {
                    let (unseal, made_at): (UnsealId, i64) = (unseal, made_at);
                    let values = (entry.case, unseal, by, what, outcome, made_at);
                    self.checks
                        .add(check, Claim::new(index, entry.case, entry.time, &values));
                }
            }
            Act::ValidationRequested => {
                let payload = entry.signed.as_ref().map(|signed| signed.payload.0.clone());
                if let (Some(request), Some(case)) = (detail(entry, "request"), entry.case) {
                    let values = (case, by, entry.id, payload);
                    let claim = Claim::new(index, entry.case, entry.time, &values);
                    self.validations.add(request, claim);
                    self.last_validation.insert(case, index);
                }
            }
            Act::ErasureDecided | Act::ErasureRefused => {
                let answers = entry.signed.as_ref().map(|signed| &signed.payload.0);
                let answers = answers.and_then(|payload| serde_json::from_slice::<ErasurePayload>(payload).ok());
                let of = (detail(entry, "request"), entry.case, by, answers);
                if let (Some(request), Some(case), Some(by), Some(payload)) = of {
                    let decision = Decision {
                        index,
                        entry: entry.id,
                        case,
                        by,
                        time: entry.time,
                        is_refusal: entry.act == Act::ErasureRefused,
                        reason: payload.reason,
                        answers: payload.answers,
                    };
                    // A later decision to erase replaces an earlier one that could not be carried out.
                    self.decisions.insert(request, decision);
                }
            }
            _ => {}
        }
    }

    /// Holds the desk's rows against the log.
    pub(super) async fn check(
        mut self,
        tx: &mut Tx,
        facts: &Facts,
        known: &KnownSeals,
        unseals: &HashMap<UnsealId, u64>,
        settled: &Settled,
    ) -> Result<Checked> {
        if let Err(finding) = self.check_checks(tx, facts, unseals).await? {
            return Ok(Err(finding));
        }
        if let Err(finding) = self.check_validations(tx, facts, settled).await? {
            return Ok(Err(finding));
        }
        self.check_requests(tx, facts, known, settled).await
    }

    async fn check_checks(&mut self, tx: &mut Tx, facts: &Facts, unseals: &HashMap<UnsealId, u64>) -> Result<Checked> {
        let mut checks = std::mem::replace(&mut self.checks, Claims::new("checking"));
        let mut after = Uuid::nil();
        loop {
            let batch = evidence::checks(tx, after, BATCH_SIZE).await?;
            let Some(last) = batch.last() else { break };
            after = last.id.as_uuid();
            for row in &batch {
                let values = (
                    Some(row.case_id),
                    row.unseal_id,
                    Some(row.officer_id),
                    row.what.clone(),
                    row.outcome,
                    row.made_at,
                );
                let claim = match checks.answer(row.id, Some(row.noted_at), &values) {
                    Ok(claim) => claim,
                    Err(finding) => return Ok(Err(finding)),
                };
                let is_erased = facts.is_erased_after(row.case_id, claim.index);
                let is_note = row
                    .note
                    .as_deref()
                    .is_none_or(|note| looks_like_one(note) && !is_erased);
                if !is_note || !unseals.contains_key(&row.unseal_id) {
                    let index = Some(claim.index);
                    return Ok(Err(RowFinding::new("checking", row.id, index, RowDefect::Changed)));
                }
            }
        }
        Ok(checks.finish(facts))
    }

    async fn check_validations(&mut self, tx: &mut Tx, facts: &Facts, settled: &Settled) -> Result<Checked> {
        let mut validations = std::mem::replace(&mut self.validations, Claims::new("validation_request"));
        let mut after = Uuid::nil();
        loop {
            let batch = evidence::validations(tx, after, BATCH_SIZE).await?;
            let Some(last) = batch.last() else { break };
            after = last.id.as_uuid();
            for row in &batch {
                let payload = Some(row.payload.clone());
                let values = (row.case_id, Some(row.requested_by), row.entry_id, payload);
                let claim = match validations.answer(row.id, Some(row.requested_at), &values) {
                    Ok(claim) => claim,
                    Err(finding) => return Ok(Err(finding)),
                };
                let is_last = self.last_validation.get(&row.case_id) == Some(&claim.index);
                if !is_validation_sound(row, (&claim, is_last), facts, settled) {
                    let index = Some(claim.index);
                    return Ok(Err(RowFinding::new(
                        "validation_request",
                        row.id,
                        index,
                        RowDefect::Changed,
                    )));
                }
            }
        }
        Ok(validations.finish(facts))
    }

    async fn check_requests(
        &mut self,
        tx: &mut Tx,
        facts: &Facts,
        known: &KnownSeals,
        settled: &Settled,
    ) -> Result<Checked> {
        let mut corrections: HashMap<CaseId, HashSet<i64>> = HashMap::new();
        let mut after = Uuid::nil();
        loop {
            let batch = evidence::identity_requests(tx, after, BATCH_SIZE).await?;
            let Some(last) = batch.last() else { break };
            after = last.id.as_uuid();
            for row in &batch {
                let decision = self.decisions.remove(&row.id);
                let index = decision.as_ref().map(|decision| decision.index);
                let is_sound = match &decision {
                    Some(decision) => is_decided_sound(row, decision, facts),
                    None => is_undecided_sound(row, facts, known, settled),
                };
                if !is_sound || !is_asked_sound(row, facts, known) {
                    let defect = match decision {
                        Some(_) => RowDefect::Changed,
                        None => RowDefect::Unlogged,
                    };
                    return Ok(Err(RowFinding::new("identity_request", row.id, index, defect)));
                }
                if row.kind == RequestKind::Correction {
                    corrections.entry(row.case_id).or_default().extend(row.version);
                }
            }
        }
        for (case, newest) in &known.newest {
            let made = corrections.get(case).map_or(0, HashSet::len);
            if made as u64 != newest.unsigned_abs().saturating_sub(1) {
                let row = format!("of case {case}");
                return Ok(Err(RowFinding::new("identity_request", row, None, RowDefect::Missing)));
            }
        }
        let is_gone = |decision: &Decision| facts.erased_cases.contains_key(&decision.case);
        let left = std::mem::take(&mut self.decisions).into_iter();
        let left = left.filter(|(_, decision)| !is_gone(decision));
        Ok(match left.min_by_key(|(_, decision)| decision.index) {
            Some((request, decision)) => {
                let index = Some(decision.index);
                Err(RowFinding::new("identity_request", request, index, RowDefect::Missing))
            }
            None => Ok(()),
        })
    }
}

/// The decision of an officer: who, why, when, and how far it went.
fn is_decided_sound(row: &IdentityRequest, decision: &Decision, facts: &Facts) -> bool {
    let erased = facts.erased_identities.get(&row.case_id);
    let (state, time) = match erased {
        _ if decision.is_refusal => (RequestState::Refused, decision.time),
        Some(erased) => (RequestState::Done, erased.time),
        None => (RequestState::Erasing, decision.time),
    };
    let entry = (!decision.is_refusal).then_some(decision.entry);
    let request = row.request.as_deref().unwrap_or_default();
    row.kind == RequestKind::Erasure
        && row.case_id == decision.case
        && row.officer_id == Some(decision.by)
        && row.reason.as_deref() == Some(&decision.reason)
        && row.decision == entry
        && row.state == state
        && row.decided_at.is_some_and(|at| is_same_act(at, time))
        && ErasureRequest::hash(facts.instance, request) == decision.answers
}

/// A request to erase is signed by its reporter, on the day that it names; a correction is signed elsewhere.
fn is_asked_sound(row: &IdentityRequest, facts: &Facts, known: &KnownSeals) -> bool {
    let (request, signature) = match (row.kind, &row.request, &row.signature) {
        (RequestKind::Correction, None, None) => return true,
        (RequestKind::Erasure, Some(request), Some(signature)) => (request, signature),
        _ => return false,
    };
    let (Ok(read), Ok(signature)) = (
        ErasureRequest::read(facts.instance, request),
        Signature::from_slice(signature),
    ) else {
        return false;
    };
    // Before its seal is covered, nobody knows the reporter's key.
    let is_signed = (known.reporters.get(&row.case_id))
        .is_none_or(|reporter| ErasureRequest::verify(facts.instance, request, &signature, reporter).is_ok());
    row.version.is_none() && is_signed && read.case == row.case_id && read.request == row.id && read.day == row.asked_on
}

/// A request for validation is open until a verdict, an erasure or a later request settles it.
fn is_validation_sound(row: &Validation, (claim, is_last): (&Claim, bool), facts: &Facts, settled: &Settled) -> bool {
    let verdict = settled
        .last_verdict(row.case_id)
        .is_some_and(|index| index > claim.index);
    let erased = facts.is_erased_after(row.case_id, claim.index);
    let state = if verdict || erased || !is_last {
        ValidationState::Done
    } else {
        ValidationState::Open
    };
    let payload = ValidationPayload::read(facts.instance, &row.payload).ok();
    let expires = payload.map(|payload| payload.expires);
    row.state == state && looks_like_one(&row.letter) && expires == Some(row.expires_at)
}

/// A request that no officer decided is open, or was settled by a later correction, a verdict or an erasure.
fn is_undecided_sound(row: &IdentityRequest, facts: &Facts, known: &KnownSeals, settled: &Settled) -> bool {
    let is_decided = matches!(row.state, RequestState::Refused | RequestState::Erasing);
    if row.officer_id.is_some() || row.reason.is_some() || row.decision.is_some() || is_decided {
        return false;
    }
    let erased = facts.erased_identities.get(&row.case_id);
    let is_erased_then = |at| erased.is_some_and(|erased| is_same_act(at, erased.time));
    let newest = known.newest.get(&row.case_id).copied().unwrap_or_default();
    match (row.kind, row.state, row.decided_at) {
        (RequestKind::Erasure, RequestState::Open, None) => erased.is_none() && row.version.is_none(),
        (RequestKind::Erasure, _, Some(at)) => is_erased_then(at),
        (RequestKind::Correction, RequestState::Open, None) => erased.is_none() && row.version == Some(newest),
        (RequestKind::Correction, RequestState::Done, None) => {
            row.version.is_some_and(|version| (2..newest).contains(&version))
        }
        (RequestKind::Correction, RequestState::Done, Some(at)) => {
            let is_known = row.version.is_some_and(|version| (2..=newest).contains(&version));
            is_known && (is_erased_then(at) || settled.was_verdict_at(row.case_id, at))
        }
        _ => false,
    }
}
