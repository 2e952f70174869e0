//! The officers' desk: letters of purpose, checks, requests for validation, and decisions on reporters' requests.

use std::collections::{HashMap, HashSet};

use uuid::Uuid;

use super::casework::Settled;
use super::claims::{Claim, Claims, is_same_act};
use super::facts::{BATCH_SIZE, Facts, detail, whole_detail};
use super::seals::KnownSeals;
use crate::audit::entry::{Act, Actor, Entry};
use crate::audit::verify::{RowDefect, RowFinding};
use crate::domain::desk::{Outcome, RequestKind, RequestState};
use crate::domain::ids::{CaseId, CheckingId, EntryId, LetterId, RequestId, StaffId, UnsealId, ValidationId};
use crate::domain::role::Role;
use crate::domain::state::ValidationState;
use crate::service::error::Result;
use crate::store::desk::Letter;
use crate::store::evidence::{IdentityRequestRow, ValidationRow};
use crate::store::{Tx, evidence};
use crate::vault::agefile::looks_like_one;
use crate::vault::unseal::UnsealRequest;
use crate::witness::RequestedDetail;

type Checked = std::result::Result<(), RowFinding>;

/// The readers of a purpose, and the letters that were found.
#[derive(Debug)]
struct Purpose {
    index: u64,
    case: Option<CaseId>,
    readers: HashSet<StaffId>,
    letter: Option<LetterId>,
}

