//! Cases: their facets, keys and state. Sealed content is only bytes here.

use std::collections::BTreeMap;

use sqlx::FromRow;

use super::attachments::NewAttachment;
use super::case_statements::{self, NewStatement};
use super::error::{Result, expect_rows};
use super::records::{self, NewRecord};
use super::seals::{self, NewSeal};
use super::tx::Tx;
use crate::domain::day::Day;
use crate::domain::deadline;
use crate::domain::facets::{Channel, KeyHolder, KeyName, Kind, SealedBy, Verdict};
use crate::domain::ids::CaseId;
use crate::domain::state::State;

/// A row of a case.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Case {
    pub id: CaseId,
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
    pub state: State,
    pub respond_by: Day,
    pub resolve_by: Day,
    /// The day of the first personal message to the reporter.
    pub responded_on: Option<Day>,
    /// The day of closing; retention counts from it.
    pub closed_on: Option<Day>,
    pub verdict: Option<Verdict>,
    /// True while the reporter has written something that the area has not opened.
    pub unread_for_area: bool,
    pub lookup_hash: Vec<u8>,
    pub reporter_recipient: String,
    pub reporter_verify_key: Vec<u8>,
    /// Random: orders cases within a day without telling when they came.
    pub sort_key: Vec<u8>,
}

impl Case {
    /// Returns the next deadline; the column `due_by` holds it for the inbox.
    #[must_use]
    pub fn due_by(&self) -> Option<Day> {
        deadline::due_by(self.state, self.responded_on, self.respond_by, self.resolve_by)
    }
}

/// One of a case's keys, as an age file to its holder.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct CaseKey {
    pub name: KeyName,
    pub version: i64,
    pub holder: KeyHolder,
    pub recipient: String,
    pub file: Vec<u8>,
}

/// A complete sealed report: everything that a submission inserts.
#[derive(Clone, Debug)]
pub struct NewCase {
    pub case: Case,
    /// The reporter's signed statement of keys and facets.
    pub statement: NewStatement,
    pub keys: Vec<CaseKey>,
    /// In order; positions count from 1.
    pub records: Vec<NewRecord>,
    /// Waiting files, which `attachments::keep` attaches in the same transaction.
    pub attachments: Vec<NewAttachment>,
    /// None where the profile allows a report without identity.
    pub seal: Option<NewSeal>,
}

/// Inserts a complete report.
pub async fn insert(tx: &mut Tx, new: &NewCase) -> Result<()> {
    let case = &new.case;
    let rows = execute!(
        tx,
        "INSERT INTO cases (id, number, kind, category, province, establishment, channel, sealed_by, language,
                            received_on, area, state, respond_by, resolve_by, responded_on, closed_on, verdict,
                            unread_for_area, lookup_hash, reporter_recipient, reporter_verify_key, sort_key, due_by)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22,
                 $23)",
        case.id,
        case.number.as_str(),
        case.kind,
        case.category.as_str(),
        case.province.as_deref(),
        case.establishment.as_deref(),
        case.channel,
        case.sealed_by,
        case.language.as_str(),
        case.received_on,
        case.area.as_str(),
        case.state,
        case.respond_by,
        case.resolve_by,
        case.responded_on,
        case.closed_on,
        case.verdict,
        case.unread_for_area,
        case.lookup_hash.as_slice(),
        case.reporter_recipient.as_str(),
        case.reporter_verify_key.as_slice(),
        case.sort_key.as_slice(),
        case.due_by(),
    );
    expect_rows("insert case", 1, rows)?;
    case_statements::insert(tx, case.id, &new.statement).await?;
    for key in &new.keys {
        put_key(tx, case.id, key).await?;
    }
    for record in &new.records {
        records::append(tx, case.id, record).await?;
    }
    if let Some(seal) = &new.seal {
        seals::insert(tx, case.id, seal).await?;
    }
    Ok(())
}

pub async fn by_id(tx: &mut Tx, id: CaseId) -> Result<Option<Case>> {
    Ok(fetch_optional!(
        Case,
        tx,
        "SELECT id, number, kind, category, province, establishment, channel, sealed_by, language, received_on,
                area, state, respond_by, resolve_by, responded_on, closed_on, verdict, unread_for_area, lookup_hash,
                reporter_recipient, reporter_verify_key, sort_key
         FROM cases WHERE id = $1",
        id
    ))
}

