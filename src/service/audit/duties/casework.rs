//! Cases: texts and files of staff, the history of decisions, recusals, and the state that a case has by them.

use std::collections::HashMap;

use uuid::Uuid;

use super::claims::{Claim, Claims};
use super::facts::{BATCH_SIZE, Facts, detail};
use super::seals::KnownSeals;
use crate::audit::entry::{Act, Actor, Entry};
use crate::audit::verify::{RowDefect, RowFinding};
use crate::domain::clock::UnixSeconds;
use crate::domain::day::Day;
use crate::domain::facets::{RecordKind, Verdict};
use crate::domain::ids::{AttachmentId, CaseId, EntryId, InstanceId, LetterId, RecordId, StaffId};
use crate::domain::state::State;
use crate::service::error::Result;
use crate::store::Tx;
use crate::store::desk::CaseEvent;
use crate::store::evidence::{self, CaseRow};
use crate::store::recusal::Recusal;
use crate::vault::agefile::looks_like_one;
use crate::vault::envelope::Author;
use crate::vault::hash::Hash32;
use crate::vault::payload::Payload as _;
use crate::vault::recusal::RecusalPayload;

type Checked = std::result::Result<(), RowFinding>;

const DAY_SECONDS: i64 = 24 * 3600;

/// Returns true if a day may be that of a time, in any time zone.
const fn is_day_of(day: Day, at: UnixSeconds) -> bool {
    day.0.abs_diff(at.div_euclid(DAY_SECONDS)) <= 1
}

/// A verdict that went to its case.
#[derive(Debug)]
struct VerdictEvent {
    index: u64,
    at: UnixSeconds,
    row: EntryId,
    old: Option<String>,
    new: Option<String>,
}

/// Verdicts that settled the requests of their cases.
#[derive(Debug, Default)]
pub(super) struct Settled {
    verdicts: HashMap<CaseId, Vec<VerdictEvent>>,
}

impl Settled {
    pub(super) fn last_verdict(&self, case: CaseId) -> Option<u64> {
        self.verdicts.get(&case)?.last().map(|event| event.index)
    }

    pub(super) fn was_verdict_at(&self, case: CaseId, at: UnixSeconds) -> bool {
        let events = self.verdicts.get(&case).into_iter().flatten();
        events.into_iter().any(|event| super::claims::is_same_act(event.at, at))
    }

    fn verdict(&self, case: CaseId) -> Option<&str> {
        self.verdicts.get(&case)?.last()?.new.as_deref()
    }
}

/// Facts of the log about one case.
#[derive(Debug, Default)]
struct CaseFacts {
    /// The first entry about the case.
    index: u64,
    state: Option<State>,
    closed_at: Option<UnixSeconds>,
    first_message_at: Option<UnixSeconds>,
    /// Positions of its records: how many, and the largest.
    records: (i64, i64),
    attachments: (i64, i64),
}

/// Facts of the log about cases.
#[derive(Debug)]
pub(super) struct Casework {
    cases: HashMap<CaseId, CaseFacts>,
    records: Claims<RecordId>,
    attachments: Claims<AttachmentId>,
    /// Hashes of sealed bodies that entries name, by record or attachment.
    bodies: HashMap<Uuid, Hash32>,
    events: Claims<EntryId>,
    /// Events of verdicts are absent where the reporter had corrected the identity meanwhile.
    verdicts: HashMap<EntryId, CaseId>,
    recusals: Claims<EntryId>,
}

fn author_of(actor: Actor) -> String {
    match actor {
        Actor::Staff(id) => Author::Staff(id).to_string(),
        Actor::System | Actor::Nobody | Actor::Authority => String::new(),
    }
}

impl Casework {
    pub(super) fn new() -> Self {
        Self {
            cases: HashMap::new(),
            records: Claims::new("record"),
            attachments: Claims::new("attachment"),
            bodies: HashMap::new(),
            events: Claims::new("case_event"),
            verdicts: HashMap::new(),
            recusals: Claims::new("recusal"),
        }
    }

