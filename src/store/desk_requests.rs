//! Open requests at the desk of the identity officers, by areas and by reporters, in one paged list.

use sqlx::FromRow;

use super::error::Result;
use super::tx::Tx;
use crate::domain::clock::UnixSeconds;
use crate::domain::day::Day;
use crate::domain::desk::Waiting;
use crate::domain::ids::{CaseId, QueuedId, StaffId};

/// The end of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    pub since: UnixSeconds,
    pub id: QueuedId,
}

/// An open request.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Item {
    /// The id of the request, of either kind.
    pub id: QueuedId,
    pub kind: Waiting,
    pub case_id: CaseId,
    pub number: String,
    pub area: String,
    /// The sort key. For a reporter's request it is the first second of the day.
    pub since: UnixSeconds,
    /// The day of a reporter's request.
    pub asked_on: Option<Day>,
    /// The author of an area's request.
    pub requested_by: Option<StaffId>,
    /// The reason of an area's request, sealed to the desk.
    pub letter: Option<Vec<u8>>,
}

/// One page, oldest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    pub items: Vec<Item>,
    /// `None` on the last page.
    pub next: Option<Cursor>,
}

/// Lists the requests for an officer, of one kind or of all, except those of cases from which they recused themselves. Pages
/// stay complete and without repetition while requests are added.
pub async fn page(
    tx: &mut Tx,
    officer: StaffId,
    kind: Option<Waiting>,
    after: Option<&Cursor>,
    limit: u32,
) -> Result<Page> {
    let kind = kind.map_or("", Waiting::as_str);
    let since = after.map_or(i64::MIN, |after| after.since);
    // Without a cursor no request is that old, so that the id does not matter.
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

/// Counts the requests for an officer by kind.
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
