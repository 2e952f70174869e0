//! Officers' checks of an identity and attempts to reach the reporter, each with its time and class.

use sqlx::FromRow;

use super::error::{Result, expect_rows};
use super::tx::Tx;
use crate::domain::clock::UnixSeconds;
use crate::domain::desk::Outcome;
use crate::domain::ids::{CaseId, CheckingId, SealId, StaffId, UnsealId};

/// One check or attempt.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Checking {
    pub id: CheckingId,
    pub case_id: CaseId,
    pub unseal_id: UnsealId,
    pub officer_id: StaffId,
    /// A code of the profile.
    pub what: String,
    pub outcome: Outcome,
    /// The time of the check, to the minute.
    pub made_at: UnixSeconds,
    pub noted_at: UnixSeconds,
    /// A letter to the desk.
    pub note: Option<Vec<u8>>,
}

/// Inserts a check; `Error::is_duplicate` when it is there already.
pub async fn insert(tx: &mut Tx, new: &Checking) -> Result<()> {
    let rows = execute!(
        tx,
        "INSERT INTO checking (id, case_id, unseal_id, officer_id, what, outcome, made_at, noted_at, note)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        new.id,
        new.case_id,
        new.unseal_id,
        new.officer_id,
        new.what.as_str(),
        new.outcome,
        new.made_at,
        new.noted_at,
        new.note.as_deref(),
    );
    expect_rows("insert check", 1, rows)
}

/// Lists the checks of a case, in the order in which they were made.
pub async fn of_case(tx: &mut Tx, case: CaseId) -> Result<Vec<Checking>> {
    Ok(fetch_all!(
        Checking,
        tx,
        "SELECT id, case_id, unseal_id, officer_id, what, outcome, made_at, noted_at, note
         FROM checking WHERE case_id = $1 ORDER BY made_at, noted_at, id",
        case
    ))
}

/// Lists the checks made in any unseal of one version of the identity.
pub async fn of_seal(tx: &mut Tx, seal: SealId) -> Result<Vec<Checking>> {
    Ok(fetch_all!(
        Checking,
        tx,
        "SELECT c.id, c.case_id, c.unseal_id, c.officer_id, c.what, c.outcome, c.made_at, c.noted_at, c.note
         FROM checking c JOIN unseal u ON u.id = c.unseal_id
         WHERE u.seal_id = $1 ORDER BY c.made_at, c.noted_at, c.id",
        seal
    ))
}
