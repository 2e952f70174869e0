//! Verifications of the whole audit log that auditors started on its page: progress and result.

use sqlx::FromRow;

use super::error::{Result, expect_rows};
use super::tx::Tx;
use crate::domain::clock::UnixSeconds;
use crate::domain::ids::{QueuedId, StaffId};
use crate::domain::state::VerificationOutcome;

/// One verification.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Verification {
    pub id: QueuedId,
    pub asked_by: StaffId,
    pub started_at: UnixSeconds,
    /// Heartbeat: without a newer one by then, the run was interrupted.
    pub alive_until: UnixSeconds,
    pub finished_at: Option<UnixSeconds>,
    pub tree_size: i64,
    /// Entries so far.
    pub checked: i64,
    pub outcome: VerificationOutcome,
    /// Good: the number of entries under a countersigned checkpoint.
    pub witnessed: Option<i64>,
    /// Bad: the first bad entry, or the one that a row disagrees with.
    pub bad_entry: Option<i64>,
    /// Bad: table and key of the first row that is not what the log says.
    pub bad_row: Option<String>,
    /// Code of the fault.
    pub what: Option<String>,
}

/// Inserts a running verification, unless another one is running: then it returns false.
///
/// Verifications without a heartbeat are marked as failed first.
pub async fn begin(tx: &mut Tx, new: &Verification) -> Result<bool> {
    execute!(
        tx,
        "UPDATE log_verification SET outcome = 'failed', finished_at = alive_until
         WHERE outcome = 'running' AND alive_until <= $1",
        new.started_at,
    );
    let rows = execute!(
        tx,
        "INSERT INTO log_verification (id, asked_by, started_at, alive_until, tree_size, checked, outcome)
         SELECT $1, $2, $3, $4, $5, 0, 'running'
         WHERE NOT EXISTS (SELECT 1 FROM log_verification WHERE outcome = 'running')",
        new.id,
        new.asked_by,
        new.started_at,
        new.alive_until,
        new.tree_size,
    );
    Ok(rows == 1)
}

/// Stores the progress and a heartbeat.
pub async fn advance(tx: &mut Tx, id: QueuedId, checked: i64, of: i64, alive_until: UnixSeconds) -> Result<()> {
    let rows = execute!(
        tx,
        "UPDATE log_verification SET checked = $1, tree_size = $2, alive_until = $3
         WHERE id = $4 AND outcome = 'running'",
        checked,
        of,
        alive_until,
        id,
    );
    expect_rows("advance verification", 1, rows)
}

/// Stores the result.
pub async fn finish(tx: &mut Tx, done: &Verification) -> Result<()> {
    let rows = execute!(
        tx,
        "UPDATE log_verification SET finished_at = $1, tree_size = $2, checked = $3, outcome = $4, witnessed = $5,
                                     bad_entry = $6, bad_row = $7, what = $8
         WHERE id = $9 AND outcome = 'running'",
        done.finished_at,
        done.tree_size,
        done.checked,
        done.outcome,
        done.witnessed,
        done.bad_entry,
        done.bad_row.as_deref(),
        done.what.as_deref(),
        done.id,
    );
    expect_rows("finish verification", 1, rows)
}

/// Lists the newest verifications, newest first.
pub async fn latest(tx: &mut Tx, limit: i64) -> Result<Vec<Verification>> {
    Ok(fetch_all!(
        Verification,
        tx,
        "SELECT id, asked_by, started_at, alive_until, finished_at, tree_size, checked, outcome, witnessed,
                bad_entry, bad_row, what
         FROM log_verification ORDER BY started_at DESC, id DESC LIMIT $1",
        limit
    ))
}