    pub(super) fn note(&mut self, instance: InstanceId, index: u64, entry: &Entry) {
        let Some(case) = entry.case else { return };
        // Access to a case that does not exist is denied, too.
        if entry.act == Act::AccessDenied {
            return;
        }
        let facts = self.cases.entry(case).or_insert_with(|| CaseFacts {
            index,
            ..CaseFacts::default()
        });
        let (author, by) = (author_of(entry.actor), staff_of(entry.actor));
        let record: Option<RecordId> = detail(entry, "record");
        let kind = match entry.act {
            Act::CaseMessage => Some(RecordKind::Message),
            Act::CaseNote => Some(RecordKind::Note),
            Act::CaseStateChanged => Some(RecordKind::Reason),
            _ => None,
        };
        if let (Some(record), Some(kind)) = (record, kind) {
            let claim = Claim::new(index, Some(case), entry.time, &(case, kind, &author));
            self.records.add(record, claim);
        }
        let sealed = record.map(|id| id.as_uuid());
        let attached: Option<AttachmentId> = detail(entry, "attachment");
        let attached = attached.filter(|_| entry.act == Act::CaseAttachment);
        let sealed = sealed.or(attached.map(|id| id.as_uuid()));
        if let (Some(sealed), Some(hash)) = (sealed, detail(entry, "hash")) {
            self.bodies.insert(sealed, hash);
        }
        match entry.act {
            Act::CaseMessage => {
                facts.first_message_at.get_or_insert(entry.time);
            }
            Act::CaseStateChanged => {
                let (from, to): (Option<State>, Option<State>) = (detail(entry, "from"), detail(entry, "to"));
                facts.state = to;
                facts.closed_at = (to == Some(State::Closed)).then_some(entry.time);
                let texts = (from.map(|state| state.to_string()), to.map(|state| state.to_string()));
                let values = (case, by, "state", texts, record);
                self.events
                    .add(entry.id, Claim::new(index, Some(case), entry.time, &values));
            }
            Act::ValidationRequested => {
                let values = (
                    case,
                    by,
                    "validation_requested",
                    (None::<String>, None::<String>),
                    None::<RecordId>,
                );
                self.events
                    .add(entry.id, Claim::new(index, Some(case), entry.time, &values));
            }
            Act::VerdictStated => {
                let verdict: Option<Verdict> = detail(entry, "verdict");
                let texts = (None::<String>, verdict.map(|verdict| verdict.to_string()));
                let values = (case, by, "verdict", texts, None::<RecordId>);
                self.events
                    .add(entry.id, Claim::new(index, Some(case), entry.time, &values));
                self.verdicts.insert(entry.id, case);
            }
            Act::CaseAttachment => {
                if let Some(attachment) = detail(entry, "attachment") {
                    let claim = Claim::new(index, Some(case), entry.time, &(case, &author));
                    self.attachments.add(attachment, claim);
                }
            }
            Act::CaseRecused => {
                let signed = entry.signed.as_ref();
                let payload = signed.and_then(|signed| RecusalPayload::read(instance, &signed.payload.0).ok());
                let letter: Option<LetterId> = payload.map(|payload| payload.letter);
                let claim = Claim::new(index, Some(case), entry.time, &(letter, case, by));
                self.recusals.add(entry.id, claim);
            }
            _ => {}
        }
    }

    /// Holds the rows of cases against the log.
    pub(super) async fn check(
        mut self,
        tx: &mut Tx,
        facts: &Facts,
        known: &KnownSeals,
        stated: &HashMap<EntryId, i64>,
    ) -> Result<std::result::Result<Settled, RowFinding>> {
        let settled = match self.check_events(tx, facts, known, stated).await? {
            Ok(settled) => settled,
            Err(finding) => return Ok(Err(finding)),
        };
        for checked in [
            self.check_records(tx, facts).await?,
            self.check_attachments(tx, facts).await?,
            self.check_recusals(tx, facts).await?,
            self.check_cases(tx, facts, &settled).await?,
        ] {
            if let Err(finding) = checked {
                return Ok(Err(finding));
            }
        }
        Ok(Ok(settled))
    }

