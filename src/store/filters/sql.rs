//! SQL of the inbox. Each query is written so that the database reads one chosen index and no other.

use std::collections::HashMap;

use sqlx::QueryBuilder;

use super::segment::{IndexChoice, Key, Range, Segment};
use super::types::{Count, Filter, SortAxis, VerdictFilter};
use crate::domain::day::Day;
use crate::domain::ids::CaseId;
use crate::domain::state::State;
use crate::store::cases::Case;
use crate::store::error::Result;
use crate::store::tx::Tx;

/// Writes the conditions that select a range of an index, so that the database reads it and no other.
///
/// SQLite is told which index; PostgreSQL has no choice. Area and state are those of `$range`. Without a range, on
/// PostgreSQL, they are those of the row `range` of a lateral join.
macro_rules! push_range {
    ($sql:expr, $segment:expr, $choice:expr, $filter:expr, $range:expr, ($from:expr, $until:expr)) => {{
        match $range {
            Some(&(area, state)) => {
                $sql.push(" FROM cases INDEXED BY ").push($segment.index($choice));
                $sql.push(" WHERE area = ").push_bind(area);
                if let Some(state) = state {
                    $sql.push(" AND state = ").push_bind(state);
                }
            }
            None => {
                $sql.push(" FROM cases WHERE area = range.area");
                if $choice == IndexChoice::State {
                    $sql.push(" AND state = range.state");
                }
            }
        }
        let value = match $choice {
            IndexChoice::Establishment => Some((" AND establishment = ", &$filter.establishment)),
            IndexChoice::Province => Some((" AND province = ", &$filter.province)),
            IndexChoice::Category => Some((" AND category = ", &$filter.category)),
            IndexChoice::Verdict | IndexChoice::Unread | IndexChoice::State | IndexChoice::Area => None,
        };
        if let Some((column, Some(value))) = value {
            $sql.push(column).push_bind(value.as_str());
        }
        if let (IndexChoice::Verdict, Some(VerdictFilter::Is(verdict))) = ($choice, $filter.verdict) {
            $sql.push(" AND verdict = ").push_bind(verdict);
        }
        if $choice == IndexChoice::Unread {
            $sql.push(" AND unread_for_area = TRUE");
        }
        if $segment.axis == SortAxis::Due {
            $sql.push(" AND due_by IS NOT NULL");
            // Where there is a nearer end than today, the scan must stop there: SQLite would take either. A segment that
            // is walked backwards has that end at its start, which is never later than today (`find_previous`).
            let nearer = if $segment.descending { $from } else { $until };
            if let Some(today) = $filter.overdue_on.filter(|_| nearer.is_none()) {
                $sql.push(" AND due_by < ").push_bind(today);
            }
        }
        if let Some(until) = $until {
            $sql.push(" AND (").push($segment.day());
            $sql.push(if $segment.descending {
                ", sort_key) >= ("
            } else {
                ", sort_key) <= ("
            });
            $sql.push_bind(until.day)
                .push(", ")
                .push_bind(until.sort_key.as_slice())
                .push(")");
        }
        if let Some(from) = $from {
            $sql.push(" AND (").push($segment.day());
            $sql.push(if $segment.descending {
                ", sort_key) < ("
            } else {
                ", sort_key) > ("
            });
            $sql.push_bind(from.day)
                .push(", ")
                .push_bind(from.sort_key.as_slice())
                .push(")");
        }
    }};
}

/// Writes the remaining conditions. `IS TRUE` keeps both databases from using another index than the chosen one.
macro_rules! push_rest {
    ($sql:expr, $segment:expr, $choice:expr, $filter:expr) => {{
        if let Some(kind) = $filter.kind {
            $sql.push(" AND (kind = ").push_bind(kind).push(") IS TRUE");
        }
        if let Some(channel) = $filter.channel {
            $sql.push(" AND (channel = ").push_bind(channel).push(") IS TRUE");
        }
        for (choice, column, value) in [
            (
                IndexChoice::Establishment,
                " AND (establishment = ",
                &$filter.establishment,
            ),
            (IndexChoice::Province, " AND (province = ", &$filter.province),
            (IndexChoice::Category, " AND (category = ", &$filter.category),
        ] {
            if let Some(value) = value.as_ref().filter(|_| choice != $choice) {
                $sql.push(column).push_bind(value.as_str()).push(") IS TRUE");
            }
        }
        match $filter.verdict {
            Some(VerdictFilter::Is(verdict)) if $choice != IndexChoice::Verdict => {
                $sql.push(" AND (verdict = ").push_bind(verdict).push(") IS TRUE");
            }
            Some(VerdictFilter::Pending) => {
                $sql.push(" AND (verdict IS NULL) IS TRUE");
            }
            _ => {}
        }
        if $filter.unread && $choice != IndexChoice::Unread {
            $sql.push(" AND (unread_for_area) IS TRUE");
        }
        if $segment.axis == SortAxis::Received {
            if let Some(today) = $filter.overdue_on {
                $sql.push(" AND (due_by < ").push_bind(today).push(") IS TRUE");
            }
        }
        if let Some(member) = $filter.not_recused {
            $sql.push(" AND id NOT IN (SELECT case_id FROM recusal WHERE staff_id = ")
                .push_bind(member)
                .push(")");
        }
        let states = $segment.states($filter);
        if !states.is_empty() && $choice != IndexChoice::State {
            $sql.push(" AND (state IN (");
            let mut list = $sql.separated(", ");
            for state in states {
                list.push_bind(state);
            }
            $sql.push(")) IS TRUE");
        }
    }};
}

