//! Requests of reporters about their own personal data. Rows keep the day of the request and nothing finer.

use sqlx::FromRow;

use super::error::{Result, expect_rows};
use super::tx::Tx;
use crate::domain::clock::UnixSeconds;
use crate::domain::day::Day;
use crate::domain::desk::{RequestKind, RequestState};
use crate::domain::ids::{CaseId, EntryId, RequestId, StaffId};

/// One request. A case has at most one of each kind that is open.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct IdentityRequest {
    pub id: RequestId,
    pub case_id: CaseId,
    pub kind: RequestKind,
    pub asked_on: Day,
    /// Of a correction: the version of the seal that it made.
    pub version: Option<i64>,
    pub state: RequestState,
    /// The officer who decided; None also when the request lapsed.
    pub officer_id: Option<StaffId>,
    /// The decision's reason, a code of the profile.
    pub reason: Option<String>,
    pub decided_at: Option<UnixSeconds>,
    /// Of an erasure: the request's stored bytes, as the reporter's key signed them.
    pub request: Option<Vec<u8>>,
    /// The reporter's signature over them.
    pub signature: Option<Vec<u8>>,
    /// The entry of the decision to erase.
    pub decision: Option<EntryId>,
}

/// Inserts a request; `Error::is_duplicate` when the case has an open one of this kind.
pub async fn insert(tx: &mut Tx, new: &IdentityRequest) -> Result<()> {
    let rows = execute!(
        tx,
        "INSERT INTO identity_request (id, case_id, kind, asked_on, version, state, officer_id, reason, decided_at,
                                       request, signature, decision)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        new.id,
        new.case_id,
        new.kind,
        new.asked_on,
        new.version,
        new.state,
        new.officer_id,
        new.reason.as_deref(),
        new.decided_at,
        new.request.as_deref(),
        new.signature.as_deref(),
        new.decision,
    );
    expect_rows("insert identity request", 1, rows)
}

pub async fn by_id(tx: &mut Tx, id: RequestId) -> Result<Option<IdentityRequest>> {
    Ok(fetch_optional!(
        IdentityRequest,
        tx,
        "SELECT id, case_id, kind, asked_on, version, state, officer_id, reason, decided_at,
                request, signature, decision
         FROM identity_request WHERE id = $1",
        id
    ))
}

/// Lists the requests of a case, oldest first.
pub async fn of_case(tx: &mut Tx, case: CaseId) -> Result<Vec<IdentityRequest>> {
    Ok(fetch_all!(
        IdentityRequest,
        tx,
        "SELECT id, case_id, kind, asked_on, version, state, officer_id, reason, decided_at,
                request, signature, decision
         FROM identity_request WHERE case_id = $1 ORDER BY asked_on, version, id",
        case
    ))
}

/// Counts the requests of a kind that a case's reporter made on a day.
pub async fn on_day(tx: &mut Tx, case: CaseId, kind: RequestKind, day: Day) -> Result<i64> {
    Ok(on!(tx, c => {
        sqlx::query_scalar("SELECT count(*) FROM identity_request WHERE case_id = $1 AND kind = $2 AND asked_on = $3")
            .bind(case)
            .bind(kind)
            .bind(day)
            .fetch_one(c)
            .await?
    }))
}

/// Closes the open request of a kind: a later one replaced it, a verdict was stated, or the identity is erased.
pub async fn settle(tx: &mut Tx, case: CaseId, kind: RequestKind, now: Option<UnixSeconds>) -> Result<u64> {
    Ok(execute!(
        tx,
        "UPDATE identity_request SET state = 'done', decided_at = $1 
         WHERE case_id = $2 AND kind = $3 AND state IN ('open', 'erasing')",
        now,
        case,
        kind,
    ))
}

/// Lists the requests whose erasure an officer decided and nobody has finished, oldest first.
pub async fn erasing(tx: &mut Tx) -> Result<Vec<IdentityRequest>> {
    Ok(fetch_all!(
        IdentityRequest,
        tx,
        "SELECT id, case_id, kind, asked_on, version, state, officer_id, reason, decided_at,
                request, signature, decision
         FROM identity_request WHERE state = 'erasing' ORDER BY decided_at, id"
    ))
}

/// Finds the request of a case whose erasure an officer decided and nobody has finished.
pub async fn erasing_of(tx: &mut Tx, case: CaseId) -> Result<Option<IdentityRequest>> {
    Ok(fetch_optional!(
        IdentityRequest,
        tx,
        "SELECT id, case_id, kind, asked_on, version, state, officer_id, reason, decided_at,
                request, signature, decision
         FROM identity_request WHERE case_id = $1 AND state = 'erasing'",
        case
    ))
}

/// Stores an officer's decision to erase; a later one replaces it until the identity is erased.
pub async fn begin_erasure(
    tx: &mut Tx,
    id: RequestId,
    (officer, reason): (StaffId, &str),
    (decision, now): (EntryId, UnixSeconds),
) -> Result<()> {
    let rows = execute!(
        tx,
        "UPDATE identity_request SET state = 'erasing', officer_id = $1, reason = $2, decided_at = $3, decision = $4
         WHERE id = $5 AND state IN ('open', 'erasing')",
        officer,
        reason,
        now,
        decision,
        id,
    );
    expect_rows("begin erasure", 1, rows)
}

/// Stores an officer's decision on an open request.
pub async fn decide(
    tx: &mut Tx,
    id: RequestId,
    state: RequestState,
    (officer, reason): (StaffId, &str),
    now: UnixSeconds,
) -> Result<()> {
    let rows = execute!(
        tx,
        "UPDATE identity_request SET state = $1, officer_id = $2, reason = $3, decided_at = $4
         WHERE id = $5 AND state = 'open'",
        state,
        officer,
        reason,
        now,
        id,
    );
    expect_rows("decide identity request", 1, rows)
}