pub async fn by_number(tx: &mut Tx, number: &str) -> Result<Option<Case>> {
    Ok(fetch_optional!(
        Case,
        tx,
        "SELECT id, number, kind, category, province, establishment, channel, sealed_by, language, received_on,
                area, state, respond_by, resolve_by, responded_on, closed_on, verdict, unread_for_area, lookup_hash,
                reporter_recipient, reporter_verify_key, sort_key
         FROM cases WHERE number = $1",
        number
    ))
}

/// Finds a case by its lookup hash (`docs/PROTOCOL.md`, section 4).
pub async fn by_lookup_hash(tx: &mut Tx, lookup_hash: &[u8]) -> Result<Option<Case>> {
    Ok(fetch_optional!(
        Case,
        tx,
        "SELECT id, number, kind, category, province, establishment, channel, sealed_by, language, received_on,
                area, state, respond_by, resolve_by, responded_on, closed_on, verdict, unread_for_area, lookup_hash,
                reporter_recipient, reporter_verify_key, sort_key
         FROM cases WHERE lookup_hash = $1",
        lookup_hash
    ))
}

/// Lists all keys of a case, by name, newest version first.
pub async fn keys(tx: &mut Tx, case: CaseId) -> Result<Vec<CaseKey>> {
    Ok(fetch_all!(
        CaseKey,
        tx,
        "SELECT name, version, holder, recipient, file FROM case_key WHERE case_id = $1
         ORDER BY name, version DESC, holder",
        case
    ))
}

/// Adds a key, or replaces the age file of the same name, version and holder (re-keying, a lost receipt).
pub async fn put_key(tx: &mut Tx, case: CaseId, key: &CaseKey) -> Result<()> {
    let rows = execute!(
        tx,
        "INSERT INTO case_key (case_id, name, version, holder, recipient, file) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (case_id, name, version, holder) DO UPDATE SET recipient = excluded.recipient, file = excluded.file",
        case,
        key.name,
        key.version,
        key.holder,
        key.recipient.as_str(),
        key.file.as_slice(),
    );
    expect_rows("put case key", 1, rows)
}

/// Moves a case from one state to another; it is an error if it is no longer in `from`.
///
/// Closing sets the closing day, any other move clears it. The caller checks `State::may_become`.
pub async fn set_state(tx: &mut Tx, id: CaseId, from: State, to: State, today: Day) -> Result<()> {
    let closed_on = (to == State::Closed).then_some(today);
    // Computes `Case::due_by` from the row.
    let rows = execute!(
        tx,
        "UPDATE cases SET state = $1, closed_on = $2,
                due_by = CASE WHEN NOT $3 THEN NULL
                              WHEN responded_on IS NULL AND respond_by < resolve_by THEN respond_by
                              ELSE resolve_by END
         WHERE id = $4 AND state = $5",
        to,
        closed_on,
        to.is_open(),
        id,
        from,
    );
    expect_rows("set case state", 1, rows)
}

/// Transfers a case to another area.
pub async fn set_area(tx: &mut Tx, id: CaseId, from: &str, to: &str) -> Result<()> {
    let rows = execute!(
        tx,
        "UPDATE cases SET area = $1 WHERE id = $2 AND area = $3",
        to,
        id,
        from
    );
    expect_rows("set case area", 1, rows)
}

pub async fn set_unread(tx: &mut Tx, id: CaseId, unread: bool) -> Result<()> {
    expect_rows(
        "set unread",
        1,
        execute!(tx, "UPDATE cases SET unread_for_area = $1 WHERE id = $2", unread, id),
    )
}

pub async fn set_verdict(tx: &mut Tx, id: CaseId, verdict: Verdict) -> Result<()> {
    expect_rows(
        "set verdict",
        1,
        execute!(tx, "UPDATE cases SET verdict = $1 WHERE id = $2", verdict, id),
    )
}

/// Extends the deadline; a day before the present one changes nothing.
pub async fn extend(tx: &mut Tx, id: CaseId, resolve_by: Day) -> Result<()> {
    // Computes `Case::due_by` from the row.
    execute!(
        tx,
        "UPDATE cases SET resolve_by = $1,
                due_by = CASE WHEN due_by IS NULL THEN NULL
                              WHEN responded_on IS NULL AND respond_by < $1 THEN respond_by
                              ELSE $1 END
         WHERE id = $2 AND resolve_by < $1",
        resolve_by,
        id
    );
    Ok(())
}

