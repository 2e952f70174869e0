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
use super::rows::{Granting, Stored};
use super::tx::Tx;
use crate::domain::clock::UnixSeconds;
use crate::domain::ids::CaseId;
use crate::domain::row::Column;

/// The answers of an unfinished report.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Draft {
    pub token_hash: Vec<u8>,
    pub body: Vec<u8>,
    /// The number of changes; each change names the one that it follows.
    pub revision: i64,
    pub expires_at: UnixSeconds,
}

impl Granting for Draft {
    const TABLE: &'static str = "draft";

    fn columns(&self) -> Vec<Column<'_>> {
        let Self {
            token_hash,
            body,
            revision,
            expires_at,
        } = self;
        vec![token_hash.into(), body.into(), (*revision).into(), (*expires_at).into()]
    }
}

/// Finds a draft that has not expired.
pub async fn draft(tx: &mut Tx, token_hash: &[u8], now: UnixSeconds) -> Result<Option<Draft>> {
    let found = fetch_optional!(
        Stored<Draft>,
        tx,
        "SELECT token_hash, body, revision, expires_at, mac FROM draft WHERE token_hash = $1 AND expires_at > $2",
        token_hash,
        now
    );
    tx.found(found)
}

/// Inserts a draft with revision 1; `Error::is_duplicate` when the token has one.
pub async fn insert_draft(tx: &mut Tx, token_hash: &[u8], body: &[u8], expires_at: UnixSeconds) -> Result<()> {
    let new = Draft {
        token_hash: token_hash.to_vec(),
        body: body.to_vec(),
        revision: 1,
        expires_at,
    };
    let mac = tx.mac(&new)?;
    let rows = execute!(
        tx,
        "INSERT INTO draft (token_hash, body, revision, expires_at, mac) VALUES ($1, $2, $3, $4, $5)",
        token_hash,
        body,
        new.revision,
        expires_at,
        mac,
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
    let changed = Draft {
        token_hash: token_hash.to_vec(),
        body: body.to_vec(),
        revision: revision + 1,
        expires_at,
    };
    let mac = tx.mac(&changed)?;
    let rows = execute!(
        tx,
        "UPDATE draft SET body = $1, revision = $2, expires_at = $3, mac = $4 WHERE token_hash = $5 AND revision = $6",
        body,
        changed.revision,
        expires_at,
        mac,
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

/// The receipt after a submission.
#[derive(FromRow)]
struct ReceiptShown {
    token_hash: Vec<u8>,
    body: Vec<u8>,
    expires_at: UnixSeconds,
}

impl Granting for ReceiptShown {
    const TABLE: &'static str = "receipt_shown";

    fn columns(&self) -> Vec<Column<'_>> {
        let Self {
            token_hash,
            body,
            expires_at,
        } = self;
        vec![token_hash.into(), body.into(), (*expires_at).into()]
    }
}

/// Stores the receipt for a reload of the page, under the draft's token hash.
pub async fn show_receipt(tx: &mut Tx, token_hash: &[u8], body: &[u8], expires_at: UnixSeconds) -> Result<()> {
    let new = ReceiptShown {
        token_hash: token_hash.to_vec(),
        body: body.to_vec(),
        expires_at,
    };
    let mac = tx.mac(&new)?;
    let rows = execute!(
        tx,
        "INSERT INTO receipt_shown (token_hash, body, expires_at, mac) VALUES ($1, $2, $3, $4)",
        token_hash,
        body,
        expires_at,
        mac,
    );
    expect_rows("show receipt", 1, rows)
}

/// Finds a sealed receipt that has not expired.
pub async fn shown_receipt(tx: &mut Tx, token_hash: &[u8], now: UnixSeconds) -> Result<Option<Vec<u8>>> {
    let found = fetch_optional!(
        Stored<ReceiptShown>,
        tx,
        "SELECT token_hash, body, expires_at, mac FROM receipt_shown WHERE token_hash = $1 AND expires_at > $2",
        token_hash,
        now
    );
    Ok(tx.found(found)?.map(|receipt| receipt.body))
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

impl Granting for FollowUp {
    const TABLE: &'static str = "follow_up_session";

    fn columns(&self) -> Vec<Column<'_>> {
        let Self {
            token_hash,
            case_id,
            keys,
            language,
            expires_at,
        } = self;
        vec![
            token_hash.into(),
            case_id.as_bytes().as_slice().into(),
            keys.into(),
            language.into(),
            (*expires_at).into(),
        ]
    }
}

pub async fn insert_follow_up(tx: &mut Tx, new: &FollowUp) -> Result<()> {
    let mac = tx.mac(new)?;
    let rows = execute!(
        tx,
        "INSERT INTO follow_up_session (token_hash, case_id, keys, language, expires_at, mac)
         VALUES ($1, $2, $3, $4, $5, $6)",
        new.token_hash.as_slice(),
        new.case_id,
        new.keys.as_slice(),
        new.language.as_str(),
        new.expires_at,
        mac,
    );
    expect_rows("insert follow-up session", 1, rows)
}

/// Finds a session that has not expired.
pub async fn follow_up(tx: &mut Tx, token_hash: &[u8], now: UnixSeconds) -> Result<Option<FollowUp>> {
    let found = fetch_optional!(
        Stored<FollowUp>,
        tx,
        "SELECT token_hash, case_id, keys, language, expires_at, mac
         FROM follow_up_session WHERE token_hash = $1 AND expires_at > $2",
        token_hash,
        now
    );
    tx.found(found)
}

/// Ends a session. Returns false if there was none.
pub async fn end_follow_up(tx: &mut Tx, token_hash: &[u8]) -> Result<bool> {
    Ok(execute!(tx, "DELETE FROM follow_up_session WHERE token_hash = $1", token_hash) == 1)
}

/// Ends every session of a case: its receipt was replaced.
pub async fn end_follow_ups_of(tx: &mut Tx, case: CaseId) -> Result<u64> {
    Ok(execute!(tx, "DELETE FROM follow_up_session WHERE case_id = $1", case))
}

/// Counts the rows that count as absent, by table.
pub(super) async fn count_refused(tx: &mut Tx) -> Result<[(&'static str, usize); 3]> {
    let drafts = fetch_all!(
        Stored<Draft>,
        tx,
        "SELECT token_hash, body, revision, expires_at, mac FROM draft"
    );
    let receipts = fetch_all!(
        Stored<ReceiptShown>,
        tx,
        "SELECT token_hash, body, expires_at, mac FROM receipt_shown"
    );
    let sessions = fetch_all!(
        Stored<FollowUp>,
        tx,
        "SELECT token_hash, case_id, keys, language, expires_at, mac FROM follow_up_session"
    );
    Ok([
        (Draft::TABLE, tx.refused(drafts)?.len()),
        (ReceiptShown::TABLE, tx.refused(receipts)?.len()),
        (FollowUp::TABLE, tx.refused(sessions)?.len()),
    ])
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
