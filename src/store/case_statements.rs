//! Case statements: what reporters signed about the keys and facets of their cases. Bytes only.

use sqlx::FromRow;

use super::error::{Result, expect_rows};
use super::tx::Tx;
use crate::domain::day::Day;
use crate::domain::facets::{Channel, Kind, SealedBy};
use crate::domain::ids::{CaseId, EntryId};

/// A statement to insert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewStatement {
    pub version: i64,
    /// The stored bytes, which the signature covers.
    pub statement: Vec<u8>,
    pub hash: Vec<u8>,
    pub signature: Vec<u8>,
}

/// A statement of a case.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Statement {
    pub case_id: CaseId,
    pub version: i64,
    pub statement: Vec<u8>,
    pub hash: Vec<u8>,
    pub signature: Vec<u8>,
    /// The audit entry that covers the statement; None until there is one.
    pub covered_by: Option<EntryId>,
}

/// The data that the audit log needs to cover a statement.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Uncovered {
    pub case_id: CaseId,
    pub version: i64,
    pub hash: Vec<u8>,
    pub reporter_verify_key: Vec<u8>,
}

/// A statement with the columns of its case that it names.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Stated {
    pub case_id: CaseId,
    pub version: i64,
    pub statement: Vec<u8>,
    pub signature: Vec<u8>,
    pub number: String,
    pub kind: Kind,
    pub category: String,
    pub province: Option<String>,
    pub establishment: Option<String>,
    pub channel: Channel,
    pub sealed_by: SealedBy,
    pub language: String,
    pub received_on: Day,
    pub area: String,
    pub reporter_recipient: String,
    pub reporter_verify_key: Vec<u8>,
}

pub async fn insert(tx: &mut Tx, case: CaseId, new: &NewStatement) -> Result<()> {
    let rows = execute!(
        tx,
        "INSERT INTO case_statement (case_id, version, statement, hash, signature) VALUES ($1, $2, $3, $4, $5)",
        case,
        new.version,
        new.statement.as_slice(),
        new.hash.as_slice(),
        new.signature.as_slice(),
    );
    expect_rows("insert case statement", 1, rows)
}

/// Finds the newest statement of a case.
pub async fn latest(tx: &mut Tx, case: CaseId) -> Result<Option<Statement>> {
    Ok(fetch_optional!(
        Statement,
        tx,
        "SELECT case_id, version, statement, hash, signature, covered_by
         FROM case_statement WHERE case_id = $1 ORDER BY version DESC LIMIT 1",
        case
    ))
}

/// Lists at most `limit` statements that the log does not cover yet, in the order of their hashes.
///
/// The order is random and the same for everybody, and tells nothing of arrival.
pub async fn uncovered(tx: &mut Tx, limit: i64) -> Result<Vec<Uncovered>> {
    Ok(fetch_all!(
        Uncovered,
        tx,
        "SELECT s.case_id, s.version, s.hash, c.reporter_verify_key
         FROM case_statement s JOIN cases c ON c.id = s.case_id
         WHERE s.covered_by IS NULL ORDER BY s.hash LIMIT $1",
        limit
    ))
}

/// Stores the entry that covers a statement; it is an error if it was covered or erased meanwhile.
pub async fn mark_covered(tx: &mut Tx, of: &Uncovered, entry: EntryId) -> Result<()> {
    let rows = execute!(
        tx,
        "UPDATE case_statement SET covered_by = $1 WHERE case_id = $2 AND version = $3 AND covered_by IS NULL",
        entry,
        of.case_id,
        of.version
    );
    expect_rows("mark statement covered", 1, rows)
}

/// Lists the hashes of all statements of a case, oldest first.
pub async fn hashes_of(tx: &mut Tx, case: CaseId) -> Result<Vec<Vec<u8>>> {
    Ok(on!(tx, c => {
        sqlx::query_scalar("SELECT hash FROM case_statement WHERE case_id = $1 ORDER BY version")
            .bind(case)
            .fetch_all(c)
            .await?
    }))
}

/// Lists every statement with what its case says now.
pub async fn all(tx: &mut Tx) -> Result<Vec<Stated>> {
    Ok(fetch_all!(
        Stated,
        tx,
        "SELECT s.case_id, s.version, s.statement, s.signature, c.number, c.kind, c.category, c.province,
                c.establishment, c.channel, c.sealed_by, c.language, c.received_on, c.area, c.reporter_recipient,
                c.reporter_verify_key
         FROM case_statement s JOIN cases c ON c.id = s.case_id"
    ))
}

/// Erases the statements of a case.
pub async fn erase(tx: &mut Tx, case: CaseId) -> Result<()> {
    execute!(tx, "DELETE FROM case_statement WHERE case_id = $1", case);
    Ok(())
}