    async fn check_events(
        &mut self,
        tx: &mut Tx,
        facts: &Facts,
        known: &KnownSeals,
        stated: &HashMap<EntryId, i64>,
    ) -> Result<std::result::Result<Settled, RowFinding>> {
        let mut events = std::mem::replace(&mut self.events, Claims::new("case_event"));
        let mut settled = Settled::default();
        let mut after = Uuid::nil();
        loop {
            let batch = evidence::events(tx, after, BATCH_SIZE).await?;
            let Some(last) = batch.last() else { break };
            after = last.id.as_uuid();
            for row in &batch {
                let claim = match events.answer(row.id, Some(row.at), &values_of(row)) {
                    Ok(claim) => claim,
                    Err(finding) => return Ok(Err(finding)),
                };
                if row.what == "verdict" {
                    settled.verdicts.entry(row.case_id).or_default().push(VerdictEvent {
                        index: claim.index,
                        at: row.at,
                        row: row.id,
                        old: row.old_value.clone(),
                        new: row.new_value.clone(),
                    });
                }
            }
        }
        for verdicts in settled.verdicts.values_mut() {
            verdicts.sort_by_key(|event| event.index);
            let mut before: Option<String> = None;
            for event in verdicts.iter() {
                if event.old != before {
                    let index = Some(event.index);
                    return Ok(Err(RowFinding::new("case_event", event.row, index, RowDefect::Changed)));
                }
                before.clone_from(&event.new);
            }
        }
        // A verdict on a version that was corrected meanwhile stays with its unseal.
        for (entry, case) in &self.verdicts {
            let newest = known.newest.get(case).copied().unwrap_or_default();
            if stated.get(entry).is_none_or(|version| *version < newest) {
                events.drop_claim(entry);
            }
        }
        Ok(events.finish(facts).map(|()| settled))
    }

    /// Returns true unless an entry names another body.
    fn is_body(&self, id: Uuid, body: &[u8]) -> bool {
        self.bodies.get(&id).is_none_or(|hash| *hash == Hash32::of_bytes(body))
    }

    async fn check_records(&mut self, tx: &mut Tx, facts: &Facts) -> Result<Checked> {
        let mut records = std::mem::replace(&mut self.records, Claims::new("record"));
        let mut after = Uuid::nil();
        loop {
            let batch = evidence::records(tx, after, BATCH_SIZE).await?;
            let Some(last) = batch.last() else { break };
            after = last.id.as_uuid();
            for row in &batch {
                let is_own = row.author == Author::Reporter.to_string();
                let is_sound = if is_own {
                    let may_write = !matches!(row.kind, RecordKind::Note | RecordKind::Reason);
                    may_write && row.at.is_none()
                } else {
                    let values = (row.case_id, row.kind, &row.author);
                    if let Err(finding) = records.answer(row.id, row.at, &values) {
                        return Ok(Err(finding));
                    }
                    row.at.is_some_and(|at| is_day_of(row.day, at))
                };
                if !is_sound || !self.is_body(row.id.as_uuid(), &row.body) {
                    return Ok(Err(RowFinding::new("record", row.id, None, RowDefect::Changed)));
                }
                let positions = &mut self.cases.entry(row.case_id).or_default().records;
                *positions = (positions.0 + 1, positions.1.max(row.position));
            }
        }
        Ok(records.finish(facts))
    }

    async fn check_attachments(&mut self, tx: &mut Tx, facts: &Facts) -> Result<Checked> {
        let mut attachments = std::mem::replace(&mut self.attachments, Claims::new("attachment"));
        let mut after = Uuid::nil();
        loop {
            let batch = evidence::attachments(tx, after, BATCH_SIZE).await?;
            let Some(last) = batch.last() else { break };
            after = last.id.as_uuid();
            for row in &batch {
                let is_sound = if row.author == Author::Reporter.to_string() {
                    row.at.is_none()
                } else {
                    if let Err(finding) = attachments.answer(row.id, row.at, &(row.case_id, &row.author)) {
                        return Ok(Err(finding));
                    }
                    row.at.is_some_and(|at| is_day_of(row.day, at))
                };
                if !is_sound || !self.is_body(row.id.as_uuid(), &row.body) {
                    return Ok(Err(RowFinding::new("attachment", row.id, None, RowDefect::Changed)));
                }
                let positions = &mut self.cases.entry(row.case_id).or_default().attachments;
                *positions = (positions.0 + 1, positions.1.max(row.position));
            }
        }
        Ok(attachments.finish(facts))
    }

