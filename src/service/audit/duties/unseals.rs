//! Openings: each request of the log has its row, with the answer and the verdict that the log tells of, and each row has
//! its entries. Letter and half are those that the witness's journal says it was asked with.

use std::collections::HashMap;

use uuid::Uuid;

use super::claims::{Claim, Claims, is_same_act};
use super::facts::{BATCH_SIZE, Facts, Opening, detail, whole_detail};
use super::seals::KnownSeals;
use crate::audit::entry::{Act, Actor, AnsweredDetail, Entry};
use crate::audit::verify::{RowDefect, RowFinding};
use crate::domain::facets::Verdict;
use crate::domain::ids::{EntryId, SealId, UnsealId};
use crate::domain::state::UnsealState;
use crate::domain::transcript::Transcript;
use crate::service::error::Result;
use crate::store::desk::Unseal;
use crate::store::{Tx, evidence, seals};
use crate::vault::agefile::looks_like_one;
use crate::vault::hash::Hash32;
use crate::vault::unseal::{UnsealRequest, request_hash};
use crate::witness::{Refusal, RequestedDetail};

const TABLE: &str = "unseal";

/// The answer of the witness, as the log tells it.
#[derive(Debug, Clone, Copy)]
struct Answer {
    index: u64,
    state: UnsealState,
    /// It refused a half that did not open: the journal has a line, and nothing went out.
    is_foreign: bool,
}

/// A verdict, as the log tells it.
#[derive(Debug, Clone, Copy)]
struct Stated {
    entry: EntryId,
    claim: Claim,
    verdict: Verdict,
}

/// The openings that were held against the log.
#[derive(Debug, Default)]
pub(super) struct Opened {
    /// Index of the request's entry.
    pub(super) requests: HashMap<UnsealId, u64>,
    /// The version of the identity that a verdict is about, by the verdict's entry.
    pub(super) verdicts: HashMap<EntryId, i64>,
}

/// The openings that the log tells of.
#[derive(Debug)]
pub(super) struct Unseals {
    requests: Claims<EntryId>,
    answers: HashMap<EntryId, Answer>,
    verdicts: HashMap<UnsealId, Stated>,
}

/// The values of a row that the request's entry fixes.
fn values(row: &Unseal) -> impl std::fmt::Debug {
    let Unseal {
        case_id,
        officer_id,
        class,
        request,
        request_hash,
        signature,
        ..
    } = row;
    (
        *case_id,
        *officer_id,
        class.clone(),
        request.clone(),
        request_hash.clone(),
        signature.clone(),
    )
}

impl Unseals {
    pub(super) fn new() -> Self {
        Self {
            requests: Claims::new(TABLE),
            answers: HashMap::new(),
            verdicts: HashMap::new(),
        }
    }

    pub(super) fn note(&mut self, facts: &Facts, index: u64, entry: &Entry) {
        match entry.act {
            Act::UnsealRequested => self.note_request(facts, index, entry),
            Act::UnsealReleased | Act::UnsealRefused => {
                if let Some(AnsweredDetail { requested, refusal, .. }) = AnsweredDetail::of(entry) {
                    let answer = Answer {
                        index,
                        state: match entry.act {
                            Act::UnsealReleased => UnsealState::Released,
                            _ => UnsealState::Refused,
                        },
                        is_foreign: refusal.is_some_and(|code| code == Refusal::ForeignHalf.code()),
                    };
                    self.answers.insert(requested, answer);
                }
            }
            Act::VerdictStated => {
                if let (Some(unseal), Some(verdict)) = (detail(entry, "unseal"), detail(entry, "verdict")) {
                    let claim = Claim::new(index, entry.case, entry.time, &(entry.case, entry.actor));
                    let entry = entry.id;
                    self.verdicts.insert(unseal, Stated { entry, claim, verdict });
                }
            }
            _ => {}
        }
    }

    fn note_request(&mut self, facts: &Facts, index: u64, entry: &Entry) {
        let found: Option<RequestedDetail> = whole_detail(entry);
        let Some(RequestedDetail { request, signatures }) = found else {
            return;
        };
        let (Ok(read), Some(signed)) = (UnsealRequest::read(&request.0), signatures.first()) else {
            return;
        };
        let values = (
            read.case,
            read.officer,
            read.class,
            request.0.clone(),
            request_hash(facts.instance, &request.0).as_bytes().to_vec(),
            signed.signature.as_bytes().to_vec(),
        );
        let claim = Claim::new(index, entry.case, entry.time, &values);
        self.requests.add(entry.id, claim);
    }

