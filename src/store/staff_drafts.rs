//! Drafts of members: text typed on a case's page and not sent. The browser seals it to its author.

use sqlx::FromRow;

use super::error::{Result, expect_rows};
use super::tx::Tx;
use crate::domain::clock::UnixSeconds;
use crate::domain::facets::DraftField;
use crate::domain::ids::{CaseId, StaffId};

/// One field's draft.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct StaffDraft {
    pub field: DraftField,
    /// An age file to the member.
    pub body: Vec<u8>,
    pub at: UnixSeconds,
}

/// Stores a draft in place of the previous one.
pub async fn put(tx: &mut Tx, member: StaffId, case: CaseId, draft: &StaffDraft) -> Result<()> {
    let rows = execute!(
        tx,
        "INSERT INTO staff_draft (staff_id, case_id, field, body, at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (staff_id, case_id, field) DO UPDATE SET body = excluded.body, at = excluded.at",
        member,
        case,
        draft.field,
        draft.body.as_slice(),
        draft.at,
    );
    expect_rows("put draft", 1, rows)
}

/// Lists a member's drafts on a case, by field.
pub async fn of_case(tx: &mut Tx, member: StaffId, case: CaseId) -> Result<Vec<StaffDraft>> {
    Ok(fetch_all!(
        StaffDraft,
        tx,
        "SELECT field, body, at FROM staff_draft WHERE staff_id = $1 AND case_id = $2 ORDER BY field",
        member,
        case
    ))
}

/// Deletes a draft, if there is one: it was sent, or its author discarded it.
pub async fn discard(tx: &mut Tx, member: StaffId, case: CaseId, field: DraftField) -> Result<()> {
    execute!(
        tx,
        "DELETE FROM staff_draft WHERE staff_id = $1 AND case_id = $2 AND field = $3",
        member,
        case,
        field,
    );
    Ok(())
}

/// Deletes all drafts of a member but the newest `most`.
pub async fn keep_newest(tx: &mut Tx, member: StaffId, most: i64) -> Result<()> {
    execute!(
        tx,
        "DELETE FROM staff_draft WHERE staff_id = $1 AND (case_id, field) NOT IN
             (SELECT case_id, field FROM staff_draft WHERE staff_id = $1 ORDER BY at DESC, case_id, field LIMIT $2)",
        member,
        most,
    );
    Ok(())
}

/// Deletes drafts from before `before`. Returns their number.
pub async fn sweep(tx: &mut Tx, before: UnixSeconds) -> Result<u64> {
    Ok(execute!(tx, "DELETE FROM staff_draft WHERE at < $1", before))
}
