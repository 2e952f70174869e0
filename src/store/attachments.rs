//! Rows of attachments, the files of cases. A row exists before its blob and after it (`store::blobs`), so that no crash
//! leaves a blob without a row.
//!
//! States:
//! - `arriving`: the upload is running.
//! - `waiting`: the blob is complete; the description is sealed under the owner's cookie.
//! - `kept`: it belongs to a case, with a sealed record.
//! - `deleting`: marked for deletion, from any of the others; the sweep deletes the blob and then the row.

use sqlx::FromRow;

use super::error::{Result, expect_rows};
use super::tx::Tx;
use crate::domain::clock::UnixSeconds;
use crate::domain::day::Day;
use crate::domain::ids::{AttachmentId, CaseId};

/// A complete file that waits for its owner to submit it.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Waiting {
    pub id: AttachmentId,
    /// The file's description and key, sealed under the owner's cookie.
    pub body: Vec<u8>,
}

/// A file of a case.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Kept {
    pub id: AttachmentId,
    /// 1, 2, 3 … within the case.
    pub position: i64,
    pub author: String,
    pub day: Day,
    /// To the second for staff; None for reporters.
    pub at: Option<UnixSeconds>,
    /// The sealed record.
    pub body: Vec<u8>,
    /// Bytes of the stored file.
    pub stored_size: i64,
}

/// The data that turn a waiting file into one of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAttachment {
    pub id: AttachmentId,
    pub author: String,
    pub day: Day,
    pub at: Option<UnixSeconds>,
    pub body: Vec<u8>,
}

/// Inserts the row of a file before its first byte is written.
pub async fn announce(tx: &mut Tx, id: AttachmentId, owner: &[u8], expires_at: UnixSeconds) -> Result<()> {
    let rows = execute!(
        tx,
        "INSERT INTO attachment (id, state, owner, expires_at, stored_size) VALUES ($1, 'arriving', $2, $3, 0)",
        id,
        owner,
        expires_at,
    );
    expect_rows("announce file", 1, rows)
}

/// Marks a file as complete. Returns false if it was removed meanwhile.
pub async fn arrived(tx: &mut Tx, id: AttachmentId, stored_size: i64, body: &[u8]) -> Result<bool> {
    let rows = execute!(
        tx,
        "UPDATE attachment SET state = 'waiting', stored_size = $1, body = $2 WHERE id = $3 AND state = 'arriving'",
        stored_size,
        body,
        id,
    );
    Ok(rows == 1)
}

/// Lists the complete files that wait for this owner.
pub async fn waiting(tx: &mut Tx, owner: &[u8]) -> Result<Vec<Waiting>> {
    Ok(fetch_all!(
        Waiting,
        tx,
        "SELECT id, body FROM attachment WHERE owner = $1 AND state = 'waiting' ORDER BY id",
        owner
    ))
}

/// Counts the files of this owner, including those that still arrive.
pub async fn count(tx: &mut Tx, owner: &[u8]) -> Result<i64> {
    Ok(on!(tx, c => {
        sqlx::query_scalar("SELECT count(*) FROM attachment WHERE owner = $1 AND state IN ('arriving', 'waiting')")
            .bind(owner)
            .fetch_one(c)
            .await?
    }))
}

/// Replaces the description of a waiting file. Returns false if it is not there.
pub async fn describe(tx: &mut Tx, id: AttachmentId, owner: &[u8], body: &[u8]) -> Result<bool> {
    let rows = execute!(
        tx,
        "UPDATE attachment SET body = $1 WHERE id = $2 AND owner = $3 AND state = 'waiting'",
        body,
        id,
        owner,
    );
    Ok(rows == 1)
}

/// Gives a waiting file to another owner, with its description under that owner's key. Returns false if it was not there.
pub async fn adopt(tx: &mut Tx, id: AttachmentId, from: &[u8], to: &[u8], body: &[u8]) -> Result<bool> {
    let rows = execute!(
        tx,
        "UPDATE attachment SET owner = $1, body = $2 WHERE id = $3 AND owner = $4 AND state = 'waiting'",
        to,
        body,
        id,
        from,
    );
    Ok(rows == 1)
}

/// Sets a new expiry on all files of an owner, that of the draft or session that they wait for.
pub async fn prolong(tx: &mut Tx, owner: &[u8], expires_at: UnixSeconds) -> Result<()> {
    execute!(
        tx,
        "UPDATE attachment SET expires_at = $1 WHERE owner = $2",
        expires_at,
        owner
    );
    Ok(())
}

