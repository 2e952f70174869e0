//! Verifications of the whole audit log that auditors asked for on its page: how far they are and what they found.

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
    /// Whoever gives no sign of life until then has broken off.
    pub alive_until: UnixSeconds,
    pub finished_at: Option<UnixSeconds>,
    pub tree_size: i64,
    /// Entries so far.
    pub checked: i64,
    pub outcome: VerificationOutcome,
    /// Of a good one: how many entries stand under a countersigned checkpoint.
    pub witnessed: Option<i64>,
    /// Of a bad one: the first bad entry; none when it is the journal.
    pub bad_entry: Option<i64>,
    /// Code of what is wrong.
    pub what: Option<String>,
}

/// Begins one. Those that gave no sign of life are over; whether there is another one at work, which is let alone.
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

/// How far it is.
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

/// What came of it.
pub async fn finish(tx: &mut Tx, done: &Verification) -> Result<()> {
    let rows = execute!(
        tx,
        "UPDATE log_verification SET finished_at = $1, tree_size = $2, checked = $3, outcome = $4, witnessed = $5,
                                     bad_entry = $6, what = $7
         WHERE id = $8 AND outcome = 'running'",
        done.finished_at,
        done.tree_size,
        done.checked,
        done.outcome,
        done.witnessed,
        done.bad_entry,
        done.what.as_deref(),
        done.id,
    );
    expect_rows("finish verification", 1, rows)
}

/// The newest, newest first.
pub async fn latest(tx: &mut Tx, limit: i64) -> Result<Vec<Verification>> {
    Ok(fetch_all!(
        tx,
        "SELECT * FROM log_verification ORDER BY started_at DESC, id DESC LIMIT $1",
        limit
    ))
}
