//! Lists that people narrow, page by page: the inbox with the cases of some areas, and the audit log. The one file with
//! SQL put together at run time.

use std::cmp::Reverse;

use sqlx::{FromRow, QueryBuilder};

use super::cases::Case;
use super::log::Entry;
use super::tx::{Result, Tx};
use crate::domain::clock::UnixSeconds;
use crate::domain::day::Day;
use crate::domain::facets::Kind;
use crate::domain::ids::{CaseId, StaffId};
use crate::domain::state::State;

/// Which cases. Empty `areas` finds nothing: nobody without an area sees a case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    pub areas: Vec<String>,
    /// Any of these; empty for all.
    pub states: Vec<State>,
    pub kind: Option<Kind>,
    pub category: Option<String>,
    pub province: Option<String>,
    pub establishment: Option<String>,
    /// Only cases with something that the area has not opened.
    pub unread: bool,
    /// Not those from which this member is recused.
    pub not_recused: Option<StaffId>,
    /// Only cases that are overdue today (`domain::deadline::is_overdue`).
    pub overdue_on: Option<Day>,
}

/// Where a page ended. `overdue` counts only with overdue cases first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    pub overdue: bool,
    pub received_on: Day,
    pub sort_key: Vec<u8>,
}

/// One page of the inbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    pub cases: Vec<Listed>,
    /// None on the last page.
    pub next: Option<Cursor>,
}

/// A case in a list, with whether it is overdue on the day that the list was asked for.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Listed {
    #[sqlx(flatten)]
    pub case: Case,
    pub overdue: bool,
}

/// The number of cases in one state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromRow)]
pub struct Count {
    pub state: State,
    pub cases: i64,
}

/// As `domain::deadline::is_overdue`, with the day bound on both sides.
macro_rules! push_overdue {
    ($sql:expr, $today:expr) => {
        $sql.push("(state NOT IN ('resolved', 'closed') AND (resolve_by < ")
            .push_bind($today)
            .push(" OR (responded_on IS NULL AND respond_by < ")
            .push_bind($today)
            .push(")))")
    };
}

macro_rules! push_where {
    ($sql:expr, $filter:expr) => {{
        $sql.push(" WHERE area IN (");
        let mut areas = $sql.separated(", ");
        for area in &$filter.areas {
            areas.push_bind(area.as_str());
        }
        $sql.push(")");
        if !$filter.states.is_empty() {
            $sql.push(" AND state IN (");
            let mut states = $sql.separated(", ");
            for state in &$filter.states {
                states.push_bind(*state);
            }
            $sql.push(")");
        }
        if let Some(kind) = $filter.kind {
            $sql.push(" AND kind = ").push_bind(kind);
        }
        for (column, value) in [
            (" AND category = ", &$filter.category),
            (" AND province = ", &$filter.province),
            (" AND establishment = ", &$filter.establishment),
        ] {
            if let Some(value) = value {
                $sql.push(column).push_bind(value.as_str());
            }
        }
        if $filter.unread {
            $sql.push(" AND unread_for_area");
        }
        if let Some(member) = $filter.not_recused {
            $sql.push(
                " AND NOT EXISTS (SELECT 1 FROM recusal WHERE recusal.case_id = cases.id AND recusal.staff_id = ",
            )
            .push_bind(member)
            .push(")");
        }
        if let Some(today) = $filter.overdue_on {
            $sql.push(" AND ");
            push_overdue!($sql, today);
        }
    }};
}

/// One page of cases, newest day first; within a day by the random sort key. With `overdue_first`, those that are
/// overdue `today` come before all others. Pages are complete and without repetition while cases are added.
pub async fn inbox(
    tx: &mut Tx,
    filter: &Filter,
    today: Day,
    overdue_first: bool,
    after: Option<&Cursor>,
    limit: u32,
) -> Result<Page> {
    if filter.areas.is_empty() || limit == 0 {
        return Ok(Page {
            cases: Vec::new(),
            next: None,
        });
    }
    let mut cases: Vec<Listed> = on!(tx, c => {
        let mut sql = QueryBuilder::new("SELECT * FROM (SELECT cases.*, ");
        push_overdue!(sql, today);
        sql.push(" AS overdue FROM cases");
        push_where!(sql, filter);
        sql.push(") AS listed");
        if let Some(after) = after {
            sql.push(" WHERE ");
            if overdue_first {
                // FALSE < TRUE on both databases.
                sql.push("(overdue, received_on, sort_key) < (").push_bind(after.overdue).push(", ");
            } else {
                sql.push("(received_on, sort_key) < (");
            }
            sql.push_bind(after.received_on).push(", ").push_bind(after.sort_key.as_slice()).push(")");
        }
        sql.push(" ORDER BY ");
        if overdue_first {
            sql.push("overdue DESC, ");
        }
        sql.push("received_on DESC, sort_key DESC LIMIT ").push_bind(i64::from(limit) + 1);
        sql.build_query_as().fetch_all(c).await?
    });
    let more = cases.len() > limit as usize;
    cases.truncate(limit as usize);
    let next = cases.last().filter(|_| more).map(|last| Cursor {
        overdue: last.overdue,
        received_on: last.case.received_on,
        sort_key: last.case.sort_key.clone(),
    });
    Ok(Page { cases, next })
}