/// Facts of the log about the desk.
#[derive(Debug)]
pub(super) struct Desk {
    purposes: HashMap<EntryId, Purpose>,
    checks: Claims<CheckingId>,
    validations: Claims<ValidationId>,
    /// The last request of each case.
    last_validation: HashMap<CaseId, u64>,
    decisions: Claims<RequestId>,
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
            purposes: HashMap::new(),
            checks: Claims::new("checking"),
            validations: Claims::new("validation_request"),
            last_validation: HashMap::new(),
            decisions: Claims::new("identity_request"),
        }
    }

    pub(super) fn note(&mut self, facts: &Facts, index: u64, entry: &Entry) {
        let by = staff_of(entry.actor);
        match entry.act {
            Act::UnsealRequested => {
                let found: Option<RequestedDetail> = whole_detail(entry);
                let bytes = found.map(|found| found.request.0).unwrap_or_default();
                let request = UnsealRequest::read(&bytes).ok();
                // A request that names the case's number has its copies for auditors from the witness.
                let is_numbered = memchr::memmem::find(&bytes, b"\"number\":").is_some();
                let roles = [Role::Officer, Role::Auditor];
                let roles = if is_numbered { &roles[..1] } else { &roles[..] };
                let roster = request.and_then(|request| facts.roster(request.roster));
                let readers = roster.into_iter().flat_map(|roster| {
                    let members = roles.iter().flat_map(|role| roster.with_role(*role));
                    members.map(|member| member.id).collect::<Vec<_>>()
                });
                let purpose = Purpose {
                    index,
                    case: entry.case,
                    readers: readers.collect(),
                    letter: None,
                };
                self.purposes.insert(entry.id, purpose);
            }
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
                if let Some(request) = detail(entry, "request") {
                    let claim = Claim::new(index, entry.case, entry.time, &(entry.case, by));
                    self.validations.add(request, claim);
                    self.last_validation.extend(entry.case.map(|case| (case, index)));
                }
            }
            Act::IdentityErased | Act::ErasureRefused => {
                if let (Some(request), Some(_)) = (detail(entry, "request"), by) {
                    let state = match entry.act {
                        Act::IdentityErased => RequestState::Done,
                        _ => RequestState::Refused,
                    };
                    let values = (entry.case, state, by, detail::<String>(entry, "reason"));
                    // Somebody else may have refused while the witness was asked: the row keeps the first decision.
                    if !self.decisions.has(&request) {
                        let claim = Claim::new(index, entry.case, entry.time, &values);
                        self.decisions.add(request, claim);
                    }
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
        let mut after = (Uuid::nil(), Uuid::nil());
        loop {
            let batch = evidence::letters(tx, after, BATCH_SIZE).await?;
            let Some(last) = batch.last() else { break };
            after = (last.id.as_uuid(), last.to_staff.as_uuid());
            for row in &batch {
                if let Err(finding) = self.check_letter(row) {
                    return Ok(Err(finding));
                }
            }
        }
        let is_gone = |purpose: &Purpose| purpose.case.is_some_and(|case| facts.erased_cases.contains_key(&case));
        let unread = self
            .purposes
            .values()
            .filter(|purpose| !is_gone(purpose) && !purpose.readers.is_empty());
        if let Some(purpose) = unread.min_by_key(|purpose| purpose.index) {
            let to = purpose
                .readers
                .iter()
                .min()
                .map(ToString::to_string)
                .unwrap_or_default();
            let index = Some(purpose.index);
            return Ok(Err(RowFinding::new("letter", to, index, RowDefect::Missing)));
        }
        if let Err(finding) = self.check_checks(tx, facts, unseals).await? {
            return Ok(Err(finding));
        }
        if let Err(finding) = self.check_validations(tx, facts, settled).await? {
            return Ok(Err(finding));
        }
        self.check_requests(tx, facts, known, settled).await
    }

    /// A letter is one reader's copy of a purpose.
    fn check_letter(&mut self, row: &Letter) -> Checked {
        let name = format!("{}/{}", row.id, row.to_staff);
        let unlogged = || RowFinding::new("letter", &name, None, RowDefect::Unlogged);
        let purpose = self.purposes.get_mut(&row.entry_id).ok_or_else(unlogged)?;
        let is_copy = match row.kind.as_str() {
            "purpose" => *purpose.letter.get_or_insert(row.id) == row.id && purpose.readers.remove(&row.to_staff),
            // The witness's own copy for an auditor.
            kind => kind == "verified-purpose",
        };
        let is_sound = is_copy && Some(row.case_id) == purpose.case && looks_like_one(&row.file);
        if is_sound {
            Ok(())
        } else {
            let index = Some(purpose.index);
            Err(RowFinding::new("letter", name, index, RowDefect::Changed))
        }
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
                let values = (Some(row.case_id), Some(row.requested_by));
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
        let mut decisions = std::mem::replace(&mut self.decisions, Claims::new("identity_request"));
        let mut corrections: HashMap<CaseId, i64> = HashMap::new();
        let mut after = Uuid::nil();
        loop {
            let batch = evidence::identity_requests(tx, after, BATCH_SIZE).await?;
            let Some(last) = batch.last() else { break };
            after = last.id.as_uuid();
            for row in &batch {
                if decisions.has(&row.id) {
                    let values = (Some(row.case_id), row.state, row.officer_id, row.reason.clone());
                    if let Err(finding) = decisions.answer(row.id, row.decided_at, &values) {
                        return Ok(Err(finding));
                    }
                    if row.kind == RequestKind::Erasure && row.decided_at.is_some() && row.version.is_none() {
                        continue;
                    }
                    return Ok(Err(RowFinding::new(
                        "identity_request",
                        row.id,
                        None,
                        RowDefect::Changed,
                    )));
                }
                if !is_undecided_sound(row, facts, known, settled) {
                    let defect = RowDefect::Unlogged;
                    return Ok(Err(RowFinding::new("identity_request", row.id, None, defect)));
                }
                if row.kind == RequestKind::Correction {
                    *corrections.entry(row.case_id).or_default() += 1;
                }
            }
        }
        for (case, newest) in &known.newest {
            if corrections.get(case).copied().unwrap_or_default() != newest - 1 {
                let row = format!("of case {case}");
                return Ok(Err(RowFinding::new("identity_request", row, None, RowDefect::Missing)));
            }
        }
        Ok(decisions.finish(facts))
    }
}

/// A request for validation is open until a verdict or an erasure settles it.
fn is_validation_sound(
    row: &ValidationRow,
    (claim, is_last): (&Claim, bool),
    facts: &Facts,
    settled: &Settled,
) -> bool {
    let verdict = settled
        .last_verdict(row.case_id)
        .is_some_and(|index| index > claim.index);
    let erased = facts.is_erased_after(row.case_id, claim.index);
    let state = if verdict || erased || !is_last {
        ValidationState::Done
    } else {
        ValidationState::Open
    };
    row.state == state && looks_like_one(&row.letter)
}

/// A request that no officer decided is open, or was settled by a later correction, a verdict or an erasure.
fn is_undecided_sound(row: &IdentityRequestRow, facts: &Facts, known: &KnownSeals, settled: &Settled) -> bool {
    let erased = facts.erased_identities.get(&row.case_id);
    let is_erased_then = |at| erased.is_some_and(|erased| is_same_act(at, erased.time));
    let is_erasing = matches!(row.state.as_str(), "done" | "erasing");
    if row.kind == RequestKind::Erasure && is_erasing && row.decided_at.is_some_and(is_erased_then) {
        return row.version.is_none();
    }
    if row.officer_id.is_some() || row.reason.is_some() || row.state == RequestState::Refused {
        return row.state.as_str() == "erasing" && erased.is_none();
    }
    let newest = known.newest.get(&row.case_id).copied().unwrap_or_default();
    match (row.kind, row.state, row.decided_at) {
        (RequestKind::Erasure, RequestState::Open, None) => erased.is_none() && row.version.is_none(),
        (RequestKind::Erasure, _, Some(at)) => is_erased_then(at),
        (RequestKind::Correction, RequestState::Open, None) => erased.is_none() && row.version == Some(newest),
        (RequestKind::Correction, RequestState::Done, None) => row.version.is_some_and(|version| version < newest),
        (RequestKind::Correction, RequestState::Done, Some(at)) => {
            let is_known = row.version.is_some_and(|version| (2..=newest).contains(&version));
            is_known && (is_erased_then(at) || settled.was_verdict_at(row.case_id, at))
        }
        _ => false,
    }
}