/// Sets the day of the first personal message; later messages change nothing.
pub async fn set_responded(tx: &mut Tx, id: CaseId, today: Day) -> Result<()> {
    let rows = execute!(
        tx,
        "UPDATE cases SET responded_on = COALESCE(responded_on, $1),
                due_by = CASE WHEN due_by IS NULL THEN NULL ELSE resolve_by END
         WHERE id = $2",
        today,
        id
    );
    expect_rows("set responded", 1, rows)
}

/// Replaces the reporter's receipt, after a loss.
pub async fn set_reporter(
    tx: &mut Tx,
    id: CaseId,
    lookup_hash: &[u8],
    recipient: &str,
    verify_key: &[u8],
) -> Result<()> {
    let rows = execute!(
        tx,
        "UPDATE cases SET lookup_hash = $1, reporter_recipient = $2, reporter_verify_key = $3 WHERE id = $4",
        lookup_hash,
        recipient,
        verify_key,
        id,
    );
    expect_rows("set reporter", 1, rows)
}

/// Lists cases that were closed on `last_day` or before: their retention is over.
pub async fn closed_until(tx: &mut Tx, last_day: Day, limit: i64) -> Result<Vec<CaseId>> {
    Ok(on!(tx, c => {
        sqlx::query_scalar("SELECT id FROM cases WHERE state = 'closed' AND closed_on <= $1 ORDER BY id LIMIT $2")
            .bind(last_day)
            .bind(limit)
            .fetch_all(c)
            .await?
    }))
}

/// The workload of an area.
#[derive(Clone, Debug, Default, PartialEq, Eq, FromRow)]
pub struct Workload {
    pub area: String,
    pub open: i64,
    pub overdue: i64,
}

/// Counts, for each area, the open cases and those that are overdue today (`domain::deadline::is_overdue`).
pub async fn workloads(tx: &mut Tx, today: Day) -> Result<BTreeMap<String, Workload>> {
    let loads: Vec<Workload> = fetch_all!(
        Workload,
        tx,
        "SELECT area, count(*) AS open,
                CAST(sum(CASE WHEN resolve_by < $1 OR (responded_on IS NULL AND respond_by < $1) THEN 1 ELSE 0 END)
                     AS BIGINT) AS overdue
         FROM cases WHERE state NOT IN ('resolved', 'closed') GROUP BY area",
        today
    );
    Ok(loads.into_iter().map(|load| (load.area.clone(), load)).collect())
}

/// Erases a case with everything that belongs to it. The audit log keeps its entries.
///
/// Seals and files must go first (`seals::erase`, `attachments::mark_case_for_deletion`). Follow with `Db::scrub`.
pub async fn erase(tx: &mut Tx, id: CaseId) -> Result<()> {
    execute!(tx, "DELETE FROM staff_draft WHERE case_id = $1", id);
    execute!(tx, "DELETE FROM notice WHERE case_id = $1", id);
    execute!(tx, "DELETE FROM contact WHERE case_id = $1", id);
    execute!(tx, "DELETE FROM follow_up_session WHERE case_id = $1", id);
    execute!(tx, "DELETE FROM recusal WHERE case_id = $1", id);
    execute!(tx, "DELETE FROM letter WHERE case_id = $1", id);
    execute!(tx, "DELETE FROM checking WHERE case_id = $1", id);
    execute!(tx, "DELETE FROM identity_request WHERE case_id = $1", id);
    execute!(tx, "DELETE FROM unseal WHERE case_id = $1", id);
    execute!(tx, "DELETE FROM validation_request WHERE case_id = $1", id);
    execute!(tx, "DELETE FROM case_event WHERE case_id = $1", id);
    execute!(tx, "DELETE FROM record WHERE case_id = $1", id);
    execute!(tx, "DELETE FROM case_key WHERE case_id = $1", id);
    case_statements::erase(tx, id).await?;
    expect_rows("erase case", 1, execute!(tx, "DELETE FROM cases WHERE id = $1", id))
}