/// Repeats `$select` for each range of an index and joins the results, which have the columns `$first, …`.
///
/// PostgreSQL plans it once, in a lateral join. SQLite has no lateral joins, and plans in no time.
macro_rules! push_ranges {
    ($sql:expr, $lateral:expr, $ranges:expr, [$first:literal $(, $column:literal)*], |$range:ident| $select:expr) => {{
        if $lateral {
            $sql.push(concat!("SELECT each.", $first $(, ", each.", $column)*, " FROM (VALUES "));
            for (n, (area, state)) in $ranges.iter().enumerate() {
                $sql.push(if n == 0 { "(" } else { ", (" }).push_bind(*area);
                if let Some(state) = state {
                    $sql.push(", ").push_bind(*state);
                }
                $sql.push(")");
            }
            let columns = if $ranges[0].1.is_some() { "area, state" } else { "area" };
            $sql.push(format!(") AS range ({columns}) CROSS JOIN LATERAL ("));
            let $range: Option<&Range<'_>> = None;
            $select;
            $sql.push(") AS each");
        } else {
            for (n, range) in $ranges.iter().enumerate() {
                $sql.push(if n == 0 {
                    concat!("SELECT ", $first $(, ", ", $column)*, " FROM (")
                } else {
                    concat!(" UNION ALL SELECT ", $first $(, ", ", $column)*, " FROM (")
                });
                let $range = Some(range);
                $select;
                $sql.push(format!(") AS range_{n}"));
            }
        }
    }};
}

/// Finds the position that a scan of `entries` entries reaches in an index; None if it reaches the end.
///
/// The entries are divided among the ranges of the index.
pub(super) async fn find_horizon(
    tx: &mut Tx,
    segment: Segment,
    choice: IndexChoice,
    filter: &Filter,
    from: Option<&Key>,
    entries: u32,
) -> Result<Option<Key>> {
    let ranges = segment.ranges(choice, filter);
    let share = entries / u32::try_from(ranges.len()).unwrap_or(entries).max(1);
    let lateral = matches!(tx, Tx::Postgres(..));
    let ends: Vec<Key> = on!(tx, c => {
        let mut sql = QueryBuilder::new("");
        push_ranges!(sql, lateral, ranges, ["day", "sort_key"], |range| {
            sql.push("SELECT ").push(segment.day()).push(" AS day, sort_key");
            push_range!(sql, segment, choice, filter, range, (from, None::<&Key>));
            sql.push(" ORDER BY ").push(segment.order());
            sql.push(" LIMIT 1 OFFSET ").push_bind(i64::from(share));
        });
        sql.build_query_as().fetch_all(c).await?
    });
    Ok(ends
        .into_iter()
        .reduce(|one, other| if segment.is_before(&one, &other) { one } else { other }))
}

/// Finds the first `limit` cases after `from` and not after `until`.
pub(super) async fn find_cases(
    tx: &mut Tx,
    segment: Segment,
    choice: IndexChoice,
    filter: &Filter,
    (from, until): (Option<&Key>, Option<&Key>),
    limit: usize,
) -> Result<Vec<CaseId>> {
    let ranges = segment.ranges(choice, filter);
    let lateral = matches!(tx, Tx::Postgres(..));
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let ids: Vec<(CaseId,)> = on!(tx, c => {
        let mut sql = QueryBuilder::new("SELECT id FROM (");
        push_ranges!(sql, lateral, ranges, ["id", "day", "sort_key"], |range| {
            sql.push("SELECT id, ").push(segment.day()).push(" AS day, sort_key");
            push_range!(sql, segment, choice, filter, range, (from, until));
            push_rest!(sql, segment, choice, filter);
            sql.push(" ORDER BY ").push(segment.order());
            sql.push(" LIMIT ").push_bind(limit);
        });
        sql.push(") AS found ORDER BY ");
        sql.push(if segment.descending { "day DESC, sort_key DESC" } else { "day, sort_key" });
        sql.push(" LIMIT ").push_bind(limit);
        sql.build_query_as().fetch_all(c).await?
    });
    Ok(ids.into_iter().map(|(id,)| id).collect())
}