/// How many cases there are in each state that has any.
pub async fn counts(tx: &mut Tx, filter: &Filter) -> Result<Vec<Count>> {
    if filter.areas.is_empty() {
        return Ok(Vec::new());
    }
    Ok(on!(tx, c => {
        let mut sql = QueryBuilder::new("SELECT state, count(*) AS cases FROM cases");
        push_where!(sql, filter);
        sql.push(" GROUP BY state ORDER BY state");
        sql.build_query_as().fetch_all(c).await?
    }))
}

/// Which entries of the audit log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sought {
    /// Codes of acts, any of these; empty for all.
    pub acts: Vec<&'static str>,
    pub actor: Option<String>,
    pub case: Option<CaseId>,
    /// Not before.
    pub from: Option<UnixSeconds>,
    /// Before.
    pub until: Option<UnixSeconds>,
}

/// Where a page of the log ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub at: UnixSeconds,
    pub leaf: i64,
}

impl Sought {
    /// Whether an entry is among them: for those that have no leaf yet.
    #[must_use]
    pub fn has(&self, entry: &Entry) -> bool {
        let listed = &entry.listed;
        (self.acts.is_empty() || self.acts.contains(&listed.act.as_str()))
            && self.actor.as_ref().is_none_or(|actor| *actor == listed.actor)
            && self.case.is_none_or(|case| listed.case_id == Some(case))
            && self.from.is_none_or(|from| listed.at >= from)
            && self.until.is_none_or(|until| listed.at < until)
    }
}

/// One page of the log's sequenced entries, newest first; `limit` at most, after `after`.
///
/// Of several acts each is read from its own index, and the newest of all are kept: the database would sort them all. A
/// case has few entries.
pub async fn log(tx: &mut Tx, sought: &Sought, after: Option<Place>, limit: i64) -> Result<Vec<Entry>> {
    if sought.case.is_some() || sought.acts.len() < 2 {
        return entries(tx, sought, &sought.acts, after, limit).await;
    }
    let mut all: Vec<Entry> = Vec::new();
    for act in sought.acts.chunks(1) {
        all.extend(entries(tx, sought, act, after, limit).await?);
    }
    all.sort_unstable_by_key(|entry| Reverse((entry.listed.at, entry.leaf_index)));
    all.truncate(usize::try_from(limit).unwrap_or(0));
    Ok(all)
}

async fn entries(
    tx: &mut Tx,
    sought: &Sought,
    acts: &[&'static str],
    after: Option<Place>,
    limit: i64,
) -> Result<Vec<Entry>> {
    Ok(on!(tx, c => {
        let mut sql = QueryBuilder::new("SELECT * FROM audit_entry WHERE leaf_index IS NOT NULL");
        if let Some(case) = sought.case {
            sql.push(" AND case_id = ").push_bind(case);
        }
        if let Some(actor) = &sought.actor {
            sql.push(" AND actor = ").push_bind(actor.as_str());
        }
        if let [act] = acts {
            sql.push(" AND act = ").push_bind(*act);
        } else if !acts.is_empty() {
            sql.push(" AND act IN (");
            let mut list = sql.separated(", ");
            for act in acts {
                list.push_bind(*act);
            }
            sql.push(")");
        }
        if let Some(from) = sought.from {
            sql.push(" AND at >= ").push_bind(from);
        }
        if let Some(until) = sought.until {
            sql.push(" AND at < ").push_bind(until);
        }
        if let Some(Place { at, leaf }) = after {
            sql.push(" AND (at, leaf_index) < (").push_bind(at).push(", ").push_bind(leaf).push(")");
        }
        sql.push(" ORDER BY at DESC, leaf_index DESC LIMIT ").push_bind(limit);
        sql.build_query_as().fetch_all(c).await?
    }))
}
