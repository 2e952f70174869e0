//! The officers' desk: validation requests, unseals and letters; also the history of a case's decisions.

use sqlx::FromRow;

use super::error::{Result, expect_rows};
use super::tx::Tx;
use crate::domain::clock::UnixSeconds;
use crate::domain::facets::Verdict;
use crate::domain::ids::{CaseId, EntryId, LetterId, RecordId, SealId, StaffId, UnsealId, ValidationId};
use crate::domain::state::{UnsealState, ValidationState};

/// A request of an area to validate an identity. A case has at most one that is open.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Validation {
    pub id: ValidationId,
    pub case_id: CaseId,
    pub requested_by: StaffId,
    pub requested_at: UnixSeconds,
    pub expires_at: UnixSeconds,
    /// The request's stored bytes, as signed.
    pub payload: Vec<u8>,
    /// The entry that carries request and signature.
    pub entry_id: EntryId,
    /// Sealed to the desk.
    pub letter: Vec<u8>,
    pub state: ValidationState,
}

/// Inserts a request; `Error::is_duplicate` when the case has an open one.
pub async fn insert_validation(tx: &mut Tx, new: &Validation) -> Result<()> {
    let rows = execute!(
        tx,
        "INSERT INTO validation_request (id, case_id, requested_by, requested_at, expires_at, payload, entry_id,
                                         letter, state)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        new.id,
        new.case_id,
        new.requested_by,
        new.requested_at,
        new.expires_at,
        new.payload.as_slice(),
        new.entry_id,
        new.letter.as_slice(),
        new.state,
    );
    expect_rows("insert validation request", 1, rows)
}

pub async fn open_validation_of(tx: &mut Tx, case: CaseId) -> Result<Option<Validation>> {
    Ok(fetch_optional!(
        Validation,
        tx,
        "SELECT id, case_id, requested_by, requested_at, expires_at, payload, entry_id, letter, state
         FROM validation_request WHERE case_id = $1 AND state = 'open'",
        case
    ))
}

/// Lists the validation requests of a case, oldest first.
pub async fn validations_of(tx: &mut Tx, case: CaseId) -> Result<Vec<Validation>> {
    Ok(fetch_all!(
        Validation,
        tx,
        "SELECT id, case_id, requested_by, requested_at, expires_at, payload, entry_id, letter, state
         FROM validation_request WHERE case_id = $1 ORDER BY requested_at, id",
        case
    ))
}

/// Closes the open validation request of a case.
pub async fn settle_validations(tx: &mut Tx, case: CaseId) -> Result<()> {
    execute!(
        tx,
        "UPDATE validation_request SET state = 'done' WHERE case_id = $1 AND state = 'open'",
        case
    );
    Ok(())
}

/// One unseal, from request to verdict.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Unseal {
    pub id: UnsealId,
    pub case_id: CaseId,
    /// None once the identity is erased.
    pub seal_id: Option<SealId>,
    pub officer_id: StaffId,
    /// The purpose's class; its text is a letter.
    pub class: String,
    /// The request's stored bytes, as signed.
    pub request: Vec<u8>,
    pub request_hash: Vec<u8>,
    pub signature: Vec<u8>,
    /// The purpose, sealed to the witness.
    pub witness_letter: Vec<u8>,
    pub entry_id: EntryId,
    pub requested_at: UnixSeconds,
    pub state: UnsealState,
    pub verdict: Option<Verdict>,
    /// The officer's checks, a letter to the desk.
    pub checks: Option<Vec<u8>>,
    pub decided_at: Option<UnixSeconds>,
}