/// Loads the cases of a page, in its order.
pub(super) async fn load_cases(tx: &mut Tx, found: &[CaseId]) -> Result<Vec<Case>> {
    if found.is_empty() {
        return Ok(Vec::new());
    }
    let cases = on!(tx, c => {
        let mut sql = QueryBuilder::new(
            "SELECT id, number, kind, category, province, establishment, channel, sealed_by, language, received_on,
                    area, state, respond_by, resolve_by, responded_on, closed_on, verdict, unread_for_area, lookup_hash,
                    reporter_recipient, reporter_verify_key, sort_key
             FROM cases WHERE id IN (",
        );
        let mut ids = sql.separated(", ");
        for id in found {
            ids.push_bind(*id);
        }
        sql.push(")");
        sql.build_query_as::<Case>().fetch_all(c).await?
    });
    let mut by_id: HashMap<CaseId, Case> = cases.into_iter().map(|case| (case.id, case)).collect();
    Ok(found.iter().filter_map(|id| by_id.remove(id)).collect())
}

/// Counts the cases of some areas that are overdue today, up to `most`.
pub async fn count_overdue(tx: &mut Tx, areas: &[String], today: Day, most: u32) -> Result<i64> {
    if areas.is_empty() {
        return Ok(0);
    }
    let (count,): (i64,) = on!(tx, c => {
        let mut sql = QueryBuilder::new("SELECT count(*) FROM (SELECT due_by FROM (");
        for (n, area) in areas.iter().enumerate() {
            sql.push(if n == 0 { "" } else { " UNION ALL " });
            sql.push("SELECT due_by FROM cases WHERE area = ").push_bind(area.as_str());
            sql.push(" AND due_by IS NOT NULL AND due_by < ").push_bind(today);
        }
        sql.push(format!(") AS late LIMIT {most}) AS counted"));
        sql.build_query_as().fetch_one(c).await?
    });
    Ok(count)
}

/// Makes PostgreSQL scan indexes in their order for the rest of the transaction: only then is a scan bounded.
///
/// So one plan serves all values: it is made once for each connection, and not compiled. SQLite has no other way.
pub(super) async fn force_index_scans(tx: &mut Tx) -> Result<()> {
    if let Tx::Postgres(c, _) = tx {
        sqlx::raw_sql(
            "SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off; SET LOCAL enable_sort = off; \
             SET LOCAL plan_cache_mode = force_generic_plan; SET LOCAL jit = off",
        )
        .execute(&mut **c)
        .await?;
    }
    Ok(())
}

/// Counts the cases that match the filter, for each state that has any. It reads each of them.
pub async fn count_by_state(tx: &mut Tx, filter: &Filter) -> Result<Vec<Count>> {
    let overdue = filter.overdue_on.is_some();
    let segment = Segment {
        axis: if overdue { SortAxis::Due } else { SortAxis::Received },
        descending: false,
        open: overdue.then_some(true),
    };
    if !filter.states.is_empty() && segment.states(filter).is_empty() {
        return Ok(Vec::new());
    }
    let choice = segment.choices(filter)[0];
    let ranges = segment.ranges(choice, filter);
    if ranges.is_empty() {
        return Ok(Vec::new());
    }
    let lateral = matches!(tx, Tx::Postgres(..));
    let found: Vec<Count> = on!(tx, c => {
        let mut sql = QueryBuilder::new("SELECT state, CAST(sum(cases) AS BIGINT) AS cases FROM (");
        push_ranges!(sql, lateral, ranges, ["state", "cases"], |range| {
            sql.push("SELECT state, count(*) AS cases");
            push_range!(sql, segment, choice, filter, range, (None::<&Key>, None::<&Key>));
            push_rest!(sql, segment, choice, filter);
            sql.push(" GROUP BY state");
        });
        sql.push(") AS counted GROUP BY state");
        sql.build_query_as().fetch_all(c).await?
    });
    let of: HashMap<State, i64> = found.into_iter().map(|Count { state, cases }| (state, cases)).collect();
    let counts = State::ALL.iter().filter_map(|state| {
        let cases = of.get(state).copied()?;
        Some(Count { state: *state, cases })
    });
    Ok(counts.collect())
}
