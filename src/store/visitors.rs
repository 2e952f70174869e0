//! Visitors' sessions: drafts, the receipt just after submission, follow-up sessions. All bodies are sealed under keys
//! that only the visitor's cookie holds.
//!
//! No row may tell the second at which a reporter acted. So callers round `expires_at` up with `domain::day::round_up`:
//! drafts to `HOUR`, receipts and sessions to `TEN_MINUTES`. The schema refuses anything finer.
//!
//! A submission runs `take_draft`, `cases::insert` and `show_receipt` in one transaction, so that the first of two wins.
//! When `take_draft` returns false, the draft was submitted before, or has expired. `shown_receipt` with the same token
//! hash then has the first one's receipt.

use sqlx::FromRow;

use super::error::{Result, expect_rows};
use super::tx::Tx;
use crate::domain::clock::UnixSeconds;
use crate::domain::ids::CaseId;

/// The answers of an unfinished report.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Draft {
    pub token_hash: Vec<u8>,
    pub body: Vec<u8>,
    /// The number of changes; each change names the one that it follows.
    pub revision: i64,
    pub expires_at: UnixSeconds,
}

/// Finds a draft that has not expired.
pub async fn draft(tx: &mut Tx, token_hash: &[u8], now: UnixSeconds) -> Result<Option<Draft>> {
    Ok(fetch_optional!(
        Draft,
        tx,
        "SELECT token_hash, body, revision, expires_at FROM draft WHERE token_hash = $1 AND expires_at > $2",
        token_hash,
        now
    ))
}

/// Inserts a draft with revision 1; `Error::is_duplicate` when the token has one.
pub async fn insert_draft(tx: &mut Tx, token_hash: &[u8], body: &[u8], expires_at: UnixSeconds) -> Result<()> {
    let rows = execute!(
        tx,
        "INSERT INTO draft (token_hash, body, revision, expires_at) VALUES ($1, $2, 1, $3)",
        token_hash,
        body,
        expires_at,
    );
    expect_rows("insert draft", 1, rows)
}

/// Changes a draft if it is still at `revision`, and increments the revision. Returns false otherwise.
pub async fn update_draft(
    tx: &mut Tx,
    token_hash: &[u8],
    revision: i64,
    body: &[u8],
    expires_at: UnixSeconds,
) -> Result<bool> {
    let rows = execute!(
        tx,
        "UPDATE draft SET body = $1, revision = revision + 1, expires_at = $2 WHERE token_hash = $3 AND revision = $4",
        body,
        expires_at,
        token_hash,
        revision,
    );
    Ok(rows == 1)
}

/// Deletes a draft for submission if it is still at `revision`. Returns false otherwise.
pub async fn take_draft(tx: &mut Tx, token_hash: &[u8], revision: i64) -> Result<bool> {
    Ok(execute!(
        tx,
        "DELETE FROM draft WHERE token_hash = $1 AND revision = $2",
        token_hash,
        revision
    ) == 1)
}

/// Deletes a draft. Returns false if there was none.
pub async fn discard_draft(tx: &mut Tx, token_hash: &[u8]) -> Result<bool> {
    Ok(execute!(tx, "DELETE FROM draft WHERE token_hash = $1", token_hash) == 1)
}

/// Stores the receipt for a reload of the page, under the draft's token hash.
pub async fn show_receipt(tx: &mut Tx, token_hash: &[u8], body: &[u8], expires_at: UnixSeconds) -> Result<()> {
    let rows = execute!(
        tx,
        "INSERT INTO receipt_shown (token_hash, body, expires_at) VALUES ($1, $2, $3)",
        token_hash,
        body,
        expires_at,
    );
    expect_rows("show receipt", 1, rows)
}

/// Finds a sealed receipt that has not expired.
pub async fn shown_receipt(tx: &mut Tx, token_hash: &[u8], now: UnixSeconds) -> Result<Option<Vec<u8>>> {
    Ok(on!(tx, c => {
        sqlx::query_scalar("SELECT body FROM receipt_shown WHERE token_hash = $1 AND expires_at > $2")
            .bind(token_hash)
            .bind(now)
            .fetch_optional(c)
            .await?
    }))
}

/// Deletes the receipt: the reporter has saved it. Returns false if there was none.
pub async fn forget_receipt(tx: &mut Tx, token_hash: &[u8]) -> Result<bool> {
    Ok(execute!(tx, "DELETE FROM receipt_shown WHERE token_hash = $1", token_hash) == 1)
}

/// The session of a reporter who came back with a receipt.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct FollowUp {
    pub token_hash: Vec<u8>,
    pub case_id: CaseId,
    /// The shared key and the signing key, under the cookie's key.
    pub keys: Vec<u8>,
    pub language: String,
    pub expires_at: UnixSeconds,
}

pub async fn insert_follow_up(tx: &mut Tx, new: &FollowUp) -> Result<()> {
    let rows = execute!(
        tx,
        "INSERT INTO follow_up_session (token_hash, case_id, keys, language, expires_at) VALUES ($1, $2, $3, $4, $5)",
        new.token_hash.as_slice(),
        new.case_id,
        new.keys.as_slice(),
        new.language.as_str(),
        new.expires_at,
    );
    expect_rows("insert follow-up session", 1, rows)
}

/// Finds a session that has not expired.
pub async fn follow_up(tx: &mut Tx, token_hash: &[u8], now: UnixSeconds) -> Result<Option<FollowUp>> {
    Ok(fetch_optional!(
        FollowUp,
        tx,
        "SELECT token_hash, case_id, keys, language, expires_at
         FROM follow_up_session WHERE token_hash = $1 AND expires_at > $2",
        token_hash,
        now
    ))
}

/// Ends a session. Returns false if there was none.
pub async fn end_follow_up(tx: &mut Tx, token_hash: &[u8]) -> Result<bool> {
    Ok(execute!(tx, "DELETE FROM follow_up_session WHERE token_hash = $1", token_hash) == 1)
}

/// Ends every session of a case: its receipt was replaced.
pub async fn end_follow_ups_of(tx: &mut Tx, case: CaseId) -> Result<u64> {
    Ok(execute!(tx, "DELETE FROM follow_up_session WHERE case_id = $1", case))
}

/// Deletes all expired rows. Returns their numbers.
pub async fn sweep(tx: &mut Tx, now: UnixSeconds) -> Result<Swept> {
    let drafts = execute!(tx, "DELETE FROM draft WHERE expires_at <= $1", now);
    let receipts = execute!(tx, "DELETE FROM receipt_shown WHERE expires_at <= $1", now);
    let sessions = execute!(tx, "DELETE FROM follow_up_session WHERE expires_at <= $1", now);
    Ok(Swept {
        drafts,
        receipts,
        sessions,
    })
}

/// The numbers of deleted rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Swept {
    pub drafts: u64,
    pub receipts: u64,
    pub sessions: u64,
}