/// Inserts a request to unseal; `Error::is_duplicate` when the same request was made before.
pub async fn insert_unseal(tx: &mut Tx, new: &Unseal) -> Result<()> {
    let rows = execute!(
        tx,
        "INSERT INTO unseal (id, case_id, seal_id, officer_id, class, request, request_hash, signature, witness_letter,
                             entry_id, requested_at, state, verdict, checks, decided_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
        new.id,
        new.case_id,
        new.seal_id,
        new.officer_id,
        new.class.as_str(),
        new.request.as_slice(),
        new.request_hash.as_slice(),
        new.signature.as_slice(),
        new.witness_letter.as_slice(),
        new.entry_id,
        new.requested_at,
        new.state,
        new.verdict,
        new.checks.as_deref(),
        new.decided_at,
    );
    expect_rows("insert unseal", 1, rows)
}

pub async fn unseal(tx: &mut Tx, id: UnsealId) -> Result<Option<Unseal>> {
    Ok(fetch_optional!(
        Unseal,
        tx,
        "SELECT id, case_id, seal_id, officer_id, class, request, request_hash, signature, witness_letter,
                entry_id, requested_at, state, verdict, checks, decided_at
         FROM unseal WHERE id = $1",
        id
    ))
}

/// Lists the unseals of a case, oldest first; the reporter's page shows them.
pub async fn unseals_of(tx: &mut Tx, case: CaseId) -> Result<Vec<Unseal>> {
    Ok(fetch_all!(
        Unseal,
        tx,
        "SELECT id, case_id, seal_id, officer_id, class, request, request_hash, signature, witness_letter,
                entry_id, requested_at, state, verdict, checks, decided_at
         FROM unseal WHERE case_id = $1 ORDER BY requested_at, id",
        case
    ))
}

/// Lists the unseals that an officer received and has not concluded, oldest first.
pub async fn undecided_unseals(tx: &mut Tx, officer: StaffId) -> Result<Vec<Unseal>> {
    Ok(fetch_all!(
        Unseal,
        tx,
        "SELECT id, case_id, seal_id, officer_id, class, request, request_hash, signature, witness_letter,
                entry_id, requested_at, state, verdict, checks, decided_at
         FROM unseal WHERE officer_id = $1 AND state = 'released' AND verdict IS NULL
         ORDER BY requested_at, id",
        officer
    ))
}

/// Lists the unseals that wait for the witness, oldest first.
pub async fn requested_unseals(tx: &mut Tx) -> Result<Vec<Unseal>> {
    Ok(fetch_all!(
        Unseal,
        tx,
        "SELECT id, case_id, seal_id, officer_id, class, request, request_hash, signature, witness_letter,
                entry_id, requested_at, state, verdict, checks, decided_at
         FROM unseal WHERE state = 'requested' ORDER BY requested_at, id"
    ))
}

/// Lists unseals that the witness released, newest first, before the unseal of a page's end.
pub async fn released_unseals(tx: &mut Tx, before: Option<(UnixSeconds, UnsealId)>, limit: i64) -> Result<Vec<Unseal>> {
    let at = before.map_or(i64::MAX, |(at, _)| at);
    // Without an end no unseal is that new, so that the id does not matter.
    let id = before.map(|(_, id)| id);
    Ok(fetch_all!(
        Unseal,
        tx,
        "SELECT id, case_id, seal_id, officer_id, class, request, request_hash, signature, witness_letter,
                entry_id, requested_at, state, verdict, checks, decided_at
         FROM unseal WHERE state = 'released' AND (requested_at < $1 OR (requested_at = $1 AND id < $2))
         ORDER BY requested_at DESC, id DESC LIMIT $3",
        at,
        id,
        limit
    ))
}

/// Stores the witness's answer.
pub async fn answer_unseal(tx: &mut Tx, id: UnsealId, state: UnsealState) -> Result<()> {
    let rows = execute!(
        tx,
        "UPDATE unseal SET state = $1 WHERE id = $2 AND state = 'requested'",
        state,
        id
    );
    expect_rows("answer unseal", 1, rows)
}