/// Attaches waiting files to a case, in this order; it is an error if one is not there.
pub async fn keep(tx: &mut Tx, case: CaseId, owner: &[u8], new: &[NewAttachment]) -> Result<()> {
    let last: Option<i64> = on!(tx, c => {
        sqlx::query_scalar("SELECT max(position) FROM attachment WHERE case_id = $1").bind(case).fetch_one(c).await?
    });
    for (position, new) in (last.unwrap_or(0) + 1..).zip(new) {
        let rows = execute!(
            tx,
            "UPDATE attachment SET state = 'kept', owner = NULL, expires_at = NULL, case_id = $1, position = $2,
                    author = $3, day = $4, at = $5, body = $6
             WHERE id = $7 AND owner = $8 AND state = 'waiting'",
            case,
            position,
            new.author.as_str(),
            new.day,
            new.at,
            new.body.as_slice(),
            new.id,
            owner,
        );
        expect_rows("keep file", 1, rows)?;
    }
    Ok(())
}

/// Lists the files of a case, in order.
pub async fn of_case(tx: &mut Tx, case: CaseId) -> Result<Vec<Kept>> {
    Ok(fetch_all!(
        Kept,
        tx,
        "SELECT id, position, author, day, at, body, stored_size FROM attachment WHERE case_id = $1 ORDER BY position",
        case
    ))
}

/// Finds one file of a case.
pub async fn of_case_by_id(tx: &mut Tx, case: CaseId, id: AttachmentId) -> Result<Option<Kept>> {
    Ok(fetch_optional!(
        Kept,
        tx,
        "SELECT id, position, author, day, at, body, stored_size FROM attachment WHERE case_id = $1 AND id = $2",
        case,
        id,
    ))
}

/// Marks one file of an owner for deletion. Returns false if there was none.
pub async fn mark_for_deletion(tx: &mut Tx, id: AttachmentId, owner: &[u8]) -> Result<bool> {
    let rows = execute!(
        tx,
        "UPDATE attachment SET state = 'deleting', owner = NULL, body = NULL WHERE id = $1 AND owner = $2",
        id,
        owner,
    );
    Ok(rows == 1)
}

/// Marks all files of an owner for deletion: the draft was discarded.
pub async fn mark_all_for_deletion(tx: &mut Tx, owner: &[u8]) -> Result<u64> {
    Ok(execute!(
        tx,
        "UPDATE attachment SET state = 'deleting', owner = NULL, body = NULL WHERE owner = $1",
        owner
    ))
}

/// Marks all files of a case for deletion: it is erased.
pub async fn mark_case_for_deletion(tx: &mut Tx, case: CaseId) -> Result<u64> {
    Ok(execute!(
        tx,
        "UPDATE attachment SET state = 'deleting', body = NULL, case_id = NULL, position = NULL, author = NULL, day = NULL,
                at = NULL
         WHERE case_id = $1",
        case
    ))
}

/// Marks files for deletion that nobody has submitted in time.
pub async fn mark_expired_for_deletion(tx: &mut Tx, now: UnixSeconds) -> Result<u64> {
    Ok(execute!(
        tx,
        "UPDATE attachment SET state = 'deleting', owner = NULL, body = NULL
         WHERE state IN ('arriving', 'waiting') AND expires_at <= $1",
        now
    ))
}

/// Lists some of the files that are marked for deletion.
///
/// An upload may still write a file that was marked while it was arriving. Its row waits until it expires, so that
/// there is no blob without a row.
pub async fn list_marked_for_deletion(tx: &mut Tx, now: UnixSeconds, limit: i64) -> Result<Vec<AttachmentId>> {
    Ok(on!(tx, c => {
        sqlx::query_scalar(
            "SELECT id FROM attachment WHERE state = 'deleting' AND (stored_size > 0 OR expires_at <= $1)
             ORDER BY id LIMIT $2",
        )
            .bind(now)
            .bind(limit)
            .fetch_all(c)
            .await?
    }))
}

/// Deletes the row of a file whose blob is deleted.
pub async fn forget(tx: &mut Tx, id: AttachmentId) -> Result<()> {
    execute!(tx, "DELETE FROM attachment WHERE id = $1 AND state = 'deleting'", id);
    Ok(())
}
