//! What a visitor's cookie opens: drafts, the receipt just after submission, follow-up sessions. All bodies are sealed
//! under keys that only the cookie holds.
//!
//! No row may tell the second at which a reporter acted: callers round `expires_at` up with `domain::day::round_up`,
//! drafts to `HOUR`, receipts and sessions to `TEN_MINUTES`; the schema refuses anything finer.
//!
//! Submission, so that the first of two wins: in one transaction `take_draft`, `cases::insert`, `show_receipt`. When
//! `take_draft` says false, the draft was submitted before (or has expired): `shown_receipt` with the same token hash
//! has the first one's receipt.

use sqlx::FromRow;

use super::error::{Result, expect_rows};
use super::tx::Tx;
use crate::domain::clock::UnixSeconds;
use crate::domain::ids::CaseId;

/// Answers between two steps.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Draft {
    pub token_hash: Vec<u8>,
    pub body: Vec<u8>,
    /// Counts the changes; a change names the one that it follows.
    pub revision: i64,
    pub expires_at: UnixSeconds,
}

/// A draft that has not expired.
pub async fn draft(tx: &mut Tx, token_hash: &[u8], now: UnixSeconds) -> Result<Option<Draft>> {
    Ok(fetch_optional!(
        tx,
        "SELECT * FROM draft WHERE token_hash = $1 AND expires_at > $2",
        token_hash,
        now
    ))
}

/// A new draft, revision 1; `Error::is_duplicate` when the token has one.
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

/// Changes a draft if it is still at `revision`; whether it was. Afterwards it is at `revision + 1`.
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

/// Takes a draft away for submission, if it is still at `revision`; whether it was.
pub async fn take_draft(tx: &mut Tx, token_hash: &[u8], revision: i64) -> Result<bool> {
    Ok(execute!(
        tx,
        "DELETE FROM draft WHERE token_hash = $1 AND revision = $2",
        token_hash,
        revision
    ) == 1)
}

/// Throws a draft away; whether there was one.
pub async fn discard_draft(tx: &mut Tx, token_hash: &[u8]) -> Result<bool> {
    Ok(execute!(tx, "DELETE FROM draft WHERE token_hash = $1", token_hash) == 1)
}

/// Keeps the receipt for a reload, under the draft's token hash.
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

/// The sealed receipt, while it has not expired.
pub async fn shown_receipt(tx: &mut Tx, token_hash: &[u8], now: UnixSeconds) -> Result<Option<Vec<u8>>> {
    Ok(on!(tx, c => {
        sqlx::query_scalar("SELECT body FROM receipt_shown WHERE token_hash = $1 AND expires_at > $2")
            .bind(token_hash)
            .bind(now)
            .fetch_optional(c)
            .await?
    }))
}

/// "Ya la guardé": whether there was one.
pub async fn forget_receipt(tx: &mut Tx, token_hash: &[u8]) -> Result<bool> {
    Ok(execute!(tx, "DELETE FROM receipt_shown WHERE token_hash = $1", token_hash) == 1)
}

/// A reporter who has presented a receipt.
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

/// A session that has not expired.
pub async fn follow_up(tx: &mut Tx, token_hash: &[u8], now: UnixSeconds) -> Result<Option<FollowUp>> {
    Ok(fetch_optional!(
        tx,
        "SELECT * FROM follow_up_session WHERE token_hash = $1 AND expires_at > $2",
        token_hash,
        now
    ))
}

/// Ends a session; whether it was there.
pub async fn end_follow_up(tx: &mut Tx, token_hash: &[u8]) -> Result<bool> {
    Ok(execute!(tx, "DELETE FROM follow_up_session WHERE token_hash = $1", token_hash) == 1)
}

/// Ends every session of a case: its receipt was replaced.
pub async fn end_follow_ups_of(tx: &mut Tx, case: CaseId) -> Result<u64> {
    Ok(execute!(tx, "DELETE FROM follow_up_session WHERE case_id = $1", case))
}

/// Removes whatever has expired; how many rows.
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

/// How much was swept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Swept {
    pub drafts: u64,
    pub receipts: u64,
    pub sessions: u64,
}