/// Stores the officer's verdict on a released unseal, once.
pub async fn decide_unseal(tx: &mut Tx, id: UnsealId, verdict: Verdict, checks: &[u8], now: UnixSeconds) -> Result<()> {
    let rows = execute!(
        tx,
        "UPDATE unseal SET verdict = $1, checks = $2, decided_at = $3
         WHERE id = $4 AND state = 'released' AND verdict IS NULL",
        verdict,
        checks,
        now,
        id,
    );
    expect_rows("decide unseal", 1, rows)
}

/// One addressee's copy of a letter.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Letter {
    pub id: LetterId,
    pub case_id: CaseId,
    /// `purpose` or `verified-purpose`
    pub kind: String,
    pub to_staff: StaffId,
    /// The `unseal.requested` entry whose commitment the letter opens.
    pub entry_id: EntryId,
    /// An age file to the addressee.
    pub file: Vec<u8>,
}

pub async fn insert_letter(tx: &mut Tx, new: &Letter) -> Result<()> {
    let rows = execute!(
        tx,
        "INSERT INTO letter (id, case_id, kind, to_staff, entry_id, file) VALUES ($1, $2, $3, $4, $5, $6)",
        new.id,
        new.case_id,
        new.kind.as_str(),
        new.to_staff,
        new.entry_id,
        new.file.as_slice(),
    );
    expect_rows("insert letter", 1, rows)
}

/// Lists one addressee's copies of the letters of an entry.
pub async fn letters_for(tx: &mut Tx, entry: EntryId, staff: StaffId) -> Result<Vec<Letter>> {
    Ok(fetch_all!(
        Letter,
        tx,
        "SELECT id, case_id, kind, to_staff, entry_id, file
         FROM letter WHERE entry_id = $1 AND to_staff = $2 ORDER BY id",
        entry,
        staff
    ))
}

/// Lists all letters of a kind, by entry and addressee.
pub async fn letters_of_kind(tx: &mut Tx, kind: &str) -> Result<Vec<Letter>> {
    Ok(fetch_all!(
        Letter,
        tx,
        "SELECT id, case_id, kind, to_staff, entry_id, file
         FROM letter WHERE kind = $1 ORDER BY entry_id, to_staff, id",
        kind
    ))
}

/// Lists the letters to one addressee.
pub async fn letters_to(tx: &mut Tx, staff: StaffId) -> Result<Vec<Letter>> {
    Ok(fetch_all!(
        Letter,
        tx,
        "SELECT id, case_id, kind, to_staff, entry_id, file
         FROM letter WHERE to_staff = $1 ORDER BY entry_id, id",
        staff
    ))
}

/// A decision in a case's history; the written reason is a sealed record.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct CaseEvent {
    /// The audit entry of the same decision.
    pub id: EntryId,
    pub case_id: CaseId,
    pub at: UnixSeconds,
    pub staff_id: Option<StaffId>,
    /// `state`, `validation_requested` or `verdict`.
    pub what: String,
    pub old_value: Option<String>,
    pub new_value: Option<String>,
    pub record_id: Option<RecordId>,
}

pub async fn insert_event(tx: &mut Tx, new: &CaseEvent) -> Result<()> {
    let rows = execute!(
        tx,
        "INSERT INTO case_event (id, case_id, at, staff_id, what, old_value, new_value, record_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        new.id,
        new.case_id,
        new.at,
        new.staff_id,
        new.what.as_str(),
        new.old_value.as_deref(),
        new.new_value.as_deref(),
        new.record_id,
    );
    expect_rows("insert case event", 1, rows)
}

/// Lists the history of a case, oldest first.
pub async fn events_of(tx: &mut Tx, case: CaseId) -> Result<Vec<CaseEvent>> {
    Ok(fetch_all!(
        CaseEvent,
        tx,
        "SELECT id, case_id, at, staff_id, what, old_value, new_value, record_id
         FROM case_event WHERE case_id = $1 ORDER BY at, id",
        case
    ))
}