    /// Holds every row against the log.
    pub(super) async fn check(
        mut self,
        tx: &mut Tx,
        facts: &Facts,
        known: &KnownSeals,
    ) -> Result<std::result::Result<Opened, RowFinding>> {
        let mut opened = Opened::default();
        let mut after = Uuid::nil();
        loop {
            let batch = evidence::unseals(tx, after, BATCH_SIZE).await?;
            let Some(last) = batch.last() else { break };
            after = last.id.as_uuid();
            for row in &batch {
                let claim = match self.requests.answer(row.entry_id, Some(row.requested_at), &values(row)) {
                    Ok(claim) => claim,
                    Err(finding) => {
                        return Ok(Err(RowFinding {
                            row: row.id.to_string(),
                            ..finding
                        }));
                    }
                };
                let version = row.seal_id.and_then(|id| known.by_id.get(&id)).map(|seal| seal.version);
                if let (Some(stated), Some(version)) = (self.verdicts.get(&row.id), version) {
                    opened.verdicts.insert(stated.entry, version);
                }
                let half = half_of(tx, row.seal_id).await?;
                let checked = self.check_row(facts, known, row, &claim, half.as_deref());
                if let Err((entry, defect)) = checked {
                    return Ok(Err(RowFinding::new(TABLE, row.id, Some(entry), defect)));
                }
                opened.requests.insert(row.id, claim.index);
            }
        }
        if let Err(finding) = self.requests.finish(facts) {
            return Ok(Err(finding));
        }
        let is_gone = |stated: &Stated| (stated.claim.case).is_some_and(|case| facts.erased_cases.contains_key(&case));
        let left = self.verdicts.into_iter().filter(|(_, stated)| !is_gone(stated));
        Ok(match left.min_by_key(|(_, stated)| stated.claim.index) {
            Some((unseal, stated)) => {
                let index = Some(stated.claim.index);
                Err(RowFinding::new(TABLE, unseal, index, RowDefect::Missing))
            }
            None => Ok(opened),
        })
    }

    fn check_row(
        &mut self,
        facts: &Facts,
        known: &KnownSeals,
        row: &Unseal,
        claim: &Claim,
        half: Option<&[u8]>,
    ) -> std::result::Result<(), (u64, RowDefect)> {
        let must = |holds: bool, index, defect| if holds { Ok(()) } else { Err((index, defect)) };
        let request = UnsealRequest::read(&row.request).map_err(|_| (claim.index, RowDefect::Changed))?;
        let seal = row.seal_id.and_then(|id| known.by_id.get(&id));
        must(
            seal.is_some_and(|seal| seal.manifest == request.manifest && seal.case == row.case_id),
            claim.index,
            RowDefect::Changed,
        )?;
        let opening = facts.witness.openings.get(&claim.index);
        let answer = self.answers.get(&row.entry_id).copied();
        let state = answer.map_or(UnsealState::Requested, |answer| answer.state);
        let index = answer.map_or(claim.index, |answer| answer.index);
        must(row.state == state, index, RowDefect::Changed)?;
        let is_contradicted = state == UnsealState::Refused && opening.is_some();
        let is_foreign = answer.is_some_and(|answer| answer.is_foreign);
        must(!is_contradicted || is_foreign, index, RowDefect::ReleasedInJournal)?;
        self.check_verdict(facts, row, claim.index)?;
        let is_letter = looks_like_one(&row.witness_letter);
        let is_as_asked = match (opening, half.filter(|half| !half.is_empty())) {
            (Some(opening), Some(half)) => order_of(facts, opening, row, &request, half) == opening.order,
            _ => true,
        };
        must(is_letter && is_as_asked, claim.index, RowDefect::OrderDiffers)
    }

    fn check_verdict(
        &mut self,
        facts: &Facts,
        row: &Unseal,
        request: u64,
    ) -> std::result::Result<(), (u64, RowDefect)> {
        let stated = self.verdicts.remove(&row.id);
        let index = stated.map_or(request, |stated| stated.claim.index);
        let by = Claim::new(0, None, 0, &(Some(row.case_id), Actor::Staff(row.officer_id)));
        let is_same = match (stated, row.verdict, row.decided_at) {
            (None, None, None) => row.checks.is_none(),
            (Some(stated), Some(verdict), Some(at)) => {
                let is_erased = facts.is_erased_after(row.case_id, stated.claim.index);
                let has_checks = row.checks.as_deref().is_some_and(looks_like_one);
                stated.verdict == verdict
                    && stated.claim.says_as(&by)
                    && is_same_act(at, stated.claim.time)
                    && has_checks != is_erased
            }
            _ => false,
        };
        if is_same {
            Ok(())
        } else {
            Err((index, RowDefect::Changed))
        }
    }
}

/// Returns the witness's half of a seal.
async fn half_of(tx: &mut Tx, seal: Option<SealId>) -> Result<Option<Vec<u8>>> {
    let Some(seal) = seal else { return Ok(None) };
    Ok(seals::by_id(tx, seal).await?.map(|seal| seal.witness_half))
}

/// Returns the hash of an order as the witness journals it (`docs/PROTOCOL.md`, section 11).
fn order_of(facts: &Facts, opening: &Opening, row: &Unseal, request: &UnsealRequest, half: &[u8]) -> Hash32 {
    let order = Transcript::new("unseal-order", facts.instance)
        .field(opening.leaf.as_bytes())
        .field(request.manifest.as_bytes())
        .field(&row.witness_letter)
        .field(half);
    Hash32::of(&order)
}
