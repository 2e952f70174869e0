//! What waits for the identity officers, from areas and from reporters, in one list, page by page.

use sqlx::FromRow;

use super::error::Result;
use super::tx::Tx;
use crate::domain::clock::UnixSeconds;
use crate::domain::day::Day;
use crate::domain::desk::Waiting;
use crate::domain::ids::{CaseId, QueuedId, StaffId};

/// Where a page ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    pub since: UnixSeconds,
    pub id: QueuedId,
}

/// One thing that waits.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Item {
    /// The request's own id, whichever kind it is of.
    pub id: QueuedId,
    pub kind: Waiting,
    pub case_id: CaseId,
    pub number: String,
    pub area: String,
    /// By which the list is sorted; of what a reporter asks, the first second of the day.
    pub since: UnixSeconds,
    /// A reporter's: the day.
    pub asked_on: Option<Day>,
    /// An area's: who asked.
    pub requested_by: Option<StaffId>,
    /// An area's: what for, sealed to the desk.
    pub letter: Option<Vec<u8>>,
}

/// One page, oldest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    pub items: Vec<Item>,
    /// None on the last page.
    pub next: Option<Cursor>,
}

/// What waits for an officer, of one kind or of all; not of cases from which they recused themselves. Pages are complete and without repetition while requests are added.
pub async fn page(
    tx: &mut Tx,
    officer: StaffId,
    kind: Option<Waiting>,
    after: Option<&Cursor>,
    limit: u32,
) -> Result<Page> {
    let kind = kind.map_or("", Waiting::as_str);
    let since = after.map_or(i64::MIN, |after| after.since);
    // Without a position nothing is as old as that, so that the id does not matter.
    let id = after.map(|after| after.id);
    let mut items: Vec<Item> = fetch_all!(
        Item,
        tx,
        "SELECT w.id, w.kind, w.case_id, c.number, c.area, w.since, w.asked_on, w.requested_by, w.letter FROM (
             SELECT id, 'validation' AS kind, case_id, requested_at AS since, NULL AS asked_on, requested_by, letter
             FROM validation_request WHERE state = 'open'
             UNION ALL
             SELECT id, kind, case_id, asked_on * 86400 AS since, asked_on, NULL AS requested_by, NULL AS letter
             FROM identity_request WHERE state = 'open'
         ) AS w JOIN cases c ON c.id = w.case_id
         WHERE ($1 = '' OR w.kind = $1) AND (w.since > $2 OR (w.since = $2 AND w.id > $3))
             AND NOT EXISTS (SELECT 1 FROM recusal r WHERE r.case_id = w.case_id AND r.staff_id = $5)
         ORDER BY w.since, w.id LIMIT $4",
        kind,
        since,
        id,
        i64::from(limit) + 1,
        officer,
    );
    let more = items.len() > limit as usize;
    items.truncate(limit as usize);
    let next = items.last().filter(|_| more).map(|last| Cursor {
        since: last.since,
        id: last.id,
    });
    Ok(Page { items, next })
}

/// How many wait for an officer of each kind that has any.
pub async fn counts(tx: &mut Tx, officer: StaffId) -> Result<Vec<(Waiting, i64)>> {
    Ok(fetch_all!(
        (Waiting, i64),
        tx,
        "SELECT kind, count(*) FROM (
             SELECT 'validation' AS kind, case_id FROM validation_request WHERE state = 'open'
             UNION ALL SELECT kind, case_id FROM identity_request WHERE state = 'open'
         ) AS w
         WHERE NOT EXISTS (SELECT 1 FROM recusal r WHERE r.case_id = w.case_id AND r.staff_id = $1)
         GROUP BY kind ORDER BY kind",
        officer
    ))
}
