//! Records: the small sealed pieces of a case, in order.

use sqlx::FromRow;

use super::error::{Result, expect_rows};
use super::tx::Tx;
use crate::domain::clock::UnixSeconds;
use crate::domain::day::Day;
use crate::domain::facets::RecordKind;
use crate::domain::ids::{CaseId, RecordId};

/// A record to append.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRecord {
    pub id: RecordId,
    pub kind: RecordKind,
    /// `reporter` or `staff:<uuid>`, as the sealed envelope also says.
    pub author: String,
    pub day: Day,
    /// To the second for staff; None for reporters.
    pub at: Option<UnixSeconds>,
    pub body: Vec<u8>,
}

/// A record of a case.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Record {
    pub id: RecordId,
    pub case_id: CaseId,
    /// 1, 2, 3 … within the case.
    pub position: i64,
    pub kind: RecordKind,
    pub author: String,
    pub day: Day,
    pub at: Option<UnixSeconds>,
    pub body: Vec<u8>,
}

/// Appends a record and returns its position in the case.
///
/// Concurrent appends to one case are serialized (see `Db::begin`).
pub async fn append(tx: &mut Tx, case: CaseId, new: &NewRecord) -> Result<i64> {
    let last: Option<i64> = on!(tx, c => {
        sqlx::query_scalar("SELECT max(position) FROM record WHERE case_id = $1").bind(case).fetch_one(c).await?
    });
    let position = last.unwrap_or(0) + 1;
    let rows = execute!(
        tx,
        "INSERT INTO record (id, case_id, position, kind, author, day, at, body)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        new.id,
        case,
        position,
        new.kind,
        new.author.as_str(),
        new.day,
        new.at,
        new.body.as_slice(),
    );
    expect_rows("append record", 1, rows)?;
    Ok(position)
}

/// Lists the records of a case, in order.
pub async fn of_case(tx: &mut Tx, case: CaseId) -> Result<Vec<Record>> {
    Ok(fetch_all!(
        Record,
        tx,
        "SELECT id, case_id, position, kind, author, day, at, body
         FROM record WHERE case_id = $1 ORDER BY position",
        case
    ))
}

pub async fn by_id(tx: &mut Tx, id: RecordId) -> Result<Option<Record>> {
    Ok(fetch_optional!(
        Record,
        tx,
        "SELECT id, case_id, position, kind, author, day, at, body FROM record WHERE id = $1",
        id
    ))
}

/// Replaces the body of a record, sealed anew under a new case key (re-keying, a move to another area).
pub async fn reseal(tx: &mut Tx, id: RecordId, body: &[u8]) -> Result<()> {
    expect_rows(
        "reseal record",
        1,
        execute!(tx, "UPDATE record SET body = $1 WHERE id = $2", body, id),
    )
}
