//! Recusals: members who work on a case no more. The reason is sealed to the area.

use sqlx::FromRow;

use super::error::{Result, expect_rows};
use super::tx::Tx;
use crate::domain::clock::UnixSeconds;
use crate::domain::day::Day;
use crate::domain::ids::{CaseId, EntryId, LetterId, StaffId};

/// One member's recusal from one case. It is final.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Recusal {
    /// Also the id of the letter.
    pub id: LetterId,
    pub case_id: CaseId,
    pub staff_id: StaffId,
    /// The area whose members open the letter.
    pub area: String,
    /// The reason, an age file to the area.
    pub letter: Vec<u8>,
    pub entry_id: EntryId,
    pub at: UnixSeconds,
}

/// Inserts a recusal; `Error::is_duplicate` when the member has recused themselves before.
pub async fn insert(tx: &mut Tx, new: &Recusal) -> Result<()> {
    let rows = execute!(
        tx,
        "INSERT INTO recusal (id, case_id, staff_id, area, letter, entry_id, at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        new.id,
        new.case_id,
        new.staff_id,
        new.area.as_str(),
        new.letter.as_slice(),
        new.entry_id,
        new.at,
    );
    expect_rows("insert recusal", 1, rows)
}

/// Returns true if a member has recused themselves from a case.
pub async fn holds(tx: &mut Tx, case: CaseId, staff: StaffId) -> Result<bool> {
    let row: Option<Recusal> = fetch_optional!(
        Recusal,
        tx,
        "SELECT id, case_id, staff_id, area, letter, entry_id, at
         FROM recusal WHERE case_id = $1 AND staff_id = $2",
        case,
        staff
    );
    Ok(row.is_some())
}

/// Lists the recusals from a case, oldest first.
pub async fn of_case(tx: &mut Tx, case: CaseId) -> Result<Vec<Recusal>> {
    Ok(fetch_all!(
        Recusal,
        tx,
        "SELECT id, case_id, staff_id, area, letter, entry_id, at
         FROM recusal WHERE case_id = $1 ORDER BY at, id",
        case
    ))
}

/// Counts the cases of some areas that are overdue today and from which a member has recused themselves.
pub async fn overdue(tx: &mut Tx, staff: StaffId, areas: &[String], today: Day) -> Result<i64> {
    let late: Vec<(String,)> = fetch_all!(
        (String,),
        tx,
        "SELECT c.area FROM recusal r JOIN cases c ON c.id = r.case_id
         WHERE r.staff_id = $1 AND c.due_by IS NOT NULL AND c.due_by < $2",
        staff,
        today
    );
    let count = late.iter().filter(|(area,)| areas.contains(area)).count();
    Ok(i64::try_from(count).unwrap_or(i64::MAX))
}

/// An open case, its area, and one member who is recused from it.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct OpenRecusal {
    pub case_id: CaseId,
    pub number: String,
    pub area: String,
    pub staff_id: StaffId,
}

/// Lists the recusals from cases that are not closed, by case.
pub async fn of_open_cases(tx: &mut Tx) -> Result<Vec<OpenRecusal>> {
    Ok(fetch_all!(
        OpenRecusal,
        tx,
        "SELECT r.case_id, c.number, c.area, r.staff_id FROM recusal r JOIN cases c ON c.id = r.case_id
         WHERE c.state <> 'closed' ORDER BY c.number, r.staff_id"
    ))
}