    async fn check_recusals(&mut self, tx: &mut Tx, facts: &Facts) -> Result<Checked> {
        let mut recusals = std::mem::replace(&mut self.recusals, Claims::new("recusal"));
        let mut after = Uuid::nil();
        loop {
            let batch = evidence::recusals(tx, after, BATCH_SIZE).await?;
            let Some(last) = batch.last() else { break };
            after = last.id.as_uuid();
            for row in &batch {
                let values = (Some(row.id), row.case_id, Some(row.staff_id));
                let claim = match recusals.answer(row.entry_id, Some(row.at), &values) {
                    Ok(claim) => claim,
                    Err(finding) => return Ok(Err(finding)),
                };
                if !is_recusal_readable(row, facts) {
                    let index = Some(claim.index);
                    return Ok(Err(RowFinding::new("recusal", row.id, index, RowDefect::Changed)));
                }
            }
        }
        Ok(recusals.finish(facts))
    }

    async fn check_cases(&mut self, tx: &mut Tx, facts: &Facts, settled: &Settled) -> Result<Checked> {
        let mut cases = std::mem::take(&mut self.cases);
        let mut after = Uuid::nil();
        loop {
            let batch = evidence::cases(tx, after, BATCH_SIZE).await?;
            let Some(last) = batch.last() else { break };
            after = last.case.id.as_uuid();
            for row in &batch {
                let id = row.case.id;
                if let Some(erased) = facts.erased_cases.get(&id) {
                    let index = Some(erased.index);
                    return Ok(Err(RowFinding::new("cases", id, index, RowDefect::NotErased)));
                }
                let told = cases.remove(&id).unwrap_or_default();
                if !is_case_sound(row, &told, settled) {
                    return Ok(Err(RowFinding::new("cases", id, None, RowDefect::Changed)));
                }
            }
        }
        let left = cases.into_iter().filter(|(id, _)| !facts.erased_cases.contains_key(id));
        Ok(match left.min_by_key(|(_, told)| told.index) {
            Some((id, told)) => Err(RowFinding::new("cases", id, Some(told.index), RowDefect::Missing)),
            None => Ok(()),
        })
    }
}

fn staff_of(actor: Actor) -> Option<StaffId> {
    match actor {
        Actor::Staff(id) => Some(id),
        Actor::System | Actor::Nobody | Actor::Authority => None,
    }
}

/// The values of an event that its entry fixes. The verdict before stands in the event before.
fn values_of(row: &CaseEvent) -> impl std::fmt::Debug {
    let old = row.old_value.clone().filter(|_| row.what != "verdict");
    (
        row.case_id,
        row.staff_id,
        row.what.clone(),
        (old, row.new_value.clone()),
        row.record_id,
    )
}

/// The reason of a recusal is sealed to the desk for an officer, and to one of the member's areas for others.
fn is_recusal_readable(row: &Recusal, facts: &Facts) -> bool {
    let mut member_of = facts.rosters.iter().filter_map(|roster| roster.member(row.staff_id));
    looks_like_one(&row.letter) && member_of.any(|member| member.areas.contains(&row.area))
}

/// A case has the state, verdict and days that follow from the log.
fn is_case_sound(row: &CaseRow, told: &CaseFacts, settled: &Settled) -> bool {
    let case = &row.case;
    let state = told.state.unwrap_or(State::Received);
    // An addition by the reporter ends the waiting, and is no entry.
    let is_state = case.state == state || (state == State::WaitingForReporter && case.state == State::InReview);
    let is_then = |day: Option<Day>, at: Option<UnixSeconds>| match (day, at) {
        (Some(day), Some(at)) => is_day_of(day, at),
        (None, None) => true,
        _ => false,
    };
    is_state
        && is_then(case.closed_on, told.closed_at)
        && is_then(case.responded_on, told.first_message_at)
        && case.verdict.map(Verdict::as_str) == settled.verdict(case.id)
        && row.due_by == case.due_by()
        && told.records.0 == told.records.1
        && told.attachments.0 == told.attachments.1
}
